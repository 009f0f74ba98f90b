# SPDX-License-Identifier: Apache-2.0
"""Each step of clause 7.3 with its own answer, for each family of keys."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asn1crypto import core

from keys import HashAlgorithm, digest
from verify import (
    AUTHORITY_OID,
    Authority,
    Indication,
    SignatureReport,
    SubIndication,
    parse_certificate,
    parse_ses_signature,
)

AT = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)
PASSED, FAILED, UNSURE = Indication.TOTAL_PASSED, Indication.TOTAL_FAILED, Indication.INDETERMINATE
STEPS = [
    "format",
    "signature",
    "signer_in_seal",
    "seal_extensions",
    "seal_signature",
    "seal_timestamp",
    "seal_maker",
    "seal_period",
    "seal_status",
    "signer_certificate",
    "signing_time",
    "content",
    "timestamp",
]


def tlv(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    size = len(content)
    head = bytes([size]) if size < 0x80 else bytes([0x80 | (size.bit_length() + 7) // 8])
    long = b"" if size < 0x80 else size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([tag]) + head + long + content


def oid(dotted: str) -> bytes:
    return bytes(core.ObjectIdentifier(dotted).dump())


def integer(number: int) -> bytes:
    return bytes(core.Integer(number).dump())


def time(moment: datetime) -> bytes:
    return tlv(0x18, f"{moment:%Y%m%d%H%M%SZ}".encode())


def bits(content: bytes) -> bytes:
    return tlv(0x03, b"\x00", content)


def verdict(report: SignatureReport) -> tuple[Indication, SubIndication | None, str]:
    return report.indication, report.sub_indication, report.reasons[0].code


def codes(report: SignatureReport) -> set[str]:
    return {one.code for one in report.reasons}


@pytest.mark.parametrize("version", [1, 4, 5])
def test_good(any_bench: Any, version: int) -> None:
    report = any_bench.check(any_bench.signature(version=version))
    assert verdict(report) == (PASSED, None, "SEAL_SIGNATURE_TRUSTED")
    assert report.format == f"SES V{version}"
    assert list(report.facts["steps"]) == STEPS
    assert set(report.facts["steps"].values()) == {"passed", "absent", "not-checked"}
    assert report.facts["rule"] == report.facts["seal"]["rule"] == report.facts["standard"]
    assert report.facts["seal"]["code"] == "51010600000003"
    assert report.facts["signer"]["common_name"] == "锦北区住建局"
    assert report.facts["maker"]["common_name"] == "制章系统"
    assert report.facts["time_proof"] == "claimed"
    assert report.facts["intact"] is True
    assert report.facts["property_matches"] is True
    seal = any_bench.look(any_bench.seal(version=version))
    assert verdict(seal) == (PASSED, None, "SEAL_GENUINE")


def test_zeros_may_follow_in_a_pdf_alone(bench: Any) -> None:
    made = bench.signature().dump()
    assert bench.check(made + bytes(90), padded=True).indication is PASSED
    assert parse_ses_signature(made + bytes(3), padded=True).der == made
    for tail, padded in ((bytes(90), False), (b"\x00\x01", True), (b"\x30\x00", True)):
        assert verdict(bench.check(made + tail, padded=padded)) == (
            FAILED,
            SubIndication.FORMAT_FAILURE,
            "SES_MALFORMED",
        )


def test_content(any_bench: Any) -> None:
    size = any_bench.signer.key.scheme.hash.size
    report = any_bench.check(any_bench.signature(data_hash=bits(bytes(size))))
    assert verdict(report) == (FAILED, SubIndication.HASH_FAILURE, "CONTENT_ALTERED")
    assert report.facts["intact"] is False
    assert report.facts["steps"]["signature"] == "passed"


def test_signature_value(any_bench: Any) -> None:
    def altered(value: bytes) -> bytes:
        return bits(value[:-1] + bytes([value[-1] ^ 1]))

    report = any_bench.check(any_bench.signature(value=altered))
    assert verdict(report) == (FAILED, SubIndication.SIG_CRYPTO_FAILURE, "SIGNATURE_INVALID")
    assert report.facts["intact"] is False
    assert report.facts["rule"] == ""
    seal = any_bench.check(any_bench.signature(any_bench.seal(value=altered)))
    assert verdict(seal) == (FAILED, SubIndication.SEAL_MAKER_SIG_FAILURE, "SEAL_SIGNATURE_INVALID")
    assert seal.facts["intact"] is True


def test_signer_not_in_the_seal(any_bench: Any) -> None:
    other = any_bench.authority.holder("另一单位")
    report = any_bench.check(replace(any_bench.signature(), signer=other))
    assert verdict(report) == (FAILED, SubIndication.SIGNER_NOT_IN_SEAL, "SIGNER_NOT_IN_SEAL")
    empty = any_bench.check(any_bench.signature(any_bench.seal(cert_list=tlv(0x30))))
    assert empty.reasons[0].code == "SIGNER_NOT_IN_SEAL"


def test_algorithms(bench: Any) -> None:
    """Only what is on the allow-list, and only with a key that it goes with."""
    for name in ("1.2.840.10045.4.3.2", "1.2.840.113549.1.1.11", "1.2.840.113549.1.1.5", "1.2.3"):
        report = bench.check(bench.signature(algorithm=oid(name)))
        assert verdict(report) == (UNSURE, SubIndication.CRYPTO_CONSTRAINTS_FAILURE, "ALGORITHM_NOT_ALLOWED")
        assert report.facts["steps"]["content"] == "not-checked"
        assert report.facts["intact"] is False
        seal = bench.look(bench.seal(algorithm=oid(name)))
        assert verdict(seal)[2] == "SEAL_ALGORITHM_NOT_ALLOWED"


def test_certificates_that_cannot_be_read(bench: Any) -> None:
    report = bench.check(bench.signature(certificate=tlv(0x04, b"no")))
    assert verdict(report) == (FAILED, SubIndication.FORMAT_FAILURE, "CERTIFICATE_MALFORMED")
    assert report.facts["steps"]["signer_certificate"] == "not-checked"
    seal = bench.look(bench.seal(certificate=tlv(0x04, b"no")))
    assert verdict(seal) == (FAILED, SubIndication.FORMAT_FAILURE, "SEAL_CERTIFICATE_MALFORMED")
    assert seal.facts["maker"] is None


def test_versions_must_agree(bench: Any) -> None:
    for made in (
        bench.signature(stated=integer(5)),
        bench.signature(bench.seal(version=5), stated=integer(4)),
        bench.signature(bench.seal(version=1)),
        bench.signature(bench.seal(version=4), version=1),
        bench.signature(bench.seal(header=tlv(0x30, tlv(0x16, b"ES"), integer(7), tlv(0x16, b"Y")))),
    ):
        report = bench.check(made)
        assert verdict(report) == (UNSURE, SubIndication.FORMAT_FAILURE, "SES_VERSIONS_DIFFER")


# Certificates and times.


def test_nobody_trusts_the_authority(bench: Any) -> None:
    report = bench.check(bench.signature(), trust=bench.trust(anchors=()))
    assert report.indication is UNSURE
    assert report.sub_indication is SubIndication.NO_CERTIFICATE_CHAIN_FOUND
    assert {"CHAIN_UNTRUSTED", "MAKER_CHAIN_UNTRUSTED"} <= codes(report)


def test_key_usage(bench: Any) -> None:
    bad = bench.authority.holder("加密证书", usage=("key_encipherment",))
    signed = replace(bench, signer=bad)
    assert verdict(signed.check(signed.signature()))[1:] == (
        SubIndication.CHAIN_CONSTRAINTS_FAILURE,
        "KEY_USAGE",
    )
    made = replace(bench, maker=bad)
    assert verdict(made.check(made.signature()))[1:] == (
        SubIndication.CHAIN_CONSTRAINTS_FAILURE,
        "MAKER_KEY_USAGE",
    )


def short_lived(bench: Any) -> Any:
    """The signer's certificate ended ten days before the check, the signature is older than that."""
    return replace(bench, signer=bench.authority.holder("短期证书", days=-10))


