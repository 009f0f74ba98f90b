# SPDX-License-Identifier: Apache-2.0
"""What stops a page from being drawn.

Each error says, Chinese first, what is wrong, by which rule, and what to do; it carries the data behind
the sentence.
"""

from __future__ import annotations

import unicodedata

from ..errors import SealError


class PageError(SealError):
    """A document that cannot be put on paper as it is."""


class GlyphMissing(PageError):
    """No embedded typeface draws these characters; a document never shows a box or a gap in their place."""

    def __init__(self, characters: str) -> None:
        named = "、".join(f"U+{ord(c):04X} {unicodedata.name(c, '(unnamed)')}" for c in characters)
        super().__init__(
            f"字库没有这些字符,无法印出:{named};请改用字库内的字 / "
            f"the typefaces do not draw these characters: {named}; use other characters"
        )
        self.characters = characters


class TableUneven(PageError):
    """A row with more or fewer cells than its table has columns."""

    def __init__(self, *, table: str, row: int, columns: int, cells: int) -> None:
        super().__init__(
            f"表格「{table}」第{row}行有{cells}格,应为{columns}格 / "
            f"row {row} of table {table!r} has {cells} cells, its table has {columns} columns"
        )
        self.table, self.row, self.columns, self.cells = table, row, columns, cells


class TableTooWide(PageError):
    """More columns than fit on the sheet with one character in each."""

    def __init__(self, *, table: str, columns: int, most: int) -> None:
        super().__init__(
            f"表格「{table}」有{columns}列,A4 纸面最多容纳{most}列;请拆分表格 / "
            f"table {table!r} has {columns} columns, a sheet holds {most}: split the table"
        )
        self.table, self.columns, self.most = table, columns, most


class BlockTooTall(PageError):
    """Something that may not be divided is taller than a sheet."""

    def __init__(self, *, what: str, height_mm: float, room_mm: float) -> None:
        super().__init__(
            f"「{what}」高 {height_mm:.0f} mm,纸面只有 {room_mm:.0f} mm;请缩短 / "
            f"{what!r} is {height_mm:.0f} mm tall, a sheet has {room_mm:.0f} mm: shorten it"
        )
        self.what, self.height_mm, self.room_mm = what, height_mm, room_mm


class QrRefused(PageError):
    """A text that has no place in a symbol which a phone reads from paper."""

    def __init__(self, *, characters: int, rule: str) -> None:
        super().__init__(
            f"二维码内容({characters} 字符)无法印出:{rule} / "
            f"the code of {characters} characters cannot be printed: {rule}"
        )
        self.characters, self.rule = characters, rule


class AttachmentRefused(PageError):
    """An embedded file whose name or type cannot be written into the file as it is."""

    def __init__(self, *, name: str, rule: str) -> None:
        super().__init__(f"附件名或类型不合规:{name!r};{rule} / attachment {name!r} is refused: {rule}")
        self.name, self.rule = name, rule
