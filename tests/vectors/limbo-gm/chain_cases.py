# SPDX-License-Identifier: Apache-2.0
"""Who may certify whom, for how long and for what; and the form of a certificate."""

from __future__ import annotations

from collections.abc import Iterator

from authority import (
    AUTHORITY,
    EKU,
    ENCRYPT,
    END,
    KEY_ID,
    NAMES,
    NULL,
    POLICIES,
    SIGN,
    START,
    STRANGE,
    USAGE,
    basic,
    certify,
    crl,
    extension,
    generalized,
    issuer_id,
    key_id,
    key_of,
    name,
    octets,
    oid,
    seq,
    tlv,
    usage,
    utc,
)
from case import (
    BOTH,
    CA,
    FORGED,
    GOOD,
    LEAF,
    MALFORMED,
    NO_CHAIN,
    ROOT,
    ROOT_LIST,
    Case,
    Verdict,
    ca_case,
    case,
    chain_of,
    leaf_case,
    limits,
    period,
)


def chain_cases() -> Iterator[Case]:
    yield leaf_case(
        "chain::issuer-name-mismatch", "Issued by another name", NO_CHAIN, issuer_name=name("国密签发二")
    )
    yield leaf_case(
        "chain::issuer-name-other-string-type",
        "The same text in BMPString: names are compared as DER here, which is stricter than RFC 5280 7.1",
        NO_CHAIN,
        issuer_name=name("国密签发", lambda t: tlv(0x1E, t.encode("utf-16-be"))),
    )
    yield leaf_case(
        "chain::aki-mismatch",
        "The key identifier of the root",
        NO_CHAIN,
        issuer_id=issuer_id(key_id(ROOT.key)),
    )
    yield leaf_case("chain::empty-issuer", "An issuer without a name", MALFORMED, issuer_name=seq())
    yield case("chain::missing-authority", "The authority is not there", NO_CHAIN, chain=())
    foreign = certify("外国根", ca=True)
    yield case("chain::other-anchor", "Only another anchor is trusted", NO_CHAIN, anchors=(foreign,))
    twin = certify("国密根", ca=True, key=key_of("另一把根钥"))
    yield case("chain::anchor-same-name-other-key", "The key identifier differs", NO_CHAIN, anchors=(twin,))
    twin = certify(
        "国密根", ca=True, key=key_of("另一把根钥"), own_id=extension(KEY_ID, octets(key_id(ROOT.key)))
    )
    yield case(
        "chain::anchor-same-name-same-id",
        "Name and identifier fit, the key does not",
        FORGED,
        anchors=(twin,),
    )
    yield case(
        "chain::anchor-in-message",
        "The root comes with the message",
        NO_CHAIN,
        chain=(CA, ROOT),
        anchors=(foreign,),
    )
    self_signed = certify("川建签章")
    yield case("chain::self-signed-leaf", "Trusted by nobody", NO_CHAIN, leaf=self_signed, chain=(), crls=())
    yield ca_case("chain::no-basic-constraints", "On the authority", limits("ISSUER_NOT_CA"), basic=None)
    yield ca_case("chain::ca-false", "On the authority", limits("ISSUER_NOT_CA"), basic=basic(False))
    yield ca_case(
        "chain::ca-false-with-length",
        "A path length on what is no authority",
        MALFORMED,
        basic=basic(False, 0),
    )
    yield ca_case("chain::no-key-cert-sign", "Only cRLSign", limits("ISSUER_NOT_CA"), usage=usage(6))
    below = certify("川建签章二", LEAF)
    yield case(
        "chain::leaf-as-authority",
        "The leaf certifies another one",
        limits("ISSUER_NOT_CA"),
        leaf=below,
        chain=(CA, LEAF),
        crls=(*BOTH, crl(LEAF)),
    )
    second = certify("二级签发", CA, ca=True)
    yield case(
        "chain::path-length-exceeded",
        "An authority below pathLen 0",
        limits("PATH_TOO_LONG"),
        leaf=certify("川建签章", second),
        chain=(CA, second),
        crls=(*BOTH, crl(second)),
    )
    short = certify("国密根", ca=True, length=0)
    yield case(
        "chain::anchor-path-length",
        "pathLen 0 on the anchor binds too",
        limits("PATH_TOO_LONG"),
        anchors=(short,),
    )
    yield chain_of(5, "chain::too-deep", "Five certificates below the anchor; the limit is four", NO_CHAIN)
    alone = certify("甲", ca=True)
    first = certify("甲", ca=True, issuer_name=name("乙"), signer=key_of("乙"), issuer_id=None)
    second = certify("乙", ca=True, issuer_name=name("甲"), signer=key_of("甲"), issuer_id=None)
    looped = certify("川建签章", alone)
    yield case(
        "chain::loop-of-two",
        "Two authorities that certify each other",
        NO_CHAIN,
        leaf=looped,
        chain=(first, second),
    )
    many = [
        certify("甲", ca=True, key=key_of(f"甲{n}"), signer=key_of("甲"), issuer_id=None) for n in range(4)
    ]
    yield case(
        "chain::self-issued-loop",
        "Self-issued certificates without an anchor",
        NO_CHAIN,
        leaf=looped,
        chain=(alone, *many),
    )
    strange = extension(STRANGE, NULL, critical=True)
    unknown = limits("CRITICAL_EXTENSION_UNKNOWN")
    yield leaf_case("chain::leaf-unknown-critical", "On the leaf", unknown, more=[strange])
    yield ca_case("chain::authority-unknown-critical", "On the authority", unknown, more=[strange])
    anchor = certify("国密根", ca=True, more=[strange])
    yield case(
        "chain::anchor-unknown-critical", "On the anchor: stricter than RFC 5280", unknown, anchors=(anchor,)
    )
    subtree = extension(NAMES, seq(tlv(0xA0, seq(tlv(0x82, b".example")))))
    yield ca_case(
        "chain::name-constraints", "Not critical; they bind and are not implemented", unknown, more=[subtree]
    )
    explicit = extension(POLICIES, seq(tlv(0x80, b"\x00")))
    yield ca_case(
        "chain::policy-constraints",
        "requireExplicitPolicy 0 without critical over a leaf without policies: RFC 5280 6.1.4 (i) binds",
        unknown,
        more=[explicit],
    )
    twice = usage(*SIGN)
    yield leaf_case("chain::duplicate-extension", "Key usage twice, the same", MALFORMED, more=[twice])
    yield leaf_case(
        "chain::duplicate-extension-differs", "Key usage twice, different", MALFORMED, more=[usage(*ENCRYPT)]
    )
    yield from form_cases()
    yield from time_cases()