def test_expired_since_and_only_claimed(any_bench: Any) -> None:
    """GB/T 38540 would pass it by what the signer says; nothing proves that time, so this is no pass."""
    bench = short_lived(any_bench)
    report = bench.check(bench.signature(at=time(AT - timedelta(days=20))))
    assert verdict(report) == (UNSURE, SubIndication.OUT_OF_BOUNDS_NO_POE, "CERTIFICATE_EXPIRED")
    assert "VALID_AT_CLAIMED_TIME" in codes(report)
    assert report.facts["time_proof"] == "claimed"


def test_expired_since_and_proven(any_bench: Any) -> None:
    """Expired now, valid then, as a time stamp proves: a pass with a note."""
    bench = short_lived(any_bench)
    then = AT - timedelta(days=20)
    made = bench.signature(
        at=time(then),
        stamp=lambda value: tlv(0xA0, bits(bench.token(value, then + timedelta(minutes=1)))),
    )
    report = bench.check(made)
    # The lists at hand are younger than the certificate: whether it was revoked before cannot be known.
    assert report.indication is UNSURE
    assert "REVOCATION_UNKNOWN" in codes(report)
    assert report.facts["proven_time"] == "2026-07-12T04:01:00Z"


def test_list_of_that_time_makes_it_a_pass(bench: Any, lists_of: Any) -> None:
    own = short_lived(bench)
    then = AT - timedelta(days=20)
    made = own.signature(at=time(then), stamp=lambda value: tlv(0xA0, bits(own.token(value, then))))
    report = own.check(made, crls=lists_of(own.authority, then))
    assert report.indication is PASSED, report.reasons
    assert "CERTIFICATE_ENDED_SINCE" in codes(report)
    assert report.facts["time_proof"] == "proven"
    # A moment that the caller knows of serves as well, and an unproven one does not.
    bare = own.signature(at=time(then))
    known = own.check(bare, crls=lists_of(own.authority, then), existed_by=then + timedelta(hours=1))
    assert known.indication is PASSED
    assert own.check(bare, crls=lists_of(own.authority, then)).indication is UNSURE
    late = own.check(bare, crls=lists_of(own.authority, then), existed_by=AT - timedelta(days=5))
    assert late.indication is UNSURE


