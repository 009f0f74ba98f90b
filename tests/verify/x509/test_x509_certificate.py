# SPDX-License-Identifier: Apache-2.0
"""Reading certificates: tolerant where authorities differ, strict where two readings would matter."""

from __future__ import annotations

import base64
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st

from keys import KeyKind, der
from verify import (
    CertificateMalformed,
    CertificateUnsupported,
    VerifyError,
    X509Error,
    parse_certificate,
)

USCC = "91510100DEM001017Y"
CODE = "1.2.156.10260.4.1.4"
NULL, ABSENT = b"\x05\x00", b""


def pem(data: bytes, label: str = "CERTIFICATE") -> bytes:
    return f"-----BEGIN {label}-----\n{base64.encodebytes(data).decode()}-----END {label}-----\n".encode()


def test_what_was_written_is_read(world: Any) -> None:
    """All facts of a certificate, for each family."""
    root, issuing, leaf = (one.certificate for one in (world.root, world.issuing, world.leaf))
    assert (root.is_ca, root.path_length, issuing.is_ca, issuing.path_length) == (True, None, True, 0)
    assert (leaf.is_ca, leaf.path_length) == (False, None)
    assert root.key_usage == issuing.key_usage == {"keyCertSign", "cRLSign"}
    assert leaf.key_usage == {"digitalSignature", "nonRepudiation"}
    assert leaf.issuer == issuing.subject
    assert leaf.subject.common_name == "川建签章"
    assert leaf.subject.organization == USCC + "四川样例建工集团有限公司"
    assert leaf.subject.text.startswith("C=CN, O=9151")
    assert leaf.authority_key_id == issuing.subject_key_id == issuing.public_key.key_id
    assert leaf.scheme == world.issuing.key.scheme
    assert leaf.public_key == world.leaf.key.public_key
    assert leaf.uscc == USCC
    assert leaf.critical_unknown == ()
    issuing.public_key.verify(leaf.signature, leaf.tbs, leaf.scheme)
    assert leaf.tbs in leaf.der


def test_equal_means_the_same_bytes(world: Any) -> None:
    """Certificates are compared, hashed and remembered by their bytes."""
    again = parse_certificate(bytes(bytearray(world.leaf.certificate.der)))
    assert again == world.leaf.certificate
    assert hash(again) == hash(world.leaf.certificate)
    assert world.leaf.certificate != world.root.certificate
    assert world.leaf.certificate.der.hex() not in repr(world.leaf.certificate)


def test_pem(small: Any) -> None:
    """One block, with whatever text stands around it."""
    data = small.leaf.certificate.der
    for text in (
        pem(data),
        b"subject=CN\r\n" + pem(data).replace(b"\n", b"\r\n"),
        pem(data, "X509 CERTIFICATE") + b"\n\n",
    ):
        assert parse_certificate(text) == small.leaf.certificate


@pytest.mark.parametrize(
    "wrap",
    [
        lambda data: pem(data) * 2,
        lambda data: pem(data, "X509 CRL"),
        lambda data: pem(data, "PRIVATE KEY"),
        lambda data: pem(data).replace(b"END CERT", b"END CART"),
        lambda data: pem(data)[:-40],
        lambda data: pem(data).replace(b"\n", b"\n=", 2),
        lambda data: b" " + data,
        lambda data: data + b"\x00",
        lambda data: data[:-1],
        lambda data: b"",
        lambda data: b"0",
        lambda data: b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
        lambda data: b"x" * 200_000,
        lambda data: der.sequence(data, der.octets(bytes(70_000))),
    ],
)
def test_what_is_no_certificate(small: Any, wrap: Any) -> None:
    """Two blocks, other blocks, damage, size."""
    with pytest.raises(CertificateMalformed) as caught:
        parse_certificate(wrap(small.leaf.certificate.der))
    assert "证书" in str(caught.value)


ALGORITHM = "1.2.156.10197.1.501"


@pytest.mark.parametrize("parameters", [NULL, ABSENT], ids=["NULL", "absent"])
def test_sm2_with_and_without_null(sm2: Any, parameters: bytes) -> None:
    """standards.md 4.3: both are in circulation; both are the same algorithm."""
    leaf = sm2.issuing.certify("甲", raw={"algorithm": der.sequence(der.oid(ALGORITHM), parameters)})
    sm2.issuing.key.public_key.verify(leaf.certificate.signature, leaf.certificate.tbs)


