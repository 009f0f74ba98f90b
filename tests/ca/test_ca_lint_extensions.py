# SPDX-License-Identifier: Apache-2.0
"""Every rule of the extensions, and of whom they name, has drafts that break exactly this one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ca import AlternativeName, CertificatePolicy, Draft, Identifier, IdentifierKind, SubjectName
from ca.rules import EXTENSIONS
from keys import der

from .conftest import (
    AKI,
    BUILDER,
    PERSON,
    SKI,
    USAGE,
    Break,
    cases,
    extension,
    findings,
    issuing,
    passes_the_short_way,
    with_extensions,
)

RULES = {one.name for one in EXTENSIONS} | {"readable"}
CODE = "91510100DEM001017Y"
CONSTRAINTS, CRL, ORGANIZATION, PURPOSES = "2.5.29.19", "2.5.29.31", "1.2.156.10260.4.1.4", "2.5.29.37"
NO_CHECK = "1.3.6.1.5.5.7.48.1.5"
SERVER_AUTH = "1.3.6.1.5.5.7.3.1"
TSL_SIGNING, CLIENT_AUTH, ANY_PURPOSE = "0.4.0.2231.3.0", "1.3.6.1.5.5.7.3.2", "2.5.29.37.0"
SAN, AIA, POLICIES = "2.5.29.17", "1.3.6.1.5.5.7.1.1", "2.5.29.32"
OCSP_URL = "http://ca.example/ocsp"
HOST = AlternativeName("dns", "portal.example.cn")
POLICY = CertificatePolicy("1.2.156.99999.1.1", "http://ca.example/cps")
TAX = Identifier(IdentifierKind.TAXATION_NUMBER, CODE)
# GB 11643 example number of the standard's own text.
RESIDENT = Identifier(IdentifierKind.RESIDENT_ID, "11010519491231002X")


def usage(*bits: int, critical: bool | None = True) -> bytes:
    return extension(USAGE, der.named_bits(bits), critical)


def constraints(*parts: bytes, critical: bool | None = True) -> bytes:
    return extension(CONSTRAINTS, der.sequence(*parts), critical)


def purposes(*oids: str, critical: bool | None = True) -> bytes:
    return extension(PURPOSES, der.sequence(*map(der.oid, oids)), critical)


def list_signer(authority: Any, written: bytes) -> Draft:
    return with_extensions(authority.draft("trust_list", BUILDER), {PURPOSES: written})


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


def san(*names: bytes) -> bytes:
    return extension(SAN, der.sequence(*names))


def aia(*pairs: tuple[str, str]) -> bytes:
    listed = (der.sequence(der.oid(method), der.implicit(6, der.ia5(url))) for method, url in pairs)
    return extension(AIA, der.sequence(*listed))


BROKEN: dict[str, list[Break]] = {
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
        lambda a: with_extensions(a.draft("seal", BUILDER), {}, purposes(CLIENT_AUTH, critical=None)),
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
        lambda a: with_extensions(a.draft("ocsp", BUILDER), {NO_CHECK: b""}),
        lambda a: with_extensions(
            a.draft("ocsp", BUILDER), {NO_CHECK: extension(NO_CHECK, der.boolean(True))}
        ),
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
        lambda a: a.draft("person", BUILDER),
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
        lambda a: a.draft("platform", replace(BUILDER, unit="办公室")),
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
        lambda a: a.draft("tls_server", replace(BUILDER, common_name="www.example.cn")),
        lambda a: a.draft("tls_server", BUILDER),
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


@pytest.mark.parametrize(("rule", "number"), cases(BROKEN, RULES), ids=lambda value: str(value))
def test_breaks_exactly_one_rule_of_extensions(authority: Any, rule: str, number: int) -> None:
    assert findings(BROKEN[rule][number](authority)) == [rule]


@pytest.mark.parametrize("rule", sorted(BROKEN))
def test_the_short_way_accepts_nothing_that_breaks_extensions(authority: Any, rule: str) -> None:
    assert not any(passes_the_short_way(authority, make) for make in BROKEN[rule])
