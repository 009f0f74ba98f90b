# SPDX-License-Identifier: Apache-2.0
"""Delegation by a sealed mandate (授权书): the holder's own signature lets a named person use a seal.

The mandate is a form (canonical JSON under CMS) that the holder seals with a certificate that names it: its
own, or that of the name seal of its legal representative.  The key stays where it is (hash and return).
It is checked by :mod:`verify` when it is given and again each time it is used, so a mandate whose certificate
was revoked or ran out, or that was edited, allows nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from keys import KeysError
from relying import Json
from seal import (
    Channel,
    Grant,
    PreparedForm,
    SealError,
    SealingCertificate,
    complete_form,
    prepare_form,
)
from verify import (
    Certificate,
    Evidenced,
    Indication,
    Purpose,
    VerifyError,
    canonical_json,
    check_certificate,
    check_form,
    parse_certificate,
    parse_form,
)

from ..accounts import Account, AccountError
from ..database.tables_warrants import seal_mandates
from ..seals import Actor, RegisteredSeal, SealPorts, Side, moment_of, used_up_to_now
from . import store
from .errors import ApprovalRefused, NoSuchSealMandate
from .model import MOST_COPIES, MandateTerms, SealMandate

FORMAT: Final = "yinxin-mandate/1"
LONGEST: Final = timedelta(days=3 * 366)
TIME_TO_SIGN: Final = timedelta(minutes=60)
PREPARED, SEALED, REVOKED = "prepared", "sealed", "revoked"


class SealMandates:
    """Gives, revokes and checks mandates."""

    def __init__(
        self,
        ports: SealPorts,
        *,
        seal: Callable[[str], RegisteredSeal],
        account: Callable[[str], Account],
        evidence: Callable[[Certificate], SealingCertificate],
        sides: Callable[[str, Actor], frozenset[Side]],
        known_types: Callable[[], tuple[str, ...]],
    ) -> None:
        self._ports, self._seal, self._account = ports, seal, account
        self._evidence, self._sides, self._known_types = evidence, sides, known_types

    def prepare(self, terms: MandateTerms, certificate: bytes, actor: Actor) -> SealMandate:
        """Check everything and keep what the holder's key has to sign."""
        seal, at = self._seal(terms.seal_id), self._ports.clock()
        if Side.HOLDER not in self._sides(terms.seal_id, actor):
            raise ApprovalRefused("not-yours")
        agent = self._agent(terms.agent)
        self._require_terms(terms, at)
        parsed = self._certificate(certificate, seal.holder, at)
        mandate_id = self._ports.random(16).hex()
        record = _record(mandate_id, seal, agent, terms, at)
        prepared = prepare_form(record, sealing=self._evidence(parsed), at=at)
        values = {
            "seal_id": terms.seal_id,
            "holder": seal.holder,
            "agent": terms.agent,
            "state": PREPARED,
            "record": prepared.content.decode(),
            "prepared": canonical_json(prepared.state()).decode(),
            "certificate": parsed.der,
            "expires_at": at + TIME_TO_SIGN,
            "sealed": None,
            "prepared_at": at,
            "prepared_by": actor.account_id,
            "sealed_at": None,
            "revoked_at": None,
            "revoked_by": None,
        }
        with self._ports.ledger.transaction() as tx:
            store.write_mandate(tx, mandate_id, values, kind="seal_mandate.prepared")
        return self._get(mandate_id)

    def complete(self, mandate_id: str, signature: bytes, actor: Actor) -> SealMandate:
        """Seal and keep it; from now on it is in force.  Safe to repeat."""
        at = self._ports.clock()
        with self._ports.database.read() as connection:
            row = store.mandate_row(connection, mandate_id)
        if Side.HOLDER not in self._sides(row.seal_id, actor):
            raise NoSuchSealMandate(mandate_id)
        if row.state != PREPARED:
            return _mandate(row)
        if row.expires_at <= at:
            raise ApprovalRefused("mandate-expired")
        parsed = self._certificate(bytes(row.certificate), row.holder, at)
        try:
            prepared = PreparedForm.restore(json.loads(row.prepared), row.record.encode())
            sealed = complete_form(prepared, signature, sealing=self._evidence(parsed))
        except (SealError, KeysError) as error:
            raise ApprovalRefused("mandate-signature", str(error)) from error
        if not self._passes(sealed, row, at):
            raise ApprovalRefused("mandate-signature")
        with self._ports.ledger.transaction() as tx:
            if store.mandate_row(tx.connection, mandate_id).state == PREPARED:
                values = {"state": SEALED, "sealed": sealed, "sealed_at": at}
                store.write_mandate(tx, mandate_id, values, kind="seal_mandate.given")
        return self._get(mandate_id)

    def revoke(self, mandate_id: str, actor: Actor) -> SealMandate:
        """End it now: by the holder or the office; again changes nothing."""
        with self._ports.ledger.transaction() as tx:
            row = store.mandate_row(tx.connection, mandate_id)
            if not self._sides(row.seal_id, actor) & {Side.HOLDER, Side.OFFICE}:
                raise NoSuchSealMandate(mandate_id)
            if row.state != REVOKED:
                values = {
                    "state": REVOKED,
                    "revoked_at": self._ports.clock(),
                    "revoked_by": actor.account_id,
                }
                store.write_mandate(tx, mandate_id, values, kind="seal_mandate.revoked")
        return self._get(mandate_id)

    def visible(self, mandate_id: str, actor: Actor) -> SealMandate:
        """One mandate, for its agent and the sides of its seal; elsewhere it does not exist."""
        with self._ports.database.read() as connection:
            row = store.mandate_row(connection, mandate_id)
        if row.agent != actor.account_id and not self._sides(row.seal_id, actor):
            raise NoSuchSealMandate(mandate_id)
        return _mandate(row)

    def of_agent(self, account_id: str) -> tuple[SealMandate, ...]:
        """Everything that somebody was mandated, oldest first."""
        return self._listed(seal_mandates.c.agent == account_id)

    def of_holder(self, holder: str) -> tuple[SealMandate, ...]:
        """Every mandate that one body gave or prepared, oldest first."""
        return self._listed(seal_mandates.c.holder == holder)

    # When a seal is used

    def grants_of(self, account_id: str) -> tuple[Grant, ...]:
        """Sealed mandates as grants: the same decision is asked about both."""
        with self._ports.database.read() as connection:
            query = select(seal_mandates).where(
                seal_mandates.c.agent == account_id, seal_mandates.c.state != PREPARED
            )
            return tuple(_as_grant(connection, row) for row in connection.execute(query).all())

    def evidence(self, mandate_id: str) -> Evidenced | None:
        """The sealed file, checked by the reader and compared with the row; ``None``: it does not hold."""
        with self._ports.database.read() as connection:
            row = store.mandate_row(connection, mandate_id)
        if row.sealed is None or not self._passes(bytes(row.sealed), row, self._ports.clock()):
            return None
        return Evidenced.of(mandate_id, bytes(row.sealed))

    def _passes(self, sealed: bytes, row: Row[Any], at: datetime) -> bool:
        try:
            form = parse_form(sealed)
            report = check_form(sealed, trust=self._ports.trust(), at=at)
            certificate = parse_certificate(bytes(row.certificate))
        except VerifyError:
            return False
        signer = report.signatures[0].facts.get("signer") if len(report.signatures) == 1 else None
        return (
            report.indication is Indication.TOTAL_PASSED
            and canonical_json(dict(form.record)) == row.record.encode()
            and form.record.get("agent") == row.agent
            and form.record.get("seal_id") == row.seal_id
            and certificate.uscc == row.holder
            and isinstance(signer, dict)
            and signer.get("uscc") == row.holder
        )

    def _agent(self, account_id: str) -> Account:
        try:
            found = self._account(account_id)
        except AccountError as error:
            raise ApprovalRefused("mandate-malformed", field="agent") from error
        if found.closed_at is not None:
            raise ApprovalRefused("mandate-malformed", field="agent")
        return found

    def _require_terms(self, terms: MandateTerms, at: datetime) -> None:
        if not terms.document_types or not terms.document_types <= set(self._known_types()):
            raise ApprovalRefused("mandate-malformed", field="document_types")
        if terms.valid_from.tzinfo is None or terms.valid_until.tzinfo is None:
            raise ApprovalRefused("mandate-malformed", field="valid_until")
        if not terms.valid_from < terms.valid_until <= terms.valid_from + LONGEST or terms.valid_until <= at:
            raise ApprovalRefused("mandate-malformed", field="valid_until")
        if not terms.channels:
            raise ApprovalRefused("mandate-malformed", field="channels")
        if terms.most_uses is not None and not 1 <= terms.most_uses <= MOST_COPIES:
            raise ApprovalRefused("mandate-malformed", field="most_uses")

    def _certificate(self, encoded: bytes, holder: str, at: datetime) -> Certificate:
        try:
            certificate = parse_certificate(encoded)
        except VerifyError as error:
            raise ApprovalRefused("mandate-certificate", str(error)) from error
        verdict = check_certificate(certificate, self._ports.trust(), at, purpose=Purpose.SEAL)
        if verdict.indication is not Indication.TOTAL_PASSED:
            raise ApprovalRefused("mandate-certificate", "; ".join(one.en for one in verdict.reasons))
        if certificate.uscc != holder:
            raise ApprovalRefused("mandate-certificate", "issued to another body")
        return certificate

    def _get(self, mandate_id: str) -> SealMandate:
        with self._ports.database.read() as connection:
            return _mandate(store.mandate_row(connection, mandate_id))

    def _listed(self, condition: Any) -> tuple[SealMandate, ...]:
        query = select(seal_mandates).where(condition)
        with self._ports.database.read() as connection:
            rows = connection.execute(query.order_by(seal_mandates.c.prepared_at, seal_mandates.c.id)).all()
        return tuple(_mandate(row) for row in rows)


