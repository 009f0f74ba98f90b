# SPDX-License-Identifier: Apache-2.0
"""The records of a ZIP file (APPNOTE 4.3), read strictly: one buffer must be one package, whoever reads it.

Some readers believe the central directory, others walk the local headers; here both must tell the same story
and no byte may lie outside it, except a prefix that some vendors write and that is reported.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from .errors import OfdMalformed

MOST_ENTRIES = 1_000
LARGEST_TOTAL = 200 * 1024 * 1024
"""Octets of all entries, unpacked."""
HIGHEST_RATIO, RATIO_FROM = 100, 1024 * 1024
LONGEST_PREFIX = 4096
STORED, DEFLATED = 0, 8
_END, _CENTRAL, _LOCAL, _DESCRIPTOR = b"PK\x05\x06", b"PK\x01\x02", b"PK\x03\x04", b"PK\x07\x08"
_ENCRYPTED, _DESCRIBED, _UTF8 = 0x0001, 0x0008, 0x0800
_HARMLESS = _DESCRIBED | _UTF8 | 0x0006  # bits 1 and 2 tell how hard the packer tried
_ZIP64, _UNICODE_PATH = 0x0001, 0x7075
_ALL_ONES = 0xFFFFFFFF
_CENTRAL_HEADER = struct.Struct("<4s4x4H3L4H2x2L")
_LOCAL_HEADER = struct.Struct("<4s2x4H3L2H")
_OTHER_FILES = (b"%PDF-", b"PK\x05\x06")
"""How other files begin, and what some readers take for the end of the package."""


@dataclass(frozen=True, slots=True)
class OfdEntry:
    """One file in the package.  ``start`` … ``start + packed_size`` are its packed octets in the buffer.

    ``name``: as it is compared, without leading slash; ``raw_name``: the octets of the header.
    ``method``: 0 stored, 8 deflated.  ``stamp``: DOS time and date as they stand.
    """

    name: str
    raw_name: bytes
    flags: int
    method: int
    stamp: tuple[int, int]
    crc: int
    packed_size: int
    size: int
    header: int  # offset of the local header
    start: int

    @property
    def is_folder(self) -> bool:
        return self.raw_name.endswith(b"/")


@dataclass(frozen=True, slots=True)
class Directory:
    """All entries in the order of the file.  ``prefix``: octets before the first local header."""

    entries: tuple[OfdEntry, ...]
    prefix: int
    comment: bytes


def read_directory(data: bytes) -> Directory:
    """Raises :class:`OfdMalformed`; entry names are still those of the headers, see :mod:`.container`."""
    end, comment = _end_record(data)
    disk, first_disk, here, total, size, offset = struct.unpack_from("<4H2L", data, end + 4)
    if disk or first_disk or here != total:
        raise _wrong("END", "分卷压缩包", "a ZIP file in several parts")
    if _ALL_ONES in (size, offset) or total == 0xFFFF or data[max(0, end - 20) : end][:4] == b"PK\x06\x07":
        raise _wrong("END", "不允许 ZIP64", "ZIP64 is not allowed")
    if not total:
        raise _wrong("END", "压缩包为空", "the package is empty")
    if total > MOST_ENTRIES:
        raise _wrong("END", f"文件超过 {MOST_ENTRIES} 个", f"more than {MOST_ENTRIES} entries")
    shift = end - size - offset
    if shift < 0:
        raise _wrong("END", "目录位置不符", "the central directory does not end at the end record")
    at, entries = offset + shift, []
    for _ in range(total):
        entry, at = _central(data, at, end, shift)
        entries.append(entry)
    if at != end:
        raise _wrong("END", "目录大小不符", "the central directory holds more than its entries")
    entries.sort(key=lambda entry: entry.header)
    _require_contiguous(data, entries, offset + shift)
    prefix = entries[0].header
    if prefix > LONGEST_PREFIX:
        raise _wrong(
            "(prefix)", "包前有过多数据", f"more than {LONGEST_PREFIX} octets before the first entry"
        )
    if any(mark in data[:prefix] for mark in (_LOCAL, *_OTHER_FILES)):
        raise _wrong("(prefix)", "包前数据藏有另一文件", "another file is hidden before the first entry")
    if sum(entry.size for entry in entries) > LARGEST_TOTAL:
        limit = LARGEST_TOTAL // 1024**2
        raise _wrong("(all)", f"解压后超过 {limit} MB", f"more than {limit} MB when unpacked")
    return Directory(tuple(entries), prefix, comment)


def _end_record(data: bytes) -> tuple[int, bytes]:
    """Where the end record stands.  It must close the file, and only one record may claim that."""
    found = []
    at = len(data)
    lowest = max(0, len(data) - 22 - 0xFFFF)
    while (at := data.rfind(_END, lowest, at)) >= 0:
        if at + 22 <= len(data) and at + 22 + int.from_bytes(data[at + 20 : at + 22], "little") == len(data):
            found.append(at)
        if len(found) > 1:
            raise _wrong("END", "有多个目录结尾", "more than one end record")
        at += 3  # the next search must not find this one again
    if not found:
        raise _wrong(
            "END",
            "不完整,或结尾后另有数据",
            "it does not end with its end record: incomplete, or data follow it",
        )
    comment = data[found[0] + 22 :]
    if b"PK" in comment or any(mark in comment for mark in _OTHER_FILES):
        # Readers that search backwards for the mark alone would believe what the comment says.
        raise _wrong("END", "注释中藏有另一文件", "another file is hidden in the comment of the package")
    return found[0], comment


def _central(data: bytes, at: int, end: int, shift: int) -> tuple[OfdEntry, int]:
    if at + 46 > end:
        raise _wrong("END", "目录项数量不符", "the central directory is shorter than it says")
    mark, flags, method, time, date, crc, packed, size, names, extras, comments, disk, outside, header = (
        _CENTRAL_HEADER.unpack_from(data, at)
    )
    if mark != _CENTRAL:
        raise _wrong("END", "目录项数量不符", "the central directory is shorter than it says")
    following = at + 46 + names + extras + comments
    if following > end:
        raise _wrong("END", "目录项越界", "an entry reaches beyond the central directory")
    raw_name = data[at + 46 : at + 46 + names]
    place = raw_name.decode("utf-8", "replace")
    if flags & _ENCRYPTED or flags & 0x2040:
        raise _wrong(place, "文件已加密", "encrypted entries are not allowed")
    if flags & ~_HARMLESS:
        raise _wrong(place, "压缩标志不支持", f"general purpose flags {flags:#06x}")
    if method not in (STORED, DEFLATED):
        raise _wrong(place, "压缩方式不支持", f"compression method {method}: only stored and deflate")
    if disk or _ALL_ONES in (packed, size, header):
        raise _wrong(place, "不允许 ZIP64 或分卷", "ZIP64 or several parts")
    if (outside >> 16) & 0xF000 == 0xA000:
        raise _wrong(place, "符号链接", "a symbolic link")
    if method == STORED and packed != size:
        raise _wrong(place, "大小不符", "stored, but two different sizes")
    if size > RATIO_FROM and size > HIGHEST_RATIO * packed:
        raise _wrong(place, "压缩比过高", f"unpacks to more than {HIGHEST_RATIO} times its size")
    if extras:
        extra = _extras(data[at + 46 + names : at + 46 + names + extras], place)
        if extra.get(_ZIP64):
            raise _wrong(place, "不允许 ZIP64", "a ZIP64 field in the central directory")
        _require_same_name(extra, raw_name, place)
    at = header + shift
    start = _start(data, at, (place, raw_name, flags, method, (crc, packed, size)), end)
    entry = OfdEntry(place, raw_name, flags, method, (time, date), crc, packed, size, at, start)
    return entry, following


_Told = tuple[str, bytes, int, int, tuple[int, int, int]]
"""What the directory tells of an entry: place, name, flags, method, and CRC-32 with both sizes."""


def _start(data: bytes, at: int, told: _Told, end: int) -> int:
    """Where the octets of an entry begin; its local header must tell the same."""
    place, name_told, flags_told, method_told, truth = told
    if at + 30 > end:
        raise _wrong(place, "本地文件头缺失", "there is no local header where the directory says")
    # The time of the local header is left aside: some writers leave it empty, and no reader decides by it.
    mark, flags, method, _, _, crc, packed, size, names, extras = _LOCAL_HEADER.unpack_from(data, at)
    if mark != _LOCAL:
        raise _wrong(place, "本地文件头缺失", "there is no local header where the directory says")
    raw_name = data[at + 30 : at + 30 + names]
    start = at + 30 + names + extras
    if start + truth[1] > end:
        raise _wrong(place, "数据越界", "its data reach into the central directory")
    # A flag for UTF-8 in one of them only means nothing for a name in ASCII.
    idle = 0x0006 | (_UTF8 if raw_name.isascii() else 0)
    if (raw_name, flags & ~idle, method) != (name_told, flags_told & ~idle, method_told):
        raise _wrong(place, "本地文件头与目录不一致", "local header and central directory disagree")
    extra = _extras(data[at + 30 + names : start], place) if extras else {}
    if extra:
        _require_same_name(extra, raw_name, place)
    if _ALL_ONES in (packed, size):
        packed, size = _zip64_sizes(extra, packed, size, place)
    here = (crc, packed, size)
    if flags & _DESCRIBED and method == STORED and here != truth and b"PK" in data[start : start + truth[1]]:
        # Whoever walks the local headers does not know where such an entry ends.
        raise _wrong(
            place, "未压缩文件的长度未写明", "stored without its size, and with a mark of ZIP inside"
        )
    later = flags & _DESCRIBED and all(one in (0, real) for one, real in zip(here, truth, strict=True))
    if here != truth and not later:
        raise _wrong(place, "本地文件头与目录的大小不一致", "local header and directory disagree on sizes")
    return int(start)


def _extras(field: bytes, place: str) -> dict[int, bytes]:
    if not field:
        return {}
    found: dict[int, bytes] = {}
    at = 0
    while at + 4 <= len(field):
        kind, size = struct.unpack_from("<2H", field, at)
        value = field[at + 4 : at + 4 + size]
        if len(value) != size or kind in found:
            raise _wrong(place, "扩展字段有误", "an extra field is cut short, or stands twice")
        found[kind] = value
        at += 4 + size
    if field[at:].strip(b"\x00"):
        raise _wrong(place, "扩展字段有误", "octets behind the last extra field")
    return found


def _require_same_name(extra: dict[int, bytes], raw_name: bytes, place: str) -> None:
    """Info-ZIP's Unicode path would give the entry a second name."""
    other = extra.get(_UNICODE_PATH)
    if other is not None and other[5:] != raw_name:
        raise _wrong(place, "文件有两个名字", "an extra field gives the entry another name")


