# SPDX-License-Identifier: Apache-2.0
"""Cross-reference sections: ISO 32000-1 sections 7.5.4, 7.5.6 and 7.5.8, followed from the last to the first.

In hybrid-reference files (section 7.5.8.4) the stream adds what the table leaves out, as readers of today
have it; others see another file, so that revisions of such a file are never compared.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, NamedTuple

from .syntax import Malformed, Ref, Value, blank_end, read_head, read_value, require_end_of_stream

MOST_SECTIONS: Final = 512
MOST_ENTRIES: Final = 1_000_000
LARGEST_UNPACKED: Final = 64 * 1024 * 1024
_STARTXREF = re.compile(
    rb"startxref[\x00\t\n\x0c\r ]+([0-9]{1,12})[\x00\t\n\x0c\r ]+%%EOF[\x00\t\n\x0c\r ]*\Z"
)
_SUBSECTION = re.compile(rb"[\x00\t\n\x0c\r ]*([0-9]{1,10}) +([0-9]{1,10})[\x00\t\n\x0c\r ]+")
_ROW = re.compile(rb"([0-9]{10}) ([0-9]{5}) ([nf])(?: \r| \n|\r\n)")
_TRAILER = re.compile(rb"[\x00\t\n\x0c\r ]*trailer")


class Kind(IntEnum):
    """As cross-reference streams number them."""

    FREE = 0
    PLAIN = 1
    PACKED = 2


class Entry(NamedTuple):
    """``place``: an offset, or the number of an object stream; ``more``: generation, or index therein."""

    kind: int
    place: int
    more: int


@dataclass(frozen=True, slots=True)
class Section:
    """One cross-reference section: of one revision, except in files made for the web, which have two."""

    start: int
    end: int  # behind the trailer dictionary or the stream
    entries: dict[int, Entry]
    trailer: dict[str, Value]
    hybrid: bool = False


def read_sections(data: bytes) -> list[Section]:
    """All that the end of the file leads to, the oldest first.  Raises :class:`Malformed`."""
    at: Value = last_section(data, len(data))
    found: list[Section] = []
    seen: set[int] = set()
    total = 0
    while at is not None:
        if not isinstance(at, int) or isinstance(at, bool) or not 0 < at < len(data) or at in seen:
            raise Malformed(f"a cross-reference section at {at!r:.40}")
        seen.add(at)
        section = _stream(data, at) if not data.startswith(b"xref", at) else _table(data, at)
        found.append(section)
        total += len(section.entries)
        if len(found) > MOST_SECTIONS or total > MOST_ENTRIES:
            raise Malformed("too many cross-reference sections, or too many entries in them")
        if "XRefStm" in section.trailer:
            found[-1] = section = _hybrid(data, section)
        if "Encrypt" in section.trailer:
            raise Malformed("the file is encrypted")
        at = section.trailer.get("Prev")
    return found[::-1]


def _hybrid(data: bytes, table: Section) -> Section:
    start = table.trailer["XRefStm"]
    if not isinstance(start, int) or not 0 < start < len(data):
        raise Malformed("a hybrid cross-reference section without its stream")
    hidden = {number for number, entry in table.entries.items() if entry.kind == Kind.FREE}
    more = {
        number: entry
        for number, entry in _stream(data, start).entries.items()
        if number in hidden or number not in table.entries
    }
    return Section(table.start, table.end, table.entries | more, table.trailer, hybrid=True)


def last_section(data: bytes, end: int) -> int:
    """Where the last ``startxref`` before ``end`` points.  Raises :class:`Malformed`."""
    marker = _STARTXREF.search(data, max(end - 1100, 0), end)
    if marker is None:
        raise Malformed("no startxref at the end")
    return int(marker[1])


def _table(data: bytes, start: int) -> Section:
    at, entries = start + 4, {}
    while header := _SUBSECTION.match(data, at):
        first, count = int(header[1]), int(header[2])
        at = header.end()
        if count > MOST_ENTRIES:
            raise Malformed("too many entries")
        rows = _ROW.findall(data, at, at + 20 * count)
        if len(rows) != count:
            raise Malformed(f"a cross-reference table whose rows are not 20 bytes at {at}")
        for number, (place, generation, kind) in enumerate(rows, first):
            if number in entries:
                raise Malformed(f"object {number} twice in one cross-reference table")
            in_use = Kind.PLAIN if kind == b"n" else Kind.FREE
            entries[number] = Entry(in_use, int(place), int(generation))
        at += 20 * count
    word = _TRAILER.match(data, at)
    if word is None:
        raise Malformed(f"a cross-reference table without trailer at {at}")
    trailer, end = read_value(data, word.end())
    if not isinstance(trailer, dict):
        raise Malformed("the trailer is no dictionary")
    return Section(start, end, entries, trailer)


def _stream(data: bytes, start: int) -> Section:
    _, entries, at, follows = read_head(data, blank_end(data, start))
    if not follows or entries.get("Type") != "XRef":
        raise Malformed(f"no cross-reference section at {start}")
    length = entries.get("Length")
    if not isinstance(length, int) or not 0 <= length <= len(data) - at:
        raise Malformed("a cross-reference stream without length")
    require_end_of_stream(data, at + length)
    rows = unpacked(entries, data[at : at + length], LARGEST_UNPACKED)
    widths, size = entries.get("W"), entries.get("Size")
    index = entries.get("Index", [0, size])
    if (
        not isinstance(widths, list)
        or len(widths) != 3
        or not isinstance(index, list)
        or len(index) % 2
        or not all(isinstance(one, int) and 0 <= one <= 2**32 for one in (*widths, *index))
        or not 1 <= sum(widths) <= 24
    ):
        raise Malformed("a cross-reference stream whose shape is not right")
    return Section(start, at + length, _rows(rows, widths, index), entries)


def _rows(rows: bytes, widths: list[int], index: list[int]) -> dict[int, Entry]:
    w1, w2, w3 = widths
    width, at = w1 + w2 + w3, 0
    found: dict[int, Entry] = {}
    if sum(index[1::2]) * width != len(rows):
        raise Malformed("a cross-reference stream with rows too few or too many")
    for first, count in zip(index[::2], index[1::2], strict=True):
        for number in range(first, first + count):
            kind = int.from_bytes(rows[at : at + w1]) if w1 else Kind.PLAIN
            place = int.from_bytes(rows[at + w1 : at + w1 + w2])
            more = int.from_bytes(rows[at + w1 + w2 : at + width])
            at += width
            if kind > Kind.PACKED or number in found:
                raise Malformed(f"object {number} twice, or an unknown kind of entry")
            found[number] = Entry(kind, place, more)
    return found


def unpacked(entries: dict[str, Value], stored: bytes, most: int) -> bytes:
    """A stream without packing, or packed by Flate, with a PNG predictor or none.

    Raises :class:`Malformed` for anything else, and for more than ``most`` bytes.
    """
    packing, parameters = entries.get("Filter"), entries.get("DecodeParms")
    if isinstance(packing, list) and len(packing) == 1:
        packing = packing[0]
        parameters = parameters[0] if isinstance(parameters, list) and len(parameters) == 1 else parameters
    if packing is None:
        return stored
    if packing != "FlateDecode" or not isinstance(parameters, dict | None) or isinstance(packing, bytes):
        raise Malformed("a packing that is not read here")
    unpacker = zlib.decompressobj()
    try:
        plain = unpacker.decompress(stored, most + 1)
    except zlib.error as error:
        raise Malformed("a stream that cannot be unpacked") from error
    if len(plain) > most or not unpacker.eof:
        raise Malformed("a stream that is too large, or not whole")
    predictor = (parameters or {}).get("Predictor", 1)
    if predictor == 1:
        return plain
    columns = (parameters or {}).get("Columns", 1)
    plainest = not (parameters or {}).keys() - {"Predictor", "Columns"}
    if not plainest or predictor not in range(10, 16) or columns not in range(1, 257):
        raise Malformed("a predictor that is not read here")
    return _without_predictor(plain, columns)


def _without_predictor(plain: bytes, columns: int) -> bytes:
    """PNG filters None and Up, which are all that cross-reference streams use."""
    out, above = bytearray(), 0
    if len(plain) % (columns + 1):
        raise Malformed("rows that are not whole")
    low = int.from_bytes(b"\x7f" * columns)
    high = int.from_bytes(b"\x80" * columns)
    for at in range(0, len(plain), columns + 1):
        row = int.from_bytes(plain[at + 1 : at + 1 + columns])
        if plain[at] == 2:  # all bytes of a row at once: no carry goes from one into the next
            row = ((row & low) + (above & low)) ^ ((row ^ above) & high)
        elif plain[at] != 0:
            raise Malformed("a row predictor that is not read here")
        out += row.to_bytes(columns)
        above = row
    return bytes(out)


def root_of(section: Section) -> Ref:
    """Raises :class:`Malformed`."""
    root = section.trailer.get("Root")
    if not isinstance(root, Ref):
        raise Malformed("the trailer names no catalog")
    return root
