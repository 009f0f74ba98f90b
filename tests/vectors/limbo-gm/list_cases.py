# SPDX-License-Identifier: Apache-2.0
"""Lists that are laid over others, that speak of a part, or that another key of the authority signs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from authority import (
    CDP,
    DELTA,
    NULL,
    POINT,
    STRANGE,
    Holder,
    certify,
    crl,
    entry,
    extension,
    integer,
    key_of,
    seq,
    tlv,
    usage,
    utc,
)
from case import (
    CA,
    CA_LIST,
    GOOD,
    LEAF,
    LIST_MALFORMED,
    NOT_KNOWN,
    REVOKED,
    ROOT,
    Case,
    Verdict,
    case,
    list_case,
)
from revocation_cases import partition


def delta(*entries: bytes, base: int = 1, number: int = 2, **options: Any) -> bytes:
    """What changed since list number ``base``: a day newer than the complete list."""
    more = [extension(DELTA, integer(base), critical=True), *options.pop("more", ())]
    return crl(CA, *entries, **{"number": number, "this": "260801000000Z", "more": more, **options})


def delta_cases() -> Iterator[Case]:
    """A complete list, number 1, and a delta over it: RFC 5280 section 5.2.4 and 6.3.3."""
    mine, held = LEAF.serial, crl(CA, entry(LEAF.serial, reason=6))
    hold = ("INDETERMINATE", "TRY_LATER", "CERTIFICATE_ON_HOLD")
    resumed, gone = entry(mine, "260731120000Z", 8), entry(mine, "260731120000Z", 1)

    def one(kind: str, description: str, expected: Verdict, *crls: bytes) -> Case:
        return list_case(f"delta::{kind}", description, expected, *crls)

    yield one("empty", "Nothing changed", GOOD, CA_LIST, delta())
    yield one("order-of-files", "The delta comes first", GOOD, delta(), CA_LIST)
    yield one("revokes", "Revoked since the complete list", REVOKED, CA_LIST, delta(gone))
    yield one("revokes-alone", "Without its base a revocation is one still", REVOKED, delta(gone))
    yield one("holds", "On hold since the complete list", hold, CA_LIST, delta(entry(mine, reason=6)))
    yield one("resumes", "removeFromCRL after a hold", GOOD, held, delta(resumed))
    yield one("resumes-alone", "Without its base nothing is known", NOT_KNOWN, delta(resumed))
    yield one("hold-stays", "The delta does not speak of it", hold, held, delta())
    yield one("hold-becomes-revoked", "Key compromise after a hold", REVOKED, held, delta(gone))
    yield one(
        "other-resumed", "removeFromCRL of the next number", hold, held, delta(entry(mine + 1, reason=8))
    )
    yield one(
        "base-newer", "The complete list is newer than the base", GOOD, crl(CA, number=3), delta(number=5)
    )
    yield one(
        "base-older", "The complete list is older than the base", NOT_KNOWN, old(), delta(base=2, number=3)
    )
    yield one(
        "base-is-itself", "Number of the delta and of the list are one", NOT_KNOWN, old(number=2), delta()
    )
    yield one("covers-stale-list", "The complete list ran out, the delta is fresh", GOOD, old(), delta())
    yield one("stale", "The delta ran out, the list is fresh", GOOD, CA_LIST, delta(until="260801035959Z"))
    yield one("stale-revokes", "Ran out, and revokes", REVOKED, CA_LIST, delta(gone, until="260801035959Z"))
    yield one("both-stale", "Both ran out", NOT_KNOWN, old(), delta(until="260801035959Z"))
    yield one("from-future", "The delta is of the next second", GOOD, CA_LIST, delta(this="260801040001Z"))
    other = Holder(key_of("同名机构"), CA.name, b"", 1)
    yield one("forged-resumes", "Signed by another key", hold, held, delta(resumed, key=other.key))
    yield one(
        "forged-base", "The complete list is signed by another key", NOT_KNOWN, old(key=other.key), delta()
    )
    yield one(
        "unknown-critical",
        "On the delta: it is left aside",
        hold,
        held,
        delta(resumed, more=[extension(STRANGE, NULL, critical=True)]),
    )
    point = extension(POINT, seq(partition("http://crl.example/1.crl")), critical=True)
    yield one("other-scope", "The delta is about a partition", hold, held, delta(resumed, more=[point]))
    users = extension(POINT, seq(tlv(0x81, b"\xff")), critical=True)
    yield one(
        "scope-differs",
        "Complete about all, delta about users only",
        hold,
        held,
        delta(resumed, more=[users]),
    )
    yield one(
        "not-critical", "The indicator is not critical, and read all the same", GOOD, held, delta_uncritical()
    )
    yield one("without-number", "A delta has a number", LIST_MALFORMED, CA_LIST, crl_without_number())
    yield one(
        "no-key-id", "The base names its key and the delta does not", hold, held, delta(resumed, named=False)
    )


def old(**options: Any) -> bytes:
    """A complete list that ran out a second before the check."""
    return crl(CA, **{"this": "260701000000Z", "until": "260801035959Z", **options})


def delta_uncritical() -> bytes:
    resumed = entry(LEAF.serial, "260731120000Z", 8)
    more = [extension(DELTA, integer(1))]
    return crl(CA, resumed, number=2, this="260801000000Z", more=more)


def crl_without_number() -> bytes:
    return crl(CA, number=None, more=[extension(DELTA, integer(1), critical=True)])


def partition_cases() -> Iterator[Case]:
    """The list of one distribution point: it counts for certificates that point there, byte for byte."""
    address = "http://crl.example/crl/seals-sm2/3.crl"

    def placed(*addresses: str) -> Holder:
        points = [seq(partition(one)) for one in addresses]
        return certify("川建签章", CA, more=[extension(CDP, seq(*points))])

    def part(*entries: bytes, at: str = address, critical: bool = True, **options: Any) -> bytes:
        more = [extension(POINT, seq(partition(at)), critical=critical), *options.pop("more", ())]
        return crl(CA, *entries, more=more, **options)

    def one(kind: str, description: str, expected: Verdict, leaf: Holder, *crls: bytes) -> Case:
        return list_case(f"partition::{kind}", description, expected, *crls, leaf=leaf)

    own, mine = placed(address), LEAF.serial
    yield one("own", "Its own", GOOD, own, part())
    yield one("own-revokes", "Its own, revoked", REVOKED, own, part(entry(mine, reason=4)))
    yield one("other", "The next partition", NOT_KNOWN, own, part(at=address.replace("3.crl", "4.crl")))
    yield one(
        "other-revokes",
        "The next partition lists the number: it is not about this certificate",
        GOOD,
        own,
        part(),
        part(entry(mine), at=address.replace("3.crl", "4.crl")),
    )
    yield one(
        "case-of-letters",
        "Upper case in the path",
        NOT_KNOWN,
        own,
        part(at=address.replace("seals", "Seals")),
    )
    yield one(
        "percent",
        "Percent-encoded, which another program may take for the same",
        NOT_KNOWN,
        own,
        part(at=address.replace("3.crl", "%33.crl")),
    )
    yield one("nowhere", "The certificate points nowhere", NOT_KNOWN, LEAF, part())
    yield one(
        "one-of-two", "The certificate points to two", GOOD, placed("http://other.example/", address), part()
    )
    yield one(
        "whole-list-beside",
        "A newer list about everything revokes",
        REVOKED,
        own,
        part(),
        crl(CA, entry(mine), number=2, this="260801000000Z"),
    )
    yield one(
        "point-not-critical", "Not critical, and read all the same", NOT_KNOWN, LEAF, part(critical=False)
    )
    delta_of = extension(DELTA, integer(1), critical=True)
    newer: dict[str, Any] = {"number": 2, "this": "260801000000Z", "more": [delta_of]}
    yield one(
        "delta",
        "A delta of the partition revokes",
        REVOKED,
        own,
        part(),
        part(entry(mine, "260731120000Z", 1), **newer),
    )
    yield one(
        "delta-of-other",
        "A delta of the next partition",
        GOOD,
        own,
        part(),
        part(entry(mine, "260731120000Z", 1), at=address.replace("3.crl", "4.crl"), **newer),
    )


def signer_cases() -> Iterator[Case]:
    """Lists signed by another key of the same authority: RFC 5280 section 6.3.3 (f)."""
    key = key_of("国密签发吊销")
    special = certify("国密签发吊销", ROOT, key=key, subject=CA.name, ca=False, usage=usage(6))
    with_key = Holder(key, CA.name, b"", 0)
    mine = crl(with_key)

    def one(
        kind: str, description: str, expected: Verdict, signer: Holder | None, *crls: bytes, **options: Any
    ) -> Case:
        chain = (CA,) if signer is None else (CA, signer)
        return list_case(f"list-signer::{kind}", description, expected, *crls, chain=chain, **options)

    yield one("separate-key", "A key for lists alone, certified by the root", GOOD, special, mine)
    yield one("separate-key-revokes", "It revokes", REVOKED, special, crl(with_key, entry(LEAF.serial)))
    yield one("unknown-key", "Its certificate is not at hand", NOT_KNOWN, None, mine)
    silent = certify("国密签发吊销", ROOT, key=key, subject=CA.name, ca=False, usage=usage(0))
    yield one("without-crl-sign", "It may not sign lists", NOT_KNOWN, silent, mine)
    under = certify("国密签发吊销", CA, key=key, subject=CA.name, ca=False, usage=usage(6))
    yield one("certified-by-itself", "Certified by the key whose lists are wanted", NOT_KNOWN, under, mine)
    foreign_root = certify("别根", ca=True)
    foreign = certify("国密签发吊销", foreign_root, key=key, subject=CA.name, ca=False, usage=usage(6))
    yield one(
        "other-anchor",
        "Certified under another anchor",
        NOT_KNOWN,
        foreign,
        mine,
        crl(foreign_root),
        anchors=(ROOT, foreign_root),
    )
    revoked = case(
        "list-signer::revoked",
        "The certificate of the key for lists is revoked",
        NOT_KNOWN,
        chain=(CA, special),
        crls=(crl(ROOT, entry(special.serial, reason=1)), mine),
    )
    yield revoked
    expired = certify(
        "国密签发吊销",
        ROOT,
        key=key,
        subject=CA.name,
        ca=False,
        usage=usage(6),
        validity=(utc("250101000000Z"), utc("260801035959Z")),
    )
    yield one("expired", "The certificate of the key for lists ran out", NOT_KNOWN, expired, mine)
