# SPDX-License-Identifier: Apache-2.0
"""Open a PDF that is to be sealed, or say why not.

Nothing is repaired: what one parser has to mend, two parsers may read differently, and the seal would then
stand for two documents.  qpdf reads every object, so that it warns about all of them.
"""

from __future__ import annotations

import hashlib
import io
import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from ..errors import SealError
from .dormant import DormantContent, Severity, findings_in
from .errors import PdfRefused
from .page_tree import pages_of
from .plain import PlainFile

LARGEST: Final = 50 * 1024 * 1024
MOST_NUMBERS: Final = 8_388_607  # ISO 32000-1 annex C
_LARGEST_UNPACKED: Final = 256 * 1024 * 1024
_END: Final = re.compile(rb"startxref\s+([0-9]{1,10})\s+%%EOF\s*\Z")
_STREAM_SECTION: Final = re.compile(rb"[0-9]{1,10}\s+[0-9]{1,5}\s+obj\b")
_PREVIOUS: Final = re.compile(rb"/Prev\s+([0-9]{1,10})\b")
_MOST_SECTIONS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Base:
    """The file as it is before a seal: opened, and found fit to be sealed."""

    data: bytes
    pdf: Any
    pages: Sequence[Any]
    has_streams: bool  # the last cross-reference section is a stream
    trailer: bytes  # entries for the next trailer, without Size
    next_number: int


@contextmanager
def opened(data: bytes, *, inspected: bool = False, plain: bool = False) -> Iterator[Base]:
    """The file, which holds no dormant content unless the caller answers for that (``inspected``).

    ``plain`` asks the reader of plain files, which raises :class:`NotPlainError` for what is for qpdf.
    Raises :class:`PdfRefused`; inside too, whatever a hostile file makes the parser raise."""
    import pikepdf

    _prepare_parser()
    previous = _last_section(data)
    if plain:
        yield _plain_base(PlainFile(data, previous), previous, data)
        return
    has_streams = _has_streams(data, previous)
    try:
        # Inherited attributes stay where they are: what is written again must be what the file has.
        with pikepdf.open(
            io.BytesIO(data), suppress_warnings=True, attempt_recovery=False, inherit_page_attributes=False
        ) as pdf:
            if pdf.is_encrypted:
                raise PdfRefused("pdf-encrypted")
            if not isinstance(pdf.trailer.get("/Root"), pikepdf.Dictionary):
                raise PdfRefused("pdf-malformed", "no catalog")
            pages = pages_of(pdf.Root)
            if not inspected:
                _refuse_dormant(pdf, pages, data)
            refuse_warnings(pdf)
            yield Base(
                data=data,
                pdf=pdf,
                pages=pages,
                has_streams=has_streams,
                trailer=_trailer(pdf.trailer, previous, data),
                next_number=_highest(pdf) + 1,
            )
            # qpdf's own list of pages last: making it changes pages in memory, and brings its last warnings.
            if len(pdf.pages) != len(pages):
                raise PdfRefused("pdf-malformed", "pages that two readers count differently")
            refuse_warnings(pdf)
    except SealError:
        raise
    except pikepdf.PasswordError:
        raise PdfRefused("pdf-encrypted") from None
    except Exception as error:
        # qpdf and pikepdf raise many kinds for hostile files; for us they all mean one thing.
        raise PdfRefused("pdf-malformed", type(error).__name__) from error


def _last_section(data: bytes) -> int:
    """Where the last cross-reference section stands."""
    if not data:
        raise PdfRefused("pdf-empty")
    if len(data) > LARGEST:
        raise PdfRefused("pdf-too-large")
    if not data.startswith(b"%PDF-"):
        raise PdfRefused("pdf-malformed", "it does not begin with %PDF-")
    if b"%%EOF" not in data[-1100:]:
        raise PdfRefused("pdf-truncated")
    marker = _END.search(data, max(len(data) - 1100, 0))
    if marker is None:
        raise PdfRefused("pdf-malformed", "something follows the end of the file")
    return int(marker.group(1))