def _zip64_sizes(extra: dict[int, bytes], packed: int, size: int, place: str) -> tuple[int, int]:
    """Some streaming writers put small sizes into a ZIP64 field of the local header; true ones are fine."""
    field = extra.get(_ZIP64, b"")
    if len(field) != 16 or (packed, size) != (_ALL_ONES, _ALL_ONES):
        raise _wrong(place, "ZIP64 字段有误", "a ZIP64 field that does not fit its header")
    size, packed = struct.unpack("<2Q", field)
    return packed, size


def _require_contiguous(data: bytes, entries: list[OfdEntry], directory: int) -> None:
    """Each entry begins where the one before it ends, and the directory where the last one ends.

    ``entries``: in the order of the file.
    """
    following = [*(entry.header for entry in entries[1:]), directory]
    for entry, until in zip(entries, following, strict=True):
        at = entry.start + entry.packed_size
        if entry.flags & _DESCRIBED:
            at = _after_descriptor(data, at, entry, until)
        if at != until:
            raise _wrong(entry.name, "文件之间有多余数据或重叠", "octets between entries, or entries overlap")


def _after_descriptor(data: bytes, at: int, entry: OfdEntry, until: int) -> int:
    """The data descriptor (4.3.9): with or without its mark, it repeats what the directory says."""
    truth = struct.pack("<3L", entry.crc, entry.packed_size, entry.size)
    wide = struct.pack("<LQQ", entry.crc, entry.packed_size, entry.size)
    for form in (_DESCRIPTOR + truth, truth, _DESCRIPTOR + wide, wide):
        if at + len(form) == until and data[at:until] == form:
            return until
    raise _wrong(
        entry.name, "数据描述符与目录不一致", "its data descriptor disagrees with the central directory"
    )


def _wrong(place: str, zh: str, en: str) -> OfdMalformed:
    return OfdMalformed(place, zh, en)
