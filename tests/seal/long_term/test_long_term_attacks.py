# SPDX-License-Identifier: Apache-2.0
"""What somebody does who has the file: swapped tokens, foreign stores, stamps over other bytes, revisions.

Each must keep the file from passing, or leave it exactly as good as without the thing that was put in.
"""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pikepdf
import pytest

from keys import Digest, HashAlgorithm, KeyKind, digest
from seal import Evidence, Level, TimestampUnfit, extend_pdf, seal_pdf
from verify import Indication, SubIndication, check_pdf

from .conftest import SEALED
from .test_long_term_levels import DAY, FAILED, HOUR, PASSED, UNSURE, extended, renewed

LATER = datetime(2028, 6, 1, tzinfo=UTC)  # the seal's certificate is over
KINDS = [KeyKind.SM2, KeyKind.P256]


def codes(report: Any) -> set[str]:
    return {reason.code for part in (report, *report.signatures) for reason in part.reasons}


def ranges(data: bytes) -> list[tuple[int, int]]:
    """From where to where each signature value stands, hexadecimal."""
    found = re.findall(rb"/ByteRange \[0 +(\d+) +(\d+) +\d+\]", data)
    return [(int(gap) + 1, int(resume) - 1) for gap, resume in found]


def with_value(data: bytes, number: int, value: bytes) -> bytes:
    start, end = ranges(data)[number]
    room = (end - start) // 2
    return data[:start] + value.ljust(room, b"\x00").hex().encode() + data[end:]


def value_of(data: bytes, number: int) -> bytes:
    start, end = ranges(data)[number]
    padded = bytes.fromhex(data[start:end].decode())
    return padded[: 4 + int.from_bytes(padded[2:4])]


@pytest.mark.parametrize("kind", KINDS)
def test_token_of_another_signature(world: Any, permit: bytes, kind: KeyKind) -> None:
    """A time stamp of an earlier signature, at one that was made when the certificate was over already."""
    own = world(kind)
    early = own.sealed(permit)
    old_token = own.tokens[-1]
    assert own.check(early, SEALED + 2 * DAY).indication is PASSED
    for _ in range(100):  # signatures have several lengths
        late = own.sealed(permit, at=SEALED + DAY)
        new_token = own.tokens[-1]
        if len(old_token) == len(new_token):
            break
    value = value_of(late, 0)
    swapped = with_value(late, 0, value.replace(new_token, old_token))
    report = own.check(swapped, SEALED + 2 * DAY)
    assert report.indication is UNSURE
    assert report.sub_indication is SubIndication.SIG_CONSTRAINTS_FAILURE
    assert "TIMESTAMP_INVALID" in codes(report)
    assert report.signatures[0].facts["level"] == "B-B"


@pytest.mark.parametrize("kind", KINDS)
def test_document_time_stamp_over_other_bytes(world: Any, permit: bytes, kind: KeyKind) -> None:
    own = world(kind)
    stamper = own.stamper(SEALED + HOUR)

    def forged(content: Digest) -> bytes:
        return stamper(digest(content.algorithm, b"other bytes"))

    with pytest.raises(TimestampUnfit):
        extend_pdf(
            own.sealed(permit),
            evidence=own.evidence(SEALED),
            timestamper=forged,
            algorithm=own.algorithm,
            at=SEALED + HOUR,
            level=Level.B_LTA,
        )
    good = extended(own, own.sealed(permit), SEALED + HOUR)
    token = stamper(digest(own.algorithm, b"other bytes"))
    report = own.check(with_value(good, 1, token), SEALED + 2 * HOUR)
    assert (report.indication, report.sub_indication) == (FAILED, SubIndication.HASH_FAILURE)
    assert report.signatures[0].facts["level"] in ("B-T", "B-LT")


