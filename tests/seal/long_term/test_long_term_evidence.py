# SPDX-License-Identifier: Apache-2.0
"""What the security store holds: OCSP in place of lists, nothing twice, and SM2 read by others than us."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pikepdf
import pytest
from asn1crypto import cms, core, tsp
from cryptography.hazmat.primitives import hashes
from gmssl.sm2 import CryptSM2

from ca import CertificateStatus, Revocation, RevocationReason, make_ocsp_response
from keys import KeyKind, digest
from seal import Evidence, Level, LongTermRefused, PdfRefused, extend_pdf, renew_pdf, seal_pdf
from seal.cms import cms_writer
from verify import (
    Indication,
    OcspStanding,
    SealedForm,
    SubIndication,
    canonical_json,
    cert_id,
    check_form,
    check_pdf,
)

from .conftest import SEALED, World
from .test_long_term_attacks import value_of
from .test_long_term_levels import DAY, HOUR, extended, renewed

KINDS = [KeyKind.SM2, KeyKind.P256]


def answer(own: World, at: datetime, *, revoked: datetime | None = None, days: float = 0.5) -> bytes:
    """What the issuing authority itself says of seal and time stamp."""
    known = []
    for one in (own.seal.certificate, own.tsa(at).certificate):
        name = cert_id(own.issuing.certificate, one.serial)
        if revoked is not None and one == own.seal.certificate:
            since = Revocation(one.serial, revoked, RevocationReason.KEY_COMPROMISE)
            known.append(CertificateStatus(name, OcspStanding.REVOKED, since))
        else:
            known.append(CertificateStatus(name, OcspStanding.GOOD))
    return make_ocsp_response(
        issuer=own.issuing.certificate,
        responder=own.issuing.certificate,
        signer=own.issuing.key,
        statuses=known,
        produced_at=at,
        this_update=at,
        next_update=at + timedelta(days=days),
    )


def bare(own: World, data: bytes) -> bytes:
    """Sealed with no list inside."""
    return seal_pdf(
        data,
        own.seal.key,
        sealing=replace(own.sealing(), crls=()),
        at=SEALED,
        placement=None,
        appearance=None,
        reason="核发",
        timestamper=own.stamper(SEALED + timedelta(seconds=2)),
    )


def with_answers(own: World, data: bytes, *answers: bytes) -> bytes:
    """The root's list for the authority, OCSP for what it issued."""
    evidence = replace(own.evidence(SEALED), crls=own.lists(SEALED, (own.root,)), ocsps=answers)
    return extend_pdf(
        data,
        evidence=evidence,
        timestamper=own.stamper(SEALED + HOUR),
        algorithm=own.algorithm,
        at=SEALED + HOUR,
        level=Level.B_LTA,
    )


@pytest.mark.parametrize("kind", KINDS)
def test_ocsp_in_place_of_lists(world: Any, permit: bytes, told: Any, kind: KeyKind) -> None:
    own = world(kind)
    data = bare(own, permit)
    good = with_answers(own, data, answer(own, SEALED + timedelta(minutes=30)))
    report = check_pdf(good, trust=own.trust(), at=SEALED + 2 * HOUR)
    assert report.indication is Indication.TOTAL_PASSED, told(report)
    assert report.signatures[0].facts["level"] == "B-LTA"
    assert report.signatures[0].facts["revocation"]["ocsp"] == {"this_update": "2026-08-01T04:30:00Z"}
    # Two years later the seal's certificate is over: the answer after the proven time tells what stood then.
    later = datetime(2028, 6, 1, tzinfo=UTC)
    report = own.check(good, later)
    assert report.indication is Indication.TOTAL_PASSED, told(report)
    assert own.check(data, later).indication is Indication.INDETERMINATE


@pytest.mark.parametrize("kind", KINDS)
def test_ocsp_that_says_revoked(world: Any, permit: bytes, kind: KeyKind) -> None:
    """Before the proven time it is a failure, after it nothing."""
    own = world(kind)
    at = SEALED + timedelta(minutes=30)
    for since, expected in (
        (SEALED - HOUR, Indication.TOTAL_FAILED),
        (SEALED + timedelta(minutes=10), Indication.TOTAL_PASSED),
    ):
        data = with_answers(own, bare(own, permit), answer(own, at, revoked=since))
        report = check_pdf(data, trust=own.trust(), at=SEALED + 2 * HOUR)
        assert report.indication is expected, since


@pytest.mark.parametrize("kind", KINDS)
def test_ocsp_that_says_nothing(world: Any, permit: bytes, kind: KeyKind) -> None:
    """Of another authority, of before, altered, or no response at all: left out, so the status is unknown."""
    own, other = world(kind), world(KeyKind.P384)
    good = answer(own, SEALED + timedelta(minutes=30))
    for one in (
        answer(other, SEALED),
        answer(own, SEALED - 2 * DAY),
        good[:-1] + bytes([good[-1] ^ 1]),
        b"\x30\x00",
        b"no DER",
    ):
        report = check_pdf(with_answers(own, bare(own, permit), one), trust=own.trust(), at=SEALED + 2 * HOUR)
        assert (report.indication, report.sub_indication) == (
            Indication.INDETERMINATE,
            SubIndication.TRY_LATER,
        )


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_kept_twice(world: Any, permit: bytes, kind: KeyKind) -> None:
    own = world(kind)
    once = extended(own, own.sealed(permit), SEALED + HOUR)
    again = extended(own, once, SEALED + HOUR)
    more = renewed(own, again, SEALED + 10 * DAY)
    for data, certificates, lists in ((once, 4, 2), (again, 4, 2), (more, 4, 4)):
        with pikepdf.open(io.BytesIO(data)) as pdf:
            store = pdf.Root.DSS
            assert (len(store.Certs), len(store.CRLs)) == (certificates, lists)
            assert store.Certs[0].read_bytes() == own.root.certificate.der
    assert own.check(more, SEALED + 10 * DAY).indication is Indication.TOTAL_PASSED


