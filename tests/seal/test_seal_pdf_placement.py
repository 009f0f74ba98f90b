# SPDX-License-Identifier: Apache-2.0
"""Where the seal appears on paper, seen through PDFium's eyes: turned, cropped, shifted and scaled pages."""

from __future__ import annotations

import io
import itertools
from typing import Any

import pikepdf
import pypdfium2
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from PIL import Image

from keys import KeyKind
from seal import Appearance, PdfRefused, Placement, PlacementRefused
from seal.pdf.sheet import sheet_of

MM = 72 / 25.4
PIXELS = 4  # per millimetre
RED, BLUE, GREEN = (255, 0, 0), (0, 0, 255), (0, 128, 0)
# A drawing that shows how it stands: red at the top left, blue at the top right, green below.
FLAG = Appearance(
    b"1 0 0 rg 0 20 20 20 re f 0 0 1 rg 20 20 20 20 re f 0 0.502 0 rg 0 0 40 20 re f\n",
    (0.0, 0.0, 40.0, 40.0),
)


def picture(data: bytes, number: int = 0, *, scale: float = PIXELS / MM) -> Image.Image:
    document = pypdfium2.PdfDocument(data)
    try:
        document.init_forms()
        page = document[number]
        return page.render(scale=scale).to_pil().convert("RGB")
    finally:
        document.close()


def assert_upright(shown: Image.Image, at: Placement, pixels: float = PIXELS) -> None:
    """The three colours where the drawing has them, white beside it."""

    def colour(x: float, y: float) -> tuple[int, ...]:
        pixel = shown.getpixel(
            (int(pixels * (at.x_mm + x * at.width_mm)), int(pixels * (at.y_mm + y * at.height_mm)))
        )
        assert isinstance(pixel, tuple)
        return pixel

    assert colour(0.2, 0.2) == RED
    assert colour(0.8, 0.2) == BLUE
    assert colour(0.5, 0.8) == GREEN
    beside = 1 / pixels + 0.02 * max(at.width_mm, at.height_mm)
    for x, y in (
        (-beside / at.width_mm, 0.5),
        (1 + beside / at.width_mm, 0.5),
        (0.5, -beside / at.height_mm),
        (0.5, 1 + beside / at.height_mm),
    ):
        assert colour(x, y) == (255, 255, 255)


BOXES = {
    "plain": {"MediaBox": "[0 0 420 595]"},
    "shifted": {"MediaBox": "[-100 50 320 645]"},
    "cropped": {"MediaBox": "[0 0 600 800]", "CropBox": "[60 100 480 700]"},
    "cropped beyond the paper": {"MediaBox": "[10 20 430 615]", "CropBox": "[-50 -50 1000 600]"},
    "upside down box": {"MediaBox": "[420 595 0 0]"},
}


@pytest.mark.parametrize("rotation", [0, 90, 180, 270, -90, 450])
@pytest.mark.parametrize("box", BOXES)
def test_upright_where_it_was_asked_for(
    authority: Any, hand_made: Any, sealed_by: Any, monkeypatch: Any, rotation: int, box: str
) -> None:
    """The place counts from the top left corner of what a reader sees."""
    own, at = authority(KeyKind.P256), Placement(0, 30.0, 17.0, 40.0, 20.0)
    sealed = _sealed(hand_made(Rotate=str(rotation), **BOXES[box]), own, at)
    assert_upright(picture(sealed), at)
    own.passes(sealed)


def _sealed(data: bytes, own: Any, at: Placement) -> bytes:
    from datetime import UTC, datetime

    from seal import seal_pdf

    return seal_pdf(
        data,
        own.key,
        sealing=own.sealing,
        at=datetime(2026, 8, 1, 4, 0, tzinfo=UTC),
        placement=at,
        appearance=FLAG,
        reason="",
    )