def form_cases() -> Iterator[Case]:
    yield leaf_case("form::version-1-with-extensions", "Extensions need version 3", MALFORMED, version=b"")
    yield leaf_case("form::version-4", "There is none", MALFORMED, version=b"\xa0\x03\x02\x01\x03")
    yield leaf_case("form::serial-negative", "-1", MALFORMED, serial=-1)
    yield leaf_case("form::serial-21-octets", "One octet too many", MALFORMED, serial=1 << 160)
    yield leaf_case("form::serial-not-minimal", "00 01", MALFORMED, serial_der=b"\x02\x02\x00\x01")
    yield leaf_case(
        "form::empty-key-usage", "No bit is set", MALFORMED, usage=extension(USAGE, b"\x03\x01\x00")
    )
    yield leaf_case("form::no-validity-end", "One time only", MALFORMED, validity=(START,))
    yield leaf_case("form::utctime-no-seconds", "2601010000Z", MALFORMED, validity=(utc("2601010000Z"), END))
    yield leaf_case("form::utctime-offset", "+0800", MALFORMED, validity=(utc("260101000000+0800"), END))
    yield leaf_case("form::utctime-local", "Without Z", MALFORMED, validity=(utc("260101000000"), END))
    yield leaf_case("form::february-30", "No such day", MALFORMED, validity=(utc("260230000000Z"), END))
    fraction = generalized("20260101000000.5Z")
    yield leaf_case(
        "form::generalized-fraction", "A fraction of a second", MALFORMED, validity=(fraction, END)
    )
    yield case("form::trailing-byte", "A byte after the certificate", MALFORMED, leaf=LEAF.der + b"\x00")
    yield case("form::truncated", "The last byte is missing", MALFORMED, leaf=LEAF.der[:-1])
    indefinite = b"\x30\x80" + LEAF.der[4:] + b"\x00\x00"
    yield case("form::indefinite-length", "BER", MALFORMED, leaf=indefinite)


