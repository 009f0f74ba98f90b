# SPDX-License-Identifier: Apache-2.0
"""Read the few objects that a seal touches from a plain file, without a parser for everything.

Plain means: classic cross-reference tables, every entry where and as the standard wants it, and nothing that
could be written in two ways in what is read.  Whatever is not plain raises :class:`NotPlainError`, and qpdf
reads it.  Only for files whose content the caller answers for; what is skipped: decision 0022.

ISO 32000-1 sections 7.3 (objects), 7.5 (file structure), 7.7.3 (page tree).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from .page_tree import DEEPEST, MOST_PAGES

_SECTION: Final = re.compile(rb"xref[ \t]*(?:\r\n|\n|\r)")
_RUN: Final = re.compile(rb"([0-9]{1,8}) ([0-9]{1,8})[ \t]*(?:\r\n|\n|\r)")
_ENTRIES: Final = re.compile(rb"(?:[0-9]{10} (?:0[0-9]{4}|65535) [fn](?: \n| \r|\r\n))*+")
_TRAILER: Final = re.compile(rb"trailer\s*(?=<<)")
_OBJECT: Final = re.compile(rb"([0-9]{1,8}) ([0-9]{1,5}) obj\s*(?=<<)")
_END: Final = re.compile(rb"\s*endobj\b")
_BLANK: Final = b"\x00\t\n\x0c\r "
_WHITE: Final = rb"[\x00\t\n\x0c\r ]*"
_ENDS: Final = rb"(?=[\x00\t\n\x0c\r />\[\]<(])"
_SAID_NAME: Final = rb"/[!-\"$&'*-.0-;=?-Z\\^-z|~]*"
_SAID_NUMBER: Final = rb"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)" + _ENDS
_SAID_REFERENCE: Final = rb"[0-9]{1,8} [0-9]{1,5} R" + _ENDS
_SAID_TEXT: Final = rb"\((?:[^()\\\r]|\\[^\r\n])*\)|<(?:[0-9A-Fa-f]{2})*>"
_VALUE: Final = b"|".join(
    (
        rb"(" + _SAID_REFERENCE + rb")",
        rb"(" + _SAID_NUMBER + rb")",
        rb"(" + _SAID_NAME + rb")",
        rb"(\[" + _WHITE + rb"(?:" + _SAID_NUMBER + _WHITE + rb")*\])",
        rb"(\[" + _WHITE + rb"(?:" + _SAID_REFERENCE + _WHITE + rb")*\])",
        rb"(\[" + _WHITE + rb"(?:(?:" + _SAID_TEXT + rb")" + _WHITE + rb")*\])",
        rb"(" + _SAID_TEXT + rb"|(?:true|false)" + _ENDS + rb")",
        rb"(<<|\[)",
    )
)
_REFERENCE, _NUMBER, _NAME, _NUMBERS, _REFERENCES, _TEXTS, _PLAIN, _OPEN = range(2, 10)
_ENTRY: Final = re.compile(_WHITE + rb"(?:(" + _SAID_NAME + rb")" + _WHITE + rb"(?:" + _VALUE + rb")|>>)")
_INSIDE: Final = re.compile(
    _WHITE
    + rb"(?:(<<|\[)|(>>|\])|"
    + b"|".join((_SAID_NAME, _SAID_REFERENCE, _SAID_NUMBER, _SAID_TEXT, rb"(?:true|false)" + _ENDS))
    + rb")"
)
_OPENS, _CLOSES = 1, 2
_EACH_REFERENCE: Final = re.compile(_SAID_REFERENCE)
_EACH_TEXT: Final = re.compile(_SAID_TEXT)
_PAIRS: Final = {b"<<": b">>", b"[": b"]"}
_MOST_SECTIONS: Final = 32
_FOREIGN: Final = ("/Encrypt", "/XRefStm")


OTHER: Final = object()
"""Stands for a value that nothing here asks for."""


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

    Values are numbers, names, references, lists of numbers, of references and of strings as they are
    written; :data:`OTHER` is everything else.
    """

    __slots__ = ("_data", "_ends", "_entries", "_file", "end", "objgen", "start")

    def __init__(self, file: PlainFile | None, data: bytes, start: int, objgen: tuple[int, int]) -> None:
        self.objgen, self.start, self._data, self._file = objgen, start, data, file
        self._entries: dict[bytes, re.Match[bytes]] = {}
        self._ends: dict[bytes, int] = {}
        self.end = self._read(start)

    def __contains__(self, key: str) -> bool:
        return key.encode("ascii") in self._entries

    def get(self, key: str, default: Any = None) -> Any:
        """The value; the dictionary that it refers to where it is a reference."""
        found = self._entries.get(key.encode("ascii"))
        if found is None:
            return default
        value = _value(found)
        if isinstance(value, Reference):
            if self._file is None:
                raise NotPlainError
            return self._file.dictionary(value.objgen)
        if value is OTHER:
            raise NotPlainError
        return value

    def raw(self, key: str) -> Any:
        """The value as it is written; ``None`` when there is none."""
        found = self._entries.get(key.encode("ascii"))
        return None if found is None else _value(found)

    def with_entries(self, entries: Mapping[str, bytes]) -> bytes:
        """The dictionary as it is written, with these entries in place of its own.

        Whatever it refers to is there: a reference to nothing means nothing today, and would mean an object
        of the next revision once that has the number.  Raises :class:`NotPlainError`.
        """
        if self._file is None:
            raise NotPlainError
        for said in _EACH_REFERENCE.finditer(self._data, self.start, self.end):
            self._file.require(_reference(said[0]))
        at, parts = self.start, []
        own = [one for key in entries if (one := self._entries.get(key.encode("ascii"))) is not None]
        for found in sorted(own, key=re.Match.start):
            parts.append(self._data[at : found.start()])
            at = self._ends.get(found[1], found.end())
        parts.append(self._data[at : self.end - 2].rstrip(_BLANK))
        parts += [b" %b %b" % (key.encode("ascii"), value) for key, value in entries.items()]
        return b"".join(parts) + b" >>"

    def _read(self, start: int) -> int:
        """Each entry as it is found; returns the end.  Raises :class:`NotPlainError`."""
        data, match, entries = self._data, _ENTRY.match, self._entries
        at = start + 2  # behind <<
        while True:
            found = match(data, at)
            if found is None:
                raise NotPlainError
            key = found[1]
            if key is None:
                return found.end()
            if key in entries:
                raise NotPlainError
            entries[key], at = found, found.end()
            if found.lastindex == _OPEN:
                at = self._ends[key] = _passed(data, at, found[_OPEN])


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
    def info(self) -> Reference | None:
        """The document information.  Raises :class:`NotPlainError` where it is no dictionary of its own."""
        found = self.trailer.raw("/Info")
        if found is None:
            return None
        if not isinstance(found, Reference):
            raise NotPlainError
        head = _OBJECT.match(self._data, self._offset(*found.objgen))
        if head is None or (int(head[1]), int(head[2])) != found.objgen:
            raise NotPlainError
        return found

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
            return bytes.fromhex(first[1:-1].decode("ascii"))
        if b"\\" in first:
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

    def require(self, reference: Reference) -> None:
        """There is an object where the table says.  Raises :class:`NotPlainError`."""
        number, generation = reference.objgen
        if not self._data.startswith(b"%d %d obj" % (number, generation), self._offset(number, generation)):
            raise NotPlainError

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
        if size != listed + 1:
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


