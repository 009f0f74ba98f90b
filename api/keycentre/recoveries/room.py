# SPDX-License-Identifier: Apache-2.0
"""Recoveries: requested, approved, completed.

The service decides nothing here that the centre does not decide again: it brings the request into the public
log, tells the holder, gathers signatures, and carries all of it to the centre.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import timedelta
from typing import Any

from sqlalchemy import insert, select, update

from keys import KeyKind, KeysError, PublicKey
from verify import parse_checkpoint, parse_note

from ...database.tables_identity import certificates
from ...database.tables_recovery import recoveries as table
from ...database.tables_recovery import recovery_approvals as approvals
from ...ledger import require_vouched
from ..errors import KeyCentreRefused, KeyCentreUnavailable
from ..history import Head
from ..model import CentreStatus
from ..requests import (
    COMPLETED,
    REQUESTED,
    Approval,
    Purpose,
    RecoveryRequest,
    entry_body,
    request_sha256,
    to_be_signed,
)
from .model import KeyOwner, Notice, Recovery
from .notices import notices_of
from .ports import RecoveryPorts
from .store import NAME, approvals_of, committed, newest_head, recovery_of, row_of

USUAL = timedelta(days=7)
"""How long agents have to approve."""
MOST_LISTED = 500
_log = logging.getLogger("yinxin.keycentre")


class Recoveries:
    """All recoveries of one service.  Safe to share between threads."""

    def __init__(self, ports: RecoveryPorts) -> None:
        self._ports = ports

    def owner_of(self, which: str) -> KeyOwner:
        """Whose key it is, by the id of key or bundle.  Raises :class:`KeyCentreRefused`."""
        with self._ports.database.read() as connection:
            owner = self._ports.owner_of(connection, which)
        if owner is None:
            raise KeyCentreRefused("key-unknown")
        return owner

    def request(
        self,
        which: str,
        recipient: PublicKey,
        *,
        reason: str,
        by: str,
        purpose: Purpose = Purpose.RECOVERY,
        lasting: timedelta = USUAL,
    ) -> Recovery:
        """Ask for a key: one entry in the public log, one row, and a notice to the holder, together.

        ``which``: the id of the key or of its bundle.  Raises :class:`KeyCentreRefused`.
        """
        ports = self._ports
        owner = self.owner_of(which)
        if recipient.kind is not KeyKind.SM2:
            raise KeyCentreRefused("recipient-unsuitable")
        if not 1 <= len(reason.strip()) <= 500 or not reason.isprintable():
            raise KeyCentreRefused("reason-required")
        now = ports.clock()
        asked = RecoveryRequest(
            recovery_id=ports.random(16).hex(),
            key_id=owner.key_id,
            purpose=purpose,
            reason=reason.strip(),
            requester=by,
            recipient=recipient.spki,
            expires=now + lasting,
        )
        request = asked.encode()
        values: dict[str, Any] = {
            "id": asked.recovery_id,
            "key_id": owner.key_id,
            "bundle_id": owner.bundle_id,
            "holder": owner.holder,
            "account_id": owner.account_id,
            "purpose": purpose.value,
            "reason": asked.reason,
            "requested_by": by,
            "recipient": recipient.spki,
            "request": request,
            "request_sha256": request_sha256(request),
            "requested_at": now,
            "expires_at": asked.expires,
            "completed_at": None,
            "completed_by": None,
            "envelope": None,
            "head_size": None,
            "head_sha256": None,
        }
        with ports.ledger.transaction() as tx:
            values["entry_index"] = tx.next_index()
            tx.connection.execute(insert(table).values(values))
            body = entry_body(request, owner.key_id)
            tx.commit_row(NAME, asked.recovery_id, committed(values), kind=REQUESTED, body=body)
            self._tell(tx.connection, owner, asked.recovery_id, "requested")
        return self.get(asked.recovery_id)

    def approve(self, recovery_id: str, agent: str, signature: bytes) -> Recovery:
        """Keep an agent's signature over :func:`~api.keycentre.to_be_signed` of the request.

        Looked at here so that a wrong one is refused at once; the centre looks again.
        """
        status = self._ports.centre.status()
        known = {one.name: one.public_key for one in status.agents}
        if agent not in known:
            raise KeyCentreRefused("approval-unknown-agent")
        with self._ports.database.write() as connection:
            row = row_of(connection, recovery_id)
            require_vouched(connection, NAME, recovery_id, committed(row._asdict()))
            self._require_open(row)
            try:
                known[agent].verify(signature, to_be_signed(bytes(row.request)))
            except KeysError:
                raise KeyCentreRefused("approval-invalid") from None
            if agent not in {one.agent for one in approvals_of(connection, recovery_id)}:
                connection.execute(
                    insert(approvals).values(
                        recovery_id=recovery_id,
                        agent=agent,
                        signature=signature,
                        given_at=self._ports.clock(),
                    )
                )
        return self.get(recovery_id)

    def complete(self, recovery_id: str, *, by: str) -> Recovery:
        """Bring everything to the centre; completing again brings the same envelope."""
        ports = self._ports
        with ports.database.read() as connection:
            row = row_of(connection, recovery_id)
            require_vouched(connection, NAME, recovery_id, committed(row._asdict()))
            if row.completed_at is not None:
                return recovery_of(connection, row)
            given = approvals_of(connection, recovery_id)
        envelope = self._recovered(row, given)
        head = ports.centre.head()
        with ports.ledger.transaction() as tx:
            row = row_of(tx.connection, recovery_id)
            if row.completed_at is None:
                require_vouched(tx.connection, NAME, recovery_id, committed(row._asdict()))
                ended = {
                    "completed_at": ports.clock(),
                    "completed_by": by,
                    "envelope": envelope,
                    "head_size": head.size,
                    "head_sha256": head.sha256,
                }
                tx.connection.execute(update(table).where(table.c.id == recovery_id).values(ended))
                tx.commit_row(
                    NAME,
                    recovery_id,
                    committed({**row._asdict(), **ended}),
                    kind=COMPLETED,
                    body={
                        **entry_body(bytes(row.request), row.key_id),
                        "history": {"size": head.size, "sha256": head.sha256},
                    },
                )
                owner = KeyOwner(row.key_id, row.bundle_id, row.holder, row.account_id)
                self._tell(tx.connection, owner, recovery_id, "completed")
        return self.get(recovery_id)

    def _recovered(self, row: Any, given: tuple[Approval, ...]) -> bytes:
        """The centre's envelope.  Between its word on the log and our proof another recovery may end."""
        ports, seen = self._ports, -1
        while True:
            status = self.status()
            proof = ports.ledger.prove(int(row.entry_index))
            size = parse_checkpoint(parse_note(proof.checkpoint).text).size
            within = 1 <= status.log_size <= size
            try:
                return ports.centre.recover(
                    row.key_id,
                    bytes(row.request),
                    approvals=given,
                    proof=proof.encode(),
                    consistency=ports.ledger.consistency(status.log_size, size) if within else (),
                )
            except KeyCentreRefused as refused:
                if refused.code not in ("log-behind", "log-forked") or status.log_size == seen:
                    raise
                seen = status.log_size

    def status(self) -> CentreStatus:
        """The centre's, if its history still holds all that was completed here.

        Raises :class:`KeyCentreRefused` with ``history-lost``.
        """
        status = self._ports.centre.status()
        with self._ports.database.read() as connection:
            known = newest_head(connection)
        if status.head.size < known.size or (status.head.size == known.size and status.head != known):
            raise KeyCentreRefused("history-lost")
        return status

    def show_log(self) -> bool:
        """Show the centre the newest head of the public log, so that no other history can be shown it later.

        Whether it took the head; a refusal is an alarm and stops nothing.
        """
        ledger, centre = self._ports.ledger, self._ports.centre
        note = ledger.checkpoint()
        size = parse_checkpoint(parse_note(note).text).size
        if size == 0:
            return False
        try:
            seen = centre.status(patience=0.0).log_size
            if seen != size:
                steps = ledger.consistency(seen, size) if 1 <= seen <= size else ()
                centre.witness(note, steps)
        except KeyCentreUnavailable:
            return False
        except KeyCentreRefused as refused:
            _log.error("the key centre does not accept the public log", extra={"code": refused.code})
            return False
        return True

    def get(self, recovery_id: str) -> Recovery:
        """Raises :class:`NoSuchRecovery`."""
        with self._ports.database.read() as connection:
            return recovery_of(connection, row_of(connection, recovery_id))

    def listed(self, account_id: str | None = None, holders: Collection[str] = ()) -> tuple[Recovery, ...]:
        """All, or those of one account's keys and of the bodies that it speaks for; newest first."""
        query = select(table).order_by(table.c.requested_at.desc(), table.c.id).limit(MOST_LISTED)
        if account_id is not None:
            bodies = table.c.account_id.is_(None) & table.c.holder.in_(sorted(holders))
            query = query.where((table.c.account_id == account_id) | bodies)
        with self._ports.database.read() as connection:
            return tuple(recovery_of(connection, row) for row in connection.execute(query).all())

    def notices(self, account_id: str, holders: Collection[str] = ()) -> tuple[Notice, ...]:
        """What one holder was told, and the bodies that this account speaks for."""
        with self._ports.database.read() as connection:
            return notices_of(connection, account_id, holders)

    def is_agent(self, account_id: str) -> bool:
        """Does this account hold a certificate for the key of a recovery agent?"""
        keys = [one.public_key.key_id.hex() for one in self._ports.centre.status().agents]
        query = select(certificates.c.id).where(
            certificates.c.account_id == account_id,
            certificates.c.key_id.in_(keys),
            certificates.c.revoked_at.is_(None),
            certificates.c.not_after > self._ports.clock(),
        )
        with self._ports.database.read() as connection:
            return connection.execute(query.limit(1)).one_or_none() is not None

    def head(self) -> Head:
        """The newest head of the centre's history that this service saw."""
        return self._ports.centre.head()

    def history(self) -> bytes:
        """The centre's file with every recovery that there was."""
        return self._ports.centre.history()

    def _require_open(self, row: Any) -> None:
        if row.completed_at is not None:
            raise KeyCentreRefused("already-completed")
        if row.expires_at <= self._ports.clock():
            raise KeyCentreRefused("recovery-expired")

    def _tell(self, connection: Any, owner: KeyOwner, recovery_id: str, happened: str) -> None:
        if owner.account_id is not None:
            at = self._ports.clock()
            self._ports.notices.tell(
                connection, owner.account_id, recovery_id=recovery_id, happened=happened, at=at
            )