@pytest.mark.parametrize(
    "parts",
    [
        {"outer": der.sequence(der.oid(ALGORITHM))},
        {"algorithm": der.sequence(der.oid(ALGORITHM)), "outer": der.sequence(der.oid(ALGORITHM), NULL)},
        {"version": der.explicit(0, der.integer(1))},
        {"version": der.explicit(0, der.integer(3))},
        {"version": b""},
        {"serial": der.integer(-1)},
        {"serial": der.integer(1 << 160)},
        {"serial": der.octets(b"1")},
        {"issuer": der.sequence()},
        {"issuer": der.sequence(der.set_of())},
        {"issuer": der.sequence(der.set_of(der.sequence(der.oid("2.5.4.3"))))},
        {"issuer": der.utf8("name")},
        {"validity": der.sequence(der.utf8("now"), der.utf8("then"))},
        {"validity": der.sequence(b"\x17\x0b2601010000Z")},
        {"validity": der.sequence(*[b"\x17\x0d261301000000Z"] * 2)},
        {"validity": der.sequence(*[b"\x17\x0b2601010000Z"] * 2)},
        {"validity": der.sequence(*[b"\x17\x11260101000000+0800"] * 2)},
        {"spki": der.sequence()},
        {"extensions": b""},
        {"extensions": der.explicit(3, der.sequence())},
        {"extensions": der.explicit(4, der.sequence())},
        {"extensions": der.explicit(3, der.sequence()) * 2},
        {"extensions": der.explicit(3, der.octets(b"x"))},
    ],
)
def test_shapes_that_are_refused(sm2: Any, parts: dict[str, bytes]) -> None:
    """Rightly signed, wrongly shaped."""
    if parts == {"extensions": b""}:
        sm2.issuing.certify("甲", raw=parts)  # version 3 without extensions is a certificate
        return
    with pytest.raises(CertificateMalformed):
        sm2.issuing.certify("甲", raw=parts)


@pytest.mark.parametrize(
    ("identifier", "value"),
    [
        ("2.5.29.15", b""),
        ("2.5.29.15", der.bits(b"")),
        ("2.5.29.15", der.bits(b"\x00")),
        ("2.5.29.15", der.named_bits([9])),
        ("2.5.29.15", b"\x03\x02\x05\xff"),
        ("2.5.29.15", der.named_bits([0]) + b"\x00"),
        ("2.5.29.19", der.boolean(True)),
        ("2.5.29.19", der.sequence(der.integer(0))),
        ("2.5.29.19", der.sequence(der.boolean(False), der.integer(0))),
        ("2.5.29.19", der.sequence(der.boolean(True), der.integer(-1))),
        ("2.5.29.19", der.sequence(b"\x01\x01\x01")),
        ("2.5.29.19", der.sequence(der.boolean(True), der.integer(0), der.integer(0))),
        ("2.5.29.14", der.utf8("id")),
        ("2.5.29.35", der.octets(b"id")),
        ("2.5.29.35", der.sequence(der.octets(b"id"))),
        ("2.5.29.37", der.sequence()),
        ("2.5.29.31", der.octets(b"")),
        ("2.5.29.31", der.sequence(der.octets(b""))),
    ],
)
def test_extensions_that_are_refused(small: Any, making: Any, identifier: str, value: bytes) -> None:
    """A value that is not what the extension must be."""
    with pytest.raises(CertificateMalformed):
        small.issuing.certify("甲", extensions={identifier: making.extension(identifier, value)})


def test_an_extension_stands_once(small: Any, making: Any) -> None:
    """RFC 5280 section 4.2: two key usages, the first harmless, are no certificate."""
    twice = making.extension("2.5.29.15", der.named_bits([5])) + making.extension(
        "2.5.29.15", der.named_bits([0])
    )
    with pytest.raises(CertificateMalformed, match="twice"):
        small.issuing.certify("甲", extensions={"2.5.29.15": twice})