def time_cases() -> Iterator[Case]:
    past, future = (utc("200101000000Z"), utc("260801035959Z")), (utc("260801040001Z"), END)
    yield leaf_case("time::leaf-expired", "A second ago", period("CERTIFICATE_EXPIRED"), validity=past)
    yield leaf_case(
        "time::leaf-not-yet-valid", "In a second", period("CERTIFICATE_NOT_YET_VALID"), validity=future
    )
    yield ca_case("time::authority-expired", "A second ago", period("ISSUER_EXPIRED"), validity=past)
    yield ca_case(
        "time::authority-not-yet-valid", "In a second", period("ISSUER_NOT_YET_VALID"), validity=future
    )
    for kind, code, validity in (
        ("expired", "ISSUER_EXPIRED", past),
        ("not-yet-valid", "ISSUER_NOT_YET_VALID", future),
    ):
        anchor = certify("国密根", ca=True, validity=validity)
        yield case(
            f"time::anchor-{kind}", "Stricter than RFC 5280: anchors end too", period(code), anchors=(anchor,)
        )
    yield leaf_case(
        "time::utctime-50",
        "UTCTime 50 is 1950, not 2050",
        period("CERTIFICATE_EXPIRED"),
        validity=(START, utc("500101000000Z")),
    )


def use_cases() -> Iterator[Case]:
    wrong = limits("KEY_USAGE")
    rows: dict[str, tuple[str, str, Verdict, bytes | None]] = {
        "encryption-only-for-seal": ("The other certificate of a pair", "seal", wrong, usage(*ENCRYPT)),
        "encryption-only-for-login": ("The other certificate of a pair", "login", wrong, usage(*ENCRYPT)),
        "encryption-only-for-nothing": ("It is a good certificate", "certificate", GOOD, usage(*ENCRYPT)),
        "agreement-only-for-login": ("keyAgreement", "login", wrong, usage(4)),
        "signing-for-login": ("digitalSignature and nonRepudiation", "login", GOOD, usage(*SIGN)),
        "non-repudiation-for-seal": ("nonRepudiation alone", "seal", GOOD, usage(1)),
        "non-repudiation-for-login": ("nonRepudiation alone", "login", wrong, usage(1)),
        "both-for-seal": (
            "Signing and encryption in one, as in circulation",
            "seal",
            GOOD,
            usage(*SIGN, *ENCRYPT),
        ),
        "missing-for-seal": ("In circulation", "seal", GOOD, None),
        "missing-for-login": ("A login certificate says what it is for", "login", wrong, None),
        "authority-usage-for-seal": ("keyCertSign and cRLSign alone", "seal", wrong, usage(*AUTHORITY)),
    }
    for kind, (description, purpose, expected, value) in rows.items():
        made = certify("川建签章", CA, usage=value)
        yield case(f"usage::{kind}", description, expected, leaf=made, purpose=purpose)
    for purpose in ("seal", "login"):
        yield case(
            f"usage::authority-for-{purpose}",
            "An authority",
            wrong,
            leaf=CA,
            chain=(),
            crls=(ROOT_LIST,),
            purpose=purpose,
        )
    purposes = {
        "list-signing-for-seal": ("0.4.0.2231.3.0", "seal"),
        "time-stamping-for-login": ("1.3.6.1.5.5.7.3.8", "login"),
        "ocsp-signing-for-login": ("1.3.6.1.5.5.7.3.9", "login"),
    }
    for kind, (purpose_oid, purpose) in purposes.items():
        made = certify("川建签章", CA, more=[extension(EKU, seq(oid(purpose_oid)), critical=True)])
        yield case(
            f"usage::{kind}",
            "Reserved for a service",
            limits("EXTENDED_KEY_USAGE"),
            leaf=made,
            purpose=purpose,
        )
