# SPDX-License-Identifier: Apache-2.0
"""Every way of not getting in: each with its own code, in the log without a name."""

from __future__ import annotations

import hashlib
import json
import secrets
from datetime import timedelta
from typing import Any

import pytest

from api.certificates import IssueOrder
from api.database import Database
from api.ledger import Ledger
from api.login import LOGIN_CODES, Challenge, LoginRefused
from ca import SubjectName, draft, lint, make_request, new_serial, profile
from keys import KeyKind, der, generate_key

from .conftest import (
    E01,
    KINDS,
    Answer,
    Case,
    Holder,
    answer,
    certified,
    open_sessions,
    recorded,
    too_often,
)

AGENCY = "11510106DEM9A00331"
AGENCY_NAME = "蜀州市锦北区住房和城乡建设局(演示)"


def unknown(_door: Any, held: Any, challenge: Challenge) -> Answer:
    return ("0" * 32, *answer(held, challenge)[1:])


def used(door: Any, held: Any, challenge: Challenge) -> Answer:
    made = answer(held, challenge)
    door.login.login(*made[:3])
    return made


def late(door: Any, held: Any, challenge: Challenge) -> Answer:
    door.identity.clock.advance(timedelta(seconds=120))
    return answer(held, challenge)


def used_and_late(door: Any, held: Any, challenge: Challenge) -> Answer:
    made = used(door, held, challenge)
    door.identity.clock.advance(timedelta(minutes=30))
    return made


def strange(text: str) -> Case:
    def case(_door: Any, held: Any, challenge: Challenge) -> Answer:
        return (text, *answer(held, challenge)[1:])

    return case


def forgotten(door: Any, held: Any, challenge: Challenge) -> Answer:
    door.identity.clock.advance(timedelta(hours=2))
    door.login.challenge()
    return answer(held, challenge)


def no_certificate(_door: Any, held: Any, challenge: Challenge) -> Answer:
    return challenge.challenge_id, b"", answer(held, challenge)[2], {}


def half_a_certificate(_door: Any, held: Any, challenge: Challenge) -> Answer:
    return challenge.challenge_id, held.der[:-20], answer(held, challenge)[2], {}


def expired(door: Any, held: Any, _challenge: Challenge) -> Answer:
    identity = door.identity
    until = identity.clock() + timedelta(seconds=2)
    order = identity.order("H01", KeyKind.SM2, account_id=held.account_id, valid_until=until)
    short = Holder(held.key, identity.certificates.issue(order, by="test").der)
    identity.clock.advance(timedelta(seconds=3))
    return answer(short, door.login.challenge())


def not_yet_valid(door: Any, held: Any, _challenge: Challenge) -> Answer:
    identity = door.identity
    identity.clock.advance(timedelta(days=1))
    order = identity.order(
        "H01", KeyKind.SM2, account_id=held.account_id, valid_until=identity.clock() + timedelta(days=1)
    )
    tomorrow = Holder(held.key, identity.certificates.issue(order, by="test").der)
    identity.clock.advance(-timedelta(days=1))
    return answer(tomorrow, door.login.challenge())


def revoked(door: Any, held: Any, challenge: Challenge) -> Answer:
    door.identity.certificates.revoke(held.certificate.certificate_id, "keyCompromise", by="test")
    return answer(held, challenge)


def suspended(door: Any, held: Any, challenge: Challenge) -> Answer:
    door.identity.certificates.suspend(held.certificate.certificate_id, by="test")
    return answer(held, challenge)


def revoked_with_a_signature_of_nobody(door: Any, held: Any, challenge: Challenge) -> Answer:
    made = revoked(door, held, challenge)
    return made[0], made[1], b"\x30\x00", {}


def foreign(kind: KeyKind) -> Case:
    def case(door: Any, _held: Any, challenge: Challenge) -> Answer:
        root_key, key = generate_key(kind), generate_key(kind)
        root = certified(door, "root", SubjectName("Foreign Root"), root_key, None, root_key)
        leaf = certified(door, "person", SubjectName("样例H01"), key, root, root_key)
        return answer(Holder(key, leaf.der), challenge)

    return case


