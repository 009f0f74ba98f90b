# SPDX-License-Identifier: Apache-2.0
"""The public list of how seals stand: made anew in the transaction that changes a state.

One row holds the list in force; the ledger holds the digest of each there ever was.  Nothing that was once
published is left out of a later list: every made seal stays in it with its whole history, for ever.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from verify import (
    SealEntry,
    SealStatusInvalid,
    SealStatusList,
    TrustListSignature,
    encode_seal_status,
    parse_seal_status,
    require_seal_status,
    seal_status_message,
)

from ..database.tables_seals import seal_editions
from ..database.tables_seals import seal_status as table
from ..ledger import RowAltered, Source, Transaction, require_vouched
from . import store
from .designs import read_design
from .errors import SealStatusDidNotVerify
from .model import TYPES, SealType
from .ports import SealPorts

TERM = timedelta(days=7)
CURRENT = "current"
_OF_PERSONS = frozenset({SealType.LEGAL_REPRESENTATIVE.value, SealType.PERSONAL.value})


class SealStatusPublisher:
    """Hands out the list in force.  Safe to share between threads."""

    def __init__(self, ports: SealPorts) -> None:
        self._ports = ports
        self._lock = threading.Lock()
        self._read: tuple[int, SealStatusList] | None = None
        self._drafted: tuple[bytes, SealStatusList] | None = None  # by SHA-256; perhaps never committed

    def current(self) -> bytes:
        """The list in force; a new one when there is none or the last is half over."""
        with self._ports.database.read() as connection:
            row = _row(connection)
        if row is not None and self._fresh(row):
            return bytes(row.document)
        return self._renew()

    def _fresh(self, row: Row[Any]) -> bool:
        """A clock that is a little behind the one that issued it makes no new list at each question."""
        half = (row.next_update - row.issued) / 2
        return bool(row.issued - half <= self._ports.clock() < row.issued + half)

    def refresh(self) -> None:
        """By the clock: a list that is half over is renewed; before the first seal there is none."""
        if self.known() is not None:
            self.current()

    def known(self) -> SealStatusList | None:
        """The list in force as this service itself reads it; ``None`` before the first."""
        with self._ports.database.read() as connection:
            sequence = connection.execute(select(table.c.sequence).where(table.c.id == CURRENT)).scalar()
            with self._lock:
                if self._read is not None and self._read[0] == sequence:
                    return self._read[1]
            row = _row(connection)
        if row is None:
            return None
        found = self._parsed(bytes(row.document))
        with self._lock:
            self._read = (row.sequence, found)
        return found

    def publish(self, tx: Transaction, seal_id: str) -> bytes:
        """A new list within the transaction of what it tells.  The caller announced it with an intent.

        What stood in the list before is taken from there, the changed seal from its rows, and the log vouches
        for both: whoever can write into the database has nothing signed by waiting for the next list.
        """
        row = _row(tx.connection)
        return self._write(tx, row, self._next(tx, row, seal_id))

    def _next(self, tx: Transaction, row: Row[Any] | None, changed: str | None) -> SealStatusList:
        before: tuple[SealEntry, ...] = ()
        if row is not None:
            require_vouched(tx.connection, table.name, CURRENT, store.committed(row._asdict()))
            before = self._parsed(bytes(row.document)).seals
        fresh: list[SealEntry] = []
        if row is None or changed is not None:
            wanted = None if row is None else changed
            fresh = [_entry(life, made) for life, made in store.published_rows(tx, wanted)]
        _require_going_on(before, fresh)
        kept = [one for one in before if one.seal_id != changed]
        seals = sorted([*kept, *fresh], key=lambda one: (one.seal_id, one.edition))
        # Another machine's clock may be ahead: a list is not older than what it tells.
        told = [one.history[-1].at for one in seals]
        issued = max([self._ports.clock().replace(microsecond=0), *told])
        return SealStatusList(
            sequence=1 if row is None else row.sequence + 1,
            issued=issued,
            next_update=issued + TERM,
            publisher=self._ports.publisher,
            seals=tuple(seals),
        )

    def _write(self, tx: Transaction, row: Row[Any] | None, listed: SealStatusList) -> bytes:
        document = self._signed(listed)
        values: dict[str, Any] = {
            "id": CURRENT,
            "sequence": listed.sequence,
            "document": document,
            "issued": listed.issued,
            "next_update": listed.next_update,
        }
        if row is None:
            tx.connection.execute(insert(table).values(values))
        else:
            tx.connection.execute(update(table).where(table.c.id == CURRENT).values(**values))
        tx.commit_row(
            table.name,
            CURRENT,
            store.committed(values),
            kind="seal_status.published",
            body={"sequence": listed.sequence, "sha256": hashlib.sha256(document).hexdigest()},
        )
        with self._lock:
            self._drafted = (hashlib.sha256(document).digest(), listed)
        return document

    def _signed(self, listed: SealStatusList) -> bytes:
        try:
            message = seal_status_message(listed)
            signatures = [
                TrustListSignature(certificate, signer.sign(message))
                for certificate, signer in self._ports.certificates.trust_list_signers()
            ]
            # A revocation list that is late keeps nobody from saying that a seal is suspended.
            require_seal_status(listed, signatures, trust=self._ports.trust(), at=listed.issued)
            return encode_seal_status(listed, signatures)
        except SealStatusInvalid as error:
            raise SealStatusDidNotVerify(error.field, (error.rule,)) from error

    def _parsed(self, document: bytes) -> SealStatusList:
        """The list in a document; the one that was written or read here last is not read again."""
        sha256 = hashlib.sha256(document).digest()
        with self._lock:
            if self._drafted is not None and self._drafted[0] == sha256:
                return self._drafted[1]
        found = parse_seal_status(document)[0]
        with self._lock:
            self._drafted = (sha256, found)
        return found

    def _renew(self) -> bytes:
        ports = self._ports
        intent = ports.intents.open("seal_status.publish", {"publisher": ports.publisher})
        try:
            with ports.ledger.transaction() as tx:
                row = _row(tx.connection)
                if row is not None and self._fresh(row):  # many asked at once, and one was first
                    document = bytes(row.document)
                else:
                    document = self._write(tx, row, self._next(tx, row, None))
                ports.intents.close(tx, intent, "published")
        except Exception as error:
            ports.intents.fail(intent, type(error).__name__)
            raise
        return document


def _require_going_on(before: Sequence[SealEntry], fresh: Sequence[SealEntry]) -> None:
    """What was published stays: a later list adds to a history and changes nothing in it."""
    known = {(one.seal_id, one.edition): one for one in fresh}
    ids = {one.seal_id for one in fresh}
    for old in before:
        if old.seal_id not in ids:
            continue
        new = known.get((old.seal_id, old.edition))
        if new is None or replace(new, name=old.name, history=new.history[: len(old.history)]) != old:
            raise RowAltered(seal_editions.name)


def _entry(life: Row[Any], made: Row[Any]) -> SealEntry:
    design = read_design(made.design)
    return SealEntry(
        code=life.code,
        seal_id=life.id,
        edition=made.edition,
        esl_sha256=made.esl_sha256,
        esl_sm3=made.esl_sm3,
        holder=life.holder,
        holder_name=life.holder_name,
        # The list is for ever: nobody's personal name is in it.
        name=TYPES[SealType(life.type)].zh if life.type in _OF_PERSONS else f"{design.name}{design.line}",
        type=life.type,
        valid_from=made.valid_from,
        valid_until=made.valid_until,
        history=tuple(store.read_history(made.history)),
    )


def _row(connection: Connection) -> Row[Any] | None:
    return connection.execute(select(table).where(table.c.id == CURRENT)).one_or_none()


def _source(connection: Connection) -> Any:
    for row in connection.execute(select(table)):
        yield row.id, store.committed(row._asdict())


committed_seal_status: Source = _source
"""The list, for the check of the database against the ledger."""