def test_inherited_from_the_tree(authority: Any, hand_made: Any) -> None:
    """Boxes and rotation may stand above the page (ISO 32000-1 section 7.7.3.4)."""
    objects = {
        2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 /Rotate 90 /MediaBox [0 0 420 595]"
        b" /CropBox [20 30 400 500] >>",
        3: b"<< /Type /Page /Parent 2 0 R /Resources << >> >>",
    }
    at = Placement(0, 60.0, 40.0, 30.0, 30.0)
    assert_upright(picture(_sealed(hand_made(objects), authority(KeyKind.P256), at)), at)


def test_scaled_page(authority: Any, hand_made: Any) -> None:
    """UserUnit: a unit of this page is two points, a millimetre stays a millimetre on paper."""
    at = Placement(0, 60.0, 40.0, 30.0, 30.0)
    sealed = _sealed(hand_made(UserUnit="2"), authority(KeyKind.P256), at)
    with pikepdf.open(io.BytesIO(sealed)) as pdf:
        rect = [float(one) for one in pdf.Root.AcroForm.Fields[0].Rect]
    assert rect == pytest.approx([30 * MM, 595 - 35 * MM, 45 * MM, 595 - 20 * MM], abs=0.01)


def test_a_page_in_the_middle(authority: Any, permit: bytes) -> None:
    """Only the page that was named carries the seal."""
    pdf = pikepdf.open(io.BytesIO(permit))
    for _ in range(2):
        pdf.add_blank_page(page_size=(420, 595))
    out = io.BytesIO()
    pdf.save(out)
    at = Placement(1, 30.0, 17.0, 40.0, 20.0)
    sealed = _sealed(out.getvalue(), authority(KeyKind.P256), at)
    assert_upright(picture(sealed, 1), at)
    assert picture(sealed, 2).getcolors() == [
        (picture(sealed, 2).width * picture(sealed, 2).height, (255, 255, 255))
    ]


def test_page_that_leaks_its_graphics_state(authority: Any, hand_made: Any) -> None:
    """A content stream that leaves a scaled and mirrored space behind does not move the seal."""
    content = b"q q 0.5 0 0 -0.5 100 100 cm q"
    objects = {4: b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content)}
    at = Placement(0, 30.0, 17.0, 40.0, 20.0)
    assert_upright(picture(_sealed(hand_made(objects), authority(KeyKind.P256), at)), at)


def test_ink_does_not_hide_the_text(authority: Any, hand_made: Any) -> None:
    """Issuer and date stay readable below the seal (GB/T 9704-2012 section 7.3.5)."""
    content = b"0 g 0 0 420 595 re f"
    objects = {4: b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content)}
    at = Placement(0, 30.0, 17.0, 40.0, 20.0)
    shown = picture(_sealed(hand_made(objects), authority(KeyKind.P256), at))
    assert shown.getcolors() == [(shown.width * shown.height, (0, 0, 0))]


def test_seal_on_a_permit(authority: Any, permit: bytes, place: Any, sealed_by: Any) -> None:
    """The real thing: a red ring exactly in its box, a red star in its middle, nothing else is red."""
    sealed = sealed_by(permit, authority(KeyKind.SM2), place=place, certify=True)
    shown = picture(sealed)
    red = [
        (x, y)
        for y, x in itertools.product(range(shown.height), range(shown.width))
        if (pixel := shown.getpixel((x, y))) and pixel[0] > 200 and pixel[1] < 60 and pixel[2] < 60  # type: ignore[index]
    ]
    left, right = min(x for x, _ in red) / PIXELS, max(x for x, _ in red) / PIXELS
    top, bottom = min(y for _, y in red) / PIXELS, max(y for _, y in red) / PIXELS
    assert left == pytest.approx(place.x_mm, abs=0.5)
    assert top == pytest.approx(place.y_mm, abs=0.5)
    assert right == pytest.approx(place.x_mm + place.width_mm, abs=0.5)
    assert bottom == pytest.approx(place.y_mm + place.height_mm, abs=0.5)
    middle = (place.x_mm + place.width_mm / 2, place.y_mm + place.height_mm / 2)
    assert shown.getpixel((int(middle[0] * PIXELS), int(middle[1] * PIXELS))) == RED