def of_our_name(door: Any, _held: Any, challenge: Challenge) -> Answer:
    """A forger who copies the name of our issuing authority, and even its key id."""
    real = door.identity.certificates.trust().intermediates[0]
    forger, key = generate_key(KeyKind.SM2), generate_key(KeyKind.SM2)
    serial = new_serial(secrets.token_bytes(16))
    at = door.identity.clock()
    linted = lint(
        draft(
            profile("person"),
            subject=SubjectName("样例H01"),
            public_key=key.public_key,
            issuer=real,
            scheme=forger.scheme,
            serial=serial,
            not_before=at,
            not_after=at + timedelta(days=9),
            crl_url="https://yinxin.example/crl/persons-sm2.crl",
        )
    )
    forged = der.sequence(linted.tbs, forger.scheme.algorithm_identifier(), der.bits(forger.sign(linted.tbs)))
    return answer(Holder(key, forged), challenge)


def altered(_door: Any, held: Any, challenge: Challenge) -> Answer:
    name = "样例H01".encode()
    return answer(Holder(held.key, held.der.replace(name, "样例H02".encode())), challenge)


def authority_itself(door: Any, _held: Any, challenge: Challenge) -> Answer:
    """The key of an authority certifies; it does not log in."""
    signer = door.identity.ports.vault.signer("persons-sm2")
    return answer(Holder(signer, door.identity.certificates.issuer_file("persons-sm2")), challenge)


def signer_of_the_trust_list(door: Any, _held: Any, challenge: Challenge) -> Answer:
    """It has the right key usage, and an extended one that reserves it."""
    certificate, signer = door.identity.certificates.trust_list_signers()[0]
    return answer(Holder(signer, certificate.der), challenge)


def crl_too_old(door: Any, held: Any, _challenge: Challenge) -> Answer:
    door.identity.clock.advance(timedelta(days=8))
    return answer(held, door.login.challenge())


def other_bytes(_door: Any, held: Any, challenge: Challenge) -> Answer:
    return challenge.challenge_id, held.der, held.key.sign(challenge.to_be_signed + b"\n"), {}


def without_prefix(_door: Any, held: Any, challenge: Challenge) -> Answer:
    text = challenge.to_be_signed.split(b"\n", 1)[1]
    return challenge.challenge_id, held.der, held.key.sign(text), {}


def other_challenge(door: Any, held: Any, challenge: Challenge) -> Answer:
    another = door.login.challenge()
    return challenge.challenge_id, held.der, held.key.sign(another.to_be_signed), {}


def other_key(door: Any, held: Any, challenge: Challenge) -> Answer:
    thief = generate_key(KeyKind.SM2)
    return challenge.challenge_id, held.der, thief.sign(challenge.to_be_signed), {}


def no_signature(_door: Any, held: Any, challenge: Challenge) -> Answer:
    return challenge.challenge_id, held.der, b"", {}


def enterprise_certificate(door: Any, _held: Any, challenge: Challenge) -> Answer:
    """It seals, but nobody logs in with it: it belongs to no account."""
    key = generate_key(KeyKind.SM2)
    request = make_request(key, SubjectName(AGENCY_NAME, AGENCY_NAME, AGENCY))
    order = IssueOrder("enterprise", request, AGENCY, AGENCY_NAME)
    return answer(Holder(key, door.identity.certificates.issue(order, by="test").der), challenge)


def account_closed(door: Any, held: Any, challenge: Challenge) -> Answer:
    door.identity.accounts.close(held.account_id, by="test")
    return answer(held, challenge)


def no_mandate(_door: Any, held: Any, challenge: Challenge) -> Answer:
    return answer(held, challenge, act_for=E01)


def mandate_ended(door: Any, held: Any, challenge: Challenge) -> Answer:
    door.identity.accounts.allow_to_act(held.account_id, E01, by="test")
    door.identity.accounts.end_mandate(held.account_id, E01, by="test")
    return answer(held, challenge, act_for=E01)


def mandate_of_another(door: Any, held: Any, challenge: Challenge) -> Answer:
    other = door.identity.person("H02")
    door.identity.accounts.allow_to_act(other.account_id, E01, by="test")
    return answer(held, challenge, act_for=E01)


def malformed_principal(_door: Any, held: Any, challenge: Challenge) -> Answer:
    return answer(held, challenge, act_for="' OR 1=1")


