# SPDX-License-Identifier: Apache-2.0
"""A CMS signature that is right, and every way in which it may be wrong: one rule broken in each test."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keys import RSA_PSS_SHA256, Digest, HashAlgorithm, KeyKind, digest
from keys.der import explicit, integer, null, octets, oid, sequence, set_of, utf8
from verify import (
    CmsMalformed,
    Indication,
    Purpose,
    SignatureReport,
    SubIndication,
    Trust,
    check_signed_data,
    parse_signed_data,
)

AT = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)
PASSED, FAILED, UNSURE = Indication.TOTAL_PASSED, Indication.TOTAL_FAILED, Indication.INDETERMINATE
CONTENT = "施工许可证 permit".encode()
SHA1 = sequence(oid("1.3.14.3.2.26"))
MD5 = sequence(oid("1.2.840.113549.2.5"), null())
KINDS = ("sm2", "rsa", "ecdsa")


def check(der: bytes, trust: Trust, content: bytes = CONTENT, at: datetime = AT) -> SignatureReport:
    def content_digest(algorithm: HashAlgorithm) -> Digest:
        return digest(algorithm, content)

    return check_signed_data(der, trust=trust, at=at, purpose=Purpose.SEAL, content_digest=content_digest)


def verdict(report: SignatureReport) -> tuple[Indication, SubIndication | None]:
    return report.indication, report.sub_indication


def codes(report: SignatureReport) -> list[str]:
    return [reason.code for reason in report.reasons]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("gbt", [False, True], ids=["RFC 5652", "GB/T 35275"])
def test_passes(authorities: Any, cms: Any, kind: str, gbt: bool) -> None:
    """SM2, RSA and ECDSA walk the same path, in either family of object identifiers."""
    authority = authorities[kind]
    report = check(cms(authority.holder(), CONTENT, gbt=gbt).dump(), authority.trust())
    assert verdict(report) == (PASSED, None), codes(report)
    assert report.format == ("CMS GB/T 35275" if gbt else "CMS")
    assert report.facts["signing_time"] == "2026-08-01T04:00:00Z"
    assert report.facts["intact"] is True
    assert report.facts["names_certificate"] is True
    names = {"sm2": "SM2 with SM3", "rsa": "RSA with SHA-256", "ecdsa": "ECDSA with SHA-256"}
    assert report.facts["algorithm"] == names[kind]
    signer: Any = report.facts["signer"]
    assert signer["common_name"] == "四川样例建工集团有限公司"


@pytest.mark.parametrize("kind", KINDS)
def test_other_spellings(authorities: Any, cms: Any, kind: str) -> None:
    """SKI instead of issuer and serial; identifiers that name only the key system; NULL or no parameters."""
    authority = authorities[kind]
    right, trust = cms(authority.holder(), CONTENT), authority.trust()
    spellings = [
        right.but(by_key_id=True),
        right.but(digest_identifier=sequence(oid(right.hash.oid))),
        right.but(digest_identifier=sequence(oid(right.hash.oid), null())),
        right.but(listed_digests=right.hash.algorithm_identifier() + SHA1),
        right.but(certificates=(right.holder.der, *right.holder.chain, authority.root.der)),
        right.but(attributes={"1.2.840.113549.1.9.5": ()}),
    ]
    if kind == "sm2":
        spellings += [
            right.but(signature_identifier=sequence(oid("1.2.156.10197.1.301.1"))),
            right.but(signature_identifier=sequence(oid("1.2.156.10197.1.301.1"), null())),
            right.but(signature_identifier=sequence(oid("1.2.156.10197.1.501"))),
        ]
    if kind == "rsa":
        spellings += [right.but(signature_identifier=sequence(oid("1.2.840.113549.1.1.1"), null()))]
    for number, spelling in enumerate(spellings):
        report = check(spelling.dump(), trust)
        assert verdict(report) == (PASSED, None), (number, codes(report))


def test_rsa_pss(rsa_authority: Any, cms: Any) -> None:
    """PSS with the parameters of the allow-list."""
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import padding

    holder = rsa_authority.holder()
    private: Any = serialization.load_der_private_key(holder.key.pkcs8(), None)
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    signed = cms(
        holder,
        CONTENT,
        scheme=RSA_PSS_SHA256,
        sign=lambda message: private.sign(message, pss, hashes.SHA256()),
    )
    report = check(signed.dump(), rsa_authority.trust())
    assert verdict(report) == (PASSED, None), codes(report)
    assert report.facts["algorithm"] == "RSA-PSS with SHA-256"
    short = padding.PSS(padding.MGF1(hashes.SHA256()), 20)
    wrong = signed.but(sign=lambda message: private.sign(message, short, hashes.SHA256()))
    assert verdict(check(wrong.dump(), rsa_authority.trust())) == (FAILED, SubIndication.SIG_CRYPTO_FAILURE)


@pytest.mark.parametrize("kind", KINDS)
def test_altered_content(authorities: Any, cms: Any, kind: str) -> None:
    """Another content: named as such, and still told whose seal it was."""
    authority = authorities[kind]
    report = check(cms(authority.holder(), CONTENT).dump(), authority.trust(), CONTENT + b".")
    assert verdict(report) == (FAILED, SubIndication.HASH_FAILURE)
    assert codes(report)[0] == "CONTENT_ALTERED"
    assert report.facts["signer"]
    assert report.facts["intact"] is False


@pytest.mark.parametrize("kind", KINDS)
def test_wrong_signature(authorities: Any, cms: Any, kind: str) -> None:
    """A signature by another key, over other attributes, or over the content itself."""
    authority = authorities[kind]
    right, other = cms(authority.holder(), CONTENT), authority.holder("另一人")
    for wrong in (
        right.but(sign=other.key.sign),
        right.but(sign=lambda message: right.holder.key.sign(message + b".")),
        right.but(sign=lambda message: right.holder.key.sign(CONTENT)),
        right.but(sign=lambda message: right.holder.key.sign(b"\xa0" + message[1:])),  # not retagged
        right.but(sign=lambda message: b""),
        right.but(sign=lambda message: bytes(64)),
    ):
        report = check(wrong.dump(), authority.trust())
        assert verdict(report) == (FAILED, SubIndication.SIG_CRYPTO_FAILURE)


def test_sm2_message_digest_has_no_z_value(sm2_authority: Any, cms: Any) -> None:
    """The message digest is plain SM3: one that hashes the Z value first is another digest."""
    wrong = digest(HashAlgorithm.SM3, bytes(32) + CONTENT).value
    signed = cms(sm2_authority.holder(), CONTENT, attributes={"1.2.840.113549.1.9.4": (octets(wrong),)})
    assert verdict(check(signed.dump(), sm2_authority.trust())) == (FAILED, SubIndication.HASH_FAILURE)


def test_raw_sm2_signature(sm2_authority: Any, cms: Any) -> None:
    """``r || s`` without DER is no signature value here."""
    holder = sm2_authority.holder()

    def raw(message: bytes) -> bytes:
        from asn1crypto.algos import DSASignature

        return bytes(DSASignature.load(holder.key.sign(message)).to_p1363())

    report = check(cms(holder, CONTENT, sign=raw).dump(), sm2_authority.trust())
    assert report.indication is not PASSED


SHAPES: dict[str, tuple[dict[str, Any], Indication, SubIndication]] = {
    "no signed attributes": ({"with_attributes": False}, UNSURE, SubIndication.SIG_CONSTRAINTS_FAILURE),
    "content enclosed": ({"enclosed": CONTENT}, FAILED, SubIndication.FORMAT_FAILURE),
    "two signers": ({"signers": 2}, FAILED, SubIndication.FORMAT_FAILURE),
    "no signer": ({"signers": 0}, FAILED, SubIndication.FORMAT_FAILURE),
    "attributes not in DER order": ({"sort": False}, FAILED, SubIndication.FORMAT_FAILURE),
    "version 3": ({"version": 3}, FAILED, SubIndication.FORMAT_FAILURE),
    "digest not listed": ({"listed_digests": SHA1}, FAILED, SubIndication.FORMAT_FAILURE),
    "SHA-1": (
        {"digest_identifier": SHA1},
        UNSURE,
        SubIndication.CRYPTO_CONSTRAINTS_FAILURE,
    ),
    "MD5": ({"digest_identifier": MD5}, UNSURE, SubIndication.CRYPTO_CONSTRAINTS_FAILURE),
    "SHA-1 with RSA": (
        {"signature_identifier": sequence(oid("1.2.840.113549.1.1.5"), null())},
        UNSURE,
        SubIndication.CRYPTO_CONSTRAINTS_FAILURE,
    ),
    "digest of another scheme": (
        {
            "digest_identifier": sequence(oid(HashAlgorithm.SHA384.oid)),
            "attributes": {"1.2.840.113549.1.9.4": (octets(digest(HashAlgorithm.SHA384, CONTENT).value),)},
        },
        UNSURE,
        SubIndication.CRYPTO_CONSTRAINTS_FAILURE,
    ),
    "ECDSA over an SM2 key": (
        {"signature_identifier": sequence(oid("1.2.840.10045.4.3.2"))},
        UNSURE,
        SubIndication.CRYPTO_CONSTRAINTS_FAILURE,
    ),
    "no content type": (
        {"attributes": {"1.2.840.113549.1.9.3": ()}},
        FAILED,
        SubIndication.FORMAT_FAILURE,
    ),
    "content type of a time stamp": (
        {"attributes": {"1.2.840.113549.1.9.3": (oid("1.2.840.113549.1.9.16.1.4"),)}},
        FAILED,
        SubIndication.FORMAT_FAILURE,
    ),
    "two content types": (
        {"attributes": {"1.2.840.113549.1.9.3": (oid("1.2.840.113549.1.7.1"),) * 2}},
        FAILED,
        SubIndication.FORMAT_FAILURE,
    ),
    "no message digest": (
        {"attributes": {"1.2.840.113549.1.9.4": ()}},
        FAILED,
        SubIndication.FORMAT_FAILURE,
    ),
    "message digest of another type": (
        {"attributes": {"1.2.840.113549.1.9.4": (utf8("digest"),)}},
        FAILED,
        SubIndication.FORMAT_FAILURE,
    ),
    "signing time that is no time": (
        {"attributes": {"1.2.840.113549.1.9.5": (utf8("now"),)}},
        FAILED,
        SubIndication.FORMAT_FAILURE,
    ),
    "no certificates": (
        {"certificates": ()},
        UNSURE,
        SubIndication.NO_SIGNING_CERTIFICATE_FOUND,
    ),
    "certificate by SHA-1": (
        {"attributes": {"1.2.840.113549.1.9.16.2.12": (sequence(sequence(sequence(octets(bytes(20))))),)}},
        UNSURE,
        SubIndication.CRYPTO_CONSTRAINTS_FAILURE,
    ),
    "certificate by a digest that is not allowed": (
        {
            "attributes": {
                "1.2.840.113549.1.9.16.2.47": (sequence(sequence(sequence(SHA1, octets(bytes(20))))),)
            }
        },
        UNSURE,
        SubIndication.CRYPTO_CONSTRAINTS_FAILURE,
    ),
    "another certificate named": (
        {"attributes": {"1.2.840.113549.1.9.16.2.47": (sequence(sequence(sequence(octets(bytes(32))))),)}},
        FAILED,
        SubIndication.SIG_CONSTRAINTS_FAILURE,
    ),
    "no certificate in the attribute": (
        {"attributes": {"1.2.840.113549.1.9.16.2.47": (sequence(sequence()),)}},
        FAILED,
        SubIndication.FORMAT_FAILURE,
    ),
}


@pytest.mark.parametrize("name", SHAPES)
def test_refused(sm2_authority: Any, cms: Any, name: str) -> None:
    """One rule broken, the signature value right over what stands there."""
    changes, indication, sub = SHAPES[name]
    report = check(cms(sm2_authority.holder(), CONTENT).but(**changes).dump(), sm2_authority.trust())
    assert verdict(report) == (indication, sub), codes(report)


def test_mixed_families(sm2_authority: Any, cms: Any) -> None:
    """A message uses the identifiers of one standard."""
    right = cms(sm2_authority.holder(), CONTENT)
    mixed = right.but(oids={"signed_data": "1.2.156.10197.6.1.4.2.2", "data": "1.2.840.113549.1.7.1"})
    assert verdict(check(mixed.dump(), sm2_authority.trust())) == (FAILED, SubIndication.FORMAT_FAILURE)


def test_certificate_not_named(sm2_authority: Any, cms: Any) -> None:
    """Without signing-certificate-v2 it passes with a note; the caller decides whether that is enough."""
    signed = cms(sm2_authority.holder(), CONTENT, attributes={"1.2.840.113549.1.9.16.2.47": ()})
    report = check(signed.dump(), sm2_authority.trust())
    assert verdict(report) == (PASSED, None)
    assert "CERTIFICATE_NOT_NAMED" in codes(report)
    assert report.facts["names_certificate"] is False


def test_certificate_named_with_issuer_and_serial(sm2_authority: Any, cms: Any) -> None:
    """IssuerSerial is compared: the right number passes, another does not."""
    holder = sm2_authority.holder()
    issuer = sequence(explicit(4, holder.certificate.issuer.dump()))
    fingerprint = octets(digest(HashAlgorithm.SM3, holder.der).value)
    for serial, good in ((holder.certificate.serial_number, True), (5, False)):
        named = sequence(
            HashAlgorithm.SM3.algorithm_identifier(), fingerprint, sequence(issuer, integer(serial))
        )
        signed = cms(holder, CONTENT, attributes={"1.2.840.113549.1.9.16.2.47": (sequence(sequence(named)),)})
        assert (check(signed.dump(), sm2_authority.trust()).indication is PASSED) is good


def test_certificate_substitution(sm2_authority: Any, cms: Any) -> None:
    """A second certificate for the same name, number and key: the one that the signer named is used."""
    holder = sm2_authority.holder()
    twin = sm2_authority.holder(days=400)
    assert (twin.key, twin.certificate.serial_number) == (holder.key, holder.certificate.serial_number)
    assert twin.der != holder.der
    trust = sm2_authority.trust()
    both = cms(holder, CONTENT, certificates=(twin.der, holder.der, *holder.chain))
    report = check(both.dump(), trust)
    assert verdict(report) == (PASSED, None)
    signer: Any = report.facts["signer"]
    assert signer["fingerprint"] == hashlib.sha256(holder.der).hexdigest()
    only_twin = cms(holder, CONTENT, certificates=(twin.der, *holder.chain))
    assert verdict(check(only_twin.dump(), trust)) == (FAILED, SubIndication.SIG_CONSTRAINTS_FAILURE)


def test_certificate_known_beforehand(sm2_authority: Any, cms: Any) -> None:
    """A signature without certificates passes when the trust list has them."""
    from verify import parse_certificate

    holder = sm2_authority.holder()
    known = tuple(parse_certificate(one) for one in (holder.der, *holder.chain))
    report = check(cms(holder, CONTENT, certificates=()).dump(), sm2_authority.trust(intermediates=known))
    assert verdict(report) == (PASSED, None)


def test_carried_lists_count(sm2_authority: Any, cms: Any) -> None:
    """Revocation lists inside the signature serve when the trust list has none; a revoked signer is named."""
    holder = sm2_authority.holder()
    trust = sm2_authority.trust(crls=())
    assert verdict(check(cms(holder, CONTENT).dump(), trust)) == (UNSURE, SubIndication.TRY_LATER)
    good = cms(holder, CONTENT, crls=sm2_authority.crls())
    assert verdict(check(good.dump(), trust)) == (PASSED, None)
    revoked = cms(holder, CONTENT, crls=sm2_authority.crls(holder.certificate.serial_number))
    assert verdict(check(revoked.dump(), trust)) == (FAILED, SubIndication.REVOKED)


def test_worst_of_value_and_path(sm2_authority: Any, cms: Any) -> None:
    """Both wrong: the value speaks first.  Value unsure and path failed: failed."""
    holder = sm2_authority.holder()
    trust = sm2_authority.trust(holder.certificate.serial_number)
    both = check(cms(holder, CONTENT).dump(), trust, b"another")
    assert verdict(both) == (FAILED, SubIndication.HASH_FAILURE)
    assert len(both.reasons) >= 2
    unsure = check(cms(holder, CONTENT, digest_identifier=MD5).dump(), trust)
    assert verdict(unsure) == (FAILED, SubIndication.REVOKED)


def test_path_is_judged(sm2_authority: Any, ecdsa_authority: Any, cms: Any) -> None:
    """A stranger's good signature, an expired certificate, one for another purpose."""
    holder = sm2_authority.holder()
    stranger = check(cms(holder, CONTENT).dump(), ecdsa_authority.trust())
    assert verdict(stranger) == (UNSURE, SubIndication.NO_CERTIFICATE_CHAIN_FOUND)
    assert stranger.facts["intact"] is True
    late = check(cms(sm2_authority.holder("短期", days=-10), CONTENT).dump(), sm2_authority.trust())
    assert late.indication is not PASSED
    encipher = sm2_authority.holder("加密", usage=("key_encipherment", "data_encipherment"))
    assert check(cms(encipher, CONTENT).dump(), sm2_authority.trust()).indication is not PASSED


