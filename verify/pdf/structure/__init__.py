# SPDX-License-Identifier: Apache-2.0
"""A reader of our own for the structure of PDF files: strict, lazy, and aware of every revision."""

from __future__ import annotations

from .objects import Document, View
from .pages import Drawn, drawn_pages
from .sections import Entry, Kind, Section, last_section, read_sections
from .syntax import Malformed, Name, Ref, Stream, Value, same

__all__ = [
    "Document",
    "Drawn",
    "Entry",
    "Kind",
    "Malformed",
    "Name",
    "Ref",
    "Section",
    "Stream",
    "Value",
    "View",
    "drawn_pages",
    "last_section",
    "read_sections",
    "same",
]
