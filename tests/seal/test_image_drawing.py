# SPDX-License-Identifier: Apache-2.0
"""Seal drawings: measured on the geometry and on a picture of it."""

from __future__ import annotations

import io
import re
from itertools import pairwise
from math import atan2, cos, degrees, hypot, pi, sin
from xml.etree import ElementTree

import pikepdf
import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from seal import (
    DIAMETERS_MM,
    Drawing,
    HolderRank,
    SealCentre,
    SealDesign,
    SealDesignRefused,
    SealShape,
    draw_seal,
    drawing_pdf,
    drawing_png,
    drawing_svg,
)
from seal.pages.fonts import glyphs_of, typeface
from seal.pages.model import Command, FontName, Path

NAME = "蜀州市锦北区住房和城乡建设局(演示)"
CODE = "51010620170001"
SVG = "{http://www.w3.org/2000/svg}"


def points(commands: tuple[Command, ...]) -> list[tuple[float, float]]:
    return [pair for _, values in commands for pair in zip(values[::2], values[1::2], strict=True)]


def lettering(drawing: Drawing) -> tuple[Command, ...]:
    """The path of name, code and line: the one that is filled and stroked."""
    (path,) = [path for path in drawing.paths if path.fill and path.stroke]
    return path.commands


def specimen(drawing: Drawing) -> Path:
    return drawing.paths[3]


def letters(name: str) -> list[list[tuple[float, float]]]:
    """Points of each letter of a name of equal characters."""
    commands = lettering(draw_seal(SealDesign(name=name)))
    each = len(commands) // len(name)
    assert each * len(name) == len(commands)
    return [points(commands[place * each : (place + 1) * each]) for place in range(len(name))]


def polar(x: float, y: float) -> tuple[float, float]:
    """Radius and angle clockwise from the top, in degrees."""
    return hypot(x - 21, y - 21), degrees(atan2(x - 21, 21 - y))


@pytest.mark.parametrize("count", range(4, 31))
def test_letters_are_evenly_spaced_upright_and_apart(count: int) -> None:
    """The arc reads from left to right around twelve o'clock; letters never touch their neighbours."""
    angles = []
    for place in letters("样" * count):
        middle_x = sum(x for x, _ in place) / len(place)
        middle_y = sum(y for _, y in place) / len(place)
        angles.append(polar(middle_x, middle_y)[1])
        assert all(12.0 < polar(x, y)[0] < 19.2 for x, y in place)
    steps = [b - a for a, b in pairwise(angles)]
    assert steps == pytest.approx([steps[0]] * len(steps), abs=0.05)
    assert steps[0] > 0
    step = steps[0] * pi / 180
    start = -step * (count - 1) / 2
    for number, place in enumerate(letters("样" * count)):
        turn = start + number * step
        for x, y in place:
            across = (x - 21) * cos(turn) + (y - 21) * sin(turn)
            up = (x - 21) * sin(turn) - (y - 21) * cos(turn)
            # Inside its own sector, with room for the stroke around it.
            assert abs(across) < up * sin(step / 2) / cos(step / 2) - 0.05
    assert abs(start) + step / 2 < pi * (360 - 26) / 360


@pytest.mark.parametrize("count", [4, 9, 17, 24, 30])
@pytest.mark.parametrize("line", ["", "业务办理专用章"])
def test_parts_do_not_touch(count: int, line: str) -> None:
    """Name, code, star, line and specimen each have their own place."""
    whole = SealDesign(name="样" * count, line=line, code=CODE)
    drawing = draw_seal(whole)
    name = points(lettering(draw_seal(SealDesign(name="样" * count, code=CODE))))
    outer = [polar(*point) for point in name]
    code = [(r, a) for r, a in outer if abs(a) > 180 - 45]
    arc = [(r, a) for r, a in outer if abs(a) <= 180 - 45]
    assert max(abs(a) for _, a in arc) + 5 < min(abs(a) for _, a in code)
    feet = min(r for r, _ in arc)
    words = points(specimen(drawing).commands)
    assert max(polar(*point)[0] for point in words) < max(feet, 15.0)
    star_low, star_high = 21 + 7 * cos(pi / 5), 14.0
    ys = [y for _, y in words]
    assert min(ys) > star_low or max(ys) < star_high
    if line:
        below = [
            (x, y) for x, y in points(lettering(drawing)) if hypot(x - 21, y - 21) < feet and y > 21 + 7.2
        ]
        assert below and min(y for _, y in below) > star_low
        assert max(ys) < min(y for _, y in below)