def test_stale_trust_list(sm2_authority: Any, cms: Any) -> None:
    """After ``next_update`` of the trust list nothing passes."""
    trust = sm2_authority.trust(next_update=AT - timedelta(minutes=1))
    report = check(cms(sm2_authority.holder(), CONTENT).dump(), trust)
    assert verdict(report) == (UNSURE, SubIndication.TRY_LATER)


def test_weak_keys(rsa_authority: Any, cms: Any) -> None:
    """RSA below 2048 bits is not judged, and is named as the reason."""
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    weak = rsa.generate_private_key(65537, 1024)
    spki = weak.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    holder = rsa_authority.holder()
    old = holder.certificate.public_key.dump()
    # The certificate's own signature is broken by this; its key is refused before anybody looks.
    swapped = holder.der.replace(old, spki)
    shorter = len(old) - len(spki)
    tbs = holder.certificate["tbs_certificate"].dump()
    body = tbs[4:].replace(old, spki)
    assert len(body) == len(tbs) - 4 - shorter
    rest = holder.der[4 + len(tbs) :]
    content = b"\x30\x82" + len(body).to_bytes(2) + body + rest
    swapped = b"\x30\x82" + len(content).to_bytes(2) + content
    report = check(cms(holder, CONTENT, certificates=(swapped,)).dump(), rsa_authority.trust())
    assert verdict(report) == (UNSURE, SubIndication.CRYPTO_CONSTRAINTS_FAILURE), codes(report)


