# SPDX-License-Identifier: Apache-2.0
"""Plain files are read without qpdf: what is read must be what qpdf reads, and doubt is left to qpdf."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keys import KeyKind
from seal import Appearance, PdfRefused, Placement, SealError, seal_pdf
from seal.pdf.base import Base, opened
from seal.pdf.fields import Draft, hidden
from seal.pdf.plain import NotPlainError
from seal.pdf.sheet import sheet_of
from seal.pdf.update import write_revision
from verify import Indication, VerifyError, check_pdf

AT = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)
SPOT = Placement(0, 20, 20, 40, 40)


def facts(base: Base, page: int) -> tuple[Any, ...]:
    """Everything that a seal takes from the file, and what qpdf finds in it after one more field."""
    shown = base.pages[page]
    draft = Draft(base.pdf.Root, base.next_number)
    draft.list_fields([draft.field("Seal1", [hidden(shown)], "/V null", as_widgets=False)])
    tail = write_revision(base, draft.objects(), next_number=draft.next_number).tail
    with pikepdf.open(io.BytesIO(base.data + tail), attempt_recovery=False) as pdf:
        written = [one.unparse(resolved=True) for one in (pdf.Root, pdf.get_object(shown.objgen))]
    return (
        base.pdf.Root.objgen,
        shown.objgen,
        sheet_of(shown),
        base.has_streams,
        base.trailer,
        base.next_number,
        written,
    )


def both(data: bytes, page: int = 0) -> tuple[Any, Any]:
    """What qpdf reads, and what the plain reader reads; ``None`` for what is not plain."""
    with opened(data, inspected=True) as base:
        read = facts(base, page)
    try:
        with opened(data, inspected=True, plain=True) as base:
            return read, facts(base, page)
    except NotPlainError:
        return read, None


def annotation(number: int) -> bytes:
    return b"<< /Type /Annot /Subtype /Text /Rect [0 0 1 1] /Contents (%d) >>" % number


PLAIN = {
    "as it comes": {},
    "turned": {"Rotate": "90"},
    "scaled and cropped": {"UserUnit": "2.5", "CropBox": "[10 20 300.25 .5]"},
    "corners the other way": {"MediaBox": "[420 595 0 0]"},
    "annotations": {"Annots": "[5 0 R 6 0 R]"},
    "strings and nested things": {"Note": r"(a \( b) ", "Deep": "<< /A [ << /B <41> >> [ 1 [2] ] ] >>"},
    "no blanks": {"X": "/Y/Z[1 2]/W(a)/V<<>>/U true"},
}


@pytest.mark.parametrize("entries", PLAIN.values(), ids=PLAIN)
def test_both_readers_agree(hand_made: Callable[..., bytes], entries: dict[str, str]) -> None:
    """Root, page, what is shown of it, trailer, next number, and every dictionary that is written again."""
    data = hand_made({5: annotation(5), 6: annotation(6)}, "/ID [<0A0B> (x)]", **entries)
    by_qpdf, plain = both(data)
    assert plain == by_qpdf


@pytest.mark.parametrize(
    "identifier",
    ["", "/ID [(ab) (c)]", "/ID [<> <>]", "/ID [<4142> <43>]"],
    ids=["none", "text", "empty", "hex"],
)
def test_identifiers(hand_made: Callable[..., bytes], identifier: str) -> None:
    """The first identifier stays, however it is written."""
    by_qpdf, plain = both(hand_made({}, identifier))
    assert plain == by_qpdf


def test_inherited_sizes_and_deeper_trees(hand_made: Callable[..., bytes]) -> None:
    """Attributes of an ancestor count, and any page is found in its order."""
    data = hand_made(
        {
            2: b"<< /Type /Pages /Kids [7 0 R 3 0 R] /Count 3 /MediaBox [0 0 200 100] /Rotate 270 >>",
            3: b"<< /Type /Page /Parent 2 0 R /Resources << >> >>",
            7: b"<< /Type /Pages /Parent 2 0 R /Kids [8 0 R 9 0 R] /Count 2 /CropBox [1 1 50 60] >>",
            8: b"<< /Type /Page /Parent 7 0 R /Resources << >> >>",
            9: b"<< /Type /Page /Parent 7 0 R /Resources << >> /MediaBox [0 0 300 300] >>",
        }
    )
    for page in range(3):
        by_qpdf, plain = both(data, page)
        assert plain == by_qpdf


def test_later_revisions_count(hand_made: Callable[..., bytes], authority: Any, sealed_by: Any) -> None:
    """The newest section first, whatever older ones say."""
    data = hand_made()
    again = b"3 0 obj\n<< /Type /Page /Parent 2 0 R /Resources << >> /MediaBox [0 0 77 88] >>\nendobj\n"
    section = len(data) + len(again)
    before = data.rpartition(b"startxref\n")[2].split()[0]
    data += again + b"xref\n3 1\n%010d 00000 n \ntrailer\n" % len(data)
    data += b"<< /Size 5 /Root 1 0 R /Prev %b >>\nstartxref\n%d\n%%%%EOF\n" % (before, section)
    by_qpdf, plain = both(data)
    assert plain == by_qpdf and plain[2].shown == (0, 0, 77, 88)


NOT_PLAIN = {
    "a form": {1: b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [] >> >>"},
    "permissions": {1: b"<< /Type /Catalog /Pages 2 0 R /Perms << >> >>"},
    "an escaped name": {1: b"<< /Type /Catalog /Pages 2 0 R /Acro#46orm << /Fields [] >> >>"},
    "a comment": {1: b"<< /Type /Catalog % nothing\n /Pages 2 0 R >>"},
    "annotations elsewhere": {
        3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Resources << >> /Annots 5 0 R >>",
        5: b"[ ]",
    },
    "an annotation inside": {
        3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Resources << >> "
        b"/Annots [ << /Type /Annot /Subtype /Text /Rect [0 0 1 1] >> ] >>",
    },
    "a size elsewhere": {
        3: b"<< /Type /Page /Parent 2 0 R /MediaBox 5 0 R /Resources << >> >>",
        5: b"[0 0 9 9]",
    },
    "a reference to nothing yet": {
        3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Resources << >> /Contents 7 0 R >>",
    },
    "a null": {3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Resources << >> /Annots null >>"},
}


@pytest.mark.parametrize("objects", NOT_PLAIN.values(), ids=NOT_PLAIN)
def test_doubt_is_left_to_qpdf(hand_made: Callable[..., bytes], objects: dict[int, bytes]) -> None:
    """Nothing is guessed: such a file is read by qpdf, and sealed."""
    data = hand_made(objects)
    with pytest.raises(NotPlainError), opened(data, inspected=True, plain=True) as base:
        facts(base, 0)


@pytest.mark.parametrize("page", [3, 7, 9], ids=["a number in use", "the next number", "a later number"])
def test_a_reference_to_nothing_stays_nothing(
    hand_made: Callable[..., bytes], authority: Any, appearance: Appearance, page: int
) -> None:
    """The next revision never gives it a meaning: it is gone from the page that is written again."""
    objects = {
        3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 420 595] /Resources << >> /X %d 0 R >>" % page
    }
    out = sealed(hand_made(objects), authority(KeyKind.P256), appearance)
    with pikepdf.open(io.BytesIO(out)) as pdf:
        assert ("/X" in pdf.pages[0]) == (page == 3)


@pytest.mark.parametrize(
    "objects",
    [
        {2: b"<< /Type /Pages /Kids [3 0 R 3 0 R] /Count 2 >>"},
        {2: b"<< /Type /Pages /Kids [2 0 R] /Count 1 >>"},
        {3: b"<< /Type /Page /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>"},
        {3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Deep " + b"[" * 99 + b"]" * 99 + b" >>"},
        {1: b"<< /Type /Catalog /Pages (2 0 R) >>"},
        {1: b"[ ]"},
    ],
    ids=["a page twice", "its own child", "a key twice", "too deep", "no tree", "no catalog"],
)
def test_odd_structures_are_not_plain(hand_made: Callable[..., bytes], objects: dict[int, bytes]) -> None:
    """Whatever could be read in two ways has a second reader."""
    with pytest.raises(NotPlainError), opened(hand_made(objects), inspected=True, plain=True) as base:
        assert len(base.pages) > 5


def test_object_streams_are_for_qpdf(permit: bytes, resaved: Callable[..., bytes]) -> None:
    """So is any file with a cross-reference stream."""
    data = resaved(permit, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    with pytest.raises(NotPlainError), opened(data, inspected=True, plain=True):
        pass


@pytest.mark.parametrize("own_reader", [True, False], ids=["plain", "qpdf"])
def test_pages_that_are_not_there(
    permit: bytes, authority: Any, appearance: Appearance, own_reader: bool
) -> None:
    """The same refusal, however the file was read."""
    own = authority(KeyKind.P256)
    with pytest.raises(SealError) as caught:
        seal_pdf(
            permit,
            own.key,
            sealing=own.sealing,
            at=AT,
            placement=Placement(7, 20, 20, 40, 40),
            appearance=appearance,
            reason="x",
            inspected=own_reader,
        )
    assert type(caught.value).__name__ == "PlacementRefused" and "page 8 of 1" in str(caught.value)


def sealed(data: bytes, own: Any, appearance: Appearance) -> bytes:
    return seal_pdf(
        data,
        own.key,
        sealing=own.sealing,
        at=AT,
        placement=SPOT,
        appearance=appearance,
        reason="核发",
        inspected=True,
    )


def test_a_plain_file_sealed_passes_everywhere(permit: bytes, authority: Any, appearance: Appearance) -> None:
    """Ours and pyHanko's judgement, and a second seal on top."""
    own = authority(KeyKind.P256)
    once = sealed(permit, own, appearance)
    own.passes(once)
    twice = sealed(once, own, appearance)
    own.passes(twice, 2)
    assert all(status.bottom_line for status in own.statuses(twice))


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 3))
def test_what_is_changed_agrees_or_is_refused_before_release(
    hand_made: Callable[..., bytes], authority: Any, appearance: Appearance, seed: int, flips: int
) -> None:
    """A damaged file never becomes a passing one that qpdf would have read differently."""
    own, dice = authority(KeyKind.P256), random.Random(seed)
    damaged = bytearray(hand_made({5: annotation(5)}, "/ID [<0A0B> <0C>]", Annots="[5 0 R]"))
    for _ in range(flips):
        damaged[dice.randrange(8, len(damaged))] = dice.choice(b"0123456789 /<>[]()RnfABC\n%")
    data = bytes(damaged)
    try:
        with opened(data, inspected=True, plain=True) as base:
            plain = facts(base, 0)
    except (NotPlainError, SealError, pikepdf.PdfError):
        return
    try:
        with opened(data, inspected=True) as base:
            assert facts(base, 0) == plain
    except PdfRefused:
        # qpdf refuses what the plain reader did not look at: so does who checks the file before release.
        try:
            report = check_pdf(sealed(data, own, appearance), trust=own.trust, at=AT)
        except (SealError, VerifyError):
            return
        assert report.indication is not Indication.TOTAL_PASSED


def test_damaged_bytes_raise_nothing_else(permit: bytes) -> None:
    """Each byte of the part that is read, replaced: a reading, or doubt."""
    start = permit.rfind(b"xref\n", 0, permit.rfind(b"startxref"))
    for place in range(start, len(permit)):
        damaged = permit[:place] + b"/" + permit[place + 1 :]
        try:
            with opened(damaged, inspected=True, plain=True) as base:
                assert io.BytesIO(base.data) and base.pages[0]
        except (NotPlainError, PdfRefused):
            continue
