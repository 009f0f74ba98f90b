# SPDX-License-Identifier: Apache-2.0
"""Orders: what is issued, what is refused, what happens twice, and what a crash leaves."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from api.accounts import AccountClosed, NoSuchAccount, committed_accounts, committed_mandates
from api.certificates import (
    IssueOrder,
    NoSuchCertificate,
    OrderRefused,
    committed_authorities,
    committed_certificates,
    committed_qr_keys,
)
from api.database import Database
from api.database.tables_identity import certificates as table
from api.database.tables_identity import serials
from api.ledger import Ledger, check_ledger
from api.status import committed_crls, committed_status_lists
from ca import CaError, IssueFailed, NoSuchProfile, RequestRefused, SubjectName, make_request, parse_request
from keys import KeyKind, generate_key
from verify import Indication, Purpose, check_certificate, parse_certificate

AGENCY = "11510106DEM9A00331"
NAME = "蜀州市锦北区住房和城乡建设局(演示)"
SOURCES = {
    "accounts": committed_accounts,
    "mandates": committed_mandates,
    "authorities": committed_authorities,
    "certificates": committed_certificates,
    "crls": committed_crls,
    "status_lists": committed_status_lists,
    "qr_keys": committed_qr_keys,
}
KINDS = [KeyKind.SM2, KeyKind.RSA2048, KeyKind.P256, KeyKind.P384]


class Killed(BaseException):
    """The process ends here."""


def bodies(ledger: Ledger, kind: str) -> list[dict[str, Any]]:
    entries = [json.loads(ledger.entry(index)) for index in range(ledger.size())]
    return [one["body"] for one in entries if one["kind"] == kind]


def enterprise(key: Any = None, **more: Any) -> IssueOrder:
    request = make_request(key or generate_key(KeyKind.SM2), SubjectName(NAME, NAME, AGENCY))
    return replace(IssueOrder("enterprise", request, AGENCY, NAME), **more)


def count(database: Database, which: Any) -> int:
    with database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(which)).scalar_one())


@pytest.mark.parametrize("kind", KINDS)
def test_certificate_for_every_kind_of_key(identity: Any, clock: Any, ledger: Ledger, kind: KeyKind) -> None:
    held = identity.person(f"H-{kind.value}", kind)
    issued, made = held.certificate, parse_certificate(held.der)
    assert issued.issuer == ("persons-sm2" if kind is KeyKind.SM2 else "persons-rsa")
    assert (made.public_key, made.subject.common_name, made.uscc) == (
        held.key.public_key,
        f"样例H-{kind.value}",
        None,
    )
    assert issued.partition == made.serial % 16
    assert made.crl_urls == (f"https://yinxin.example/crl/{issued.issuer}/{issued.partition}.crl",)
    for purpose in (Purpose.LOGIN, Purpose.SEAL):
        report = check_certificate(made, identity.certificates.trust(), clock(), purpose=purpose)
        assert report.indication is Indication.TOTAL_PASSED, report.reasons
    assert bodies(ledger, "certificate.issued")[-1] == {
        "certificate_id": issued.certificate_id,
        "issuer": issued.issuer,
        "serial": f"{made.serial:x}",
        "fingerprint": made.fingerprint,
        "profile": "person",
    }
    assert identity.certificates.by_fingerprint(made.fingerprint) == issued
    assert identity.certificates.owner(made) == held.account_id


def test_enterprise_and_seal_carry_the_code(identity: Any) -> None:
    service = identity.certificates
    made = parse_certificate(service.issue(enterprise(), by="test").der)
    assert (made.uscc, made.subject.common_name) == (AGENCY, NAME)
    assert service.owner(made) is None
    request = make_request(generate_key(KeyKind.RSA2048), SubjectName("51010600000003", NAME, AGENCY))
    seal_id = service.certify_seal(request, holder=AGENCY, holder_name=NAME, by="test")
    sealing = service.sealing(seal_id)
    assert (sealing.certificate.uscc, sealing.certificate.subject.common_name) == (AGENCY, "51010600000003")
    assert [one.der for one in sealing.chain] == [service.issuer_file("seals-rsa")]
    assert [one.der for one in sealing.crls] == [
        service.crl_file("seals-rsa"),
        service.crl_file("root-rsa"),
    ]


def test_evidence_is_for_our_own_certificates_only(identity: Any) -> None:
    held = identity.person()
    own = identity.certificates.evidence(parse_certificate(held.der))
    assert own.certificate.der == held.der
    root = identity.certificates.trust().anchors[0]
    assert identity.certificates.evidence(root).chain == ()
    altered = parse_certificate(held.der[:-1] + bytes([held.der[-1] ^ 1]))
    with pytest.raises(NoSuchCertificate):
        identity.certificates.evidence(altered)
    assert identity.certificates.owner(altered) is None
    with pytest.raises(NoSuchCertificate):
        identity.certificates.get("0" * 32)


@pytest.mark.parametrize("strange", ["", "\x00", "\ud800", "0" * 31, "F" * 32, "0" * 32 + "\n"])
def test_strange_ids_are_no_certificate(identity: Any, strange: str) -> None:
    service = identity.certificates
    for act in (service.get, service.sealing, service.chain):
        with pytest.raises(NoSuchCertificate):
            act(strange)
    with pytest.raises(NoSuchCertificate):
        service.revoke(strange, "superseded", by="test")
    with pytest.raises(NoSuchAccount):
        service.issue(identity.order("H01", KeyKind.SM2, account_id=strange), by="test")
    for field in ("holder", "holder_name"):
        with pytest.raises((OrderRefused, CaError)):
            service.issue(enterprise(**{field: strange}), by="test")


def test_log_holds_no_name_and_no_person(identity: Any, ledger: Ledger) -> None:
    identity.person("H07")
    text = "\n".join(ledger.entry(index).decode() for index in range(ledger.size()))
    assert "样例" not in text
    assert "H07" not in text


def test_same_order_twice_is_one_certificate(identity: Any, ledger: Ledger, database: Database) -> None:
    held = identity.person()
    size, spent = ledger.size(), count(database, serials)
    order = identity.order("H01", KeyKind.SM2, account_id=held.account_id)
    assert identity.certificates.issue(order, by="test") == held.certificate
    assert (ledger.size(), count(database, serials)) == (size, spent)


def test_another_term_is_another_order_and_an_expired_certificate_is_followed(
    identity: Any, clock: Any
) -> None:
    order = enterprise()
    first = identity.certificates.issue(order, by="test")
    short = replace(order, valid_until=clock() + timedelta(days=1))
    second = identity.certificates.issue(short, by="test")
    assert second.certificate_id != first.certificate_id
    clock.advance(timedelta(days=4 * 366))
    third = identity.certificates.issue(order, by="test")
    assert third.not_before == clock()


def test_two_at_once_get_one_certificate(identity: Any, database: Database) -> None:
    order, made, barrier = enterprise(), [], threading.Barrier(4)

    def work() -> None:
        barrier.wait()
        made.append(identity.certificates.issue(order, by="test").certificate_id)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 4
    assert len(set(made)) == 1


def test_another_process_that_was_faster_wins(identity: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes over one database: the second throws away what it signed."""
    rival = type(identity)(identity.ports)
    order, fast = enterprise(), []
    opened = type(identity.ports.intents).open_all

    def rival_first(intents: Any, kind: str, bodies: Any) -> Any:
        intent = opened(intents, kind, bodies)
        if not fast:
            fast.append(None)
            fast[0] = rival.certificates.issue(order, by="rival")
        return intent

    monkeypatch.setattr(type(identity.ports.intents), "open_all", rival_first)
    assert identity.certificates.issue(order, by="test") == fast[0]
    stored = [one for one in identity.certificates.listed() if one.profile == "enterprise"]
    assert stored == fast
    assert identity.ports.intents.abandon_open() == 0


