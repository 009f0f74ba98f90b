# SPDX-License-Identifier: Apache-2.0
"""The OCSP responder: what it says of whom, what it refuses, and how fast a revocation is seen."""

from __future__ import annotations

import base64
import subprocess
import sys
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import SQLAlchemyError

from api.database import Database
from api.status import Responder, numbering
from api.status.responder import RENEW, TERM
from ca import parse_ocsp_request
from keys import HashAlgorithm, KeyKind, der
from verify import (
    Indication,
    OcspStanding,
    cert_id,
    check_ocsp_response,
    parse_certificate,
    parse_ocsp_response,
)

KINDS = [(KeyKind.SM2, "persons-sm2"), (KeyKind.RSA2048, "persons-rsa"), (KeyKind.P256, "persons-rsa")]
ALGORITHMS = [None, HashAlgorithm.SHA256, HashAlgorithm.SM3]


def status_of(encoded: bytes) -> str:
    return parse_ocsp_response(encoded).status


def standing(encoded: bytes) -> tuple[OcspStanding, str | None]:
    (one,) = parse_ocsp_response(encoded).singles
    return one.standing, one.revoked.reason if one.revoked else None


@pytest.mark.parametrize(("kind", "issuer"), KINDS, ids=lambda one: str(one))
@pytest.mark.parametrize("algorithm", ALGORITHMS, ids=str)
def test_its_life(answering: Any, kind: KeyKind, issuer: str, algorithm: HashAlgorithm | None) -> None:
    """Good, suspended, good again, revoked: each time at once, whatever digest the request uses."""
    held = answering.identity.person("H01", kind)
    certificate = parse_certificate(held.der)
    asked = answering.request(certificate.serial, issuer=issuer, algorithm=algorithm)

    def said() -> Any:
        encoded = answering.responder.answer(asked).body
        report = check_ocsp_response(
            encoded, certificate, answering.issuer(issuer), answering.identity.clock.at
        )
        return report.indication, standing(encoded)

    for act, verdict, wanted in (
        (None, Indication.TOTAL_PASSED, (OcspStanding.GOOD, None)),
        ("suspend", Indication.INDETERMINATE, (OcspStanding.REVOKED, "certificateHold")),
        ("resume", Indication.TOTAL_PASSED, (OcspStanding.GOOD, None)),
        ("revoke", Indication.TOTAL_FAILED, (OcspStanding.REVOKED, "keyCompromise")),
    ):
        if act is not None:
            more = ["keyCompromise"] if act == "revoke" else []
            getattr(answering.identity.certificates, act)(held.certificate.certificate_id, *more, by="test")
            answering.steady.at += 1
        assert said() == (verdict, wanted)
        assert said() == (verdict, wanted)  # kept


def test_only_what_was_issued_is_good(answering: Any) -> None:
    """RFC 6960 2.2 allows good for anything not revoked; we do not."""
    encoded = answering.responder.answer(answering.request(4711)).body
    assert standing(encoded) == (OcspStanding.UNKNOWN, None)
    assert answering.responder.kept(answering.request(4711)) is None


def test_unknown_becomes_good_when_it_is_issued(answering: Any) -> None:
    held = answering.identity.person("H02")
    serial = parse_certificate(held.der).serial
    assert standing(answering.responder.answer(answering.request(serial)).body)[0] is OcspStanding.GOOD
    # The same number of another authority is another certificate.
    other = answering.request(serial, issuer="seals-sm2")
    assert standing(answering.responder.answer(other).body)[0] is OcspStanding.UNKNOWN


def test_several_at_once(answering: Any) -> None:
    serials = [parse_certificate(answering.identity.person(f"H{n}").der).serial for n in range(3)]
    found = parse_ocsp_response(answering.responder.answer(answering.request(*serials, 99)).body)
    assert [one.standing for one in found.singles] == [OcspStanding.GOOD] * 3 + [OcspStanding.UNKNOWN]
    assert status_of(answering.responder.answer(answering.request(*range(1, 18))).body) == "malformedRequest"


def test_foreign_and_mixed_issuers(answering: Any, identity: Any) -> None:
    """A delegated key answers for its own issuer; offline roots have none."""
    for issuer in ("root-sm2", "root-rsa"):
        asked = answering.request(1, issuer=issuer)
        assert status_of(answering.responder.answer(asked).body) == "unauthorized"
    foreign = answering.request(1)
    key_hash = parse_key_hash(foreign)
    strange = foreign.replace(key_hash, bytes(len(key_hash)))
    assert status_of(answering.responder.answer(strange).body) == "unauthorized"
    ids = [der.sequence(cert_id(answering.issuer(name), 1).encode()) for name in ("persons-sm2", "seals-sm2")]
    mixed = der.sequence(der.sequence(der.sequence(*ids)))
    assert status_of(answering.responder.answer(mixed).body) == "unauthorized"


