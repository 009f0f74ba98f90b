# SPDX-License-Identifier: Apache-2.0
"""The public list of how seals stand: made anew in the transaction that changes a state.

One row holds the list in force; the ledger holds the digest of each there ever was.  Nothing that was once
published is left out of a later list: every made seal stays in it with its whole history, for ever.
"""

from __future__ import annotations

import hashlib
import threading
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from verify import (
    Indication,
    SealEntry,
    SealStatusList,
    SubIndication,
    TrustListSignature,
    check_seal_status,
    encode_seal_status,
    parse_seal_status,
    seal_status_message,
)

from ..database.tables_seals import seal_status as table
from ..ledger import Source, Transaction
from . import store
from .designs import read_design
from .errors import SealStatusDidNotVerify
from .ports import SealPorts

TERM = timedelta(days=7)
CURRENT = "current"


class SealStatusPublisher:
    """Hands out the list in force.  Safe to share between threads."""

    def __init__(self, ports: SealPorts) -> None:
        self._ports = ports
        self._lock = threading.Lock()
        self._read: tuple[int, SealStatusList] | None = None

    def current(self) -> bytes:
        """The list in force; a new one when there is none or the last is half over."""
        at = self._ports.clock()
        with self._ports.database.read() as connection:
            row = _row(connection)
        if row is not None and row.issued <= at < row.issued + (row.next_update - row.issued) / 2:
            return bytes(row.document)
        return self._renew()

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
        found = parse_seal_status(bytes(row.document))[0]
        with self._lock:
            self._read = (row.sequence, found)
        return found

    def publish(self, tx: Transaction) -> bytes:
        """A new list within the transaction of what it tells.  The caller announced it with an intent."""
        ports, row = self._ports, _row(tx.connection)
        seals = tuple(_entry(life, made) for life, made in store.published_rows(tx.connection))
        # Another machine's clock may be ahead: a list is not older than what it tells.
        told = [change.at for one in seals for change in one.history]
        issued = max([ports.clock().replace(microsecond=0), *told])
        listed = SealStatusList(
            sequence=1 if row is None else row.sequence + 1,
            issued=issued,
            next_update=issued + TERM,
            publisher=ports.publisher,
            seals=seals,
        )
        message = seal_status_message(listed)
        document = encode_seal_status(
            listed,
            [
                TrustListSignature(certificate, signer.sign(message))
                for certificate, signer in ports.certificates.trust_list_signers()
            ],
        )
        self._require_good(document, issued)
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
        return document

    def _renew(self) -> bytes:
        ports = self._ports
        intent = ports.intents.open("seal_status.publish", {"publisher": ports.publisher})
        try:
            with ports.ledger.transaction() as tx:
                document = self.publish(tx)
                ports.intents.close(tx, intent, "published")
        except Exception as error:
            ports.intents.fail(intent, type(error).__name__)
            raise
        return document

    def _require_good(self, document: bytes, at: datetime) -> None:
        """A revocation list that is late keeps nobody from saying that a seal is suspended."""
        report = check_seal_status(document, trust=self._ports.trust(), at=at)
        late = {None, SubIndication.TRY_LATER}
        if report.indication is Indication.TOTAL_FAILED or any(
            one.sub_indication not in late for one in report.signatures
        ):
            reasons = [*report.reasons, *(one for part in report.signatures for one in part.reasons)]
            codes = [reason.code for reason in reasons]
            raise SealStatusDidNotVerify(report.indication.value, tuple(codes))


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
        name=f"{design.name}{design.line}",
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
