# SPDX-License-Identifier: Apache-2.0
"""Is every object that an update wrote explained?  ISO 32000-1 sections 7.5.6 and 12.8.2.2, EN 319 142-1.

Explained are signature fields and what belongs to them, ordinary fields that are filled in, validation data
(the security store), document time stamps, the document information and its metadata.  An object with a new
number is harmless unless something leads to it, and only the explained changes do; an object that is written
again must have a known role, must differ only as this role permits, and must not be used for anything else.
What is not known is not explained.
"""

from __future__ import annotations

import re
from typing import Final

from ..structure import Kind, Name, Ref, Stream, Value, View, same
from .filling import Fillings, is_ordinary
from .form import Form, page_changed
from .metadata import require_metadata
from .step import Spot, Step, Unexplained, Update, dictionary, named
from .store import store_changed

_TRAILER_MAY_DIFFER: Final = frozenset(
    ("Size", "Prev", "Info", "ID", "Type", "W", "Index", "Filter", "DecodeParms", "Length")
)
_CATALOG_MAY_DIFFER: Final = frozenset(("AcroForm", "DSS", "Extensions", "Metadata", "Version"))
_VERSION = re.compile(r"1\.[0-7]|2\.0")


def explain(
    before: View, after: View, floor: int, referrers: dict[int, set[int]], titles: dict[int, str]
) -> Step:
    """What ``after`` did to ``before``, whose bytes end at ``floor``.

    ``referrers``: for each number, the objects of ``before`` that may refer to it;
    ``titles``: names of its fields that are known, to which is added.

    Raises :class:`Unexplained` and :class:`~..structure.Malformed`.
    """
    update = Update(before, after, referrers, titles)
    _sort(update, floor)
    _trailer(update)
    form = Form(update)
    fillings = Fillings(update, form)
    _catalog(update, form)
    for number in sorted(update.replaced.keys() - update.explained):
        if number not in update.explained:
            _replaced(update, form, fillings, number)
    _require_whole(update)
    filled, filled_places = fillings.finish()
    return Step(form.finish(), form.resources_grew, tuple(form.places), filled, filled_places)


def _sort(update: Update, floor: int) -> None:
    """New and replaced objects; each must stand in the bytes of this update."""
    before, section = update.before, update.after.section
    for number, entry in section.entries.items():
        if before.entries.get(number) == entry or number == 0:
            continue
        if entry.kind == Kind.FREE:
            if before.in_use(number):
                raise Unexplained(f"object {number} was removed")
            continue
        if entry.kind == Kind.PACKED:
            container = section.entries.get(entry.place)
            if container is None or container.kind != Kind.PLAIN or before.in_use(entry.place):
                raise Unexplained(f"object {number} stands in an object stream of an earlier revision")
        elif not floor <= entry.place <= section.start:
            raise Unexplained(f"object {number} does not stand in the update that names it")
        (update.replaced if before.in_use(number) else update.new)[number] = entry
    for number in update.new:
        for spot in update.uses(number):
            raise Unexplained(f"object {spot.number} already named object {number}, which did not exist")


def _require_whole(update: Update) -> None:
    """What was written can be read, and refers to nothing that is missing and could come later."""
    before, after = update.before, update.after
    for number, entry in (*update.new.items(), *update.replaced.items()):
        for target in after.document.paths(number, entry, after):
            if not after.in_use(target) and not before.paths_to(target, number):
                raise Unexplained(f"object {number} refers to object {target}, which does not exist")


def _trailer(update: Update) -> None:
    old, new = update.before.section.trailer, update.after.section.trailer
    _same_but_for(old, new, _TRAILER_MAY_DIFFER, "the trailer")
    size, before_size = new.get("Size"), old.get("Size")
    if type(size) is not int or type(before_size) is not int or size < before_size:
        raise Unexplained("the file is said to have fewer objects than before")
    if max(update.after.section.entries, default=0) >= size:
        raise Unexplained("an object has a number beyond those that the file is said to have")
    former, now = old.get("Info"), new.get("Info")
    if now is None:
        return
    after = update.after.resolved(now)
    if not isinstance(now, Ref) or not isinstance(after, dict):
        raise Unexplained("the document information is no dictionary of its own")
    if former != now:
        if now.number not in update.new:
            raise Unexplained("the document information is now an object that had another use")
        return
    before = dictionary(update.before.resolved(former), "the document information")
    for key in before.keys() | after.keys():
        was, value = before.get(key), after.get(key)
        if not same(was, value) and not (isinstance(was, bytes | None) and isinstance(value, bytes | None)):
            raise Unexplained("the document information holds something else than text")
    update.explain(now.number, _trailers(update, now.number))


def _trailers(update: Update, number: int) -> list[Spot]:
    """Where cross-reference streams, which are objects as well, name what trailers name."""
    starts = {section.start for section in update.before.document.sections}
    entries = update.before.entries
    return [
        spot
        for spot in update.uses(number)
        if spot.path in (("Root",), ("Info",)) and entries[spot.number].place in starts
    ]


def _catalog(update: Update, form: Form) -> None:
    number = update.before.root.number
    old, new = (dictionary(view.value(number), "the catalog") for view in (update.before, update.after))
    _same_but_for(old, new, _CATALOG_MAY_DIFFER, "the catalog")
    # A signature may say that it certifies the catalog; nothing else has a reason to name it.
    certified = [spot for spot in update.uses(number) if spot.path[-1:] == ("Data",)]
    update.explain(number, certified + _trailers(update, number))
    spot = Spot(number)
    version = new.get("Version")
    if version is not None and not (isinstance(version, Name) and _VERSION.fullmatch(version)):
        raise Unexplained("the version in the catalog is none")
    _, extensions, _ = update.entry("Extensions", old, new, spot)
    if any(number in update.new for number in named(dictionary(extensions, "Extensions"))):
        raise Unexplained("the extensions lead to something new")
    store_changed(update, old, new, spot)
    require_metadata(update, old, new, spot)
    form.changed(old, new, spot)


def _replaced(update: Update, form: Form, fillings: Fillings, number: int) -> None:
    """An object that is written again and is none of those that stand at a fixed place."""
    old, new = update.before.value(number), update.after.value(number)
    if _identical(update, old, new):
        update.explained.add(number)
    elif isinstance(old, dict) and isinstance(new, dict) and old.get("Type") == new.get("Type") == "Page":
        page_changed(update, form, number, old, new)
    elif isinstance(old, dict) and isinstance(new, dict):
        if is_ordinary(update, old):
            fillings.changed(number, old, new)
        else:
            form.filled(number, old, new)
    elif isinstance(old, list) and isinstance(new, list):
        form.annotations(number, old, new)
    else:
        raise Unexplained(f"object {number} was replaced")


def _identical(update: Update, old: Value, new: Value) -> bool:
    if isinstance(old, Stream) and isinstance(new, Stream):
        return same(old.entries, new.entries) and update.before.bytes_of(old) == update.after.bytes_of(new)
    return same(old, new)


def _same_but_for(
    old: dict[str, Value], new: dict[str, Value], may_differ: frozenset[str], what: str
) -> None:
    for key in (old.keys() | new.keys()) - may_differ:
        if key not in old or key not in new or not same(old[key], new[key]):
            raise Unexplained(f"{key} of {what} was changed")