def test_unsigned_attributes(sm2_authority: Any, cms: Any) -> None:
    """They change nothing; a time stamp is mentioned."""
    stamp = sequence(oid("1.2.840.113549.1.9.16.2.14"), set_of(sequence()))
    other = sequence(oid("1.2.3.4"), set_of(null()))
    report = check(cms(sm2_authority.holder(), CONTENT, unsigned=(stamp,)).dump(), sm2_authority.trust())
    assert verdict(report) == (PASSED, None)
    assert "TIMESTAMP_NOT_CHECKED" in codes(report)
    report = check(cms(sm2_authority.holder(), CONTENT, unsigned=(other,)).dump(), sm2_authority.trust())
    assert verdict(report) == (PASSED, None)
    assert "TIMESTAMP_NOT_CHECKED" not in codes(report)


def test_unreadable_extras_are_left_out(sm2_authority: Any, cms: Any) -> None:
    """A certificate that nobody needs may be unreadable; the path then does without it."""
    holder = sm2_authority.holder()
    extras = cms(holder, CONTENT, certificates=(holder.der, *holder.chain, sequence(), sequence(null())))
    assert verdict(check(extras.dump(), sm2_authority.trust())) == (PASSED, None)
    lists = cms(holder, CONTENT, crls=(sequence(),))
    assert verdict(check(lists.dump(), sm2_authority.trust())) == (PASSED, None)


