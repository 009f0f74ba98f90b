# SPDX-License-Identifier: Apache-2.0
"""Lists with a million entries, written once into one buffer and handed on without a copy.

The same bytes as :func:`ca.make_crl` writes (tested against it), from rows that come sorted out of a
database: no object for an entry, and what many entries share (time, reason) is encoded once.  The buffer is
what is signed: a signer takes a whole message, because the length of a list stands in front of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Protocol

from keys import KeysError, Scheme, Signer, der
from verify import Certificate

from .crl import WHOLE, ListKind, RevocationReason, entry_extensions, frame, require_sense
from .drafting import LONGEST_SERIAL, whole_seconds
from .errors import DraftRefused, IssueFailed
from .issuing import require_signature, require_signer

ListedRow = tuple[int, datetime, str, datetime | None]
"""Serial number, since when, the value of a reason, and the invalidity date if there is one."""
_CHUNK = 4096
_ROOM = 16  # in front: two headers of at most six bytes are written when the length is known
_SHORT = 0x80
_MOST_TAILS = 65536


class CrlSink(Protocol):
    """Where the list goes: a file, or anything that takes bytes."""

    def write(self, data: bytes | memoryview, /) -> object: ...


@dataclass(frozen=True, slots=True)
class WrittenCrl:
    """What was written: entries, bytes, and their SHA-256."""

    entries: int
    size: int
    sha256: str


def write_long_crl(
    sink: CrlSink,
    *,
    issuer: Certificate,
    signer: Signer,
    number: int,
    this_update: datetime,
    next_update: datetime,
    rows: Iterable[ListedRow],
    kind: ListKind = WHOLE,
) -> WrittenCrl:
    """Write a list whose rows come in rising order of their serial numbers.

    Raises :class:`DraftRefused` for what a list cannot say, or :class:`IssueFailed`; nothing is written then.
    """
    # 1. Refuse what no relying party could use.
    updates = whole_seconds("this_update", this_update), whole_seconds("next_update", next_update)
    require_sense(issuer, number, updates, kind)
    require_signer(signer, issuer.public_key, signer.scheme)
    # 2. Write the entries behind room for what stands before them.
    try:
        before, after = frame(issuer, signer.scheme, number, updates, kind)
        buffer, count = bytearray(_ROOM + len(before)), 0
        for chunk, size in _chunks(rows, updates[0]):
            buffer += chunk
            count += size
        tbs = _framed(buffer, before, after)
    except KeysError as error:
        raise DraftRefused(
            field="crl", rule=f"无法编码 / cannot be encoded: {error}", todo="请检查输入 / check the input"
        ) from error
    # 3. Sign, and check with the key that relying parties have, before a byte leaves.
    signature = _signed(tbs, signer)
    require_signature(issuer.public_key, signature, tbs, signer.scheme)
    return _released(sink, tbs, signer.scheme, signature, count)


def _chunks(rows: Iterable[ListedRow], this_update: datetime) -> Iterator[tuple[bytes, int]]:
    tails: dict[tuple[datetime, str, datetime | None], bytes] = {}
    heads: dict[tuple[int, int], bytes] = {}
    previous, source = 0, iter(rows)
    while batch := list(islice(source, _CHUNK)):
        parts: list[bytes] = []
        for serial, at, reason, since in batch:
            if serial <= previous:
                raise _unsorted()
            previous = serial
            tail = tails.get((at, reason, since))
            if tail is None:
                if len(tails) >= _MOST_TAILS:
                    tails.clear()
                tail = tails[at, reason, since] = _tail(at, reason, since, this_update)
            width = (serial.bit_length() >> 3) + 1
            head = heads.get((width, len(tail)))
            if head is None:
                head = heads[width, len(tail)] = _head(width, len(tail))
            parts.append(head)
            parts.append(serial.to_bytes(width))
            parts.append(tail)
        yield b"".join(parts), len(batch)


def _tail(at: datetime, reason: str, since: datetime | None, this_update: datetime) -> bytes:
    moment = whole_seconds("revoked.at", at)
    if moment > this_update:
        raise DraftRefused(
            field="revoked.at",
            rule="吊销时间不晚于本次更新 / not revoked later than this update",
            todo="请检查时钟 / check the clock",
        )
    began = None if since is None else whole_seconds("revoked.invalidity_date", since)
    return der.time(moment) + entry_extensions(RevocationReason(reason), began)


def _head(width: int, tail: int) -> bytes:
    if width > LONGEST_SERIAL:
        raise _unsorted()
    size = 2 + width + tail
    assert size < _SHORT  # a serial number, two times and a reason
    return bytes((der.SEQUENCE, size, der.INTEGER, width))


def _unsorted() -> DraftRefused:
    return DraftRefused(
        field="revoked.serial",
        rule="序列号为正、递增、不重复,不超过20字节 / positive, rising, at most 20 octets, each once",
        todo="请按序列号排序,每个证书只列一次 / sort by serial number, list each certificate once",
    )


def _framed(buffer: bytearray, before: bytes, after: bytes) -> memoryview:
    """The finished TBSCertList inside the buffer."""
    start = _ROOM + len(before)
    listed = len(buffer) - start
    middle = _header(listed) if listed else b""  # an empty list must be absent
    buffer += after
    whole = _header(len(before) + len(middle) + listed + len(after))
    front = whole + before + middle
    begin = start - len(front)
    buffer[begin:start] = front
    return memoryview(buffer)[begin:]


def _header(size: int) -> bytes:
    if size < _SHORT:
        return bytes((der.SEQUENCE, size))
    octets = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes((der.SEQUENCE, _SHORT | len(octets))) + octets


def _signed(tbs: memoryview, signer: Signer) -> bytes:
    try:
        return signer.sign(tbs)  # hashed in place: a copy would be the list again
    except KeysError as error:
        raise IssueFailed("sign", str(error)) from error


def _released(sink: CrlSink, tbs: memoryview, scheme: Scheme, signature: bytes, count: int) -> WrittenCrl:
    rest = scheme.algorithm_identifier() + der.bits(signature)
    parts = (_header(len(tbs) + len(rest)), tbs, rest)
    seen = hashlib.sha256()
    for part in parts:
        seen.update(part)
        sink.write(part)
    return WrittenCrl(count, sum(map(len, parts)), seen.hexdigest())
