# SPDX-License-Identifier: Apache-2.0
"""What pages look like: measured in the pixels of the PNG, and in the text of the SVG."""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from PIL import Image, ImageChops, ImageDraw

from verify import OfdMalformed, OfdNotDrawn, ofd_page_count, ofd_png, ofd_svg, ofd_text, read_ofd

DPI = 127  # five pixels for a millimetre
CONTENT = "Doc_0/Pages/Page_0/Content.xml"
Sheet = Callable[[float, float], tuple[int, int, int]]


def sheet(data: bytes, page: int = 0, dpi: int = DPI, **more: Any) -> Sheet:
    """The colour at a place in millimetres."""
    image = Image.open(io.BytesIO(ofd_png(data, page, dpi, **more))).convert("RGB")

    def at(x: float, y: float) -> tuple[int, int, int]:
        pixel = image.getpixel((int(x * dpi / 25.4), int(y * dpi / 25.4)))
        assert isinstance(pixel, tuple)
        return pixel[0], pixel[1], pixel[2]

    return at


def red(colour: tuple[int, int, int]) -> bool:
    return colour[0] > 150 and colour[1] < 80 and colour[2] < 80


def white(colour: tuple[int, int, int]) -> bool:
    return min(colour) > 240


def dark(colour: tuple[int, int, int]) -> bool:
    return max(colour) < 90


@pytest.fixture
def drawn(workshop: Any) -> Callable[..., Sheet]:
    """A page with the given objects on it, drawn."""

    def make(inner: str, res: str = "", before: str = "", **files: bytes) -> Sheet:
        package = workshop.plain(1)
        package[CONTENT] = workshop.page(inner, before)
        if res:
            package["Doc_0/PublicRes.xml"] = workshop.xml("Res", res, ' BaseLoc="Res"')
        package |= {f"Doc_0/Res/{name.replace('_', '.')}": content for name, content in files.items()}
        return sheet(workshop.pack(package))

    return make


def path(data: str, more: str = "", inner: str = "", boundary: str = "50 50 40 40") -> str:
    return (
        f'<ofd:PathObject ID="30" Boundary="{boundary}" {more}>{inner}'
        f"<ofd:AbbreviatedData>{data}</ofd:AbbreviatedData></ofd:PathObject>"
    )


RED = '<ofd:FillColor Value="220 0 0"/>'
SQUARE = "M 0 0 L 40 0 L 40 40 L 0 40 C"


# Seals


def test_a_seal_is_round_red_and_in_its_place(workshop: Any) -> None:
    """42 mm at (120, 200): ring at the edges, clear in the middle, the bar in the upper left quarter."""
    at = sheet(workshop.pack(workshop.sealed()))
    for x, y in ((121.5, 221), (160.5, 221), (141, 201.5), (141, 240.5)):
        assert red(at(x, y))
    assert white(at(141, 221))
    assert white(at(121, 201))
    assert red(at(136, 213.5))
    assert white(at(146, 213.5))
    assert white(at(136, 228.5))


def test_pages_can_be_drawn_without_seals(workshop: Any) -> None:
    assert white(sheet(workshop.pack(workshop.sealed()), seals=False)(121.5, 221))


def test_slices_of_a_cross_page_seal_join_up(workshop: Any) -> None:
    """The right edges of the pages, laid side by side, are the seal."""
    pages, width = 3, 42.0
    part = width / pages
    stamps = "".join(
        f'<ofd:StampAnnot ID="s{9 + n}" PageRef="{11 + n}" Clip="{part * n} 0 {part} {width}"'
        f' Boundary="{210 - part * (n + 1)} 100 {width} {width}"/>'
        for n in range(pages)
    )
    data = workshop.pack(workshop.sealed(workshop.plain(pages), stamps=stamps))
    whole = Image.new("RGB", (210, 210), "white")
    for number in range(pages):
        image = Image.open(io.BytesIO(ofd_png(data, number, DPI)))
        edge = image.crop((1050 - 70, 500, 1050, 710))
        whole.paste(edge, (70 * number, 0))
        assert image.crop((850, 500, 975, 710)).getextrema() == ((255, 255),) * 3
    wanted = Image.new("RGB", (420, 420), "white")
    seal = Image.open(io.BytesIO(workshop.picture))
    wanted.paste(seal, (0, 0), seal)
    # Slices in another order, or mirrored, differ in a tenth and more.
    difference = ImageChops.difference(whole, wanted.resize((210, 210))).getchannel("G")
    assert sum(difference.histogram()[110:]) < 210 * 210 * 0.03


