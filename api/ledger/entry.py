# SPDX-License-Identifier: Apache-2.0
"""One entry of the public log, and what it says about a row of the database.

A leaf is canonical JSON (RFC 8785)::

    {"v": 1, "index": n, "at": "2026-07-01T08:30:00Z", "kind": "seal.made", "body": {…},
     "row": {"table": "seals", "key": hex, "commitment": hex},
     "subject": {"code": "9151…", "sequence": n, "previous": hex or null}}

``subject`` is there when the act belongs to the public history of one enterprise
(:mod:`verify.completeness`), ``row`` when it changed a protected row.  ``commitment`` is SHA-256 of a fresh
32-byte salt and the canonical table, key and values; ``key`` likewise of table and key alone, so that the
private note of which entry speaks of which row cannot be edited either.  Salts stay in the database: nobody
can test a guess at a name or an ID number against a public entry, and two entries about one person do not
look alike.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from verify import LARGEST_ENTRY, Json, JsonMalformed, SubjectLink, canonical_json, parse_json

from .errors import EntryRefused

VERSION = 1
SALT_SIZE = 32
_KIND = re.compile(r"[a-z][a-z_]{0,29}\.[a-z][a-z_]{0,29}\Z")


@dataclass(frozen=True, slots=True)
class RowCommitment:
    """The private half: which row an entry speaks of, and the salt."""

    table: str
    key: str
    salt: bytes
    commitment: bytes

    def public(self) -> dict[str, Json]:
        """The half that goes into the entry."""
        return {
            "table": self.table,
            "key": key_commitment(self.salt, self.table, self.key).hex(),
            "commitment": self.commitment.hex(),
        }


def commit(table: str, key: str, values: dict[str, Json], *, salt: bytes) -> RowCommitment:
    """Commit to one row.  Raises :class:`EntryRefused` for values that have no canonical form."""
    try:
        return RowCommitment(table, key, salt, row_commitment(salt, table, key, values))
    except JsonMalformed as error:
        raise EntryRefused(table, "a row has values without canonical form") from error


def row_commitment(salt: bytes, table: str, key: str, values: dict[str, Json]) -> bytes:
    """``SHA-256(salt || canonical({table, key, values}))``."""
    return hashlib.sha256(salt + canonical_json({"table": table, "key": key, "values": values})).digest()


def key_commitment(salt: bytes, table: str, key: str) -> bytes:
    """``SHA-256(salt || canonical({table, key}))``."""
    return hashlib.sha256(salt + canonical_json({"table": table, "key": key})).digest()


def encode_entry(
    index: int,
    kind: str,
    body: dict[str, Json],
    *,
    at: datetime,
    row: RowCommitment | None = None,
    subject: SubjectLink | None = None,
) -> bytes:
    """The leaf.  Raises :class:`EntryRefused`."""
    word = _word(kind)
    try:
        more = b""
        if row is not None:
            more = b',"row":' + canonical_json(row.public(), depth=1)
        if subject is not None:
            more += b',"subject":' + canonical_json(subject.to_json(), depth=1)
        # Names in the order of RFC 8785; number, kind and time are their own canonical form.
        leaf = b'{"at":"%b","body":%b,"index":%d,"kind":"%b"%b,"v":%d}' % (
            _stamp(at),
            canonical_json(body, depth=1),
            index,
            word,
            more,
            VERSION,
        )
    except JsonMalformed as error:
        raise EntryRefused(kind, "its body has no canonical form") from error
    if len(leaf) > LARGEST_ENTRY:
        raise EntryRefused(kind, f"{len(leaf)} bytes; an entry of the log has at most {LARGEST_ENTRY}")
    return leaf


@lru_cache(maxsize=256)
def _word(kind: str) -> bytes:
    """Checked once for each of the few kinds that there are.  Raises :class:`EntryRefused`."""
    if not _KIND.match(kind):
        raise EntryRefused(kind, "a kind is two lower-case words with a point between them")
    return kind.encode("ascii")


@lru_cache(maxsize=4)
def _stamp(at: datetime) -> bytes:
    """UTC, whole seconds; a batch asks for one moment a thousand times."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ").encode("ascii")


def is_entry(leaf: bytes, index: int) -> bool:
    """Whether these bytes are a canonical entry with this number."""
    try:
        value = parse_json(leaf)
        return (
            isinstance(value, dict)
            and set(value) - {"row", "subject"} == {"v", "index", "at", "kind", "body"}
            and (value["v"], value["index"]) == (VERSION, index)
            and canonical_json(value) == leaf
        )
    except JsonMalformed:
        return False


def row_of(leaf: bytes) -> dict[str, Json] | None:
    """What a leaf says about a row; ``None`` when it says nothing or is no entry."""
    try:
        value = parse_json(leaf)
    except JsonMalformed:
        return None
    row = value.get("row") if isinstance(value, dict) else None
    return row if isinstance(row, dict) else None