@pytest.mark.parametrize(
    "values",
    [
        (1, 10, 10, 20, 20),
        (0, 140, 10, 20, 20),
        (0, 10, 200, 20, 20),
        (0, -5, 10, 20, 20),
        (0, 10, -5, 20, 20),
        (0, 0, 0, 500, 500),
    ],
)
def test_outside_the_page(
    authority: Any, hand_made: Any, values: tuple[int, float, float, float, float]
) -> None:
    """A seal that would be cut off is refused, and so is a page that is not there."""
    with pytest.raises(PlacementRefused) as refused:
        _sealed(hand_made(), authority(KeyKind.P256), Placement(*values))
    assert refused.value.code == "placement-outside-page"


@pytest.mark.parametrize(
    "values",
    [
        (-1, 0, 0, 1, 1),
        (0, 0, 0, 0, 1),
        (0, 0, 0, 1, -1),
        (0, float("nan"), 0, 1, 1),
        (0, 0, float("inf"), 1, 1),
    ],
)
def test_no_place_at_all(values: tuple[int, float, float, float, float]) -> None:
    with pytest.raises(PlacementRefused):
        Placement(*values)


@pytest.mark.parametrize(
    "page",
    [
        {"MediaBox": "[0 0 0 0]"},
        {"MediaBox": "[0 0 9]"},
        {"MediaBox": "(x)"},
        {"MediaBox": "[0 0 (a) 9]"},
        {"Rotate": "45"},
        {"Rotate": "90.5"},
        {"Rotate": "/x"},
        {"UserUnit": "0"},
        {"UserUnit": "(x)"},
        {"CropBox": "[1 2 3]"},
    ],
)
def test_page_without_a_shape(authority: Any, hand_made: Any, page: dict[str, str]) -> None:
    """Sizes that two readers may understand differently are refused."""
    with pytest.raises(PdfRefused) as refused:
        _sealed(hand_made(**page), authority(KeyKind.P256), Placement(0, 10.0, 10.0, 20.0, 20.0))
    assert refused.value.code == "pdf-malformed"


SIZES = st.floats(100, 2000)


@given(
    corner=st.tuples(st.floats(-500, 500), st.floats(-500, 500)),
    size=st.tuples(SIZES, SIZES),
    rotation=st.sampled_from([0, 90, 180, 270]),
    share=st.tuples(st.floats(0, 0.9), st.floats(0, 0.9)),
    seal=st.tuples(st.floats(0.01, 1), st.floats(0.01, 1)),
)
def test_geometry(corner: Any, size: Any, rotation: int, share: Any, seal: Any) -> None:
    """Inside the page, as large as asked for, sides exchanged when the page is turned on its side."""
    left, bottom = corner
    page = pikepdf.Dictionary(
        MediaBox=pikepdf.Array([left, bottom, left + size[0], bottom + size[1]]), Rotate=rotation
    )
    wide, high = size if rotation in (0, 180) else (size[1], size[0])
    width, height = seal[0] * (1 - share[0]) * wide / MM, seal[1] * (1 - share[1]) * high / MM
    assume(width > 0.01 and height > 0.01)
    rect = sheet_of(page).rect(share[0] * wide / MM, share[1] * high / MM, width, height)
    x1, y1, x2, y2 = rect
    sides = (width * MM, height * MM) if rotation in (0, 180) else (height * MM, width * MM)
    assert (x2 - x1, y2 - y1) == pytest.approx(sides, abs=1e-3)
    assert left - 1e-3 <= x1 < x2 <= left + size[0] + 1e-3
    assert bottom - 1e-3 <= y1 < y2 <= bottom + size[1] + 1e-3
