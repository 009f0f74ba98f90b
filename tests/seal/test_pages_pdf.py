# SPDX-License-Identifier: Apache-2.0
"""The PDF writer against independent readers: qpdf, poppler, PDFium, pikepdf, zxing."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from xml.etree import ElementTree

import pikepdf
import pypdfium2
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from seal import (
    Attachment,
    AttachmentRefused,
    GlyphMissing,
    Layout,
    SealPosition,
    SheetContent,
    SheetTable,
    lay_out,
    write_pdf,
)
from seal.pages.model import Page, Text
from seal.pages.model import Path as Drawn

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
QR = "HTTPS://YINXIN.EXAMPLE.GOV.CN/R/0123456789ABCDEF#" + "7" * 600
SHEET = SheetContent(
    title="从业企业诚信记录单",
    subtitle="Credit Record Sheet",
    number="JL2026112300000001",
    rows=(("名称", "四川样例建工集团有限公司"), ("发证机关", "蜀州市锦北区住房和城乡建设局(演示)")),
    tables=(
        SheetTable(
            "不良行为记录",
            ("代码", "内容", "决定日期"),
            tuple(
                (f"D1-{i:03}", "允许其他单位以本单位名义承揽工程,情节一般", "2026-06-15") for i in range(40)
            ),
        ),
    ),
    paragraphs=("本单只列出截至上述时间依法公开的信用信息,不代表对企业或人员的评价;以扫码结果为准。",),
    ecert_id="1.2.156.3005.2.11510000DEM9A0017F004.11510000DEM9A0017F.JL2026112300000001.001.L",
    document_id="0123-4567-89AB-CDEF",
    short_url="https://yinxin.example.gov.cn/r/0123456789ABCDEF",
    qr_text=QR,
    issuer_name="省住房和城乡建设厅(演示)",
    issue_date="2026年11月23日",
    watermark="样章 SPECIMEN",
    footer="yinxin.example.gov.cn · 以扫码结果为准",
)
RECORD = Attachment("record.json", "application/json", b'{"format":"yinxin-record/1"}', "文书所载事实")


@pytest.fixture(scope="module")
def sheet() -> bytes:
    return write_pdf(lay_out(SHEET), title=SHEET.title, at=AT, attachments=(RECORD,))


@pytest.fixture
def file(sheet: bytes, tmp_path: Path) -> Path:
    path = tmp_path / "sheet.pdf"
    path.write_bytes(sheet)
    return path


def run(*command: object) -> str:
    tool = str(command[0])
    if shutil.which(tool) is None:
        package = "qpdf" if tool == "qpdf" else "poppler-utils"
        pytest.skip(f"needs {tool}: apt-get install {package}")
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=True)
    return done.stdout


def layout_of(*items: object) -> Layout:
    return Layout((Page(items),), SealPosition(0, 0, 0, 1, 1))  # type: ignore[arg-type]


def test_qpdf_finds_nothing(file: Path) -> None:
    """Objects, streams and the cross-reference table are valid; no warning."""
    assert "No syntax or stream encoding errors found" in run("qpdf", "--check", file)


def test_every_font_is_an_embedded_subset_with_unicode(file: Path) -> None:
    """pdffonts: emb, sub and uni are yes for each."""
    fonts = run("pdffonts", file).splitlines()[2:]
    assert len(fonts) == 2
    for line in fonts:
        assert re.search(r"[A-Z]{6}\+Noto(Sans|Serif)SC-Regular +CID Type 0C +Identity-H +yes yes yes", line)


def test_text_is_copied_as_it_was_typed(file: Path) -> None:
    """Each label, value and cell comes back as typed, half-width brackets too, though drawn full-width."""
    text = "".join(run("pdftotext", "-layout", file, "-").split())
    for wanted in (
        SHEET.title,
        SHEET.number,
        "四川样例建工集团有限公司",
        "蜀州市锦北区住房和城乡建设局(演示)",
        "2026年11月23日",
        "0123-4567-89AB-CDEF",
        "以扫码结果为准",
        *(f"D1-{i:03}" for i in range(40)),
    ):
        assert wanted in text
    assert "SPECIMEN" not in text  # lettering does not get between the words


def test_another_reader_copies_the_same_characters(sheet: bytes) -> None:
    """PDFium reads the same text through ToUnicode."""
    document = pypdfium2.PdfDocument(sheet)
    text = "".join(document[0].get_textpage().get_text_range().split())
    document.close()
    assert "四川样例建工集团有限公司" in text and "从业企业诚信记录单" in text


def test_the_code_reads_back_from_paper(file: Path, tmp_path: Path) -> None:
    """Poppler draws the last page at 150 dpi, zxing reads the statement."""
    run("pdftoppm", "-r", "150", "-f", "2", "-png", "-singlefile", file, tmp_path / "page")
    with Image.open(tmp_path / "page.png") as image:
        codes = zxingcpp.read_barcodes(image.convert("L"))
    assert [code.text for code in codes] == [QR]


def test_the_code_reads_back_from_another_renderer(sheet: bytes) -> None:
    """PDFium at 100 dpi: two pixels per module."""
    document = pypdfium2.PdfDocument(sheet)
    image = document[len(document) - 1].render(scale=100 / 72).to_pil().convert("L")
    document.close()
    assert [code.text for code in zxingcpp.read_barcodes(image)] == [QR]


def test_same_pages_at_the_same_time_are_the_same_bytes(sheet: bytes) -> None:
    """A document can be made again and compared; the zone of the clock does not matter."""
    china = AT.astimezone(timezone(timedelta(hours=8)))
    assert write_pdf(lay_out(SHEET), title=SHEET.title, at=china, attachments=(RECORD,)) == sheet
    later = write_pdf(lay_out(SHEET), title=SHEET.title, at=AT + timedelta(seconds=1), attachments=(RECORD,))
    assert later != sheet
    assert identifier(later) != identifier(sheet)


def identifier(data: bytes) -> bytes:
    with pikepdf.open(io.BytesIO(data)) as document:
        return bytes(document.trailer.ID[0])


def test_catalog_and_metadata(sheet: bytes) -> None:
    """Language, title and dates, the same in the information dictionary and in XMP."""
    assert sheet.startswith(b"%PDF-1.7\n") and sheet.endswith(b"%%EOF\n")
    with pikepdf.open(io.BytesIO(sheet)) as document:
        root = document.Root
        assert str(root.Lang) == "zh-CN"
        assert str(document.docinfo.Title) == SHEET.title
        assert str(document.docinfo.CreationDate) == "D:20261123020000Z"
        xmp = root.Metadata.read_bytes().decode()
        assert [float(edge) for edge in document.pages[0].MediaBox] == pytest.approx(
            [0, 0, 595.276, 841.89], abs=0.01
        )
    ElementTree.fromstring(xmp)
    assert f">{SHEET.title}<" in xmp and "<xmp:CreateDate>2026-11-23T02:00:00Z<" in xmp


def test_the_record_is_an_associated_file(sheet: bytes) -> None:
    """ISO 32000-2 section 14.13: reachable by name and listed in /AF."""
    with pikepdf.open(io.BytesIO(sheet)) as document:
        assert list(document.attachments) == ["record.json"]
        found = document.attachments["record.json"]
        assert found.get_file().read_bytes() == RECORD.data
        assert found.get_file().mime_type == "application/json"
        assert found.description == RECORD.description
        (associated,) = document.Root.AF
        assert associated.AFRelationship == "/Data"


def test_several_attachments_are_found_by_name() -> None:
    """A name tree is sorted; any printable name and type survives."""
    many = tuple(
        Attachment(name, mime, name.encode(), "")
        for name, mime in (
            ("b.txt", "text/plain"),
            ("样例.json", "application/vnd.x+json"),
            ("a (1).bin", "a/b#c d"),
        )
    )
    data = write_pdf(lay_out(SHEET), title="", at=AT, attachments=many)
    with pikepdf.open(io.BytesIO(data)) as document:
        assert {
            name: document.attachments[name].get_file().read_bytes() for name in document.attachments
        } == {one.name: one.data for one in many}
        assert {document.attachments[one.name].get_file().mime_type for one in many} == {
            one.mime for one in many
        }


@pytest.mark.parametrize(
    ("name", "mime"),
    [("", "a/b"), ("../x", "a/b"), ("a\nb", "a/b"), ("x", "text"), ("x", "文/本"), ("record.json", "a/b")],
)
def test_attachment_names_that_could_mislead_are_refused(name: str, mime: str) -> None:
    """No path, no control character, no second file of the same name."""
    with pytest.raises(AttachmentRefused):
        write_pdf(lay_out(SHEET), title="", at=AT, attachments=(RECORD, Attachment(name, mime, b"")))


def test_both_typefaces_in_one_line() -> None:
    """A character of the other typeface is shown in the same line and copied with it."""
    data = write_pdf(layout_of(Text(20, 20, "样\u4db6例", 12, typed="")), title="", at=AT)
    document = pypdfium2.PdfDocument(data)
    assert document[0].get_textpage().get_text_range() == "样\u4db6例"
    document.close()


def test_missing_glyph_stops_the_file() -> None:
    """Never a box in place of a character."""
    with pytest.raises(GlyphMissing):
        write_pdf(layout_of(Text(20, 20, "样\U0001f600", 12)), title="", at=AT)


def test_text_stands_where_the_model_says() -> None:
    """Millimetres from the top left, baseline at y, advance as computed."""
    data = write_pdf(layout_of(Text(50, 100, "施工许可", 20)), title="", at=AT)
    document = pypdfium2.PdfDocument(data)
    page = document[0].get_textpage()
    left, bottom, _, top = page.get_charbox(0, loose=False)
    last = page.get_charbox(3, loose=False)
    document.close()
    mm = 25.4 / 72
    assert 50 < left * mm < 51 and 297 - top * mm == pytest.approx(94, abs=0.8)
    assert 297 - bottom * mm == pytest.approx(100.6, abs=0.8)
    assert last[0] * mm == pytest.approx(50 + 3 * 20 * mm, abs=0.8)


def test_paths_have_their_place_and_colour() -> None:
    """A filled square, seen by another renderer, is where it was put."""
    square = Drawn(
        (("M", (10, 20)), ("L", (30, 20)), ("L", (30, 50)), ("L", (10, 50)), ("Z", ())), fill=(255, 0, 0)
    )
    document = pypdfium2.PdfDocument(write_pdf(layout_of(square), title="", at=AT))
    image = document[0].render(scale=2).to_pil().convert("RGB")
    document.close()
    assert image.getpixel((80, 160)) == (255, 0, 0)
    box = image.getchannel("G").point(lambda value: 255 - value).getbbox()
    assert box is not None
    assert [edge * 210 / image.width for edge in box] == pytest.approx([10, 20, 30, 50], abs=0.2)


@settings(max_examples=30, deadline=None)
@given(
    title=st.text(max_size=40),
    text=st.text(st.sampled_from("施工许可证ABC(),。\n<&>"), min_size=1, max_size=40),
)
def test_any_title_and_value_give_a_sound_file(title: str, text: str) -> None:
    """Titles go into two places with two escapings; whatever they hold, the file opens without repair."""
    data = write_pdf(lay_out(replace(SHEET, rows=(("说明", text),), tables=())), title=title, at=AT)
    with pikepdf.open(io.BytesIO(data)) as document:
        ElementTree.fromstring(document.Root.Metadata.read_bytes())
        assert str(document.docinfo.Title) == title
        assert document.get_warnings() == []