def test_a_picture_without_transparency_covers_nothing(workshop: Any) -> None:
    image = Image.new("RGB", (420, 420), "white")
    ImageDraw.Draw(image).rectangle((0, 0, 100, 100), fill=(220, 0, 0))
    for kind in ("BMP", "JPEG", "GIF"):
        out = io.BytesIO()
        image.save(out, kind)
        files = workshop.plain(1)
        files[CONTENT] = workshop.page(path(SQUARE, 'Fill="true"', '<ofd:FillColor Value="0 0 0"/>'))
        stamp = '<ofd:StampAnnot ID="s2" PageRef="11" Boundary="60 60 42 42"/>'
        made = workshop.sealed(files, seal=workshop.seal(picture=out.getvalue(), kind=kind), stamps=stamp)
        at = sheet(workshop.pack(made))
        assert dark(at(85, 85))  # the page is seen through white
        assert red(at(65, 65))
        assert white(at(95, 95))


def test_a_seal_that_is_itself_an_ofd(workshop: Any) -> None:
    inner = workshop.plain(1)
    inner["Doc_0/Document.xml"] = inner["Doc_0/Document.xml"].replace(b"0 0 210 297", b"0 0 84 84")
    inner[CONTENT] = workshop.page(path("M 0 0 L 20 0 L 20 20 C", 'Fill="true"', RED, "10 10 20 20"))
    seal = workshop.seal(picture=workshop.pack(inner), kind="ofd")
    at = sheet(workshop.pack(workshop.sealed(seal=seal)))
    # Half the size: the triangle lies from (125, 205) to (135, 215).
    assert red(at(133, 206))
    assert white(at(126, 213))
    assert white(at(140, 220))


def test_a_seal_in_a_seal_in_a_seal_ends(workshop: Any) -> None:
    """A picture that carries seals of its own is drawn two levels deep, no further."""
    picture = workshop.picture
    for _ in range(4):
        seal = workshop.seal(picture=picture, kind="ofd" if picture.startswith(b"PK") else "PNG")
        picture = workshop.pack(workshop.sealed(seal=seal))
    made = workshop.sealed(seal=workshop.seal(picture=picture, kind="ofd"))
    assert ofd_png(workshop.pack(made), 0, 30)


