# SPDX-License-Identifier: Apache-2.0
"""One signature, many marks: every page, keyword, field, cross-page — measured, drawn and joined up again."""

from __future__ import annotations

import io
import random
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops

from keys import KeyKind
from seal import (
    Appearance,
    AtKeyword,
    Corner,
    CrossPage,
    Edge,
    EveryPage,
    MarkRefused,
    Placement,
    PlacementRefused,
    SheetContent,
    lay_out,
    write_pdf,
)
from seal.pdf.cross_page import groups, slices
from verify import Indication, Unreadable

from .papers import (
    AT,
    BLUE,
    GREEN,
    MM,
    PIXELS,
    RED,
    SHAPES,
    WHITE,
    by_poppler,
    colour,
    flag_at,
    paper,
    pictures,
    sealed,
)


@pytest.mark.parametrize("corner", Corner)
def test_every_page(authority: Any, corner: Corner) -> None:
    """The same place on every page, however it is turned, cropped and sized; one drawing in the file."""
    own = authority(KeyKind.P256)
    data = sealed(paper(SHAPES), own, EveryPage(11, 13, 20, 20, corner))
    own.passes(data)
    for shown in pictures(data):
        wide, high = shown.width / PIXELS, shown.height / PIXELS
        x = wide - 31 if "right" in corner else 11
        y = high - 33 if "bottom" in corner else 13
        assert flag_at(shown, x, y, 20) == [RED, BLUE, GREEN]
        assert colour(shown, x - 1, y + 1) == colour(shown, x + 21, y + 19) == WHITE
    assert data.count(b"/BM /Multiply") == 1


def test_some_pages(authority: Any) -> None:
    own = authority(KeyKind.P256)
    data = sealed(paper([{}] * 5), own, EveryPage(10, 10, 20, 20, pages=(4, 1, 4)))
    assert [flag_at(one, 10, 10, 20)[0] == RED for one in pictures(data)] == [False, True, False, False, True]
    with pytest.raises(PlacementRefused, match="page 6 of 5"):
        sealed(paper([{}] * 5), own, EveryPage(10, 10, 20, 20, pages=(5,)))
    with pytest.raises(PlacementRefused, match="page 2 is"):
        sealed(paper([{}, {"MediaBox": [0, 0, 100, 100]}]), own, EveryPage(100, 10, 20, 20))


@pytest.mark.parametrize("edge", [Edge.RIGHT, Edge.LEFT])
@pytest.mark.parametrize("poppler", [False, True], ids=["pdfium", "poppler"])
def test_slices_join_up(authority: Any, tmp_path: Path, edge: Edge, poppler: bool) -> None:
    """The strips at the edges of eight pages of every shape, laid side by side, are the seal."""
    own = authority(KeyKind.P256)
    data = sealed(paper(SHAPES), own, CrossPage(40, 40, edge))
    own.passes(data)
    assert [status.bottom_line for status in own.statuses(data)] == [True]
    strip = 40 * PIXELS // len(SHAPES)
    whole = Image.new("RGB", (40 * PIXELS, 40 * PIXELS), WHITE)
    shown = by_poppler(data, tmp_path) if poppler else pictures(data)
    top = round((min(one.height for one in shown) / PIXELS - 40) / 2 * PIXELS)
    for number, one in enumerate(shown):
        left = one.width - strip if edge is Edge.RIGHT else 0
        part = number if edge is Edge.RIGHT else len(SHAPES) - 1 - number
        whole.paste(one.crop((left, top, left + strip, top + 40 * PIXELS)), (part * strip, 0))
        beside = one.width - strip - 3 if edge is Edge.RIGHT else strip + 3
        assert one.getpixel((beside, top + 20 * PIXELS)) == WHITE, number
    expected = Image.new("RGB", whole.size, GREEN)
    expected.paste(RED, (0, 0, 80, 80))
    expected.paste(BLUE, (80, 0, 160, 80))
    difference = ImageChops.difference(whole, expected).convert("L").point(lambda v: 255 if v > 60 else 0)
    wrong = difference.histogram()[255] / (whole.width * whole.height)
    assert wrong < 0.06, wrong  # nothing but seams: at most a pixel of each strip, where a page is rounded up


