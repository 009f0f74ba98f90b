# SPDX-License-Identifier: Apache-2.0
"""Names, identifiers, addresses and policies: refused when wrong, read by others when right."""

from __future__ import annotations

import ipaddress
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID as Access
from hypothesis import given
from hypothesis import strategies as st

from ca import (
    PROFILES,
    AlternativeName,
    CertificatePolicy,
    DraftRefused,
    Identifier,
    IdentifierKind,
    NameRefused,
    Tagging,
    issue,
    lint,
    profile,
)
from ca.alternative_names import read_names
from ca.identifiers import read_identifier
from ca.policies import policies_value, read_policies
from keys import KeysError, der
from verify import parse_certificate

CODE = "91510100DEM001017Y"
# GB 11643 example number of the standard's own text.
RESIDENT = "11010519491231002X"
HOST = "portal.example.cn"

GOOD_NAMES = [
    ("dns", "example.cn"),
    ("dns", "*.example.cn"),
    ("dns", "a-b.c0.example"),
    ("dns", "xn--fiq228c.example.cn"),  # 中文
    ("dns", "*.xn--fiq228c.cn"),
    ("ip", "192.0.2.1"),
    ("ip", "2001:db8::1"),
    ("email", "wang.yang-er+x@example.cn"),
    ("email", "a@xn--fiq228c.cn"),
]
BAD_NAMES = [
    ("dns", ""),
    ("dns", "localhost"),
    ("dns", "Example.cn"),
    ("dns", "example.cn."),
    ("dns", ".example.cn"),
    ("dns", "a..example.cn"),
    ("dns", "-a.example.cn"),
    ("dns", "a-.example.cn"),
    ("dns", "a_b.example.cn"),
    ("dns", "a b.example.cn"),
    ("dns", "例.example.cn"),
    ("dns", "*"),
    ("dns", "*.cn"),
    ("dns", "*.*.example.cn"),
    ("dns", "a*.example.cn"),
    ("dns", "w.*.example.cn"),
    ("dns", "192.0.2.1"),
    ("dns", "example.123"),
    ("dns", "ab--cd.example.cn"),
    ("dns", "xn--a.example.cn"),
    ("dns", "xn--fiq228cx.example.cn"),
    ("dns", "xn--.example.cn"),
    ("dns", "xn--strae-oqa.example.cn\x00"),
    ("dns", "a" * 64 + ".example.cn"),
    ("dns", "a." * 124 + "example"),
    ("dns", "example.cn\n"),
    ("dns", "http://example.cn"),
    ("ip", "192.0.2.256"),
    ("ip", "192.0.2.01"),
    ("ip", "192.0.2.0/24"),
    ("ip", "2001:DB8::1"),
    ("ip", "2001:db8:0:0:0:0:0:1"),
    ("ip", "fe80::1%eth0"),
    ("ip", "example.cn"),
    ("email", "wang"),
    ("email", "@example.cn"),
    ("email", "王@example.cn"),
    ("email", "a@b@example.cn"),
    ("email", ".a@example.cn"),
    ("email", "a b@example.cn"),
    ("email", '"a"@example.cn'),
    ("email", "a@*.example.cn"),
    ("email", "a@[192.0.2.1]"),
    ("email", "a" * 65 + "@example.cn"),
    ("uri", "http://example.cn/"),
]


@pytest.mark.parametrize(("kind", "value"), GOOD_NAMES)
def test_good_names(kind: Any, value: str) -> None:
    one = AlternativeName(kind, value)
    assert read_names(der.sequence(one.encode())) == (one,)
    assert one.wildcard is value.startswith("*.")


@pytest.mark.parametrize(("kind", "value"), BAD_NAMES)
def test_bad_names(kind: Any, value: str) -> None:
    with pytest.raises(NameRefused) as caught:
        AlternativeName(kind, value)
    assert caught.value.field == "alternative_names"
    assert caught.value.todo


@given(st.sampled_from(["dns", "ip", "email"]), st.text(max_size=40) | st.text("a.-*@1:x", max_size=20))
def test_any_name(kind: Any, value: str) -> None:
    try:
        one = AlternativeName(kind, value)
    except NameRefused:
        return
    assert read_names(der.sequence(one.encode())) == (one,)


@given(st.binary(max_size=40))
def test_any_bytes(value: bytes) -> None:
    """Whatever stands in an extension is read or refused by our own errors."""
    for read in (
        read_names,
        read_policies,
        *(lambda data, kind=kind: read_identifier(kind.oid, data) for kind in IdentifierKind),
    ):
        for data in (value, der.sequence(value), der.explicit(0, value), der.element(0x80, value)):
            try:
                read(data)
            except (KeysError, NameRefused, DraftRefused):
                continue


