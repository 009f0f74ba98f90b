# SPDX-License-Identifier: Apache-2.0
"""Seals cut out of scans, and emblems that holders bring: measured on pictures made here."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from functools import cache
from math import hypot

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from seal import (
    Drawing,
    Ink,
    SealCentre,
    SealDesign,
    SealDesignRefused,
    SealShape,
    cut_out,
    draw_seal,
    drawing_png,
    drawing_svg,
    emblem_of_svg,
)
from seal.image.tracing import area, outlines

ROUND = SealDesign(name="样例建设集团有限公司", line="合同专用章", code="51010620170001")
SQUARE = SealDesign(name="李一清", shape=SealShape.SQUARE, diameter_mm=20.0)
PAPER, INK = (252, 250, 245), (205, 35, 45)


@cache
def scan(
    design: SealDesign, *, degrees: float = 0.0, dpi: int = 300, ink: tuple[int, int, int] = INK
) -> bytes:
    """A stamped, printed, slightly dirty sheet as a scanner sees it."""
    seal = Image.open(io.BytesIO(drawing_png(draw_seal(design), dpi=dpi))).convert("RGBA")
    page = Image.new("RGB", (900, 800), PAPER)
    pen = ImageDraw.Draw(page)
    for y in range(60, 760, 60):
        pen.rectangle((60, y, 840, y + 5), fill=(40, 40, 40))
    stamp = Image.new("RGBA", seal.size, (*ink, 0))
    stamp.putalpha(seal.getchannel("A").point([value * 9 // 10 for value in range(256)]))
    stamp = stamp.rotate(-degrees, expand=True, resample=Image.Resampling.BICUBIC)
    page.paste(stamp, (170, 130), stamp)
    page = page.filter(ImageFilter.GaussianBlur(0.8))
    chance, pixels = random.Random(1), page.load()
    for _ in range(20_000):
        at = chance.randrange(page.width), chance.randrange(page.height)
        dirt = chance.randrange(-18, 19)
        pixels[at] = tuple(max(0, min(255, part + dirt)) for part in pixels[at])  # type: ignore[index,union-attr]
    packed = io.BytesIO()
    page.save(packed, "JPEG", quality=90)
    return packed.getvalue()


def ink_of(drawing: Drawing, size: tuple[int, int]) -> Image.Image:
    image = Image.open(io.BytesIO(drawing_png(drawing, dpi=300))).convert("RGBA").getchannel("A")
    return image.resize(size)


@pytest.mark.parametrize(("design", "degrees"), [(ROUND, 0.0), (ROUND, 6.0), (SQUARE, -4.0)])
def test_a_scanned_seal_becomes_the_seal_again(design: SealDesign, degrees: float) -> None:
    """Turned back, without paper, print and dirt, in its true size: nearly every pixel is the original's."""
    width = design.diameter_mm
    cut = cut_out(scan(design, degrees=degrees), width_mm=width, title="样例", specimen=False)
    assert cut.width_mm == width and cut.height_mm == pytest.approx(width, rel=0.02)
    original = draw_seal(design)
    side = round(width / 25.4 * 300)
    wrong = ImageChops.difference(ink_of(original, (side, side)), ink_of(cut, (side, side)))
    share = sum(value > 160 for value in wrong.tobytes()) / side**2
    assert share < 0.055
    if degrees:
        crooked = cut_out(
            scan(design, degrees=degrees), width_mm=width, title="样例", specimen=False, degrees=0.0
        )
        wrong = ImageChops.difference(ink_of(original, (side, side)), ink_of(crooked, (side, side)))
        assert sum(value > 160 for value in wrong.tobytes()) / side**2 > 2 * share
    assert {path.fill for path in cut.paths} == {(255, 0, 0)}


