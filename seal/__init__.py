# SPDX-License-Identifier: Apache-2.0
"""What seals: pages, seal images, sealing of PDF and forms, and who may use which seal."""

from __future__ import annotations

# Pages and seal images.
from .errors import SealError
from .image import Drawing, SealDesign, SealDesignRefused, draw_seal, drawing_pdf, drawing_svg
from .pages import (
    Attachment,
    AttachmentRefused,
    BlockTooTall,
    GlyphMissing,
    Layout,
    PageError,
    QrRefused,
    SealPosition,
    SheetContent,
    SheetTable,
    TableTooWide,
    TableUneven,
    lay_out,
    write_pdf,
)

__all__ = [
    "Attachment",
    "AttachmentRefused",
    "BlockTooTall",
    "Drawing",
    "GlyphMissing",
    "Layout",
    "PageError",
    "QrRefused",
    "SealDesign",
    "SealDesignRefused",
    "SealError",
    "SealPosition",
    "SheetContent",
    "SheetTable",
    "TableTooWide",
    "TableUneven",
    "draw_seal",
    "drawing_pdf",
    "drawing_svg",
    "lay_out",
    "write_pdf",
]
