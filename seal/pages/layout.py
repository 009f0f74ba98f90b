# SPDX-License-Identifier: Apache-2.0
"""Lay out an official document: A4, framed, headline in the middle, facts in ruled rows, seal at the foot.

One layout serves every document type, because a document is only rows, tables and sentences.  The layout
is finished pages; writing them as PDF is :mod:`.pdf`, and another format reads the same pages.
"""

from __future__ import annotations

from .bands import Band, drawn, paragraph, rule, space
from .closing import Closing, closing
from .errors import BlockTooTall
from .grid import label_rows, table
from .model import GREY, POINT_MM, FontName, Item, Layout, Page, Rect, SealPosition, SheetContent, Text
from .outlines import Slope, lettering_path
from .paging import paginate
from .style import (
    BOTTOM,
    CENTRE,
    FLOWING,
    FRAME,
    LEADING,
    LEFT,
    PAGE_HEIGHT,
    PAGE_WIDTH,
    RIGHT,
    STYLES,
    TOP,
    WIDTH,
    Style,
)
from .text import break_lines, clean, text_width

_SMALL_PT = 8.0
_RUNNING_HEAD = 8.0
_WATERMARK = (236, 236, 236)
_WATERMARK_LENGTH = 200.0
_FOOTER_LINES = 2


def lay_out(content: SheetContent) -> Layout:
    """Finished pages.  Raises a :class:`PageError` for what cannot be printed whole."""
    foot = closing(content)
    pages = _fitting(content, foot)
    count = len(pages)
    finished = tuple(_page(content, bands, number, count) for number, bands in enumerate(pages, 1))
    last = Page((*finished[-1].items, *foot.items))
    return Layout(
        pages=(*finished[:-1], last),
        seal_position=SealPosition(
            page=count - 1,
            x_mm=foot.seal_x_mm,
            y_mm=foot.seal_y_mm,
            width_mm=content.seal_diameter_mm,
            height_mm=content.seal_diameter_mm,
        ),
    )


def _fitting(content: SheetContent, foot: Closing) -> tuple[tuple[Band, ...], ...]:
    """The roomiest setting that needs one page; else the setting that needs the fewest."""
    closest = _divided(content, STYLES[-1], foot)
    if len(closest) > 1:
        return min(_divided(content, FLOWING, foot), closest, key=len)
    for style in STYLES[:-1]:
        pages = _divided(content, style, foot)
        if len(pages) == 1:
            return pages
    return closest


def _divided(content: SheetContent, style: Style, foot: Closing) -> tuple[tuple[Band, ...], ...]:
    bands: list[Band] = [space(0.0), *_headline(content, style), *label_rows(content.rows, style)]
    for one in content.tables:
        bands += [space(style.gap_mm), *table(one, style)]
    if content.paragraphs:
        bands.append(space(style.gap_mm))
    for text in content.paragraphs:
        bands += paragraph(text, style)
    room = BOTTOM - TOP
    return paginate(
        bands, first_mm=room, next_mm=room - _RUNNING_HEAD, closing_mm=foot.height_mm + style.gap_mm
    )


def _headline(content: SheetContent, style: Style) -> tuple[Band, ...]:
    """Title, English subtitle, number: one band, so that it never leaves the first row alone."""
    y, texts = style.head_mm, []
    em = style.title_pt * POINT_MM
    wide = 0.12 * em if len(content.title) <= 12 else 0.0
    for line in break_lines(content.title, FontName.SERIF, style.title_pt, WIDTH - 14 * wide):
        x = CENTRE - (line.width_mm + wide * (len(line.text) - 1)) / 2
        y += em * 1.25
        texts.append(
            Text(
                x,
                y - em * 0.25,
                line.text,
                style.title_pt,
                spacing_mm=wide,
                stroke_mm=0.02 * em,
                typed=line.typed,
            )
        )
    if content.subtitle:
        em = style.subtitle_pt * POINT_MM
        for line in break_lines(content.subtitle, FontName.SERIF, style.subtitle_pt, WIDTH):
            y += em * LEADING
            texts.append(
                Text(
                    CENTRE - line.width_mm / 2,
                    y - em * 0.3,
                    line.text,
                    style.subtitle_pt,
                    colour=GREY,
                    typed=line.typed,
                )
            )
    if content.number:
        y += 0.6 * style.gap_mm
        em = style.subtitle_pt * POINT_MM
        for line in break_lines(f"编号 No. {content.number}", FontName.SERIF, style.subtitle_pt, WIDTH):
            y += em * LEADING
            texts.append(
                Text(RIGHT - line.width_mm, y - em * 0.3, line.text, style.subtitle_pt, typed=line.typed)
            )
    y += 0.5 * style.gap_mm
    if y > (BOTTOM - TOP) / 3:
        raise BlockTooTall(what="标题 title", height_mm=y, room_mm=(BOTTOM - TOP) / 3)
    return (Band(y, tuple(texts), keeps_next=True),)