def test_the_code_reads_from_left_to_right() -> None:
    """The first digit stands at the left, heads towards the middle."""
    one = draw_seal(SealDesign(name="样例样例", code="11111111111110"))
    code = [point for point in points(lettering(one)) if abs(polar(*point)[1]) > 130]
    ones = draw_seal(SealDesign(name="样例样例", code="11111111111111"))
    other = [point for point in points(lettering(ones)) if abs(polar(*point)[1]) > 130]
    changed = set(code) - set(other)
    assert changed and min(x for x, _ in changed) > 21


def picture(design: SealDesign, dpi: int = 600) -> tuple[int, list[bytes]]:
    """Rows of 1 for red, seen by PDFium."""
    content, box = drawing_pdf(draw_seal(design))
    document = pikepdf.new()
    document.add_blank_page(page_size=(box[2], box[3]))
    document.pages[0].Contents = document.make_stream(content)
    data = io.BytesIO()
    document.save(data)
    document.close()
    opened = pypdfium2.PdfDocument(data.getvalue())
    image = opened[0].render(scale=dpi / 72).to_pil().convert("RGB")
    opened.close()
    green = image.getchannel("G").point(lambda value: 1 if value < 128 else 0)
    raw = green.tobytes()
    return image.width, [raw[row * image.width : (row + 1) * image.width] for row in range(image.height)]