def test_real_seal_joins_up(authority: Any, appearance: Appearance, tmp_path: Path) -> None:
    """The slices of a real seal against the same seal in one piece."""
    own = authority(KeyKind.SM2)
    data = sealed(paper([{}] * 5), own, CrossPage(40, 40), appearance)
    own.passes(data)
    shown = by_poppler(data, tmp_path)
    strip, top = 8 * PIXELS, round((shown[0].height / PIXELS - 40) / 2 * PIXELS)
    whole = Image.new("RGB", (40 * PIXELS, 40 * PIXELS), WHITE)
    for number, one in enumerate(shown):
        part = one.crop((one.width - strip, top, one.width, top + 40 * PIXELS))
        whole.paste(part, (number * strip, 0))
    (tmp_path / "one").mkdir()
    once = sealed(paper([{}]), own, Placement(0, 20, 20, 40, 40), appearance)
    (page,) = by_poppler(once, tmp_path / "one")
    expected = page.crop((20 * PIXELS, 20 * PIXELS, 60 * PIXELS, 60 * PIXELS))
    difference = ImageChops.difference(whole, expected).convert("L").point(lambda v: 255 if v > 90 else 0)
    assert difference.histogram()[255] / (160 * 160) < 0.06
    assert colour(whole, 20, 20) == RED


def test_facing_pages(authority: Any) -> None:
    """The left half at the right edge of one page, the right half at the left edge of the next."""
    own = authority(KeyKind.P256)
    data = sealed(paper([{}] * 5), own, CrossPage(40, 40, Edge.FACING, top_mm=50, skip=1))
    own.passes(data)
    shown = pictures(data)
    wide = shown[0].width / PIXELS
    assert colour(shown[0], wide - 1, 60) == colour(shown[0], 1, 60) == WHITE
    for left, right in ((1, 2), (3, 4)):
        assert colour(shown[left], wide - 10, 60) == RED
        assert colour(shown[left], wide - 10, 80) == GREEN
        assert colour(shown[left], 1, 60) == WHITE
        assert colour(shown[right], 10, 60) == BLUE
        assert colour(shown[right], wide - 1, 60) == WHITE


def test_pages_of_different_height(authority: Any) -> None:
    """Sheets that lie flush at the top: one distance for all, and a seal below a short sheet is refused."""
    own = authority(KeyKind.P256)
    shapes: list[dict[str, Any]] = [{}, {"MediaBox": [0, 0, 500, 300]}, {"MediaBox": [0, 0, 300, 842]}]
    shown = pictures(sealed(paper(shapes), own, CrossPage(30, 30)))
    tops = []
    for one in shown:
        column = [y for y in range(one.height) if one.getpixel((one.width - 4, y)) != WHITE]
        tops.append(min(column))
    assert max(tops) - min(tops) <= 1
    with pytest.raises(PlacementRefused, match="page 2"):
        sealed(paper(shapes), own, CrossPage(30, 30, top_mm=90))


def test_scaled_pages(authority: Any) -> None:
    """UserUnit: a slice is as many millimetres wide on paper as on any other page."""
    own = authority(KeyKind.P256)
    data = sealed(paper([{}, {"UserUnit": 2}]), own, CrossPage(40, 40, top_mm=10))
    own.passes(data)
    with pikepdf.open(io.BytesIO(data)) as pdf:
        first, second = ([float(v) for v in page.Annots[0].Rect] for page in pdf.pages)
    assert first == pytest.approx([420 - 20 * MM, 595 - 50 * MM, 420, 595 - 10 * MM], abs=0.01)
    assert second == pytest.approx([420 - 10 * MM, 595 - 25 * MM, 420, 595 - 5 * MM], abs=0.01)