@pytest.mark.parametrize("kind", KINDS)
def test_limits(authorities: Any, cms: Any, kind: str) -> None:
    """Too much of anything is refused before it is looked at."""
    right = cms(authorities[kind].holder(), CONTENT)
    many = {f"1.2.3.{number}": (null(),) for number in range(80)}
    for bloated in (
        right.but(certificates=tuple(sequence(integer(n)) for n in range(40))).dump(),
        right.but(crls=tuple(sequence(integer(n)) for n in range(40))).dump(),
        right.but(attributes=many).dump(),
        right.but(unsigned=tuple(sequence(oid("1.2.3"), set_of(integer(n))) for n in range(40))).dump(),
        right.dump() + bytes(5 * 1024 * 1024),
        right.dump() + b"\x00",
    ):
        report = check(bloated, authorities[kind].trust())
        assert verdict(report) == (FAILED, SubIndication.FORMAT_FAILURE)


def test_depth() -> None:
    """Nesting without end ends at once."""
    deep = b""
    for _ in range(20_000):
        deep = sequence(deep)
    with pytest.raises(CmsMalformed):
        parse_signed_data(deep)
    for prefix in (oid("1.2.840.113549.1.7.2"),):
        with pytest.raises(CmsMalformed):
            parse_signed_data(sequence(prefix, explicit(0, deep)))


