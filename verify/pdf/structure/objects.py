# SPDX-License-Identifier: Apache-2.0
"""The objects of a PDF at each of its revisions, read when they are asked for, each at most once.

What refers to an object is known for all of a revision: one pass over the file, without parsing it.  The pass
finds too much rather than too little; who asks then reads the objects that it names.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Final

from .sections import Entry, Kind, Section, read_sections, root_of, unpacked
from .syntax import (
    Malformed,
    Ref,
    Stream,
    Value,
    read_head,
    read_value,
    require_end_of_stream,
)

LARGEST_UNPACKED: Final = 64 * 1024 * 1024
MOST_PACKED: Final = 100_000
"""Objects in one object stream."""
_REFERENCE = re.compile(
    rb"([0-9]{1,10})(?:[\x00\t\n\x0c\r ]++|%[^\r\n]*+)++[0-9]++(?:[\x00\t\n\x0c\r ]++|%[^\r\n]*+)*+R"
)
_STREAM = re.compile(rb">>[\x00\t\n\x0c\r ]*+stream\r?\n")
_PAIR = re.compile(rb"[\x00\t\n\x0c\r ]*([0-9]{1,10})[\x00\t\n\x0c\r ]+([0-9]{1,10})")
Path = tuple[str | int, ...]


class Packed:
    """An object stream, unpacked: ISO 32000-1 section 7.5.7."""

    __slots__ = ("data", "numbers", "places")

    def __init__(self, entries: dict[str, Value], stored: bytes) -> None:
        """Raises :class:`Malformed`."""
        count, first = entries.get("N"), entries.get("First")
        if (
            entries.get("Type") != "ObjStm"
            or "Extends" in entries
            or not isinstance(count, int)
            or not isinstance(first, int)
            or not 0 <= count <= MOST_PACKED
        ):
            raise Malformed("an object stream whose shape is not right")
        self.data = unpacked(entries, stored, LARGEST_UNPACKED)
        self.numbers: list[int] = []
        self.places: list[int] = []
        at = 0
        for _ in range(count):
            pair = _PAIR.match(self.data, at)
            if pair is None or pair.end() > first:
                raise Malformed("an object stream whose index is not right")
            self.numbers.append(int(pair[1]))
            self.places.append(first + int(pair[2]))
            at = pair.end()
        if self.places != sorted(self.places):
            raise Malformed("an object stream whose objects are not in order")


class Document:
    """One file: its cross-reference sections, and what was read of its objects so far."""

    def __init__(self, data: bytes) -> None:
        """Raises :class:`Malformed`."""
        self.data = data
        self.sections: list[Section] = read_sections(data)
        self._read: dict[tuple[int, int], tuple[Ref, Value, int, bool]] = {}
        self._values: dict[tuple[int, int, int], Value] = {}
        self._packed: dict[int, Packed] = {}
        self._paths: dict[tuple[int, int, int], dict[int, list[Path]]] = {}

    def at_section(self, last: int) -> View:
        """The file as it was when section ``last`` was written."""
        entries: dict[int, Entry] = {}
        for section in self.sections[: last + 1]:
            entries.update(section.entries)
        return View(self, entries, self.sections[last])

    def head(self, number: int, place: int) -> tuple[Ref, Value, int, bool]:
        """The indirect object at ``place``.  Raises :class:`Malformed` when another stands there."""
        key = number, place
        if key not in self._read:
            if not 0 < place < len(self.data):
                raise Malformed(f"object {number} is not in the file")
            self._read[key] = read_head(self.data, place)
        if self._read[key][0].number != number:
            raise Malformed(f"another object than {number} at {place}")
        return self._read[key]

    def packed(self, number: int, view: View) -> Packed:
        """The object stream of this number.  Raises :class:`Malformed`."""
        entry = view.entries.get(number)
        if entry is None or entry.kind != Kind.PLAIN:
            raise Malformed(f"object stream {number} is not in the file")
        if entry.place not in self._packed:
            stream = view.value(number)
            if not isinstance(stream, Stream):
                raise Malformed(f"object {number} is no object stream")
            self._packed[entry.place] = Packed(stream.entries, self.data[stream.start : stream.end])
        return self._packed[entry.place]

    def value(self, number: int, entry: Entry, view: View) -> Value:
        """Raises :class:`Malformed`."""
        place = entry.place
        if entry.kind == Kind.PACKED:
            packed = self.packed(place, view)
            key = (view.entries[place].place, entry.more, number)
            if key not in self._values:
                if entry.more >= len(packed.numbers) or packed.numbers[entry.more] != number:
                    raise Malformed(f"object {number} is not in its object stream")
                self._values[key] = read_value(packed.data, packed.places[entry.more])[0]
            return self._values[key]
        key = (place, -1, number)
        if key not in self._values:
            ref, value, end, follows = self.head(number, place)
            if ref.generation != entry.more:
                raise Malformed(f"object {number} has another generation")
            if follows:
                length = view.resolved(value.get("Length"))
                if not isinstance(length, int) or not 0 <= length <= len(self.data) - end:
                    raise Malformed(f"stream {number} has no length")
                require_end_of_stream(self.data, end + length)
                value = Stream(value, end, end + length)
            self._values[key] = value
        return self._values[key]

    def paths(self, number: int, entry: Entry, view: View) -> dict[int, list[Path]]:
        """Where an object refers to which others.  Raises :class:`Malformed`."""
        place = view.entries[entry.place].place if entry.kind == Kind.PACKED else entry.place
        key = (place, entry.more if entry.kind == Kind.PACKED else -1, number)
        if key not in self._paths:
            value = self.value(number, entry, view)
            found: dict[int, list[Path]] = {}
            stack: list[tuple[Value, Path]] = [(value.entries if isinstance(value, Stream) else value, ())]
            while stack:
                one, path = stack.pop()
                if isinstance(one, Ref):
                    found.setdefault(one.number, []).append(path)
                elif isinstance(one, dict):
                    stack.extend((inner, (*path, key)) for key, inner in one.items())
                elif isinstance(one, list):
                    stack.extend((inner, (*path, place)) for place, inner in enumerate(one))
            self._paths[key] = found
        return self._paths[key]


class View:
    """The objects as they are at one revision."""

    def __init__(self, document: Document, entries: dict[int, Entry], section: Section) -> None:
        self.document, self.entries, self.section = document, entries, section
        self._depth = 0

    def after(self, section: Section) -> View:
        """The next revision; this one stays as it is."""
        return View(self.document, self.entries | section.entries, section)

    def in_use(self, number: int) -> bool:
        entry = self.entries.get(number)
        return entry is not None and entry.kind != Kind.FREE

    def value(self, number: int) -> Value:
        """``None`` for what does not exist.  Raises :class:`Malformed`."""
        entry = self.entries.get(number)
        if entry is None or entry.kind == Kind.FREE:
            return None
        if self._depth > 4:
            raise Malformed("objects that need each other to be read")
        self._depth += 1
        try:
            return self.document.value(number, entry, self)
        finally:
            self._depth -= 1

    def resolved(self, value: Value) -> Value:
        """The value itself, when it is a reference.  Raises :class:`Malformed`."""
        if not isinstance(value, Ref):
            return value
        found = self.value(value.number)
        if isinstance(found, Ref):
            raise Malformed("a reference to a reference")
        return found

    @property
    def root(self) -> Ref:
        """Raises :class:`Malformed`."""
        return root_of(self.section)

    def bytes_of(self, stream: Stream) -> bytes:
        """As they stand in the file."""
        return self.document.data[stream.start : stream.end]

    def paths_to(self, number: int, referrer: int) -> list[Path]:
        """Where object ``referrer`` refers to ``number``.  Raises :class:`Malformed`."""
        entry = self.entries.get(referrer)
        if entry is None or entry.kind == Kind.FREE:
            return []
        return self.document.paths(referrer, entry, self).get(number, [])

    def referrers(self) -> dict[int, set[int]]:
        """For each number, the objects that may refer to it: those that do, and sometimes others."""
        data, found = self.document.data, dict[int, set[int]]()
        plain = sorted(
            (entry.place, number) for number, entry in self.entries.items() if entry.kind == Kind.PLAIN
        )
        ends = sorted({place for place, _ in plain} | {one.start for one in self.document.sections})
        for place, number in plain:
            next_one = bisect_right(ends, place)
            self._note(number, place, ends[next_one] if next_one < len(ends) else len(data), found)
        for container in {entry.place for entry in self.entries.values() if entry.kind == Kind.PACKED}:
            packed = self.document.packed(container, self)
            for reference in _REFERENCE.finditer(packed.data):
                inside = bisect_right(packed.places, reference.start()) - 1
                if inside >= 0:
                    found.setdefault(int(reference[1]), set()).add(packed.numbers[inside])
        return found

    def note(self, number: int, found: dict[int, set[int]]) -> None:
        """Adds to ``found`` what object ``number`` of this revision refers to.  Raises :class:`Malformed`."""
        entry = self.entries[number]
        if entry.kind != Kind.FREE:
            for target in self.document.paths(number, entry, self):
                found.setdefault(target, set()).add(number)

    def _note(self, number: int, place: int, end: int, found: dict[int, set[int]]) -> None:
        data = self.document.data
        limit, stream = end, _STREAM.search(data, place, end)
        if stream is not None:
            end = stream.start()
        if data.find(b"(", place, end) >= 0 or data.find(b"%", place, end) >= 0:
            # Something that looks like a stream, or like another object, may stand in a string or a comment.
            end = self.document.head(number, place)[2]
            if end > limit:
                raise Malformed(f"object {number} holds another one")
        for reference in _REFERENCE.finditer(data, place, end):
            found.setdefault(int(reference[1]), set()).add(number)