@pytest.mark.parametrize(
    "shown", [b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\x89PNG\r\n\x1a\nbroken"], ids=["svg", "broken"]
)
def test_a_seal_that_cannot_be_shown_is_still_seen(workshop: Any, shown: bytes) -> None:
    data = workshop.pack(workshop.sealed(seal=workshop.seal(picture=shown, kind="svg")))
    image = Image.open(io.BytesIO(ofd_png(data, 0, DPI))).crop((595, 995, 815, 1215))
    assert any(red(colour) for _, colour in image.getcolors(1 << 20) or ())


# Graphics


def test_lines_and_areas_where_no_colour_is_said(drawn: Callable[..., Sheet]) -> None:
    at = drawn(path(SQUARE, 'Fill="true" LineWidth="1"'))
    assert dark(at(50, 70))
    assert white(at(70, 70))


def test_even_odd_and_non_zero(drawn: Callable[..., Sheet]) -> None:
    hole = f"{SQUARE} M 10 10 L 30 10 L 30 30 L 10 30 C"
    assert red(drawn(path(hole, 'Fill="true" Stroke="false"', RED))(70, 70))
    assert white(drawn(path(hole, 'Fill="true" Stroke="false" Rule="Even-Odd"', RED))(70, 70))


def test_arcs_make_a_circle(drawn: Callable[..., Sheet]) -> None:
    at = drawn(path("M 0 20 A 20 20 0 0 1 40 20 A 20 20 0 0 1 0 20 C", 'Fill="true" Stroke="false"', RED))
    for x, y in ((70, 51), (70, 89), (51, 70), (89, 70), (57, 57), (83, 83)):
        assert red(at(x, y)), (x, y)
    for x, y in ((54, 54), (86, 86), (54, 86), (49, 70)):
        assert white(at(x, y)), (x, y)


def test_quadratic_and_cubic_curves(drawn: Callable[..., Sheet]) -> None:
    at = drawn(path("M 0 0 Q 20 40 40 0 C", 'Fill="true" Stroke="false"', RED))
    assert red(at(70, 68))
    assert white(at(70, 72))
    at = drawn(path("M 0 0 B 0 40 40 40 40 0 C", 'Fill="true" Stroke="false"', RED))
    assert red(at(70, 78))
    assert white(at(70, 82))


def test_a_matrix_turns_and_moves(drawn: Callable[..., Sheet]) -> None:
    """By 90 degrees clockwise about the corner of the boundary, then 40 mm to the right."""
    at = drawn(path("M 0 0 L 40 0 L 40 5 L 0 5 C", 'Fill="true" Stroke="false" CTM="0 1 -1 0 40 0"', RED))
    assert red(at(87, 85))
    assert white(at(60, 52))


def test_clips_keep_what_is_inside(drawn: Callable[..., Sheet]) -> None:
    clip = (
        '<ofd:Clips><ofd:Clip><ofd:Area><ofd:Path Boundary="10 10 20 20">'
        "<ofd:AbbreviatedData>M 0 0 L 20 0 L 20 20 L 0 20 C</ofd:AbbreviatedData></ofd:Path>"
        "</ofd:Area></ofd:Clip></ofd:Clips>"
    )
    at = drawn(path(SQUARE, 'Fill="true" Stroke="false"', clip + RED))
    assert red(at(62, 62))
    assert white(at(55, 55))
    assert white(at(85, 70))


def test_alpha_of_colour_and_object(drawn: Callable[..., Sheet]) -> None:
    half = '<ofd:FillColor Value="255 0 0" Alpha="128"/>'
    colour = drawn(path(SQUARE, 'Fill="true" Stroke="false"', half))(70, 70)
    assert 120 < colour[1] < 135
    quarter = drawn(path(SQUARE, 'Fill="true" Stroke="false" Alpha="128"', half))(70, 70)
    assert 185 < quarter[1] < 200


@pytest.mark.parametrize(
    ("space", "value", "wanted"),
    [
        ("GRAY", "128", (128, 128, 128)),
        ("RGB", "10 200 30", (10, 200, 30)),
        ("CMYK", "0 255 255 0", (255, 0, 0)),
        ("RGB", "#0A #C8 #1E", (10, 200, 30)),
    ],
)
def test_colour_spaces(
    drawn: Callable[..., Sheet], space: str, value: str, wanted: tuple[int, int, int]
) -> None:
    res = f'<ofd:ColorSpaces><ofd:ColorSpace ID="8" Type="{space}"/></ofd:ColorSpaces>'
    fill = f'<ofd:FillColor Value="{value}" ColorSpace="8"/>'
    colour = drawn(path(SQUARE, 'Fill="true" Stroke="false"', fill), res)(70, 70)
    assert max(abs(a - b) for a, b in zip(colour, wanted, strict=True)) <= 2


def test_draw_parameters_are_inherited(drawn: Callable[..., Sheet]) -> None:
    res = (
        '<ofd:DrawParams><ofd:DrawParam ID="8" LineWidth="4"/>'
        '<ofd:DrawParam ID="9" Relative="8"><ofd:StrokeColor Value="220 0 0"/></ofd:DrawParam>'
        '<ofd:DrawParam ID="10" Relative="10"/></ofd:DrawParams>'
    )
    at = drawn(path("M 0 20 L 40 20", 'DrawParam="9"') + path("M 0 0 L 1 1", 'DrawParam="10"'), res)
    assert red(at(70, 71.5))
    assert white(at(70, 73))


def test_dashes(drawn: Callable[..., Sheet]) -> None:
    at = drawn(path("M 0 20 L 40 20", 'LineWidth="2" DashPattern="10 10"'))
    assert dark(at(55, 70))
    assert white(at(65, 70))


def test_pictures_of_every_kind(drawn: Callable[..., Sheet]) -> None:
    """Red above, white below: upright, whatever the format."""
    image = Image.new("RGB", (40, 40), "white")
    ImageDraw.Draw(image).rectangle((0, 0, 40, 19), fill=(220, 0, 0))
    res = (
        '<ofd:MultiMedias><ofd:MultiMedia ID="7" Type="Image"><ofd:MediaFile>a.bin</ofd:MediaFile>'
        "</ofd:MultiMedia></ofd:MultiMedias>"
    )
    placed = '<ofd:ImageObject ID="30" Boundary="50 50 40 40" CTM="40 0 0 40 0 0" ResourceID="7"/>'
    fitted = '<ofd:ImageObject ID="30" Boundary="50 50 40 40" ResourceID="7"/>'
    for kind in ("PNG", "JPEG", "BMP", "TIFF", "GIF"):
        for mode in ("RGB", "L") if kind in ("JPEG", "PNG") else ("RGB",):
            out = io.BytesIO()
            image.convert(mode).save(out, kind)
            for inner in (placed, fitted):
                at = drawn(inner, res, a_bin=out.getvalue())
                assert not white(at(70, 55)), (kind, mode)
                assert white(at(70, 85)), (kind, mode)


def test_a_picture_that_is_too_large_is_left_out(drawn: Callable[..., Sheet]) -> None:
    out = io.BytesIO()
    Image.new("1", (3, 3)).save(out, "PNG")
    header = b"IHDR" + struct.pack(">LL", 30_000, 30_000) + out.getvalue()[24:29]
    large = out.getvalue()[:12] + header + struct.pack(">L", zlib.crc32(header)) + out.getvalue()[33:]
    res = (
        '<ofd:MultiMedias><ofd:MultiMedia ID="7" Type="Image"><ofd:MediaFile>a.bin</ofd:MediaFile>'
        "</ofd:MultiMedia></ofd:MultiMedias>"
    )
    at = drawn('<ofd:ImageObject ID="3" Boundary="50 50 40 40" ResourceID="7"/>', res, a_bin=large)
    assert white(at(70, 70))


def test_composites_templates_and_layers(workshop: Any, drawn: Callable[..., Sheet]) -> None:
    small = path("M 0 0 L 5 0 L 5 5 L 0 5 C", 'Fill="true" Stroke="false"', RED, "0 0 5 5")
    res = (
        '<ofd:CompositeGraphicUnits><ofd:CompositeGraphicUnit ID="40" Width="10" Height="10"><ofd:Content>'
        f"{small}</ofd:Content></ofd:CompositeGraphicUnit></ofd:CompositeGraphicUnits>"
    )
    inner = '<ofd:CompositeObject ID="41" Boundary="50 50 20 20" CTM="2 0 0 2 0 0" ResourceID="40"/>'
    at = drawn(f"<ofd:PageBlock ID='42'>{inner}</ofd:PageBlock>", res, '<ofd:Template TemplateID="5"/>')
    assert red(at(59, 59))
    assert white(at(61, 61))
    assert dark(at(100, 20))  # the line of the template


def test_a_composite_of_itself_ends(drawn: Callable[..., Sheet]) -> None:
    again = '<ofd:CompositeObject ID="41" Boundary="1 1 9 9" ResourceID="40"/>' * 9
    res = (
        '<ofd:CompositeGraphicUnits><ofd:CompositeGraphicUnit ID="40" Width="10" Height="10"><ofd:Content>'
        f"{again}</ofd:Content></ofd:CompositeGraphicUnit></ofd:CompositeGraphicUnits>"
    )
    assert white(drawn(again, res)(70, 70))


def test_what_is_invisible_is_not_drawn(drawn: Callable[..., Sheet]) -> None:
    assert white(drawn(path(SQUARE, 'Fill="true" Visible="false"', RED))(70, 70))


def test_annotations_are_drawn_over_the_page(workshop: Any) -> None:
    files = workshop.plain(1)
    files["Doc_0/Document.xml"] = workshop.document(
        1, "", "<ofd:Annotations>Annots/Annotations.xml</ofd:Annotations>"
    )
    files["Doc_0/Annots/Annotations.xml"] = workshop.xml(
        "Annotations", '<ofd:Page PageID="11"><ofd:FileLoc>a.xml</ofd:FileLoc></ofd:Page>'
    )
    inner = path("M 0 0 L 10 0 L 10 10 L 0 10 C", 'Fill="true" Stroke="false"', RED, "5 5 10 10")
    files["Doc_0/Annots/a.xml"] = workshop.xml(
        "PageAnnot",
        f'<ofd:Annot ID="50" Type="Watermark"><ofd:Appearance Boundary="100 100 50 50">{inner}'
        "</ofd:Appearance></ofd:Annot>",
    )
    at = sheet(workshop.pack(files))
    assert red(at(110, 110))
    assert white(at(102, 102))


def test_the_page_begins_where_its_box_says(workshop: Any) -> None:
    files = workshop.plain(1)
    area = "<ofd:Area><ofd:PhysicalBox>40 40 100 50</ofd:PhysicalBox></ofd:Area>"
    files[CONTENT] = workshop.page(path(SQUARE, 'Fill="true" Stroke="false"', RED), area)
    data = workshop.pack(files)
    width, height = Image.open(io.BytesIO(ofd_png(data, 0, DPI))).size
    assert abs(width - 500) < 2
    assert abs(height - 250) < 2
    at = sheet(data)
    assert red(at(11, 11))
    assert white(at(9, 9))


# Text


def test_text_with_a_font_of_ours(workshop: Any) -> None:
    at_places = ofd_text(workshop.pack(workshop.files), 0)
    text = next(run for run in at_places if run.text)
    assert text.text == "施工许可证第1页样例"
    first, second = text.characters[:2]
    assert (first.text, round(first.x, 2), round(first.width, 2)) == ("施", 20, 5)
    assert round(second.x, 2) == 25
    assert 30 < first.y + first.height / 2 < 36
    image = Image.open(io.BytesIO(ofd_png(workshop.pack(workshop.files), 0, DPI))).convert("L")
    for one in text.characters[:5]:
        box = (one.x * 5, one.y * 5, (one.x + one.width) * 5, (one.y + one.height) * 5)
        low, _ = image.crop(tuple(int(value) for value in box)).getextrema()
        assert low < 90  # something is written in each cell


@pytest.fixture(scope="module")
def subset() -> bytes:
    """A font of two glyphs without a character map: a square on the baseline and a bar above it."""
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder([".notdef", "square", "bar"])
    glyphs = {}
    for name, box in ((".notdef", None), ("square", (0, 0, 800, 800)), ("bar", (0, 700, 800, 800))):
        pen = TTGlyphPen(None)
        if box:
            left, low, right, high = box
            pen.moveTo((left, low))
            for place in ((left, high), (right, high), (right, low)):
                pen.lineTo(place)
            pen.closePath()
        glyphs[name] = pen.glyph()
    builder.setupGlyf(glyphs)
    builder.setupHorizontalMetrics(dict.fromkeys(glyphs, (1000, 0)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupCharacterMap({})
    builder.setupNameTable({"familyName": "样例"})
    builder.setupOS2()
    builder.setupPost()
    out = io.BytesIO()
    builder.save(out)
    return out.getvalue()


EMBEDDED = (
    '<ofd:Fonts><ofd:Font ID="9" FontName="样例"><ofd:FontFile>f.ttf</ofd:FontFile></ofd:Font></ofd:Fonts>'
)


def test_glyphs_of_an_embedded_subset(drawn: Callable[..., Sheet], subset: bytes) -> None:
    text = (
        '<ofd:TextObject ID="30" Boundary="50 50 60 20" Font="9" Size="10">'
        '<ofd:CGTransform CodePosition="0" CodeCount="3" GlyphCount="3"><ofd:Glyphs>1 2 1</ofd:Glyphs>'
        '</ofd:CGTransform><ofd:TextCode X="0" Y="10" DeltaX="g 2 20">甲乙丙</ofd:TextCode></ofd:TextObject>'
    )
    at = drawn(text, EMBEDDED, f_ttf=subset)
    assert dark(at(54, 56))
    assert white(at(60, 56))
    assert white(at(74, 56))
    assert dark(at(74, 52.5))
    assert dark(at(94, 56))


def test_deltas_scale_and_direction(drawn: Callable[..., Sheet], subset: bytes) -> None:
    def text(more: str, code: str) -> str:
        return (
            f'<ofd:TextObject ID="30" Boundary="50 50 60 60" Font="9" Size="10" {more}>'
            '<ofd:CGTransform CodePosition="0" CodeCount="2" GlyphCount="2"><ofd:Glyphs>1 1</ofd:Glyphs>'
            f'</ofd:CGTransform><ofd:TextCode X="0" Y="10" {code}>甲乙</ofd:TextCode></ofd:TextObject>'
        )

    at = drawn(text("", 'DeltaX="0" DeltaY="30"'), EMBEDDED, f_ttf=subset)
    assert dark(at(54, 56))
    assert dark(at(54, 86))
    at = drawn(text('HScale="0.5"', 'DeltaX="20"'), EMBEDDED, f_ttf=subset)
    assert dark(at(53, 56))
    assert white(at(56, 56))
    at = drawn(text('CharDirection="90"', 'DeltaX="30"'), EMBEDDED, f_ttf=subset)
    assert dark(at(54, 64))  # turned clockwise about its origin
    assert white(at(54, 56))
    at = drawn(text('CTM="1 0 0 1 0 20"', ""), EMBEDDED, f_ttf=subset)
    assert dark(at(54, 76))
    assert dark(at(64, 76))  # the advance of the font


def test_two_characters_for_one_glyph(workshop: Any, subset: bytes) -> None:
    files = workshop.plain(1)
    files["Doc_0/PublicRes.xml"] = workshop.xml("Res", EMBEDDED, ' BaseLoc="Res"')
    files["Doc_0/Res/f.ttf"] = subset
    files[CONTENT] = workshop.page(
        '<ofd:TextObject ID="30" Boundary="50 50 60 20" Font="9" Size="10">'
        '<ofd:CGTransform CodePosition="0" CodeCount="2" GlyphCount="1"><ofd:Glyphs>1</ofd:Glyphs>'
        '</ofd:CGTransform><ofd:TextCode X="0" Y="10" DeltaX="20">\n   fia\n  </ofd:TextCode>'
        "</ofd:TextObject>"
    )
    (run,) = ofd_text(workshop.pack(files), 0)
    assert run.text == "fia"
    assert [round(one.x) for one in run.characters] == [50, 60, 70]


def test_a_broken_font_gives_way_to_ours(drawn: Callable[..., Sheet]) -> None:
    text = (
        '<ofd:TextObject ID="30" Boundary="50 50 60 20" Font="9" Size="20">'
        '<ofd:TextCode X="0" Y="20">口</ofd:TextCode></ofd:TextObject>'
    )
    at = drawn(text, EMBEDDED, f_ttf=b"\x00\x01\x00\x00" + b"broken" * 40)
    assert any(dark(at(50 + x / 5, 60)) for x in range(100))


def test_text_with_a_colour(drawn: Callable[..., Sheet], subset: bytes) -> None:
    text = (
        f'<ofd:TextObject ID="30" Boundary="50 50 60 20" Font="9" Size="10">{RED}'
        '<ofd:CGTransform CodePosition="0"><ofd:Glyphs>1</ofd:Glyphs></ofd:CGTransform>'
        '<ofd:TextCode X="0" Y="10">甲</ofd:TextCode></ofd:TextObject>'
    )
    assert red(drawn(text, EMBEDDED, f_ttf=subset)(54, 56))


# The face


def test_svg_stands_alone(workshop: Any) -> None:
    """Well-formed, in millimetres, and nothing in it runs or points outside."""
    files = workshop.plain(1)
    evil = '<ofd:TextObject ID="31" Boundary="0 0 9 9" Font="3" Size="3"><ofd:TextCode X="0" Y="3">'
    evil += "&lt;script&gt;&quot;&amp;</ofd:TextCode></ofd:TextObject>"
    files[CONTENT] = workshop.page(
        evil + path(SQUARE, 'Fill="true" LineWidth="&quot;/&gt;&lt;script/&gt;"', RED)
    )
    text = ofd_svg(workshop.pack(workshop.sealed(files)), 0)
    root = ElementTree.fromstring(text)
    assert root.get("viewBox") == "0 0 210 297"
    assert (root.get("width"), root.get("height")) == ("210mm", "297mm")
    names = {one.tag.rpartition("}")[2] for one in root.iter()}
    assert names <= {"svg", "defs", "rect", "path", "use", "image", "g", "clipPath"}
    links = re.findall(r'href="([^"]*)"', text)
    assert links
    assert all(link.startswith(("#", "data:image/png;base64,", "data:image/jpeg;base64,")) for link in links)
    assert not re.search(r"<script|\bon\w+=|style=|url\((?!#)", text)


def test_pages_count_through_all_documents(workshop: Any) -> None:
    parts = [name for name in workshop.files if "Doc_0" in name]
    second = {name.replace("Doc_0/", "Doc_1/"): workshop.files[name] for name in parts}
    second["Doc_1/Pages/Page_1/Content.xml"] = workshop.page(path(SQUARE, 'Fill="true"', RED))
    root = workshop.ofd_xml(workshop.body("Doc_0"), workshop.body("Doc_1"))
    package = read_ofd(workshop.pack({**workshop.files, **second, "OFD.xml": root}))
    assert ofd_page_count(package) == 4
    assert red(sheet(package, 3)(70, 70))  # type: ignore[arg-type]
    assert white(sheet(package, 1)(70, 70))  # type: ignore[arg-type]


@pytest.mark.parametrize("page", [-1, 2, 10**9])
def test_a_page_that_is_not_there(workshop: Any, page: int) -> None:
    for draw in (ofd_svg, ofd_png, ofd_text):
        with pytest.raises(OfdNotDrawn):
            draw(workshop.pack(workshop.files), page)


def test_a_picture_that_would_be_too_large(workshop: Any) -> None:
    with pytest.raises(OfdNotDrawn):
        ofd_png(workshop.pack(workshop.files), 0, 1100)


def test_a_page_whose_file_is_missing(workshop: Any) -> None:
    files = dict(workshop.files)
    del files[CONTENT]
    for draw in (ofd_svg, ofd_png, ofd_text):
        with pytest.raises(OfdMalformed):
            draw(workshop.pack(files), 0)