REFUSED: list[tuple[str, Callable[[Any], IssueOrder]]] = [
    ("profile-not-ordered", lambda world: enterprise(profile="seal")),
    ("profile-not-ordered", lambda world: enterprise(profile="issuing")),
    ("profile-not-ordered", lambda world: enterprise(profile="trust_list")),
    ("account-required", lambda world: enterprise(profile="person")),
    ("holder-malformed", lambda world: enterprise(holder="11510106DEM9A00332")),
    ("holder-malformed", lambda world: enterprise(holder="")),
    ("holder-mismatch", lambda world: world.orders(holder="H02")),
    ("name-mismatch", lambda world: world.orders(holder_name="样例H02")),
    ("request-contradicts-order", lambda world: enterprise(holder_name="蜀州市锦北区住房和城乡建设局")),
    ("request-contradicts-order", lambda world: enterprise(holder="11510000DEM9A0017F")),
    ("validity-refused", lambda world: enterprise(valid_until=world.clock())),
    ("validity-refused", lambda world: enterprise(valid_until=world.clock() + timedelta(milliseconds=999))),
    ("validity-refused", lambda world: enterprise(valid_until=world.clock() + timedelta(days=3 * 366))),
    ("validity-refused", lambda world: enterprise(valid_until=world.clock().replace(tzinfo=None))),
]


