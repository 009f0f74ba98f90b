# SPDX-License-Identifier: Apache-2.0
"""Logging in, and every way of not getting in: each with its own code, in the log without a name."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from api.accounts import Role
from api.certificates import IssueOrder
from api.database import Database
from api.database.tables_identity import challenges, sessions
from api.ledger import Ledger
from api.login import LOGIN_CODES, Challenge, LoginRefused
from api.login.attempts import MOST_FAILURES, MOST_FROM_SOURCE, Attempts, keys_of
from api.login.login import RECORDED_OF_ALL, RECORDED_OF_ONE
from ca import SubjectName, draft, issue, lint, make_request, new_serial, profile
from keys import KeyKind, SoftwareKey, der, generate_key
from verify import Certificate, parse_certificate

AGENCY = "11510106DEM9A00331"
AGENCY_NAME = "蜀州市锦北区住房和城乡建设局(演示)"
E01, E01_NAME = "91510100DEM001017Y", "四川样例建工集团有限公司"
KINDS = [KeyKind.SM2, KeyKind.RSA2048, KeyKind.P256]


def recorded(ledger: Ledger) -> list[tuple[str, dict[str, Any]]]:
    entries = [json.loads(ledger.entry(index)) for index in range(ledger.size())]
    return [(one["kind"], one["body"]) for one in entries if one["kind"].startswith("login.")]


def open_sessions(database: Database) -> int:
    with database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(sessions)).scalar_one())


@pytest.mark.parametrize("kind", KINDS)
def test_login_with_every_kind_of_key(door: Any, ledger: Ledger, clock: Any, kind: KeyKind) -> None:
    held = door.identity.person("H01", kind)
    session = door.enter(held)
    assert (session.account_id, session.name, session.subject) == (held.account_id, "样例H01", "H01")
    assert (session.roles, session.agency) == ({Role.APPLICANT}, "")
    assert (session.acts_for, session.acts_for_name) == (None, "")
    assert session.expires_at == clock() + timedelta(hours=8)
    assert door.login.session(session.token) == session
    ((logged_as, body),) = recorded(ledger)
    salt = bytes.fromhex(session.csrf)
    commitment = hmac.new(salt, held.certificate.fingerprint.encode(), hashlib.sha256).hexdigest()
    assert (logged_as, body) == ("login.succeeded", {"commitment": commitment})


def test_officer_has_an_agency(door: Any) -> None:
    session = door.enter(door.identity.person("H10", roles="officer", agency=AGENCY))
    assert (session.roles, session.agency) == ({Role.OFFICER}, AGENCY)


def test_acting_for_an_enterprise(door: Any) -> None:
    held = door.identity.person()
    door.identity.accounts.allow_to_act(held.account_id, E01, by="test")
    session = door.enter(held, act_for=E01.lower())
    assert (session.acts_for, session.acts_for_name, session.name) == (E01, E01_NAME, "样例H01")
    assert door.login.session(session.token) == session
    assert door.enter(held).acts_for is None


def test_who_acts_for_an_enterprise_is_no_officer_meanwhile(door: Any) -> None:
    accounts = door.identity.accounts
    account = accounts.add(
        name="样例H01", subject="H01", roles={"applicant", "officer"}, agency=AGENCY, by="test"
    )
    order = door.identity.order("H01", KeyKind.SM2, account_id=account.account_id)
    issued = door.identity.certificates.issue(order, by="test")
    accounts.allow_to_act(account.account_id, E01, by="test")
    held = _Holder(door.identity.key("H01", KeyKind.SM2), issued.der)
    session = door.enter(held, act_for=E01)
    assert (session.roles, session.agency) == ({Role.APPLICANT}, "")
    assert door.enter(held).roles == {Role.APPLICANT, Role.OFFICER}


def test_enterprise_with_an_account_of_its_own(door: Any) -> None:
    account = door.identity.accounts.add(name=E01_NAME, subject=E01, roles={"applicant"}, by="test")
    key = generate_key(KeyKind.SM2)
    request = make_request(key, SubjectName(E01_NAME, E01_NAME, E01))
    order = IssueOrder("enterprise", request, E01, E01_NAME, account_id=account.account_id)
    held = _Holder(key, door.identity.certificates.issue(order, by="test").der)
    assert door.enter(held, act_for=E01).acts_for is None
    assert door.enter(held).subject == E01


class _Holder:
    def __init__(self, key: SoftwareKey, der: bytes) -> None:
        self.key, self.der = key, der


# Refusals: each case answers a fresh challenge and must get exactly its code.

Answer = tuple[str, bytes, bytes, dict[str, Any]]
Case = Callable[[Any, Any, Challenge], Answer]


def answer(held: Any, challenge: Challenge, **more: Any) -> Answer:
    return challenge.challenge_id, held.der, held.key.sign(challenge.to_be_signed), more


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
    short = _Holder(held.key, identity.certificates.issue(order, by="test").der)
    identity.clock.advance(timedelta(seconds=3))
    return answer(short, door.login.challenge())


def not_yet_valid(door: Any, held: Any, _challenge: Challenge) -> Answer:
    identity = door.identity
    identity.clock.advance(timedelta(days=1))
    order = identity.order(
        "H01", KeyKind.SM2, account_id=held.account_id, valid_until=identity.clock() + timedelta(days=1)
    )
    tomorrow = _Holder(held.key, identity.certificates.issue(order, by="test").der)
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
        return answer(_Holder(key, leaf.der), challenge)

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
    return answer(_Holder(key, forged), challenge)


def altered(_door: Any, held: Any, challenge: Challenge) -> Answer:
    name = "样例H01".encode()
    return answer(_Holder(held.key, held.der.replace(name, "样例H02".encode())), challenge)


def certified(
    door: Any, name: str, subject: SubjectName, key: SoftwareKey, issuer: Certificate | None, by: SoftwareKey
) -> Certificate:
    at = door.identity.clock()
    made = draft(
        profile(name),
        subject=subject,
        public_key=key.public_key,
        issuer=issuer,
        scheme=by.scheme,
        serial=new_serial(secrets.token_bytes(16)),
        not_before=at - timedelta(minutes=5),
        not_after=at + timedelta(days=30),
        crl_url="" if issuer is None else "http://ca.example/foreign.crl",
    )
    return parse_certificate(issue(lint(made), by))


def authority_itself(door: Any, _held: Any, challenge: Challenge) -> Answer:
    """The key of an authority certifies; it does not log in."""
    signer = door.identity.ports.vault.signer("persons-sm2")
    return answer(_Holder(signer, door.identity.certificates.issuer_file("persons-sm2")), challenge)


def signer_of_the_trust_list(door: Any, _held: Any, challenge: Challenge) -> Answer:
    """It has the right key usage, and an extended one that reserves it."""
    certificate, signer = door.identity.certificates.trust_list_signers()[0]
    return answer(_Holder(signer, certificate.der), challenge)


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
    return answer(_Holder(key, door.identity.certificates.issue(order, by="test").der), challenge)


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


def too_often(door: Any, held: Any, challenge: Challenge) -> Answer:
    for _ in range(MOST_FAILURES):
        with pytest.raises(LoginRefused, match="challenge-unknown"):
            door.login.login("0" * 32, held.der, b"")
    return answer(held, challenge)


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


def test_of_many_replays_at_once_one_gets_in(door: Any, database: Database) -> None:
    held, challenge = door.identity.person(), door.login.challenge()
    signature = held.key.sign(challenge.to_be_signed)
    barrier, outcomes = threading.Barrier(8), []

    def work() -> None:
        barrier.wait()
        try:
            door.login.login(challenge.challenge_id, held.der, signature)
            outcomes.append("in")
        except LoginRefused as refusal:
            outcomes.append(refusal.code)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["challenge-used"] * 7 + ["in"]
    assert open_sessions(database) == 1


def test_answer_in_the_last_second(door: Any, clock: Any) -> None:
    held, challenge = door.identity.person(), door.login.challenge()
    clock.advance(timedelta(seconds=119, milliseconds=999))
    door.login.login(challenge.challenge_id, held.der, held.key.sign(challenge.to_be_signed))


def test_failures_are_forgotten_after_a_minute(door: Any, clock: Any) -> None:
    held = door.identity.person()
    too_often(door, held, door.login.challenge())
    with pytest.raises(LoginRefused, match="too-many-attempts"):
        door.enter(held)
    clock.advance(timedelta(minutes=1))
    assert door.enter(held).account_id == held.account_id


def test_failures_elsewhere_do_not_lock_the_holder_out(door: Any) -> None:
    """A certificate is public: it stands in every sealed file."""
    held = door.identity.person()
    for _ in range(MOST_FAILURES):
        with pytest.raises(LoginRefused, match="challenge-unknown"):
            door.login.login("0" * 32, held.der, b"", source="203.0.113.7")
    with pytest.raises(LoginRefused, match="too-many-attempts"):
        door.enter(held, source="203.0.113.7")
    assert door.enter(held, source="198.51.100.4").account_id == held.account_id
    # One address for a whole service hall: whoever fails there stops nobody else there.
    other = door.identity.person("H02")
    assert door.enter(other, source="203.0.113.7").account_id == other.account_id


def test_a_flood_from_one_source(clock: Any) -> None:
    """Ever new certificates from one address are stopped in the end."""
    attempts = Attempts(clock)
    for number in range(MOST_FROM_SOURCE):
        attempts.require_room(*keys_of("203.0.113.7", str(number)))
        attempts.failed(*keys_of("203.0.113.7", str(number)))
    with pytest.raises(LoginRefused, match="too-many-attempts"):
        attempts.require_room(*keys_of("203.0.113.7", "another"))
    attempts.require_room(*keys_of("198.51.100.4", "another"))


def test_public_log_does_not_say_who_logged_in(door: Any, ledger: Ledger) -> None:
    """A certificate stands in every sealed file: its fingerprint in an entry would name its holder."""
    held = door.identity.person()
    first, second = door.enter(held), door.enter(held)
    with pytest.raises(LoginRefused):
        door.login.login("0" * 32, held.der, b"")
    entries = recorded(ledger)
    assert [kind for kind, _ in entries] == ["login.succeeded", "login.succeeded", "login.refused"]
    assert held.certificate.fingerprint not in json.dumps(entries)
    assert entries[0][1] != entries[1][1]  # two logins of one holder do not look alike
    assert first.csrf not in json.dumps(entries)
    assert second.csrf not in json.dumps(entries)


def test_strangers_cannot_grow_the_log(door: Any, ledger: Ledger) -> None:
    """Whoever sends certificates that were not issued here leaves no entry, however often."""
    key, before = generate_key(KeyKind.SM2), ledger.size()
    stranger = certified(door, "root", SubjectName("Foreign Root"), key, None, key)
    for count in range(2 * MOST_FAILURES):
        with pytest.raises(LoginRefused):
            door.login.login("0" * 32, stranger.der, b"", source=f"203.0.113.{count}")
    assert ledger.size() == before


def test_refusals_are_recorded_at_a_bounded_rate(door: Any, ledger: Ledger, clock: Any) -> None:
    """Somebody who has certificates of ours, as everybody does who has sealed files, from many places."""
    held = [door.identity.person(f"H{number:02d}") for number in range(1, 8)]
    for one in held:
        for count in range(RECORDED_OF_ONE + 3):
            with pytest.raises(LoginRefused, match="challenge-unknown"):
                door.login.login("0" * 32, one.der, b"", source=f"203.0.113.{count}")
        if one is held[0]:
            assert len(recorded(ledger)) == RECORDED_OF_ONE
    assert len(recorded(ledger)) == RECORDED_OF_ALL
    clock.advance(timedelta(minutes=1))
    with pytest.raises(LoginRefused):
        door.login.login("0" * 32, held[0].der, b"")
    assert len(recorded(ledger)) == RECORDED_OF_ALL + 1
    assert door.enter(held[0]).account_id == held[0].account_id


def test_refused_for_too_many_does_not_spend_the_challenge(door: Any, database: Database) -> None:
    held, challenge = door.identity.person(), door.login.challenge()
    too_often(door, held, challenge)
    with pytest.raises(LoginRefused, match="too-many-attempts"):
        door.login.login(*answer(held, challenge)[:3])
    with database.read() as connection:
        spent = select(func.count()).where(challenges.c.used_at.is_not(None))
        assert connection.execute(spent).scalar_one() == 0


def test_revoked_between_check_and_session(door: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The state of the certificate is read once more in the transaction that starts the session."""
    held = door.identity.person()
    stale = door.identity.certificates.trust()
    door.identity.certificates.revoke(held.certificate.certificate_id, "superseded", by="test")
    monkeypatch.setattr(type(door.identity.certificates), "trust", lambda _self: stale)
    with pytest.raises(LoginRefused, match="certificate-revoked"):
        door.enter(held)
