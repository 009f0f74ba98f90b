# SPDX-License-Identifier: Apache-2.0
"""The QR codes of documents that stand on the pages of a file: each is judged, and the file with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Final

from .canonical import Json
from .errors import Unreadable
from .ofd import OfdNotDrawn, ofd_png
from .picture import PictureRefused, picture_of_pdf, read_codes
from .qr import QrMalformed, QrNotOurs, check_qr, parse_address
from .report import Indication, Report
from .trust import Trust

MOST_PAGES: Final = 50
_DPI: Final = 200
_ORDER: Final = (Indication.TOTAL_FAILED, Indication.INDETERMINATE, Indication.TOTAL_PASSED)


def is_address(text: str) -> bool:
    """An address that is malformed is meant as one of a document, and judged as such."""
    try:
        parse_address(text)
    except QrNotOurs:
        return False
    except QrMalformed:
        return True
    return True


def with_page_codes(report: Report, data: bytes, trust: Trust, at: datetime) -> Report:
    """The report on a PDF or OFD, and on every code on its first pages: as bad as the worst of them."""
    draw = _pdf if data.startswith(b"%PDF-") else _ofd
    found = [(page, check_qr(text, trust=trust, at=at)) for page, text in _codes(data, draw)]
    told: list[Json] = [
        {"page": page + 1, "indication": one.indication.value, **dict(one.facts)} for page, one in found
    ]
    worst = min((report, *(one for _, one in found)), key=lambda one: _ORDER.index(one.indication))
    return replace(
        report,
        indication=worst.indication,
        sub_indication=worst.sub_indication,
        signatures=(*report.signatures, *(part for _, one in found for part in one.signatures)),
        reasons=tuple(dict.fromkeys((*report.reasons, *(why for _, one in found for why in one.reasons)))),
        facts={**report.facts, "codes": told},
    )


def _codes(data: bytes, draw: Callable[[bytes, int], bytes]) -> Iterator[tuple[int, str]]:
    seen: set[str] = set()
    for page in range(MOST_PAGES):
        try:
            texts = read_codes(draw(data, page))
        except (PictureRefused, OfdNotDrawn, Unreadable):
            return  # no such page, or one that nobody can draw
        for text in texts:
            if is_address(text) and text not in seen:
                seen.add(text)
                yield page, text


def _pdf(data: bytes, page: int) -> bytes:
    return picture_of_pdf(data, page=page, dpi=_DPI)


def _ofd(data: bytes, page: int) -> bytes:
    return ofd_png(data, page, _DPI)
