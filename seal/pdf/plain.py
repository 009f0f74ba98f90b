# SPDX-License-Identifier: Apache-2.0
"""Read the few objects that a seal touches from a plain file, without a parser for everything.

Plain means: classic cross-reference tables, every entry where and as the standard wants it, and nothing that
could be written in two ways in what is read.  Whatever is not plain is nobody's fault: it is ``None``, and
qpdf reads it.  Only for files whose content the caller answers for; what is skipped: decision 0022.

ISO 32000-1 sections 7.3 (objects), 7.5 (file structure), 7.7.3 (page tree).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from .page_tree import DEEPEST, MOST_PAGES

Span: TypeAlias = tuple[int, int]

_SECTION: Final = re.compile(rb"xref[ \t]*(?:\r\n|\n|\r)")
_RUN: Final = re.compile(rb"([0-9]{1,8}) ([0-9]{1,8})[ \t]*(?:\r\n|\n|\r)")
_ENTRIES: Final = re.compile(rb"(?:[0-9]{10} [0-9]{5} [fn](?: \n| \r|\r\n))*+")
_TRAILER: Final = re.compile(rb"trailer\s*(?=<<)")
_OBJECT: Final = re.compile(rb"([0-9]{1,8}) ([0-9]{1,5}) obj\s*(?=<<)")
_END: Final = re.compile(rb"\s*endobj\b")
_BLANK: Final = b"\x00\t\n\x0c\r "
_TOKEN: Final = re.compile(
    rb"[\x00\t\n\x0c\r ]*(?:"
    rb"(/[!-\"$&'*-.0-;=?-Z\\^-z|~]*)"
    rb"|([0-9]{1,8} [0-9]{1,5} R)(?=[\x00\t\n\x0c\r />\[\]<(])"
    rb"|([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))(?=[\x00\t\n\x0c\r />\[\]<(])"
    rb"|(<<)|(>>)|(\[)|(\])"
    rb"|(\((?:[^()\\]|\\[^\r\n])*\)|<[0-9A-Fa-f]*>)"
    rb"|(true|false)(?=[\x00\t\n\x0c\r />\[\]<(])"
    rb")"
)
_NAME, _REFERENCE, _NUMBER, _OPEN, _CLOSE, _BEGIN, _FINISH, _TEXT, _WORD = range(1, 10)
_MOST_SECTIONS: Final = 32
_FOREIGN: Final = ("/Encrypt", "/XRefStm")


OTHER: Final = object()
"""Stands for a value that nothing here asks for: a dictionary, a truth value."""


class NotPlainError(Exception):
    """Not a plain file: somebody else has to read it.  Stays inside this room."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference to an object."""

    objgen: tuple[int, int]

    def __str__(self) -> str:
        number, generation = self.objgen
        return f"{number} {generation} R"


class PlainDictionary:
    """A dictionary that is an object of its own; it answers like qpdf's for what is asked of it here.

    Values are numbers, names, references, strings as they are written, lists of these, and :data:`OTHER`.
    """

    __slots__ = ("_data", "_entries", "_file", "_spans", "end", "objgen", "start")

    def __init__(self, file: PlainFile | None, data: bytes, start: int, objgen: tuple[int, int]) -> None:
        self.objgen, self.start, self._data, self._file = objgen, start, data, file
        self._entries: dict[str, Any] = {}
        self._spans: dict[str, Span] = {}
        self.end = self._read(start)

    def __contains__(self, key: str) -> bool:
        return key in self._entries

    def get(self, key: str, default: Any = None) -> Any:
        """The value; the dictionary that it refers to where it is a reference."""
        value = self._entries.get(key, default)
        if isinstance(value, Reference):
            if self._file is None:
                raise NotPlainError
            return self._file.dictionary(value.objgen)
        if isinstance(value, list) and key != "/Annots" and any(isinstance(one, Reference) for one in value):
            raise NotPlainError
        return value

    def raw(self, key: str) -> Any:
        """The value as it is written; ``None`` when there is none."""
        return self._entries.get(key)

    def with_entries(self, entries: Mapping[str, bytes]) -> bytes:
        """The dictionary as it is written, with these entries in place of its own."""
        at, parts = self.start, []
        for start, end in sorted(self._spans[key] for key in entries if key in self._spans):
            parts.append(self._data[at:start])
            at = end
        parts.append(self._data[at : self.end - 2].rstrip(_BLANK))
        parts += [b" " + key.encode("ascii") + b" " + value for key, value in entries.items()]
        return b"".join(parts) + b" >>"

    def _read(self, start: int) -> int:
        """Entries and where each stands; returns the end.  Raises :class:`NotPlainError`."""
        data, match, entries = self._data, _TOKEN.match, self._entries
        found = match(data, start)
        if found is None or found.lastindex != _OPEN:
            raise NotPlainError
        while True:
            found = match(data, found.end())
            if found is None:
                raise NotPlainError
            if found.lastindex == _CLOSE:
                return found.end()
            if found.lastindex != _NAME:
                raise NotPlainError
            key, at = found[_NAME].decode("ascii"), found.start()
            value, found = _value(data, match(data, found.end()))
            if key in entries:
                raise NotPlainError
            entries[key], self._spans[key] = value, (at, found.end())


