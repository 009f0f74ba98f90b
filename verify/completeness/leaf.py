# SPDX-License-Identifier: Apache-2.0
"""One entry of the public log as anybody reads it: its leaf, and whose history it belongs to.

A leaf is canonical JSON (RFC 8785)::

    {"v": 1, "index": n, "at": "2026-07-01T08:30:00Z", "kind": "record.entered", "body": {…},
     "row": {…}, "subject": {"code": "9151…", "sequence": n, "previous": hex or null}}

``subject`` is there when the entry belongs to the public history of one enterprise: its number there, from 1
without a gap, and the SHA-256 leaf hash of the entry before (``null`` for the first).  Only a unified social
credit code (GB 32100-2015) is a code: persons are never named.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from ..canonical import Json, JsonMalformed, canonical_json, parse_json
from ..identifiers import IdentifierInvalid, parse_uscc
from ..ledger import LedgerError, leaf_hash

_MEMBERS = {"v", "index", "at", "kind", "body"}
_OPTIONAL = {"row", "subject"}
_KIND = re.compile(r"[a-z][a-z_]{0,29}\.[a-z][a-z_]{0,29}\Z")
_HASH = re.compile(r"[0-9a-f]{64}\Z")
_AT = "%Y-%m-%dT%H:%M:%SZ"


class LogEntryMalformed(LedgerError):
    """Bytes that are no entry of the public log.  ``field`` is the JSON member, ``rule`` what it broke."""

    def __init__(self, *, field: str, rule: str) -> None:
        super().__init__(f"日志条目不合格式 log entry refused: {field}: {rule}")
        self.field, self.rule = field, rule


@dataclass(frozen=True, slots=True)
class SubjectLink:
    """The place of an entry in the history of one subject; ``previous`` is empty for the first."""

    code: str
    sequence: int
    previous: str

    def to_json(self) -> dict[str, Json]:
        """As it stands in the leaf."""
        return {"code": self.code, "sequence": self.sequence, "previous": self.previous or None}


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One entry; ``hash`` is its SHA-256 leaf hash in hexadecimal."""

    index: int
    at: datetime
    kind: str
    body: dict[str, Json]
    hash: str
    subject: SubjectLink | None = None

    def facts(self) -> dict[str, Json]:
        """What a record says in clear about its publication (``body.facts``)."""
        facts = self.body.get("facts")
        return facts if isinstance(facts, dict) else {}


def parse_log_entry(leaf: bytes, index: int) -> LogEntry:
    """The entry with this number.  Raises :class:`LogEntryMalformed`."""
    try:
        value = parse_json(leaf)
        canonical = canonical_json(value)
    except JsonMalformed as error:
        raise LogEntryMalformed(field="(leaf)", rule=str(error)) from error
    if canonical != leaf:
        raise LogEntryMalformed(field="(leaf)", rule="not canonical JSON (RFC 8785)")
    if not isinstance(value, dict) or set(value) - _OPTIONAL != _MEMBERS:
        raise LogEntryMalformed(
            field="(leaf)", rule=f"an object of {', '.join(sorted(_MEMBERS | _OPTIONAL))}"
        )
    if value["v"] != 1 or isinstance(value["v"], bool):
        raise LogEntryMalformed(field="v", rule="must be 1")
    if value["index"] != index or isinstance(value["index"], bool):
        raise LogEntryMalformed(field="index", rule=f"must be its own number, {index}")
    kind, body = value["kind"], value["body"]
    if not isinstance(kind, str) or not _KIND.match(kind):
        raise LogEntryMalformed(field="kind", rule="two lower-case words with a point between them")
    if not isinstance(body, dict):
        raise LogEntryMalformed(field="body", rule="an object")
    _require_row(value.get("row"), "row" in value)
    link = _link(value["subject"]) if "subject" in value else None
    return LogEntry(index, _moment(value["at"]), kind, body, leaf_hash(leaf).hex(), link)


def reference_digest(salt: bytes, reference: str) -> str:
    """What a leaf says of the number of a decision: ``SHA-256(salt || UTF-8)``, hexadecimal.

    The number itself would name a penalty for ever; with the salt its holder shows which one is meant.
    """
    return hashlib.sha256(salt + reference.encode("utf-8")).hexdigest()


def _moment(value: Json) -> datetime:
    try:
        if not isinstance(value, str):
            raise ValueError
        at = datetime.strptime(value, _AT).replace(tzinfo=UTC)
        if at.strftime(_AT) != value:
            raise ValueError
    except ValueError:
        raise LogEntryMalformed(field="at", rule="a UTC time like 2026-07-01T08:30:00Z") from None
    return at


def _require_row(row: Json, given: bool) -> None:
    if not given:
        return
    if not isinstance(row, dict) or set(row) != {"table", "key", "commitment"}:
        raise LogEntryMalformed(field="row", rule="an object of table, key, commitment")
    if not isinstance(row["table"], str) or not all(_is_hash(row[name]) for name in ("key", "commitment")):
        raise LogEntryMalformed(field="row", rule="the name of a table and two SHA-256 digests")


def _link(value: Json) -> SubjectLink:
    if not isinstance(value, dict) or set(value) != {"code", "sequence", "previous"}:
        raise LogEntryMalformed(field="subject", rule="an object of code, sequence, previous")
    code, sequence, previous = value["code"], value["sequence"], value["previous"]
    try:
        if not isinstance(code, str) or parse_uscc(code) != code:
            raise LogEntryMalformed(field="subject.code", rule="a unified social credit code, canonical")
    except IdentifierInvalid as error:
        raise LogEntryMalformed(field="subject.code", rule=str(error)) from error
    if isinstance(sequence, bool) or not isinstance(sequence, int) or sequence < 1:
        raise LogEntryMalformed(field="subject.sequence", rule="a whole number from 1")
    if previous is not None and not _is_hash(previous):
        raise LogEntryMalformed(field="subject.previous", rule="a SHA-256 leaf hash, or null")
    if (previous is None) != (sequence == 1):
        raise LogEntryMalformed(field="subject.previous", rule="null for the first entry, and only for it")
    return SubjectLink(code, sequence, str(previous or ""))


def _is_hash(value: Json) -> bool:
    return isinstance(value, str) and _HASH.match(value) is not None