def test_used_outside_validity(any_bench: Any) -> None:
    """By its own account: nothing mends that."""
    bench = short_lived(any_bench)
    report = bench.check(bench.signature(at=time(AT - timedelta(days=5))))
    assert verdict(report) == (FAILED, SubIndication.EXPIRED, "SIGNED_OUTSIDE_VALIDITY")
    young = bench.seal(created=time(AT - timedelta(days=230)), start=time(AT - timedelta(days=230)))
    early = bench.check(bench.signature(young, at=time(AT - timedelta(days=210))))
    assert early.indication is FAILED
    assert "SIGNED_OUTSIDE_VALIDITY" in codes(early)
    assert "MAKER_SIGNED_OUTSIDE_VALIDITY" in codes(early)


def test_revoked(bench: Any) -> None:
    """Revoked two days before the check."""
    serial = parse_certificate(bench.signer.der).serial
    trust = bench.trust(revoked=(serial,))
    after = bench.check(bench.signature(), trust=trust)
    assert verdict(after) == (FAILED, SubIndication.REVOKED, "CERTIFICATE_REVOKED")
    then = AT - timedelta(days=5)
    claimed = bench.check(bench.signature(at=time(then)), trust=trust)
    assert verdict(claimed) == (UNSURE, SubIndication.REVOKED_NO_POE, "CERTIFICATE_REVOKED")
    assert "VALID_AT_CLAIMED_TIME" in codes(claimed)
    stamped = bench.signature(at=time(then), stamp=lambda value: tlv(0xA0, bits(bench.token(value, then))))
    proven = bench.check(stamped, trust=trust)
    assert proven.indication is PASSED, proven.reasons
    assert "CERTIFICATE_ENDED_SINCE" in codes(proven)
    late = bench.signature(
        at=time(then), stamp=lambda value: tlv(0xA0, bits(bench.token(value, AT - timedelta(days=1))))
    )
    assert verdict(bench.check(late, trust=trust)) == (FAILED, SubIndication.REVOKED, "CERTIFICATE_REVOKED")