def test_default_false_may_be_written(small: Any) -> None:
    """DER forbids it, authorities do it, and it can be read in only one way."""
    written = der.sequence(
        der.oid("2.5.29.19"), der.boolean(False), der.octets(der.sequence(der.boolean(False)))
    )
    leaf = small.issuing.certify("甲", extensions={"2.5.29.19": written})
    assert not leaf.certificate.is_ca


@pytest.mark.parametrize("serial", [0, 1, 127, 128, (1 << 159) - 1, (1 << 160) - 1])
def test_serial_numbers(small: Any, serial: int) -> None:
    """Zero exists in circulation."""
    assert small.issuing.certify("甲", serial=serial).certificate.serial == serial


def test_addresses_of_lists(small: Any, making: Any) -> None:
    """Only addresses; names of directories are left out."""
    uri = der.implicit(6, der.ia5("http://crl.example/1.crl"))
    directory = der.explicit(4, making.name_of("目录"))
    point = der.sequence(der.explicit(0, der.explicit(0, uri + directory)))
    points = making.extension(
        "2.5.29.31", der.sequence(point, der.sequence(der.implicit(1, der.bits(b"\x60", 5))))
    )
    leaf = small.issuing.certify("甲", extensions={"2.5.29.31": points})
    assert leaf.certificate.crl_urls == ("http://crl.example/1.crl",)


def attribute(kind: str, value: bytes) -> bytes:
    return der.set_of(der.sequence(der.oid(kind), value))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"\x16" + der.utf8("住建局@例")[1:], "住建局@例"),  # UTF-8 in IA5String, as real certificates have
        (der.printable("plain"), "plain"),
        (b"\x1e\x04" + "住建".encode("utf-16-be"), "住建"),
        (b"\x14\x03abc", "abc"),
        (b"\x03\x03\x00\xb0\x01", "#030300b001"),  # x500UniqueIdentifier
        (b"\x0c\x02\xff\xfe", "#0c02fffe"),
        (b"\x0c\x03a\x00b", "#0c03610062"),
        (der.utf8("a\u202egnp.exe"), "a\ufffdgnp.exe"),
        (der.utf8("line\nbreak\x1b[31m"), "line\ufffdbreak\ufffd[31m"),
        (der.utf8("全角\u3000空格"), "全角\u3000空格"),
    ],
)
def test_names_as_they_are(small: Any, value: bytes, text: str) -> None:
    """Tolerant of string types, honest about what is no text, and nothing can hide in a name."""
    name = der.sequence(attribute("2.5.4.3", value), attribute("2.5.4.6", der.printable("CN")))
    certificate = small.issuing.certify("甲", raw={"subject": name}).certificate
    assert certificate.subject.common_name == text
    assert certificate.subject.der == name
    assert certificate.subject.text == f"CN={text}, C=CN"


def test_names_are_equal_when_their_bytes_are(small: Any, making: Any) -> None:
    """The same words in another string type are another name."""
    one = der.sequence(attribute("2.5.4.3", der.utf8("A")))
    other = der.sequence(attribute("2.5.4.3", der.printable("A")))
    first, second = (
        small.issuing.certify("甲", raw={"subject": name}).certificate.subject for name in (one, other)
    )
    assert first.attributes == second.attributes
    assert first != second
    empty = small.issuing.certify("甲", raw={"subject": der.sequence()}).certificate.subject
    assert (empty.common_name, empty.organization, empty.text) == ("", "", "")


@pytest.mark.parametrize(
    "value",
    [
        der.printable(USCC),
        der.utf8(USCC),
        der.ia5(USCC),
        der.explicit(0, der.printable(USCC)),
        der.explicit(0, der.explicit(3, der.utf8(USCC))),
        der.implicit(0, der.utf8(USCC)),
        der.octets(der.printable(USCC)),
        USCC.encode(),
    ],
)
def test_credit_code_in_whatever_wrapping(small: Any, making: Any, value: bytes) -> None:
    """GB/T 20518-2018 extension, as authorities write it; it comes before the name."""
    code = making.extension(CODE, value)
    leaf = small.issuing.certify("甲", organization="11510000DEM9A0017F省厅", extensions={CODE: code})
    assert leaf.certificate.uscc == USCC