def test_a_blue_signature_and_a_black_one() -> None:
    """The colour that is asked for is found, and drawn in one colour."""
    for ink, colour in ((Ink.BLUE, (20, 40, 170)), (Ink.BLACK, (25, 25, 25))):
        page = Image.new("RGB", (900, 400), PAPER)
        pen = ImageDraw.Draw(page)
        pen.line((100, 300, 300, 100, 420, 280, 700, 120), fill=colour, width=9, joint="curve")
        packed = io.BytesIO()
        page.save(packed, "PNG")
        cut = cut_out(packed.getvalue(), width_mm=40.0, title="签名", ink=ink, degrees=0.0)
        assert cut.height_mm > 10 and "SPECIMEN" in drawing_svg(cut)
        red, green, blue = cut.paths[0].fill or (1, 1, 1)
        assert max(red, green) < 100 and (blue > 100) is (ink is Ink.BLUE)


def test_the_words_stand_below_and_hide_nothing() -> None:
    with_words = cut_out(scan(SQUARE), width_mm=20.0, title="样例")
    without = cut_out(scan(SQUARE), width_mm=20.0, title="样例", specimen=False)
    assert with_words.paths[0] == without.paths[0]
    lowest = max(y for _, values in without.paths[0].commands for y in values[1::2])
    words = [y for _, values in with_words.paths[1].commands for y in values[1::2]]
    assert lowest < min(words) and max(words) < with_words.height_mm
    assert with_words.title == "样例 样章 SPECIMEN"


def blank(size: tuple[int, int] = (400, 400), kind: str = "PNG") -> bytes:
    packed = io.BytesIO()
    Image.new("RGB", size, PAPER).save(packed, kind)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("field", "picture", "width"),
    [
        ("picture", lambda: b"", 42.0),
        ("picture", lambda: b"no picture", 42.0),
        ("picture", lambda: blank(kind="GIF"), 42.0),
        ("picture", lambda: scan(SQUARE)[:3000], 42.0),
        ("picture", lambda: scan(SQUARE, dpi=75), 20.0),
        ("picture", lambda: b"\x89PNG\r\n\x1a\n" + bytes(11 * 1024 * 1024), 42.0),
        ("ink", blank, 42.0),
        ("width_mm", lambda: scan(SQUARE), 3.0),
        ("width_mm", lambda: scan(SQUARE), float("nan")),
    ],
)
def test_what_cannot_be_cut_is_refused(field: str, picture: Callable[[], bytes], width: float) -> None:
    """The error names field, rule and what to do."""
    with pytest.raises(SealDesignRefused) as caught:
        cut_out(picture(), width_mm=width, title="样例")
    assert caught.value.field == field
    assert " / " in caught.value.rule and " / " in caught.value.todo


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_unpacked() -> None:
    """A small file that claims to be huge costs nothing."""
    data = bytearray(blank((8, 8)))
    data[16:24] = (30_000).to_bytes(4, "big") * 2
    with pytest.raises(SealDesignRefused) as caught:
        cut_out(bytes(data), width_mm=42.0, title="样例")
    assert caught.value.field == "picture"


@settings(max_examples=40, deadline=None)
@given(
    data=st.binary(max_size=400),
    head=st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"BM", b"II*\0"]),
)
def test_any_bytes_are_refused_in_words(data: bytes, head: bytes) -> None:
    with pytest.raises(SealDesignRefused):
        cut_out(head + data, width_mm=42.0, title="样例")


def levels(rows: list[str]) -> tuple[bytes, int]:
    width = len(rows[0]) + 2
    inside = [bytes(1) + bytes(255 if one == "#" else 0 for one in row) + bytes(1) for row in rows]
    return b"".join([bytes(width), *inside, bytes(width)]), width


def test_an_outline_runs_around_its_ink_and_against_its_holes() -> None:
    """A ring has an outer outline one way round and an inner one the other way, of the right areas."""
    data, width = levels(["#####", "#...#", "#...#", "#...#", "#####"])
    loops = outlines(data, width, tolerance=0.0, least_area=0.0)
    areas = sorted(area(loop) for loop in loops)
    assert len(areas) == 2 and areas[0] < 0 < areas[1]
    assert -areas[0] == pytest.approx(25, abs=1.1) and areas[1] == pytest.approx(9, abs=1.1)