IDENTIFIERS = [
    (IdentifierKind.RESIDENT_ID, RESIDENT, "a0141312" + RESIDENT.encode().hex()),
    (IdentifierKind.MILITARY_ID, "军字第0000001号", None),
    (IdentifierKind.PASSPORT, "E00000000", "a20b1309" + b"E00000000".hex()),
    (IdentifierKind.INSURANCE_NUMBER, "A1234567", "1308" + b"A1234567".hex()),
    (IdentifierKind.IC_REGISTRATION_NUMBER, "510100000000001", "130f" + b"510100000000001".hex()),
    (IdentifierKind.TAXATION_NUMBER, CODE, "1312" + CODE.encode().hex()),
]


@pytest.mark.parametrize(("kind", "value", "written"), IDENTIFIERS)
def test_identifiers_as_written(kind: IdentifierKind, value: str, written: str | None) -> None:
    """Explicit tags by default (``A0 14 13 12 …``), implicit ones on demand (standards.md section 5.2)."""
    one = Identifier(kind, value)
    assert read_identifier(kind.oid, one.encode()) == one
    if written:
        assert one.encode().hex() == written
    other = replace(one, tagging=Tagging.IMPLICIT)
    if kind in (IdentifierKind.RESIDENT_ID, IdentifierKind.MILITARY_ID, IdentifierKind.PASSPORT):
        assert other.encode()[0] == one.encode()[0] - 0x20
        assert read_identifier(kind.oid, other.encode()) == other
    assert value not in repr(one)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (IdentifierKind.RESIDENT_ID, "110105194912310021"),
        (IdentifierKind.RESIDENT_ID, RESIDENT.lower()),
        (IdentifierKind.RESIDENT_ID, "110105491231002"),
        (IdentifierKind.TAXATION_NUMBER, "91510100DEM001017X"),
        (IdentifierKind.TAXATION_NUMBER, CODE.lower()),
        (IdentifierKind.TAXATION_NUMBER, "123"),
        (IdentifierKind.IC_REGISTRATION_NUMBER, "91510100DEM001017X"),
        (IdentifierKind.IC_REGISTRATION_NUMBER, "5101"),
        (IdentifierKind.PASSPORT, "e0000"),
        (IdentifierKind.MILITARY_ID, "军\x00字0001"),
        (IdentifierKind.INSURANCE_NUMBER, ""),
    ],
)
def test_identifiers_refused(kind: IdentifierKind, value: str) -> None:
    with pytest.raises(DraftRefused) as caught:
        Identifier(kind, value)
    assert not value or value not in str(caught.value)


def test_where_a_profile_allows_it(authority: Any) -> None:
    """Numbers of persons are off in the shipped profiles; an installation's own file may turn them on."""
    allowed = replace(profile("person"), identifiers=frozenset(IdentifierKind))
    laws = MappingProxyType({**PROFILES, "person": allowed})
    for tagging in Tagging:
        wanted = [
            Identifier(IdentifierKind.RESIDENT_ID, RESIDENT, tagging),
            Identifier(IdentifierKind.INSURANCE_NUMBER, "A1234567"),
        ]
        order = authority.draft("person", profile=allowed, identifiers=wanted)
        found = x509.load_der_x509_certificate(issue(lint(order, profiles=laws), authority.key)).extensions
        for one in wanted:
            stated = found.get_extension_for_oid(x509.ObjectIdentifier(one.kind.oid))
            assert not stated.critical
            assert stated.value.public_bytes() == one.encode()


