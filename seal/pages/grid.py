# SPDX-License-Identifier: Apache-2.0
"""Ruled tables as bands: cells that wrap, headers that repeat, rows that divide only when they must.

A row is one band.  A row taller than a third of a sheet becomes one band per line, so that even a value of
several pages is printed whole; where it goes on, its label is repeated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from .bands import Band, cell_leading
from .columns import SIDE, WHOLE, Align, Column, label_columns, table_columns
from .errors import BlockTooTall
from .model import POINT_MM, FontName, SheetTable, Text
from .style import BOTTOM, LEFT, MIDDLE, TOP, WIDTH, Style
from .text import SetLine, break_lines

_TALLEST_ROW = (BOTTOM - TOP) / 3
_TALLEST_HEADER = (BOTTOM - TOP) / 4


def label_rows(rows: Sequence[tuple[str, str]], style: Style) -> tuple[Band, ...]:
    """Label and value, one row each."""
    if not rows:
        return ()
    columns = label_columns([label for label, _ in rows], style.row_pt)
    bands: list[Band] = []
    for label, value in rows:
        row = _row((label, value), columns, size_pt=style.row_pt, style=style, least=style.row_mm)
        again = _row((f"{label}(续)", ""), columns, size_pt=style.row_pt, style=style)
        bands += [row[0], *(replace(band, header=again) for band in row[1:])]
    return tuple(bands)


def table(content: SheetTable, style: Style) -> tuple[Band, ...]:
    """Heading, header and rows.  Raises what the columns refuse, and :class:`BlockTooTall`."""
    size = style.table_pt
    columns = table_columns(content, size)
    titles = [replace(column, font=FontName.SANS, align=Align.CENTRE) for column in columns]
    header = _row(content.columns, titles, size_pt=size, style=style)
    height = sum(band.height_mm for band in header)
    if height > _TALLEST_HEADER:
        raise BlockTooTall(what=content.title, height_mm=height, room_mm=_TALLEST_HEADER)
    kept = tuple(replace(band, keeps_next=True) for band in header)
    bands = [*_heading(content.title, style), *kept]
    if not content.rows:
        bands += _row((content.empty or "无",), (WHOLE,), size_pt=size, style=style)
    for cells in content.rows:
        row = _row(cells, columns, size_pt=size, style=style)
        edge = Band(style.pad_mm, rules=row[0].rules, opens=True)
        bands += [replace(row[0], header=kept), *(replace(band, header=(*kept, edge)) for band in row[1:])]
    return tuple(bands)


def _heading(title: str, style: Style) -> tuple[Band, ...]:
    if not title:
        return ()
    size, leading = style.row_pt, cell_leading(style.row_pt)
    baseline = leading / 2 + MIDDLE * size * POINT_MM
    texts = [
        Text(LEFT, baseline, line.text, size, FontName.SANS, typed=line.typed)
        for line in break_lines(title, FontName.SANS, size, WIDTH)
    ]
    return (*(Band(leading, (text,), keeps_next=True) for text in texts), Band(1.0, keeps_next=True))


def _row(
    cells: Sequence[str], columns: Sequence[Column], *, size_pt: float, style: Style, least: float = 0.0
) -> tuple[Band, ...]:
    leading = cell_leading(size_pt)
    filled = [
        (break_lines(cell, column.font, size_pt, column.room), column)
        for cell, column in zip(cells, columns, strict=True)
    ]
    deepest = max(len(lines) for lines, _ in filled)
    rules = (*(column.left for column in columns), columns[-1].right)
    height = max(deepest * leading + 2 * style.pad_mm, least)
    if height <= _TALLEST_ROW:
        texts = [
            _text(line, column, size_pt, (height - len(lines) * leading) / 2 + leading * place)
            for lines, column in filled
            for place, line in enumerate(lines)
            if line.text
        ]
        return (Band(height, tuple(texts), rules, opens=True),)
    bands: list[Band] = []
    for place in range(deepest):
        above = style.pad_mm if place == 0 else 0.0
        below = style.pad_mm if place == deepest - 1 else 0.0
        texts = [
            _text(lines[place], column, size_pt, above)
            for lines, column in filled
            if place < len(lines) and lines[place].text
        ]
        keeps = place in (0, deepest - 2)
        bands.append(Band(leading + above + below, tuple(texts), rules, opens=place == 0, keeps_next=keeps))
    return tuple(bands)


def _text(line: SetLine, column: Column, size_pt: float, top: float) -> Text:
    x = column.left + SIDE
    if column.align is Align.CENTRE:
        x += max(column.room - line.width_mm, 0.0) / 2
    baseline = top + cell_leading(size_pt) / 2 + MIDDLE * size_pt * POINT_MM
    return Text(x, baseline, line.text, size_pt, column.font, typed=line.typed)
