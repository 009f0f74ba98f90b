# SPDX-License-Identifier: Apache-2.0
"""Attacks on sealed PDFs, one per rule.  The signature value is right in every file: only the trick is wrong.

Classes after the published attacks on PDF signatures: universal forgery (no value, no range), signature
wrapping (ranges), incremental saving, shadow content, trailing data, and damage that makes parsers guess.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verify import Indication, Report, Trust, Unreadable, check_pdf

from .conftest import check_both_ways

AT = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)
PASSED, FAILED, UNSURE = Indication.TOTAL_PASSED, Indication.TOTAL_FAILED, Indication.INDETERMINATE
NOTHING = Trust(
    anchors=(),
    intermediates=(),
    crls=(),
    qr_keys=(),
    log_keys=(),
    hosts=(),
    issued=None,
    next_update=None,
    sequence=None,
    source="",
)
Update = Callable[[bytes, dict[int, bytes]], bytes]
FIELD = b"<< /Type /Annot /Subtype /Widget /FT /Sig /T (%s) /V 6 0 R /P 3 0 R /F 132 /Rect [0 0 0 0] >>"
CATALOG = b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [%s] /SigFlags 3 >> %s >>"


def check(data: bytes, world: Any) -> Report:
    return check_both_ways(data, world)


def codes(report: Report) -> set[str]:
    return {reason.code for part in (report, *report.signatures) for reason in part.reasons}


def stream(content: bytes) -> bytes:
    return b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content)


RANGE_TRICKS = {
    "does not start at 0": (
        lambda gap, resume, end: f"[1 {gap - 1} {resume} {end - resume}]",
        "BYTE_RANGE_START",
    ),
    "six numbers": (
        lambda gap, resume, end: f"[0 {gap} {resume} {end - resume - 9} {end - 9} 9]",
        "BYTE_RANGE_SHAPE",
    ),
    "two numbers": (lambda gap, resume, end: f"[0 {end}]", "BYTE_RANGE_SHAPE"),
    "gap begins earlier": (
        lambda gap, resume, end: f"[0 {gap - 4} {resume} {end - resume}]",
        "BYTE_RANGE_GAP",
    ),
    "gap ends later": (
        lambda gap, resume, end: f"[0 {gap} {resume + 9} {end - resume - 9}]",
        "BYTE_RANGE_GAP",
    ),
    "gap leaves the angle brackets signed": (
        lambda gap, resume, end: f"[0 {gap + 1} {resume - 1} {end - resume + 1}]",
        "BYTE_RANGE_GAP",
    ),
    "overlaps itself": (lambda gap, resume, end: f"[0 {resume} {gap} {end - gap}]", "BYTE_RANGE_BOUNDS"),
    "reaches past the file": (lambda gap, resume, end: f"[0 {gap} {resume} {end}]", "BYTE_RANGE_BOUNDS"),
    "negative": (lambda gap, resume, end: f"[0 {gap} {resume} -5]", "BYTE_RANGE_BOUNDS"),
    "all zero": (lambda gap, resume, end: "[0 0 0 0]", "BYTE_RANGE_BOUNDS"),
    "fractions": (lambda gap, resume, end: f"[0 {gap}.0 {resume} {end - resume}]", "BYTE_RANGE_MISSING"),
    "huge": (lambda gap, resume, end: f"[0 {gap} {resume} 99999999999999]", "BYTE_RANGE_BOUNDS"),
    "null": (lambda gap, resume, end: "null", "BYTE_RANGE_MISSING"),
    "empty": (lambda gap, resume, end: "[]", "BYTE_RANGE_MISSING"),
    "text": (lambda gap, resume, end: "(0 1 2 3)", "BYTE_RANGE_MISSING"),
}


@pytest.mark.parametrize("trick", RANGE_TRICKS)
def test_byte_range_tricks(world: Any, draft: Any, trick: str) -> None:
    """Universal forgery and wrapping: the range has four integers, starts at 0, leaves out exactly the
    value.
    """
    ranges, code = RANGE_TRICKS[trick]
    report = check(replace(draft, ranges=ranges).sealed(world.rsa), world)
    assert report.indication is FAILED
    assert code in codes(report)


def test_honest_signature_over_a_wider_gap(world: Any, draft: Any) -> None:
    """Even when the signer signed exactly what the range says: the gap hides bytes that nobody signed."""
    entries = draft.entries + " /Hidden (any text at all)"
    wide = replace(
        draft,
        entries=entries,
        ranges=lambda gap, resume, end: f"[0 {gap - 40} {resume} {end - resume}]",
        signed_ranges=lambda gap, resume, end: ((0, gap - 40), (resume, end)),
    )
    report = check(wide.sealed(world.rsa), world)
    assert report.indication is FAILED
    assert "BYTE_RANGE_GAP" in codes(report)


def test_honest_signature_over_less_than_the_file(world: Any, draft: Any) -> None:
    """A range that stops before the end of its own revision leaves the end open."""
    short = replace(
        draft,
        ranges=lambda gap, resume, end: f"[0 {gap} {resume} {end - resume - 30}]",
        signed_ranges=lambda gap, resume, end: ((0, gap), (resume, end - 30)),
    )
    report = check(short.sealed(world.rsa), world)
    assert report.indication is FAILED
    assert codes(report) & {"NOT_IN_ITS_REVISION", "BYTES_AFTER_SEAL"}


def test_byte_range_absent(world: Any, draft: Any) -> None:
    """Universal forgery: no range at all."""
    sealed = draft.sealed(world.rsa)
    report = check(sealed.replace(b"/ByteRange", b"/ByteRanje"), world)
    assert report.indication is FAILED
    assert "BYTE_RANGE_MISSING" in codes(report)


@pytest.mark.parametrize(
    "contents", ["null", "<>", "<0000>", "<00>", "()", "123", "/Name", "<< >>", "[<00>]"]
)
def test_contents_missing(world: Any, draft: Any, contents: str) -> None:
    """Universal forgery: a value that is null, empty, zero or of another type."""
    report = check(replace(draft, contents=contents).sealed(world.rsa), world)
    assert report.indication is FAILED
    assert codes(report) & {"CONTENTS_MISSING", "BYTE_RANGE_GAP"}


def test_contents_absent(world: Any, draft: Any) -> None:
    """Universal forgery: no value at all."""
    report = check(draft.sealed(world.rsa).replace(b"/Contents <", b"/Kontents <"), world)
    assert report.indication is FAILED
    assert "CONTENTS_MISSING" in codes(report)


@pytest.mark.parametrize("contents", ["<30>", "<3005>", "<3080>", "<30030201>", "<ffffffff>", "<0500>"])
def test_contents_not_a_signature(world: Any, draft: Any, contents: str) -> None:
    """Bytes that are no DER, or no CMS, fail; they raise nothing."""
    report = check(replace(draft, contents=contents, reserved=len(contents) - 2).sealed(world.rsa), world)
    assert report.indication is FAILED


@pytest.mark.parametrize("padding", ["01", "ff", "30"])
def test_padding_is_zero(world: Any, draft: Any, padding: str) -> None:
    """After the DER value only zeros: anything else would be a place to hide data."""
    report = check(replace(draft, padding=padding).sealed(world.rsa), world)
    assert report.indication is FAILED
    assert "CONTENTS_PADDING" in codes(report)


def test_one_nonzero_byte_at_the_end_of_the_padding(world: Any, draft: Any) -> None:
    """The last hex digit counts as well."""
    sealed = draft.sealed(world.rsa)
    at = sealed.index(b"00>")
    report = check(sealed[:at] + b"01>" + sealed[at + 3 :], world)
    assert report.indication is FAILED
    assert "CONTENTS_PADDING" in codes(report)


@pytest.mark.parametrize("spaced", [b"00\n", b"0 0", b"00 "])
def test_white_space_in_the_gap(world: Any, draft: Any, spaced: bytes) -> None:
    """White space inside the hex string is legal PDF, unsigned, and has no place in a seal."""
    sealed = draft.sealed(world.rsa)
    at = sealed.index(b"00>") - len(spaced)
    report = check(sealed[:at] + spaced + sealed[at + len(spaced) :], world)
    assert report.indication is not PASSED


@pytest.mark.parametrize(
    "sub_filter",
    ["/adbe.pkcs7.sha1", "/adbe.x509.rsa_sha1", "/GM.other", "(text)", "null"],
)
def test_unknown_sub_filter(world: Any, draft: Any, sub_filter: str) -> None:
    """What we cannot check is never skipped and never passed."""
    entries = draft.entries.replace("/ETSI.CAdES.detached", sub_filter)
    report = check(replace(draft, entries=entries).sealed(world.rsa), world)
    assert report.indication is UNSURE
    assert "UNKNOWN_SUBFILTER" in codes(report)


def test_cms_called_a_seal(world: Any, draft: Any) -> None:
    """A sub-filter that promises a seal signature, and something else in its place."""
    entries = draft.entries.replace("/ETSI.CAdES.detached", "/GM.sm2seal")
    report = check(replace(draft, entries=entries).sealed(world.rsa), world)
    assert report.indication is FAILED
    assert "SES_MALFORMED" in codes(report)


def test_unknown_sub_filter_beside_a_good_signature(
    world: Any, plain_pdf: bytes, draft: Any, incremental: Update
) -> None:
    """One signature that cannot be checked keeps the whole from passing."""
    once = world.rsa.seal(plain_pdf)
    twice = world.rsa.seal(once, "Seal2", box=(300, 100, 420, 220))
    odd = twice[: len(once)] + twice[len(once) :].replace(b"/ETSI.CAdES.detached", b"/ETSI.CAdES.detacheD")
    report = check(odd, world)
    assert report.indication is not PASSED
    assert "UNKNOWN_SUBFILTER" in codes(report)


@pytest.mark.parametrize(
    "after", [b"x", b"%comment", b"\n%%EOF\n", b"\n5 0 obj\n<< >>\nendobj\n", b"\x00\x01"]
)
def test_bytes_after_the_seal(world: Any, draft: Any, after: bytes) -> None:
    """Trailing data that no cross-reference section explains."""
    report = check(draft.sealed(world.rsa) + after, world)
    assert report.indication is FAILED
    assert codes(report) & {"BYTES_AFTER_SEAL"}


def test_incremental_saving_without_a_table(world: Any, draft: Any) -> None:
    """Incremental saving attack: new objects, and the old cross-reference section named once more."""
    sealed = draft.sealed(world.rsa)
    old = int(sealed.rsplit(b"startxref", 1)[1].split()[0])
    body = b"4 0 obj\n" + stream(b"BT /F1 24 Tf 20 200 Td (another text) Tj ET") + b"\nendobj\n"
    report = check(sealed + body + b"startxref\n%d\n%%%%EOF\n" % old, world)
    assert report.indication is FAILED
    assert "BYTES_AFTER_SEAL" in codes(report)


WITH_FONT = b"/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>"
SAME_PAGE = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] " + WITH_FONT + b" %s >>"
CHANGES: dict[str, dict[int, bytes]] = {
    "page text": {4: stream(b"BT /F1 24 Tf 20 200 Td (another text) Tj ET")},
    "page content list": {
        3: SAME_PAGE % b"/Contents [4 0 R 8 0 R] /Annots [5 0 R]",
        8: stream(b"BT /F1 24 Tf 20 100 Td (more) Tj ET"),
    },
    "annotation over the text": {
        3: SAME_PAGE % b"/Contents 4 0 R /Annots [5 0 R 8 0 R]",
        8: b"<< /Type /Annot /Subtype /FreeText /Rect [0 0 300 300] /Contents (over) /DA (/F1 9 Tf) >>",
    },
    "annotation dictionary of the seal": {5: FIELD.replace(b"[0 0 0 0]", b"[0 0 300 300]") % b"Seal"},
    "page removed": {2: b"<< /Type /Pages /Kids [] /Count 0 >>"},
    "page added": {
        2: b"<< /Type /Pages /Kids [3 0 R 8 0 R] /Count 2 >>",
        8: SAME_PAGE % b"/Contents 4 0 R",
    },
    "page size": {3: (SAME_PAGE % b"/Contents 4 0 R /Annots [5 0 R]").replace(b"300 300", b"90 90")},
    "catalog action": {1: CATALOG % (b"5 0 R", b"/OpenAction << /S /URI /URI (http://x.example) >>")},
    "text field": {
        1: CATALOG % (b"5 0 R 8 0 R", b""),
        8: b"<< /Type /Annot /Subtype /Widget /FT /Tx /T (t) /V (v) /P 3 0 R /Rect [0 0 300 300] >>",
    },
    "unsigned signature field that draws": {
        1: CATALOG % (b"5 0 R 8 0 R", b""),
        3: SAME_PAGE % b"/Contents 4 0 R /Annots [5 0 R 8 0 R]",
        8: b"<< /Type /Annot /Subtype /Widget /FT /Sig /T (New) /P 3 0 R /F 4 /Rect [0 0 300 300]"
        b" /AP << /N 9 0 R >> >>",
        9: b"<< /Type /XObject /Subtype /Form /BBox [0 0 300 300] /Length 26 >>"
        b"\nstream\n1 1 1 rg 0 0 300 300 re f\nendstream",
    },
    "unsigned invisible signature field": {
        1: CATALOG % (b"5 0 R 8 0 R", b""),
        8: b"<< /FT /Sig /T (New) >>",
    },
    "another page tree": {
        1: CATALOG.replace(b"2 0 R", b"8 0 R") % (b"5 0 R", b""),
        8: b"<< /Type /Pages /Kids [9 0 R] /Count 1 >>",
        9: (SAME_PAGE % b"").replace(b"2 0 R", b"8 0 R"),
    },
}


def test_hidden_objects_in_a_proper_update(world: Any, draft: Any) -> None:
    """An update in order, but with an object that no table names: readers that search would show it."""
    sealed = draft.sealed(world.rsa)
    hidden = b"4 0 obj\n" + stream(b"BT /F1 24 Tf 20 200 Td (another text) Tj ET") + b"\nendobj\n"
    previous = int(sealed.rsplit(b"startxref", 1)[1].split()[0])
    for body in (b"", hidden):
        tail = body + b"xref\n0 0\ntrailer\n<< /Size 7 /Root 1 0 R /Prev %d >>\n" % previous
        report = check(sealed + tail + b"startxref\n%d\n%%%%EOF\n" % (len(sealed) + len(body)), world)
        assert (report.indication is PASSED) == (body == b""), codes(report)
    assert "BYTES_AFTER_SEAL" in codes(report)


@pytest.mark.parametrize("change", CHANGES)
def test_changed_after_sealing(world: Any, draft: Any, incremental: Update, change: str) -> None:
    """An incremental update may add signatures and validation data; anything else is a change."""
    sealed = draft.sealed(world.rsa)
    report = check(incremental(sealed, CHANGES[change]), world)
    assert report.indication is FAILED
    assert codes(report) == {"MODIFIED_AFTER_SEAL"}


def test_field_renamed(world: Any, draft: Any, incremental: Update) -> None:
    """The field that is shown is not the one that was sealed."""
    report = check(incremental(draft.sealed(world.rsa), {5: FIELD % b"Other"}), world)
    assert report.indication is FAILED
    assert codes(report) == {"NOT_IN_ITS_REVISION"}


def test_signature_field_removed(world: Any, draft: Any, incremental: Update) -> None:
    """The form lists no field, and the page still shows the seal: it is listed, and cannot be judged."""
    report = check(incremental(draft.sealed(world.rsa), {1: CATALOG % (b"", b"")}), world)
    assert report.indication is not PASSED
    assert len(report.signatures) == 1
    assert "PARSER_DISAGREEMENT" in codes(report)


def test_signature_removed_from_form_and_page(world: Any, draft: Any, incremental: Update) -> None:
    """Without its field the file carries no signature: nothing is said for it."""
    objects = {1: CATALOG % (b"", b""), 3: SAME_PAGE % b"/Contents 4 0 R"}
    report = check(incremental(draft.sealed(world.rsa), objects), world)
    assert report.indication is UNSURE
    assert codes(report) == {"NOT_SEALED"}


@pytest.mark.parametrize("kind", [b"/FT /Tx", b"/FT /Btn", b""])
def test_seal_in_a_field_of_another_kind(world: Any, draft: Any, kind: bytes) -> None:
    """A signature is one by its content: under another kind of field it is listed, and cannot be judged."""
    report = check(
        replace(draft, objects={5: (FIELD % b"Seal").replace(b"/FT /Sig", kind)}).sealed(world.rsa), world
    )
    assert report.indication is not PASSED
    assert len(report.signatures) == 1
    assert "PARSER_DISAGREEMENT" in codes(report)


def test_changed_between_two_signatures(world: Any, draft: Any, incremental: Update) -> None:
    """The second signer signed the changed document; the first seal does not cover it and fails."""
    changed = incremental(draft.sealed(world.rsa), CHANGES["page text"])
    report = check(world.ecdsa.seal(changed, "Seal2", box=(100, 100, 200, 200)), world)
    assert [one.indication for one in report.signatures] == [FAILED, PASSED]
    assert report.indication is FAILED
    assert "MODIFIED_AFTER_SEAL" in codes(report)


def test_changed_and_changed_back(world: Any, draft: Any, incremental: Update) -> None:
    """A change that a later update takes back is still no history of a sealed document to pass silently."""
    sealed = draft.sealed(world.rsa)
    there = incremental(sealed, CHANGES["page text"])
    back = incremental(there, {4: draft.parts()[4]})
    assert check(back, world).indication is not PASSED


def test_two_fields_share_one_signature(world: Any, draft: Any) -> None:
    """A second field that borrows the value of the first: one of them claims what was never signed for it."""
    objects = {1: CATALOG % (b"5 0 R 7 0 R", b""), 7: FIELD % b"Borrowed"}
    report = check(replace(draft, objects=objects).sealed(world.rsa), world)
    assert report.indication is FAILED
    assert "SIGNATURE_SHARED" in codes(report)


def test_signature_copied_into_a_later_revision(world: Any, draft: Any, incremental: Update) -> None:
    """Wrapping: a new field whose value is a copy of the first, range included."""
    sealed = draft.sealed(world.rsa)
    start = sealed.index(b"6 0 obj\n") + len(b"6 0 obj\n")
    copy = sealed[start : sealed.index(b"\nendobj", start)]
    objects = {1: CATALOG % (b"5 0 R 7 0 R", b""), 7: FIELD.replace(b"6 0 R", b"8 0 R") % b"Copy", 8: copy}
    report = check(incremental(sealed, objects), world)
    assert report.indication is FAILED
    assert "SIGNATURE_SHARED" in codes(report)


def test_signature_moved_to_a_changed_document(world: Any, draft: Any, incremental: Update) -> None:
    """Wrapping: the old value re-hung in a new revision with changed content, the field pointing at the
    copy.
    """
    sealed = draft.sealed(world.rsa)
    start = sealed.index(b"6 0 obj\n") + len(b"6 0 obj\n")
    copy = sealed[start : sealed.index(b"\nendobj", start)]
    objects = {**CHANGES["page text"], 5: FIELD.replace(b"6 0 R", b"8 0 R") % b"Seal", 8: copy}
    report = check(incremental(sealed, objects), world)
    assert report.indication is FAILED


def test_hidden_signature_field(world: Any, draft: Any) -> None:
    """A field below a parent is seen by one parser only."""
    objects = {
        1: CATALOG % (b"7 0 R", b""),
        5: FIELD.replace(b"/FT /Sig /T (%s)", b"/Parent 7 0 R"),
        7: b"<< /FT /Sig /T (Parent) /Kids [5 0 R] >>",
    }
    report = check(replace(draft, objects=objects).sealed(world.rsa), world)
    assert report.indication is not PASSED
    assert "PARSER_DISAGREEMENT" in codes(report)


def test_duplicate_keys(world: Any, draft: Any) -> None:
    """Two Contents entries: parsers choose differently, so nobody may choose."""
    report = check(replace(draft, entries=draft.entries + " /Contents <3000>").sealed(world.rsa), world)
    assert report.indication is not PASSED


def test_encrypted_after_sealing(world: Any, draft: Any) -> None:
    """Encryption rewrites the file: refused by name."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(draft.sealed(world.rsa))) as pdf:
        pdf.save(out, encryption=pikepdf.Encryption(owner="o", user=""))
    with pytest.raises(Unreadable, match="encrypted"):
        check(out.getvalue(), world)