def _value(found: re.Match[bytes]) -> Any:
    """The value of an entry."""
    kind = found.lastindex or 0
    written = found[kind]
    if kind == _REFERENCE:
        return _reference(written)
    if kind == _NUMBER:
        return _number(written)
    if kind == _NAME:
        return written.decode("ascii")
    if kind == _NUMBERS:
        return [_number(one) for one in written[1:-1].replace(b"\x00", b" ").split()]
    if kind == _REFERENCES:
        return [_reference(one[0]) for one in _EACH_REFERENCE.finditer(written)]
    if kind == _TEXTS:
        return [one[0] for one in _EACH_TEXT.finditer(written)]
    return OTHER


def _reference(written: bytes) -> Reference:
    number, generation, _ = written.split()
    return Reference((int(number), int(generation)))


def _number(written: bytes) -> int | float:
    return float(written) if b"." in written else int(written)


def _passed(data: bytes, at: int, opened: bytes) -> int:
    """The end of what is opened here.  Raises :class:`NotPlainError`."""
    match, expected = _INSIDE.match, [_PAIRS[opened]]
    while expected:
        found = match(data, at)
        if found is None or len(expected) > DEEPEST:
            raise NotPlainError
        at = found.end()
        if found.lastindex == _OPENS:
            expected.append(_PAIRS[found[_OPENS]])
        elif found.lastindex == _CLOSES and found[_CLOSES] != expected.pop():
            raise NotPlainError
    return at