@pytest.mark.parametrize(
    ("code", "order"), REFUSED, ids=[f"{n}-{code}" for n, (code, _) in enumerate(REFUSED)]
)
def test_refused_order_spends_nothing(
    identity: Any, database: Database, ledger: Ledger, code: str, order: Callable[[Any], IssueOrder]
) -> None:
    account = identity.accounts.add(name="样例H01", subject="H01", roles={"applicant"}, by="test")
    identity.orders = lambda **more: identity.order("H01", KeyKind.SM2, account_id=account.account_id, **more)
    made = order(identity)
    before = (ledger.size(), count(database, serials), count(database, table))
    with pytest.raises(OrderRefused) as refused:
        identity.certificates.issue(made, by="test")
    assert refused.value.code == code
    assert refused.value.field
    assert refused.value.todo
    assert (ledger.size(), count(database, serials), count(database, table)) == before


def test_orders_for_nobody_and_by_nobody(identity: Any) -> None:
    held = identity.person()
    service = identity.certificates
    with pytest.raises(NoSuchProfile):
        service.issue(enterprise(profile="admin"), by="test")
    with pytest.raises(NoSuchAccount):
        service.issue(identity.order("H01", KeyKind.SM2, account_id="0" * 32), by="test")
    identity.accounts.close(held.account_id, by="test")
    with pytest.raises(AccountClosed):
        service.issue(identity.order("H01", KeyKind.SM2, account_id=held.account_id), by="test")


def test_one_key_speaks_for_one_holder(identity: Any) -> None:
    key = generate_key(KeyKind.SM2)
    identity.certificates.issue(enterprise(key), by="test")
    other = SubjectName("省住房和城乡建设厅(演示)", "省住房和城乡建设厅(演示)", "11510000DEM9A0017F")
    order = IssueOrder("enterprise", make_request(key, other), other.uscc, other.organization)
    with pytest.raises(OrderRefused) as refused:
        identity.certificates.issue(order, by="test")
    assert refused.value.code == "key-of-another"


def test_compromised_key_is_never_certified_again(identity: Any) -> None:
    key = generate_key(KeyKind.P256)
    order = enterprise(key)
    first = identity.certificates.issue(order, by="test")
    identity.certificates.revoke(first.certificate_id, "superseded", by="test")
    second = identity.certificates.issue(order, by="test")
    assert second.certificate_id != first.certificate_id
    identity.certificates.revoke(second.certificate_id, "keyCompromise", by="test")
    with pytest.raises(OrderRefused) as refused:
        identity.certificates.issue(order, by="test")
    assert refused.value.code == "key-compromised"


@settings(max_examples=60, deadline=None)
@given(place=st.integers(min_value=0), bit=st.integers(0, 7))
def test_request_with_a_flipped_bit_is_refused(place: int, bit: int) -> None:
    """Proof of possession: every byte of a request is under its signature, or is it."""
    request = bytearray(_REQUEST)
    request[place % len(request)] ^= 1 << bit
    with pytest.raises(RequestRefused):
        parse_request(bytes(request))


_REQUEST = make_request(generate_key(KeyKind.SM2), SubjectName("样例"))


@pytest.mark.parametrize(
    "request_", [b"", b"\x30", b"not a request", b"-----BEGIN CERTIFICATE REQUEST-----\n"]
)
def test_malformed_request_is_refused(identity: Any, request_: bytes) -> None:
    with pytest.raises(CaError):
        identity.certificates.issue(enterprise(request=request_), by="test")


