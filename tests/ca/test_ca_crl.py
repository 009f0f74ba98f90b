# SPDX-License-Identifier: Apache-2.0
"""Revocation lists: what they state, what they refuse, and that OpenSSL and cryptography read the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ca import DraftRefused, IssueFailed, Revocation, RevocationReason, make_crl
from keys import SigningFailed
from verify import parse_crl

AT = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)
REASONS = list(RevocationReason)


def crl(authority: Any, *revoked: Revocation, **changes: Any) -> bytes:
    order: dict[str, Any] = {
        "issuer": authority.certificate,
        "signer": authority.key,
        "number": 7,
        "this_update": AT,
        "next_update": AT + timedelta(days=7),
    }
    return make_crl(**(order | changes), revoked=revoked)


def test_what_it_states(authority: Any) -> None:
    """Version 2, number, authority key id, reasons; entries sorted whatever their order was."""
    revoked = [
        Revocation(1000 - number, AT - timedelta(hours=number), reason)
        for number, reason in enumerate(REASONS)
    ]
    encoded = crl(authority, *revoked)
    found = parse_crl(encoded)
    assert found.issuer == authority.certificate.subject
    assert (found.number, found.this_update, found.next_update) == (7, AT, AT + timedelta(days=7))
    assert {serial: (one.at, one.reason) for serial, one in found.entries.items()} == {
        one.serial: (one.at, one.reason) for one in revoked
    }
    other = x509.load_der_x509_crl(encoded)
    assert [one.serial_number for one in other] == sorted(one.serial for one in revoked)
    assert other.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == 7
    aki = other.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    assert aki.key_identifier == authority.certificate.subject_key_id
    for one in revoked:
        entry = other.get_revoked_certificate_by_serial_number(one.serial)
        assert entry is not None
        assert entry.revocation_date_utc == one.at
        if one.reason is RevocationReason.UNSPECIFIED:
            assert len(entry.extensions) == 0
        else:
            stated = entry.extensions.get_extension_for_class(x509.CRLReason).value
            assert stated.reason.value == one.reason.value


def test_empty_list(authority: Any) -> None:
    """An empty revokedCertificates must be absent (RFC 5280 section 5.1.2.6)."""
    encoded = crl(authority)
    assert not parse_crl(encoded).entries
    assert len(x509.load_der_x509_crl(encoded)) == 0


def test_openssl_agrees(authority: Any, openssl: Any) -> None:
    files = {
        "list.crl": crl(authority, Revocation(0x1234ABCD, AT, RevocationReason.KEY_COMPROMISE)),
        "issuer.der": authority.certificate.der,
    }
    said = openssl("crl", "-inform", "DER", "-in", "list.crl", "-noout", "-text", files=files)
    assert "Version 2 (0x1)" in said
    assert "1234ABCD" in said
    assert "Key Compromise" in said
    openssl("asn1parse", "-inform", "DER", "-in", "list.crl")
    if authority.key.public_key.family == "RSA":  # openssl crl takes no user id, so it cannot check SM2
        openssl("x509", "-inform", "DER", "-in", "issuer.der", "-out", "issuer.pem")
        verified = openssl("crl", "-inform", "DER", "-in", "list.crl", "-noout", "-CAfile", "issuer.pem")
        assert "verify OK" in verified
        issuer_key = x509.load_der_x509_certificate(authority.certificate.der).public_key()
        assert x509.load_der_x509_crl(files["list.crl"]).is_signature_valid(issuer_key)  # type: ignore[arg-type]


ENTRIES = st.dictionaries(
    st.integers(1, (1 << 159) - 1),
    st.tuples(st.integers(0, 10_000_000), st.sampled_from(REASONS)),
    max_size=12,
)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(ENTRIES, st.integers(0, (1 << 159) - 1))
def test_round_trip(sm2: Any, entries: dict[int, tuple[int, RevocationReason]], number: int) -> None:
    revoked = [
        Revocation(serial, AT - timedelta(seconds=ago), reason) for serial, (ago, reason) in entries.items()
    ]
    found = parse_crl(crl(sm2, *revoked, number=number))
    assert found.number == number
    assert {serial: (one.at, one.reason) for serial, one in found.entries.items()} == {
        one.serial: (one.at, one.reason) for one in revoked
    }


@pytest.mark.parametrize(
    ("field", "revoked", "changes"),
    [
        ("revoked.serial", [Revocation(5, AT), Revocation(5, AT - timedelta(days=1))], {}),
        ("revoked.serial", [Revocation(0, AT)], {}),
        ("revoked.serial", [Revocation(-5, AT)], {}),
        ("revoked.serial", [Revocation(1 << 159, AT)], {}),
        ("revoked.at", [Revocation(5, AT + timedelta(seconds=1))], {}),
        ("revoked.at", [Revocation(5, AT.replace(tzinfo=None))], {}),
        ("number", [], {"number": -1}),
        ("number", [], {"number": 1 << 159}),
        ("next_update", [], {"next_update": AT}),
        ("next_update", [], {"this_update": AT - timedelta(days=4000)}),
        ("this_update", [], {"this_update": AT.replace(tzinfo=None)}),
        ("issuer", [], {"issuer": "holder"}),
    ],
)
def test_refused(sm2: Any, field: str, revoked: list[Revocation], changes: dict[str, Any]) -> None:
    if changes.get("issuer") == "holder":
        changes = {"issuer": sm2.certify(), "signer": sm2.holder_key}
    with pytest.raises(DraftRefused) as caught:
        crl(sm2, *revoked, **changes)
    assert caught.value.field == field
    assert caught.value.todo


class Faulty:
    """A key device that signs something else, or nothing."""

    def __init__(self, key: Any, *, dead: bool) -> None:
        self.key, self.dead = key, dead
        self.public_key, self.scheme = key.public_key, key.scheme

    def sign(self, message: bytes) -> bytes:
        if self.dead:
            raise SigningFailed("no answer")
        signature: bytes = self.key.sign(message + b"!")
        return signature


@pytest.mark.parametrize("dead", [True, False])
def test_a_faulty_device_releases_nothing(authority: Any, dead: bool) -> None:
    with pytest.raises(IssueFailed):
        crl(authority, signer=Faulty(authority.key, dead=dead))


def test_the_wrong_signer_is_not_asked(authority: Any, spy: Any) -> None:
    signer = spy(authority.root_key)
    with pytest.raises(IssueFailed):
        crl(authority, signer=signer)
    assert signer.asked == []
