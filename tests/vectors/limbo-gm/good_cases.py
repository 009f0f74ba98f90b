# SPDX-License-Identifier: Apache-2.0
"""Nothing is wrong, and something is unusual."""

from __future__ import annotations

from collections.abc import Iterator

from authority import (
    EKU,
    END,
    NULL,
    ORGANIZATION_CODE,
    P256,
    SIGN,
    SM2_ABSENT,
    START,
    STRANGE,
    certify,
    crl,
    extension,
    generalized,
    name,
    oid,
    pair,
    printable,
    seq,
    tlv,
    usage,
    utc,
    utf8,
)
from case import CA, GOOD, ROOT, ROOT_LIST, USCC, Case, case, chain_of, leaf_case


def good_cases() -> Iterator[Case]:
    yield case(
        "good::null-parameters", "root -> CA -> EE, SM2 with SM3, parameters NULL as licensed CAs write"
    )
    yield leaf_case("good::absent-parameters", "The same algorithm without parameters", algorithm=SM2_ABSENT)
    root = certify("国密根", ca=True, algorithm=SM2_ABSENT)
    absent = certify("国密签发", root, ca=True, length=0, algorithm=SM2_ABSENT)
    yield case(
        "good::absent-parameters-everywhere",
        "No parameters in certificates and lists",
        anchors=(root,),
        chain=(absent,),
        leaf=certify("川建签章", absent, algorithm=SM2_ABSENT),
        crls=(crl(root, algorithm=SM2_ABSENT), crl(absent, algorithm=SM2_ABSENT)),
    )
    yield leaf_case(
        "good::generalized-time", "Valid into 2050", validity=(START, generalized("20500101000000Z"))
    )
    yield leaf_case("good::utctime-1950", "UTCTime 50 is 1950", validity=(utc("500101000000Z"), END))
    yield leaf_case("good::no-end", "99991231235959Z", validity=(START, generalized("99991231235959Z")))
    yield leaf_case("good::not-before-is-now", "Both ends count", validity=(utc("260801040000Z"), END))
    yield leaf_case("good::not-after-is-now", "Both ends count", validity=(START, utc("260801040000Z")))
    code = printable(USCC)
    wrapped = {
        "explicit": tlv(0xA0, code),
        "implicit": tlv(0x80, USCC.encode()),
        "bare-printable": code,
        "bare-utf8": utf8(USCC),
    }
    for spelling, value in wrapped.items():
        made = certify("川建签章", CA, more=[extension(ORGANIZATION_CODE, value)])
        yield case(f"good::uscc-{spelling}", "GB/T 20518 organization code", leaf=made, uscc=USCC)
    made = certify("川建签章", CA, subject=name("川建签章", organization=f"{USCC}四川样例建工集团有限公司"))
    yield case("good::uscc-in-o", "The code before the name in O", leaf=made, uscc=USCC)
    made = certify("川建签章", CA, more=[extension(ORGANIZATION_CODE, tlv(0xA0, printable(USCC[:-1] + "X")))])
    yield case("good::uscc-wrong-check", "A wrong check character is no code", leaf=made, uscc=None)
    yield leaf_case(
        "good::printable-string", "Subject in PrintableString", subject=name("37010300001721", printable)
    )
    yield leaf_case(
        "good::bmp-string",
        "Subject in BMPString",
        subject=name("川建", lambda t: tlv(0x1E, t.encode("utf-16-be"))),
    )
    backwards = seq(
        tlv(0x31, seq(oid("2.5.4.3"), utf8("川建签章"))), tlv(0x31, seq(oid("2.5.4.6"), printable("CN")))
    )
    yield leaf_case("good::reversed-rdns", "CN first and C last", subject=backwards)
    yield leaf_case("good::without-key-ids", "Neither SKI nor AKI in the leaf", own_id=None, issuer_id=None)
    yield leaf_case("good::unknown-extension", "Not critical", more=[extension(STRANGE, NULL)])
    yield leaf_case("good::serial-20-octets", "The longest serial number", serial=(1 << 159) - 1)
    yield leaf_case(
        "good::usage-not-critical", "As some licensed CAs write", usage=usage(*SIGN, critical=False)
    )
    web = extension(EKU, seq(oid("1.3.6.1.5.5.7.3.1")), critical=True)
    yield leaf_case("good::critical-eku", "Critical serverAuth on a seal certificate", more=[web])
    direct = certify("川建签章", ROOT)
    yield case("good::issued-by-anchor", "anchor -> EE", leaf=direct, chain=(), crls=(ROOT_LIST,))
    anchor = certify("国密根", ca=True, sign=lambda key, tbs: pair(1, 1))
    yield case("good::anchor-self-signature", "An anchor is trusted as it is (6.1.1 d)", anchors=(anchor,))
    for depth in (3, 4):
        yield chain_of(depth, f"good::depth-{depth}", f"{depth} certificates below the anchor", GOOD)
    upper = certify("旧钥", ROOT, ca=True, length=0)
    rolled = certify("新钥", upper, ca=True, length=0, subject=upper.name)
    yield case(
        "good::self-issued-not-counted",
        "root -> CA (pathLen 0) -> the same CA with a new key -> EE: RFC 5280 4.2.1.9 does not count it",
        leaf=certify("川建签章", rolled),
        chain=(upper, rolled),
        crls=(ROOT_LIST, crl(upper), crl(rolled)),
    )
    nist = P256("nist root")
    other = certify("NIST 根", ca=True, key=nist)
    below = certify("国密签发", other, ca=True, length=0)
    yield case(
        "good::cross-family",
        "A P-256 root over an SM2 authority: each signature in the scheme of its key",
        anchors=(other,),
        chain=(below,),
        leaf=certify("川建签章", below),
        crls=(crl(other), crl(below)),
    )
    decoy = certify("签发 假", ROOT, ca=True, length=0, subject=CA.name)
    yield case("good::two-authorities-of-one-name", "The key identifier picks one", chain=(decoy, CA))
    bare = certify("川建签章", CA, issuer_id=None)
    yield case("good::two-authorities-no-aki", "Only the signature picks one", leaf=bare, chain=(decoy, CA))
