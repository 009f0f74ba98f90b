# SPDX-License-Identifier: Apache-2.0
"""Extend a sealed PDF: evidence into the security store, a document time stamp over everything.

EN 319 142-1 section 6 (levels), 5.4.3 (document time stamps), 5.5 (extending), 5.6 (renewing).  Each is an
incremental update: no byte of the file before changes, and a certification that forbids every change (DocMDP
P 1) leaves room for these two.  Evidence and the time stamp over it are one revision.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final

from keys import Digest, HashAlgorithm, hasher

from ..errors import EvidenceOutgrown
from ..pages.pdf_objects import date_string
from ..pdf.base import Base, opened
from ..pdf.existing import existing_fields
from ..pdf.fields import Draft, hidden
from ..pdf.update import write_revision
from ..timestamping import TOKEN_ROOM, Timestamper, token_over
from .errors import LongTermRefused
from .evidence import Evidence, keep

_RANGE: Final = b"[0 %10d %10d %10d]"
_NO_RANGE: Final = _RANGE % (0, 0, 0)
_NAME: Final = "TimeStamp"


class Level(StrEnum):
    """EN 319 142-1 section 6.  B-T by a document time stamp, for a value that is written already."""

    B_T = "B-T"
    B_LT = "B-LT"
    B_LTA = "B-LTA"


def extend_pdf(
    data: bytes,
    *,
    evidence: Evidence,
    timestamper: Timestamper,
    algorithm: HashAlgorithm,
    at: datetime,
    level: Level,
) -> bytes:
    """The file at this level.

    B-LT keeps the evidence only: its time is proven by the time stamps that the signatures have, so a file
    without any is extended to B-LTA instead.  ``algorithm`` is the digest that the authority stamps.

    Raises :class:`PdfRefused` for a file that cannot be read, :class:`LongTermRefused`,
    :class:`TimestampUnfit`, and what the authority raises.
    """
    if level is not Level.B_T and evidence == Evidence():
        raise LongTermRefused("long-term-no-evidence")
    kept = Evidence() if level is Level.B_T else evidence
    stamped = level is not Level.B_LT
    return _revised(data, kept, at=at, stamp=(timestamper, algorithm) if stamped else None)


def renew_pdf(
    data: bytes, *, evidence: Evidence, timestamper: Timestamper, algorithm: HashAlgorithm, at: datetime
) -> bytes:
    """Evidence for the last time stamp, and another one over both, before the last one's certificate ends.

    Raises as :func:`extend_pdf`; :class:`LongTermRefused` for a file without a document time stamp.
    """
    if evidence == Evidence():
        raise LongTermRefused("long-term-no-evidence")
    return _revised(data, evidence, at=at, stamp=(timestamper, algorithm), renews=True)


def _revised(
    data: bytes,
    evidence: Evidence,
    *,
    at: datetime,
    stamp: tuple[Timestamper, HashAlgorithm] | None,
    renews: bool = False,
) -> bytes:
    # What is sealed is sealed: content is not judged again, it is only kept.
    with opened(data, inspected=True) as base:
        existing = existing_fields(base.pdf)
        if not existing.signed:
            raise LongTermRefused("long-term-not-sealed")
        if renews and not _is_stamped(base):
            raise LongTermRefused("long-term-not-stamped")
        draft = Draft(base.pdf.Root, base.next_number)
        changed = keep(base, draft, evidence)
        value, head = None, b""
        if stamp is not None:
            value = draft.reserve()
            head, body = _dictionary(at)
            name = _free(existing.names)
            field = draft.field(name, [hidden(base.pages[0])], f"/V {value} 0 R", as_widgets=False)
            draft.list_fields([field])
            draft.fill(value, body)
        elif not changed:
            return data
        revision = write_revision(base, draft.objects(), next_number=draft.next_number)
    if stamp is None or value is None:
        return data + revision.tail
    return _stamped(data, revision.tail, revision.bodies[value], head, stamp)


def _stamped(
    data: bytes, tail: bytes, body: int, head: bytes, stamp: tuple[Timestamper, HashAlgorithm]
) -> bytes:
    timestamper, algorithm = stamp
    gap = body + len(head)
    resume = gap + 2 * TOKEN_ROOM + 2
    whole = bytearray(data + tail)
    whole[body:gap] = head.replace(_NO_RANGE, _RANGE % (gap, resume, len(whole) - resume))
    view = memoryview(whole)
    token = token_over(_digest(algorithm, view[:gap], view[resume:]), timestamper)
    view.release()
    if len(token) > TOKEN_ROOM:
        raise EvidenceOutgrown(needed=len(token), room=TOKEN_ROOM)
    whole[gap:resume] = b"<" + token.ljust(TOKEN_ROOM, b"\x00").hex().encode("ascii") + b">"
    return bytes(whole)


def _dictionary(at: datetime) -> tuple[bytes, bytes]:
    """The dictionary of the time stamp, and the part of it before the room for the token."""
    head = (
        b"<< /Type /DocTimeStamp /Filter /Adobe.PPKLite /SubFilter /ETSI.RFC3161 /ByteRange "
        + _NO_RANGE
        + b" /Contents "
    )
    return head, head + b"<" + b"0" * (2 * TOKEN_ROOM) + b">" + f" /M {date_string(at)} >>".encode("ascii")


def _free(names: frozenset[str]) -> str:
    number = 1
    while f"{_NAME}{number}" in names:
        number += 1
    return f"{_NAME}{number}"


def _is_stamped(base: Base) -> bool:
    import pikepdf

    fields = existing_fields(base.pdf).signature_fields
    values = (field.get("/V") for _, field, _ in fields)
    return any(
        isinstance(value, pikepdf.Dictionary) and value.get("/SubFilter") == "/ETSI.RFC3161"
        for value in values
    )


def _digest(algorithm: HashAlgorithm, *parts: memoryview) -> Digest:
    state = hasher(algorithm)
    for part in parts:
        state.update(part)
    return state.finish()