def test_maker_revoked(bench: Any) -> None:
    serial = parse_certificate(bench.maker.der).serial
    trust = bench.trust(revoked=(serial,))
    report = bench.check(bench.signature(), trust=trust)
    assert verdict(report) == (UNSURE, SubIndication.REVOKED_NO_POE, "MAKER_CERTIFICATE_REVOKED")
    stamped = bench.signature(
        at=time(AT - timedelta(days=5)),
        stamp=lambda value: tlv(0xA0, bits(bench.token(value, AT - timedelta(days=5)))),
    )
    assert bench.check(stamped, trust=trust).indication is PASSED
    young = bench.seal(created=time(AT - timedelta(days=1)), start=time(AT - timedelta(days=100)))
    assert verdict(bench.check(bench.signature(young), trust=trust))[:2] == (FAILED, SubIndication.REVOKED)


def test_no_lists(bench: Any) -> None:
    report = bench.check(bench.signature(), trust=bench.trust(crls=()))
    assert report.indication is UNSURE
    assert {"REVOCATION_UNKNOWN", "MAKER_REVOCATION_UNKNOWN"} <= codes(report)


def test_trust_that_ran_out(bench: Any) -> None:
    stale = bench.trust(next_update=AT - timedelta(days=1))
    then = AT - timedelta(days=5)
    made = bench.signature(at=time(then), stamp=lambda value: tlv(0xA0, bits(bench.token(value, then))))
    report = bench.check(made, trust=stale)
    assert report.indication is UNSURE
    assert {"TRUST_LIST_STALE", "MAKER_TRUST_LIST_STALE"} <= codes(report)


def test_period_of_the_seal(bench: Any) -> None:
    ended = bench.seal(end=time(AT - timedelta(days=1)))
    report = bench.check(bench.signature(ended))
    assert verdict(report) == (FAILED, SubIndication.SEAL_EXPIRED_AT_SIGNING, "SEAL_EXPIRED_AT_SIGNING")
    before = bench.check(bench.signature(ended, at=time(AT - timedelta(days=2))))
    assert verdict(before) == (UNSURE, SubIndication.OUT_OF_BOUNDS_NO_POE, "SEAL_EXPIRED_SINCE")
    proven = bench.signature(
        ended,
        at=time(AT - timedelta(days=2)),
        stamp=lambda value: tlv(0xA0, bits(bench.token(value, AT - timedelta(days=2)))),
    )
    assert bench.check(proven).indication is PASSED
    early = bench.check(bench.signature(bench.seal(start=time(AT - timedelta(minutes=30)))))
    assert verdict(early) == (FAILED, SubIndication.NOT_YET_VALID, "SEAL_NOT_YET_VALID_AT_SIGNING")
    reversed_ = bench.seal(start=time(AT + timedelta(days=2)), end=time(AT + timedelta(days=1)))
    assert verdict(bench.check(bench.signature(reversed_)))[2] == "SEAL_PERIOD_REVERSED"
    assert verdict(bench.look(ended)) == (UNSURE, SubIndication.OUT_OF_BOUNDS_NO_POE, "SEAL_EXPIRED")
    future = bench.seal(start=time(AT + timedelta(days=1)))
    assert verdict(bench.look(future))[2] == "SEAL_NOT_YET_VALID"