def test_shortened_validity(identity: Any, clock: Any) -> None:
    clock.advance(timedelta(milliseconds=700))
    until = clock() + timedelta(seconds=2)
    issued = identity.certificates.issue(enterprise(valid_until=until), by="test")
    assert issued.not_after == until.replace(microsecond=0)
    assert issued.not_before <= clock()


class Broken:
    """A signer that fails in one way."""

    def __init__(self, signer: Any, act: Callable[[bytes], bytes]) -> None:
        self.public_key, self.scheme, self.sign = signer.public_key, signer.scheme, act


def with_signer(identity: Any, monkeypatch: pytest.MonkeyPatch, act: Callable[[Any, bytes], bytes]) -> None:
    """The issuing key answers with ``act``; everything else stays."""
    vault = type(identity.ports.vault)
    right = vault.signer

    def signer(self: Any, label: str) -> Any:
        real = right(self, label)
        return Broken(real, lambda message: act(real, message)) if label == "organisations-sm2" else real

    monkeypatch.setattr(vault, "signer", signer)


def test_killed_while_signing_leaves_an_open_intent_only(
    identity: Any, database: Database, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(_signer: Any, _message: bytes) -> bytes:
        raise Killed

    stored = count(database, table)
    order = enterprise()
    with monkeypatch.context() as patched:
        with_signer(identity, patched, die)
        with pytest.raises(Killed):
            identity.certificates.issue(order, by="test")
    assert count(database, table) == stored
    announced = bodies(ledger, "intent.opened")[-1]
    assert (announced["act"], announced["facts"]["profile"]) == ("certificate.issue", "enterprise")
    assert identity.ports.intents.abandon_open() == 1
    # The order is sent again and done; the spent serial stays spent.
    issued = identity.certificates.issue(order, by="test")
    assert issued.serial != announced["facts"]["serial"]
    assert not check_ledger(database, ledger.log_keys(), SOURCES).findings


@pytest.mark.parametrize("how", ["flipped", "empty", "of another message", "long"])
def test_faulty_device_releases_nothing(
    identity: Any, database: Database, ledger: Ledger, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    def act(signer: Any, message: bytes) -> bytes:
        good = signer.sign(message if how != "of another message" else message + b"\0")
        flipped = good[:-1] + bytes([good[-1] ^ 1])
        return {"flipped": flipped, "empty": b"", "long": good + b"\0"}.get(how, good)

    stored = count(database, table)
    with monkeypatch.context() as patched:
        with_signer(identity, patched, act)
        with pytest.raises(IssueFailed):
            identity.certificates.issue(enterprise(), by="test")
    assert count(database, table) == stored
    closed = bodies(ledger, "intent.closed")[-1]
    assert (closed["outcome"], closed["code"]) == ("failed", "IssueFailed")
    assert identity.ports.intents.abandon_open() == 0


def test_killed_before_the_last_commit_leaves_nothing(
    identity: Any, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = count(database, table)

    def die(*_args: Any) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(type(identity.ports.intents), "close_all", die)
        with pytest.raises(Killed):
            identity.certificates.issue(enterprise(), by="test")
    assert count(database, table) == stored
    assert identity.ports.intents.abandon_open() == 1


@pytest.mark.parametrize(
    "changed",
    [{"holder_name": "x"}, {"account_id": None}, {"revoked_at": None}, {"der": b"\x30\x00"}],
    ids=str,
)
def test_edited_certificate_row_is_found(
    identity: Any, database: Database, ledger: Ledger, changed: dict[str, Any]
) -> None:
    held = identity.person()
    identity.certificates.revoke(held.certificate.certificate_id, "superseded", by="test")
    assert not check_ledger(database, ledger.log_keys(), SOURCES).findings
    row = table.c.id == held.certificate.certificate_id
    with database.write() as connection:
        connection.execute(update(table).where(row).values(changed))
    found = check_ledger(database, ledger.log_keys(), SOURCES).findings
    assert [(one.kind.value, one.table, one.key) for one in found] == [
        ("changed", "certificates", held.certificate.certificate_id)
    ]