@pytest.mark.parametrize(
    ("pages", "options", "expected"),
    [
        (5, {}, [5]),
        (20, {}, [20]),
        (21, {}, [19, 2]),  # 21 slices would be below 2 mm
        (22, {}, [20, 2]),
        (7, {"most_pages": 3}, [3, 4]),
        (8, {"most_pages": 3}, [3, 3, 2]),
        (9, {"most_pages": 3}, [3, 3, 3]),
        (9, {"most_pages": 3, "skip": 2}, [3, 4]),
        (41, {"least_mm": 4.0}, [10, 10, 10, 9, 2]),
        (8, {"ends": 0.2}, [8]),
        (30, {"ends": 0.2}, [14, 14, 2]),
    ],
)
def test_groups(pages: int, options: dict[str, Any], expected: list[int]) -> None:
    mark = CrossPage(40, 40, **options)
    assert groups(pages - mark.skip, mark) == expected


@given(
    pages=st.integers(2, 300),
    most=st.none() | st.integers(2, 40),
    least=st.floats(0.5, 20),
    ends=st.floats(0, 0.5),
    skip=st.integers(0, 5),
    edge=st.sampled_from([Edge.RIGHT, Edge.LEFT]),
)
def test_slices(pages: int, most: int | None, least: float, ends: float, skip: int, edge: Edge) -> None:
    """Every page once, every seal from 0 to 1 without a gap, no slice below the least."""
    mark = CrossPage(40, 40, edge, most_pages=most, least_mm=least, ends=ends, skip=skip)
    try:
        found = slices(mark, pages)
    except MarkRefused as refused:
        assert refused.code in ("cross-page-too-few-pages", "cross-page-slice-too-narrow")
        assert pages - skip < 2 or refused.code == "cross-page-slice-too-narrow"
        return
    assert [one.page for one in found] == list(range(skip, pages))
    assert all((one.end - one.start) * 40 > least - 1e-6 for one in found)
    at, seals = 0.0, 0
    for one in found if edge is Edge.RIGHT else reversed(found):
        assert one.start == pytest.approx(at)
        at = one.end
        if at == 1.0:
            at, seals = 0.0, seals + 1
    assert at == 0.0
    assert seals == len(groups(pages - skip, mark))


def test_one_page_has_no_edge_to_share(authority: Any) -> None:
    for mark, pages in ((CrossPage(40, 40), 1), (CrossPage(40, 40, skip=2), 3)):
        with pytest.raises(MarkRefused) as refused:
            sealed(paper([{}] * pages), authority(KeyKind.P256), mark)
        assert refused.value.code == "cross-page-too-few-pages"


@pytest.mark.parametrize("kind", [KeyKind.SM2, KeyKind.P256])
def test_marks_on_top_of_a_seal(authority: Any, kind: KeyKind, tmp_path: Path) -> None:
    """Two parties seal every page one after the other: both signatures pass, here and elsewhere."""
    own = authority(kind)
    first = sealed(paper([{}] * 4), own, [CrossPage(40, 40), Placement(3, 20, 120, 40, 40)])
    second = sealed(first, own, [CrossPage(40, 40, Edge.LEFT), EveryPage(60, 60, 20, 20)])
    assert second.startswith(first)
    own.passes(second, 2)
    third = sealed(second, own, Placement(0, 100, 20, 20, 20))
    own.passes(third, 3)
    for one in pictures(third):
        assert flag_at(one, 60, 60, 20) == [RED, BLUE, GREEN]
        assert colour(one, one.width / PIXELS - 1, 120) != WHITE
    if kind is KeyKind.P256:
        assert [status.bottom_line for status in own.statuses(third)] == [True] * 3
        _pdfsig_agrees(third, tmp_path, 3)
    _qpdf_agrees(third, tmp_path)


def _pdfsig_agrees(data: bytes, tmp_path: Path, signatures: int) -> None:
    tool = shutil.which("pdfsig")
    if tool is None:
        pytest.skip("needs pdfsig: apt-get install poppler-utils")
    (tmp_path / "s.pdf").write_bytes(data)
    told = subprocess.run(
        [tool, "-nocert", str(tmp_path / "s.pdf")], capture_output=True, text=True, check=False
    ).stdout
    assert told.count("Signature is Valid") == signatures
    assert told.count("Signature #") == signatures
    assert "not signed" not in told


