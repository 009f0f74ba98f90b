# SPDX-License-Identifier: Apache-2.0
"""The code on a sealed sheet, measured on the drawn page: size, place, typed id, and no seal on it."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pikepdf
import pypdfium2
import pytest
import zxingcpp
from PIL import Image, ImageChops

from keys import KeyKind
from seal import Placement, SheetContent, lay_out, write_pdf
from seal.pages.qr import QUIET_MODULES, symbol_of

from .papers import AT

LEAST_MODULE_MM = 0.5
DPI = 300
MM = DPI / 25.4  # pixels
ADDRESS = "HTTPS://YINXIN.EXAMPLE.GOV.CN/R/0123456789ABCDEF#"
IDENTIFIER = "0123-4567-89AB-CDEF"
DIGITS = {"T1": 268, "T2": 501, "T1 dual": 433, "T2 dual": 666}


@pytest.fixture(scope="module", params=DIGITS)
def sheet(
    request: pytest.FixtureRequest, authority: Callable[[KeyKind], Any], sealed_by: Callable[..., bytes]
) -> tuple[str, bytes]:
    """The text of the code, and the sealed PDF."""
    text = ADDRESS + ("0123456789" * 70)[: DIGITS[request.param]]
    layout = lay_out(
        SheetContent(
            title="从业企业诚信记录单",
            rows=(("名称", "四川样例建工集团有限公司"),),
            paragraphs=("以扫码结果为准。",),
            document_id=IDENTIFIER,
            short_url="https://yinxin.example.gov.cn/r/0123456789ABCDEF",
            qr_text=text,
            issuer_name="蜀州市锦北区住房和城乡建设局(演示)",
            issue_date="2026年8月1日",
            watermark="样章 SPECIMEN",
        )
    )
    at = layout.seal_position
    place = Placement(at.page, at.x_mm, at.y_mm, at.width_mm, at.height_mm)
    data = write_pdf(layout, title="从业企业诚信记录单", at=AT)
    return text, sealed_by(data, authority(KeyKind.P256), place=place, certify=True)


def drawn(data: bytes) -> Image.Image:
    with pypdfium2.PdfDocument(data) as document:
        document.init_forms()
        return document[0].render(scale=DPI / 72, may_draw_forms=True).to_pil().convert("RGB")


def corners(page: Image.Image, text: str) -> tuple[float, float, float, float]:
    """The symbol without its quiet zone, in pixels: left, top, right, bottom."""
    (found,) = zxingcpp.read_barcodes(page, zxingcpp.BarcodeFormat.QRCode)
    assert found.text == text
    place = found.position
    points = (place.top_left, place.top_right, place.bottom_right, place.bottom_left)
    across, down = [point.x for point in points], [point.y for point in points]
    return min(across), min(down), max(across), max(down)


def test_modules_are_large_enough(sheet: tuple[str, bytes]) -> None:
    """Half a millimetre at least, as another reader sees them; drawn as areas, not as a picture."""
    text, data = sheet
    left, top, right, bottom = corners(drawn(data), text)
    modules = symbol_of(text).modules
    for side in (right - left, bottom - top):
        assert side / MM / modules >= LEAST_MODULE_MM - 0.01
    with pikepdf.open(io.BytesIO(data)) as document:
        assert dict(document.pages[0].images) == {}


def test_the_seal_keeps_off_the_code(sheet: tuple[str, bytes]) -> None:
    """Not one red point within the symbol and its quiet zone; and the seal is on the page."""
    text, data = sheet
    page = drawn(data)
    left, top, right, bottom = corners(page, text)
    quiet = QUIET_MODULES * LEAST_MODULE_MM * MM
    red = reddish(page)
    assert red.histogram()[255] > 10_000
    frame = (int(left - quiet), int(top - quiet), int(right + quiet) + 1, int(bottom + quiet) + 1)
    assert red.crop(frame).getbbox() is None
    above = page.crop((frame[0] + 2, frame[1] + 2, frame[2] - 2, int(top) - 2)).convert("L")
    assert above.getextrema()[0] > 180  # the quiet zone is quiet, but for the pale watermark


def reddish(page: Image.Image) -> Image.Image:
    """White where the page is red."""
    red, green, blue = page.split()
    high = red.point(lambda value: 255 * (value > 150))
    low = [one.point(lambda value: 255 * (value < 120)) for one in (green, blue)]
    return ImageChops.darker(high, ImageChops.darker(*low))


def test_the_identifier_stands_beside_it(sheet: tuple[str, bytes]) -> None:
    """Sixteen characters in four groups, right of the code and at its height, for whoever types."""
    text, data = sheet
    _, top, right, bottom = corners(drawn(data), text)
    with pypdfium2.PdfDocument(data) as document:
        page = document[0]
        words = page.get_textpage()
        finder = words.search(IDENTIFIER)
        places = []
        while (place := finder.get_next()) is not None:
            boxes = [words.get_charbox(place[0] + at) for at in range(place[1])]
            places.append([value * DPI / 72 for value in joined(boxes, page.get_height())])
    assert any(
        right < first < right + 12 * MM and top <= upper < lower <= bottom
        for first, upper, _, lower in places
    )


def joined(boxes: list[tuple[float, float, float, float]], height: float) -> tuple[float, ...]:
    """Left, top, right, bottom of all, counted from the top."""
    return (
        min(box[0] for box in boxes),
        height - max(box[3] for box in boxes),
        max(box[2] for box in boxes),
        height - min(box[1] for box in boxes),
    )
