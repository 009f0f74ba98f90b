# SPDX-License-Identifier: Apache-2.0
"""Ordinary form fields that are filled in: their value, the state of a button, and a new appearance.

ISO 32000-1 sections 12.7.3, 12.7.4 and 12.5.5.  Whether a signature allows it is not asked here.  What a
form may show is bound to the value that it states: each visible place of a field whose value changed shows
something new, none of another field does, and an appearance is drawn inside the place that it had.  Fields
with several places, and with one that is an object of its own, are not followed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ..structure import Name, Ref, Stream, Value, View, same
from .form import Form, is_visible, title_of
from .step import Spot, Unexplained, Update, dictionary, named

_KINDS: Final = ("Tx", "Ch", "Btn")
_MAY_DIFFER: Final = frozenset(("V", "AP", "AS"))
_SAYS_IT_TWICE: Final = frozenset(("RV", "I"))
"""Rich text and selected indices: a value that stands there a second time would not follow."""
_ELSEWHERE: Final = frozenset(("OC", "Ref", "OPI", "F", "FFilter"))
"""Of a stream that is drawn: layers that can be switched off, and content from outside the file."""
_READ_ONLY: Final = 1
_PUSH_BUTTON: Final = 1 << 16
_DEEPEST: Final = 16
_LONGEST_NAME: Final = 250
_MOST_DRAWN: Final = 1_000


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    kind: str


def is_ordinary(update: Update, old: dict[str, Value]) -> bool:
    """Is it a field, or part of one, that is no signature field?"""
    return _inherited(update.before, old, "FT") in _KINDS


class Fillings:
    """The ordinary fields of one update."""

    def __init__(self, update: Update, form: Form) -> None:
        self._update, self._form = update, form
        self._touched: dict[int, _Field] = {}
        self._drawn = 0

    def changed(self, number: int, old: dict[str, Value], new: dict[str, Value]) -> None:
        """A field that is written again.  Raises :class:`Unexplained`."""
        field = self._touched[number] = self._field(number, old)
        for key in (old.keys() | new.keys()) - _MAY_DIFFER:
            if key not in old or key not in new or not same(old[key], new[key]):
                raise Unexplained(f"{key} of the field {field.name:.80} was changed")
        self._update.explain(number, list(self._form.known_uses(number)))
        self._require_value(field, old.get("V"), new.get("V"))
        self._appearance(field, old, new, Spot(number))
        self._require_shown(field, old, new)

    def finish(self) -> tuple[tuple[str, ...], tuple[tuple[int, Value], ...]]:
        """Names of the fields, and pages with boxes on them."""
        names = dict.fromkeys(field.name for field in self._touched.values())
        return tuple(names), tuple(box for number in self._touched for box in self._form.places_of(number))

    def _field(self, number: int, field: dict[str, Value]) -> _Field:
        """A field that holds a value, with its full name.  Raises :class:`Unexplained`."""
        before = self._update.before
        name, kind = self._full_name(number, field), _inherited(before, field, "FT")
        flags = _inherited(before, field, "Ff") or 0
        closed = type(flags) is not int or flags & _READ_ONLY or (kind == "Btn" and flags & _PUSH_BUTTON)
        if closed or self._form.has_second_form or field.keys() & _SAYS_IT_TWICE:
            raise Unexplained(f"the field {name:.80} is not one to be filled in")
        if field.get("Subtype") != "Widget" or "Kids" in field:
            raise Unexplained(f"the field {name:.80} is not its own place on a page")
        return _Field(name, str(kind))

    def _full_name(self, number: int, field: dict[str, Value]) -> str:
        """Of a field that the form lists, as locks name it.  Raises :class:`Unexplained`."""
        parts: list[str] = []
        for _ in range(_DEEPEST):
            parts.insert(0, _plain_title(field))
            parent = field.get("Parent")
            uses = [spot.number for spot in self._update.uses(number) if spot.path[:1] == ("Kids",)]
            if parent is None and not uses and self._form.is_listed(number):
                name = ".".join(parts)
                if len(name) > _LONGEST_NAME:
                    break
                return name
            if not isinstance(parent, Ref) or uses != [parent.number]:
                break
            number, field = parent.number, dictionary(self._update.before.value(parent.number), "a field")
        raise Unexplained(f"the field in object {number} has no clear name in the form")

    def _require_value(self, field: _Field, was: Value, now: Value) -> None:
        if isinstance(now, Ref):
            if now.number not in self._update.new:
                raise Unexplained(f"the value of the field {field.name:.80} had another use")
            now = self._update.after.resolved(now)
        many = field.kind == "Ch" and isinstance(now, list) and all(isinstance(one, bytes) for one in now)
        good = isinstance(now, Name) if field.kind == "Btn" else isinstance(now, bytes) or many
        if not good or same(self._update.before.resolved(was), now):
            raise Unexplained(f"the value of the field {field.name:.80} is none, or is what it was")

    def _appearance(self, field: _Field, old: dict[str, Value], new: dict[str, Value], spot: Spot) -> None:
        """Only new streams may be drawn; one that was there stays what it was."""
        was, now, _ = self._update.entry("AP", old, new, spot)
        before, after = dictionary(was, "AP"), dictionary(now, "AP")
        for key in before.keys() | after.keys():
            if same(before.get(key), after.get(key)):
                continue
            if key not in ("N", "R", "D") or key not in after:
                raise Unexplained(f"the appearance of the field {field.name:.80} was changed")
            mine = self._update.after.resolved(after[key])
            if isinstance(mine, dict):  # one stream for each state
                if isinstance(after[key], Ref):
                    self._require_new(field, after[key])
                former = self._update.before.resolved(before.get(key))
                for state, one in mine.items():
                    if not isinstance(former, dict) or not same(former.get(state), one):
                        self._require_drawn(field, one)
            else:
                self._require_drawn(field, after[key])

    def _require_new(self, field: _Field, one: Value) -> None:
        if not isinstance(one, Ref) or one.number not in self._update.new:
            raise Unexplained(f"the appearance of the field {field.name:.80} is nothing new")

    def _require_drawn(self, field: _Field, one: Value) -> None:
        """A new form that is drawn inside its box, with everything new that it draws."""
        self._require_new(field, one)
        form = self._update.after.resolved(one)
        box = form.entries.get("BBox") if isinstance(form, Stream) else None
        if not isinstance(form, Stream) or form.entries.get("Subtype") != "Form" or not _is_box(box):
            raise Unexplained(f"the appearance of the field {field.name:.80} is no form")
        waiting, seen = list(named(one)), set[int]()
        while waiting:
            number = waiting.pop()
            if number in seen or number not in self._update.new:
                continue
            seen.add(number)
            self._drawn += 1
            if self._drawn > _MOST_DRAWN:
                raise Unexplained("appearances with too many parts")
            value = self._update.after.value(number)
            entries = value.entries if isinstance(value, Stream) else value
            if isinstance(value, Stream) and value.entries.keys() & _ELSEWHERE:
                raise Unexplained(f"the appearance of the field {field.name:.80} draws what is not in it")
            waiting.extend(named(entries))

    def _require_shown(self, field: _Field, old: dict[str, Value], new: dict[str, Value]) -> None:
        """What is to be seen belongs to the value that the field has now."""
        before, after = self._update.before, self._update.after
        looks = dictionary(after.resolved(new.get("AP")), "AP")
        if field.kind != "Btn":
            former = dictionary(before.resolved(old.get("AP")), "AP")
            if "AS" in new or (is_visible(new) and same(former.get("N"), looks.get("N"))):
                raise Unexplained(f"the field {field.name:.80} looks as it did and has another value")
            return
        value, states = after.resolved(new.get("V")), after.resolved(looks.get("N"))
        expected = value if isinstance(states, dict) and value in states else Name("Off")
        if new.get("AS") != expected:
            raise Unexplained(f"the field {field.name:.80} shows another state than it has")


def _inherited(view: View, field: Value, key: str) -> Value:
    """The entry of a field or of the nearest one above it that has it."""
    for _ in range(_DEEPEST):
        if not isinstance(field, dict):
            return None
        if key in field:
            return field[key]
        parent = field.get("Parent")
        field = view.value(parent.number) if isinstance(parent, Ref) else None
    return None


def _plain_title(field: dict[str, Value]) -> str:
    """One part of a name, if all readers decode it alike.  Raises :class:`Unexplained`."""
    raw, text = field.get("T"), title_of(field)
    marked = isinstance(raw, bytes) and raw.startswith((b"\xfe\xff", b"\xef\xbb\xbf"))
    if not text or "." in text or "\ufffd" in text or not (text.isprintable() and (marked or text.isascii())):
        raise Unexplained("a field whose name is none, or can be read in several ways")
    return text


def _is_box(box: Value) -> bool:
    if not isinstance(box, list) or len(box) != 4:
        return False
    left, bottom, right, top = box
    numbers = all(type(one) in (int, float) for one in box)
    return numbers and left != right and bottom != top
