# SPDX-License-Identifier: Apache-2.0
"""Pages: lay an official document out in millimetres and write it as a file."""

from __future__ import annotations

from .errors import (
    AttachmentRefused,
    BlockTooTall,
    GlyphMissing,
    PageError,
    QrRefused,
    TableTooWide,
    TableUneven,
)
from .layout import lay_out
from .model import Attachment, Layout, Page, SealPosition, SheetContent, SheetTable
from .pdf import write_pdf

__all__ = [
    "Attachment",
    "AttachmentRefused",
    "BlockTooTall",
    "GlyphMissing",
    "Layout",
    "Page",
    "PageError",
    "QrRefused",
    "SealPosition",
    "SheetContent",
    "SheetTable",
    "TableTooWide",
    "TableUneven",
    "lay_out",
    "write_pdf",
]