def _qpdf_agrees(data: bytes, tmp_path: Path) -> None:
    tool = shutil.which("qpdf")
    if tool is None:
        pytest.skip("needs qpdf: apt-get install qpdf")
    (tmp_path / "q.pdf").write_bytes(data)
    done = subprocess.run([tool, "--check", str(tmp_path / "q.pdf")], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


LINK = "<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] /A << /S /URI /URI (http://a.example/) >> >>"


@pytest.mark.parametrize("apart", [False, True], ids=["in the page", "in a list"])
def test_annotations_written_inside_the_list(authority: Any, hand_made: Any, apart: bool) -> None:
    """They become objects with the first seal, so that the second one breaks nothing."""
    own = authority(KeyKind.P256)
    listed = f"[{LINK} null 7 0 R {LINK}]"
    objects = {7: LINK.encode(), **({8: listed.encode()} if apart else {})}
    data = hand_made(objects, Annots="8 0 R" if apart else listed)
    once = sealed(data, own, Placement(0, 10, 10, 20, 20))
    twice = sealed(once, own, Placement(0, 50, 10, 20, 20))
    own.passes(twice, 2)
    assert [status.bottom_line for status in own.statuses(twice)] == [True, True]
    with pikepdf.open(io.BytesIO(twice)) as pdf:
        kinds = [str(one.Subtype) for one in pdf.pages[0].Annots if isinstance(one, pikepdf.Dictionary)]
        assert kinds == ["/Link", "/Link", "/Link", "/Widget", "/Widget"]


def test_annotations_written_inside_a_sealed_page(authority: Any, hand_made: Any) -> None:
    """Where another product sealed without that, the page takes no more seals: refused, not broken."""
    own = authority(KeyKind.P256)
    signed = b"<< /FT /Sig /T (S) /V << /Type /Sig /Contents <00> >> >>"
    objects = {1: b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [5 0 R] >> >>", 5: signed}
    with pytest.raises(MarkRefused) as refused:
        sealed(hand_made(objects, Annots=f"[{LINK}]"), own, Placement(0, 10, 10, 20, 20))
    assert refused.value.code == "page-takes-no-more"


def test_no_byte_of_two_seals_changes(authority: Any) -> None:
    """Stamps of the first seal and widgets of the second: a flipped bit anywhere is noticed."""
    own = authority(KeyKind.P256)
    first = sealed(paper([{}] * 3), own, CrossPage(40, 40))
    second = sealed(first, own, CrossPage(40, 40, Edge.LEFT))
    own.passes(second, 2)
    survivors = []
    for at in sorted(random.Random(5).sample(range(len(second)), 40)):
        changed = second[:at] + bytes([second[at] ^ 1]) + second[at + 1 :]
        try:
            if own.check(changed).indication is Indication.TOTAL_PASSED:
                survivors.append(at)
        except Unreadable:
            continue
    assert survivors == []


def test_stamps_print_and_stay(authority: Any) -> None:
    """Marks beside the first are stamps that print, cannot be moved, and say which field they belong to."""
    data = sealed(paper([{}] * 3), authority(KeyKind.P256), EveryPage(10, 10, 20, 20))
    with pikepdf.open(io.BytesIO(data)) as pdf:
        widget, second, third = (page.Annots[0] for page in pdf.pages)
        assert (widget.Subtype, second.Subtype, third.Subtype) == ("/Widget", "/Stamp", "/Stamp")
        assert (widget.F, second.F) == (132, 4 + 64 + 128 + 512)
        assert [str(one.NM) for one in (second, third)] == ["Seal1.2", "Seal1.3"]
        assert widget.AP.N.objgen == second.AP.N.objgen == third.AP.N.objgen
        assert len(pdf.Root.AcroForm.Fields) == 1


def letter(lines: Sequence[str] = ("甲方(盖章):", "乙方(盖章):")) -> bytes:
    """A page of our own text."""
    content = SheetContent(
        title="样例合同",
        number="样-2026-001",
        rows=(),
        paragraphs=tuple(lines),
        issuer_name="蜀州市锦北区住房和城乡建设局(演示)",
        issue_date="2026年8月1日",
        watermark="样章 SPECIMEN",
    )
    return write_pdf(lay_out(content), title="样例合同", at=AT)


def word_box(data: bytes, word: str, number: int = 0) -> tuple[float, float]:
    """Oracle: the middle of a word by PDFium's own search, in millimetres from the top left."""
    document = pypdfium2.PdfDocument(data)
    try:
        page = document[0]
        text = page.get_textpage()
        search = text.search(word)
        start, length = [search.get_next() for _ in range(number + 1)][number]
        boxes = [text.get_charbox(start + one, loose=True) for one in range(length)]
        height = page.get_height()
    finally:
        document.close()
    left, bottom = min(one[0] for one in boxes), min(one[1] for one in boxes)
    right, top = max(one[2] for one in boxes), max(one[3] for one in boxes)
    return (left + right) / 2 / MM, (height - (top + bottom) / 2) / MM


@pytest.mark.parametrize(
    ("occurrence", "numbers"),
    [(0, [0]), (1, [1]), (-1, [1]), (None, [0, 1])],
    ids=["1st", "2nd", "last", "all"],
)
def test_keyword(authority: Any, occurrence: int | None, numbers: list[int]) -> None:
    """Centred on the word, moved as asked."""
    own = authority(KeyKind.P256)
    data = sealed(letter(), own, AtKeyword("盖章", 6, 6, occurrence, dx_mm=25, dy_mm=1))
    own.passes(data)
    (shown,) = pictures(data)
    for number in range(2):
        x, y = word_box(letter(), "盖章", number)
        found = flag_at(shown, x + 25 - 3, y + 1 - 3, 6)
        assert (found == [RED, BLUE, GREEN]) == (number in numbers)


def typed(content: bytes, **page: Any) -> bytes:
    pdf = pikepdf.Pdf.open(io.BytesIO(paper([page])))
    font = pikepdf.Dictionary(
        Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
    )
    pdf.pages[0].Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F=pdf.make_indirect(font)))
    pdf.pages[0].Contents = pdf.make_stream(content)
    out = io.BytesIO()
    pdf.save(out, static_id=True)
    return out.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"BT /F 12 Tf 150 300 Td (SEAL HERE) Tj ET",
        b"BT /F 12 Tf 150 300 Td [(SE) -20 (AL) -300 (HE) 5 (RE)] TJ ET",
        b"BT /F 12 Tf 150 300 Td (SEAL) Tj ET BT /F 12 Tf 182 300 Td (HERE) Tj ET",
        b"BT /F 12 Tf 1 0 0 1 150 300 Tm (S) Tj 1 0 0 1 158 300 Tm (EAL) Tj 1 0 0 1 185 300 Tm (HERE) Tj ET",
        b"q 2 0 0 2 50 100 cm BT /F 6 Tf 50 100 Td (SEAL HERE) Tj ET Q",
    ],
    ids=["one", "kerned", "two objects", "four operators", "scaled"],
)
@pytest.mark.parametrize(
    "shape", [SHAPES[0], SHAPES[1], SHAPES[2], SHAPES[6]], ids=["0", "90", "180", "crop 270"]
)
def test_keyword_across_operators(authority: Any, content: bytes, shape: dict[str, Any]) -> None:
    """However the text was written and the page is turned, the mark is on the word and upright."""
    own = authority(KeyKind.P256)
    data = typed(content, **shape)
    (shown,) = pictures(sealed(data, own, AtKeyword("SEALHERE", 20, 20)))
    red = [
        (x, y)
        for y in range(0, shown.height, 2)
        for x in range(0, shown.width, 2)
        if shown.getpixel((x, y)) in (RED, BLUE, GREEN)
    ]
    left, top = min(x for x, _ in red) / PIXELS, min(y for _, y in red) / PIXELS
    # The word's middle, from the ink of the page itself.
    (plain,) = pictures(data)
    ink = ImageChops.invert(plain.convert("L")).getbbox()
    assert ink is not None
    x, y = (ink[0] + ink[2]) / 2 / PIXELS, (ink[1] + ink[3]) / 2 / PIXELS
    assert (left + 10, top + 10) == pytest.approx((x, y), abs=1.0)
    assert flag_at(shown, left, top, 20)[:2] == [RED, BLUE] or flag_at(shown, left, top, 20)[2] == GREEN