@dataclass(frozen=True, slots=True)
class _Table:
    """A run of entries of a cross-reference table: first number, count, and where they stand."""

    first: int
    count: int
    at: int


class PlainFile:
    """The objects of a plain file that a seal touches."""

    def __init__(self, data: bytes, section: int) -> None:
        self._data = data
        self._tables: list[_Table] = []
        self._held: dict[tuple[int, int], PlainDictionary] = {}
        self.trailer = self._sections(section)
        root = self.trailer.raw("/Root")
        if not isinstance(root, Reference):
            raise NotPlainError
        self.Root = self.dictionary(root.objgen)
        if "/AcroForm" in self.Root or "/Perms" in self.Root or self.Root.raw("/Type") != "/Catalog":
            raise NotPlainError
        self.pages = PlainPages(self)

    @property
    def identifier(self) -> bytes | None:
        """The first of the two identifiers.  Raises :class:`NotPlainError` where it is not simply written."""
        pair = self.trailer.raw("/ID")
        if pair is None:
            return None
        if not isinstance(pair, list) or len(pair) != 2 or not isinstance(pair[0], bytes):
            raise NotPlainError
        first: bytes = pair[0]
        if first.startswith(b"<"):
            if len(first) % 2:
                raise NotPlainError
            return bytes.fromhex(first[1:-1].decode("ascii"))
        if b"\\" in first or b"\r" in first:
            raise NotPlainError
        return first[1:-1]

    def dictionary(self, objgen: tuple[int, int]) -> PlainDictionary:
        """The object, which has to be a dictionary and no stream.  Raises :class:`NotPlainError`."""
        found = self._held.get(objgen)
        if found is None:
            at = self._offset(*objgen)
            head = _OBJECT.match(self._data, at)
            if head is None or (int(head[1]), int(head[2])) != objgen:
                raise NotPlainError
            found = PlainDictionary(self, self._data, head.end(), objgen)
            if _END.match(self._data, found.end) is None:
                raise NotPlainError
            self._held[objgen] = found
        return found

    def _offset(self, number: int, generation: int) -> int:
        for table in self._tables:
            place = number - table.first
            if 0 <= place < table.count:
                at = table.at + 20 * place
                if self._data[at + 11 : at + 18] != b"%05d n" % generation:
                    raise NotPlainError
                return int(self._data[at : at + 10])
        raise NotPlainError

    def _sections(self, at: int) -> PlainDictionary:
        """Every section, newest first; returns the last trailer."""
        newest: PlainDictionary | None = None
        visited: set[int] = set()
        listed = 0
        while True:
            if at in visited or len(visited) >= _MOST_SECTIONS:
                raise NotPlainError
            visited.add(at)
            trailer, most = self._section(at)
            listed = max(listed, most)
            newest = newest or trailer
            previous = trailer.raw("/Prev")
            if previous is None:
                break
            if not isinstance(previous, int):
                raise NotPlainError
            at = previous
        size = newest.raw("/Size")
        if not isinstance(size, int) or listed >= size:
            raise NotPlainError
        return newest

    def _section(self, at: int) -> tuple[PlainDictionary, int]:
        found = _SECTION.match(self._data, at)
        most = 0
        while found is not None:
            at = found.end()
            found = _RUN.match(self._data, at)
            if found is None:
                break
            first, count, start = int(found[1]), int(found[2]), found.end()
            entries = _ENTRIES.match(self._data, start, min(start + 20 * count, len(self._data)))
            if entries is None or entries.end() != start + 20 * count:
                raise NotPlainError
            self._tables.append(_Table(first, count, start))
            most = max(most, first + count - 1)
            found = entries
        head = _TRAILER.match(self._data, at)
        if head is None:
            raise NotPlainError
        trailer = PlainDictionary(None, self._data, head.end(), (0, 0))
        if any(key in trailer for key in _FOREIGN):
            raise NotPlainError
        return trailer, most