@settings(max_examples=80, deadline=None)
@given(data=st.data(), width=st.integers(2, 12), height=st.integers(2, 12))
def test_outlines_enclose_as_much_as_is_inked(data: st.DataObject, width: int, height: int) -> None:
    """Whatever the pattern: every loop closes, and the areas add up to the ink but for corners."""
    rows = [
        "".join(data.draw(st.lists(st.sampled_from("#."), min_size=width, max_size=width)))
        for _ in range(height)
    ]
    grey, wide = levels(rows)
    loops = outlines(grey, wide, tolerance=0.0, least_area=0.0)
    inked = sum(row.count("#") for row in rows)
    assert bool(loops) is bool(inked)
    total = -sum(area(loop) for loop in loops)
    assert abs(total - inked) <= inked * 0.75
    for loop in loops:
        assert len(loop) == len(set(loop)) >= 3


SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10">{}</svg>'


def test_an_emblem_is_read_with_its_shapes_and_transforms() -> None:
    """Rectangles, circles, curves and groups that are turned: one path in one colour, ready for the slot."""
    shapes = (
        '<title>花</title><g transform="rotate(10)"><rect x="1" y="1" width="4" height="3"/>'
        '<circle cx="5" cy="5" r="2"/><path d="M0 0 Q 5 9 10 0 Z"/></g>'
    )
    emblem = emblem_of_svg(SVG.format(shapes).encode())
    assert max(emblem.width_mm, emblem.height_mm) == pytest.approx(100)
    assert len(emblem.paths) == 1
    seal = draw_seal(
        SealDesign(name="蜀州省住房和城乡建设厅", centre=SealCentre.EMBLEM, diameter_mm=50.0), emblem=emblem
    )
    points = [p for _, v in seal.paths[-1].commands for p in zip(v[::2], v[1::2], strict=True)]
    assert all(hypot(x - 25, y - 25) <= 8 * 50 / 42 + 0.01 for x, y in points)


def test_a_quadratic_curve_stays_where_it_was() -> None:
    """Its middle is a quarter of both ends and half of the control point."""
    emblem = emblem_of_svg(SVG.format('<path d="M0 0 Q 50 100 100 0 Z"/>').encode())
    x1, y1, x2, y2, x3, y3 = next(values for letter, values in emblem.paths[0].commands if letter == "C")
    assert (3 * x1 + 3 * x2 + x3) / 8 == pytest.approx(50)
    assert (3 * y1 + 3 * y2 + y3) / 8 == pytest.approx(50)


@pytest.mark.parametrize(
    "svg",
    [
        b"",
        b"<svg/>",
        b"\xff\xfe<",
        SVG.format("").encode(),
        SVG.format("<script>1</script>").encode(),
        SVG.format('<image href="http://example.test/x.png"/>').encode(),
        SVG.format('<use href="#a"/>').encode(),
        SVG.format('<path d="M0 0 L1 1" stroke="red"/>').encode(),
        SVG.format('<path d="M0 0 L1 1" style="fill:red"/>').encode(),
        SVG.format('<path d="M0 0 L1 1" fill="none"/>').encode(),
        SVG.format('<path d="M0 0 L nonsense"/>').encode(),
        SVG.format('<path d="M0 0"/>').encode(),
        SVG.format('<path d="M0 0 L 1e308 1e308 L 1 1"/>').encode(),
        b'<!DOCTYPE svg [<!ENTITY a "b">]>' + SVG.format('<path d="M0 0 L1 1"/>').encode(),
        SVG.format("<path d='M0 0 L1 1'/>" * 12_000).encode(),
        b" " * (1024 * 1024 + 1),
    ],
)
def test_an_emblem_that_is_more_than_shapes_is_refused(svg: bytes) -> None:
    with pytest.raises(SealDesignRefused) as caught:
        emblem_of_svg(svg)
    assert caught.value.field == "emblem"


@settings(max_examples=60, deadline=None)
@given(path=st.text(st.sampled_from("MmLlHhVvCcSsQqTtAaZz0123456789.-, e"), max_size=60))
def test_any_path_is_read_or_refused(path: str) -> None:
    """No other error escapes for any path data."""
    try:
        emblem = emblem_of_svg(SVG.format(f'<path d="{path}"/>').encode())
    except SealDesignRefused:
        return
    assert emblem.width_mm > 0 or emblem.height_mm > 0