def test_keyword_kept_inside(authority: Any) -> None:
    """A word in the corner: the seal moves inwards."""
    data = typed(b"BT /F 12 Tf 2 580 Td (SEAL) Tj ET")
    (shown,) = pictures(sealed(data, authority(KeyKind.P256), AtKeyword("SEAL", 40, 40)))
    assert flag_at(shown, 0, 0, 40)[1:] == [BLUE, GREEN]


def test_keyword_in_another_form(authority: Any) -> None:
    """Full-width letters and white space make no difference."""
    own = authority(KeyKind.P256)
    data = sealed(letter(["申请人(签 章):ABC"]), own, AtKeyword("申请人(签章):ABC", 20, 20))
    own.passes(data)


def test_keyword_that_is_not_there(authority: Any) -> None:
    own = authority(KeyKind.P256)
    with pytest.raises(MarkRefused) as refused:
        sealed(letter(), own, AtKeyword("丙方盖章", 20, 20))
    assert refused.value.code == "keyword-missing"
    assert "丙方盖章" in refused.value.zh and "丙方盖章" in refused.value.en
    with pytest.raises(MarkRefused) as refused:
        sealed(letter(), own, AtKeyword("盖章", 20, 20, occurrence=2))
    assert refused.value.code == "keyword-occurrence-missing"
    with pytest.raises(MarkRefused):
        sealed(letter(), own, AtKeyword("盖章", 20, 20, occurrence=-3))
    for text in ("", " \n", "x" * 201):
        with pytest.raises(PlacementRefused):
            AtKeyword(text, 20, 20)


