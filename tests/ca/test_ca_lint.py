# SPDX-License-Identifier: Apache-2.0
"""Every lint has a draft that breaks exactly this one, and a right draft of every profile passes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from ca import (
    PROFILES,
    AlternativeName,
    CertificatePolicy,
    Draft,
    DraftRefused,
    Identifier,
    IdentifierKind,
    LintRefused,
    SubjectName,
    Usage,
    lint,
    profile,
)
from ca.rules import CONTENT, FORM
from ca.templates import seen as seen_under
from keys import RSA_SHA256, RSA_SHA384, RSA_SHA512, KeyFamily, KeyKind, der, generate_key

CODE = "91510100DEM001017Y"
FIRM = SubjectName("示例建工有限公司", "示例建工有限公司", CODE)
PERSON = SubjectName("王样二")
VERSION, SERIAL, ALGORITHM, ISSUER, VALIDITY, SUBJECT, KEY, EXTENSIONS = range(8)
AKI, SKI, USAGE, CONSTRAINTS = "2.5.29.35", "2.5.29.14", "2.5.29.15", "2.5.29.19"
CRL, ORGANIZATION, PURPOSES = "2.5.29.31", "1.2.156.10260.4.1.4", "2.5.29.37"
NO_CHECK = "1.3.6.1.5.5.7.48.1.5"
SERVER_AUTH = "1.3.6.1.5.5.7.3.1"
TSL_SIGNING, CLIENT_AUTH, ANY_PURPOSE = "0.4.0.2231.3.0", "1.3.6.1.5.5.7.3.2", "2.5.29.37.0"


def seen(draft: Draft) -> bool:
    """Would it pass the short way, as lint() asks?"""
    return seen_under(draft, (id(PROFILES), None))


def with_part(draft: Draft, part: int, der_bytes: bytes) -> Draft:
    """The same order, with one part of the TBSCertificate written otherwise."""
    parts = [one.raw for one in der.read_only(draft.tbs).children()]
    parts[part] = der_bytes
    return replace(draft, tbs=der.sequence(*parts))


def extensions(draft: Draft) -> dict[str, bytes]:
    (listed,) = der.read_only(draft.tbs).children()[EXTENSIONS].children()
    return {der.as_oid(one.children()[0]): one.raw for one in listed.children()}


def with_extensions(draft: Draft, changes: dict[str, bytes], *more: bytes) -> Draft:
    """Extensions replaced (left out when empty) and added."""
    written = b"".join((extensions(draft) | changes).values())
    return with_part(draft, EXTENSIONS, der.explicit(3, der.sequence(written, *more)))


def extension(kind: str, value: bytes, critical: bool | None = None) -> bytes:
    flag = b"" if critical is None else der.boolean(critical)
    return der.sequence(der.oid(kind), flag, der.octets(value))


def name(*pairs: tuple[str, bytes]) -> bytes:
    return der.sequence(*(der.set_of(der.sequence(der.oid(kind), text)) for kind, text in pairs))


def usage(*bits: int, critical: bool | None = True) -> bytes:
    return extension(USAGE, der.named_bits(bits), critical)


def constraints(*parts: bytes, critical: bool | None = True) -> bytes:
    return extension(CONSTRAINTS, der.sequence(*parts), critical)


def purposes(*oids: str, critical: bool | None = True) -> bytes:
    return extension(PURPOSES, der.sequence(*map(der.oid, oids)), critical)


def list_signer(authority: Any, written: bytes) -> Draft:
    return with_extensions(authority.draft("trust_list", FIRM), {PURPOSES: written})


def crl(*addresses: str) -> bytes:
    points = [
        der.sequence(der.explicit(0, der.implicit(0, der.sequence(der.implicit(6, der.ia5(one))))))
        for one in addresses
    ]
    return extension(CRL, der.sequence(*points))


def only_key_compromise(address: str) -> bytes:
    """A distribution point that tells of one reason alone."""
    point = der.explicit(0, der.implicit(0, der.sequence(der.implicit(6, der.ia5(address)))))
    return extension(CRL, der.sequence(der.sequence(point, der.implicit(1, der.named_bits([1])))))


def issuing(authority: Any, **changes: Any) -> Draft:
    order = {
        "issuer": authority.root,
        "scheme": authority.root_key.scheme,
        "crl_url": "http://ca.example/root.crl",
    }
    made: Draft = authority.draft("issuing", SubjectName("示例签发CA二"), **(order | changes))
    return made


def san(*names: bytes) -> bytes:
    return extension(SAN, der.sequence(*names))


def aia(*pairs: tuple[str, str]) -> bytes:
    listed = (der.sequence(der.oid(method), der.implicit(6, der.ia5(url))) for method, url in pairs)
    return extension(AIA, der.sequence(*listed))


SAN, AIA, POLICIES = "2.5.29.17", "1.3.6.1.5.5.7.1.1", "2.5.29.32"
OCSP_URL = "http://ca.example/ocsp"
HOST = AlternativeName("dns", "portal.example.cn")
POLICY = CertificatePolicy("1.2.156.99999.1.1", "http://ca.example/cps")
TAX = Identifier(IdentifierKind.TAXATION_NUMBER, CODE)
# GB 11643 example number of the standard's own text.
RESIDENT = Identifier(IdentifierKind.RESIDENT_ID, "11010519491231002X")

C, O, CN = "2.5.4.6", "2.5.4.10", "2.5.4.3"  # noqa: E741
CHINA = (C, der.printable("CN"))
WANG = (CN, der.utf8("王样二"))


def person_named(authority: Any, subject: bytes) -> Draft:
    return with_part(authority.draft("person", PERSON), SUBJECT, subject)


Break = Callable[[Any], Draft]
BROKEN: dict[str, list[Break]] = {
    "structure": [
        lambda a: replace(a.draft(), tbs=a.draft().tbs[:-1]),
        lambda a: replace(a.draft(), tbs=a.draft().tbs + b"\x00"),
        lambda a: replace(a.draft(), tbs=b""),
        lambda a: with_part(a.draft(), VERSION, b""),
        lambda a: with_part(a.draft(), EXTENSIONS, b""),
        lambda a: with_part(a.draft(), KEY, a.draft().public_key.spki + b"\x81\x02\x00\x01"),  # unique id
        lambda a: with_part(a.draft(), SERIAL, b"\x02\x02\x00\x01"),
        lambda a: with_part(a.draft(), VALIDITY, der.sequence(der.time(a.draft().not_before))),
        lambda a: with_extensions(a.draft(), {}, der.sequence(der.oid(AKI))),
    ],
    "version": [
        lambda a: with_part(a.draft(), VERSION, der.explicit(0, der.integer(1))),
        lambda a: with_part(a.draft(), VERSION, der.explicit(0, der.integer(3))),
    ],
    "serial": [
        lambda a: a.draft(serial=0),
        lambda a: a.draft(serial=-(1 << 100)),
        lambda a: a.draft(serial=(1 << 63) - 1),
        lambda a: a.draft(serial=1 << 159),
    ],
    "algorithm": [
        lambda a: with_part(a.draft(), ALGORITHM, der.sequence(der.oid(a.key.scheme.oid))),  # NULL absent
        lambda a: with_part(a.draft(), ALGORITHM, RSA_SHA384.algorithm_identifier()),
        # The authority leaves NULL out, and the draft has it.
        lambda a: (
            replace(a.draft(), null_parameters=False)
            if a.key.public_key.family == "SM2"
            else with_part(a.draft(), ALGORITHM, RSA_SHA512.algorithm_identifier())
        ),
    ],
    "time_form": [
        lambda a: with_part(
            a.draft(),
            VALIDITY,
            der.sequence(der.generalized(a.draft().not_before), der.time(a.draft().not_after)),
        ),
        lambda a: with_part(
            a.draft(), VALIDITY, der.sequence(der.time(a.draft().not_before), b"\x17\x0b2708010400Z")
        ),
        lambda a: with_part(a.draft(), VALIDITY, der.sequence(der.integer(1), der.integer(2))),
    ],
    "name_text": [
        lambda a: person_named(a, name(CHINA, ("2.5.4.5", der.utf8("350658")), WANG)),
        lambda a: person_named(a, name(CHINA)),
        lambda a: person_named(a, name(CHINA, (CN, der.utf8("王样二11010519491231002X")))),
        lambda a: person_named(a, name(CHINA, (CN, der.utf8("王\u200b样二")))),
        lambda a: person_named(a, name(CHINA, (CN, der.utf8("王" * 65)))),
        lambda a: person_named(a, name((C, der.printable("China")), WANG)),
    ],
    "name_form": [
        lambda a: person_named(a, name(WANG, CHINA)),
        lambda a: person_named(a, name((C, der.utf8("CN")), WANG)),
        lambda a: person_named(a, name(CHINA, (CN, der.printable("Wang")))),
        lambda a: person_named(a, name(WANG)),
    ],
    "extension_form": [
        lambda a: with_extensions(a.draft(), {}, extensions(a.draft())[SKI]),
        lambda a: with_extensions(
            a.draft(), {SKI: extension(SKI, der.octets(a.draft().public_key.key_id), critical=False)}
        ),
    ],
    "extension_known": [
        lambda a: with_extensions(a.draft(), {}, extension("1.3.6.1.4.1.99999.1", der.null(), critical=True)),
        lambda a: with_extensions(a.draft(), {}, extension("1.3.6.1.4.1.99999.1", der.null())),
        lambda a: with_extensions(
            a.draft(), {SKI: extension(SKI, der.octets(a.draft().public_key.key_id), critical=True)}
        ),
    ],
    "profile": [
        lambda a: a.draft(profile=replace(profile("enterprise"), days=5000)),
        lambda a: a.draft(profile=replace(profile("enterprise"), name="other")),
        lambda a: a.draft(profile=replace(profile("enterprise"), places=False)),
        lambda a: a.draft(profile=replace(profile("enterprise"), extended_key_usage=(TSL_SIGNING,))),
    ],
    "ordered": [
        lambda a: replace(a.draft(), serial=a.draft().serial + 1),
        lambda a: replace(a.draft(), subject=replace(FIRM, common_name="另一公司")),
        lambda a: replace(a.draft(), not_after=a.draft().not_after + timedelta(seconds=1)),
        lambda a: replace(a.draft(), public_key=a.key.public_key),
    ],
    "issuer_name": [
        lambda a: with_part(a.draft(), ISSUER, a.root.subject.der),
        # The same words in another spelling are another name for whoever compares DER.
        lambda a: with_part(
            a.draft(), ISSUER, a.certificate.subject.der.replace(b"\x13\x02CN", b"\x0c\x02CN")
        ),
    ],
    "issuer_authority": [
        lambda a: a.draft(issuer=a.certify(), scheme=a.holder_key.scheme),
        lambda a: issuing(a, issuer=a.certificate, scheme=a.key.scheme),
        lambda a: a.draft("person", PERSON, issuer=None, scheme=a.holder_key.scheme, crl_url=""),
        lambda a: a.draft("root", PERSON, issuer=a.root, scheme=a.root_key.scheme),
    ],
    "scheme": [
        lambda a: a.draft(scheme=generate_key(KeyKind.P256).scheme),
    ],
    "key_kind": [
        lambda a: a.draft(
            public_key=generate_key(
                KeyKind.P256 if a.key.public_key.family == "SM2" else KeyKind.SM2
            ).public_key
        ),
    ],
    "validity_order": [
        lambda a: a.draft(not_after=a.draft().not_before),
        lambda a: a.draft(not_after=a.draft().not_before - timedelta(days=1)),
    ],
    "validity_length": [
        lambda a: a.draft(
            not_after=a.draft().not_before + timedelta(days=profile("enterprise").days, seconds=1)
        ),
    ],
    "validity_nested": [
        lambda a: a.draft(
            not_before=a.certificate.not_before - timedelta(seconds=1), not_after=a.draft().not_before
        ),
        lambda a: a.draft(
            not_before=a.certificate.not_after - timedelta(days=9),
            not_after=a.certificate.not_after + timedelta(seconds=1),
        ),
    ],
    "key_usage": [
        # The same bits with a zero behind them: two spellings of one certificate.
        lambda a: with_extensions(
            a.draft(), {USAGE: extension(USAGE, bytes.fromhex("030205c0"), critical=True)}
        ),
        lambda a: with_extensions(a.draft("person_encrypt"), {USAGE: usage(0, 1)}),
        lambda a: with_extensions(a.draft("person_encrypt"), {USAGE: usage(0, 2, 3, 4)}),
        lambda a: with_extensions(a.draft(), {USAGE: usage(0, 1, critical=None)}),
        lambda a: with_extensions(a.draft(), {USAGE: usage(0)}),
        lambda a: with_extensions(a.draft(), {USAGE: usage(0, 1, 2)}),
        lambda a: with_extensions(a.draft(), {USAGE: b""}),
        lambda a: with_extensions(issuing(a), {USAGE: usage(0, 5, 6)}),
    ],
    "extended_key_usage": [
        lambda a: with_extensions(a.draft("tls_server"), {PURPOSES: purposes(SERVER_AUTH)}),
        lambda a: with_extensions(a.draft("tls_server"), {PURPOSES: purposes(CLIENT_AUTH, critical=None)}),
        lambda a: with_extensions(a.draft("tsa"), {PURPOSES: purposes("1.3.6.1.5.5.7.3.8", critical=None)}),
        lambda a: list_signer(a, b""),
        lambda a: list_signer(a, purposes(TSL_SIGNING, critical=None)),
        lambda a: list_signer(a, purposes(CLIENT_AUTH)),
        lambda a: list_signer(a, purposes(ANY_PURPOSE)),
        lambda a: list_signer(a, purposes(TSL_SIGNING, CLIENT_AUTH)),
        lambda a: list_signer(a, purposes(TSL_SIGNING, TSL_SIGNING)),
        lambda a: with_extensions(a.draft(), {}, purposes(TSL_SIGNING)),
        lambda a: with_extensions(a.draft("person", PERSON), {}, purposes(TSL_SIGNING)),
        lambda a: with_extensions(a.draft("seal", FIRM), {}, purposes(CLIENT_AUTH, critical=None)),
        lambda a: with_extensions(issuing(a), {}, purposes(TSL_SIGNING)),
    ],
    "basic_constraints": [
        lambda a: with_extensions(a.draft(), {}, constraints()),
        lambda a: with_extensions(a.draft(), {}, constraints(der.boolean(True))),
        lambda a: with_extensions(issuing(a), {CONSTRAINTS: b""}),
        lambda a: with_extensions(issuing(a), {CONSTRAINTS: constraints()}),
        lambda a: with_extensions(issuing(a), {CONSTRAINTS: constraints(der.boolean(True))}),
        lambda a: with_extensions(issuing(a), {CONSTRAINTS: constraints(der.boolean(True), der.integer(1))}),
        lambda a: with_extensions(
            issuing(a), {CONSTRAINTS: constraints(der.boolean(True), der.integer(0), critical=None)}
        ),
    ],
    "subject_key_id": [
        lambda a: with_extensions(a.draft(), {SKI: extension(SKI, der.octets(a.key.public_key.key_id))}),
        lambda a: with_extensions(a.draft(), {SKI: b""}),
    ],
    "authority_key_id": [
        lambda a: with_extensions(
            a.draft(),
            {AKI: extension(AKI, der.sequence(der.implicit(0, der.octets(a.root.public_key.key_id))))},
        ),
        lambda a: with_extensions(a.draft(), {AKI: b""}),
        # More than the key id: it would tie the certificate to one certificate of its issuer.
        lambda a: with_extensions(
            a.draft(),
            {
                AKI: extension(
                    AKI,
                    der.sequence(
                        der.implicit(0, der.octets(a.certificate.subject_key_id)),
                        der.implicit(1, der.sequence(der.explicit(4, a.root.subject.der))),
                        der.implicit(2, der.integer(a.certificate.serial)),
                    ),
                )
            },
        ),
    ],
    "no_check": [
        lambda a: with_extensions(a.draft(), {}, extension(NO_CHECK, der.null())),
        lambda a: with_extensions(a.draft("ocsp", FIRM), {NO_CHECK: b""}),
        lambda a: with_extensions(a.draft("ocsp", FIRM), {NO_CHECK: extension(NO_CHECK, der.boolean(True))}),
    ],
    "crl_address": [
        lambda a: a.draft(crl_url=""),
        lambda a: a.draft(crl_url="ldap://ca.example/issuing"),
        lambda a: with_extensions(a.draft(), {CRL: b""}),
        lambda a: with_extensions(a.draft(), {CRL: crl("http://ca.example/other.crl")}),
        lambda a: with_extensions(a.draft(), {CRL: crl(a.draft().crl_url, "http://ca.example/other.crl")}),
        lambda a: with_extensions(a.draft(), {CRL: only_key_compromise(a.draft().crl_url)}),
        lambda a: a.draft(
            "root",
            PERSON,
            issuer=None,
            scheme=a.holder_key.scheme,
        ),
    ],
    "organization_code": [
        lambda a: with_extensions(a.draft(), {ORGANIZATION: b""}),
        lambda a: with_extensions(a.draft(), {ORGANIZATION: extension(ORGANIZATION, der.utf8(CODE))}),
        lambda a: with_extensions(
            a.draft(), {ORGANIZATION: extension(ORGANIZATION, der.printable("91510100DEM001017X"))}
        ),
        lambda a: with_extensions(
            a.draft(), {ORGANIZATION: extension(ORGANIZATION, der.printable("11510000DEM9A0017F"))}
        ),
        lambda a: a.draft("enterprise", PERSON),
        lambda a: a.draft("seal", SubjectName("51010000000001", "示例市住房和城乡建设局")),
        lambda a: a.draft("platform", PERSON),
        lambda a: a.draft("person", FIRM),
        lambda a: with_extensions(
            a.draft("trust_list", PERSON), {}, extension(ORGANIZATION, der.printable(CODE))
        ),
    ],
    "usage_pair": [],  # no shipped profile mixes: see test_a_profile_that_mixes
    "authority_information": [
        lambda a: with_extensions(a.draft(ocsp_url=OCSP_URL), {AIA: b""}),
        lambda a: a.draft(ocsp_url="ldap://ca.example/ocsp"),
        lambda a: a.draft(ocsp_url="http://ca.example/o csp"),
        lambda a: with_extensions(a.draft(), {}, aia(("1.3.6.1.5.5.7.48.1", OCSP_URL))),
        lambda a: with_extensions(
            a.draft(ocsp_url=OCSP_URL), {AIA: aia(("1.3.6.1.5.5.7.48.1", "http://evil.example/"))}
        ),
        lambda a: with_extensions(a.draft(ocsp_url=OCSP_URL), {AIA: aia(("1.3.6.1.5.5.7.48.2", OCSP_URL))}),
        lambda a: a.draft("ocsp", ocsp_url=OCSP_URL),  # nobody asks a responder about itself
        lambda a: a.draft(
            "root", PERSON, issuer=None, scheme=a.holder_key.scheme, crl_url="", ocsp_url=OCSP_URL
        ),
    ],
    "identifiers": [
        lambda a: a.draft("person", identifiers=[RESIDENT]),
        lambda a: a.draft("enterprise", identifiers=[RESIDENT]),
        lambda a: a.draft("seal", identifiers=[TAX]),
        lambda a: with_extensions(a.draft(), {}, extension(TAX.kind.oid, TAX.encode())),
        lambda a: with_extensions(a.draft(identifiers=[TAX]), {TAX.kind.oid: b""}),
        lambda a: with_extensions(
            a.draft(identifiers=[TAX]), {TAX.kind.oid: extension(TAX.kind.oid, der.utf8(CODE))}
        ),
        lambda a: with_extensions(
            a.draft(identifiers=[TAX]),
            {TAX.kind.oid: extension(TAX.kind.oid, der.printable("91510100DEM001017X"))},
        ),
        lambda a: with_extensions(
            a.draft("person"),
            {},
            extension("1.2.156.10260.4.1.1", der.explicit(3, der.printable("X1234567"))),
        ),
    ],
    "places": [
        lambda a: a.draft("person", replace(PERSON, state="示例省")),
        lambda a: a.draft("platform", replace(FIRM, unit="办公室")),
        lambda a: a.draft(
            "issuing",
            SubjectName("示例签发CA二", locality="示例市"),
            issuer=a.root,
            scheme=a.root_key.scheme,
        ),
    ],
    "alternative_names": [
        lambda a: a.draft("tls_server", alternative_names=()),
        lambda a: a.draft("person", alternative_names=[AlternativeName("dns", "www.example.cn")]),
        lambda a: a.draft("seal", alternative_names=[AlternativeName("email", "a@example.cn")]),
        lambda a: a.draft("tls_server", alternative_names=[HOST, AlternativeName("ip", "192.0.2.1")]),
        lambda a: a.draft("tls_server", alternative_names=[HOST, HOST]),
        lambda a: a.draft("device", alternative_names=[AlternativeName("dns", "*.example.cn")]),
        lambda a: a.draft(
            "tls_server",
            alternative_names=[HOST, *(AlternativeName("dns", f"h{n}.example.cn") for n in range(100))],
        ),
        lambda a: with_extensions(a.draft("tls_server"), {SAN: b""}),
        lambda a: with_extensions(
            a.draft("tls_server"), {SAN: san(HOST.encode(), der.implicit(2, der.ia5("evil.example")))}
        ),
        lambda a: with_extensions(
            a.draft("tls_server"), {SAN: san(der.implicit(2, der.ia5("PORTAL.example.cn")))}
        ),
        lambda a: with_extensions(a.draft("tls_server"), {SAN: san(b"\x82\x01\xff")}),
        lambda a: with_extensions(
            a.draft("tls_server"), {SAN: san(HOST.encode(), der.implicit(6, der.ia5("http://x.example/")))}
        ),
        lambda a: with_extensions(a.draft("tls_server"), {SAN: san()}),
        lambda a: with_extensions(a.draft("tls_server"), {SAN: san(der.implicit(7, der.octets(bytes(5))))}),
        lambda a: with_extensions(a.draft(), {}, san(HOST.encode())),
    ],
    "common_name": [
        lambda a: a.draft("tls_server", replace(FIRM, common_name="www.example.cn")),
        lambda a: a.draft("tls_server", FIRM),
    ],
    "policies": [
        lambda a: with_extensions(a.draft(policies=[POLICY]), {POLICIES: b""}),
        lambda a: with_extensions(
            a.draft(), {}, extension(POLICIES, der.sequence(der.sequence(der.oid(POLICY.oid))))
        ),
        lambda a: a.draft(policies=[POLICY, POLICY]),
        lambda a: a.draft(policies=[POLICY, replace(POLICY, statement_url="")]),
        lambda a: with_extensions(
            a.draft(policies=[POLICY]),
            {POLICIES: extension(POLICIES, der.sequence(der.sequence(der.oid(POLICY.oid))))},
        ),
        lambda a: with_extensions(
            a.draft(policies=[POLICY]),
            {POLICIES: extension(POLICIES, der.sequence(der.sequence(der.oid("2.5.29.32.0"))))},
        ),
    ],
    "readable": [
        lambda a: with_extensions(a.draft(), {USAGE: extension(USAGE, b"\xff", critical=True)}),
        lambda a: list_signer(a, purposes()),
    ],
}
CASES = [(rule, number) for rule, breaks in BROKEN.items() for number in range(len(breaks))]


@pytest.mark.parametrize(("rule", "number"), CASES, ids=lambda value: str(value))
def test_breaks_exactly_one_rule(authority: Any, rule: str, number: int) -> None:
    with pytest.raises(LintRefused) as caught:
        lint(BROKEN[rule][number](authority))
    assert [one.rule for one in caught.value.findings] == [rule]
    assert all(one.zh and one.en for one in caught.value.findings)


def test_a_profile_that_mixes(authority: Any) -> None:
    """No file of profiles can say this; the lint does not rely on it."""
    for changes in (
        {"key_usage": frozenset({"digitalSignature", "keyEncipherment"})},
        {"key_usage": frozenset({"keyEncipherment"})},
        {"usage": Usage.ENCRYPT},
        {"usage": Usage.AUTHORITY},
    ):
        mixed = replace(profile("enterprise"), **changes)  # type: ignore[arg-type]
        with pytest.raises(LintRefused) as caught:
            lint(authority.draft(profile=mixed), profiles={"enterprise": mixed})
        assert [one.rule for one in caught.value.findings] == ["usage_pair"]


def test_every_finding_has_a_clause(sm2: Any) -> None:
    assert all(one.clause and one.zh and one.en for one in (*FORM, *CONTENT))
    for rule in ("structure", "readable", "profile", "serial"):
        with pytest.raises(LintRefused) as caught:
            lint(BROKEN[rule][0](sm2))
        assert all(one.clause for one in caught.value.findings)


def test_every_rule_is_broken_somewhere() -> None:
    assert set(BROKEN) == {one.name for one in (*FORM, *CONTENT)} | {"structure", "readable", "profile"}


def test_all_findings_come_at_once(sm2: Any) -> None:
    with pytest.raises(LintRefused) as caught:
        lint(with_extensions(sm2.draft(crl_url=""), {USAGE: usage(0), SKI: b""}))
    assert {one.rule for one in caught.value.findings} == {"key_usage", "subject_key_id", "crl_address"}


def test_sm2_authority_certifies_no_rsa_scheme(sm2: Any) -> None:
    with pytest.raises(LintRefused) as caught:
        lint(sm2.draft(scheme=RSA_SHA256))
    assert [one.rule for one in caught.value.findings] == ["scheme"]


def rsa_info(bits: int, exponent: int) -> bytes:
    numbers = der.sequence(der.integer((1 << bits) - 0x1235), der.integer(exponent))
    return der.sequence(der.sequence(der.oid("1.2.840.113549.1.1.1"), der.null()), der.bits(numbers))


def curve_info(curve: str, point: bytes) -> bytes:
    return der.sequence(der.sequence(der.oid("1.2.840.10045.2.1"), der.oid(curve)), der.bits(point))


@pytest.mark.parametrize(
    "spki",
    [
        rsa_info(1024, 65537),
        rsa_info(2047, 65537),
        rsa_info(2048, 1),
        curve_info("1.3.132.0.10", b"\x04" + bytes(64)),  # secp256k1
        curve_info("1.2.840.10045.3.1.7", b"\x04" + b"\x01" * 64),  # off the curve
        curve_info("1.2.156.10197.1.301", b"\x04" + b"\x01" * 64),
        b"\x30\x00",
    ],
)
def test_weak_keys_are_stopped_even_past_the_request(authority: Any, spki: bytes) -> None:
    """The reader of the certificate refuses what the reader of the request would have refused."""
    key = SimpleNamespace(spki=spki, key_id=bytes(20), family=KeyFamily.SM2)
    with pytest.raises(LintRefused) as caught:
        lint(authority.draft(public_key=key))
    assert [one.rule for one in caught.value.findings] == ["readable"]


@pytest.mark.parametrize("name", sorted(set(PROFILES) - {"root", "issuing"}))
def test_right_drafts_pass(authority: Any, name: str) -> None:
    draft = authority.draft(name)
    linted = lint(draft)
    assert linted.tbs == draft.tbs
    assert linted.certificate.serial == draft.serial


@pytest.mark.parametrize("rule", sorted(BROKEN))
def test_the_short_way_accepts_nothing_that_breaks_a_rule(authority: Any, rule: str) -> None:
    for name in set(PROFILES) - {"root", "issuing"}:
        lint(authority.draft(name))
    assert not any(seen(make(authority)) for make in BROKEN[rule])


@pytest.mark.parametrize(
    "changes",
    [
        {"crl_url": "http://例.example/x.crl"},
        {"crl_url": "http://ca.example/\x00"},
        {"not_before": "naive"},
        {"not_after": "naive"},
    ],
)
def test_what_cannot_be_written(sm2: Any, changes: dict[str, Any]) -> None:
    """Refused by the writer already, with words and without a foreign exception."""
    naive = sm2.draft().not_before.replace(tzinfo=None)
    with pytest.raises(DraftRefused) as caught:
        sm2.draft(**{key: naive if value == "naive" else value for key, value in changes.items()})
    assert caught.value.todo