@pytest.mark.parametrize("kind", KINDS)
def test_store_of_another_chain(world: Any, permit: bytes, kind: KeyKind) -> None:
    """Evidence of others helps nobody: a list of the same name by another key is no list."""
    own, other = world(kind), world(KeyKind.P384)
    data = extend_pdf(
        own.sealed(permit, stamped=False),
        evidence=other.evidence(SEALED + HOUR),
        timestamper=own.stamper(SEALED + HOUR),
        algorithm=own.algorithm,
        at=SEALED + HOUR,
        level=Level.B_LTA,
    )
    trust = replace(own.trust(LATER), crls=own.lists(LATER))
    report = check_pdf(data, trust=trust, at=LATER)
    # What the signature itself carries still proves it; without that nothing would.
    assert report.indication is PASSED
    assert report.signatures[0].facts["level"] == "B-LTA"
    bare = seal_pdf(
        permit,
        own.seal.key,
        sealing=replace(own.sealing(), crls=()),
        at=SEALED,
        placement=None,
        appearance=None,
        reason="核发",
        timestamper=own.stamper(SEALED + timedelta(seconds=2)),
    )
    data = extend_pdf(
        bare,
        evidence=other.evidence(SEALED + HOUR),
        timestamper=own.stamper(SEALED + HOUR),
        algorithm=own.algorithm,
        at=SEALED + HOUR,
        level=Level.B_LTA,
    )
    report = check_pdf(data, trust=trust, at=LATER)
    assert (report.indication, report.sub_indication) == (UNSURE, SubIndication.OUT_OF_BOUNDS_NO_POE)
    assert "PAST_NOT_PROVEN" in codes(report)


@pytest.mark.parametrize("kind", KINDS)
def test_evidence_that_is_not_covered(world: Any, permit: bytes, kind: KeyKind) -> None:
    """The authority lost its key after the time stamp: lists added later, under none, prove nothing."""
    own, foreign = world(kind), world(KeyKind.P384)
    bare = seal_pdf(
        permit,
        own.seal.key,
        sealing=replace(own.sealing(), crls=()),
        at=SEALED,
        placement=None,
        appearance=None,
        reason="核发",
    )
    lost = own.revoking(own.issuing.certificate, SEALED + 10 * DAY)
    at = SEALED + 30 * DAY
    anchors = (own.root.certificate, foreign.root.certificate)
    trust = replace(own.trust(), anchors=anchors, crls=(*lost.lists(at), *foreign.lists(at)))

    def report(first: Evidence, then: Evidence) -> Any:
        keep = {
            "timestamper": foreign.stamper(SEALED + HOUR),
            "algorithm": foreign.algorithm,
            "at": SEALED + HOUR,
        }
        data = extend_pdf(bare, evidence=first, level=Level.B_LTA, **keep)
        return check_pdf(extend_pdf(data, evidence=then, level=Level.B_LT, **keep), trust=trust, at=at)

    lists, others = own.evidence(SEALED), foreign.evidence(SEALED)
    assert report(others.with_(lists), others).signatures[0].indication is PASSED
    assert report(others, others.with_(lists)).signatures[0].indication is FAILED


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("certify", [False, True])
def test_revision_inserted_between(world: Any, permit: bytes, kind: KeyKind, certify: bool) -> None:
    """Another page content after the seal, then a perfectly good store and time stamp over all of it."""
    own = world(kind)
    sealed = own.sealed(permit, certify=certify)
    with pikepdf.open(io.BytesIO(sealed)) as pdf:
        page = pdf.pages[0].obj
        number, generation = page.objgen
        body = page.unparse(resolved=True).replace(b"/MediaBox", b"/Rotate 180 /MediaBox")
        root, size = pdf.Root.objgen[0], int(pdf.trailer.Size)
    previous = int(re.findall(rb"startxref\s+(\d+)", sealed)[-1])
    offset = len(sealed)
    tail = b"%d %d obj\n%s\nendobj\n" % (number, generation, body)
    start = offset + len(tail)
    tail += b"xref\n%d 1\n%010d %05d n \n" % (number, offset, generation)
    tail += b"trailer\n<< /Size %d /Root %d 0 R /Prev %d >>\n" % (size, root, previous)
    tail += b"startxref\n%d\n%%%%EOF\n" % start
    report = own.check(extended(own, sealed + tail, SEALED + HOUR), SEALED + 2 * HOUR)
    assert report.signatures[0].indication is FAILED
    assert "MODIFIED_AFTER_SEAL" in codes(report)
    assert report.indication is FAILED