def _has_streams(data: bytes, section: int) -> bool:
    """Is the last section a stream?  Every section is looked at, because one hybrid section is enough."""
    last = data.startswith(b"xref", section)
    visited: set[int] = set()
    at: int | None = section
    while at is not None and at not in visited and len(visited) < _MOST_SECTIONS:
        visited.add(at)
        if data.startswith(b"xref", at):
            start = data.find(b"trailer", at)
            end = data.find(b"startxref", start)
        elif _STREAM_SECTION.match(data, at):
            start, end = at, data.find(b"stream", at)
        else:
            raise PdfRefused("pdf-malformed", "no cross-reference section where the file says")
        if start < 0 or end < 0:
            raise PdfRefused("pdf-malformed", "a cross-reference section without an end")
        if b"/XRefStm" in data[start:end]:
            raise PdfRefused("pdf-hybrid")
        before = _PREVIOUS.search(data, start, end)
        at = int(before.group(1)) if before else None
    return not last


def _highest(pdf: Any) -> int:
    """The highest object number.  Raises :class:`PdfRefused` when one is hidden by the declared size."""
    declared = pdf.trailer.get("/Size")
    listed = max(number for number, _ in pdf.get_xref_table())
    if not isinstance(declared, int) or not listed < declared <= MOST_NUMBERS:
        raise PdfRefused("pdf-malformed", "objects beyond the declared size")
    return declared - 1


def _refuse_dormant(pdf: Any, pages: Sequence[Any], data: bytes) -> None:
    found = findings_in(pdf, pages, data, sound=lambda: refuse_warnings(pdf))
    if refused := [one for one in found if one.severity is Severity.REFUSE]:
        raise DormantContent(refused)


def refuse_warnings(pdf: Any) -> None:
    """Raises :class:`PdfRefused` for whatever qpdf had to repair."""
    if warnings := pdf.get_warnings():
        raise PdfRefused("pdf-malformed", str(warnings[0]).partition(": ")[2][:200])


def _trailer(trailer: Any, previous: int, data: bytes) -> bytes:
    """Entries of the next trailer (table 15).  One identifier names the file, the other its revision."""
    import pikepdf

    info = trailer.get("/Info")
    has_info = isinstance(info, pikepdf.Dictionary) and info.objgen != (0, 0)
    identifier = trailer.get("/ID")
    is_pair = isinstance(identifier, pikepdf.Array) and len(identifier) == 2
    return _entries(
        _reference(trailer.Root),
        _reference(info) if has_info else "",
        bytes(identifier[0]) if is_pair else None,
        previous,
        data,
    )


def _entries(root: str, info: str, first: bytes | None, previous: int, data: bytes) -> bytes:
    parts = [f"/Root {root}"]
    if info:
        parts.append(f"/Info {info}")
    if first is not None:
        tail = hashlib.sha256(first + b"%d" % len(data) + data[-2048:]).hexdigest()[:32]
        parts.append(f"/ID [<{first.hex()}> <{tail}>]")
    return " ".join([*parts, f"/Prev {previous}"]).encode("ascii")


def _plain_base(plain: PlainFile, previous: int, data: bytes) -> Base:
    root, info = plain.trailer.raw("/Root"), plain.info
    return Base(
        data=data,
        pdf=plain,
        pages=plain.pages,
        has_streams=False,
        trailer=_entries(str(root), "" if info is None else str(info), plain.identifier, previous, data),
        next_number=plain.trailer.raw("/Size"),
    )


def _reference(value: Any) -> str:
    number, generation = value.objgen
    if number == 0:
        raise PdfRefused("pdf-malformed", "a catalog that is no object of its own")
    return f"{number} {generation} R"


@cache
def _prepare_parser() -> None:
    """Once for the process: no part of a file goes into a log, and no small stream becomes a huge one."""
    import pikepdf

    logging.getLogger("pikepdf._core").setLevel(logging.CRITICAL + 1)
    pikepdf.settings.set_qpdf_limits(flate_max_memory=_LARGEST_UNPACKED)
