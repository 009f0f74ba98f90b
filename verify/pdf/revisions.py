# SPDX-License-Identifier: Apache-2.0
"""What later revisions changed: only for files in which something follows a signed revision.

Each revision is compared with the one before it, once, however many signatures there are; what it did is then
held against each signature that it follows.  Allowed are two things: further signature fields (signed ones,
which :mod:`.check` sees to) and long-term validation data (the security store, and document time stamps that
nobody sees).  Other fields may be filled in after a certification that says so (ISO 32000-1 section 12.8.2.2,
levels 2 and 3), and are named.  Touching a page, an annotation or the catalog is a change to the sealed
document.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .changes import FieldChange, Step, Unexplained, explain
from .reading import FieldLock, SignatureField
from .showing import Box
from .structure import Document, Kind, Malformed, Name, Ref, View, last_section, same

MOST_OBJECTS = 300_000
"""In one file whose revisions are compared."""
_OBJECT_OR_STREAM = re.compile(rb"(?<![0-9])[0-9]{1,10}\s+[0-9]{1,5}\s+obj\b|\bstream\r?\n")


class NotComparable(Exception):
    """The revisions could not be compared, so nothing can be said.  Stays inside this room."""


@dataclass(frozen=True, slots=True)
class Changes:
    """``allowed``: nothing but signatures and validation data was added; ``why`` names what else was.

    ``filled``: the ordinary fields that have another value, allowed or not.
    """

    allowed: bool
    why: str = ""
    filled: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Revision:
    """A signed revision as it was: what is in it must be what the other parser sees in its bytes.

    ``place``: of the signature that was asked for among the signature fields; ``None`` when it is not there.
    ``certified``: the catalog says that this signature certifies the document.
    """

    pages: int
    fields: int
    place: int | None
    certified: bool = False


class Revisions:
    """One file, read once, compared once, asked as often as it has signatures."""

    def __init__(self, data: bytes, ends: list[int], document: Document | None = None) -> None:
        """``ends``: of everything that is signed.  Raises :class:`NotComparable`."""
        self._data = data
        try:
            self._document = document or Document(data)
        except Malformed as error:
            raise NotComparable(str(error)) from error
        self._sections = self._document.sections
        if sum(len(section.entries) for section in self._sections) > MOST_OBJECTS:
            raise NotComparable("too many objects")
        if any(section.hybrid for section in self._sections):
            raise NotComparable("hybrid cross-reference sections: two readings of one file are possible")
        self._numbers: dict[int, int] = {}
        for end in sorted(set(ends)):
            try:
                self._numbers[end] = self._number(end)
            except Malformed:
                continue
        self._views: dict[int, View] = {}
        self._steps: dict[int, Step | Unexplained | Malformed] = {}
        if self._numbers:
            self._compare(min(self._numbers.values()))

    def changes_since(
        self,
        end: int,
        *,
        permission: int | None,
        locked: FieldLock | None,
        last_seal: int,
        last: int,
        certified: bool = False,
    ) -> Changes:
        """What changed after the revision that ends at ``end``.

        ``permission`` is the DocMDP level that a certifying signature set, ``locked`` the fields that it
        locked. After ``last_seal`` only validation data and document time stamps may have been added, after
        ``last`` no time stamp either.  When the signature ``certified`` the document at level 2 or 3, fields
        that it does not lock may be filled in at any time.  Raises :class:`NotComparable`.
        """
        first, seal, final = (
            self.number_of(end),
            self._numbers.get(last_seal, -1),
            self._numbers.get(last, -1),
        )
        steps = [self._steps[number] for number in range(first + 1, len(self._sections))]
        filled = tuple(
            dict.fromkeys(name for step in steps if isinstance(step, Step) for name in step.filled)
        )
        for number, step in enumerate(steps, first + 1):
            if isinstance(step, Unexplained):
                return Changes(False, str(step), filled)
            if isinstance(step, Malformed):
                raise NotComparable(str(step))
            for name in step.filled:
                if not certified or permission not in (2, 3) or _is_locked(name, locked):
                    return Changes(False, f"the field {name:.80} must not be filled in", filled)
            if number > final and step.fields:
                return Changes(False, "a signature field was added after the last signature", filled)
            if not step.silent and (number > seal or permission == 1):
                return Changes(False, "something that can be seen was added after the last seal", filled)
            for change in step.fields:
                if not change.silent and _forbidden(change, permission, locked):
                    return Changes(False, f"the field {change.name} must not come or be filled in", filled)
        return Changes(True, filled=filled)

    def only_signatures(self) -> bool:
        """Has the form of the whole file no field but signature fields?  No, when it cannot be read."""
        view = self._views[len(self._sections) - 1]
        try:
            fields = [view.resolved(one) for one in _field_list(view)]
        except (Malformed, AttributeError):
            return False
        return all(isinstance(one, dict) and one.get("FT") == "Sig" for one in fields)

    def places_after(self, end: int, before: int | None) -> list[tuple[int, Box, bool]]:
        """Pages, by their objects, and boxes on them where something new may be seen from ``end`` on.

        Up to the revision that ends at ``before``, or to the end of the file; each with whether it is the
        place of a seal, and not of another field.
        """
        last = len(self._sections) - 1 if before is None else self.number_of(before)
        found = []
        for number in range(self.number_of(end) + 1, last + 1):
            step = self._steps[number]
            if not isinstance(step, Step):
                continue
            seals = [(*one, True) for one in step.places]
            for page, box, seal in (*seals, *((*one, False) for one in step.filled_places)):
                if isinstance(box, list) and len(box) == 4 and all(type(one) in (int, float) for one in box):
                    found.append((page, (box[0], box[1], box[2], box[3]), seal))
        return found

    def at(self, end: int, field: SignatureField) -> Revision:
        """The revision that ends at ``end``, and whether it carries this signature.

        Raises :class:`NotComparable`.
        """
        view, now = self._views[self.number_of(end)], self._views[len(self._sections) - 1]
        fields, place = 0, None
        try:
            root = view.value(view.root.number)
            pages = view.resolved(view.resolved(root["Pages"])["Count"])
            for one in _field_list(view):
                entries = view.resolved(one)
                if not isinstance(entries, dict) or entries.get("FT") != "Sig":
                    continue
                if isinstance(one, Ref) and tuple(one) == field.object_id:
                    shown = now.value(one.number)
                    named = isinstance(shown, dict) and same(shown.get("T"), entries.get("T"))
                    mine = _signature(view, view.resolved(entries.get("V")))
                    if named and mine == (field.byte_range, field.contents, field.sub_filter):
                        place = fields
                fields += 1
        except (Malformed, KeyError, TypeError, AttributeError) as error:
            raise NotComparable(f"{type(error).__name__}: {error}") from error
        return Revision(
            pages if type(pages) is int else -1, fields, place, _certifies(view, root, field.value_id[0])
        )

    def unlisted_object_after(self, end: int) -> bool:
        """Does an object stand after ``end`` that no cross-reference section names?

        It is invisible to those who follow the sections and visible to those who search the file.
        """
        listed = {section.start for section in self._sections}
        for section in self._sections:
            listed.update(entry.place for entry in section.entries.values() if entry.kind == Kind.PLAIN)
        at = end
        while found := _OBJECT_OR_STREAM.search(self._data, at):
            if found.group().endswith(b"obj") and found.start() not in listed:
                return True
            at = found.end()
            if not found.group().endswith(b"obj"):
                at = max(self._data.find(b"endstream", at), at)
        return False

    def number_of(self, end: int) -> int:
        """Of the revision that ends at ``end``.  Raises :class:`NotComparable`."""
        if end not in self._numbers:
            raise NotComparable("the signed revision is not part of the document that is shown")
        return self._numbers[end]

    def _number(self, end: int) -> int:
        """The section that ends the bytes before ``end``: all older ones before it, all newer ones after."""
        start = last_section(self._data, end)
        numbers = [number for number, section in enumerate(self._sections) if section.start == start]
        if len(numbers) != 1:
            raise Malformed("no section of the document that is shown")
        number = numbers[0]
        older, newer = self._sections[: number + 1], self._sections[number + 1 :]
        if any(one.end > end for one in older) or any(one.start < end for one in newer):
            raise Malformed("sections that are not in order")
        return number

    def _compare(self, first: int) -> None:
        """All steps from the first signed revision to the end of the file."""
        view = self._document.at_section(first)
        self._views[first] = view
        broken: Malformed | None = None
        referrers: dict[int, set[int]] = {}
        titles: dict[int, str] = {}
        try:
            referrers = view.referrers()
        except Malformed as error:
            broken = error
        floor = max(section.end for section in self._sections[: first + 1])
        for number in range(first + 1, len(self._sections)):
            section = self._sections[number]
            after = view.after(section)
            try:
                if broken is not None:
                    raise broken
                self._steps[number] = explain(view, after, floor, referrers, titles)
            except (Unexplained, Malformed) as error:
                self._steps[number] = error
            try:
                for changed in section.entries:
                    titles.pop(changed, None)
                    after.note(changed, referrers)
            except Malformed as error:
                broken = broken or error
            self._views[number] = view = after
            floor = max(floor, section.end)


def _forbidden(change: FieldChange, permission: int | None, locked: FieldLock | None) -> bool:
    return (permission is not None and change.created and change.visible) or _is_locked(change.name, locked)


def _is_locked(name: str, locked: FieldLock | None) -> bool:
    if locked is None:
        return False
    named = any(name == one or name.startswith(f"{one}.") for one in locked.fields)
    return locked.action == "All" or named == (locked.action == "Include")


def _certifies(view: View, root: dict[str, object], signature: int) -> bool:
    permissions = view.resolved(root.get("Perms"))
    said = permissions.get("DocMDP") if isinstance(permissions, dict) else None
    return isinstance(said, Ref) and said.number == signature


def _field_list(view: View) -> list[object]:
    form = view.resolved(view.value(view.root.number).get("AcroForm"))
    fields = view.resolved(form.get("Fields")) if isinstance(form, dict) else None
    return fields if isinstance(fields, list) else []


def _signature(view: View, entries: object) -> tuple[tuple[int, ...], bytes, str]:
    if not isinstance(entries, dict):
        return (), b"", ""
    numbers = view.resolved(entries.get("ByteRange"))
    contents = view.resolved(entries.get("Contents"))
    name = view.resolved(entries.get("SubFilter"))
    good = isinstance(numbers, list) and all(type(one) is int for one in numbers)
    return (
        tuple(numbers) if good else (),
        contents if isinstance(contents, bytes) else b"",
        str(name) if isinstance(name, Name) else "",
    )


def last_cross_reference(data: bytes) -> int:
    """Where the last ``startxref`` points; -1 when the file does not end as a PDF does."""
    try:
        return last_section(data, len(data))
    except Malformed:
        return -1