def test_text_without_end(authority: Any, monkeypatch: Any) -> None:
    """Searching stays bounded; naming the pages helps."""
    monkeypatch.setattr("seal.pdf.keyword.MOST_LETTERS", 20)
    own = authority(KeyKind.P256)
    with pytest.raises(MarkRefused) as refused:
        sealed(letter(), own, AtKeyword("盖章", 20, 20))
    assert refused.value.code == "text-too-long"
    sealed(typed(b"BT /F 12 Tf 150 300 Td (SEAL HERE) Tj ET"), own, AtKeyword("SEAL", 20, 20, pages=(0,)))


def test_places_without_a_picture(authority: Any) -> None:
    with pytest.raises(MarkRefused) as refused:
        sealed(paper([{}]), authority(KeyKind.P256), Placement(0, 10, 10, 20, 20), None)
    assert refused.value.code == "marks-without-picture"


def test_too_many_places(authority: Any) -> None:
    with pytest.raises(MarkRefused) as refused:
        sealed(paper([{}] * 100), authority(KeyKind.P256), [EveryPage(10, 10, 20, 20)] * 41)
    assert refused.value.code == "marks-too-many"


def test_same_input_same_bytes(authority: Any, permit: bytes) -> None:
    """Keyword places are found alike every time; RSA signs alike too."""
    own = authority(KeyKind.RSA2048)
    marks = [AtKeyword("建设单位", 20, 20), EveryPage(10, 10, 20, 20)]
    assert sealed(permit, own, marks) == sealed(permit, own, marks)


@pytest.mark.parametrize(
    "values",
    [
        {"skip": -1},
        {"most_pages": 1},
        {"least_mm": 0.0},
        {"least_mm": 21.0},
        {"ends": 0.6},
        {"ends": float("nan")},
        {"top_mm": float("inf")},
    ],
)
def test_no_cross_page_seal(values: dict[str, Any]) -> None:
    with pytest.raises(PlacementRefused):
        CrossPage(40, 40, **values)