def test_ring_is_round_and_has_its_width() -> None:
    """42 mm across, ring 1.2 mm, star 14 mm, measured in pixels at 600 dpi."""
    side, rows = picture(SealDesign(name="样例公司", specimen=False))
    mm = side / 42
    assert side == pytest.approx(992, abs=1)
    middle = side / 2
    for turn in range(0, 360, 5):
        x, y = sin(turn * pi / 180), cos(turn * pi / 180)
        ring = [
            step / 100
            for step in range(1920, 2110)
            if 0 <= int(middle + y * step / 100 * mm) < side
            and 0 <= int(middle + x * step / 100 * mm) < side
            and rows[int(middle + y * step / 100 * mm)][int(middle + x * step / 100 * mm)]
        ]
        assert min(ring) == pytest.approx(19.8, abs=0.07) and max(ring) == pytest.approx(21.0, abs=0.07)
    column = [rows[row][side // 2] for row in range(side)]
    star = [row / mm for row in range(int(12 * mm), int(28 * mm)) if column[row]]
    assert min(star) == pytest.approx(14.0, abs=0.3)  # the upper point, 7 mm above the middle
    widest = max(sum(rows[row][int(13 * mm) : int(29 * mm)]) for row in range(int(15 * mm), int(22 * mm)))
    assert widest / mm == pytest.approx(14 * sin(2 * pi / 5), abs=0.2)


@pytest.mark.parametrize("diameter", [38.0, 42.0, 45.0, 60.0])
def test_everything_scales_and_stays_inside(diameter: float) -> None:
    """Nothing outside the circle, whatever the size."""
    drawing = draw_seal(SealDesign(name=NAME, line="合同专用章", code=CODE, diameter_mm=diameter))
    half = diameter / 2
    for path in drawing.paths:
        for x, y in points(path.commands):
            # Control points of the ring's curves lie outside it, its ink does not.
            limit = half + 0.01 if path.fill else half * 1.2
            assert hypot(x - half, y - half) < limit
    assert (drawing.width_mm, drawing.height_mm) == (diameter, diameter)


def test_a_specimen_says_so() -> None:
    """The words are there unless a real seal is asked for, and the name of the picture says it too."""
    with_words, without = (draw_seal(SealDesign(name=NAME, specimen=flag)) for flag in (True, False))
    assert len(with_words.paths) == len(without.paths) + 1
    assert "样章 SPECIMEN" in drawing_svg(with_words) and "SPECIMEN" not in drawing_svg(without)


def test_svg_is_one_self_contained_picture() -> None:
    """Well-formed, real size, labelled; no script, reference, style or font."""
    svg = drawing_svg(draw_seal(SealDesign(name='样例<A&B>"公司"', line="公章", code=CODE)))
    root = ElementTree.fromstring(svg)
    assert (root.get("width"), root.get("height"), root.get("viewBox")) == ("42mm", "42mm", "0 0 42 42")
    assert root.get("aria-label") == root.findtext(f"{SVG}title") == '样例<A&B>"公司" 公章 样章 SPECIMEN'
    assert {child.tag for child in root} == {f"{SVG}title", f"{SVG}path"}
    assert {name for child in root for name in child.attrib} <= {"fill", "stroke", "stroke-width", "d"}
    assert {child.get("fill") for child in root if child.get("fill")} == {"none", "#ff0000"}


def test_svg_and_pdf_draw_the_same() -> None:
    """Two emitters, one drawing: every coordinate agrees after turning the page upside down."""
    drawing = draw_seal(SealDesign(name=NAME, code=CODE))
    content, box = drawing_pdf(drawing)
    assert box == pytest.approx((0, 0, 119.055, 119.055), abs=0.001)
    paths = [
        child.get("d") or "" for child in ElementTree.fromstring(drawing_svg(drawing)).iter(f"{SVG}path")
    ]
    svg = [float(number) for number in re.findall(r"-?[\d.]+", " ".join(paths))]
    text = re.sub(rb"[\d. ]+ (rg|RG|w)\b", b"", content)
    pdf = [float(number) for number in re.findall(rb"-?[\d.]+", text)]
    assert len(svg) == len(pdf)
    for (x, y), (u, v) in zip(
        zip(svg[::2], svg[1::2], strict=True), zip(pdf[::2], pdf[1::2], strict=True), strict=True
    ):
        assert (u, v) == pytest.approx((x * 72 / 25.4, 119.055 - y * 72 / 25.4), abs=0.005)


def test_pdf_needs_no_resources() -> None:
    """Path and colour operators only: any form XObject can carry it."""
    content, _ = drawing_pdf(draw_seal(SealDesign(name=NAME, code=CODE)))
    operators = set(re.findall(rb"[A-Za-z]+", content))
    assert operators <= {b"q", b"Q", b"m", b"l", b"c", b"h", b"f", b"S", b"B", b"rg", b"RG", b"w"}
    assert content.startswith(b"q\n") and content.endswith(b"Q\n")


def test_drawing_is_deterministic() -> None:
    """A seal drawn again is the same seal."""
    assert drawing_svg(draw_seal(SealDesign(name=NAME))) == drawing_svg(draw_seal(SealDesign(name=NAME)))


@pytest.mark.parametrize(
    ("field", "design"),
    [
        ("name", {"name": "样例章"}),
        ("name", {"name": "样" * 31}),
        ("name", {"name": "样例 公司"}),
        ("name", {"name": "样例公司\U0001f600"}),
        ("name", {"name": "样例\u200b公司"}),
        ("line", {"name": NAME, "line": "专" * 11}),
        ("line", {"name": NAME, "line": "专用 章"}),
        ("line", {"name": NAME, "line": "专用\x00章"}),
        ("code", {"name": NAME, "code": "123"}),
        ("code", {"name": NAME, "code": "1234567890123a"}),
        ("code", {"name": NAME, "code": "\uff11" * 14}),
        ("diameter_mm", {"name": NAME, "diameter_mm": 10.0}),
        ("diameter_mm", {"name": NAME, "diameter_mm": float("nan")}),
        ("colour", {"name": NAME, "colour": (256, 0, 0)}),
    ],
)
def test_designs_that_break_a_rule_are_refused(field: str, design: dict[str, object]) -> None:
    """The error names field, rule and what to do."""
    with pytest.raises(SealDesignRefused) as caught:
        SealDesign(**design)  # type: ignore[arg-type]
    assert caught.value.field == field
    assert " / " in caught.value.rule and " / " in caught.value.todo


@settings(max_examples=60, deadline=None)
@given(
    name=st.text(st.sampled_from("样例建设厅一川().,ABCi1\uff08\uff09·"), min_size=4, max_size=30),
    line=st.text(st.sampled_from("专用章()A"), max_size=10),
    code=st.from_regex(r"[0-9]{14}|", fullmatch=True),
)
def test_any_design_is_drawn_inside_the_ring(name: str, line: str, code: str) -> None:
    """A checked design can always be drawn, and its lettering stays inside the ring."""
    drawing = draw_seal(SealDesign(name=name, line=line, code=code))
    for path in drawing.paths[1:]:
        assert all(hypot(x - 21, y - 21) < 19.8 for x, y in points(path.commands))
    ElementTree.fromstring(drawing_svg(drawing))


SHAPES = {
    "text": SealDesign(
        name="样例建设集团有限公司", centre=SealCentre.TEXT, centre_text="财务专用章", code=CODE
    ),
    "emblem": SealDesign(name="蜀州省住房和城乡建设厅", centre=SealCentre.EMBLEM, diameter_mm=50.0),
    "none": SealDesign(name="蜀州省住房和城乡建设厅", centre=SealCentre.NONE, line="电子专用章"),
    "micro": SealDesign(name=NAME, code=CODE, micro=CODE),
    "oval": SealDesign(
        name="样例建设集团有限公司",
        shape=SealShape.OVAL,
        diameter_mm=40.0,
        line="发票专用章",
        code=CODE,
        micro=CODE,
    ),
    "oval-star": SealDesign(
        name="样例建设集团有限公司锦北区第二分公司驻蜀办",
        shape=SealShape.OVAL,
        diameter_mm=45.0,
        height_mm=30.0,
        line="合同专用章",
    ),
    **{
        f"square-{len(name)}": SealDesign(name=name, shape=SealShape.SQUARE, diameter_mm=20.0)
        for name in ("张三", "李一清", "张三之印", "欧阳样例印", "欧阳一样例印", "欧阳一样例之印")
    },
}


@pytest.mark.parametrize("kind", SHAPES)
def test_every_shape_is_red_on_nothing_and_in_true_size(kind: str) -> None:
    """A PNG has the size of the seal in millimetres, red ink and a clear background."""
    design = SHAPES[kind]
    drawing = draw_seal(design)
    assert (drawing.width_mm, drawing.height_mm) == design.size_mm
    image = Image.open(io.BytesIO(drawing_png(drawing, dpi=600)))
    assert image.mode == "P" and len(drawing_png(drawing)) < 60_000
    for pixels, size, dpi in zip(image.size, design.size_mm, image.info["dpi"], strict=True):
        assert dpi == pytest.approx(600, abs=0.1)
        assert pixels == pytest.approx(size / 25.4 * 600, abs=1)
    image = image.convert("RGBA")
    corners = [image.getpixel((x, y)) for x in (0, image.width - 1) for y in (0, image.height - 1)]
    if design.shape is not SealShape.SQUARE:
        assert all(one[3] == 0 for one in corners)  # type: ignore[index]
    red, green, blue, alpha = Image.open(io.BytesIO(drawing_png(drawing, dpi=150))).convert("RGBA").split()
    inked = alpha.point(lambda value: 255 if value == 255 else 0)
    for channel, value in ((red, 255), (green, 0), (blue, 0)):
        inside = {v for v, a in zip(channel.tobytes(), inked.tobytes(), strict=True) if a}
        assert inside == {value}


@pytest.mark.parametrize("kind", [name for name in SHAPES if name.startswith(("oval", "square"))])
def test_lettering_stays_inside_the_frame(kind: str) -> None:
    """No letter touches the frame of an oval or square seal."""
    design, drawing = SHAPES[kind], draw_seal(SHAPES[kind])
    width, height = design.size_mm
    for path in drawing.paths[1:]:
        for x, y in points(path.commands):
            if design.shape is SealShape.OVAL:
                assert hypot((x - width / 2) / (width / 2 - 1.0), (y - height / 2) / (height / 2 - 1.0)) < 1.0
            else:
                assert 0.9 < x < width - 0.9 and 0.9 < y < height - 0.9


@pytest.mark.parametrize("count", [4, 11, 12, 13, 22, 30])
def test_letters_of_an_oval_are_even_along_the_ellipse(count: int) -> None:
    """Neighbours are about equally far apart, wherever they stand, and never touch."""
    design = SealDesign(name="样" * count, shape=SealShape.OVAL, diameter_mm=40.0, specimen=False)
    commands = lettering(draw_seal(design))
    each = len(commands) // count
    assert each * count == len(commands)
    letters = [points(commands[place * each : (place + 1) * each]) for place in range(count)]
    middles = [(sum(x for x, _ in some) / len(some), sum(y for _, y in some) / len(some)) for some in letters]
    steps = [hypot(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(middles)]
    # Heads spread where the curve is tight, at the ends; both ends alike.
    assert max(steps) < 1.7 * min(steps)
    assert steps == pytest.approx(steps[::-1], rel=0.15)
    for one, other in pairwise(letters):
        assert min(hypot(a - c, b - d) for a, b in one for c, d in other) > 0.15
    (left, _), (right, _) = middles[0], middles[-1]
    assert left < 20 < right and left + right == pytest.approx(40, abs=1.0)


def glyph_outline(character: str) -> tuple[Command, ...]:
    (glyph,) = glyphs_of(character, FontName.SERIF)
    return typeface(glyph.face).outline(glyph)


def test_a_square_seal_reads_from_the_right_from_the_top() -> None:
    """The first character of four stands at the upper right, the last at the lower left."""
    drawing = draw_seal(SealDesign(name="一二三四", shape=SealShape.SQUARE, diameter_mm=20.0))
    sizes = [len(glyph_outline(one)) for one in "一二三四"]
    commands, middles = lettering(drawing), []
    for size in sizes:
        some, commands = points(commands[:size]), commands[size:]
        middles.append((sum(x for x, _ in some) / len(some), sum(y for _, y in some) / len(some)))
    (x1, y1), (x2, y2), (x3, y3), (x4, y4) = middles
    assert min(x1, x2) > 10 > max(x3, x4)
    assert y1 < y2 and y3 < y4


def test_small_print_repeats_and_is_small() -> None:
    """The micro text stands between name and ring, all around, half a millimetre high."""
    path = draw_seal(SHAPES["micro"]).paths[-1]
    radii = [polar(*point)[0] for point in points(path.commands)]
    assert min(radii) > 19.0 and max(radii) < 19.8
    turns = {int(polar(*point)[1] // 30) for point in points(path.commands)}
    assert turns == set(range(-6, 6))


def test_an_emblem_fills_its_slot_and_only_there() -> None:
    """What the holder brings is drawn in the middle, scaled into sixteen forty-seconds of the seal."""
    emblem = Drawing(
        10.0, 10.0, (Path((("M", (0.0, 0.0)), ("L", (10.0, 10.0)), ("Z", ())), fill=(255, 0, 0)),), ""
    )
    drawing = draw_seal(SHAPES["emblem"], emblem=emblem)
    (x1, y1), (x2, y2) = points(drawing.paths[-1].commands)
    assert hypot(x2 - x1, y2 - y1) == pytest.approx(16 * 50 / 42)
    assert ((x1 + x2) / 2, (y1 + y2) / 2) == pytest.approx((25, 25))
    with pytest.raises(SealDesignRefused) as caught:
        draw_seal(SealDesign(name=NAME), emblem=emblem)
    assert caught.value.field == "centre"


@pytest.mark.parametrize(
    ("field", "design"),
    [
        ("name", {"name": "张", "shape": SealShape.SQUARE, "diameter_mm": 20.0}),
        ("name", {"name": "样" * 9, "shape": SealShape.SQUARE, "diameter_mm": 20.0}),
        ("line", {"name": "张三", "shape": SealShape.SQUARE, "diameter_mm": 20.0, "line": "印"}),
        ("code", {"name": "张三", "shape": SealShape.SQUARE, "diameter_mm": 20.0, "code": CODE}),
        ("diameter_mm", {"name": "张三", "shape": SealShape.SQUARE}),
        ("diameter_mm", {"name": NAME, "shape": SealShape.OVAL, "diameter_mm": 51.0}),
        ("height_mm", {"name": NAME, "shape": SealShape.OVAL, "diameter_mm": 40.0, "height_mm": 39.0}),
        ("height_mm", {"name": NAME, "shape": SealShape.OVAL, "height_mm": float("nan")}),
        ("height_mm", {"name": NAME, "height_mm": 40.0}),
        ("centre_text", {"name": NAME, "centre": SealCentre.TEXT}),
        ("centre_text", {"name": NAME, "centre_text": "财务"}),
        ("centre_text", {"name": NAME, "centre": SealCentre.TEXT, "centre_text": "样" * 7}),
        ("micro", {"name": NAME, "micro": "微缩"}),
        ("micro", {"name": NAME, "micro": "1" * 41}),
    ],
)
def test_parts_that_do_not_go_together_are_refused(field: str, design: dict[str, object]) -> None:
    """The error names field, rule and what to do."""
    with pytest.raises(SealDesignRefused) as caught:
        SealDesign(**design)  # type: ignore[arg-type]
    assert caught.value.field == field
    assert " / " in caught.value.rule and " / " in caught.value.todo


@pytest.mark.parametrize("dpi", [0, 71, 1201])
def test_a_resolution_out_of_range_is_refused(dpi: int) -> None:
    with pytest.raises(SealDesignRefused) as caught:
        drawing_png(draw_seal(SHAPES["micro"]), dpi=dpi)
    assert caught.value.field == "dpi"


def test_diameters_follow_the_rank() -> None:
    """国发〔1999〕25号, and every one of them can be drawn."""
    assert DIAMETERS_MM[HolderRank.STATE_COUNCIL] == 60 and DIAMETERS_MM[HolderRank.ORDINARY] == 42
    assert set(DIAMETERS_MM) == set(HolderRank)
    for diameter in DIAMETERS_MM.values():
        SealDesign(name=NAME, diameter_mm=diameter)
