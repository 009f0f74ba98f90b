# SPDX-License-Identifier: Apache-2.0
"""Drawings that holders bring: kept as text in the design, read back alike, marked as specimens."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from api.pages.cutting import emblem, scanned
from api.seals import Brought, DrawnDesign, brought_text, drawing_of, placed
from api.seals.designs import design_of, design_text, read_design
from seal import Drawing, Ink, SealDesign, SealDesignRefused, drawing_of_text, drawing_svg, outline_text

EMBLEM = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20">'
    b'<circle cx="10" cy="10" r="8" fill="red"/></svg>'
)


def scan(degrees: float = 0.0) -> bytes:
    """A square imprint with straight edges on white paper, 300 dpi."""
    page = Image.new("RGB", (500, 400), (255, 255, 255))
    stamp = Image.new("RGBA", (240, 240), (0, 0, 0, 0))
    pen = ImageDraw.Draw(stamp)
    pen.rectangle((0, 0, 239, 239), outline=(210, 30, 40, 255), width=12)
    for y in range(50, 220, 50):
        pen.rectangle((40, y, 200, y + 14), fill=(210, 30, 40, 255))
    stamp = stamp.rotate(-degrees, expand=True, resample=Image.Resampling.BICUBIC)
    page.paste(stamp, (90, 60), stamp)
    packed = io.BytesIO()
    page.save(packed, "PNG")
    return packed.getvalue()


def test_scan() -> None:
    """Straightened by the angle found, in true size, one text that reads back to itself."""
    found = scanned(scan(4.0), ink=Ink.RED, width_mm=20.0)
    assert -5.0 < found.degrees < -3.0
    design = design_of({"name": "张三", "drawing": brought_text(Brought.SCAN, found.outlines)})
    assert isinstance(design, DrawnDesign)
    assert read_design(design_text(design)) == design
    drawing = drawing_of(design)
    assert drawing.title == "张三 样章 SPECIMEN"
    assert drawing.width_mm == pytest.approx(20.0, abs=0.01)
    assert 20.0 < drawing.height_mm < 25.0  # the words stand below
    assert "#ff0000" in drawing_svg(drawing)
    assert scanned(scan(4.0), ink=Ink.RED, width_mm=20.0) == found
    upright = scanned(scan(), ink=Ink.RED, width_mm=20.0, degrees=90.0)
    assert upright.degrees == 90.0


@pytest.mark.parametrize(
    ("content", "field"),
    [(b"", "picture"), (b"no picture", "picture"), (scan()[:200], "picture"), (b"x" * 11_000_000, "picture")],
)
def test_bad_scan(content: bytes, field: str) -> None:
    with pytest.raises(SealDesignRefused) as refused:
        scanned(content, ink=Ink.RED, width_mm=20.0)
    assert refused.value.field == field


def test_wrong_facts_of_a_scan() -> None:
    for ink, width, degrees, field in (
        (Ink.BLUE, 20.0, None, "ink"),
        (Ink.RED, 0.0, None, "width_mm"),
        (Ink.RED, float("nan"), None, "width_mm"),
        (Ink.RED, 20.0, 400.0, "degrees"),
    ):
        with pytest.raises(SealDesignRefused) as refused:
            scanned(scan(), ink=ink, width_mm=width, degrees=degrees)
        assert refused.value.field == field


def test_emblem() -> None:
    """In the slot of a round seal; nothing else takes one."""
    text = brought_text(Brought.EMBLEM, emblem(EMBLEM).outlines)
    design = design_of({"name": "蜀州市样例局", "centre": "emblem", "drawing": text})
    plain = SealDesign("蜀州市样例局", centre=design.centre)
    assert len(drawing_of(design).paths) == len(drawing_of(plain).paths) + 1
    assert "SPECIMEN" in drawing_of(design).title
    with pytest.raises(SealDesignRefused) as refused:
        design_of({"name": "蜀州市样例局", "drawing": text})
    assert refused.value.field == "centre"
    with pytest.raises(SealDesignRefused):
        emblem(b"<svg/>")


@pytest.mark.parametrize(
    "drawing",
    [
        "",
        "scan/1 ",
        "stamp/1 ff0000 20x20 M1 1L2 2Z",
        "scan/1 ff0000 20x20 ",
        "scan/1 ff0000 20x20 L1 1Z",
        "scan/1 ff0000 20x20 M1 1L2Z",
        "scan/1 ff0000 20x20 M1.00 1Z",
        "scan/1 ff0000 20x20 M1 1L999 1Z",
        "scan/1 ff0000 0x20 M1 1L2 2Z",
        "scan/1 ff0000 20x20 M1 1L2 2Z<script>",
        "scan/1 ff0000 20x20 " + "M1 1" * 60_001,
    ],
)
def test_text_that_is_no_drawing(drawing: str) -> None:
    with pytest.raises(SealDesignRefused) as refused:
        design_of({"name": "张三", "drawing": drawing})
    assert refused.value.field == "drawing"


@pytest.mark.parametrize("more", [{"line": "专用章"}, {"code": "5" * 14}, {"name": "一"}, {"name": "张 三"}])
def test_scan_says_nothing_else(more: dict[str, str]) -> None:
    with pytest.raises(SealDesignRefused) as refused:
        design_of({"name": "张三", "drawing": "scan/1 ff0000 20x20 M1 1L2 2L1 3Z", **more})
    assert refused.value.field in more


@given(st.text(max_size=60))
@settings(max_examples=200)
def test_any_text(text: str) -> None:
    """A drawing with this very text, or a refusal."""
    try:
        found = drawing_of_text(text, "-")
    except SealDesignRefused:
        return
    assert outline_text(found) == text


def test_placed_in_true_size() -> None:
    wide = Drawing(80.0, 20.0, (), "-")
    assert placed(wide, 0, left_mm=10, top_mm=10, width_mm=40, height_mm=40).height_mm == 10.0
    small = placed(Drawing(20.0, 20.0, (), "-"), 1, left_mm=10, top_mm=10, width_mm=40, height_mm=40)
    assert (small.page, small.x_mm, small.width_mm) == (1, 20.0, 20.0)