class PlainPages(Sequence[PlainDictionary]):
    """The pages in order; no more of the tree is read than is asked for."""

    def __init__(self, file: PlainFile) -> None:
        self._walked: list[PlainDictionary] = []
        self._rest = self._walk(file)

    def __getitem__(self, number: Any) -> Any:
        while isinstance(number, int) and number >= len(self._walked):
            try:
                self._walked.append(next(self._rest))
            except StopIteration:
                raise IndexError(number) from None
        return self._walked[number]

    def __len__(self) -> int:
        self._walked += self._rest
        return len(self._walked)

    @staticmethod
    def _walk(file: PlainFile) -> Iterator[PlainDictionary]:
        seen: set[tuple[int, int]] = set()
        stack: list[tuple[Any, int]] = [(file.Root.raw("/Pages"), 0)]
        count = 0
        while stack:
            kid, depth = stack.pop()
            if not isinstance(kid, Reference) or kid.objgen in seen or depth > DEEPEST:
                raise NotPlainError
            seen.add(kid.objgen)
            node = file.dictionary(kid.objgen)
            kids = node.raw("/Kids")
            if depth > 0 and "/Kids" not in node and node.raw("/Type") == "/Page":
                count += 1
                yield node
            elif isinstance(kids, list) and node.raw("/Type") == "/Pages":
                stack.extend((one, depth + 1) for one in reversed(kids))
            else:
                raise NotPlainError
            if count > MOST_PAGES or len(seen) > 3 * MOST_PAGES:
                raise NotPlainError


def plain_list(items: Sequence[Any]) -> bytes:
    """The beginning of a list of references, as it is written again.  Raises :class:`NotPlainError`."""
    if not all(isinstance(one, Reference) for one in items):
        raise NotPlainError
    return b"".join([b"[ ", *(b"%d %d R " % one.objgen for one in items)])


def _value(data: bytes, found: re.Match[bytes] | None) -> tuple[Any, re.Match[bytes]]:
    """The value that begins with this token, and its last token."""
    if found is None:
        raise NotPlainError
    kind = found.lastindex
    if kind == _REFERENCE:
        number, generation, _ = found[_REFERENCE].split()
        return Reference((int(number), int(generation))), found
    if kind == _NUMBER:
        text = found[_NUMBER]
        return (float(text) if b"." in text else int(text)), found
    if kind == _NAME:
        return found[_NAME].decode("ascii"), found
    if kind == _TEXT:
        return found[_TEXT], found
    if kind == _WORD:
        return OTHER, found
    if kind == _BEGIN:
        return _list(data, found)
    if kind == _OPEN:
        return OTHER, _passed(data, found)
    raise NotPlainError


def _list(data: bytes, found: re.Match[bytes]) -> tuple[list[Any], re.Match[bytes]]:
    items: list[Any] = []
    while True:
        token = _TOKEN.match(data, found.end())
        if token is not None and token.lastindex == _FINISH:
            return items, token
        value: Any
        if token is not None and token.lastindex == _BEGIN:
            value, found = OTHER, _passed(data, token)
        else:
            value, found = _value(data, token)
        items.append(value)


def _passed(data: bytes, opening: re.Match[bytes]) -> re.Match[bytes]:
    """The token that closes what this one opens."""
    closing = {_OPEN: _CLOSE, _BEGIN: _FINISH}
    match, found = _TOKEN.match, opening
    expected = [closing[opening.lastindex or 0]]
    while expected:
        following = match(data, found.end())
        if following is None or len(expected) > DEEPEST:
            raise NotPlainError
        found, kind = following, following.lastindex or 0
        if kind in closing:
            expected.append(closing[kind])
        elif kind in (_CLOSE, _FINISH) and kind != expected.pop():
            raise NotPlainError
    return found
