# SPDX-License-Identifier: Apache-2.0
"""Mandates: sealed by the holder's own key, checked by the reader at each use, ended at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from api.accounts import Role
from api.approvals import ApprovalRefused, MandateTerms, NoSuchSealMandate
from api.ledger import RowAltered
from api.seals import Actor, SealUseRefused, Use
from keys import KeyKind
from seal import Channel
from verify import Evidenced, Indication, check_form, parse_authority

from ..rooms import A1, E01, E02

HOLDER = Actor("clerk", frozenset({Role.APPLICANT}), "", E01)
OFFICE = Actor("registrar", frozenset({Role.REGISTRAR}), A1)
STRANGER = Actor("somebody", frozenset({Role.APPLICANT}), "", E02)


@pytest.fixture(params=[KeyKind.SM2, KeyKind.RSA3072], ids=["sm2", "rsa"])
def enterprise(rooms: Any, request: Any) -> Any:
    return rooms.enterprise(E01, request.param)


@pytest.fixture
def agent(rooms: Any) -> str:
    found: str = rooms.identity.accounts.add(
        name="李样一", subject="MANDATED-1", roles=["applicant"], by="test"
    ).account_id
    return found


@pytest.fixture
def terms(rooms: Any, agent: str) -> MandateTerms:
    now = rooms.clock()
    return MandateTerms(
        seal_id=rooms.seal_of(E01).seal_id,
        agent=agent,
        document_types=frozenset({"file"}),
        valid_from=now,
        valid_until=now + timedelta(days=365),
        channels=frozenset({Channel.API, Channel.CONSOLE}),
        most_uses=2,
    )


def given(rooms: Any, enterprise: Any, terms: MandateTerms) -> Any:
    prepared = rooms.mandates.prepare(terms, enterprise.certificate, HOLDER)
    return rooms.mandates.complete(prepared.mandate_id, enterprise.key.sign(prepared.to_be_signed), HOLDER)


def use(terms: MandateTerms, **more: Any) -> Use:
    parts = {"channel": Channel.API, "case": "样例-1", "act": "one", **more}
    return Use(terms.agent, "", terms.seal_id, E01, "file", **parts)


def refused(rooms: Any, wanted: Use) -> str:
    size = rooms.ledger.size()
    with pytest.raises(SealUseRefused) as error:
        rooms.warrants.authorise(wanted)
    assert rooms.ledger.size() == size + 1
    return error.value.code


def test_given_used_counted_revoked(rooms: Any, enterprise: Any, terms: MandateTerms) -> None:
    assert refused(rooms, use(terms)) == "no-grant"
    mandate = given(rooms, enterprise, terms)
    assert mandate.terms == terms
    report = check_form(mandate.sealed, trust=rooms.ports.trust(), at=rooms.clock())
    assert report.indication is Indication.TOTAL_PASSED
    stated = parse_authority(rooms.warrants.authorise(use(terms)).authority).stated()
    assert stated.mandate == Evidenced.of(mandate.mandate_id, mandate.sealed)
    assert stated.grant is None
    assert refused(rooms, use(terms, channel=Channel.DESK)) == "wrong-channel"
    with rooms.ledger.transaction() as tx:
        assert rooms.warrants.take(tx, use(terms), 5) == 2
    assert refused(rooms, use(terms)) == "used-up"
    ended = rooms.mandates.revoke(mandate.mandate_id, HOLDER)
    assert rooms.mandates.revoke(mandate.mandate_id, OFFICE) == ended
    assert refused(rooms, use(terms)) == "revoked"
    assert rooms.check().findings == ()


def test_for_nobody_else(rooms: Any, enterprise: Any, terms: MandateTerms) -> None:
    mandate = given(rooms, enterprise, terms)
    assert refused(rooms, replace(use(terms), officer="another")) == "no-grant"
    assert refused(rooms, replace(use(terms), document_type="receipt")) == "wrong-document-type"
    for act in (rooms.mandates.visible, rooms.mandates.revoke):
        with pytest.raises(NoSuchSealMandate):
            act(mandate.mandate_id, STRANGER)


def test_sealed_by_the_holder_and_nobody_else(rooms: Any, enterprise: Any, terms: MandateTerms) -> None:
    """Neither another body's certificate nor another key; prepared is not given."""
    other = rooms.enterprise(E02)
    with pytest.raises(ApprovalRefused) as error:
        rooms.mandates.prepare(terms, other.certificate, HOLDER)
    assert error.value.code == "mandate-certificate"
    with pytest.raises(ApprovalRefused) as error:
        rooms.mandates.prepare(terms, enterprise.certificate, STRANGER)
    assert error.value.code == "not-yours"
    prepared = rooms.mandates.prepare(terms, enterprise.certificate, HOLDER)
    assert refused(rooms, use(terms)) == "no-grant"
    with pytest.raises(ApprovalRefused) as error:
        rooms.mandates.complete(prepared.mandate_id, other.key.sign(prepared.to_be_signed), HOLDER)
    assert error.value.code == "mandate-signature"
    rooms.clock.advance(timedelta(minutes=60))
    with pytest.raises(ApprovalRefused) as error:
        rooms.mandates.complete(prepared.mandate_id, enterprise.key.sign(prepared.to_be_signed), HOLDER)
    assert error.value.code == "mandate-expired"


def test_a_revoked_certificate_mandates_nothing(rooms: Any, enterprise: Any, terms: MandateTerms) -> None:
    given(rooms, enterprise, terms)
    rooms.identity.certificates.revoke(enterprise.certificate_id, "keyCompromise", by="test")
    assert refused(rooms, use(terms)) == "mandate-invalid"


@pytest.mark.parametrize("columns", ["agent = 'me'", "state = 'sealed', revoked_at = NULL"])
def test_an_edit_mandates_nothing(rooms: Any, enterprise: Any, terms: MandateTerms, columns: str) -> None:
    mandate = given(rooms, enterprise, terms)
    rooms.mandates.revoke(mandate.mandate_id, HOLDER)
    rooms.edit(f"UPDATE seal_mandates SET {columns}")
    who = "me" if "agent" in columns else terms.agent
    with pytest.raises((RowAltered, SealUseRefused)):
        rooms.warrants.authorise(replace(use(terms), officer=who))
    assert rooms.check().findings != ()


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"agent": "nobody"}, "agent"),
        ({"document_types": frozenset({"unknown"})}, "document_types"),
        ({"channels": frozenset()}, "channels"),
        ({"most_uses": 0}, "most_uses"),
    ],
)
def test_malformed(
    rooms: Any, enterprise: Any, terms: MandateTerms, more: dict[str, Any], field: str
) -> None:
    with pytest.raises(ApprovalRefused) as error:
        rooms.mandates.prepare(replace(terms, **more), enterprise.certificate, HOLDER)
    assert error.value.field == field


def test_periods(rooms: Any, enterprise: Any, terms: MandateTerms) -> None:
    now = rooms.clock()
    for first, last in ((0, 0), (1, 0), (-9, -1), (0, 3 * 366 + 1)):
        period = {"valid_from": now + timedelta(days=first), "valid_until": now + timedelta(days=last)}
        with pytest.raises(ApprovalRefused):
            rooms.mandates.prepare(replace(terms, **period), enterprise.certificate, HOLDER)
