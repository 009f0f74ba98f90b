# SPDX-License-Identifier: Apache-2.0
"""Break text into lines that fit: Chinese anywhere, Latin between words, punctuation where it belongs.

避头尾 by CLREQ (W3C, Requirements for Chinese Text Layout, section 3.1.3): closing punctuation never begins a
line, opening punctuation never ends one, —— and …… stay together.  A full-width closing mark may hang half
its width over the edge, where it is blank.  A Latin token that is wider than the line is broken, if possible
after one of its own separators: nothing is ever cut off or set over the edge.

Half-width , ; : ? ! ( ) typed beside Chinese are *drawn* full-width, as print has it; the line keeps what was
typed (:attr:`SetLine.typed`), so that copied text equals the record.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from .fonts import Glyph, glyphs_of, width_em
from .model import POINT_MM, FontName

# Full-width forms are written as escapes: they are easily confused with their half-width twins.
_FULL = {half: chr(ord(half) + 0xFEE0) for half in ",;:?!()"}
_CLOSING = "、。》」』】〕〗〉”’\uff0c\uff1b\uff1a\uff1f\uff01\uff09"
_OPENING = "《「『【〔〖〈“‘\uff08"
_NOT_FIRST = frozenset(_CLOSING + "%‰℃·…—~-/,.;:!?)]}>»々ー\uff5e\uff05\uff0f")
_NOT_LAST = frozenset(_OPENING + "¥$£#§([{<«№\uffe5\uff04")
_HANGING = frozenset(_CLOSING)
_TOGETHER = frozenset("—…")
_SEPARATORS = frozenset("-/._:?&=#,;@·")
_HANG_EM = 0.5


@dataclass(frozen=True, slots=True)
class SetLine:
    """One line: what is drawn, its set width, and what was typed.  ``last`` marks the end of a paragraph."""

    text: str
    width_mm: float
    typed: str
    last: bool = True


def clean(text: str) -> str:
    """What is left to draw: one kind of line end and space, and nothing that is invisible."""
    for end in ("\r\n", "\r", "\u2028", "\u2029"):
        text = text.replace(end, "\n")
    return "".join(" " if _is_space(c) else c for c in text if not _is_invisible(c))


def full_width(text: str) -> str:
    """``text`` as print has it: half-width punctuation touching Chinese becomes full-width, one to one."""
    drawn = list(text)
    opened: list[int] = []
    for place, character in enumerate(text):
        before, after = "".join(drawn[place - 1 : place]), text[place + 1 : place + 2]
        if character == "(":
            opened.append(place)
        elif character == ")" and opened:
            start = opened.pop()
            if any(_is_chinese(c) for c in text[max(start - 1, 0) : place]):
                drawn[start], drawn[place] = _FULL["("], _FULL[")"]
        elif character in ",;:?!" and (_is_chinese(before) or _is_chinese(after)):
            drawn[place] = _FULL[character]
    return "".join(drawn)


def text_width(text: str, font: FontName, size_pt: float) -> float:
    """Width of one line of ``text``, drawn as it is, in millimetres."""
    return width_em(glyphs_of(text, font)) * size_pt * POINT_MM


def natural_width(text: str, font: FontName, size_pt: float) -> float:
    """Width of the longest line of ``text`` if it were not broken, in millimetres."""
    lines = clean(text).split("\n")
    return max(text_width(full_width(line.strip(" ")), font, size_pt) for line in lines)


def break_lines(
    text: str, font: FontName, size_pt: float, width_mm: float, *, first_indent_mm: float = 0.0
) -> tuple[SetLine, ...]:
    """``text`` in lines of at most ``width_mm``, at least one.  Raises :class:`GlyphMissing`.

    Only a single character that is wider than the line is set over its edge.
    """
    em = size_pt * POINT_MM
    lines: list[SetLine] = []
    for number, paragraph in enumerate(clean(text).split("\n")):
        typed = paragraph.strip(" ")
        glyphs = glyphs_of(full_width(typed), font)
        indent = first_indent_mm / em if number == 0 else 0.0
        for start, end in _spans(glyphs, width_mm / em, indent):
            line = glyphs[start:end]
            drawn = "".join(glyph.character for glyph in line)
            lines.append(SetLine(drawn, width_em(line) * em, typed[start:end], end >= len(glyphs)))
    return tuple(lines)


def _spans(glyphs: Sequence[Glyph], room: float, indent: float) -> list[tuple[int, int]]:
    """Start and end of each line, without the blanks at its ends."""
    spans: list[tuple[int, int]] = []
    start = 0
    while not spans or start < len(glyphs):
        reached = _line_end(glyphs, start, room if spans else room - indent)
        end = reached
        while end > start and glyphs[end - 1].character == " ":
            end -= 1
        spans.append((start, end))
        start = reached
        while start < len(glyphs) and glyphs[start].character == " ":
            start += 1
    return spans


def _line_end(glyphs: Sequence[Glyph], start: int, room: float) -> int:
    """Index after the last glyph of the line that begins at ``start``; always moves forward."""
    used, end = 0.0, start
    while end < len(glyphs):
        glyph = glyphs[end]
        hang = _HANG_EM if glyph.character in _HANGING and glyph.advance == 1.0 else 0.0
        if used + glyph.advance - hang > room + 1e-9 and glyph.character != " ":
            break
        used += glyph.advance
        end += 1
    if end >= len(glyphs):
        return end
    for cut in range(end, start, -1):
        if _may_break(glyphs[cut - 1].character, glyphs[cut].character):
            return cut
    # No place to break: a token wider than the line.
    for cut in range(end, start + (end - start) // 3, -1):
        if glyphs[cut - 1].character in _SEPARATORS and glyphs[cut].character not in _SEPARATORS:
            return cut
    return max(end, start + 1)


def _may_break(before: str, after: str) -> bool:
    if after == " ":
        return False  # the space stays with the word; the break comes after it
    if after in _NOT_FIRST or before in _NOT_LAST:
        return before == " " and after not in _HANGING
    if before == after and before in _TOGETHER:
        return False
    return before in " /" or _is_wide(before) or _is_wide(after)


@cache
def _is_wide(character: str) -> bool:
    """Ideographs, kana and full-width forms: a line may break on either side."""
    return unicodedata.east_asian_width(character) in "WF" or character in "“”‘’—…·"


def _is_chinese(character: str) -> bool:
    return character != "" and unicodedata.east_asian_width(character) in "WF"


def _is_space(character: str) -> bool:
    """Every kind of blank but the ideographic one, which is a full character wide."""
    return character == "\t" or (unicodedata.category(character) == "Zs" and character != "\u3000")


def _is_invisible(character: str) -> bool:
    """Zero-width and direction marks, and variation selectors."""
    selector = "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"
    return selector or unicodedata.category(character) == "Cf"
