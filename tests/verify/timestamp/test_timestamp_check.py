# SPDX-License-Identifier: Apache-2.0
"""Time stamps written with asn1crypto and a small DER writer, and what we make of each of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asn1crypto import core
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, load_der_private_key, load_der_public_key
from hypothesis import given, settings
from hypothesis import strategies as st

from keys import Digest, HashAlgorithm, digest
from verify import (
    Accuracy,
    Indication,
    SignatureReport,
    TimestampMalformed,
    check_timestamp,
    parse_certificate,
    parse_timestamp,
)

AT = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)
CONTENT = "市政工程施工许可".encode()
TST = "1.2.840.113549.1.9.16.1.4"
RFC = {"signed_data": "1.2.840.113549.1.7.2", "data": TST}
GBT = {"signed_data": "1.2.156.10197.6.1.4.2.2", "data": TST}
ESS_V1, ESS_V2 = "1.2.840.113549.1.9.16.2.12", "1.2.840.113549.1.9.16.2.47"
PASSED, FAILED, UNSURE = Indication.TOTAL_PASSED, Indication.TOTAL_FAILED, Indication.INDETERMINATE


def tlv(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    size = len(content)
    head = bytes([size]) if size < 0x80 else bytes([0x80 | (size.bit_length() + 7) // 8])
    long = b"" if size < 0x80 else size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([tag]) + head + long + content


def oid(dotted: str) -> bytes:
    return bytes(core.ObjectIdentifier(dotted).dump())


def integer(number: int) -> bytes:
    return bytes(core.Integer(number).dump())


@dataclass(frozen=True)
class Info:
    """A TSTInfo, every part of which a test may replace."""

    content: Digest
    version: int = 1
    serial: int = 77
    time: bytes = b"20260801035900Z"
    algorithm: bytes | None = None
    value: bytes | None = None
    rest: tuple[bytes, ...] = field(default=(integer(5),))

    def dump(self) -> bytes:
        algorithm = self.algorithm or self.content.algorithm.algorithm_identifier()
        value = self.content.value if self.value is None else self.value
        return tlv(
            0x30,
            integer(self.version),
            oid("1.3.6.1.4.1.99999.1"),
            tlv(0x30, algorithm, tlv(0x04, value)),
            integer(self.serial),
            tlv(0x18, self.time),
            *self.rest,
        )


@dataclass(frozen=True)
class Bench:
    """An authority, its time-stamp certificate, and a token that is right but for what a test bends."""

    authority: Any
    tsa: Any
    info: Info
    cms: Callable[..., Any]

    def token(self, *, info: dict[str, Any] | None = None, **changes: Any) -> bytes:
        content = replace(self.info, **(info or {})).dump()
        order = {"enclosed": content, "oids": RFC, "version": 3, "certificates": (self.tsa.der,), **changes}
        made: bytes = self.cms(self.tsa, content).but(**order).dump()
        return made

    def check(self, made: bytes, content: Digest | None = None, **more: Any) -> SignatureReport:
        trust = self.authority.trust(*more.pop("revoked", ()))
        trust = replace(trust, intermediates=(parse_certificate(self.authority.issuing.der),))
        at = more.pop("at", AT)
        return check_timestamp(made, content or self.info.content, trust, at, **more)


def bench_of(authority: Any, cms: Any, **changes: Any) -> Bench:
    order: dict[str, Any] = {"purposes": ("time_stamping",), **changes}
    name = "时间戳" + "".join(f"{key}{value}" for key, value in sorted(changes.items()))[:30]
    return Bench(
        authority,
        authority.holder(name, **order),
        Info(digest(authority.issuing.key.scheme.hash, CONTENT)),
        cms,
    )


@pytest.fixture(params=["sm2", "rsa", "ecdsa"])
def bench(request: pytest.FixtureRequest, authorities: Any, cms: Any) -> Bench:
    return bench_of(authorities[request.param], cms)


def verdict(found: SignatureReport) -> tuple[Indication, str]:
    return found.indication, found.reasons[0].code


GOOD = (PASSED, "TIMESTAMP_TRUSTED")


@pytest.mark.parametrize("oids", [RFC, GBT])
@pytest.mark.parametrize("by_key_id", [False, True])
def test_good(bench: Bench, oids: dict[str, str], by_key_id: bool) -> None:
    made = bench.token(oids=oids, by_key_id=by_key_id)
    found = bench.check(made, nonce=5)
    assert verdict(found) == GOOD
    assert found.facts["time"] == "2026-08-01T03:59:00Z"
    granted = tlv(0x30, tlv(0x30, integer(0)), made)
    assert verdict(bench.check(granted)) == GOOD
    assert parse_timestamp(granted).token == made


def test_sm3_without_parameters(authorities: Any, cms: Any) -> None:
    bench = bench_of(authorities["sm2"], cms)
    bare = tlv(0x30, oid(HashAlgorithm.SM3.oid))
    made = bench.token(info={"algorithm": bare}, digest_identifier=bare)
    assert verdict(bench.check(made)) == GOOD


def test_all_members(bench: Bench) -> None:
    accuracy = tlv(0x30, integer(1), tlv(0x80, b"\x02"), tlv(0x81, b"\x03"))
    name = tlv(0xA0, tlv(0xA4, tlv(0x30)))
    extension = tlv(0xA1, tlv(0x30, oid("1.2.3"), tlv(0x04, b"")))
    rest = (accuracy, tlv(0x01, b"\xff"), integer(-5), name, extension)
    made = bench.token(info={"rest": rest, "time": b"20260801035900.125Z"})
    assert verdict(bench.check(made, nonce=-5)) == GOOD
    info = parse_timestamp(made).info
    assert (info.accuracy, info.ordering, info.nonce) == (Accuracy(1, 2, 3), True, -5)
    assert info.at == datetime(2026, 8, 1, 3, 59, 0, 125_000, tzinfo=UTC)


def test_other_content(bench: Bench) -> None:
    algorithm = bench.info.content.algorithm
    made = bench.token()
    assert verdict(bench.check(made, digest(algorithm, b"x"))) == (FAILED, "TIMESTAMP_OTHER_CONTENT")
    other = digest(HashAlgorithm.SHA512, CONTENT)
    assert verdict(bench.check(made, other)) == (UNSURE, "TIMESTAMP_OTHER_DIGEST")


def test_signature(bench: Bench) -> None:
    stranger = bench.authority.holder("别的密钥")
    assert verdict(bench.check(bench.token(sign=stranger.key.sign))) == (FAILED, "SIGNATURE_INVALID")
    # The content is another one than the digest in the signed attributes says.
    other = replace(bench.info, serial=78).dump()
    assert verdict(bench.check(bench.token(enclosed=other))) == (FAILED, "CONTENT_ALTERED")
    absent = bench.token(certificates=())
    assert verdict(bench.check(absent)) == (UNSURE, "NO_SIGNING_CERTIFICATE")


def test_the_certificate_must_be_named(bench: Bench) -> None:
    assert verdict(bench.check(bench.token(attributes={ESS_V2: ()}))) == (UNSURE, "CERTIFICATE_NOT_NAMED")
    wrong = tlv(0x30, tlv(0x30, tlv(0x30, tlv(0x04, bytes(32)))))
    assert verdict(bench.check(bench.token(attributes={ESS_V2: (wrong,)}))) == (
        FAILED,
        "SIGNING_CERTIFICATE_MISMATCH",
    )
    by_sha1 = tlv(0x30, tlv(0x30, tlv(0x30, tlv(0x04, bytes(20)))))
    found = bench.check(bench.token(attributes={ESS_V1: (by_sha1,), ESS_V2: ()}))
    assert verdict(found) == (UNSURE, "SIGNING_CERTIFICATE_SHA1")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"purposes": ()}, "EXTENDED_KEY_USAGE"),
        ({"purposes": ("time_stamping", "client_auth")}, "EXTENDED_KEY_USAGE"),
        ({"purposes": ("any_extended_key_usage",)}, "EXTENDED_KEY_USAGE"),
        ({"usage": ("digital_signature", "key_encipherment")}, "KEY_USAGE"),
    ],
)
def test_not_an_authority_for_time(authorities: Any, cms: Any, changes: dict[str, Any], code: str) -> None:
    for authority in authorities.values():
        bench = bench_of(authority, cms, **changes)
        assert verdict(bench.check(bench.token())) == (UNSURE, code)


def test_extended_key_usage_must_be_critical(authorities: Any, cms: Any) -> None:
    bench = bench_of(authorities["ecdsa"], cms)
    issuer = x509.load_der_x509_certificate(bench.authority.issuing.der)
    for critical, wanted in ((True, GOOD), (False, (UNSURE, "EXTENDED_KEY_USAGE"))):
        builder = (
            x509.CertificateBuilder()
            .issuer_name(issuer.subject)
            .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "tsa")]))
            .serial_number(4711)
            .not_valid_before(AT - timedelta(days=9))
            .not_valid_after(AT + timedelta(days=9))
            .public_key(load_der_public_key(bench.tsa.key.public_key.spki))  # type: ignore[arg-type]
            .add_extension(x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.TIME_STAMPING]), critical)
        )
        key: Any = load_der_private_key(bench.authority.issuing.key.pkcs8(), None)
        tsa = replace(bench.tsa, der=builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER))
        other = replace(bench, tsa=tsa)
        assert verdict(other.check(other.token())) == wanted


def test_path_and_time(bench: Bench, authorities: Any, cms: Any) -> None:
    made = bench.token()
    gone = bench.check(made, revoked=(bench.tsa.certificate.serial_number,))
    assert verdict(gone) == (FAILED, "CERTIFICATE_REVOKED")
    stranger = bench_of(authorities["rsa" if bench.authority.name != "测试" else "ecdsa"], cms)
    assert verdict(replace(bench, authority=stranger.authority).check(made)) == (UNSURE, "CHAIN_UNTRUSTED")
    stale = bench.check(made, at=AT + timedelta(days=30))
    assert verdict(stale)[0] is UNSURE
    early = bench.check(made, at=AT - timedelta(hours=1))
    assert verdict(early) == (UNSURE, "TIMESTAMP_FROM_FUTURE")
    before = bench.token(info={"time": b"20200801040000Z"})
    assert verdict(bench.check(before)) == (UNSURE, "TIMESTAMP_OUTSIDE_VALIDITY")
    assert verdict(bench.check(made, nonce=6)) == (UNSURE, "TIMESTAMP_NONCE_MISMATCH")


def test_critical_extension(bench: Bench) -> None:
    extension = tlv(0xA1, tlv(0x30, oid("1.2.3"), b"\x01\x01\xff", tlv(0x04, b"")))
    made = bench.token(info={"rest": (extension,)})
    assert verdict(bench.check(made)) == (UNSURE, "CRITICAL_EXTENSION_UNKNOWN")


@pytest.mark.parametrize(
    "info",
    [
        {"version": 2},
        {"serial": -1},
        {"serial": 1 << 161},
        {"time": b"202608010359Z"},
        {"time": b"20260801035900.10Z"},
        {"time": b"20260801035900.Z"},
        {"time": b"20260801035900+0800"},
        {"time": b"20261301035900Z"},
        {"value": bytes(31)},
        {"algorithm": tlv(0x30, oid("1.3.14.3.2.26")), "value": bytes(20)},
        {"rest": (tlv(0x05),)},
        {"rest": (integer(5), integer(6))},
        {"rest": (integer(1 << 161),)},
        {"rest": (tlv(0x30, tlv(0x80, b"\x03\xe8")),)},
        {"rest": (tlv(0x30, integer(-1)),)},
        {"rest": (tlv(0x30, tlv(0x82, b"\x01")),)},
    ],
)
def test_malformed_info(bench: Bench, info: dict[str, Any]) -> None:
    assert verdict(bench.check(bench.token(info=info))) == (FAILED, "TIMESTAMP_MALFORMED")


@pytest.mark.parametrize(
    "changes",
    [
        {"version": 1},
        {"signers": 2},
        {"signers": 0},
        {"enclosed": None},
        {"with_attributes": False},
        {"sort": False},
        {"listed_digests": b""},
        {"oids": {**RFC, "data": "1.2.840.113549.1.7.1"}},
        {"oids": {**RFC, "signed_data": "1.2.840.113549.1.7.3"}},
        {"attributes": {"1.2.840.113549.1.9.3": (oid("1.2.840.113549.1.7.1"),)}},
        {"attributes": {"1.2.840.113549.1.9.4": ()}},
    ],
)
def test_malformed_token(bench: Bench, changes: dict[str, Any]) -> None:
    assert verdict(bench.check(bench.token(**changes))) == (FAILED, "TIMESTAMP_MALFORMED")


def test_refusals_of_an_authority(bench: Bench) -> None:
    made = bench.token()
    for encoded in (
        b"",
        b"\x30\x00",
        tlv(0x30, tlv(0x30, integer(2))),
        tlv(0x30, tlv(0x30, integer(2)), made),
        tlv(0x30, tlv(0x30, integer(0))),
        tlv(0x30, tlv(0x30, integer(0)), made, made),
        tlv(0x30, tlv(0x30), made),
        made + b"\x00",
        b"\x30" + bytes(300_000),
    ):
        assert verdict(bench.check(encoded)) == (FAILED, "TIMESTAMP_MALFORMED")


def test_every_flipped_byte(authorities: Any, cms: Any) -> None:
    """Never a pass, never a foreign exception."""
    for name in ("sm2", "ecdsa"):
        bench = bench_of(authorities[name], cms)
        encoded = bench.token()
        for at in range(len(encoded)):
            for mask in (0x01, 0x80):
                broken = bytearray(encoded)
                broken[at] ^= mask
                assert bench.check(bytes(broken)).indication is not PASSED, (name, at, mask)


def test_every_cut(authorities: Any, cms: Any) -> None:
    encoded = bench_of(authorities["sm2"], cms).token()
    for size in range(len(encoded)):
        with pytest.raises(TimestampMalformed):
            parse_timestamp(encoded[:size])


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    with pytest.raises(TimestampMalformed):
        parse_timestamp(data)