@pytest.mark.parametrize("kind", KINDS)
def test_seal_after_a_certified_archive(world: Any, permit: bytes, kind: KeyKind) -> None:
    """P 1 leaves room for store and time stamps, and for no other signature, whoever writes it."""
    own = world(kind)
    archived = extended(own, own.sealed(permit, certify=True), SEALED + HOUR)
    assert own.check(archived, SEALED + 2 * HOUR).indication is PASSED
    # The same bytes, called a signature: the type is what makes it a time stamp.
    renamed = archived.replace(b"/Type /DocTimeStamp", b"/Type /Sig         ")
    report = own.check(renamed, SEALED + 2 * HOUR)
    assert report.indication is not PASSED


@pytest.mark.parametrize("kind", KINDS)
def test_time_stamps_that_contradict_each_other(world: Any, permit: bytes, kind: KeyKind) -> None:
    """The inner one claims to be younger than the one around it: one of the two clocks lies."""
    own = world(kind)
    data = extended(own, own.sealed(permit, stamped=False), SEALED + 10 * DAY)
    data = renewed(own, data, SEALED + DAY)
    report = own.check(data, SEALED + 11 * DAY)
    assert report.indication is UNSURE
    assert report.signatures[1].sub_indication is SubIndication.TIMESTAMP_ORDER_FAILURE


@pytest.mark.parametrize("kind", KINDS)
def test_untrusted_authority(world: Any, permit: bytes, kind: KeyKind) -> None:
    """A time stamp of somebody unknown at a signature proves nothing and hurts nothing."""
    own, foreign = world(kind), world(KeyKind.P384)
    data = seal_pdf(
        permit,
        own.seal.key,
        sealing=own.sealing(),
        at=SEALED,
        placement=None,
        appearance=None,
        reason="核发",
        timestamper=lambda content: foreign.stamper(SEALED)(
            digest(HashAlgorithm.SHA384, b"") if content.algorithm is HashAlgorithm.SHA384 else content
        ),
    )
    report = own.check(data, SEALED + HOUR)
    assert report.indication is PASSED
    assert "TIMESTAMP_NOT_TRUSTED" in codes(report)
    assert report.signatures[0].facts["level"] == "B-B"
    assert own.check(data, LATER).indication is UNSURE


@pytest.mark.parametrize("kind", KINDS)
def test_only_a_time_stamp_is_no_seal(world: Any, hand_made: Any, kind: KeyKind) -> None:
    """Somebody stamps an unsealed document: the report must not be a pass."""
    own = world(kind)
    sealed = own.sealed(hand_made(), stamped=False)
    stamped = extended(own, sealed, SEALED + HOUR)
    # Take the seal's field out of the first revision by making its value another thing.
    other = stamped.replace(b"/SubFilter /ETSI.CAdES.detached", b"/SubFilter /ETSI.RFC3161       ")
    assert own.check(other, SEALED + 2 * HOUR).indication is not PASSED


@pytest.mark.parametrize("kind", [KeyKind.P256])
def test_flipped_bytes_never_pass_better(world: Any, hand_made: Any, kind: KeyKind) -> None:
    """One bit anywhere after the sealed revision: never a pass.

    But in the certificates of the last token, which no signature covers and the store has as well.
    """
    own = world(kind)
    sealed = own.sealed(hand_made())
    archived = extended(own, sealed, SEALED + HOUR)
    at = SEALED + 2 * HOUR
    assert own.check(archived, at).indication is PASSED
    gap, resume = ranges(archived)[1]
    token = value_of(archived, 1)
    token_end = gap + 2 * len(token)
    own_tsa = own.tsa(SEALED)
    ends = [token.find(one.der) + len(one.der) for one in (own_tsa.certificate, *own_tsa.chain)]
    begins = min(token.find(one.der) for one in (own_tsa.certificate, *own_tsa.chain))
    loose = range(gap + 2 * begins - 10, gap + 2 * max(ends))
    places = [
        *range(len(sealed), gap, 61),
        *range(gap, token_end, 401),
        *range(resume, len(archived) - 1, 13),
    ]
    for place in (one for one in places if one not in loose):
        changed = bytearray(archived)
        changed[place] ^= 0x01
        try:
            report = own.check(bytes(changed), at)
        except Exception as error:
            assert type(error).__name__ == "Unreadable", error
            continue
        assert report.indication is not Indication.TOTAL_PASSED, (place, archived[place - 20 : place + 20])
