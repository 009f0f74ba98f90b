# SPDX-License-Identifier: Apache-2.0
"""What products write otherwise: read, told by its code, and still verified over the octets as they came."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asn1crypto import core

from keys import HashAlgorithm, digest
from verify import Indication, parse_seal, parse_ses_signature

AT = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)
CREATED = AT - timedelta(days=100)


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


def bits(content: bytes, unused: int = 0) -> bytes:
    return tlv(0x03, bytes([unused]), content)


def raw(der: bytes) -> bytes:
    pair = core.SequenceOf.load(der, spec=core.Integer)
    return b"".join(int(one.native).to_bytes(32) for one in pair)


def stamp(moment: datetime, pattern: str, tag: int = 0x18) -> bytes:
    return tlv(tag, f"{moment:{pattern}}".encode())


EXTENSION = tlv(0x30, oid("1.2.156.10197.6.7.2.2.1"), bytes.fromhex("010100"), tlv(0x04, b"2.1"))
SIGNED_AT = AT - timedelta(hours=1)
BEIJING = SIGNED_AT + timedelta(hours=8)

SEALS: list[tuple[str, dict[str, Any], set[str]]] = [
    ("without Z", {"end": b"\x18\x0e20270528040000"}, {"TIME_WITHOUT_ZONE"}),
    ("fraction", {"end": tlv(0x18, b"20270528040000.125Z")}, {"TIME_FRACTION"}),
    ("offset", {"end": tlv(0x18, b"20270528120000+0800")}, {"TIME_OFFSET"}),
    ("two-digit year", {"end": tlv(0x18, b"270528040000Z")}, {"TIME_TWO_DIGIT_YEAR"}),
    ("UTCTime", {"end": tlv(0x17, b"270528040000Z")}, {"TIME_TYPE"}),
    ("UTCTime with four", {"end": tlv(0x17, b"20270528040000Z")}, {"TIME_TYPE", "TIME_FOUR_DIGIT_YEAR"}),
    ("time as text", {"end": tlv(0x16, b"20270528040000Z")}, {"TIME_TYPE"}),
    ("no seconds", {"end": tlv(0x17, b"2705280400Z")}, {"TIME_TYPE", "TIME_WITHOUT_SECONDS"}),
    ("list type 3", {"list_type": integer(3)}, {"CERT_LIST_TYPE_UNKNOWN"}),
    ("list type 2", {"list_type": integer(2)}, {"CERT_LIST_TYPE_WRONG"}),
    ("no list type", {"list_type": b""}, {"CERT_LIST_TYPE_MISSING"}),
    ("NUL-padded", {"name": tlv(0x0C, "样章".encode(), b"\x00\x00")}, {"STRING_NUL_PADDED"}),
    ("GBK", {"name": tlv(0x0C, "样章".encode("gbk"))}, {"STRING_NOT_UTF8"}),
    ("BMPString", {"name": tlv(0x1E, "样章".encode("utf-16-be"))}, {"STRING_TYPE"}),
    ("vendor in UTF-8", {"vendor": tlv(0x16, "样章".encode())}, {"STRING_NOT_UTF8"}),
    ("printable", {"code": tlv(0x13, b"51010600000003")}, {"STRING_TYPE"}),
    ("unused bits", {"value": lambda value: bits(value, 3)}, {"BITS_UNUSED"}),
    ("octets", {"value": lambda value: tlv(0x04, value)}, {"OCTETS_FOR_BITS"}),
    ("r and s", {"value": lambda value: bits(raw(value))}, {"SIGNATURE_RAW"}),
    (
        "AlgorithmIdentifier",
        {"algorithm": tlv(0x30, oid("1.2.156.10197.1.501"), b"\x05\x00")},
        {"ALGORITHM_IDENTIFIER"},
    ),
    ("picture size", {"width": integer(0)}, {"PICTURE_SIZE"}),
    ("extensions", {"extensions": tlv(0x30, EXTENSION)}, set()),
    ("no extensions", {"extensions": tlv(0x30)}, set()),
    ("tagged", {"extensions": tlv(0xA0, tlv(0x30, EXTENSION))}, {"EXTENSIONS_TAGGED"}),
    (
        "implicit",
        {"extensions": tlv(0xA0, EXTENSION, EXTENSION.replace(b"2.1", b"2.2"))},
        {"EXTENSIONS_TAGGED", "EXTENSIONS_IMPLICIT", "EXTENSION_TWICE"},
    ),
    (
        "implicit, one",
        {"extensions": tlv(0xA0, EXTENSION)},
        {"EXTENSIONS_TAGGED", "EXTENSIONS_IMPLICIT"},
    ),
    ("in octets", {"extensions": tlv(0x04, tlv(0x30, EXTENSION))}, {"EXTENSIONS_IN_OCTETS"}),
    (
        "not critical, unsaid",
        {"extensions": tlv(0x30, tlv(0x30, oid("1.2.3.4"), tlv(0x04, b"x")))},
        {"EXTENSION_CRITICAL_ABSENT"},
    ),
    (
        "text for octets",
        {"extensions": tlv(0x30, tlv(0x30, oid("1.2.3.4"), b"\x01\x01\x00", tlv(0x0C, b"x")))},
        {"EXTENSION_VALUE_TYPE"},
    ),
    (
        "boolean",
        {"extensions": tlv(0x30, tlv(0x30, oid("1.2.156.112600.7.2"), b"\x01\x01\x01", tlv(0x04, b"x")))},
        {"BOOLEAN_SPELLING"},
    ),
    ("integer", {"width": b"\x02\x02\x00\x2a"}, {"INTEGER_SPELLING"}),
    ("long length", {"code": b"\x16\x81\x0e51010600000003"}, {"LENGTH_SPELLING"}),
    (
        "four in the header",
        {"header": tlv(0x30, tlv(0x16, b"ES"), integer(4), tlv(0x16, b"Y"), tlv(0x16, b"more"))},
        {"HEADER_EXTRA"},
    ),
    ("in an OCTET STRING", {"wrap": lambda der: tlv(0x04, der)}, {"SEAL_IN_OCTETS"}),
]


@pytest.mark.parametrize(("changes", "codes"), [one[1:] for one in SEALS], ids=[one[0] for one in SEALS])
def test_seal(bench: Any, changes: dict[str, Any], codes: set[str]) -> None:
    made = bench.seal(**changes).dump()
    seal = parse_seal(made)
    report = bench.look(made)
    assert report.indication is Indication.TOTAL_PASSED, report.reasons
    assert set(report.facts["deviations"]) == codes
    assert codes - set(seal.deviations) <= {"SIGNATURE_RAW"}
    assert seal.der in made
    assert ("SES_DEVIATIONS" in {one.code for one in report.reasons}) == bool(codes)


@pytest.mark.parametrize(("changes", "codes"), [one[1:] for one in SEALS], ids=[one[0] for one in SEALS])
def test_seal_inside_a_signature(bench: Any, changes: dict[str, Any], codes: set[str]) -> None:
    report = bench.check(bench.signature(bench.seal(**changes)))
    assert report.indication is Indication.TOTAL_PASSED, report.reasons
    wanted = codes | ({"LENGTH_SPELLING"} if "LENGTH_SPELLING" in codes else set())
    assert set(report.facts["deviations"]) == wanted


SIGNATURES: list[tuple[str, dict[str, Any], set[str]]] = [
    ("without Z", {"at": stamp(BEIJING, "%Y%m%d%H%M%S")}, {"TIME_WITHOUT_ZONE"}),
    ("fraction", {"at": stamp(SIGNED_AT, "%Y%m%d%H%M%S.5Z")}, {"TIME_FRACTION"}),
    ("two-digit year", {"at": stamp(SIGNED_AT, "%y%m%d%H%M%SZ")}, {"TIME_TWO_DIGIT_YEAR"}),
    ("UTCTime", {"at": stamp(SIGNED_AT, "%y%m%d%H%M%SZ", 0x17)}, {"TIME_TYPE"}),
    ("UTCTime in Beijing", {"at": stamp(BEIJING, "%y%m%d%H%M%S", 0x17)}, {"TIME_TYPE", "TIME_WITHOUT_ZONE"}),
    ("unused bits", {"value": lambda value: bits(value, 7)}, {"BITS_UNUSED"}),
    ("r and s", {"value": lambda value: bits(raw(value))}, {"SIGNATURE_RAW"}),
    ("r and s, unused bits", {"value": lambda v: bits(raw(v), 1)}, {"SIGNATURE_RAW", "BITS_UNUSED"}),
    ("signature in octets", {"value": lambda value: tlv(0x04, value)}, {"OCTETS_FOR_BITS"}),
    ("untagged", {"extensions": tlv(0x30, EXTENSION)}, {"EXTENSIONS_UNTAGGED"}),
    ("tagged", {"extensions": tlv(0xA0, tlv(0x30, EXTENSION))}, set()),
    ("implicit", {"extensions": tlv(0xA0, EXTENSION)}, {"EXTENSIONS_IMPLICIT"}),
    ("empty", {"extensions": tlv(0xA0, tlv(0x30))}, set()),
    ("UTF-8 path", {"property_info": tlv(0x0C, b"x")}, {"STRING_TYPE"}),
    (
        "AlgorithmIdentifier",
        {"algorithm": tlv(0x30, oid("1.2.156.10197.1.501"))},
        {"ALGORITHM_IDENTIFIER"},
    ),
    ("SM2-1", {"algorithm": oid("1.2.156.10197.1.301.1")}, set()),
]


@pytest.mark.parametrize(
    ("changes", "codes"), [one[1:] for one in SIGNATURES], ids=[one[0] for one in SIGNATURES]
)
def test_signature(bench: Any, changes: dict[str, Any], codes: set[str]) -> None:
    report = bench.check(bench.signature(**changes))
    assert report.indication is Indication.TOTAL_PASSED, report.reasons
    assert set(report.facts["deviations"]) == codes
    if "at" in changes:
        assert report.facts["signing_time"] == "2026-08-01T03:00:00Z"
        assert ("TIME_READ_AS_BEIJING" in {one.code for one in report.reasons}) == (
            "TIME_WITHOUT_ZONE" in codes
        )


def test_data_hash_forms(bench: Any) -> None:
    value = bench.signature().digest(HashAlgorithm.SM3).value
    for form, codes in (
        (bits(value, 1), {"BITS_UNUSED"}),
        (bits(value, 7), {"BITS_UNUSED"}),
        (tlv(0x04, value), {"OCTETS_FOR_BITS"}),
    ):
        report = bench.check(bench.signature(data_hash=form))
        assert report.indication is Indication.TOTAL_PASSED
        assert set(report.facts["deviations"]) == codes


def test_certificates_that_are_not_wrapped(bench: Any) -> None:
    seal = bench.seal(certificate=bench.maker.der, cert_list=tlv(0x30, bench.signer.der))
    report = bench.check(bench.signature(seal, certificate=bench.signer.der))
    assert report.indication is Indication.TOTAL_PASSED, report.reasons
    assert report.facts["deviations"] == ["CERTIFICATE_NOT_WRAPPED"]


@pytest.mark.parametrize("name", [b"SM3", b"sm3", b"1.2.156.10197.1.401", b"SHA-256", b"SHA256"])
def test_digests_in_the_list(bench: Any, name: bytes) -> None:
    algorithm = HashAlgorithm.SHA256 if name.startswith(b"SHA") else HashAlgorithm.SM3
    entry = tlv(0x30, tlv(0x13, name), tlv(0x04, digest(algorithm, bench.signer.der).value))
    made = bench.signature(bench.seal(list_type=integer(2), cert_list=tlv(0x30, entry)))
    report = bench.check(made)
    assert report.indication is Indication.TOTAL_PASSED, report.reasons
    assert report.facts["deviations"] == []
    wrong = bench.signature(bench.seal(list_type=integer(1), cert_list=tlv(0x30, entry)))
    assert bench.check(wrong).facts["deviations"] == ["CERT_LIST_TYPE_WRONG"]
    other = tlv(0x30, tlv(0x13, b"MD5"), tlv(0x04, bytes(16)))
    unknown = bench.check(bench.signature(bench.seal(list_type=integer(2), cert_list=tlv(0x30, other))))
    assert unknown.reasons[0].code == "SIGNER_NOT_IN_SEAL"


def test_lists_of_other_shapes(bench: Any) -> None:
    certificate = tlv(0x04, bench.signer.der)
    digested = tlv(
        0x30, tlv(0x06, oid("1.2.156.10197.1.401")[2:]), tlv(0x04, digest(HashAlgorithm.SM3, b"").value)
    )
    for shape, codes in (
        (tlv(0xA0, tlv(0x30, certificate)), {"CERT_LIST_TAGGED"}),
        (tlv(0xA0, certificate), {"CERT_LIST_TAGGED"}),
        (tlv(0x30, tlv(0x16, b"1"), certificate), {"CERT_LIST_FOREIGN_ENTRY"}),
        (tlv(0x30, certificate, digested), {"CERT_LIST_MIXED", "CERT_LIST_TYPE_WRONG"}),
    ):
        report = bench.check(bench.signature(bench.seal(cert_list=shape)))
        assert report.indication is Indication.TOTAL_PASSED, report.reasons
        assert set(report.facts["deviations"]) == codes
    report = bench.check(bench.signature(bench.seal(cert_list=tlv(0x16, b"1"))))
    assert report.reasons[0].code == "SIGNER_NOT_IN_SEAL"


V1_SEALS: list[tuple[str, dict[str, Any], set[str]]] = [
    ("plain", {}, set()),
    ("untagged extensions", {"extensions": tlv(0x30, EXTENSION)}, set()),
    ("tagged extensions", {"extensions": tlv(0xA0, tlv(0x30, EXTENSION))}, {"EXTENSIONS_TAGGED"}),
    ("GeneralizedTime", {"end": tlv(0x18, b"20270528040000Z")}, {"TIME_TYPE"}),
    ("sign info in bits", {"wrap_info": bits}, {"SIGN_INFO_IN_BITS"}),
    ("in octets", {"wrap": lambda der: tlv(0x04, der)}, {"SEAL_IN_OCTETS"}),
    ("list type", {"list_type": integer(1)}, {"CERT_LIST_TYPE_FOREIGN"}),
    (
        "early product",
        {"header": tlv(0x30, tlv(0x16, b"ES"), integer(2), tlv(0x16, b"Y"))},
        {"HEADER_VERSION"},
    ),
    (
        "four in the header",
        {"header": tlv(0x30, tlv(0x16, b"ES"), integer(1), tlv(0x16, b"Y"), integer(1))},
        {"HEADER_EXTRA"},
    ),
]


@pytest.mark.parametrize(("changes", "codes"), [o[1:] for o in V1_SEALS], ids=[o[0] for o in V1_SEALS])
def test_seal_of_version_1(bench: Any, changes: dict[str, Any], codes: set[str]) -> None:
    made = bench.seal(version=1, **changes)
    report = bench.look(made)
    assert report.indication is Indication.TOTAL_PASSED, report.reasons
    assert report.format == "SES seal V1"
    assert set(report.facts["deviations"]) == codes
    signed = bench.check(bench.signature(made, version=1))
    assert signed.indication is Indication.TOTAL_PASSED, signed.reasons
    assert "SES_OLD_VERSION" in {one.code for one in signed.reasons}


V1_TIMES: list[tuple[bytes, set[str]]] = [
    (bits(b"260801030000Z"), set()),
    (bits(b"20260801030000Z"), set()),
    (bits(b"20260801110000"), {"TIME_WITHOUT_ZONE"}),
    (bits(b"2026-08-01T03:00:00.377Z"), {"TIME_TEXT"}),
    (bits(b"2026-08-01 11:00:00"), {"TIME_TEXT", "TIME_WITHOUT_ZONE"}),
    (bits(b"2026-8-1 11:00:00"), {"TIME_TEXT", "TIME_WITHOUT_ZONE"}),
    (bits(b"2026/08/01 11:00:00+08:00"), {"TIME_TEXT", "TIME_OFFSET"}),
    (bits(b"260801030000Z\x00\x00"), set()),
    (tlv(0x04, b"260801030000Z"), {"OCTETS_FOR_BITS"}),
    (tlv(0x17, b"260801030000Z"), {"TIME_TYPE"}),
]


@pytest.mark.parametrize(("at", "codes"), V1_TIMES, ids=[repr(one[0][2:]) for one in V1_TIMES])
def test_time_of_version_1(bench: Any, at: bytes, codes: set[str]) -> None:
    report = bench.check(bench.signature(version=1, at=at))
    assert report.indication is Indication.TOTAL_PASSED, report.reasons
    assert report.facts["signing_time"] == "2026-08-01T03:00:00Z"
    assert set(report.facts["deviations"]) == codes


def test_time_token_of_version_1(bench: Any) -> None:
    token = bench.token(b"whatever", SIGNED_AT)
    report = bench.check(bench.signature(version=1, at=bits(token)))
    assert report.indication is Indication.TOTAL_PASSED, report.reasons
    assert report.facts["signing_time"] == "2026-08-01T03:00:00Z"
    assert report.facts["time_proof"] == "claimed"
    assert "TIME_TOKEN_NOT_CHECKED" in {one.code for one in report.reasons}
    unreadable = bench.check(bench.signature(version=1, at=bits(b"yesterday")))
    assert unreadable.reasons[0].code == "SIGNING_TIME_UNREADABLE"
    assert unreadable.indication is Indication.INDETERMINATE


def test_extensions_of_version_1(bench: Any) -> None:
    made = bench.signature(version=1, extensions=tlv(0xA0, tlv(0x30, EXTENSION)))
    assert parse_ses_signature(made.dump()).extensions[0].oid == "1.2.156.10197.6.7.2.2.1"
    assert bench.check(made).indication is Indication.TOTAL_PASSED