def test_rewritten_by_an_editor(world: Any, draft: Any) -> None:
    """Saved anew by another program: same look, other bytes."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(draft.sealed(world.rsa))) as pdf:
        pdf.save(out)
    assert check(out.getvalue(), world).indication is FAILED


def verdict(data: bytes, world: Any) -> Indication | None:
    """``None`` for what is refused as unreadable."""
    try:
        return check_pdf(data, trust=world.trust, at=AT).indication
    except Unreadable:
        return None


def test_truncated_anywhere(world: Any, draft: Any) -> None:
    """No cut of a sealed file passes, except a cut of the final line end, which is white space."""
    sealed = draft.sealed(world.rsa)
    assert sealed.endswith(b"%%EOF\n")
    passed = [cut for cut in range(0, len(sealed) - 1, 23) if verdict(sealed[:cut], world) is PASSED]
    assert passed == []
    assert verdict(sealed[: len(sealed) // 2], world) in (None, UNSURE, FAILED)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"startxref\n", b"startxref\n1"),
        (b"\nxref\n", b"\nxreg\n"),
        (b" 00000 n \n", b" 00000 f \n"),
        (b"%%EOF", b"%%EOG"),
        (b"trailer", b"tralier"),
        (b"/Root 1 0 R", b"/Root 9 0 R"),
        (b"/Size 7", b"/Size 3"),
    ],
)
def test_damaged_structure(world: Any, draft: Any, old: bytes, new: bytes) -> None:
    """A parser that has to repair guesses; nobody may pass on a guess."""
    sealed = draft.sealed(world.rsa)
    assert old in sealed
    assert verdict(sealed.replace(old, new, 1), world) is not PASSED


@pytest.mark.slow
@pytest.mark.parametrize("bit", [0x01, 0x20, 0x80])
def test_flip_every_byte(world: Any, draft: Any, bit: int) -> None:
    """Whatever byte changes, the verdict changes — but for the spelling of hex digits inside the value.

    The gap is the only place outside the protected bytes.  A flip there passes only if it turns a hex letter
    from lower to upper case, or meets a part of the CMS value that proves nothing (a certificate or list that
    the path does not need).
    """
    sealed = draft.sealed(world.rsa)
    gap, resume = sealed.index(b"/Contents <") + 10, sealed.index(b">", sealed.index(b"/Contents <"))
    passed = []
    for at in range(len(sealed)):
        broken = bytearray(sealed)
        broken[at] ^= bit
        if verdict(bytes(broken), world) is PASSED:
            passed.append(at)
    assert [at for at in passed if not gap < at < resume] == []
    if bit == 0x20:
        assert all(chr(sealed[at]) in "abcdef" for at in passed)
        assert passed
    else:
        assert passed == []


@pytest.mark.slow
def test_flip_in_a_file_with_two_revisions(world: Any, plain_pdf: bytes) -> None:
    """The same for two signatures of another product, every 13th byte."""
    twice = world.ecdsa.seal(world.rsa.seal(plain_pdf), "Seal2", box=(300, 100, 420, 220))
    gaps = [one.span() for one in re.finditer(rb"<[0-9a-fA-F]{200,}>", twice)]
    assert len(gaps) == 2
    for at in range(0, len(twice), 13):
        broken = bytearray(twice)
        broken[at] ^= 0x01
        if verdict(bytes(broken), world) is PASSED:
            assert any(start < at < end for start, end in gaps), at


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_end_in_a_verdict(tail: bytes) -> None:
    """Nothing but Unreadable escapes, whatever the bytes."""
    for data in (
        tail,
        b"%PDF-1.7\n" + tail,
        b"%PDF-1.4\n1 0 obj\n<< /AcroForm " + tail + b"\nendobj\ntrailer<</Root 1 0 R>>",
    ):
        try:
            assert check_pdf(data, trust=NOTHING, at=AT).indication is not PASSED
        except Unreadable:
            continue


@pytest.fixture(scope="module")
def sealed_once(world: Any, plain_pdf: bytes) -> bytes:
    return bytes(world.rsa.seal(plain_pdf))


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_any_mangled_seal_ends_in_a_verdict(world: Any, sealed_once: bytes, data: st.DataObject) -> None:
    """Pieces cut out or repeated: a verdict or a refusal, never a pass, never another error."""
    mangled = sealed_once
    for _ in range(data.draw(st.integers(1, 4))):
        at, size = data.draw(st.integers(0, len(mangled))), data.draw(st.integers(1, 400))
        cut = data.draw(st.booleans())
        mangled = mangled[:at] + mangled[at + size :] if cut else mangled[: at + size] + mangled[at:]
    if mangled.strip() != sealed_once.strip():
        assert verdict(mangled, world) is not PASSED
