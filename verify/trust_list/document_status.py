# SPDX-License-Identifier: Apache-2.0
"""The file: ``{"format": "yinxin-document-status/1", "list": {…}, "signatures": […]}``.

Signed is ``yinxin/document-status/v1``, a line feed, and the list in canonical JSON, by the signers of the
trust list and under the same rule.  ``states`` and ``changes`` are base64 of gzip: four bits for each entry
of the log, and canonical JSON ``[[index, "2026-08-01T04:00:00Z", reason, successor or null], …]`` for every
entry whose state is not normal, by rising index.  The compressed bytes are kept as they came.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from ..canonical import Json, JsonMalformed, canonical_json, parse_json
from ..document_states import (
    CODES,
    NOT_A_DOCUMENT,
    STANDINGS,
    DocumentChange,
    DocumentStanding,
    DocumentStatusInvalid,
    DocumentStatusList,
)
from ..qr.document_id import document_id_bytes
from ..qr.errors import QrError
from .body import TrustListSignature
from .errors import TrustListInvalid
from .members import as_bytes, as_list, as_number, as_object, as_text, as_time, text_of, time_of
from .signed import MOST_SIGNATURES, as_signature

FORMAT = "yinxin-document-status/1"
CONTEXT = b"yinxin/document-status/v1\n"
LARGEST_FILE = 64 * 1024 * 1024
MOST_ENTRIES = 100_000_000
LARGEST_CHANGES = 64 * 1024 * 1024
_GZIP = 31  # window bits of zlib that ask for the gzip form
_LIST = {
    "sequence",
    "issued",
    "next_update",
    "publisher",
    "log",
    "size",
    "states",
    "changes",
}
_REASON = re.compile(r"[a-z][a-z0-9-]{0,39}", re.ASCII)
_SMALL = frozenset({CODES[DocumentStanding.NORMAL], NOT_A_DOCUMENT})
_KNOWN = frozenset({NOT_A_DOCUMENT, *STANDINGS})
_ALLOWED = bytes(pair for pair in range(256) if pair >> 4 in _KNOWN and pair & 15 in _KNOWN)
_TOLD = re.compile(b"[^\x00\x01\x10\x11]")
"""Two entries of which one is neither absent nor normal."""


@dataclass(frozen=True, slots=True)
class DocumentStatusFile:
    """The list as read and as signed; nothing is verified by having one."""

    listed: DocumentStatusList
    body: Mapping[str, Json]
    signatures: tuple[TrustListSignature, ...]

    def signed_bytes(self) -> bytes:
        """What every signature is over."""
        return _message(self.body)


def document_status_body(listed: DocumentStatusList) -> dict[str, Json]:
    """The member ``list`` for these states.  Raises :class:`DocumentStatusInvalid`."""
    changes: list[Json] = [
        [index, time_of(one.at), one.reason, one.successor] for index, one in sorted(listed.changes.items())
    ]
    body: dict[str, Json] = {
        "sequence": listed.sequence,
        "issued": time_of(listed.issued),
        "next_update": time_of(listed.next_update),
        "publisher": listed.publisher,
        "log": listed.log,
        "size": listed.size,
        "states": text_of(_packed(listed.states)),
        "changes": text_of(_packed(_canonical(changes))),
    }
    if parse_document_states(body) != listed:
        raise DocumentStatusInvalid(field="list", rule="not what its members say")
    return body


def document_status_message(body: Mapping[str, Json]) -> bytes:
    """What every signature of the list is over.  Raises :class:`DocumentStatusInvalid`."""
    return _message(body)


def encode_document_status(body: Mapping[str, Json], signatures: Sequence[TrustListSignature]) -> bytes:
    """The file with these signatures; they are not verified.  Raises :class:`DocumentStatusInvalid`."""
    signed: list[Json] = [
        {"certificate": text_of(one.certificate.der), "signature": text_of(one.signature)}
        for one in signatures
    ]
    return _canonical({"format": FORMAT, "list": dict(body), "signatures": signed})


def parse_document_status(data: bytes) -> DocumentStatusFile:
    """Structure only.  Raises :class:`DocumentStatusInvalid`."""
    try:
        value = parse_json(data, max_bytes=LARGEST_FILE)
        members = as_object(value, "(file)", {"format", "list", "signatures"})
        if members["format"] != FORMAT:
            raise DocumentStatusInvalid(field="format", rule=f"must be {FORMAT}")
        signatures = as_list(members["signatures"], "signatures", as_signature)
        body = as_object(members["list"], "list", _LIST)
    except JsonMalformed as error:
        raise DocumentStatusInvalid(field="(file)", rule=error.rule) from error
    except TrustListInvalid as error:
        raise DocumentStatusInvalid(field=error.field, rule=error.rule) from error
    if not 0 < len(signatures) <= MOST_SIGNATURES:
        raise DocumentStatusInvalid(field="signatures", rule=f"1 to {MOST_SIGNATURES}")
    listed = parse_document_states(body)
    if encode_document_status(body, signatures) != data:
        raise DocumentStatusInvalid(field="(file)", rule="not canonical JSON (RFC 8785)")
    return DocumentStatusFile(listed, body, signatures)


def parse_document_states(value: Json) -> DocumentStatusList:
    """The list in the member ``list``.  Raises :class:`DocumentStatusInvalid`."""
    try:
        members = as_object(value, "list", _LIST)
        size = as_number(members["size"], "size")
        if size > MOST_ENTRIES:
            raise DocumentStatusInvalid(field="size", rule=f"at most {MOST_ENTRIES} entries")
        states = _unpacked(as_bytes(members["states"], "states"), "states", (size + 1) // 2)
        changes = _unpacked(as_bytes(members["changes"], "changes"), "changes", LARGEST_CHANGES)
        listed = DocumentStatusList(
            sequence=as_number(members["sequence"], "sequence"),
            issued=as_time(members["issued"], "issued"),
            next_update=as_time(members["next_update"], "next_update"),
            publisher=as_text(members["publisher"], "publisher"),
            log=as_text(members["log"], "log"),
            size=size,
            states=states,
            changes=MappingProxyType(_changes(changes)),
        )
    except TrustListInvalid as error:
        raise DocumentStatusInvalid(field=error.field, rule=error.rule) from error
    _require_consistent(listed)
    return listed


def _require_consistent(listed: DocumentStatusList) -> None:
    if listed.next_update <= listed.issued:
        raise DocumentStatusInvalid(field="next_update", rule="must be later than issued")
    if len(listed.states) != (listed.size + 1) // 2:
        raise DocumentStatusInvalid(field="states", rule="four bits for each entry of the log")
    if listed.states.translate(None, _ALLOWED):
        raise DocumentStatusInvalid(field="states", rule="a state that this format does not have")
    if listed.size & 1 and listed.states[-1] & 15:
        raise DocumentStatusInvalid(field="states", rule="the last four bits are filling and zero")
    told = {
        index
        for at in (match.start() for match in _TOLD.finditer(listed.states))
        for index, state in ((2 * at, listed.states[at] >> 4), (2 * at + 1, listed.states[at] & 15))
        if state not in _SMALL
    }
    if told != set(listed.changes):
        raise DocumentStatusInvalid(field="changes", rule="exactly the entries whose state is not normal")


def _changes(data: bytes) -> dict[int, DocumentChange]:
    try:
        value = parse_json(data, max_bytes=LARGEST_CHANGES)
    except JsonMalformed as error:
        raise DocumentStatusInvalid(field="changes", rule=error.rule) from error
    if not isinstance(value, list):
        raise DocumentStatusInvalid(field="changes", rule="a list")
    if _canonical(value) != data:
        raise DocumentStatusInvalid(field="changes", rule="not canonical JSON (RFC 8785)")
    found: dict[int, DocumentChange] = {}
    last = -1
    for number, one in enumerate(value):
        index, change = _change(one, f"changes[{number}]")
        if index <= last:
            raise DocumentStatusInvalid(field=f"changes[{number}]", rule="rising index")
        found[index] = change
        last = index
    return found


def _change(value: Json, field: str) -> tuple[int, DocumentChange]:
    if not isinstance(value, list) or len(value) != 4:
        raise DocumentStatusInvalid(field=field, rule="[index, time, reason, successor or null]")
    index, at, reason, successor = value
    if not isinstance(reason, str) or not _REASON.fullmatch(reason):
        raise DocumentStatusInvalid(field=field, rule="a reason is lower-case words with hyphens")
    if successor is not None:
        try:
            document_id_bytes(as_text(successor, field))
        except QrError as error:
            raise DocumentStatusInvalid(field=field, rule="the successor is a document identifier") from error
    return as_number(index, field), DocumentChange(
        as_time(at, field), reason, None if successor is None else str(successor)
    )


def _unpacked(data: bytes, field: str, most: int) -> bytes:
    """One gzip member of at most ``most`` bytes, and nothing after it."""
    reader = zlib.decompressobj(_GZIP)
    try:
        found = reader.decompress(data, most + 1)
    except zlib.error as error:
        raise DocumentStatusInvalid(field=field, rule="not gzip") from error
    if len(found) > most or not reader.eof or reader.unused_data:
        raise DocumentStatusInvalid(field=field, rule=f"one gzip member of at most {most} bytes")
    return found


def _packed(data: bytes) -> bytes:
    writer: Any = zlib.compressobj(6, zlib.DEFLATED, _GZIP)
    packed: bytes = writer.compress(data) + writer.flush()
    return packed


def _message(body: Mapping[str, Json]) -> bytes:
    return CONTEXT + _canonical(dict(body))


def _canonical(value: Json) -> bytes:
    try:
        return canonical_json(value)
    except JsonMalformed as error:
        raise DocumentStatusInvalid(field="list", rule=error.rule) from error