@pytest.mark.parametrize("kind", KINDS)
def test_store_packed_otherwise(world: Any, permit: bytes, resaved: Any, kind: KeyKind) -> None:
    """Files with object streams and cross-reference streams, as other products write them."""
    own = world(kind)
    packed = resaved(permit, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    data = renewed(own, extended(own, own.sealed(packed), SEALED + HOUR), SEALED + DAY)
    report = own.check(data, SEALED + 2 * DAY)
    assert report.indication is Indication.TOTAL_PASSED
    assert report.facts["time_stamps"] == 2


def test_what_is_refused(world: Any, permit: bytes) -> None:
    own = world(KeyKind.P256)
    keep = {"timestamper": own.stamper(SEALED), "algorithm": own.algorithm, "at": SEALED}
    evidence = own.evidence(SEALED)
    with pytest.raises(LongTermRefused) as refused:
        extend_pdf(permit, evidence=evidence, level=Level.B_LTA, **keep)
    assert refused.value.code == "long-term-not-sealed"
    with pytest.raises(LongTermRefused) as refused:
        extend_pdf(own.sealed(permit), evidence=Evidence(), level=Level.B_LT, **keep)
    assert refused.value.code == "long-term-no-evidence"
    with pytest.raises(LongTermRefused) as refused:
        renew_pdf(own.sealed(permit), evidence=evidence, **keep)
    assert refused.value.code == "long-term-not-stamped"
    with pytest.raises(PdfRefused):
        extend_pdf(b"%PDF-1.7", evidence=evidence, level=Level.B_LTA, **keep)


def test_sm2_read_by_others(world: Any, permit: bytes) -> None:
    """Both tokens of a B-LTA file by asn1crypto, gmssl and OpenSSL's SM3: none of our readers takes part."""
    own = world(KeyKind.SM2)
    data = extended(own, own.sealed(permit), SEALED + HOUR)
    seal, stamp = value_of(data, 0), value_of(data, 1)
    signer = cms.ContentInfo.load(seal, strict=True)["content"]["signer_infos"][0]
    (unsigned,) = signer["unsigned_attrs"]
    assert unsigned["type"].native == "signature_time_stamp_token"
    (numbers,) = [
        [int(one) for one in found.split()] for found in re.findall(rb"/ByteRange \[([0-9 ]+)\]", data)[1:]
    ]
    start, gap, resume, rest = numbers
    covered = data[start:gap] + data[resume : resume + rest]
    for token, content in ((unsigned["values"][0].dump(), signer["signature"].native), (stamp, covered)):
        signed = cms.ContentInfo.load(token)["content"]
        info = tsp.TSTInfo.load(bytes(signed["encap_content_info"]["content"]))
        assert info["message_imprint"]["hash_algorithm"]["algorithm"].dotted == "1.2.156.10197.1.401"
        assert info["message_imprint"]["hashed_message"].native == sm3(content)
        (one,) = signed["signer_infos"]
        attributes = b"\x31" + one["signed_attrs"].dump()[1:]
        assert sm3(info.dump()) in attributes
        peer = CryptSM2(private_key="", public_key="")
        peer.public_key = own.tsa(SEALED).certificate.public_key.spki[-64:].hex()
        raw = b"".join(
            number.to_bytes(32)
            for number in core.SequenceOf.load(one["signature"].native, spec=core.Integer).native
        )
        assert peer.verify_with_sm3(raw.hex(), attributes)


def sm3(data: bytes) -> bytes:
    state = hashes.Hash(hashes.SM3())
    state.update(data)
    return state.finalize()


@pytest.mark.parametrize("kind", KINDS)
def test_form_with_a_time_stamp(world: Any, kind: KeyKind) -> None:
    """A form has no place for document time stamps; the one at its signature counts the same."""
    own, record = world(kind), {"kind": "form", "number": 7}
    writer = cms_writer(own.sealing(), own.seal.key.scheme)
    content = digest(own.algorithm, canonical_json(record))
    attributes = writer.attributes(content, signing_time=SEALED)
    signature = own.seal.key.sign(attributes)
    token = own.stamper(SEALED + HOUR)(digest(own.algorithm, signature))
    later = datetime(2028, 6, 1, tzinfo=UTC)
    for timestamp, expected in ((token, Indication.TOTAL_PASSED), (None, Indication.INDETERMINATE)):
        form = SealedForm(record, writer.encode(attributes, signature, timestamp=timestamp)).encode()
        assert (
            check_form(form, trust=own.trust(SEALED), at=SEALED + DAY).indication is Indication.TOTAL_PASSED
        )
        assert check_form(form, trust=own.trust(later), at=later).indication is expected
