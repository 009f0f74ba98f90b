# SPDX-License-Identifier: Apache-2.0
"""Write a ZIP package (GB/T 33190-2016 section 7.1; APPNOTE 6.3): packed entries, end to end.

An entry is packed once and written as often as needed: what another producer packed is copied as it stands,
what a thousand documents share is packed for all of them.  Names are UTF-8 and say so (general purpose bit
11); sizes stand in front of the data, there are no data descriptors, no extra fields and no comments.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Final

from .errors import OfdRefused

STORED: Final = 0
DEFLATED: Final = 8
UTF8_NAME: Final = 0x800
MOST_BYTES: Final = 0xFFFF_FFFE
MOST_ENTRIES: Final = 0xFFFE

_CHINA: Final = timezone(timedelta(hours=8))
_LOCAL: Final = struct.Struct("<4s3HL3L2H")
_CENTRAL: Final = struct.Struct("<4s4HL3L5H2L")
_END: Final = struct.Struct("<4s4H2LH")


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a package, packed."""

    name: bytes
    packed: bytes
    size: int
    crc: int
    method: int = DEFLATED
    flags: int = UTF8_NAME
    moment: int = 0  # of the last change: MS-DOS date and time, the date above

    def local(self) -> bytes:
        """Local header and data."""
        return self._local() + self.name + self.packed

    def _local(self) -> bytes:
        return _LOCAL.pack(
            b"PK\x03\x04", 20, self.flags, self.method, self.moment,
            self.crc, len(self.packed), self.size, len(self.name), 0,
        )  # fmt: skip

    def central(self, offset: int) -> bytes:
        """The record in the central directory of an entry that begins at ``offset``."""
        return (
            _CENTRAL.pack(
                b"PK\x01\x02", 20, 20, self.flags, self.method, self.moment,
                self.crc, len(self.packed), self.size, len(self.name), 0, 0, 0, 0, 0, offset,
            )
            + self.name
        )  # fmt: skip


def packed(name: str, data: bytes, moment: int, *, level: int = 6) -> Entry:
    """Pack one file; level 0 stores it, and so does what deflate would not make smaller."""
    crc = zlib.crc32(data)
    if level:
        deflated = zlib.compress(data, level, -15)
        if len(deflated) < len(data):
            return Entry(name.encode(), deflated, len(data), crc, moment=moment)
    return Entry(name.encode(), data, len(data), crc, STORED, moment=moment)


def dos_moment(at: datetime) -> int:
    """A time as ZIP keeps it: local time of China in steps of two seconds, 1980 to 2107."""
    local = at.astimezone(_CHINA)
    year = min(max(local.year, 1980), 2107) - 1980
    date = year << 9 | local.month << 5 | local.day
    return date << 16 | local.hour << 11 | local.minute << 5 | local.second // 2


def write_package(entries: Sequence[Entry]) -> bytes:
    """The package.  Raises :class:`OfdRefused` for more than ZIP holds without its 64-bit extension."""
    locals_ = [entry.local() for entry in entries]
    offsets, place = [], 0
    for one in locals_:
        offsets.append(place)
        place += len(one)
    if place > MOST_BYTES or len(entries) > MOST_ENTRIES:
        raise OfdRefused("ofd-too-large")
    directory = b"".join(entry.central(offset) for entry, offset in zip(entries, offsets, strict=True))
    return b"".join([*locals_, directory, end_record(len(entries), len(directory), place)])


def end_record(count: int, directory: int, offset: int) -> bytes:
    """The end of the central directory."""
    return _END.pack(b"PK\x05\x06", 0, 0, count, count, directory, offset, 0)


def appended(package: bytes, entry: Entry) -> bytes:
    """A package of :func:`write_package` with one more entry; every other byte stays."""
    _, _, _, _, count, size, offset, _ = _END.unpack_from(package, len(package) - _END.size)
    local, directory = entry.local(), package[offset : offset + size] + entry.central(offset)
    end = end_record(count + 1, len(directory), offset + len(local))
    return b"".join([package[:offset], local, directory, end])