def test_times_that_cannot_be(bench: Any) -> None:
    report = bench.check(bench.signature(at=time(AT + timedelta(hours=1))))
    assert verdict(report) == (UNSURE, SubIndication.NOT_YET_VALID, "SIGNED_IN_FUTURE")
    young = bench.seal(created=time(AT - timedelta(minutes=30)))
    assert verdict(bench.check(bench.signature(young)))[2] == "SEAL_MADE_AFTER_SIGNING"
    unborn = bench.seal(created=time(AT + timedelta(days=1)), start=time(AT - timedelta(days=1)))
    assert verdict(bench.look(unborn))[2] == "SEAL_FROM_FUTURE"


# Time stamps.


def test_time_stamp(any_bench: Any) -> None:
    made = any_bench.signature(
        stamp=lambda value: tlv(0xA0, bits(any_bench.token(value, AT - timedelta(minutes=59))))
    )
    report = any_bench.check(made)
    assert report.indication is PASSED, report.reasons
    assert report.facts["steps"]["timestamp"] == "passed"
    assert report.facts["timestamp"]["indication"] == "TOTAL-PASSED"
    assert report.facts["time_proof"] == "proven"
    assert report.facts["proven_time"] == "2026-08-01T03:01:00Z"


@pytest.mark.parametrize(
    ("form", "codes_"),
    [
        (lambda token: tlv(0xA0, tlv(0x04, token)), {"OCTETS_FOR_BITS"}),
        (lambda token: tlv(0xA0, token), {"TIMESTAMP_IMPLICIT"}),
        (lambda token: tlv(0x80, b"\x00", token), {"TIMESTAMP_IMPLICIT"}),
        (bits, {"TIMESTAMP_UNTAGGED"}),
    ],
)
def test_time_stamps_of_other_shapes(bench: Any, form: Any, codes_: set[str]) -> None:
    made = bench.signature(stamp=lambda value: form(bench.token(value, AT - timedelta(minutes=59))))
    report = bench.check(made)
    assert report.indication is PASSED, report.reasons
    assert set(report.facts["deviations"]) == codes_


def test_bad_time_stamps(bench: Any) -> None:
    def check(stamp: Any) -> SignatureReport:
        found: SignatureReport = bench.check(bench.signature(stamp=stamp))
        return found

    other = check(lambda _: tlv(0xA0, bits(bench.token(b"other", AT - timedelta(minutes=59)))))
    assert verdict(other) == (FAILED, SubIndication.HASH_FAILURE, "TIMESTAMP_OTHER_CONTENT")
    assert other.facts["time_proof"] == "claimed"
    dummy = check(lambda _: tlv(0xA0, bits(b"\x01\x02\x03")))
    assert verdict(dummy) == (FAILED, SubIndication.FORMAT_FAILURE, "TIMESTAMP_MALFORMED")
    unfit = check(lambda value: tlv(0xA0, bits(bench.token(value, AT, purposes=()))))
    assert verdict(unfit)[:2] == (UNSURE, SubIndication.CHAIN_CONSTRAINTS_FAILURE)
    early = check(lambda value: tlv(0xA0, bits(bench.token(value, AT - timedelta(hours=3)))))
    assert verdict(early) == (UNSURE, SubIndication.TIMESTAMP_ORDER_FAILURE, "SIGNED_AFTER_TIMESTAMP")