REFUSED: list[tuple[str, Case]] = [
    ("challenge-unknown", unknown),
    ("challenge-unknown", forgotten),
    ("challenge-unknown", strange("")),
    ("challenge-unknown", strange("\x00")),
    ("challenge-unknown", strange("\ud800")),
    ("challenge-used", used),
    ("challenge-used", used_and_late),
    ("challenge-expired", late),
    ("certificate-malformed", no_certificate),
    ("certificate-malformed", half_a_certificate),
    ("certificate-expired", expired),
    ("certificate-not-yet-valid", not_yet_valid),
    ("certificate-revoked", revoked),
    ("certificate-revoked", revoked_with_a_signature_of_nobody),
    ("certificate-suspended", suspended),
    ("issuer-not-trusted", foreign(KeyKind.SM2)),
    ("issuer-not-trusted", foreign(KeyKind.RSA2048)),
    ("issuer-not-trusted", foreign(KeyKind.P256)),
    ("issuer-not-trusted", of_our_name),
    ("issuer-not-trusted", altered),
    ("key-usage", authority_itself),
    ("key-usage", signer_of_the_trust_list),
    ("status-unknown", crl_too_old),
    ("signature-invalid", other_bytes),
    ("signature-invalid", without_prefix),
    ("signature-invalid", other_challenge),
    ("signature-invalid", other_key),
    ("signature-invalid", no_signature),
    ("account-unknown", enterprise_certificate),
    ("account-unknown", account_closed),
    ("not-allowed-to-act", no_mandate),
    ("not-allowed-to-act", mandate_ended),
    ("not-allowed-to-act", mandate_of_another),
    ("not-allowed-to-act", malformed_principal),
    ("too-many-attempts", too_often),
]


def test_every_code_has_a_case() -> None:
    assert {code for code, _ in REFUSED} == set(LOGIN_CODES)


@pytest.mark.parametrize(
    ("code", "case"), REFUSED, ids=[f"{n}-{code}-{case.__name__}" for n, (code, case) in enumerate(REFUSED)]
)
def test_refused(door: Any, database: Database, ledger: Ledger, code: str, case: Case) -> None:
    challenge_id, certificate, signature, more = case(door, door.identity.person(), door.login.challenge())
    before, logged = open_sessions(database), recorded(ledger)
    with pytest.raises(LoginRefused) as refused:
        door.login.login(challenge_id, certificate, signature, **more)
    assert (refused.value.code, str(refused.value).startswith(code)) == (code, True)
    assert all((refused.value.zh, refused.value.en, refused.value.todo))
    assert open_sessions(database) == before
    ours = door.identity.certificates.by_fingerprint(hashlib.sha256(certificate).hexdigest()) is not None
    expected = [("login.refused", {"code": code})] if ours and code != "too-many-attempts" else []
    assert recorded(ledger)[len(logged) :] == expected
    assert "样例" not in json.dumps(recorded(ledger), ensure_ascii=False)


@pytest.mark.parametrize("kind", KINDS)
def test_signature_with_any_byte_flipped_is_refused(door: Any, clock: Any, kind: KeyKind) -> None:
    held = door.identity.person("H01", kind)
    size = len(held.key.sign(b"length"))
    for place in {*range(0, size, 9), 0, 1, 2, 3, size - 1}:
        clock.advance(timedelta(seconds=10))
        challenge = door.login.challenge()
        signature = bytearray(held.key.sign(challenge.to_be_signed))
        signature[min(place, len(signature) - 1)] ^= 1 << (place % 8)
        with pytest.raises(LoginRefused, match="signature-invalid"):
            door.login.login(challenge.challenge_id, held.der, bytes(signature))


@pytest.mark.parametrize("spoiled", [other_bytes, no_certificate, no_mandate])
def test_challenge_is_spent_by_a_wrong_answer_too(door: Any, spoiled: Case) -> None:
    """Consumed before the answer is looked at: nobody may try twice against one nonce."""
    held, challenge = door.identity.person(), door.login.challenge()
    challenge_id, certificate, signature, more = spoiled(door, held, challenge)
    with pytest.raises(LoginRefused):
        door.login.login(challenge_id, certificate, signature, **more)
    with pytest.raises(LoginRefused, match="challenge-used"):
        door.login.login(challenge_id, held.der, held.key.sign(challenge.to_be_signed))