@pytest.mark.parametrize("bit", [0x01, 0x02, 0x80])
def test_flip_every_byte(sm2_authority: Any, cms: Any, bit: int) -> None:
    """Whatever byte of the signature changes, the verdict changes, and nothing is raised."""
    whole = cms(sm2_authority.holder(), CONTENT, crls=sm2_authority.crls()).dump()
    trust = sm2_authority.trust(crls=())
    assert check(whole, trust).indication is PASSED
    passed = []
    for at in range(len(whole)):
        broken = bytearray(whole)
        broken[at] ^= bit
        if check(bytes(broken), trust).indication is PASSED:
            passed.append(at)
    assert passed == []


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes(tail: bytes) -> None:
    """No bytes raise anything, and none pass."""
    start = sequence(oid("1.2.840.113549.1.7.2"), explicit(0, sequence(integer(1))))
    for data in (tail, start + tail, start[:-3] + tail):
        assert check(data, Trust()).indication is not PASSED


@pytest.fixture(scope="module")
def whole(sm2_authority: Any, cms: Any) -> bytes:
    return bytes(cms(sm2_authority.holder(), CONTENT).dump())


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_any_mangled_signature(sm2_authority: Any, whole: bytes, data: st.DataObject) -> None:
    """Pieces cut out, repeated or overwritten."""
    mangled = whole
    for _ in range(data.draw(st.integers(1, 3))):
        at, size = data.draw(st.integers(0, len(mangled))), data.draw(st.integers(1, 40))
        piece = data.draw(st.sampled_from([b"", mangled[at : at + size] * 2, bytes(size)]))
        mangled = mangled[:at] + piece + mangled[at + size :]
    report = check(mangled, sm2_authority.trust())
    assert report.indication is not PASSED or mangled == whole


def test_kinds_of_keys_are_known() -> None:
    """The three that the tests walk are one of each family."""
    assert {kind.family.value for kind in KeyKind} == {"SM2", "RSA", "ECDSA"}
