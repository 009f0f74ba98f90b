# SPDX-License-Identifier: Apache-2.0
"""The public log as the centre sees it: keys pinned at its founding, and a head that only grows.

A proof alone would show an entry in *some* log that the keys signed.  That the head extends the one seen last
means that a log made for the centre alone must stay apart from the public one for ever.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from verify import (
    Checkpoint,
    Indication,
    JsonMalformed,
    LedgerError,
    LogKey,
    LogProofMalformed,
    NoteMalformed,
    ProofInvalid,
    Trust,
    check_checkpoint,
    check_consistency,
    check_log_proof,
    parse_checkpoint,
    parse_json,
    parse_log_proof,
    parse_note,
)

from ..errors import KeyCentreDamaged, KeyCentreRefused
from ..requests import REQUESTED, entry_body
from . import tables
from .stored import stored_bytes


@dataclass(frozen=True, slots=True)
class LogWatch:
    """One log, by all the keys that sign its heads."""

    keys: tuple[LogKey, ...]

    @property
    def origin(self) -> str:
        return self.keys[0].name

    def require_in_log(self, proof: bytes, request: bytes, key_id: str, *, at: datetime) -> Checkpoint:
        """The head under which exactly this request is in the log.  Raises :class:`KeyCentreRefused`."""
        report = check_log_proof(proof, trust=Trust(log_keys=self.keys), at=at)
        if report.indication is not Indication.TOTAL_PASSED:
            raise KeyCentreRefused("proof-invalid")
        try:
            parsed = parse_log_proof(proof)
            entry = parse_json(parsed.entry)
            checkpoint = parse_checkpoint(parse_note(parsed.checkpoint).text)
        except (LogProofMalformed, NoteMalformed, JsonMalformed) as error:
            raise KeyCentreRefused("proof-invalid") from error
        if (
            not isinstance(entry, dict)
            or entry.get("kind") != REQUESTED
            or entry.get("index") != parsed.index
            or entry.get("body") != entry_body(request, key_id)
        ):
            raise KeyCentreRefused("proof-other-entry")
        return checkpoint

    def seen(self, connection: Connection) -> Checkpoint | None:
        """The newest head that the centre accepted."""
        row = connection.execute(
            select(tables.checkpoints).where(tables.checkpoints.c.origin == self.origin)
        ).one_or_none()
        if row is None:
            return None
        try:
            return Checkpoint(self.origin, int(row.size), stored_bytes(row.root))
        except (NoteMalformed, ValueError, TypeError) as error:
            raise KeyCentreDamaged("the head of the public log cannot be read") from error

    def witness(self, connection: Connection, note: str, consistency: Sequence[bytes]) -> Checkpoint:
        """Accept a head by itself, signed by all keys of the log.  Raises :class:`KeyCentreRefused`."""
        try:
            head = check_checkpoint(note, self.keys, require=len(self.keys))
        except LedgerError as error:
            raise KeyCentreRefused("proof-invalid") from error
        self.advance(connection, head, consistency, note=note)
        return head

    def advance(
        self, connection: Connection, head: Checkpoint, consistency: Sequence[bytes], *, note: str
    ) -> None:
        """Accept a head that extends the last one.  Raises :class:`KeyCentreRefused`."""
        before = self.seen(connection)
        values = {"size": head.size, "root": head.root, "note": note}
        if before is None:
            connection.execute(insert(tables.checkpoints).values(origin=self.origin, **values))
            return
        if head.size < before.size:
            raise KeyCentreRefused("log-behind")
        try:
            check_consistency(before.size, head.size, before.root, head.root, consistency)
        except ProofInvalid as error:
            raise KeyCentreRefused("log-forked") from error
        connection.execute(
            update(tables.checkpoints).where(tables.checkpoints.c.origin == self.origin).values(values)
        )
