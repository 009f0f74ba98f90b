# SPDX-License-Identifier: Apache-2.0
"""Packs of a document and of a submission: complete, checked by one call, and no part can be exchanged."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from verify import (
    Indication,
    PackMalformed,
    PackPart,
    PackRole,
    PackSubject,
    Trust,
    Unreadable,
    check_file,
    cosignatures,
    parse_evidence_pack,
    parse_log_proof,
    parse_note,
)

from ..witness.word import WITNESS

PASSED, FAILED, UNSURE = Indication.TOTAL_PASSED, Indication.TOTAL_FAILED, Indication.INDETERMINATE
R101 = {
    PackRole.ORIGINAL,
    PackRole.SIGNATURE,
    PackRole.CERTIFICATE,
    PackRole.REVOCATION,
    PackRole.STATUS,
    PackRole.LOG_PROOF,
    PackRole.TRUST_LIST,
    PackRole.SEAL_STATUS,
    PackRole.INDEX,
}
FORGED: dict[str, bytes] = {}


def codes(report: Any) -> set[str]:
    return {one.code for one in report.reasons}


def entries(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(files: dict[str, bytes]) -> bytes:
    """As the writer packs them, whatever they are."""
    from verify.pack.archive import write_archive

    return write_archive(tuple(files.items()))


def exchanged(evidence: Any, role: PackRole, content: Callable[[PackPart], bytes]) -> dict[str, Any]:
    """The parts with another content for the first of a role."""
    parts = evidence.pack.manifest.parts
    first = next(one for one in parts if one.role is role)
    other = replace(first, content=content(first))
    return {"parts": tuple(other if one is first else one for one in parts)}


def theirs(evidence: Any, role: PackRole) -> Callable[[PackPart], bytes]:
    """The part of that role in the pack of the submission: genuine, and about something else."""
    parts = parse_evidence_pack(evidence.submission).manifest.parts
    return lambda _part: next(one.content for one in parts if one.role is role)


def without(evidence: Any, role: PackRole) -> dict[str, Any]:
    gone = {one.name for one in evidence.pack.manifest.parts if one.role is role}
    kept = [one for one in evidence.pack.manifest.parts if one.name not in gone]
    return {"parts": tuple(replace(one, about=tuple(n for n in one.about if n not in gone)) for one in kept)}


FORGERIES: dict[str, Callable[[Any], dict[str, Any]]] = {
    "proof of another act": lambda w: exchanged(w, PackRole.LOG_PROOF, theirs(w, PackRole.LOG_PROOF)),
    "signature of another file": lambda w: exchanged(w, PackRole.SIGNATURE, theirs(w, PackRole.SIGNATURE)),
    "status of another signer": lambda w: exchanged(w, PackRole.STATUS, theirs(w, PackRole.STATUS)),
    "another original": lambda w: exchanged(w, PackRole.ORIGINAL, theirs(w, PackRole.ORIGINAL)),
    "another record": lambda w: exchanged(w, PackRole.RECORD, lambda one: one.content + b" "),
    "original that was altered": lambda w: exchanged(
        w, PackRole.ORIGINAL, lambda one: one.content.replace(b"stream\n", b"stream\r", 1)
    ),
    "list that was altered": lambda w: exchanged(
        w, PackRole.TRUST_LIST, lambda one: one.content.replace(b'"sequence":1', b'"sequence":2', 1)
    ),
    "another subject": lambda w: {"subject": PackSubject("document", "04HMASW9NF6YY093", "-")},
    "no proof": lambda w: without(w, PackRole.LOG_PROOF),
    "no signature": lambda w: without(w, PackRole.SIGNATURE),
    "no original": lambda w: without(w, PackRole.ORIGINAL),
}
UNPROVEN = {"no proof"}


def test_complete(evidence: Any) -> None:
    """Everything that R-101 names is in it, and all of it is a yes for whoever has the roots."""
    for data in (evidence.document, evidence.submission):
        report = evidence.check(data)
        assert (report.kind, report.indication) == ("evidence-pack", PASSED), report.reasons
        assert {one.role for one in parse_evidence_pack(data).manifest.parts} >= R101
        assert report.facts["proven_to_exist"] == report.facts["made"]
        assert {one["indication"] for one in report.facts["parts"]} == {"TOTAL-PASSED"}
    roles = {one.role for one in evidence.pack.manifest.parts}
    assert {PackRole.RECORD, PackRole.STATEMENT} <= roles
    named = [one.name for one in evidence.pack.manifest.parts if one.role is PackRole.ORIGINAL]
    assert named == ["original/document.pdf", "original/document.ofd"]


def test_word_of_witnesses(evidence: Any) -> None:
    """The log has grown since a witness looked: the proof is under the head that it cosigned."""
    for data in (evidence.document, evidence.submission):
        parts = parse_evidence_pack(data).manifest.parts
        (proof,) = (parse_log_proof(one.content) for one in parts if one.role is PackRole.LOG_PROOF)
        assert [one.witness for one in cosignatures(parse_note(proof.checkpoint), [WITNESS])] == [
            WITNESS.name
        ]


def test_page_for_people(evidence: Any) -> None:
    """It names every part with both digests, runs nothing and loads nothing."""
    pack = evidence.pack.manifest
    page = entries(evidence.document)["index.html"].decode()
    for one in pack.parts[1:]:
        assert one.name in page and str(one.listed()["sm3"]) in page
    assert "电子证据包" in page and pack.subject.title in page
    assert "<script" not in page and "http://" not in page and "https://" not in page


@pytest.mark.parametrize("years", [1, 8])
def test_years_later(evidence: Any, years: int) -> None:
    """With the roots alone: keys and lists of then come from the list in the pack, for which they vouch."""
    later = evidence.at + timedelta(days=365 * years)
    roots = Trust(anchors=evidence.trust.anchors)
    for data in (evidence.document, evidence.submission):
        report = evidence.check(data, trust=roots, at=later)
        assert report.indication is PASSED, (report.reasons, [one.reasons for one in report.signatures])
    assert evidence.check(evidence.document, trust=Trust(), at=later).indication is UNSURE
    over = replace(roots, next_update=later - timedelta(days=1))
    assert "TRUST_LIST_STALE" in codes(evidence.check(evidence.document, trust=over, at=later))


def test_swap_drop_add(evidence: Any) -> None:
    """A part exchanged, left out or put in: not the file that was sealed."""
    files, other = entries(evidence.document), entries(evidence.submission)
    log = "log/entry.json"
    first, *rest = files.items()
    changed = [
        {**files, log: other[log]},
        {name: content for name, content in files.items() if name != log},
        {**files, "note.txt": b"hello"},
        dict([first, *reversed(rest)]),
        {name: content for name, content in files.items() if name != "manifest.p7s"},
    ]
    for one in changed:
        report = evidence.check(packed(one))
        assert (report.indication, codes(report)) == (FAILED, {"PACK_MALFORMED"})
    report = evidence.check(packed({**files, "manifest.p7s": other["manifest.p7s"]}))
    assert report.indication is FAILED
    report = evidence.check(packed({name: one for name, one in files.items() if name != "manifest.tst"}))
    assert report.indication is PASSED  # without the stamp it is judged as of now
    assert report.facts["proven_to_exist"] is None


def test_repacked(evidence: Any) -> None:
    """Deflated, commented, dated otherwise: refused, and said why."""
    files = entries(evidence.document)
    for how in (zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", how) as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        report = evidence.check(out.getvalue())
        assert (report.indication, codes(report)) == (FAILED, {"PACK_MALFORMED"})
    for data in (evidence.document + b"x", b"x" + evidence.document, evidence.document[:-2] + b"\x01\x00x"):
        try:
            assert evidence.check(data).indication is FAILED
        except Unreadable:
            assert not data.startswith(b"PK")


@pytest.mark.parametrize("name", FORGERIES)
def test_sealed_by_the_platform_and_wrong(evidence: Any, name: str) -> None:
    """The seal of the platform makes nothing true: parts that do not agree fail, missing ones do not pass."""
    report = evidence.check(FORGED[name])
    assert report.signatures[0].indication is PASSED
    assert report.indication is (UNSURE if name in UNPROVEN else FAILED), report.reasons
    assert report.reasons


def test_flipped_octets(evidence: Any) -> None:
    """Spread over the whole file, and each of the last two hundred: nothing passes."""
    data = evidence.document
    places = [*range(0, len(data), len(data) // 150), *range(len(data) - 200, len(data))]
    for place in places:
        other = bytearray(data)
        other[place] ^= 1
        try:
            assert evidence.check(bytes(other)).indication is not PASSED, place
        except Unreadable:
            assert place < 100


def test_the_same_file_for_the_same_pack(evidence: Any) -> None:
    assert evidence.pack.encode() == evidence.document
    for name in ("../evil", "/evil", "a/../b", "A.txt", "a b"):
        with pytest.raises(PackMalformed):
            packed({name: b""})


def test_known_by_content(evidence: Any) -> None:
    assert check_file(evidence.document, trust=Trust(), at=evidence.at, name="a.txt").kind == "evidence-pack"
