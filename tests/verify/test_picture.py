# SPDX-License-Identifier: Apache-2.0
"""Pictures of pages, and the codes in pictures."""

from __future__ import annotations

import io
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor

import pikepdf
import pytest
import qrcode
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from verify import PictureRefused, picture_of_pdf, read_codes


def page(width: float = 300, height: float = 200) -> bytes:
    """A page with a black square in its lower left corner."""
    pdf = pikepdf.new()
    pdf.add_blank_page(page_size=(width, height))
    pdf.pages[0].Contents = pdf.make_stream(b"0 0 50 50 re f")
    out = io.BytesIO()
    pdf.save(out)
    return out.getvalue()


def code(text: str, kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    qrcode.make(text).convert("L").save(out, kind)
    return out.getvalue()


def test_picture_of_a_page() -> None:
    """The picture has the size of the page in pixels, and shows it."""
    picture = Image.open(io.BytesIO(picture_of_pdf(page(), dpi=72)))
    assert (picture.format, picture.size) == ("PNG", (300, 200))
    assert picture.getpixel((10, 190)) == (0, 0, 0)
    assert picture.getpixel((290, 10)) == (255, 255, 255)


def test_picture_shows_a_signature_field() -> None:
    """The appearance of a field is drawn: a seal is a field."""
    pdf = pikepdf.open(io.BytesIO(page()))
    look = pdf.make_stream(
        b"1 0 0 rg 0 0 40 40 re f", Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form, BBox=[0, 0, 40, 40]
    )
    widget = pdf.make_indirect(
        pikepdf.Dictionary(
            Type=pikepdf.Name.Annot,
            Subtype=pikepdf.Name.Widget,
            FT=pikepdf.Name.Sig,
            T="Seal",
            F=4,
            Rect=[100, 100, 140, 140],
            AP=pikepdf.Dictionary(N=look),
        )
    )
    pdf.pages[0].Annots = pikepdf.Array([widget])
    pdf.Root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array([widget]), SigFlags=3)
    out = io.BytesIO()
    pdf.save(out)
    picture = Image.open(io.BytesIO(picture_of_pdf(out.getvalue(), dpi=72)))
    assert picture.getpixel((120, 80)) == (255, 0, 0)


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7", b"hello" * 50])
def test_no_picture_of_what_is_no_pdf(data: bytes) -> None:
    """A typed error, whatever the bytes."""
    with pytest.raises(PictureRefused):
        picture_of_pdf(data)


def test_pages_and_sizes_out_of_range() -> None:
    """No such page, no such resolution, and no page as large as a house."""
    for arguments in ({"page": 1}, {"page": -1}, {"dpi": 0}, {"dpi": -5}, {"dpi": 5000}):
        with pytest.raises(PictureRefused):
            picture_of_pdf(page(), **arguments)
    with pytest.raises(PictureRefused, match="pixels"):
        picture_of_pdf(page(14_000, 14_000), dpi=300)


def test_many_threads_draw() -> None:
    """PDFium is shared by all threads, one at a time."""
    data = page()
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: picture_of_pdf(data), range(40)))) == 1


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_read_a_code(kind: str) -> None:
    """One QR code, from both kinds of picture."""
    assert read_codes(code("HTTPS://CX.YINXIN.EXAMPLE/R/04HMASW9NF6YY093", kind)) == (
        "HTTPS://CX.YINXIN.EXAMPLE/R/04HMASW9NF6YY093",
    )


def test_read_several_and_none() -> None:
    """All codes of a sheet; a blank sheet has none."""
    one, two = (Image.open(io.BytesIO(code(text))) for text in ("first", "second"))
    sheet = Image.new("L", (one.width + two.width, max(one.height, two.height)), 255)
    sheet.paste(one, (0, 0))
    sheet.paste(two, (one.width, 0))
    out = io.BytesIO()
    sheet.save(out, "PNG")
    assert sorted(read_codes(out.getvalue())) == ["first", "second"]
    blank = io.BytesIO()
    Image.new("L", (200, 200), 255).save(blank, "PNG")
    assert read_codes(blank.getvalue()) == ()


def bomb(width: int, height: int) -> bytes:
    """A PNG that is a few bytes long and claims to be huge."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    "picture",
    [
        b"",
        b"not a picture",
        code("x")[:60],
        code("x")[:-40],
        code("x", "GIF"),
        code("x", "TIFF"),
        bomb(6400, 6400),
        bomb(60_000, 60_000),
        bomb(0, 0),
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff\xe0",
        bytes(51 * 1024 * 1024),
    ],
    ids=[
        "empty",
        "text",
        "cut",
        "end cut",
        "gif",
        "tiff",
        "41 Mpx",
        "3600 Mpx",
        "no size",
        "head",
        "jpeg head",
        "51 MB",
    ],
)
def test_pictures_that_are_refused(picture: bytes) -> None:
    """Wrong kind, damaged, or a bomb: refused before a pixel is unpacked."""
    with pytest.raises(PictureRefused) as caught:
        read_codes(picture)
    assert caught.value.rule


@given(st.binary(max_size=300))
def test_any_bytes_as_a_picture(data: bytes) -> None:
    """No bytes escape with another error, even with the right beginning."""
    for picture in (data, b"\x89PNG\r\n\x1a\n" + data, code("x")[:30] + data):
        try:
            read_codes(picture)
        except PictureRefused:
            continue