def _record(
    mandate_id: str, seal: RegisteredSeal, agent: Account, terms: MandateTerms, at: datetime
) -> dict[str, Json]:
    """What the holder seals.  The name is for people; who it is, the id of the account says."""
    return {
        "format": FORMAT,
        "mandate_id": mandate_id,
        "seal_id": seal.seal_id,
        "seal_name": f"{seal.design.name} {seal.design.line}".strip(),
        "holder": seal.holder,
        "holder_name": seal.holder_name,
        "agent": agent.account_id,
        "agent_name": agent.name,
        "document_types": list[Json](sorted(terms.document_types)),
        "channels": list[Json](sorted(one.value for one in terms.channels)),
        "valid_from": moment_of(terms.valid_from.astimezone(UTC)),
        "valid_until": moment_of(terms.valid_until.astimezone(UTC)),
        "most_uses": terms.most_uses,
        "prepared_at": moment_of(at),
    }


def _terms(row: Row[Any]) -> MandateTerms:
    """What the record says: the record is what was sealed, so no column beside it can say otherwise."""
    record = json.loads(row.record)
    return MandateTerms(
        seal_id=record["seal_id"],
        agent=record["agent"],
        document_types=frozenset(record["document_types"]),
        valid_from=datetime.fromisoformat(record["valid_from"]),
        valid_until=datetime.fromisoformat(record["valid_until"]),
        channels=frozenset(Channel(one) for one in record["channels"]),
        most_uses=record["most_uses"],
    )


def _mandate(row: Row[Any]) -> SealMandate:
    state = json.loads(row.prepared)
    return SealMandate(
        mandate_id=row.id,
        holder=row.holder,
        terms=_terms(row),
        state=row.state,
        to_be_signed=bytes.fromhex(state["attributes"]) if row.state == PREPARED else None,
        record=row.record.encode(),
        sealed=None if row.sealed is None else bytes(row.sealed),
        sealed_at=row.sealed_at,
        revoked_at=row.revoked_at,
    )


def _as_grant(connection: Connection, row: Row[Any]) -> Grant:
    terms = _terms(row)
    return Grant(
        id=row.id,
        seal_id=row.seal_id,
        officer=row.agent,
        document_types=terms.document_types,
        valid_from=terms.valid_from,
        valid_until=terms.valid_until,
        revoked_at=row.revoked_at,
        most_uses=terms.most_uses,
        channels=terms.channels,
        used=0 if terms.most_uses is None else used_up_to_now(connection, row.id),
    )