def parse_key_hash(request: bytes) -> bytes:
    return parse_ocsp_request(request).cert_ids[0].key_hash


def test_nonce(answering: Any) -> None:
    """Repeated, never kept; a long one is read and not repeated."""
    serial = parse_certificate(answering.identity.person("H01").der).serial
    for size, repeated in ((1, True), (32, True), (33, False), (128, False)):
        asked = answering.request(serial, nonce=b"n" * size)
        first, second = answering.responder.answer(asked), answering.responder.answer(asked)
        assert (parse_ocsp_response(first.body).nonce == b"n" * size) is repeated
        assert (first.body == second.body) is not repeated
    for size in (0, 129):
        asked = answering.request(serial, nonce=b"n" * size)
        assert status_of(answering.responder.answer(asked).body) == "malformedRequest"


def test_get_is_the_same_question(answering: Any) -> None:
    serial = parse_certificate(answering.identity.person("H01").der).serial
    asked = answering.request(serial)
    for path in (quote(base64.b64encode(asked), safe=""), base64.b64encode(asked).decode()):
        assert standing(answering.responder.answer_path(path.encode()).body)[0] is OcspStanding.GOOD
    for bad in (b"", b"%", b"%ff", "é".encode(), b"A" * 100, b"=" * 9):
        assert status_of(answering.responder.answer_path(bad).body) == "malformedRequest"


def test_every_byte_flipped(answering: Any) -> None:
    """An answer or a failure of OCSP, never an exception; and never good for another question."""
    serial = parse_certificate(answering.identity.person("H01").der).serial
    asked = answering.request(serial)
    for place in range(len(asked)):
        changed = bytearray(asked)
        changed[place] ^= 0x01
        found = parse_ocsp_response(answering.responder.answer(bytes(changed)).body)
        assert found.status in ("successful", "malformedRequest", "unauthorized")
        assert all(one.standing is OcspStanding.UNKNOWN for one in found.singles) or place < 30


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_any_bytes(answering: Any, data: bytes) -> None:
    assert status_of(answering.responder.answer(data).body) == "malformedRequest"
    assert status_of(answering.responder.answer_path(data).body) == "malformedRequest"


def test_an_answer_is_renewed_at_half_of_its_term(answering: Any) -> None:
    serial = parse_certificate(answering.identity.person("H01").der).serial
    asked = answering.request(serial)
    first = answering.responder.answer(asked)
    answering.identity.clock.advance(TERM / 2 - timedelta(seconds=1))
    assert answering.responder.answer(asked) is first
    answering.identity.clock.advance(timedelta(seconds=1))
    again = answering.responder.answer(asked)
    assert again.body != first.body
    assert again.until == first.until + TERM / 2


def test_what_is_kept_has_a_limit_in_bytes(answering: Any) -> None:
    """The same question, in as many spellings as somebody likes, each of them kept."""
    found = parse_certificate(answering.identity.person("H01").der)
    responder = Responder(answering.responder._ports, most_bytes=20_000)
    for number in range(40):
        # An extension that nobody understands, with other content each time.
        filling = der.sequence(der.oid("1.3.6.1.4.1.99999.1"), der.octets(bytes([number]) * 2000))
        tbs = der.read_only(answering.request(found.serial)).children()[0].content
        asked = der.sequence(der.sequence(tbs, der.explicit(2, der.sequence(filling))))
        assert status_of(responder.answer(asked).body) == "successful"
        assert responder.kept(asked) is not None
        assert sum(map(len, responder._kept)) < 20_000


def test_a_clock_set_back_says_nothing_of_the_future(answering: Any) -> None:
    answering.identity.clock.advance(timedelta(minutes=10))
    held = answering.identity.person("H01")
    answering.identity.certificates.revoke(held.certificate.certificate_id, "superseded", by="test")
    at = answering.identity.clock.at
    answering.identity.clock.advance(-timedelta(minutes=5))
    encoded = answering.responder.answer(answering.request(parse_certificate(held.der).serial)).body
    assert standing(encoded) == (OcspStanding.REVOKED, "superseded")
    assert parse_ocsp_response(encoded).produced_at == at


def test_the_responder_is_renewed_before_its_end(answering: Any) -> None:
    def newest() -> Any:
        asked = answering.request(parse_certificate(held.der).serial, nonce=b"x")
        return parse_ocsp_response(answering.responder.answer(asked).body).certificates

    held = answering.identity.person("H01")
    first = newest()
    answering.responder.prepare(by="test")
    assert newest() == first
    ends = parse_certificate(first[0]).not_after
    answering.identity.clock.at = ends - RENEW + timedelta(hours=1)
    answering.responder.prepare(by="test")
    second = newest()
    assert second != first
    assert parse_certificate(second[0]).public_key == parse_certificate(first[0]).public_key