def test_time_stamp_of_a_seal(bench: Any) -> None:
    """Version 5: over the maker's signature value, not before createDate."""
    made = AT - timedelta(days=100)

    def seal(stamp: Any) -> Any:
        return bench.seal(version=5, stamp=stamp)

    good = seal(lambda value: tlv(0xA0, bits(bench.token(value, made))))
    report = bench.look(good)
    assert report.indication is PASSED, report.reasons
    assert report.facts["seal"]["timestamp"]["time"] == "2026-04-23T04:00:00Z"
    assert bench.check(bench.signature(good, version=5)).indication is PASSED
    serial = parse_certificate(bench.maker.der).serial
    known = bench.look(good, trust=bench.trust(revoked=(serial,)))
    assert known.indication is PASSED
    assert "MAKER_CERTIFICATE_ENDED_SINCE" in codes(known)
    early = bench.look(seal(lambda value: tlv(0xA0, bits(bench.token(value, made - timedelta(days=1))))))
    assert verdict(early) == (FAILED, SubIndication.TIMESTAMP_ORDER_FAILURE, "SEAL_TIMESTAMP_BEFORE_CREATION")
    other = bench.look(seal(lambda _: tlv(0xA0, bits(bench.token(b"other", made)))))
    assert verdict(other) == (FAILED, SubIndication.HASH_FAILURE, "SEAL_TIMESTAMP_OTHER_CONTENT")
    # Five elements are a seal of version 5, whatever its header says.
    four = bench.seal(stamp=lambda value: tlv(0xA0, bits(bench.token(value, made))))
    assert bench.look(four).format == "SES seal V5"
    assert bench.look(four).facts["deviations"] == ["HEADER_VERSION"]


# Extensions.


def test_critical_extensions(bench: Any) -> None:
    def one(name: str, value: bytes = b"x") -> bytes:
        return tlv(0x30, tlv(0x30, oid(name), b"\x01\x01\xff", tlv(0x04, value)))

    unknown = bench.check(bench.signature(extensions=tlv(0xA0, one("1.2.3.4"))))
    assert verdict(unknown) == (UNSURE, SubIndication.SIG_CONSTRAINTS_FAILURE, "CRITICAL_EXTENSION_UNKNOWN")
    in_seal = bench.seal(extensions=one("1.2.3.4"))
    assert verdict(bench.check(bench.signature(in_seal)))[2] == "SEAL_CRITICAL_EXTENSION_UNKNOWN"
    assert verdict(bench.look(in_seal))[2] == "SEAL_CRITICAL_EXTENSION_UNKNOWN"
    known = bench.signature(extensions=tlv(0xA0, one("1.3.6.1.5.5.7.1.4", bytes(72))))
    assert bench.check(known).indication is PASSED
    assert bench.check(known).facts["extensions"][0]["critical"] is True


def test_authority(bench: Any) -> None:
    """Under whose authority the seal was used: told, and no reason for a verdict."""

    def stated(*values: bytes) -> bytes:
        inner = (tlv(0x30, oid(AUTHORITY_OID), b"\x01\x01\x00", tlv(0x04, value)) for value in values)
        return tlv(0xA0, tlv(0x30, *inner))

    statement = Authority({"case": "样例-2026-001", "approved_by": "李四"}).encode()
    report = bench.check(bench.signature(extensions=stated(statement)))
    assert report.indication is PASSED
    assert report.facts["authority"]["case"] == "样例-2026-001"
    for odd in ((b"{}",), (b"\xff",), (statement, statement)):
        malformed = bench.check(bench.signature(extensions=stated(*odd)))
        assert malformed.indication is PASSED
        assert "AUTHORITY_MALFORMED" in codes(malformed)
        assert "authority" not in malformed.facts


def test_property(bench: Any) -> None:
    report = bench.check(bench.signature(property_info=tlv(0x16, b"DOC-17")))
    assert report.indication is PASSED
    assert report.facts["property_matches"] is False
    assert "PROPERTY_INFO_DIFFERS" in codes(report)
    free = bench.check(bench.signature(property_info=tlv(0x16, b"DOC-17")), property_info=None)
    assert free.facts["property_matches"] is None


def test_digest_follows_the_signature(any_bench: Any) -> None:
    """dataHash is by the digest of the signature's algorithm, whatever else has its length."""
    other = HashAlgorithm.SHA512
    report = any_bench.check(any_bench.signature(data_hash=bits(digest(other, b"x").value)))
    assert report.reasons[0].code == "CONTENT_ALTERED"
