# SPDX-License-Identifier: Apache-2.0
"""Written OFD against independent readers: Python's ZIP and XML modules, and fontTools for the fonts."""

from __future__ import annotations

import io
import unicodedata
import zipfile
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from fontTools.pens.boundsPen import BoundsPen
from fontTools.ttLib import TTFont
from hypothesis import given, settings
from hypothesis import strategies as st

from seal import (
    Attachment,
    AttachmentRefused,
    GlyphMissing,
    Layout,
    SealPosition,
    SheetContent,
    lay_out,
    write_ofd,
)
from seal.ofd.markup import escaped
from seal.ofd.package import Entry, dos_moment, packed, write_package
from seal.pages.fonts import Glyph, glyph_of, typeface
from seal.pages.model import FontName, Item, Line, Page, Path, QrCode, Rect, Text

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
NS = "{http://www.ofdspec.org/2016}"
PLACE = SealPosition(0, 100, 200, 42, 42)
SHEET = SheetContent(
    title="从业企业诚信记录单",
    number="JL2026112300000001",
    rows=tuple((f"事项{n}", '四川样例建工集团有限公司, <A&B> "二" ;第' + str(n)) for n in range(60)),
    paragraphs=("本单只列出截至上述时间依法公开的信用信息,不代表对企业或人员的评价。" * 12,),
    ecert_id="1.2.156.3005.2.11510000DEM9A0017F004.11510000DEM9A0017F.JL2026112300000001.001.L",
    document_id="0123-4567-89AB-CDEF",
    qr_text="HTTPS://YINXIN.EXAMPLE.GOV.CN/R/0123456789ABCDEF#" + "7" * 400,
    issuer_name="省住房和城乡建设厅(演示)",
    issue_date="2026年11月23日",
    watermark="样章 SPECIMEN",
)


def written(layout: Layout, **more: Any) -> zipfile.ZipFile:
    options = {"title": "记录单", "at": AT, "document_id": "0123456789ABCDEF", **more}
    return zipfile.ZipFile(io.BytesIO(write_ofd(layout, **options)))


def one_page(*items: Item) -> Layout:
    return Layout((Page(items),), PLACE)


def texts(package: zipfile.ZipFile, page: int = 0) -> list[ElementTree.Element]:
    root = ElementTree.fromstring(package.read(f"Doc_0/Pages/Page_{page}/Content.xml"))
    return list(root.iter(f"{NS}TextObject"))


def test_package() -> None:
    """Entries that every ZIP reader takes: the entrance first, UTF-8 flag, right CRCs, times of China."""
    package = written(lay_out(SHEET))
    assert package.testzip() is None
    infos = package.infolist()
    assert infos[0].filename == "OFD.xml"
    assert all(one.flag_bits == 0x800 and not one.extra for one in infos)
    assert infos[0].date_time == (2026, 11, 23, 10, 0, 0)
    assert all(not one.filename.startswith("/") for one in infos)


def test_same_pages_same_bytes() -> None:
    """A document can be made again and compared; another time or id is another file."""
    layout = lay_out(SHEET)
    first = write_ofd(layout, title="x", at=AT, document_id="A")
    assert first == write_ofd(layout, title="x", at=AT, document_id="A")
    assert first != write_ofd(layout, title="x", at=AT + timedelta(days=1), document_id="A")
    assert first != write_ofd(layout, title="x", at=AT, document_id="B")


def test_what_pages_share_is_one_template() -> None:
    """Frame and watermark stand once; every page names the template, and numbers are unique and bounded."""
    layout = lay_out(SHEET)
    assert len(layout.pages) > 1
    package = written(layout)
    root = ElementTree.fromstring(package.read("Doc_0/Document.xml"))
    (template,) = root.iter(f"{NS}TemplatePage")
    assert template.attrib["BaseLoc"] == "/Doc_0/Tpls/Tpl_0/Content.xml"
    pages = list(root.iter(f"{NS}Page"))
    assert len(pages) == len(layout.pages)
    seen = [int(one.attrib["ID"]) for one in (template, *pages)]
    for name in package.namelist():
        if name.endswith(("Content.xml", "PublicRes.xml")):
            found = ElementTree.fromstring(package.read(name))
            seen += [int(one.attrib["ID"]) for one in found.iter() if "ID" in one.attrib]
            if "/Pages/" in name:
                assert [one.attrib["TemplateID"] for one in found.iter(f"{NS}Template")] == [
                    template.attrib["ID"]
                ]
    assert len(seen) == len(set(seen))
    assert max(seen) == int(root.findtext(f".//{NS}MaxUnitID") or 0)


def test_one_page_has_no_template() -> None:
    """Nothing is shared by one page, or by pages of two sizes, or by pages that begin differently."""
    rule = Line(10, 10, 200, 10)
    for pages in (
        (Page((rule,)),),
        (Page((rule,)), Page((rule,), 297, 210)),
        (Page((rule,)), Page((Line(10, 11, 200, 11), rule))),
    ):
        assert b"TemplatePage" not in written(Layout(pages, PLACE)).read("Doc_0/Document.xml")


