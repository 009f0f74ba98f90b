# SPDX-License-Identifier: Apache-2.0
"""Share bands out over pages.

A page is filled from the top; a table that goes on repeats its header.  The foot of the last page never
stands alone: if it does not fit below the text, the last piece of text goes with it to a new page, because a
page with nothing but a seal can be put behind any document (GB/T 9704-2012 section 7.3.5.4).
"""

from __future__ import annotations

from collections.abc import Sequence

from .bands import Band
from .errors import BlockTooTall

_Run = tuple[Band, ...]


def paginate(
    bands: Sequence[Band], *, first_mm: float, next_mm: float, closing_mm: float
) -> tuple[tuple[Band, ...], ...]:
    """The bands of each page, repeated headers included; the last page has ``closing_mm`` left."""
    pages: list[list[_Run]] = [[]]
    for run in _runs(bands):
        room = first_mm if len(pages) == 1 else next_mm
        pieces = [run] if _height([run]) <= next_mm else [(band,) for band in run]
        for piece in pieces:
            if _height([*pages[-1], piece]) > room + 1e-6:
                if pages[-1]:
                    pages.append([])
                    room = next_mm
                if _height([piece]) > room + 1e-6:
                    if len(pages) > 1 or _height([piece]) > next_mm:
                        raise BlockTooTall(what="段落 block", height_mm=_height([piece]), room_mm=room)
                    pages.append([])
                    room = next_mm
            pages[-1].append(piece)
    room = first_mm if len(pages) == 1 else next_mm
    if _height(pages[-1]) + closing_mm > room:
        pages.append(_companions(pages[-1], next_mm - closing_mm))
    return tuple(tuple(_flat(page)) for page in pages)


def _companions(page: list[_Run], room: float) -> list[_Run]:
    """Take the last visible piece off the page, unless that would leave the page empty."""
    moved: list[_Run] = []
    while len(page) > 1 and not any(band.texts for run in moved for band in run):
        if _height([page[-1], *moved]) > room:
            break
        moved.insert(0, page.pop())
    return moved


def _runs(bands: Sequence[Band]) -> list[_Run]:
    """Bands that must stay together."""
    runs: list[_Run] = []
    current: list[Band] = []
    for band in bands:
        current.append(band)
        if not band.keeps_next:
            runs.append(tuple(current))
            current = []
    return [*runs, tuple(current)] if current else runs


def _flat(page: Sequence[_Run]) -> list[Band]:
    bands = [band for run in page for band in run]
    while bands and not bands[0].texts and not bands[0].rules:
        bands = bands[1:]  # no gap at the top of a page
    return [*(bands[0].header if bands else ()), *bands]


def _height(page: Sequence[_Run]) -> float:
    return sum(band.height_mm for band in _flat(page))
