# SPDX-License-Identifier: Apache-2.0
"""May this seal be used by this person, for this, on this way, now — and on what does it rest?

A right first (a grant of the holder's officer, or a mandate that the holder sealed), then an approval where
the seal's policy demands one.  The answer is a :class:`Warrant`: the statement of authority that goes into
the signature, and what has to be counted in the transaction of the act.  Every refusal is in the ledger.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from seal import Grant, GrantRefused, authorise
from verify import ApprovedUse, Evidenced, UseAuthority, canonical_json, parse_authority

from ..database.tables_warrants import use_requests
from ..ledger import Transaction
from ..seals import (
    GrantBook,
    NewUse,
    SealPorts,
    SealUseRefused,
    Use,
    give_back,
    note_refusal,
    record_use,
    rights_of_act,
    take,
    used_up_to_now,
    used_within,
    vouched_grant,
)
from . import store
from .mandates import SealMandates
from .model import RequestState, UseRequest, Warrant

BY_CASE = "console"
"""Whoever works at the console acts for whoever asked: there an approval is found by its case."""


class Warrants:
    """Decides about uses of seals.  Safe to share between threads and processes."""

    def __init__(self, ports: SealPorts, grants: GrantBook, mandates: SealMandates) -> None:
        self._ports, self._grants, self._mandates = ports, grants, mandates

    def authorise(self, use: Use) -> Warrant:
        """The warrant; a refusal is recorded, then :class:`~api.seals.SealUseRefused` raised.

        What the public log does not vouch for allows nothing: :class:`~api.ledger.RowAltered`.
        """
        try:
            return self._warrant(use)
        except GrantRefused as refusal:
            raise note_refusal(self._ports.ledger, use, refusal.code) from refusal

    def require_right(self, use: Use) -> None:
        """Is there a grant or mandate for this kind of document, on any way?  A refusal is recorded."""
        refused: GrantRefused | None = None
        for channel in sorted({one for right in self._rights(use) for one in right.channels} | {use.channel}):
            try:
                self._right(Use(use.officer, use.agency, use.seal_id, use.holder, use.document_type, channel))
            except GrantRefused as refusal:
                refused = refused or refusal
            else:
                return
        if refused is not None:
            raise note_refusal(self._ports.ledger, use, refused.code) from refused

    def allows(self, use: Use) -> bool:
        """Is there a right for it now?  For showing it beforehand: records nothing, asks for no approval."""
        try:
            self._right(use)
        except GrantRefused:
            return False
        return True

    def _warrant(self, use: Use) -> Warrant:
        right, mandated = self._right(use)
        grant = mandate = None
        if mandated:
            mandate = self._mandates.evidence(right.id)
            if mandate is None:
                raise GrantRefused("mandate-invalid")
        else:
            with self._ports.database.read() as connection:
                grant = _grant_evidence(connection, right.id)
        with self._ports.database.read() as connection:
            needed = store.policy_of(connection, use.seal_id).approvers
            approved = self._approval(connection, use, needed) if needed else None
        counted = [] if right.most_uses is None else [(right.id, right.most_uses)]
        approvals: tuple[ApprovedUse, ...] = ()
        request = None
        if approved is not None and approved.decided_at is not None:
            counted.append((approved.request_id, approved.copies))
            with self._ports.database.read() as connection:
                request = _request_evidence(connection, approved.request_id)
            approvals = (ApprovedUse(request, approved.approved_by, approved.decided_at),)
        authority = UseAuthority(
            officer=use.officer,
            agency=use.agency,
            seal=use.seal_id,
            document_type=use.document_type,
            case=use.case,
            channel=use.channel.value,
            purpose=use.purpose,
            grant=grant,
            approvals=approvals,
            mandate=mandate,
        )
        return Warrant(use, authority.encode(), tuple(counted), grant, request, mandate)

    def _right(self, use: Use) -> tuple[Grant, bool]:
        """The grant, or the mandate, that covers this use; a grant of the holder goes first."""
        at, mandates = self._ports.clock(), self._mandates.grants_of(use.officer)
        refused: GrantRefused | None = None
        own = self._grants.of_officer(use.officer) if use.holder == use.agency else ()
        for rights, mandated in ((own, False), (mandates, True)):
            try:
                return _covering(rights, use, at), mandated
            except GrantRefused as refusal:
                # What says more than "none" is what the officer has to hear.
                if refused is None or refused.code == "no-grant":
                    refused = refusal
        raise refused or GrantRefused("no-grant")

    def _rights(self, use: Use) -> tuple[Grant, ...]:
        own = self._grants.of_officer(use.officer) if use.holder == use.agency else ()
        return (*own, *self._mandates.grants_of(use.officer))

    def _approval(self, connection: Connection, use: Use, needed: int) -> UseRequest:
        at = self._ports.clock()
        asked = store.find_requests(
            connection,
            use_requests.c.seal_id == use.seal_id,
            use_requests.c.document_type == use.document_type,
            use_requests.c.case_number == use.case,
        )
        mine = [one for one in asked if use.officer in (one.asker, BY_CASE)]
        decided = [
            one
            for one in mine
            if one.state is RequestState.APPROVED and len(set(one.approved_by) - {one.asker}) >= needed
        ]
        if not decided:
            ended = any(one.state in (RequestState.WITHDRAWN, RequestState.REFUSED) for one in mine)
            raise GrantRefused("approval-not-valid" if ended else "approval-missing")
        holding = [one for one in decided if one.valid_until is not None and at <= one.valid_until]
        if not holding:
            raise GrantRefused("approval-not-valid")
        left = [one for one in holding if used_up_to_now(connection, one.request_id) < one.copies]
        if not left:
            raise GrantRefused("approval-used-up")
        chosen = max(left, key=lambda one: (one.valid_until or at, one.request_id))
        return store.believed_request(connection, chosen.request_id)

    # The port of batches: uses are taken when they are announced, and given back when they did not happen.

    def take(self, tx: Transaction, use: Use, uses: int) -> int:
        """Count up to ``uses`` for a batch; how many are allowed, 0 when a right is spent or ended."""
        try:
            warrant = self._warrant(use)
        except GrantRefused:
            return 0
        for right_id, most in warrant.counted:
            uses = min(uses, most - used_within(tx, right_id))
        if uses > 0:
            for right_id, most in warrant.counted:
                take(tx, right_id, most, use.act, uses)
        return max(uses, 0)

    def give_back(self, tx: Transaction, use: Use, uses: int) -> None:
        """Uses that were announced and did not happen, of whatever rights they were taken."""
        for right_id in rights_of_act(tx.connection, use.act):
            give_back(tx, right_id, use.act, uses)


def record_permitted(
    tx: Transaction, warrant: Warrant, use: NewUse, *, use_id: str, at: datetime, counted: bool = False
) -> None:
    """Count and note one use in the transaction of the act, and that what permitted it still stands.

    ``counted``: the uses were counted when they were announced.  Raises what stops the act:
    :class:`~api.seals.SealUseRefused`, :class:`~api.seals.SealNotUsable`, ``RowAltered``.
    """
    wanted = warrant.use
    if not _stands(tx.connection, warrant):
        raise SealUseRefused("revoked", seal_id=wanted.seal_id, document_type=wanted.document_type)
    for right_id, most in () if counted else warrant.counted:
        if take(tx, right_id, most, wanted.act, use.documents) < use.documents:
            raise SealUseRefused("used-up", seal_id=wanted.seal_id, document_type=wanted.document_type)
    record_use(tx, use, use_id=use_id, at=at)
    store.write_grounds(tx, use_id, warrant.authority)


def approvers_of(grounds: bytes) -> Sequence[str]:
    """Who approved, by the statement of one use."""
    return [name for one in parse_authority(grounds).stated().approvals for name in one.approvers]


def _stands(connection: Connection, warrant: Warrant) -> bool:
    """Are the rows behind a warrant what they were when it was given?  An end changes them."""
    if warrant.grant is not None and _grant_evidence(connection, warrant.grant.id) != warrant.grant:
        return False
    if warrant.request is not None and _request_evidence(connection, warrant.request.id) != warrant.request:
        return False
    if warrant.mandate is not None:
        row = store.mandate_row(connection, warrant.mandate.id)
        return row.revoked_at is None and row.sealed is not None
    return True


def _grant_evidence(connection: Connection, grant_id: str) -> Evidenced:
    return Evidenced.of(grant_id, canonical_json(vouched_grant(connection, grant_id)))


def _request_evidence(connection: Connection, request_id: str) -> Evidenced:
    store.believed_request(connection, request_id)
    row = store.request_row(connection, request_id)
    return Evidenced.of(request_id, canonical_json(store.committed(row._asdict())))


def _covering(rights: Sequence[Grant], use: Use, at: datetime) -> Grant:
    return authorise(
        rights,
        officer=use.officer,
        seal_id=use.seal_id,
        document_type=use.document_type,
        at=at,
        channel=use.channel,
    )
