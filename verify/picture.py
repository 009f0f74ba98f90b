# SPDX-License-Identifier: Apache-2.0
"""Pictures: a page of a PDF as PNG, and the QR codes in a picture.

Pictures come from anybody, so their size in pixels is known and limited before a pixel is unpacked.
"""

from __future__ import annotations

import io
from typing import Any

from .errors import VerifyError
from .pdf.pdfium import PDFIUM

MOST_PIXELS = 40_000_000
LARGEST_PICTURE = 50 * 1024 * 1024
MOST_CODES = 32


class PictureRefused(VerifyError):
    """A picture that cannot be read or made.  ``rule`` says why, in Chinese and English."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


def picture_of_pdf(data: bytes, *, page: int = 0, dpi: int = 110) -> bytes:
    """PNG of one page, seals included.  Raises :class:`PictureRefused`."""
    import pypdfium2

    scale = dpi / 72
    with PDFIUM:
        try:
            document = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError as error:
            raise PictureRefused("PDF 无法打开 the PDF cannot be opened") from error
        try:
            if not 0 <= page < len(document):
                raise PictureRefused(f"没有第 {page + 1} 页 there is no page {page + 1}")
            document.init_forms()  # without it signature fields are not drawn
            sheet = document[page]
            width, height = sheet.get_size()
            if not 0 < dpi <= 1200 or width * height * scale * scale > MOST_PIXELS:
                raise PictureRefused(
                    f"图像超过 {MOST_PIXELS} 像素 the picture would exceed {MOST_PIXELS} pixels"
                )
            picture = sheet.render(scale=scale).to_pil().convert("RGB")
        except pypdfium2.PdfiumError as error:
            raise PictureRefused("页面无法绘制 the page cannot be drawn") from error
        finally:
            document.close()
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def read_codes(picture: bytes) -> tuple[str, ...]:
    """The texts of all QR codes in a PNG or JPEG, in reading order.  Raises :class:`PictureRefused`."""
    import zxingcpp

    only_qr: Any = zxingcpp.BarcodeFormat.QRCode
    found = zxingcpp.read_barcodes(_open(picture), formats=only_qr, text_mode=zxingcpp.TextMode.Plain)
    return tuple(code.text for code in found[:MOST_CODES] if code.valid)


def _open(picture: bytes) -> Any:
    from PIL import Image

    if len(picture) > LARGEST_PICTURE:
        raise PictureRefused("图片文件过大 the picture file is too large")
    try:
        image = Image.open(io.BytesIO(picture), formats=("PNG", "JPEG"))
        if image.width * image.height > MOST_PIXELS:
            raise PictureRefused(f"图片超过 {MOST_PIXELS} 像素 the picture exceeds {MOST_PIXELS} pixels")
        return image.convert("L")
    except (PictureRefused, MemoryError):
        raise
    except Exception as error:
        # Decoders of hostile pictures raise many kinds; for us they mean one thing.
        raise PictureRefused("不是可读的 PNG 或 JPEG 图片 not a readable PNG or JPEG picture") from error