def test_others_read_everything(authority: Any, openssl: Any) -> None:
    """A TLS server certificate with all that may stand in one."""
    names = [HOST, "*.example.cn", "xn--fiq228c.example.cn"]
    leaf = authority.certify(
        "tls_server",
        alternative_names=[AlternativeName("dns", one) for one in names],
        ocsp_url="http://ca.example/ocsp",
        issuer_url="http://ca.example/issuing.cer",
        policies=[
            CertificatePolicy("1.2.156.99999.1.1", "http://ca.example/cps"),
            CertificatePolicy("1.2.3.4"),
        ],
    )
    found = x509.load_der_x509_certificate(leaf.der).extensions
    alternative = found.get_extension_for_class(x509.SubjectAlternativeName)
    assert alternative.value.get_values_for_type(x509.DNSName) == names
    assert not alternative.critical
    purposes = found.get_extension_for_class(x509.ExtendedKeyUsage)
    assert not purposes.critical
    assert [one.dotted_string for one in purposes.value] == ["1.3.6.1.5.5.7.3.1"]
    usage = found.get_extension_for_class(x509.KeyUsage).value
    assert (usage.digital_signature, usage.content_commitment, usage.key_agreement) == (True, False, False)
    access = found.get_extension_for_class(x509.AuthorityInformationAccess).value
    assert [(one.access_method, one.access_location.value) for one in access] == [
        (Access.OCSP, "http://ca.example/ocsp"),
        (Access.CA_ISSUERS, "http://ca.example/issuing.cer"),
    ]
    policies = found.get_extension_for_class(x509.CertificatePolicies).value
    assert [(one.policy_identifier.dotted_string, one.policy_qualifiers) for one in policies] == [
        ("1.2.156.99999.1.1", ["http://ca.example/cps"]),
        ("1.2.3.4", None),
    ]
    said = openssl(
        "x509", "-inform", "DER", "-in", "leaf.der", "-noout", "-text", files={"leaf.der": leaf.der}
    )
    for wanted in (
        f"DNS:{HOST}, DNS:*.example.cn, DNS:xn--fiq228c.example.cn",
        "OCSP - URI:http://ca.example/ocsp",
        "CA Issuers - URI:http://ca.example/issuing.cer",
        "Policy: 1.2.156.99999.1.1",
        "CPS: http://ca.example/cps",
        "TLS Web Server Authentication",
    ):
        assert wanted in said


def test_addresses_and_mailboxes(authority: Any) -> None:
    device = authority.certify(
        "device", alternative_names=[AlternativeName("ip", "192.0.2.1"), AlternativeName("ip", "2001:db8::1")]
    )
    person = authority.certify("person", alternative_names=[AlternativeName("email", "wang@example.cn")])
    read = [
        x509.load_der_x509_certificate(one.der)
        .extensions.get_extension_for_class(x509.SubjectAlternativeName)
        .value
        for one in (device, person)
    ]
    assert read[0].get_values_for_type(x509.IPAddress) == [
        ipaddress.ip_address("192.0.2.1"),
        ipaddress.ip_address("2001:db8::1"),
    ]
    assert read[1].get_values_for_type(x509.RFC822Name) == ["wang@example.cn"]


def test_encryption_certificates(authority: Any) -> None:
    """GB/T 20518: ``03 02 03 38`` for SM2; of it what RSA can do, for RSA."""
    leaf = authority.certify("enterprise_encrypt")
    usage = x509.load_der_x509_certificate(leaf.der).extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical
    sm2 = authority.key.public_key.family == "SM2"
    assert bytes.fromhex("03020338" if sm2 else "03020430") in leaf.der
    assert (usage.value.key_encipherment, usage.value.data_encipherment, usage.value.key_agreement) == (
        True,
        True,
        sm2,
    )
    assert not usage.value.digital_signature


def test_null_or_absent(sm2: Any, rsa: Any, openssl: Any) -> None:
    """Both spellings of SM2's parameters, the same inside and outside, and both verify."""
    null, absent = bytes.fromhex("300c06082a811ccf550183750500"), bytes.fromhex("300a06082a811ccf55018375")
    for wanted, written in ((True, null), (False, absent)):
        leaf = sm2.certify(null_parameters=wanted)
        assert leaf.der.count(written) == 2
        pems = {
            f"{name}.pem": x509.load_der_x509_certificate(encoded).public_bytes(x509_pem())
            for name, encoded in (("issuing", sm2.certificate.der), ("leaf", leaf.der))
        }
        said = openssl(
            "verify", "-partial_chain", "-trusted", "issuing.pem", "-attime", "1785560000",
            "-vfyopt", "distid:1234567812345678", "leaf.pem", files=pems,
        )  # fmt: skip
        assert said.strip() == "leaf.pem: OK"
    assert rsa.certify(null_parameters=False).der.count(bytes.fromhex("06092a864886f70d01010b0500")) == 2


def x509_pem() -> Any:
    from cryptography.hazmat.primitives.serialization import Encoding

    return Encoding.PEM


def test_policies_of_ones_own(sm2: Any) -> None:
    one = CertificatePolicy("1.2.156.99999.1.1", "http://ca.example/cps")
    assert read_policies(policies_value((one,))) == (one,)
    for oid, url in (
        ("2.5.29.32.0", ""),
        ("1.2.x", ""),
        ("", ""),
        ("1.2.3", "ldap://a"),
        ("1.2.3", "http://é"),
    ):
        with pytest.raises(DraftRefused):
            CertificatePolicy(oid, url)


def test_the_reader_of_relying_parties_knows_no_critical_stranger(authority: Any) -> None:
    leaf = parse_certificate(
        authority.certify("enterprise", identifiers=[Identifier(IdentifierKind.TAXATION_NUMBER, CODE)]).der
    )
    assert not leaf.critical_unknown
    assert leaf.uscc == CODE
