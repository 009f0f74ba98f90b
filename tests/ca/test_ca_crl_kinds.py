# SPDX-License-Identifier: Apache-2.0
"""Deltas, partitions, dates of invalidity, and the streamed writer against the other one."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ca import (
    DraftRefused,
    IssueFailed,
    ListKind,
    Resumed,
    Revocation,
    RevocationReason,
    make_crl,
    write_long_crl,
)
from verify import parse_crl

AT = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
URL = "http://ca.example/crl/persons-sm2/3.crl"


def order(authority: Any, **changes: Any) -> dict[str, Any]:
    usual = {
        "issuer": authority.certificate,
        "signer": authority.key,
        "number": 7,
        "this_update": AT,
        "next_update": AT + timedelta(days=7),
    }
    return {**usual, **changes}


def test_a_delta(authority: Any, openssl: Any) -> None:
    """Critical indicator, removeFromCRL, and the same in the eyes of cryptography and OpenSSL."""
    held = Revocation(5, AT - HOUR, RevocationReason.CERTIFICATE_HOLD)
    encoded = make_crl(**order(authority), revoked=[held], resumed=[Resumed(9, AT)], kind=ListKind(base=4))
    found = parse_crl(encoded)
    assert (found.base, found.number) == (4, 7)
    assert {serial: one.reason for serial, one in found.entries.items()} == {
        5: "certificateHold",
        9: "removeFromCRL",
    }
    other = x509.load_der_x509_crl(encoded)
    indicator = other.extensions.get_extension_for_class(x509.DeltaCRLIndicator)
    assert (indicator.critical, indicator.value.crl_number) == (True, 4)
    entry = other.get_revoked_certificate_by_serial_number(9)
    assert entry is not None
    assert entry.extensions.get_extension_for_class(x509.CRLReason).value.reason.value == "removeFromCRL"
    said = openssl("crl", "-inform", "DER", "-in", "a.crl", "-noout", "-text", files={"a.crl": encoded})
    assert "Delta CRL Indicator: critical" in said
    assert "Remove From CRL" in said


def test_a_partition(authority: Any, openssl: Any) -> None:
    """Critical distribution point with the very address."""
    encoded = make_crl(**order(authority), revoked=[], kind=ListKind(url=URL, freshest=f"{URL}-delta"))
    found = parse_crl(encoded)
    assert found.scope.urls == (URL,)
    assert found.critical_unknown == ()
    other = x509.load_der_x509_crl(encoded)
    point = other.extensions.get_extension_for_class(x509.IssuingDistributionPoint)
    assert point.critical
    assert [one.value for one in point.value.full_name or []] == [URL]
    freshest = other.extensions.get_extension_for_class(x509.FreshestCRL)
    assert not freshest.critical
    assert [name.value for one in freshest.value for name in one.full_name or []] == [f"{URL}-delta"]
    said = openssl("crl", "-inform", "DER", "-in", "a.crl", "-noout", "-text", files={"a.crl": encoded})
    assert "Issuing Distribution Point: critical" in said
    assert URL in said


def test_invalidity_date(authority: Any) -> None:
    since = AT - timedelta(days=30)
    lost = Revocation(5, AT - HOUR, RevocationReason.KEY_COMPROMISE, since)
    encoded = make_crl(**order(authority), revoked=[lost])
    entry = x509.load_der_x509_crl(encoded).get_revoked_certificate_by_serial_number(5)
    assert entry is not None
    stated = entry.extensions.get_extension_for_class(x509.InvalidityDate).value
    assert stated.invalidity_date_utc == since
    assert parse_crl(encoded).entries[5].reason == "keyCompromise"


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("base", {"kind": ListKind(base=7)}),
        ("base", {"kind": ListKind(base=-1)}),
        ("freshest", {"kind": ListKind(base=1, freshest=URL)}),
        ("resumed", {"resumed": [Resumed(5, AT)]}),
        ("revoked.serial", {"kind": ListKind(base=1), "resumed": [Resumed(5, AT), Resumed(5, AT)]}),
        ("revoked.at", {"kind": ListKind(base=1), "resumed": [Resumed(5, AT + HOUR)]}),
        ("crl", {"kind": ListKind(url="http://例.example/")}),
        (
            "revoked.invalidity_date",
            {"revoked": [Revocation(5, AT - HOUR, RevocationReason.KEY_COMPROMISE, AT)]},
        ),
    ],
)
def test_refused(sm2: Any, field: str, changes: dict[str, Any]) -> None:
    with pytest.raises(DraftRefused) as caught:
        make_crl(**{"revoked": [], **order(sm2), **changes})
    assert caught.value.field == field


ROWS = st.dictionaries(
    st.integers(1, (1 << 159) - 1),
    st.tuples(
        st.integers(0, 10_000_000),
        st.sampled_from(list(RevocationReason)),
        st.none() | st.integers(0, 10_000_000),
    ),
    max_size=40,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(ROWS, st.sampled_from([ListKind(), ListKind(url=URL), ListKind(base=3)]))
def test_both_writers_sign_the_same_bytes(sm2: Any, rows: dict[int, Any], kind: ListKind) -> None:
    listed = []
    for serial, (ago, reason, before) in sorted(rows.items()):
        at = AT - timedelta(seconds=ago)
        listed.append((serial, at, reason.value, None if before is None else at - timedelta(seconds=before)))
    sink = io.BytesIO()
    written = write_long_crl(sink, **order(sm2), rows=listed, kind=kind)
    revoked = [Revocation(serial, at, RevocationReason(why), since) for serial, at, why, since in listed]
    short, long = parse_crl(make_crl(**order(sm2), revoked=revoked, kind=kind)), parse_crl(sink.getvalue())
    assert long.tbs == short.tbs
    assert (written.entries, written.size, written.sha256) == (
        len(rows),
        len(sink.getvalue()),
        long.fingerprint,
    )
    sm2.certificate.public_key.verify(long.signature, long.tbs, long.scheme)


@pytest.mark.parametrize(
    "rows",
    [
        [(5, AT, "unspecified", None), (5, AT, "unspecified", None)],
        [(6, AT, "unspecified", None), (5, AT, "unspecified", None)],
        [(0, AT, "unspecified", None)],
        [(1 << 160, AT, "unspecified", None)],
        [(5, AT + HOUR, "unspecified", None)],
    ],
)
def test_the_long_writer_refuses_and_writes_nothing(sm2: Any, rows: list[Any]) -> None:
    sink = io.BytesIO()
    with pytest.raises(DraftRefused):
        write_long_crl(sink, **order(sm2), rows=rows)
    assert sink.getvalue() == b""


def test_a_faulty_device_writes_nothing(sm2: Any) -> None:
    class Faulty:
        public_key, scheme = sm2.key.public_key, sm2.key.scheme

        def sign(self, message: bytes) -> bytes:
            signature: bytes = sm2.key.sign(bytes(message) + b"!")
            return signature

    sink = io.BytesIO()
    with pytest.raises(IssueFailed):
        write_long_crl(sink, **order(sm2, signer=Faulty()), rows=[(5, AT, "unspecified", None)])
    assert sink.getvalue() == b""


def test_many_entries_in_both_families(authority: Any) -> None:
    """Fifty thousand: the lengths in front have three bytes, and cryptography agrees about every entry."""
    sink = io.BytesIO()
    rows = (
        ((1 << 128) + n * 7919, AT - timedelta(seconds=n % 977), "superseded", None) for n in range(50_000)
    )
    written = write_long_crl(sink, **order(authority), rows=rows)
    assert written.entries == 50_000
    other = x509.load_der_x509_crl(sink.getvalue())
    assert len(other) == 50_000
    assert other[49_999].serial_number == (1 << 128) + 49_999 * 7919
    key = authority.certificate.public_key
    found = parse_crl(sink.getvalue())
    key.verify(found.signature, found.tbs, found.scheme)
