# SPDX-License-Identifier: Apache-2.0
"""Paths: RFC 5280 section 6.1, rule by rule, for the three families of keys."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from keys import KeyKind, der
from verify import (
    Indication,
    Purpose,
    SignatureReport,
    SubIndication,
    Trust,
    check_certificate,
    parse_certificate,
)

AT = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)
PASSED, FAILED, UNSURE = Indication.TOTAL_PASSED, Indication.TOTAL_FAILED, Indication.INDETERMINATE
Sub = SubIndication


def check(
    one: Any, trust: Trust, at: datetime = AT, purpose: Purpose = Purpose.SEAL, **more: Any
) -> SignatureReport:
    return check_certificate(one.certificate, trust, at, purpose=purpose, **more)


def outcome(report: SignatureReport) -> tuple[Indication, SubIndication | None, str]:
    for reason in report.reasons:
        assert reason.zh
        assert reason.en
    return report.indication, report.sub_indication, report.reasons[0].code


GOOD = (PASSED, None, "CERTIFICATE_TRUSTED")
UNTRUSTED = (UNSURE, Sub.NO_CERTIFICATE_CHAIN_FOUND, "CHAIN_UNTRUSTED")


EXTENDED_KEY_USAGE = "2.5.29.37"
TSL_SIGNING, TIME_STAMPING, OCSP_SIGNING = "0.4.0.2231.3.0", "1.3.6.1.5.5.7.3.8", "1.3.6.1.5.5.7.3.9"
SERVER_AUTH, CLIENT_AUTH, EMAIL = "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.4"
DOCUMENT_SIGNING, ANY_PURPOSE = "1.3.6.1.5.5.7.3.36", "2.5.29.37.0"


def purposes(making: Any, *identifiers: str, critical: bool = True) -> dict[str, bytes]:
    """The extension, as ``certify`` takes it."""
    value = der.sequence(*map(der.oid, identifiers))
    return {EXTENDED_KEY_USAGE: making.extension(EXTENDED_KEY_USAGE, value, critical=critical)}


@pytest.mark.parametrize("purpose", [Purpose.SEAL, Purpose.LOGIN, Purpose.CERTIFICATE])
def test_good_path(world: Any, purpose: Purpose) -> None:
    """Three certificates, two lists, whatever the purpose."""
    report = check(world.leaf, world.trust, purpose=purpose)
    assert outcome(report) == GOOD
    assert report.format == "X.509"
    signer = report.facts["signer"]
    assert isinstance(signer, dict)
    assert signer["common_name"] == "川建签章"
    assert signer["organization"] == "四川样例建工集团有限公司"
    assert signer["uscc"] == "91510100DEM001017Y"
    assert signer["issuer"] == "测试签发"
    assert signer["key"] == world.leaf.key.public_key.kind.value
    assert signer["not_after"] == "2029-01-17T04:00:00Z"
    assert signer["fingerprint"] == world.leaf.certificate.fingerprint
    chain = report.facts["chain"]
    assert isinstance(chain, list)
    assert [(one["common_name"], one["revocation"]) for one in chain if isinstance(one, dict)] == [
        ("川建签章", "good"),
        ("测试签发", "good"),
        ("测试根", "anchor"),
    ]
    assert report.facts["revocation"] == {
        "status": "good",
        "list": {
            "issuer": "测试签发",
            "number": "1",
            "this_update": "2026-07-31T04:00:00Z",
            "next_update": "2026-08-07T04:00:00Z",
        },
    }


def test_intermediates_of_the_message(world: Any) -> None:
    """They help to find the path; without them there is none."""
    trust = replace(world.trust, intermediates=())
    assert outcome(check(world.leaf, trust)) == UNTRUSTED
    assert outcome(check(world.leaf, trust, intermediates=[world.issuing.certificate])) == GOOD


def test_lists_of_the_message(world: Any) -> None:
    """A sealed file may carry the lists that prove its certificate."""
    trust = replace(world.trust, crls=())
    assert check(world.leaf, trust).sub_indication is Sub.TRY_LATER
    assert outcome(check(world.leaf, trust, crls=world.trust.crls)) == GOOD


def test_anchors_come_from_the_verifier_only(world: Any) -> None:
    """A message that brings its own root brings nothing."""
    nothing = Trust(crls=world.trust.crls)
    everything = [world.root.certificate, world.issuing.certificate, world.leaf.certificate]
    assert outcome(check(world.leaf, nothing, intermediates=everything)) == UNTRUSTED


def test_self_signed(world: Any, making: Any) -> None:
    """Alone it proves nothing; handed over as an anchor it is believed."""
    alone = making.certify("自签", kind=world.leaf.key.public_key.kind)
    assert outcome(check(alone, world.trust)) == UNTRUSTED
    report = check(alone, replace(world.trust, anchors=(alone.certificate,)))
    assert outcome(report) == GOOD
    assert report.facts["revocation"] == {"status": "anchor"}


def test_impostor_with_the_name_of_the_root(world: Any, making: Any) -> None:
    """Same names, other keys: the key identifiers tell, and without them the signature."""
    kind = world.leaf.key.public_key.kind
    key = making.key_of(kind, "impostor")
    impostor = making.certify("测试签发", kind=kind, key=key, authority=True)
    forged = impostor.certify("川建签章")
    assert outcome(check(forged, world.trust)) == UNTRUSTED
    without = impostor.certify("川建签章", extensions={"2.5.29.35": None})
    report = check(without, world.trust, intermediates=[impostor.certificate])
    assert outcome(report) == (
        FAILED,
        Sub.CERTIFICATE_CHAIN_GENERAL_FAILURE,
        "CHAIN_SIGNATURE_INVALID",
    )
    claiming = making.extension(
        "2.5.29.35",
        der.sequence(der.implicit(0, der.octets(world.issuing.certificate.subject_key_id))),
    )
    report = check(impostor.certify("川建签章", extensions={"2.5.29.35": claiming}), world.trust)
    assert outcome(report)[2] == "CHAIN_SIGNATURE_INVALID"


def test_families_do_not_stand_in_for_each_other(making: Any) -> None:
    """An SM2 authority may certify an RSA key and the other way round; the signature is what counts."""
    for authority, kind in ((KeyKind.SM2, KeyKind.RSA2048), (KeyKind.RSA2048, KeyKind.SM2)):
        root = making.certify("根", kind=authority, authority=True)
        leaf = root.certify("叶", kind=kind)
        assert outcome(check(leaf, Trust(anchors=(root.certificate,), crls=(root.crl(),)))) == GOOD


def test_algorithm_of_another_family(making: Any) -> None:
    """A signature of an EC key under the name of SM2 with SM3 is no signature of either."""
    root = making.certify("根", kind=KeyKind.SM2, authority=True)
    other = making.Holder(making.key_of(KeyKind.P256, "other"), root.certificate)
    sm2 = making.default_scheme(KeyKind.SM2).algorithm_identifier()
    confused = other.certify("叶", raw={"algorithm": sm2})
    report = check(confused, Trust(anchors=(root.certificate,), crls=(root.crl(),)))
    assert outcome(report)[2] == "CHAIN_SIGNATURE_INVALID"


@pytest.mark.parametrize(
    ("at", "code"),
    [
        (AT - timedelta(days=200), "REVOCATION_UNKNOWN"),
        (AT - timedelta(days=200, seconds=1), "CERTIFICATE_NOT_YET_VALID"),
        (AT + timedelta(days=900), "REVOCATION_UNKNOWN"),
        (AT + timedelta(days=900, seconds=1), "CERTIFICATE_EXPIRED"),
    ],
)
def test_validity_to_the_second(small: Any, at: datetime, code: str) -> None:
    """RFC 5280 section 4.1.2.5: both ends are inside."""
    report = check(small.leaf, small.trust, at)
    assert outcome(report)[2] == code
    assert report.indication is UNSURE
    if code != "REVOCATION_UNKNOWN":
        assert report.sub_indication is Sub.OUT_OF_BOUNDS_NO_POE


@pytest.mark.parametrize(
    ("start", "end", "code"),
    [
        (AT - timedelta(days=9), AT - timedelta(days=1), "ISSUER_EXPIRED"),
        (AT + timedelta(days=1), AT + timedelta(days=9), "ISSUER_NOT_YET_VALID"),
    ],
)
def test_validity_of_issuers(small: Any, making: Any, start: datetime, end: datetime, code: str) -> None:
    """Of an authority, and of the anchor."""
    issuing = small.root.certify("乙", authority=True, not_before=start, not_after=end)
    leaf = issuing.certify("丙")
    trust = replace(small.trust, intermediates=(issuing.certificate,), crls=(small.root.crl(), issuing.crl()))
    assert outcome(check(leaf, trust)) == (UNSURE, Sub.OUT_OF_BOUNDS_NO_POE, code)
    root = making.certify("甲", authority=True, not_before=start, not_after=end)
    trust = Trust(anchors=(root.certificate,), crls=(root.crl(),))
    assert outcome(check(root.certify("丁"), trust))[2] == code


CONSTRAINTS = "2.5.29.19"
KEY_USAGE = "2.5.29.15"


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"authority": False, "uses": (5, 6)}, "ISSUER_NOT_CA"),
        ({"authority": True, "uses": (0, 1, 6)}, "ISSUER_NOT_CA"),
        ({"authority": True, "extensions": {CONSTRAINTS: None}}, "ISSUER_NOT_CA"),
        ({"authority": True, "extensions": {KEY_USAGE: None}}, "CERTIFICATE_TRUSTED"),
    ],
)
def test_who_may_issue(small: Any, making: Any, options: dict[str, Any], code: str) -> None:
    """Basic constraints always, key usage when it is there; the same for an anchor."""
    issuing = small.root.certify("乙", **options)
    trust = replace(small.trust, intermediates=(issuing.certificate,), crls=(small.root.crl(), issuing.crl()))
    report = check(issuing.certify("丙"), trust)
    assert code in [reason.code for reason in report.reasons]
    root = making.certify("甲", **options)
    report = check(root.certify("丁"), Trust(anchors=(root.certificate,), crls=(root.crl(),)))
    assert code in [reason.code for reason in report.reasons]


def test_an_end_entity_does_not_issue(small: Any) -> None:
    """The classic: a bought certificate that signs another one."""
    forged = small.leaf.certify("冒牌")
    report = check(forged, small.trust, intermediates=[small.leaf.certificate], crls=[small.leaf.crl()])
    assert outcome(report) == (UNSURE, Sub.CHAIN_CONSTRAINTS_FAILURE, "ISSUER_NOT_CA")


def tower(making: Any, length: int, **lowest: Any) -> tuple[Any, Trust]:
    """A path of ``length`` certificates; ``lowest``: options of the anchor."""
    holders = [making.certify("塔0", authority=True, **lowest)]
    for level in range(1, length - 1):
        holders.append(holders[-1].certify(f"塔{level}", authority=True))
    leaf = holders[-1].certify("塔顶")
    trust = Trust(
        anchors=(holders[0].certificate,),
        intermediates=tuple(one.certificate for one in holders[1:]),
        crls=tuple(one.crl() for one in holders),
    )
    return leaf, trust


@pytest.mark.parametrize(("length", "expected"), [(2, GOOD), (5, GOOD), (6, UNTRUSTED)])
def test_length_of_a_path(making: Any, length: int, expected: tuple[Any, ...]) -> None:
    """At most five certificates."""
    assert outcome(check(*tower(making, length))) == expected


@pytest.mark.parametrize(
    ("length", "allowed", "good"), [(2, 0, True), (3, 0, False), (3, 1, True), (4, 1, False), (5, 3, True)]
)
def test_path_length_constraint(making: Any, length: int, allowed: int, good: bool) -> None:
    """How many authorities may follow."""
    report = check(*tower(making, length, path_length=allowed))
    assert outcome(report) == (GOOD if good else (UNSURE, Sub.CHAIN_CONSTRAINTS_FAILURE, "PATH_TOO_LONG"))


def test_self_issued_authorities_do_not_count(making: Any) -> None:
    """RFC 5280 section 4.2.1.9: a key roll-over certificate does not lengthen the path."""
    root = making.certify("轮换", authority=True, path_length=0)
    rolled = root.certify("轮换", authority=True, key=making.key_of(KeyKind.P256, "new"))
    leaf = rolled.certify("叶")
    trust = Trust(
        anchors=(root.certificate,), intermediates=(rolled.certificate,), crls=(root.crl(), rolled.crl())
    )
    assert outcome(check(leaf, trust)) == GOOD


DIGITAL, NON_REPUDIATION, ENCIPHER, AGREE, SIGN_CERTIFICATES = 0, 1, 2, 4, 5


@pytest.mark.parametrize(
    ("uses", "seal", "login", "listing"),
    [
        ((DIGITAL, NON_REPUDIATION), True, True, True),
        ((DIGITAL,), True, True, True),
        ((NON_REPUDIATION,), True, False, False),
        ((DIGITAL, ENCIPHER), True, True, True),
        ((ENCIPHER, 3, AGREE), False, False, False),
        ((SIGN_CERTIFICATES, 6), False, False, False),
        (None, True, False, False),
    ],
)
def test_key_usage(
    small: Any, making: Any, uses: tuple[int, ...] | None, seal: bool, login: bool, listing: bool
) -> None:
    """What each purpose asks for; an encryption certificate serves none."""
    silent = {KEY_USAGE: None} if uses is None else {}
    leaf = small.issuing.certify("用途", uses=uses, extensions=silent)
    listed = small.issuing.certify("名单", uses=uses, extensions=silent | purposes(making, TSL_SIGNING))
    for purpose, one, good in (
        (Purpose.SEAL, leaf, seal),
        (Purpose.LOGIN, leaf, login),
        (Purpose.TRUST_LIST, listed, listing),
        (Purpose.CERTIFICATE, leaf, True),
    ):
        report = check(one, small.trust, purpose=purpose)
        assert outcome(report) == (GOOD if good else (UNSURE, Sub.CHAIN_CONSTRAINTS_FAILURE, "KEY_USAGE"))


def test_an_authority_does_not_seal(small: Any) -> None:
    """A certificate that may issue others is good for nothing else."""
    authority = small.root.certify("兼职", authority=True, uses=(0, 1, 5, 6))
    trust = small.trust
    assert outcome(check(authority, trust))[2] == "KEY_USAGE"
    assert outcome(check(authority, trust, purpose=Purpose.CERTIFICATE)) == GOOD


@pytest.mark.parametrize(
    ("identifier", "critical", "good"),
    [
        ("1.2.3.4", True, False),
        ("1.2.3.4", False, True),
        ("2.5.29.30", True, False),  # name constraints
        ("2.5.29.30", False, False),
        ("2.5.29.36", True, False),  # policy constraints
        ("2.5.29.36", False, False),
        ("2.5.29.54", True, False),  # inhibit any-policy
        ("2.5.29.32", True, True),  # certificate policies: any is acceptable
        ("2.5.29.17", True, True),
    ],
)
def test_critical_extensions(small: Any, making: Any, identifier: str, critical: bool, good: bool) -> None:
    """RFC 5280 section 4.2: what must be understood and is not, refuses the path; at every level of it."""
    more = {identifier: making.extension(identifier, der.sequence(der.oid("1.2.3")), critical=critical)}
    expected = GOOD if good else (UNSURE, Sub.CHAIN_CONSTRAINTS_FAILURE, "CRITICAL_EXTENSION_UNKNOWN")
    leaf = small.issuing.certify("扩展", extensions=more)
    assert outcome(check(leaf, small.trust)) == expected
    issuing = small.root.certify("乙", authority=True, extensions=more)
    trust = small.trusting(small.root.crl(), issuing.crl(), intermediates=(issuing.certificate,))
    assert outcome(check(issuing.certify("丙"), trust)) == expected


def test_critical_extended_key_usage_is_only_noted(small: Any, making: Any) -> None:
    """Licensed seal certificates mark clientAuth critical; refusing it would kill valid seals."""
    leaf = small.issuing.certify("云南", extensions=purposes(making, CLIENT_AUTH))
    assert leaf.certificate.extended_key_usage == {CLIENT_AUTH}
    assert outcome(check(leaf, small.trust)) == GOOD


def test_signer_of_trust_lists(world: Any, making: Any) -> None:
    """In every family: good for lists, and for them alone; critical, and understood."""
    kind = world.leaf.key.public_key.kind
    leaf = world.issuing.certify("信任列表", kind=kind, extensions=purposes(making, TSL_SIGNING))
    assert leaf.certificate.critical_unknown == ()
    refused = (UNSURE, Sub.CHAIN_CONSTRAINTS_FAILURE, "EXTENDED_KEY_USAGE")
    for purpose, expected in (
        (Purpose.TRUST_LIST, GOOD),
        (Purpose.CERTIFICATE, GOOD),
        (Purpose.SEAL, refused),
        (Purpose.LOGIN, refused),
    ):
        assert outcome(check(leaf, world.trust, purpose=purpose)) == expected
    assert outcome(check(world.leaf, world.trust, purpose=Purpose.TRUST_LIST)) == refused


@pytest.mark.parametrize("critical", [True, False])
@pytest.mark.parametrize(
    ("stated", "seal", "login", "listing"),
    [
        ((TSL_SIGNING,), False, False, True),
        ((TSL_SIGNING, CLIENT_AUTH), True, True, True),
        ((ANY_PURPOSE,), True, True, False),
        ((DOCUMENT_SIGNING,), True, True, False),
        ((SERVER_AUTH, CLIENT_AUTH, EMAIL), True, True, False),
        ((SERVER_AUTH, TIME_STAMPING), True, True, False),  # the seal maker of Yunnan
        ((SERVER_AUTH,), True, True, False),  # the seal maker of Shandong
        (("1.2.156.1.2.3",), True, True, False),
        ((TIME_STAMPING,), True, False, False),
        ((OCSP_SIGNING,), True, False, False),
        ((TSL_SIGNING, TIME_STAMPING), True, False, True),
    ],
)
def test_extended_key_usage(
    small: Any, making: Any, stated: tuple[str, ...], critical: bool, seal: bool, login: bool, listing: bool
) -> None:
    """A list demands its own purpose; a seal informs about others; the key of a service logs nobody in."""
    leaf = small.issuing.certify("专用", extensions=purposes(making, *stated, critical=critical))
    for purpose, good in (
        (Purpose.SEAL, seal),
        (Purpose.LOGIN, login),
        (Purpose.TRUST_LIST, listing),
        (Purpose.CERTIFICATE, True),
    ):
        report = check(leaf, small.trust, purpose=purpose)
        expected = GOOD if good else (UNSURE, Sub.CHAIN_CONSTRAINTS_FAILURE, "EXTENDED_KEY_USAGE")
        assert outcome(report) == expected, purpose


def test_stale_trust(small: Any) -> None:
    """When the trust itself has run out nothing passes; to the second."""
    for end, good in ((AT, True), (AT - timedelta(seconds=1), False)):
        report = check(small.leaf, replace(small.trust, next_update=end))
        assert outcome(report) == (GOOD if good else (UNSURE, Sub.TRY_LATER, "TRUST_LIST_STALE"))


def test_a_good_path_beside_a_bad_one(small: Any, making: Any) -> None:
    """Cross certificates: one way that passes is enough, in whatever order they stand."""
    twin = small.root.certify(
        "测试签发", key=small.issuing.key, authority=True, not_after=AT - timedelta(days=1), serial=7
    )
    for order in (
        (twin.certificate, small.issuing.certificate),
        (small.issuing.certificate, twin.certificate),
    ):
        assert outcome(check(small.leaf, replace(small.trust, intermediates=order))) == GOOD


def test_circles_end(making: Any) -> None:
    """Two authorities that certify each other."""
    first = making.certify("甲", authority=True)
    second = first.certify("乙", authority=True)
    back = second.certify("甲", key=first.key, authority=True)
    leaf = second.certify("叶")
    report = check(leaf, Trust(), intermediates=[first.certificate, second.certificate, back.certificate])
    assert outcome(report) == UNTRUSTED


def test_many_certificates_of_one_name(making: Any) -> None:
    """A message full of look-alikes costs little."""
    key = making.key_of(KeyKind.P256, "hydra")
    none = {"2.5.29.35": None, "2.5.29.14": None}
    hydra = making.certify("多头", key=key, authority=True, extensions=none)
    heads = [
        hydra.certify("多头", key=key, authority=True, serial=n, extensions=none).certificate
        for n in range(1, 120)
    ]
    leaf = hydra.certify("叶", extensions=none)
    started = time.perf_counter()
    assert outcome(check(leaf, Trust(), intermediates=heads)) == UNTRUSTED
    assert time.perf_counter() - started < 2


def test_serial_and_name_of_another(small: Any) -> None:
    """Two certificates of one issuer and serial number are two: revoking one number revokes both."""
    twin = small.issuing.certify("孪生", serial=small.leaf.certificate.serial)
    trust = small.trusting(small.root.crl(), small.issuing.crl([small.leaf.certificate.serial]))
    for one in (twin, small.leaf):
        assert outcome(check(one, trust)) == (FAILED, Sub.REVOKED, "CERTIFICATE_REVOKED")


@pytest.mark.parametrize("bit", [0x01, 0x80])
def test_every_flipped_byte(world: Any, bit: int) -> None:
    """No byte of a certificate can change and the certificate still pass."""
    good = world.leaf.certificate.der
    for at in range(len(good)):
        broken = bytearray(good)
        broken[at] ^= bit
        try:
            certificate = parse_certificate(bytes(broken))
        except Exception as error:
            assert type(error).__name__ in ("CertificateMalformed", "CertificateUnsupported"), repr(error)
            continue
        report = check_certificate(certificate, world.trust, AT, purpose=Purpose.CERTIFICATE)
        assert report.indication is not PASSED, at
