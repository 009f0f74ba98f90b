# SPDX-License-Identifier: Apache-2.0
"""Revocation lists."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from authority import (
    CDP,
    CERT_ISSUER,
    DELTA,
    NULL,
    POINT,
    SM2_ABSENT,
    STRANGE,
    Holder,
    certify,
    crl,
    entry,
    extension,
    integer,
    key_of,
    name,
    seq,
    tlv,
    usage,
)
from case import CA, CA_LIST, GOOD, LEAF, LIST_MALFORMED, NOT_KNOWN, REVOKED, ROOT, Case, case, list_case
from signature_cases import SIGNATURES


def revocation_cases() -> Iterator[Case]:
    mine, strange = LEAF.serial, extension(STRANGE, NULL, critical=True)
    hold = ("INDETERMINATE", "TRY_LATER", "CERTIFICATE_ON_HOLD")
    yield list_case("revocation::revoked", "Key compromise", REVOKED, crl(CA, entry(mine, reason=1)))
    yield list_case(
        "revocation::revoked-without-reason", "No entry extensions", REVOKED, crl(CA, entry(mine))
    )
    yield list_case(
        "revocation::revoked-now", "At this second", REVOKED, crl(CA, entry(mine, "260801040000Z"))
    )
    yield list_case(
        "revocation::revoked-later", "In a second: not yet", GOOD, crl(CA, entry(mine, "260801040001Z"))
    )
    yield list_case("revocation::other-serial", "The next number", GOOD, crl(CA, entry(mine + 1)))
    yield case(
        "revocation::serial-of-other-issuer",
        "The root revokes this number",
        crls=(crl(ROOT, entry(mine)), CA_LIST),
    )
    yield case(
        "revocation::authority-revoked",
        "cACompromise",
        ("TOTAL-FAILED", "REVOKED", "ISSUER_REVOKED"),
        crls=(crl(ROOT, entry(CA.serial, reason=2)), CA_LIST),
    )
    yield list_case("revocation::hold", "On hold", hold, crl(CA, entry(mine, reason=6)))
    released = crl(CA, number=2, this="260801000000Z")
    yield list_case(
        "revocation::hold-released", "A newer list without it", GOOD, crl(CA, entry(mine, reason=6)), released
    )
    yield list_case(
        "revocation::newer-list-revokes",
        "Whatever comes first",
        REVOKED,
        crl(CA, entry(mine, reason=4), number=2, this="260801000000Z"),
        CA_LIST,
    )
    yield list_case("revocation::no-list", "No list of the authority", NOT_KNOWN)
    yield case(
        "revocation::no-list-of-root",
        "No list about the authority",
        ("INDETERMINATE", "TRY_LATER", "ISSUER_REVOCATION_UNKNOWN"),
        crls=(CA_LIST,),
    )
    old: dict[str, Any] = {"this": "260701000000Z", "until": "260801035959Z"}
    yield list_case("revocation::list-expired", "A second ago", NOT_KNOWN, crl(CA, **old))
    yield list_case(
        "revocation::list-expired-revokes",
        "A revocation is for ever",
        REVOKED,
        crl(CA, entry(mine, "260710000000Z", 1), **old),
    )
    yield list_case("revocation::list-from-future", "In a second", NOT_KNOWN, crl(CA, this="260801040001Z"))
    yield list_case("revocation::list-without-end", "No nextUpdate", NOT_KNOWN, crl(CA, until=None))
    other = Holder(key_of("同名机构"), CA.name, b"", 1)
    yield list_case("revocation::list-of-same-name", "Another authority of this name", NOT_KNOWN, crl(other))
    yield list_case(
        "revocation::list-of-same-name-no-aki",
        "The same, without a key identifier",
        NOT_KNOWN,
        crl(other, named=False),
    )
    yield list_case(
        "revocation::list-of-same-name-revokes",
        "A forged revocation proves nothing beside a good list",
        GOOD,
        CA_LIST,
        crl(other, entry(mine), named=False, number=9),
    )
    yield list_case("revocation::list-wrong-key", "Signed by the root", NOT_KNOWN, crl(CA, key=ROOT.key))
    for kind in ("empty-user-id", "raw-64-bytes", "s-negated", "trailing-bytes"):
        description, sign = SIGNATURES[kind]
        yield list_case(f"revocation::list-{kind}", description, NOT_KNOWN, crl(CA, sign=sign))
    yield list_case(
        "revocation::list-absent-parameters", "As national roots write", GOOD, crl(CA, algorithm=SM2_ABSENT)
    )
    yield list_case("revocation::list-inner-differs", "Parameters", LIST_MALFORMED, crl(CA, outer=SM2_ABSENT))
    yield list_case(
        "revocation::entry-twice",
        "One serial number twice",
        LIST_MALFORMED,
        crl(CA, entry(mine), entry(mine)),
    )
    silent = certify("国密签发", ROOT, ca=True, length=0, usage=usage(5))
    yield case("revocation::issuer-without-crl-sign", "Only keyCertSign", NOT_KNOWN, chain=(silent,))
    yield list_case("revocation::list-unknown-critical", "On the list", NOT_KNOWN, crl(CA, more=[strange]))
    yield list_case(
        "revocation::entry-unknown-critical",
        "On an entry of another",
        NOT_KNOWN,
        crl(CA, entry(1, more=strange)),
    )
    yield list_case(
        "revocation::list-unknown-extension", "Not critical", GOOD, crl(CA, more=[extension(STRANGE, NULL)])
    )
    yield list_case(
        "revocation::delta",
        "A delta list alone",
        NOT_KNOWN,
        crl(CA, number=2, more=[extension(DELTA, integer(1), critical=True)]),
    )
    yield list_case(
        "revocation::remove-from-crl",
        "removeFromCRL in a complete list, where RFC 5280 5.3.1 does not allow it: it never clears anybody",
        REVOKED,
        crl(CA, entry(mine, reason=8)),
    )
    points = {
        "only-users": ("onlyContainsUserCerts", GOOD, tlv(0x81, b"\xff")),
        "only-authorities": ("onlyContainsCACerts", NOT_KNOWN, tlv(0x82, b"\xff")),
        "some-reasons": ("onlySomeReasons", NOT_KNOWN, tlv(0x83, b"\x06\x40")),
        "indirect": ("indirectCRL", NOT_KNOWN, tlv(0x84, b"\xff")),
        "attribute-certificates": ("onlyContainsAttributeCerts", NOT_KNOWN, tlv(0x85, b"\xff")),
        "other-partition": (
            "A distribution point of others",
            NOT_KNOWN,
            partition("http://crl.example/2.crl"),
        ),
    }
    for kind, (description, expected, value) in points.items():
        scope = extension(POINT, seq(value), critical=True)
        yield list_case(f"revocation::{kind}", description, expected, crl(CA, more=[scope]))
    address = "http://crl.example/1.crl"
    placed = certify("川建签章", CA, more=[extension(CDP, seq(seq(partition(address))))])
    scope = extension(POINT, seq(partition(address)), critical=True)
    yield list_case(
        "revocation::own-partition", "Its distribution point", GOOD, crl(CA, more=[scope]), leaf=placed
    )
    foreign = extension(CERT_ISSUER, seq(tlv(0xA4, name("别家"))), critical=True)
    yield list_case(
        "revocation::indirect-entry",
        "An entry of another issuer",
        NOT_KNOWN,
        crl(CA, entry(mine, more=foreign)),
    )


def partition(address: str) -> bytes:
    """DistributionPointName with one address, under its tag."""
    return tlv(0xA0, tlv(0xA0, tlv(0x86, address.encode())))