def test_metadata_and_attachments() -> None:
    """Our own profile, named; the record under a plain name, its true one in the list."""
    record = Attachment("记录 record.json", "application/json", b'{"a":1}' * 200)
    package = written(
        lay_out(SHEET), title="<证&照>\x00", metadata={"证照名称": 'A & "B"', "空": ""}, attachments=[record]
    )
    entrance = ElementTree.fromstring(package.read("OFD.xml"))
    custom = {one.attrib["Name"]: one.text for one in entrance.iter(f"{NS}CustomData")}
    assert custom == {
        "metadata-profile": "yinxin-ecert-ofd/1",
        "document-id": "0123456789ABCDEF",
        "证照名称": 'A & "B"',
    }
    assert entrance.findtext(f".//{NS}Title") == "<证&照>\ufffd"
    identifier = entrance.findtext(f".//{NS}DocID") or ""
    assert len(identifier) == 32 and set(identifier) <= set("0123456789abcdef")
    listed = ElementTree.fromstring(package.read("Doc_0/Attachs/Attachments.xml"))
    (one,) = listed.iter(f"{NS}Attachment")
    assert one.attrib["Name"] == record.name and one.attrib["Format"] == "json"
    assert package.read((one.findtext(f"{NS}FileLoc") or "")[1:]) == record.data
    root = ElementTree.fromstring(package.read("Doc_0/Document.xml"))
    assert root[-1].tag == f"{NS}Attachments"


@pytest.mark.parametrize("name", ["", "a/b", "..\\x", "a\nb", "a:b", "<"])
def test_attachment_names(name: str) -> None:
    """No path, no control character; no name twice."""
    one = Attachment(name, "text/plain", b"")
    with pytest.raises(AttachmentRefused):
        written(one_page(), attachments=[one])
    twice = Attachment("a.txt", "text/plain", b"")
    with pytest.raises(AttachmentRefused):
        written(one_page(), attachments=[twice, twice])


def test_text_is_drawn_by_number_and_read_as_typed() -> None:
    """Glyphs of the embedded font in order, advances between them, the typed text for copying."""
    text = Text(20, 50, "施工(许可)A,", 12, typed="施工(许可)A,", spacing_mm=0.1)
    shown = Text(20, 60, "全\uff0c宽", 12, typed="全,宽")
    package = written(one_page(text, shown))
    first, second = texts(package)
    font = TTFont(io.BytesIO(package.read("Doc_0/Res/serif.ttf")), checkChecksums=2)
    cmap = font.getBestCmap()
    numbers = [int(one) for one in (first.findtext(f".//{NS}Glyphs") or "").split()]
    assert numbers == [font.getGlyphID(cmap[ord(c)]) for c in text.text]
    code = first.find(f"{NS}TextCode")
    assert code is not None and code.text == text.typed
    assert len(distances(code.attrib["DeltaX"])) == len(text.text) - 1
    assert distances(code.attrib["DeltaX"])[0] == pytest.approx(12 * 25.4 / 72 + 0.1, abs=1e-3)
    assert second.findtext(f"{NS}TextCode") == "全,宽"
    numbers = [int(one) for one in (second.findtext(f".//{NS}Glyphs") or "").split()]
    assert cmap[0xFF0C] == font.getGlyphName(numbers[1])


def distances(deltas: str) -> list[float]:
    """DeltaX with its runs written out."""
    parts, found = deltas.split(), []
    while parts:
        if parts[0] == "g":
            found += [float(parts[2])] * int(parts[1])
            parts = parts[3:]
        else:
            found.append(float(parts.pop(0)))
    return found


def test_two_typefaces_and_rare_ideographs() -> None:
    """A character of the other face begins an object of its own; one beyond the basic plane counts double."""
    rare = chr(0x20087)
    assert typeface(FontName.SERIF).glyph(rare)
    package = written(one_page(Text(20, 50, f"字{rare}龘", 12, typed=f"字{rare}龘")))
    (one,) = texts(package)
    transform = one.find(f"{NS}CGTransform")
    assert transform is not None
    assert (transform.attrib["CodeCount"], transform.attrib["GlyphCount"]) == ("4", "3")
    font = TTFont(io.BytesIO(package.read("Doc_0/Res/serif.ttf")))
    assert font.getBestCmap()[0x20087]
    with pytest.raises(GlyphMissing):
        written(one_page(Text(20, 50, "\x07", 12)))


def test_outlines_are_those_of_the_typeface() -> None:
    """Boxes and advances of the embedded glyphs agree with the source to a thousandth of an em."""
    text = "印信龘鬱Agj@.,0"
    package = written(one_page(Text(20, 50, text, 12), Text(20, 60, text, 12, FontName.SANS)))
    for face, name in ((FontName.SERIF, "serif"), (FontName.SANS, "sans")):
        font = TTFont(io.BytesIO(package.read(f"Doc_0/Res/{name}.ttf")), checkChecksums=2)
        for tag in sorted(font.keys()):
            assert font[tag] is not None
        glyphs, cmap = font.getGlyphSet(), font.getBestCmap()
        for character in text:
            source = glyph_of(character, face)
            pen = BoundsPen(glyphs)
            glyphs[cmap[ord(character)]].draw(pen)
            assert pen.bounds == pytest.approx(ink(source), abs=2)
            assert glyphs[cmap[ord(character)]].width == round(source.advance * 1000)