@pytest.mark.parametrize(
    ("value", "organization", "expected"),
    [
        (None, USCC + "公司", USCC),
        (None, USCC, USCC),
        (None, "公司" + USCC, None),
        (None, USCC.lower() + "公司", None),
        (None, "91510100DEM001017X公司", None),
        (None, "", None),
        (der.printable("91510100DEM001017X"), "公司", None),
        (der.printable("91510100DEM001017X"), USCC + "公司", USCC),
        (der.printable("732366632"), "公司", None),
        (b"", "公司", None),
        (b"\xff" * 18, "公司", None),
        (der.explicit(0, der.explicit(0, der.explicit(0, der.explicit(0, der.utf8(USCC))))), "公司", None),
        (der.sequence(der.utf8(USCC), der.utf8(USCC)), "公司", None),
    ],
)
def test_credit_code(
    small: Any, making: Any, value: bytes | None, organization: str, expected: str | None
) -> None:
    """A code whose check character does not fit is no code."""
    more = {CODE: making.extension(CODE, value)} if value is not None else {}
    leaf = small.issuing.certify("甲", organization=organization, extensions=more)
    assert leaf.certificate.uscc == expected


def by_cryptography(key: Any, hash_: Any = hashes.SHA256()) -> bytes:  # noqa: B008
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "他人")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2060, 1, 1, tzinfo=UTC))
    )
    made: bytes = builder.sign(key, hash_).public_bytes(Encoding.DER)
    return made


@pytest.mark.parametrize(
    "make",
    [
        lambda: by_cryptography(ed25519.Ed25519PrivateKey.generate(), None),
        lambda: by_cryptography(rsa.generate_private_key(65537, 1024)),
        lambda: by_cryptography(ec.generate_private_key(ec.SECP521R1())),
        lambda: by_cryptography(ec.generate_private_key(ec.SECP256R1()), hashes.SHA512()),
    ],
    ids=["Ed25519", "RSA 1024", "P-521", "ECDSA with SHA-512"],
)
def test_algorithms_that_are_not_allowed(make: Any) -> None:
    """The allow-list decides; the error says that it is the algorithm."""
    with pytest.raises(CertificateUnsupported, match=r"allow-list|bits"):
        parse_certificate(make())


def test_sha1_is_not_allowed(small: Any) -> None:
    """sha1WithRSAEncryption."""
    sha1 = der.sequence(der.oid("1.2.840.113549.1.1.5"), NULL)
    with pytest.raises(CertificateUnsupported):
        small.issuing.certify("甲", raw={"algorithm": sha1})


def test_a_block_without_an_end_costs_no_time() -> None:
    """White space is looked at once: the square of it would stop the whole service for minutes."""
    began = time.perf_counter()
    for filler in (b"\n", b" ", b"A"):
        with pytest.raises(CertificateMalformed):
            parse_certificate(b"-----BEGIN CERTIFICATE-----" + filler * 100_000)
    assert time.perf_counter() - began < 1


def test_far_times(making: Any) -> None:
    """GeneralizedTime from 2050, the end of time included."""
    end = making.END.replace(year=9999)
    assert making.certify("永", not_after=end).certificate.not_after == end


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    """Nothing escapes but the error of this package."""
    for encoded in (data, b"\x30" + data, pem(data)):
        with pytest.raises(VerifyError):
            parse_certificate(encoded)


@settings(max_examples=300, deadline=None)
@given(place=st.integers(0, 10_000), piece=st.binary(min_size=1, max_size=6), cut=st.integers(0, 6))
def test_damaged_certificates(place: int, piece: bytes, cut: int) -> None:
    """A certificate or an error, whatever is cut out or put in."""
    data = DAMAGED[0]
    at = place % len(data)
    try:
        parse_certificate(data[:at] + piece + data[at + cut :])
    except X509Error as error:
        assert error.rule


DAMAGED = [by_cryptography(ec.generate_private_key(ec.SECP256R1()))]


def test_kinds_of_keys(making: Any) -> None:
    """Every kind on the allow-list is read."""
    for kind in (KeyKind.SM2, KeyKind.RSA2048, KeyKind.P256, KeyKind.P384):
        assert making.certify("钥", kind=kind).certificate.public_key.kind is kind
