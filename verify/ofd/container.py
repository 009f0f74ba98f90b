# SPDX-License-Identifier: Apache-2.0
"""A ZIP file as a set of named files: GB/T 33190-2016 section 6, read strictly and never unpacked to disk.

Names are compared without regard to case and Unicode form: what two readers could mix up is refused.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Mapping
from dataclasses import replace

from .directory import STORED, Directory, OfdEntry, read_directory
from .errors import OfdMalformed

LONGEST_NAME = 1024
MOST_KEPT = 64 * 1024 * 1024
"""Unpacked octets that stay in memory; what is beyond is unpacked again when it is asked for."""
_NAME_IS_UTF8 = 0x0800
_SEGMENT = "[A-Za-z0-9_-](?:[A-Za-z0-9_.-]*[A-Za-z0-9_-])?"
_PLAIN = re.compile(f"(?:{_SEGMENT}/)*{_SEGMENT}")
"""What nearly all names are: nothing in it can be understood in two ways."""
_NOT_IN_FILE_SYSTEMS = frozenset('\\:*?"<>|')
"""Readers that unpack to a disk write another sign for them."""


class OfdContainer:
    """``entries``: files in the order of the buffer, by name; folders are left out.  Octets never change."""

    def __init__(self, data: bytes, directory: Directory) -> None:
        self.data = data
        self.prefix = directory.prefix
        self.comment = directory.comment
        self.deviations: list[str] = []
        self._content: dict[str, bytes] = {}
        self._kept = 0
        self._also: list[str] = []
        everything = [self._named(entry) for entry in directory.entries]
        self._folded = self._without_collision(everything)
        self.entries: Mapping[str, OfdEntry] = {
            entry.name: entry for entry in everything if not entry.is_folder
        }
        if self.prefix:
            self.deviations.append("ZIP_PREFIX")
        if self.comment:
            self.deviations.append("ZIP_COMMENT")

    def packed(self, name: str) -> bytes:
        """The octets of an entry as they stand in the file, still packed."""
        entry = self.entries[name]
        return self.data[entry.start : entry.start + entry.packed_size]

    def read(self, name: str) -> bytes:
        """The octets of an entry, unpacked and compared with size and CRC-32.

        Raises :class:`OfdMalformed`; for a name that is not in ``entries`` too.
        """
        content = self._content.get(name)
        if content is None:
            entry = self.entries.get(name)
            if entry is None:
                raise OfdMalformed(name, "文件缺失", "no such entry")
            content = _unpacked(self.packed(name), entry)
            self._kept += len(content)
            if self._kept <= MOST_KEPT:
                self._content[name] = content
        return content

    def find(self, name: str) -> str | None:
        """The entry of this name, or the one whose name differs in case or Unicode form only."""
        return name if name in self.entries else self._folded.get(folded(name))

    def _named(self, entry: OfdEntry) -> OfdEntry:
        raw = entry.raw_name
        if _PLAIN.fullmatch(entry.name) and len(entry.name) <= LONGEST_NAME:
            return entry
        try:
            name = raw.decode("ascii" if not entry.flags & _NAME_IS_UTF8 else "utf-8")
        except UnicodeDecodeError:
            if entry.flags & _NAME_IS_UTF8:
                raise OfdMalformed(entry.name, "文件名不是 UTF-8", "its name is not UTF-8") from None
            name = self._unmarked(raw, entry.name)
        if name.startswith("/"):
            self._deviates("ZIP_NAME_ABSOLUTE")
            name = name[1:]
        if entry.is_folder:
            if entry.size:
                raise OfdMalformed(entry.name, "目录项带有数据", "a folder with data")
            name = name.rstrip("/")
            if not name:
                return replace(entry, name="")
        if not name or len(name) > LONGEST_NAME or not _NOT_IN_FILE_SYSTEMS.isdisjoint(name):
            raise OfdMalformed(
                entry.name, "文件名不允许", "a backslash, a drive, a wild card or nothing as name"
            )
        if any(part in ("", ".", "..") for part in name.split("/")):
            raise OfdMalformed(entry.name, "文件名含有 .. 或空段", "an empty segment, . or .. in its name")
        if any(part != part.strip() or part.endswith(".") for part in name.split("/")):
            # Some systems leave these away: two entries would become one file.
            raise OfdMalformed(entry.name, "文件名以点或空格结尾", "a dot or blank at the end of a name")
        plain = name.isascii() and name.isprintable()
        if not plain and any(unicodedata.category(sign) in ("Cc", "Cf", "Cs") for sign in name):
            raise OfdMalformed(entry.name, "文件名含控制字符", "a control character in its name")
        return entry if name == entry.name else replace(entry, name=name)

    def _unmarked(self, raw: bytes, place: str) -> str:
        """Names of old writers: UTF-8 without the flag, or GBK."""
        found = []
        for encoding in ("utf-8", "gbk"):
            try:
                found.append(raw.decode(encoding))
            except UnicodeDecodeError:
                continue
        if not found:
            raise OfdMalformed(place, "文件名编码无法识别", "its name is neither UTF-8 nor GBK")
        self._deviates("ZIP_NAME_ENCODING")
        self._also.extend(found[1:])  # another reader may take it for that
        return found[0]

    def _deviates(self, code: str) -> None:
        if code not in self.deviations:
            self.deviations.append(code)

    def _without_collision(self, everything: list[OfdEntry]) -> dict[str, str]:
        """The names of all files by the form in which they are compared."""
        seen: dict[str, OfdEntry] = {}
        for entry in everything:
            key = folded(entry.name)
            if key in seen:
                raise OfdMalformed(entry.name, "文件名重复", "two entries with one name, case disregarded")
            seen[key] = entry
        if any(folded(name.strip("/")) in seen for name in self._also):
            raise OfdMalformed(
                self._also[0], "文件名重复", "two entries with one name, in one of its encodings"
            )
        parents: set[str] = set()
        for key in seen:
            parent = key.rpartition("/")[0]
            while parent and parent not in parents:
                parents.add(parent)
                found = seen.get(parent)
                if found is not None and not found.is_folder:
                    raise OfdMalformed(key, "文件名与目录名冲突", "a file is also the folder of another")
                parent = parent.rpartition("/")[0]
        return {key: entry.name for key, entry in seen.items() if not entry.is_folder}


def folded(name: str) -> str:
    """The form in which names are compared for collisions."""
    return name.casefold() if name.isascii() else unicodedata.normalize("NFKC", name).casefold()


def open_container(data: bytes) -> OfdContainer:
    """Raises :class:`OfdMalformed`."""
    return OfdContainer(data, read_directory(data))


def _unpacked(packed: bytes, entry: OfdEntry) -> bytes:
    if entry.method == STORED:
        content = packed
    else:
        unpacker = zlib.decompressobj(-15)
        try:
            content = unpacker.decompress(packed, entry.size + 1)
        except zlib.error:
            raise OfdMalformed(entry.name, "无法解压", "it cannot be unpacked") from None
        if not unpacker.eof and len(content) == entry.size:
            content += unpacker.decompress(unpacker.unconsumed_tail, 1)  # an empty last block may remain
        if not unpacker.eof or unpacker.unused_data or unpacker.unconsumed_tail:
            raise OfdMalformed(entry.name, "解压后大小不符", "it unpacks to more or less than its size")
    if len(content) != entry.size or zlib.crc32(content) != entry.crc:
        raise OfdMalformed(entry.name, "校验和不符", "size or CRC-32 differ from the directory")
    return content