def test_without_a_certificate_it_says_try_later(identity: Any, database: Database, asking_over: Any) -> None:
    unprepared = asking_over(database, identity)
    assert status_of(unprepared.responder.answer(unprepared.request(1)).body) == "tryLater"


REVOKING = """
import sys
from datetime import timedelta
from api.database import Database
from sqlalchemy import update
from api.database.tables_status import status_heads
from api.database.tables_identity import certificates
database = Database(sys.argv[1])
with database.write() as connection:
    connection.execute(update(certificates).where(certificates.c.id == sys.argv[2]).values(
        revoked_at=certificates.c.issued_at, revoked_by="x", reason="superseded"))
    connection.execute(update(status_heads).values(epoch=status_heads.c.epoch + 1))
database.dispose()
"""


def test_another_process_is_seen(answering: Any, database_url: str) -> None:
    """What a revoking transaction does to two tables, done elsewhere: no answer is kept over it."""
    held = answering.identity.person("H01")
    asked = answering.request(parse_certificate(held.der).serial)
    assert standing(answering.responder.answer(asked).body)[0] is OcspStanding.GOOD
    command = [sys.executable, "-c", REVOKING, database_url, held.certificate.certificate_id]
    subprocess.run(command, check=True, timeout=60)
    answering.steady.at += 0.2  # PostgreSQL is asked again after this
    assert standing(answering.responder.answer(asked).body)[0] is OcspStanding.REVOKED


def test_an_own_revocation_is_seen_at_once(answering: Any) -> None:
    """No moment passes on the clock that PostgreSQL's polling goes by."""
    held = answering.identity.person("H01")
    asked = answering.request(parse_certificate(held.der).serial)
    assert standing(answering.responder.answer(asked).body)[0] is OcspStanding.GOOD
    answering.identity.certificates.revoke(held.certificate.certificate_id, "keyCompromise", by="test")
    assert standing(answering.responder.answer(asked).body)[0] is OcspStanding.REVOKED


def failing(_connection: Any) -> Any:
    raise SQLAlchemyError("no connection")


def test_a_failed_look_is_no_look(answering: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the epochs cannot be read, nothing that was kept is said: not now, not the next time."""
    held = answering.identity.person("H01")
    asked = answering.request(parse_certificate(held.der).serial)
    assert standing(answering.responder.answer(asked).body)[0] is OcspStanding.GOOD
    answering.identity.certificates.revoke(held.certificate.certificate_id, "superseded", by="test")
    answering.steady.at += 1
    with monkeypatch.context() as patched:
        patched.setattr(numbering, "epochs", failing)
        assert answering.responder.kept(asked) is None
    assert standing(answering.responder.answer(asked).body)[0] is OcspStanding.REVOKED


def test_a_revocation_costs_the_others_no_signature(answering: Any) -> None:
    """Another certificate of the authority is revoked: what was signed of this one is still said."""
    mine, other = answering.identity.person("H01"), answering.identity.person("H02")
    asked = answering.request(parse_certificate(mine.der).serial, issuer="persons-sm2")
    about_other = answering.request(parse_certificate(other.der).serial, issuer="persons-sm2")
    before = answering.responder.answer(asked)
    answering.responder.answer(about_other)
    answering.identity.certificates.revoke(other.certificate.certificate_id, "keyCompromise", by="test")
    answering.steady.at += 1
    assert answering.responder.kept(asked) is None, "nothing is said without a look"
    assert answering.responder.answer(asked) == before
    assert answering.responder.kept(asked) == before
    assert standing(answering.responder.answer(about_other).body)[0] is OcspStanding.REVOKED


def test_signed_before_anybody_asks(answering: Any) -> None:
    """The plain question by POST and by GET; not twice; and a revoked one is signed anew."""
    held = answering.identity.person("H01")
    asked = answering.request(parse_certificate(held.der).serial, issuer="persons-sm2")
    assert answering.responder.kept(asked) is None
    assert answering.responder.sign_ahead() >= 1
    kept, path = answering.responder.kept(asked), quote(base64.b64encode(asked), safe="").encode()
    assert kept is not None
    assert standing(kept.body)[0] is OcspStanding.GOOD
    assert answering.responder.kept(path) == kept
    assert answering.responder.sign_ahead() == 0
    answering.identity.certificates.revoke(held.certificate.certificate_id, "keyCompromise", by="test")
    answering.steady.at += 1
    assert answering.responder.kept(asked) is None
    assert answering.responder.sign_ahead() >= 1
    again = answering.responder.kept(path)
    assert again is not None
    assert standing(again.body)[0] is OcspStanding.REVOKED
