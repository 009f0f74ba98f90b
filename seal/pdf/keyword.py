# SPDX-License-Identifier: Apache-2.0
"""Where a keyword (关键字) stands in the text of a document, as PDFium reads it.

The letters of a page are taken one by one with their boxes, so a word is found across text operators, fonts
and lines.  White space is left out on both sides, and each letter is brought to its compatibility form
(NFKC): many Chinese files show a radical or a full-width letter where the word has the ordinary one.  Pages
are read in order, letters in the order in which PDFium gives them: one file always gives the same places.
"""

from __future__ import annotations

import ctypes
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from verify import PDFIUM

from .errors import PdfRefused
from .mark_errors import MarkRefused
from .sheet import Box

MOST_LETTERS: Final = 4_000_000
"""Of all pages together: a book of two thousand pages has fewer."""

_FAR: Final = 2.5  # letters of one line are nearer than this many letters


@dataclass(frozen=True, slots=True)
class Found:
    """A place of the keyword: page from 0, and its box in user space."""

    page: int
    box: Box


def find_keyword(data: bytes, keyword: str, pages: Sequence[int]) -> list[Found]:
    """Every place on these pages, in order; empty when there is none.

    Raises :class:`PdfRefused`, and :class:`MarkRefused` for more text than is searched.
    """
    import pypdfium2.raw as raw

    wanted = _plain(keyword)
    with PDFIUM:
        document = raw.FPDF_LoadMemDocument64(data, len(data), None)
        if not document:
            raise PdfRefused("pdf-malformed", "the text cannot be read")
        try:
            found: list[Found] = []
            left = MOST_LETTERS
            for page in pages:
                boxes, letters = _on_page(raw, document, page, wanted)
                found += (Found(page, box) for box in boxes)
                left -= letters
                if left < 0:
                    raise MarkRefused("text-too-long", str(MOST_LETTERS))
            return found
        finally:
            raw.FPDF_CloseDocument(document)


def _on_page(raw: Any, document: Any, number: int, wanted: str) -> tuple[list[Box], int]:
    """The boxes of the keyword, and how many letters were read."""
    page = raw.FPDF_LoadPage(document, number)
    if not page:
        raise PdfRefused("pdf-malformed", f"page {number + 1} cannot be read")
    try:
        boxes, letters = _boxes(raw, page, number, wanted)
        if not boxes and raw.FPDFPage_GetRotation(page):
            # PDFium orders letters as the turned page shows them: text that lies against the page is found
            # in the page as it is written.  The change is in memory alone.
            raw.FPDFPage_SetRotation(page, 0)
            boxes, more = _boxes(raw, page, number, wanted)
            letters += more
        return boxes, letters
    finally:
        raw.FPDF_ClosePage(page)


def _boxes(raw: Any, page: Any, number: int, wanted: str) -> tuple[list[Box], int]:
    text = raw.FPDFText_LoadPage(page)
    if not text:
        raise PdfRefused("pdf-malformed", f"the text of page {number + 1} cannot be read")
    try:
        count = max(raw.FPDFText_CountChars(text), 0)
        if count > MOST_LETTERS:
            raise MarkRefused("text-too-long", str(MOST_LETTERS))
        letters, numbers = _letters(raw, text, count)
        found = []
        at = letters.find(wanted)
        while at >= 0:
            chosen = dict.fromkeys(numbers[at : at + len(wanted)])
            found.append(_joined([_box(raw, text, one) for one in chosen]))
            at = letters.find(wanted, at + len(wanted))
        return found, count
    finally:
        raw.FPDFText_ClosePage(text)


def _letters(raw: Any, text: Any, count: int) -> tuple[str, list[int]]:
    """The text without white space, and for each of its characters the letter of the page that it is of."""
    shown: list[str] = []
    numbers: list[int] = []
    for number in range(count):
        code = raw.FPDFText_GetUnicode(text, number)
        for one in _plain(chr(code)) if 0 < code < 0x110000 else "":
            shown.append(one)
            numbers.append(number)
    return "".join(shown), numbers


def _plain(text: str) -> str:
    return "".join(
        one for one in unicodedata.normalize("NFKC", text) if not one.isspace() and one.isprintable()
    )


def _box(raw: Any, text: Any, number: int) -> Box:
    rect = raw.FS_RECTF()
    if not raw.FPDFText_GetLooseCharBox(text, number, ctypes.byref(rect)):
        return (0.0, 0.0, 0.0, 0.0)
    return (
        min(rect.left, rect.right),
        min(rect.bottom, rect.top),
        max(rect.left, rect.right),
        max(rect.bottom, rect.top),
    )


def _joined(boxes: Sequence[Box]) -> Box:
    """One box around the letters; of a word that is broken over two lines, around its first part."""
    line = [boxes[0]]
    for box in boxes[1:]:
        before = line[-1]
        letter = max(before[2] - before[0], before[3] - before[1], box[2] - box[0], box[3] - box[1])
        far = max(abs(_middle(box, axis) - _middle(before, axis)) for axis in (0, 1))
        if far > _FAR * letter:
            break
        line.append(box)
    return (
        min(one[0] for one in line),
        min(one[1] for one in line),
        max(one[2] for one in line),
        max(one[3] for one in line),
    )


def _middle(box: Box, axis: int) -> float:
    return (box[axis] + box[axis + 2]) / 2
