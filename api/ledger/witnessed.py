# SPDX-License-Identifier: Apache-2.0
"""What witnesses said of stored heads.

A cosignature is worth what its signature is: whoever stores one has verified it, and whoever shows a head
shows it with all of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, insert, select

from verify import (
    Cosignature,
    LedgerError,
    LogKey,
    NoteSignature,
    add_cosignatures,
    cosignatures,
    parse_checkpoint,
    parse_note,
    parse_signature,
)

from ..database import Database
from ..database.tables_log import ledger_cosignatures as table
from .errors import CosignatureRefused
from .stored import StoredHead, fetched, head_of

_LOOKED_AT = 256
"""How many heads, once for each of their witnesses, are looked through for one that many cosigned: a witness
that speaks every minute crowds nobody out."""


def cosigned_note(connection: Connection, head: StoredHead) -> str:
    """The note of a head with every cosignature that came in for it."""
    question = "SELECT line FROM ledger_cosignatures WHERE size = ? ORDER BY received_at, line"
    lines = [parse_signature(str(row[0])) for row in fetched(connection, question, head.size)]
    return add_cosignatures(parse_note(head.note), lines).encode() if lines else head.note


def witnessed_head(connection: Connection, index: int = -1) -> StoredHead | None:
    """The newest of the heads beyond entry ``index`` that most witnesses cosigned."""
    question = (
        "SELECT DISTINCT size, witness FROM ledger_cosignatures WHERE size > ? ORDER BY size DESC LIMIT ?"
    )
    found: defaultdict[int, set[str]] = defaultdict(set)
    for size, witness in fetched(connection, question, index, _LOOKED_AT):
        found[int(size)].add(str(witness))
    if not found:
        return None
    return head_of(connection, max(found, key=lambda size: (len(found[size]), size)))


def take_cosignatures(
    database: Database, note: str | bytes, witnesses: Sequence[LogKey], *, at: datetime
) -> StoredHead:
    """Keep what listed witnesses say of a head of ours; the head, which is unchanged.

    ``note`` is the text of the checkpoint with their signature lines; other lines are left out, and
    words that are not newer than what the same key said of this head: anybody may send old ones again.
    Raises :class:`CosignatureRefused`.
    """
    try:
        parsed = parse_note(note)
        size = parse_checkpoint(parsed.text).size
        good = cosignatures(parsed, witnesses)
    except LedgerError as error:
        raise CosignatureRefused("malformed", str(error)) from error
    if not good:
        raise CosignatureRefused("unknown", "no signature of a witness in the settings")
    with database.read() as connection:
        head = head_of(connection, size)
        if head is None or parse_note(head.note).text != parsed.text:
            raise CosignatureRefused("no-head", f"this log never signed this head of {size} entries")
        fresh = _newer(connection, size, good)
    if fresh:
        with database.write() as connection:
            rows = [
                {"size": size, "line": one.line.line()[:-1], "witness": one.witness, "received_at": at}
                for one in _newer(connection, size, good)
            ]
            if rows:
                connection.execute(insert(table), rows)
    return head


def _newer(connection: Connection, size: int, good: Sequence[Cosignature]) -> list[Cosignature]:
    """What is newer than everything that its key said of this head before."""
    said: defaultdict[tuple[str, bytes], int] = defaultdict(int)
    for line in connection.execute(select(table.c.line).where(table.c.size == size)).scalars():
        told = parse_signature(str(line))
        key = told.name, told.key_id
        said[key] = max(said[key], _moment(told))
    return [one for one in good if said[one.line.name, one.line.key_id] < _moment(one.line)]


def _moment(line: NoteSignature) -> int:
    """The time in a cosignature: its first eight bytes."""
    return int.from_bytes(line.signature[:8])