def _page(content: SheetContent, bands: tuple[Band, ...], number: int, count: int) -> Page:
    items: list[Item] = []
    if content.watermark:
        items.append(_watermark(" ".join(clean(content.watermark).split())))
    items += _frame()
    y = TOP
    if number > 1:
        items += _running_head(content, y)
        y += _RUNNING_HEAD
    fresh = True
    for place, band in enumerate(bands):
        items += drawn(band, y)
        if band.rules and (band.opens or fresh):
            items.append(rule(band, y, heavy=fresh))
        y += band.height_mm
        fresh = not band.rules
        if band.rules and not (place + 1 < len(bands) and bands[place + 1].rules):
            items.append(rule(band, y, heavy=True))
    items += _footer(content, number, count)
    return Page(tuple(items))


def _watermark(text: str) -> Item:
    """Outlines, not text: it can be seen, and neither selected nor copied into the middle of a sentence."""
    size = min(21.0, _WATERMARK_LENGTH / max(text_width(text, FontName.SANS, 1 / POINT_MM), 1.0))
    slope = Slope(CENTRE, PAGE_HEIGHT / 2, size_mm=size, degrees=42.0)
    return lettering_path(text, FontName.SANS, slope, _WATERMARK)


def _frame() -> list[Item]:
    inner = FRAME + 1.4
    return [
        Rect(FRAME, FRAME, PAGE_WIDTH - 2 * FRAME, PAGE_HEIGHT - 2 * FRAME, line_mm=0.45),
        Rect(inner, inner, PAGE_WIDTH - 2 * inner, PAGE_HEIGHT - 2 * inner, line_mm=0.15),
    ]


def _running_head(content: SheetContent, top: float) -> list[Item]:
    """Title and number on every further page, so that a loose page is known."""
    size = _SMALL_PT + 1
    whole = " ".join(clean(f"{content.title} {content.number}").split())
    lines = break_lines(whole, FontName.SERIF, size, WIDTH - size * POINT_MM)
    more = "…" if len(lines) > 1 else ""
    return [Text(LEFT, top + 2.0, lines[0].text + more, size, colour=GREY, typed=lines[0].typed + more)]


def _footer(content: SheetContent, number: int, count: int) -> list[Item]:
    """Below the frame: host and rule of precedence, then the document's id and the page."""
    y = PAGE_HEIGHT - FRAME + 4.0
    items: list[Item] = []
    if content.footer:
        size = _SMALL_PT
        lines = break_lines(content.footer, FontName.SANS, size, WIDTH + 12)
        if len(lines) > _FOOTER_LINES:
            raise BlockTooTall(what="页脚 footer", height_mm=4.0 * len(lines), room_mm=4.0 * _FOOTER_LINES)
        for line in lines:
            items.append(
                Text(CENTRE - line.width_mm / 2, y, line.text, size, FontName.SANS, GREY, typed=line.typed)
            )
            y += size * POINT_MM * 1.3
    page = f"第{number}页 共{count}页"
    marks = [page] if not content.document_id else [content.document_id, page]
    text = " · ".join(marks)
    width = text_width(text, FontName.SERIF, _SMALL_PT)
    items.append(Text(CENTRE - width / 2, y, text, _SMALL_PT, colour=GREY))
    return items
