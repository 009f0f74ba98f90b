# SPDX-License-Identifier: Apache-2.0
"""The registration authority: applications are submitted, approved or refused by people, and then issued.

The last approval is written before anything is issued, and what was issued is written in a transaction of its
own: a process killed in between leaves an approved application, which :meth:`Enrolments.resume` finishes; the
authority brings back the same certificate for the same application.  Approvals are believed only while the
public log vouches for them.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select

from verify import canonical_json

from ..accounts import NotAllowed, Role
from ..database.tables_enrolment import enrolments as table
from ..ledger import Transaction
from . import codes, store
from .checks import Facts, checked, checked_code, checked_reason
from .errors import (
    AnotherPersonNeeded,
    BundlesUnavailable,
    CodeUnknown,
    EnrolmentDecided,
    EnrolmentRefused,
    NoSuchEnrolment,
    OfficeNeeded,
    OwnEnrolment,
)
from .model import Channel, CodeOrder, Enrolment, EnrolmentCode, EnrolmentOrder, Person, Shape, State
from .ports import EnrolmentPorts, Outcome
from .rules import (
    Standing,
    approvals_needed,
    concerns,
    enrolled,
    is_office,
    may_apply,
    may_see,
    persons_needed,
    standing,
)

_log = logging.getLogger("yinxin.enrolment")
_UNDECIDED = (State.WAITING.value, State.APPROVED.value)
MOST_IN_A_DAY = 50
"""Applications of one login; the registration office has no limit."""
BY_CODE = "code"
"""Who submitted, when it was somebody with a code and no login; the account follows from the code."""


class Enrolments:
    """What applicants and registration officers do.  Safe to share between threads and processes."""

    def __init__(self, ports: EnrolmentPorts) -> None:
        self._ports = ports

    def bundles(self) -> bool:
        """Can somebody apply for an encryption certificate as well?"""
        return self._ports.issuance.bundles()

    # Codes

    def make_code(self, order: CodeOrder, officer: Person) -> str:
        """Hand out a code for one certificate; it is shown now and never again."""
        ports = self._ports
        found = checked_code(order, accounts=ports.accounts, office=ports.office)
        if not is_office(officer, found.agency):
            raise NotAllowed("register for this office", roles=officer.roles)
        with ports.ledger.transaction() as tx:
            return codes.make(
                tx,
                found,
                code_id=ports.random(16).hex(),
                secret=ports.random(16),
                at=ports.clock(),
                by=officer.account_id,
            )

    def code(self, typed: str) -> EnrolmentCode:
        """What a code is for; raises :class:`CodeUnknown`."""
        digest = codes.digest(typed)
        with self._ports.database.read() as connection:
            found = store.find_code(connection, digest)
        if found is None:
            raise CodeUnknown
        return found

    def by_code(self, typed: str) -> Enrolment | None:
        """What came of a code; ``None`` while it was not used."""
        found = self.code(typed)
        return None if found.enrolment_id is None else self.get(found.enrolment_id)

    # Applying

    def submit(self, order: EnrolmentOrder, by: Person, channel: Channel) -> Enrolment:
        """Apply.  The same application again is the same one, unless nothing came of the first."""
        facts = self._checked(order)
        if not may_apply(
            EnrolmentOrder(
                profile=facts.profile,
                request=b"",
                holder=facts.holder,
                holder_name=facts.holder_name,
                account_id=facts.account_id,
            ),
            by,
            office=facts.agency,
        ):
            raise NotAllowed("enrol for this holder", roles=by.roles)
        with self._ports.ledger.transaction() as tx:
            kept = store.find_live(tx.connection, facts.digest)
            if kept is None:
                if not is_office(by, facts.agency):
                    self._require_patience(tx, by)
                kept = self._keep(tx, facts, channel, by=by.account_id, code_id=None)
        return self._settled(kept)

    def submit_with_code(
        self,
        typed: str,
        request: bytes,
        *,
        channel: Channel,
        rsa_request: bytes | None = None,
        bundle: bool | None = None,
        names: tuple[str, ...] = (),
    ) -> Enrolment:
        """Apply with a code, which says everything but the key."""
        code = self.code(typed)
        facts = self._checked(
            EnrolmentOrder(
                profile=code.profile,
                request=request,
                holder=code.holder,
                holder_name=code.holder_name,
                account_id=code.account_id,
                rsa_request=rsa_request,
                names=names,
                bundle=bundle,
                agency=code.agency,
            )
        )
        ports = self._ports
        with ports.ledger.transaction() as tx:
            found = store.find_code(tx.connection, codes.digest(typed))
            if found is None:
                raise CodeUnknown
            codes.require_usable(tx, found, facts.digest, ports.clock())
            kept = store.find_live(tx.connection, facts.digest)
            if kept is None:
                kept = self._keep(tx, facts, channel, by=code.account_id or BY_CODE, code_id=found.code_id)
            if found.enrolment_id != kept.enrolment_id:
                store.use_code(tx, found.code_id, kept.enrolment_id)
        return self._settled(kept)

    def withdraw(self, enrolment_id: str, by: Person) -> Enrolment:
        """Take an application back before it is decided."""
        with self._ports.ledger.transaction() as tx:
            found = self._visible(store.read(tx.connection, enrolment_id), by)
            mine = concerns(found, by) or (by.acts_for is not None and by.acts_for == found.holder)
            if not mine:
                raise NoSuchEnrolment(enrolment_id)
            if found.state is State.WITHDRAWN:
                return found
            self._end(tx, found, State.WITHDRAWN, by=by.account_id, reason=None)
        return self.get(enrolment_id)

    # Deciding

    def approve(self, enrolment_id: str, officer: Person) -> Enrolment:
        """Say yes.  With enough persons the certificates are issued before this returns."""
        ports = self._ports
        with ports.ledger.transaction() as tx:
            found = self._decidable(store.read(tx.connection, enrolment_id), officer)
            given = [one.officer for one in found.approvals]
            if found.state is State.WAITING:
                if officer.account_id in given:
                    raise AnotherPersonNeeded
                store.require_in_log(tx.connection, enrolment_id)
                self._require_office(found, officer)
                self._approve(tx, found, officer)
            elif found.state not in (State.APPROVED, State.ISSUED) or officer.account_id not in given:
                raise EnrolmentDecided(enrolment_id, found.state.value)
        return self._settled(self.get(enrolment_id))

    def refuse(self, enrolment_id: str, reason: str, officer: Person) -> Enrolment:
        """Say no, with a reason that the applicant reads."""
        words = checked_reason(reason)
        with self._ports.ledger.transaction() as tx:
            found = self._decidable(store.read(tx.connection, enrolment_id), officer)
            if found.state is State.REFUSED and found.decided_by == officer.account_id:
                return found
            self._end(tx, found, State.REFUSED, by=officer.account_id, reason=words)
        return self.get(enrolment_id)

    # Finding

    def get(self, enrolment_id: str) -> Enrolment:
        """One application; raises :class:`NoSuchEnrolment`."""
        with self._ports.database.read() as connection:
            return store.read(connection, enrolment_id)

    def visible(self, enrolment_id: str, person: Person) -> Enrolment:
        """One application that this person may see; others do not exist."""
        return self._visible(self.get(enrolment_id), person)

    def queue(self, officer: Person) -> tuple[Enrolment, ...]:
        """What waits for somebody like this officer, oldest first."""
        with self._ports.database.read() as connection:
            found = store.listed(connection, table.c.state.in_(_UNDECIDED), *_concerning(officer))
        return tuple(one for one in found if standing(one, officer) is not None)

    def decided(self, officer: Person, *, most: int = 50) -> tuple[Enrolment, ...]:
        """What was decided lately, newest first."""
        with self._ports.database.read() as connection:
            conditions = (table.c.state.not_in(_UNDECIDED), *_concerning(officer))
            found = store.newest(connection, *conditions, most=2 * most)
        return tuple(one for one in found if standing(one, officer) is not None)[:most]

    def mine(self, person: Person) -> tuple[Enrolment, ...]:
        """What this person applied for, or what was applied for in their name."""
        conditions = [
            table.c.account_id == person.account_id,
            table.c.submitted_by == person.account_id,
            table.c.holder == person.subject,
        ]
        if person.acts_for is not None:
            conditions.append(table.c.holder == person.acts_for)
        with self._ports.database.read() as connection:
            return store.newest(connection, or_(*conditions), most=200)

    # Finishing

    def resume(self) -> int:
        """Issue what was approved and not issued, after a crash or a failure; how many were issued."""
        with self._ports.database.read() as connection:
            left = store.listed(connection, table.c.state == State.APPROVED.value)
        done = 0
        for one in left:
            try:
                done += self._settled(one).state is State.ISSUED
            except Exception as error:
                # Its applicant and its officer read the reason; the others must not wait for it.
                _log.warning("an enrolment is not issued", extra={"code": type(error).__name__})
        return done

    def _require_patience(self, tx: Transaction, by: Person) -> None:
        """One login does not flood the queue and the public log."""
        lately = (
            table.c.submitted_by == by.account_id,
            table.c.submitted_at > self._ports.clock() - timedelta(days=1),
        )
        count = select(func.count()).select_from(table).where(*lately)
        if tx.connection.execute(count).scalar_one() >= MOST_IN_A_DAY:
            raise EnrolmentRefused("too-many-applications")

    def _checked(self, order: EnrolmentOrder) -> Facts:
        facts = checked(order, accounts=self._ports.accounts, office=self._ports.office)
        if facts.shape is Shape.BUNDLE and not self._ports.issuance.bundles():
            raise BundlesUnavailable
        return facts

    def _keep(
        self, tx: Transaction, facts: Facts, channel: Channel, *, by: str, code_id: str | None
    ) -> Enrolment:
        ports, enrolment_id = self._ports, self._ports.random(16).hex()
        values: dict[str, Any] = {
            "id": enrolment_id,
            "digest": facts.digest,
            "profile": facts.profile,
            "shape": facts.shape.value,
            "channel": channel.value,
            "state": State.WAITING.value,
            "needed": self._needed(facts, own=code_id is None and by == facts.account_id),
            "account_id": facts.account_id,
            "holder": facts.holder,
            "holder_name": facts.holder_name,
            "agency": facts.agency,
            "names": canonical_json(list(facts.names)).decode(),
            "request": facts.request,
            "rsa_request": facts.rsa_request,
            "key_id": facts.key_id,
            "code_id": code_id,
            "submitted_at": ports.clock(),
            "submitted_by": by,
            "decided_at": None,
            "decided_by": None,
            "reason": None,
            "failure": None,
            "certificate_id": None,
            "bundle_id": None,
        }
        store.add(tx, values)
        return store.read(tx.connection, enrolment_id)

    def _needed(self, what: Facts | Enrolment, *, own: bool) -> int:
        account = None if what.account_id is None else self._ports.accounts.get(what.account_id)
        return persons_needed(enrolled(what.profile), account, own=own)

    def _approve(self, tx: Transaction, found: Enrolment, officer: Person) -> None:
        ports, at = self._ports, self._ports.clock()
        given = len(found.approvals) + 1
        # As the account is now: it may have become one of the staff since.
        row = store.read_row(tx.connection, found.enrolment_id)
        own = row.code_id is None and found.submitted_by == found.account_id
        needed = max(found.needed, self._needed(found, own=own))
        store.add_approval(
            tx,
            {
                "id": ports.random(16).hex(),
                "enrolment_id": found.enrolment_id,
                "officer": officer.account_id,
                "given_at": at,
            },
            given=given,
            needed=needed,
        )
        if given >= needed:
            store.change(
                tx,
                found.enrolment_id,
                {"state": State.APPROVED.value, "decided_at": at, "decided_by": officer.account_id},
                kind="enrolment.decided",
                body={"given": given},
            )

    def _require_office(self, found: Enrolment, officer: Person) -> None:
        """Whoever speaks for the agency itself is one of the two, never both."""
        if standing(found, officer) is not Standing.AGENCY or not found.approvals:
            return
        earlier = [self._ports.accounts.get(one.officer) for one in found.approvals]
        if all(
            standing(found, Person(one.account_id, one.subject, one.roles, one.agency)) is Standing.AGENCY
            for one in earlier
        ):
            raise OfficeNeeded

    def _end(self, tx: Transaction, found: Enrolment, state: State, *, by: str, reason: str | None) -> None:
        if not found.open:
            raise EnrolmentDecided(found.enrolment_id, found.state.value)
        store.require_in_log(tx.connection, found.enrolment_id)
        ended = {
            "state": state.value,
            "decided_at": self._ports.clock(),
            "decided_by": by,
            "reason": reason,
        }
        store.change(tx, found.enrolment_id, ended, kind=f"enrolment.{state.value}", body={})

    def _decidable(self, found: Enrolment, officer: Person) -> Enrolment:
        if standing(found, officer) is None:
            raise NoSuchEnrolment(found.enrolment_id)
        if concerns(found, officer):
            raise OwnEnrolment
        return found

    def _visible(self, found: Enrolment, person: Person) -> Enrolment:
        if not may_see(found, person):
            raise NoSuchEnrolment(found.enrolment_id)
        return found

    def _settled(self, found: Enrolment) -> Enrolment:
        """The application after whatever is to be issued for it was issued."""
        if found.state is not State.APPROVED:
            return found
        ports = self._ports
        with ports.database.read() as connection:
            store.require_in_log(connection, found.enrolment_id)
            found = store.read(connection, found.enrolment_id)
        persons = {one.officer for one in found.approvals} - {found.submitted_by, found.account_id}
        if len(persons) < max(found.needed, approvals_needed(enrolled(found.profile))):
            raise AnotherPersonNeeded
        by = found.decided_by or found.submitted_by
        try:
            outcome = ports.issuance.issue(found, by=by)
        except Exception as error:
            self._failed(found, str(getattr(error, "code", "")) or type(error).__name__)
            raise
        return self._issued(found, outcome, by=by)

    def _failed(self, found: Enrolment, code: str) -> None:
        with self._ports.ledger.transaction() as tx:
            now = store.read(tx.connection, found.enrolment_id)
            if now.state is State.APPROVED and now.failure != code[:64]:
                store.require_in_log(tx.connection, found.enrolment_id)
                values = {"failure": code[:64]}
                store.change(
                    tx, found.enrolment_id, values, kind="enrolment.failed", body={"code": code[:64]}
                )

    def _issued(self, found: Enrolment, outcome: Outcome, *, by: str) -> Enrolment:
        with self._ports.ledger.transaction() as tx:
            now = store.read(tx.connection, found.enrolment_id)
            if now.state is State.APPROVED:
                store.require_in_log(tx.connection, found.enrolment_id)
                values = {
                    "state": State.ISSUED.value,
                    "failure": None,
                    "certificate_id": outcome.certificate_id,
                    "bundle_id": outcome.bundle_id,
                }
                store.change(
                    tx,
                    found.enrolment_id,
                    values,
                    kind="enrolment.issued",
                    body={"certificate_id": outcome.certificate_id, "bundle_id": outcome.bundle_id},
                )
        now = self.get(found.enrolment_id)
        if now.state is not State.ISSUED:
            # Refused while it was being issued: what was made must not be used.
            self._ports.issuance.withdraw(outcome, by=by)
            raise EnrolmentDecided(now.enrolment_id, now.state.value)
        return now


def _concerning(officer: Person) -> tuple[ColumnElement[bool], ...]:
    """What the database can leave out of a list; :func:`standing` decides about the rest."""
    if Role.OPERATOR in officer.roles:
        return ()
    return (or_(table.c.agency == officer.agency, table.c.holder == officer.agency),)