def ink(glyph: Glyph) -> tuple[float, ...]:
    """The box of the cubic outline, in thousandths of an em."""
    pen = BoundsPen(None)
    draw: dict[str, Any] = {"M": pen.moveTo, "L": pen.lineTo, "C": pen.curveTo}
    for letter, values in typeface(glyph.face).outline(glyph):
        if values:
            draw[letter](*((x * 1000, y * 1000) for x, y in zip(values[::2], values[1::2], strict=True)))
    return tuple(pen.bounds)


def test_shapes() -> None:
    """Rules, fields, curves and codes as paths inside their boundary; nothing for nothing."""
    package = written(
        one_page(
            Line(10, 20, 110, 20, 0.4, (255, 0, 0)),
            Rect(10, 30, 50, 20, line_mm=0.0, fill=(0, 128, 0)),
            Rect(10, 30, 50, 20),
            Path((("M", (10, 60)), ("C", (20, 50, 30, 70, 40, 60)), ("Z", ())), fill=(1, 2, 3)),
            Path(()),
            QrCode(100, 100, "HTTPS://A.EXAMPLE/1", 0.5),
        )
    )
    root = ElementTree.fromstring(package.read("Doc_0/Pages/Page_0/Content.xml"))
    line, field, frame, curve, white, dark = root.iter(f"{NS}PathObject")
    assert line.attrib["Boundary"] == "9.6 19.6 100.8 0.8" and line.attrib["Cap"] == "Square"
    assert line.findtext(f"{NS}AbbreviatedData") == "M 0.4 0.4 L 100.4 0.4"
    assert field.attrib["Stroke"] == "false" and field.attrib["Fill"] == "true"
    assert "Fill" not in frame.attrib and frame[0].attrib["Value"] == "0 0 0"
    assert (curve.findtext(f"{NS}AbbreviatedData") or "").split()[:2] == ["M", "0"]
    assert " B " in (curve.findtext(f"{NS}AbbreviatedData") or "")
    assert white[0].attrib["Value"] == "255 255 255"
    assert dark.attrib["CTM"] == "0.5 0 0 0.5 0 0" and dark.attrib["Boundary"] == "102 102 10.5 10.5"
    resources = ElementTree.fromstring(package.read("Doc_0/PublicRes.xml"))
    assert len(resources) == 0


DRAWN = st.text(
    st.sampled_from("施工许可证<>&\"'();:,.?!A g龘" + chr(0x20087) + "\uff0c\u3000"), min_size=1, max_size=30
)


@settings(max_examples=60, deadline=None)
@given(text=DRAWN, typed=st.text(max_size=30), title=st.text(max_size=30))
def test_any_text(text: str, typed: str, title: str) -> None:
    """Well-formed whatever is written; one number for each character, and one distance between each two."""
    package = written(one_page(Text(20, 50, text, 12, typed=typed)), title=title, metadata={title: typed})
    assert ElementTree.fromstring(package.read("OFD.xml")) is not None
    code = "".join(one.findtext(f"{NS}TextCode") or "" for one in texts(package))
    assert code in (text, typed)
    for one in texts(package):
        count = len((one.findtext(f".//{NS}Glyphs") or "").split())
        here = one.find(f"{NS}TextCode")
        assert here is not None and len(here.text or "") == count
        assert len(distances(here.attrib.get("DeltaX", ""))) == count - 1


@settings(max_examples=200, deadline=None)
@given(text=st.text())
def test_escaping(text: str) -> None:
    """An attribute comes back as it was, except for what XML cannot carry."""
    root = ElementTree.fromstring(f'<a b="{escaped(text)}">{escaped(text)}</a>'.encode())
    expected = "".join(
        c
        if c in "\t\n\r" or (c >= " " and unicodedata.category(c) != "Cs" and c not in "\ufffe\uffff")
        else "\ufffd"
        for c in text
    )
    assert root.attrib["b"] == expected == (root.text or "")


@settings(max_examples=50, deadline=None)
@given(
    files=st.dictionaries(st.sampled_from(["a.xml", "b/c.dat", "d.ttf", "e/印.txt"]), st.binary(max_size=300))
)
def test_any_package(files: dict[str, bytes]) -> None:
    """What is packed is read back by another implementation."""
    entries = [
        packed(name, data, dos_moment(AT), level=n % 3) for n, (name, data) in enumerate(files.items())
    ]
    with zipfile.ZipFile(io.BytesIO(write_package(entries))) as package:
        assert {name: package.read(name) for name in package.namelist()} == files


def test_more_than_zip_holds() -> None:
    """Without the 64-bit extension: so many entries and no more."""
    from seal import OfdRefused

    with pytest.raises(OfdRefused) as refused:
        write_package([Entry(b"a", b"", 0, 0, 0)] * 0xFFFF)
    assert refused.value.code == "ofd-too-large"
