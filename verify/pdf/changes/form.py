# SPDX-License-Identifier: Apache-2.0
"""Changes of the form: signature fields that come, or are filled in, with their places on the pages.

ISO 32000-1 sections 12.7.2, 12.7.4.5 and 12.5.6.19.  No other field may come or go; :mod:`.filling` sees to
those that are filled in.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..structure import Ref, Value, same
from .step import FieldChange, Spot, Unexplained, Update, array, dictionary, named

_FORM_MAY_DIFFER: Final = frozenset(("Fields", "DR"))
_FILLED_MAY_DIFFER: Final = frozenset(("V", "AP", "F", "Ff"))
_WIDGET_MAY_DIFFER: Final = frozenset(("AP", "F"))
_ACTIVE: Final = frozenset(("A", "AA", "PA", "PMD", "OC"))
"""What a signature field has no use for: actions, and layers that can be switched off."""
_MAY_LEAD_ON: Final = frozenset(("AP", "V", "Lock", "SV", "Kids"))
_VALUES: Final = (None, "Sig", "DocTimeStamp")


class Form:
    """The form of one update."""

    def __init__(self, update: Update) -> None:
        self._update = update
        self._fields: list[FieldChange] = []
        self._created: set[int] = set()  # fields and widgets that may be hung into pages
        self._filled: set[int] = set()
        self._parents: set[int] = set()  # of widgets that got an appearance
        self._list = Spot(-1)
        self.resources_grew = False
        self.has_second_form = False  # of another kind (XFA), which some readers show instead
        self.places: list[tuple[int, Value]] = []

    def finish(self) -> tuple[FieldChange, ...]:
        """All that happened.  Raises :class:`Unexplained`."""
        if self._parents - self._filled:
            raise Unexplained("the appearance of a field was changed that was not signed with it")
        return tuple(self._fields)

    def changed(self, old_root: dict[str, Value], new_root: dict[str, Value], spot: Spot) -> None:
        """The form as a whole, and the fields that it lists.  Raises :class:`Unexplained`."""
        update = self._update
        was, now, inner = update.entry("AcroForm", old_root, new_root, spot)
        if was is None and now is None:
            return
        if not isinstance(was, dict) or not isinstance(now, dict):
            raise Unexplained("the form was not there, or is no dictionary")
        for key in (was.keys() | now.keys()) - _FORM_MAY_DIFFER:
            if key not in was or key not in now or not same(was[key], now[key]):
                raise Unexplained(f"{key} of the form was changed")
        self.has_second_form = "XFA" in now
        before, after, _ = update.entry("DR", was, now, inner)
        if not same(before, after):
            self.resources_grew = True
            _require_grown(before, after)
        before, after, self._list = update.entry("Fields", was, now, inner)
        self._listed(array(before, "Fields"), array(after, "Fields"))

    def _listed(self, old: list[Value], new: list[Value]) -> None:
        if len(old) == len(new) and same(old, new):
            return
        added = _added(old, new, "Fields")
        names = {self._known_title(one) for one in old}
        for one in added:
            if not isinstance(one, Ref) or one.number not in self._update.new or one.number in self._created:
                raise Unexplained("a field was added that is no object of its own")
            change = self._creation(one)
            if change.name in names:
                raise Unexplained("a field was added whose name is taken")
            names.add(change.name)
            self._fields.append(change)

    def _known_title(self, one: Value) -> str:
        """The name of a field of the revision before; read once for all updates that leave it alone."""
        update = self._update
        if not isinstance(one, Ref):
            return title_of(one)
        if one.number not in update.titles:
            update.titles[one.number] = title_of(update.before.value(one.number))
        return update.titles[one.number]

    def _creation(self, ref: Ref) -> FieldChange:
        after = self._update.after
        field = after.value(ref.number)
        name = title_of(field)
        if not isinstance(field, dict) or field.get("FT") != "Sig" or not name or "." in name:
            raise Unexplained("a field was added that is no signature field with a name of its own")
        if "Parent" in field or field.keys() & _ACTIVE:
            raise Unexplained("a signature field was added that can do more than sign")
        widgets = [ref]
        if "Kids" in field:
            widgets = array(after.resolved(field["Kids"]), "Kids")
            for kid in widgets:
                self._require_widget(ref, kid)
        self._created.update((ref.number, *(one.number for one in widgets)))
        for one in {ref, *widgets}:
            self._require_plain(after.value(one.number))
        return self._change(name, field, [after.value(one.number) for one in widgets], widgets, created=True)

    def _require_plain(self, entries: dict[str, Value]) -> None:
        """Only known entries lead to something new."""
        for key in entries.keys() - _MAY_LEAD_ON:
            if any(
                number in self._update.new and number not in self._created for number in named(entries[key])
            ):
                raise Unexplained(f"{key} of a new signature field leads to something new")

    def _require_widget(self, field: Ref, kid: Value) -> None:
        widget = self._update.after.resolved(kid)
        if (
            not isinstance(kid, Ref)
            or kid.number not in self._update.new
            or not isinstance(widget, dict)
            or widget.get("Subtype") != "Widget"
            or widget.get("Parent", field) != field  # none at all: readers differ (docs/decisions/0021)
            or widget.keys() & (_ACTIVE | {"T", "Kids"})
        ):
            raise Unexplained("a signature field was added with a part that is no place on a page")

    def _change(
        self, name: str, field: dict[str, Value], widgets: list[Value], refs: list[Ref], *, created: bool
    ) -> FieldChange:
        value = field.get("V")
        visible = any(is_visible(widget) for widget in widgets)
        stamp = False
        if value is not None:
            signature = self._update.after.resolved(value)
            if not isinstance(value, Ref) or value.number not in self._update.new:
                raise Unexplained(f"the value of the field {name:.80} is no object of its own")
            if not isinstance(signature, dict) or signature.get("Type") not in _VALUES:
                raise Unexplained(f"the value of the field {name:.80} is no signature")
            stamp = signature.get("Type") == "DocTimeStamp"
        return FieldChange(
            name=name,
            created=created,
            signed=value is not None,
            visible=visible,
            silent=stamp and not visible,
            widgets=tuple(one.number for one in refs),
        )

    def filled(self, number: int, old: dict[str, Value], new: dict[str, Value]) -> None:
        """A field that is written again: signed now, and not before; or a place of such a field on a page.

        Raises :class:`Unexplained`.
        """
        is_widget = "T" not in old and isinstance(old.get("Parent"), Ref) and old.get("Subtype") == "Widget"
        if not is_widget and (old.get("FT") != "Sig" or "V" in old or "V" not in new or not title_of(old)):
            raise Unexplained(f"object {number} was replaced")
        may_differ = _WIDGET_MAY_DIFFER if is_widget else _FILLED_MAY_DIFFER
        for key in (old.keys() | new.keys()) - may_differ:
            if key not in old or key not in new or not same(old[key], new[key]):
                raise Unexplained(f"{key} of the field in object {number} was changed")
        self._update.explain(number, list(self.known_uses(number)))
        for place in (
            number,
            *(one.number for one in array(old.get("Kids"), "Kids") if isinstance(one, Ref)),
        ):
            self.places.extend(self.places_of(place))
        if is_widget:
            self._parents.add(old["Parent"].number)
            return
        self._filled.add(number)
        kids = array(self._update.after.resolved(new.get("Kids")), "Kids")
        refs = [one for one in kids if isinstance(one, Ref)] or [Ref(number, 0)]
        places = [self._update.after.value(one.number) for one in refs]
        self._fields.append(self._change(title_of(old), new, [new, *places], refs, created=False))

    def is_listed(self, number: int) -> bool:
        """Does the form itself list this field?"""
        return any(self._lists(spot) for spot in self._update.uses(number))

    def places_of(self, number: int) -> Iterator[tuple[int, Value]]:
        """Pages, and boxes on them, where a field that is filled in can be seen."""
        update = self._update
        widget = update.after.value(number)
        for spot in update.uses(number):
            pages = [spot] if spot.path[:1] == ("Annots",) else list(update.uses(spot.number))
            for page in pages:
                if page.path[:1] == ("Annots",) and isinstance(widget, dict):
                    yield page.number, widget.get("Rect")

    def known_uses(self, number: int) -> Iterator[Spot]:
        """Where a field or its place on a page may be named."""
        for spot in self._update.uses(number):
            if self._lists(spot) or self._hangs(spot):
                yield spot

    def _lists(self, spot: Spot) -> bool:
        return spot.number == self._list.number and spot.path[:-1] == self._list.path

    def _hangs(self, spot: Spot) -> bool:
        holder, path = self._update.before.value(spot.number), spot.path
        if isinstance(holder, list):
            uses = self._update.uses(spot.number)
            return len(path) == 1 and all(_is_annots(self._update, use) for use in uses)
        return isinstance(holder, dict) and (
            (path[:1] == ("Annots",) and len(path) == 2 and holder.get("Type") == "Page")
            or (path[:1] == ("Kids",) and len(path) == 2 and ("T" in holder or "FT" in holder))
            or path == ("Parent",)
            or path[-1:] == ("Obj",)
        )

    def annotations(self, number: int, old: list[Value], new: list[Value]) -> None:
        """A list of annotations that is an object of its own.  Raises :class:`Unexplained`."""
        uses = list(self._update.uses(number))
        if len(uses) != 1 or not _is_annots(self._update, uses[0]):
            raise Unexplained(f"object {number} was replaced")
        self._update.explain(number, uses)
        self.hung(uses[0].number, old, new)

    def hung(self, page: int, old: list[Value], new: list[Value]) -> None:
        """Only what belongs to new signature fields may be hung into a page.  Raises :class:`Unexplained`."""
        for one in _added(old, new, "Annots"):
            if not isinstance(one, Ref) or one.number not in self._created:
                raise Unexplained("an annotation was added that belongs to no new signature field")
            widget = self._update.after.value(one.number)
            if not isinstance(widget, dict) or widget.get("Subtype") != "Widget":
                raise Unexplained("an annotation was added that is no place of a field")
            self.places.append((page, widget.get("Rect")))


def page_changed(
    update: Update, form: Form, number: int, old: dict[str, Value], new: dict[str, Value]
) -> None:
    """Nothing of a page changes but the annotations it has.  Raises :class:`Unexplained`."""
    for key in (old.keys() | new.keys()) - {"Annots"}:
        if key not in old or key not in new or not same(old[key], new[key]):
            raise Unexplained(f"{key} of the page in object {number} was changed")
    was, now, _ = update.entry("Annots", old, new, Spot(number))
    form.hung(number, array(was, "Annots"), array(now, "Annots"))
    update.explain(number, list(update.uses(number)))


def _is_annots(update: Update, spot: Spot) -> bool:
    page = update.before.value(spot.number)
    return spot.path == ("Annots",) and isinstance(page, dict) and page.get("Type") == "Page"


def _added(old: list[Value], new: list[Value], what: str) -> list[Value]:
    """What came, when all that was there is still there in its order.  Raises :class:`Unexplained`."""
    place, added = 0, []
    for one in new:
        if place < len(old) and same(one, old[place]):
            place += 1
        else:
            added.append(one)
    if place < len(old):
        raise Unexplained(f"entries of {what} were removed or moved")
    return added


def _require_grown(old: Value, new: Value, depth: int = 0) -> None:
    """Default resources: what was there is there.  Raises :class:`Unexplained`."""
    before, after = dictionary(old, "DR"), dictionary(new, "DR")
    for key, value in before.items():
        if key in after and same(value, after[key]):
            continue
        if key not in after or depth > 0 or not isinstance(value, dict) or not isinstance(after[key], dict):
            raise Unexplained("the default resources of the form were changed")
        _require_grown(value, after[key], depth + 1)


def title_of(field: Value) -> str:
    """The name of a field; empty when it has none."""
    text = field.get("T") if isinstance(field, dict) else None
    if not isinstance(text, bytes):
        return ""
    if text.startswith(b"\xfe\xff"):
        return text[2:].decode("utf-16-be", "replace")
    if text.startswith(b"\xef\xbb\xbf"):
        return text[3:].decode("utf-8", "replace")
    return text.decode("latin-1")


def is_visible(widget: Value) -> bool:
    """Has it a place on a page?  What cannot be read has one."""
    box = widget.get("Rect") if isinstance(widget, dict) else None
    if box is None:
        return False
    if not isinstance(box, list) or len(box) != 4 or not all(type(one) in (int, float) for one in box):
        return True
    return bool((box[0] - box[2]) * (box[1] - box[3]))
