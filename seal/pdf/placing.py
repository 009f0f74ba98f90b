# SPDX-License-Identifier: Apache-2.0
"""The signature field of one use of a seal, new or there already, and everything that shows the seal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .appearance import Appearance, looks_of
from .base import Base
from .errors import PdfRefused
from .existing import Existing, existing_fields
from .fields import Draft, Shown, hidden
from .locks import FieldLock, lock_of
from .mark_errors import MarkRefused
from .marks import Mark, OnField
from .profiles import PdfProfile
from .seed_values import require_met
from .sheet import box_of
from .spots import MOST_SPOTS, Paper, Spot, spots_of


@dataclass(frozen=True, slots=True)
class Act:
    """One use of a seal.  ``certify`` is the DocMDP level, 0 for none."""

    at: datetime
    marks: tuple[Mark, ...]
    appearance: Appearance | None
    reason: str
    certify: int
    lock: FieldLock | None
    profile: PdfProfile
    inspected: bool


def place_seal(base: Base, act: Act, draft: Draft, value: int) -> FieldLock | None:
    """Put the field of signature ``value`` and its marks into the draft; the lock that the value states."""
    existing = existing_fields(base.pdf)
    if act.certify and existing.signed:
        raise PdfRefused("pdf-sealed")
    if act.certify:
        draft.certify(value)
    named = [mark for mark in act.marks if isinstance(mark, OnField)]
    if len(named) > 1:
        raise MarkRefused("marks-too-many", f"{len(named)} fields")
    paper = Paper(base.data, base.pages)
    spots = _spots(act, paper)
    if named:
        return _in_field(act, draft, value, existing, paper, named[0].name, spots)
    name = existing.new_name()
    marks = _shown(base.pages, act, draft, spots) or [hidden(base.pages[0])]
    entries = f"/V {value} 0 R"
    if act.lock is not None:
        entries += f" /Lock {draft.add(act.lock.dictionary())} 0 R"
    # Stamps beside an earlier signature would count as a change to what it sealed; widgets of a field do not.
    field = draft.field(name, marks, entries, as_widgets=existing.signed)
    draft.list_fields([field])
    return act.lock


def _spots(act: Act, paper: Paper) -> list[Spot]:
    spots: list[Spot] = []
    for mark in act.marks:
        if isinstance(mark, OnField):
            continue
        for spot in spots_of(mark, paper):
            spots.append(spot)
            if len(spots) > MOST_SPOTS:
                raise MarkRefused("marks-too-many", f"> {MOST_SPOTS}")
    if spots and act.appearance is None:
        raise MarkRefused("marks-without-picture", str(len(spots)))
    return spots


def _shown(pages: Sequence[Any], act: Act, draft: Draft, spots: Sequence[Spot]) -> list[Shown]:
    if not spots or act.appearance is None:
        return []
    looks = looks_of(spots, act.appearance, draft.add)
    return [Shown(pages[one.page], one.rect, look) for one, look in zip(spots, looks, strict=True)]


def _in_field(
    act: Act, draft: Draft, value: int, existing: Existing, paper: Paper, name: str, spots: list[Spot]
) -> FieldLock | None:
    """Sign an empty field; its own lock counts, and it is shown where its author wanted it."""
    import pikepdf

    field = existing.empty_field(name)
    require_met(field, name, act.profile, act.certify)
    own = lock_of(field)
    if own is not None and act.lock is not None and own != act.lock:
        raise MarkRefused("field-demands-more", name)
    if spots and (existing.signed or existing.permission is not None):
        raise MarkRefused("marks-on-certified", name)
    widget = _widget(field, name)
    rect = box_of(widget.get("/Rect"))
    entries = {"/V": b"%d 0 R" % value}
    if act.appearance is not None and rect is not None and rect[0] < rect[2] and rect[1] < rect[3]:
        page = _page_of(widget, paper)
        rotation = 0 if page is None else paper.sheet(page).rotation
        spots = [Spot(page or 0, rect, rotation, fit=True), *spots]
        first, *further = _shown(paper.pages, act, draft, spots)
        look = b"<< /N %d 0 R >>" % (first.look or 0)
        if widget.objgen == field.objgen:
            entries["/AP"] = look
        else:
            draft.rewrite(widget, {"/AP": look})
        draft.stamps(name, further)
    elif spots:
        draft.stamps(name, _shown(paper.pages, act, draft, spots))
    assert isinstance(field, pikepdf.Dictionary)
    draft.rewrite(field, entries)
    draft.list_fields([])
    return own or act.lock


def _widget(field: Any, name: str) -> Any:
    """The one widget of a field: itself, or its only child."""
    import pikepdf

    kids = field.get("/Kids")
    if kids is None:
        return field
    if not isinstance(kids, pikepdf.Array) or len(kids) != 1:
        raise MarkRefused("field-nested", name)
    only = kids[0]
    if not isinstance(only, pikepdf.Dictionary) or "/T" in only or only.objgen == (0, 0):
        raise MarkRefused("field-nested", name)
    return only


def _page_of(widget: Any, paper: Paper) -> int | None:
    """The page that lists the widget; the one that it names is looked at first."""
    import pikepdf

    named = widget.get("/P")
    hint = named.objgen if isinstance(named, pikepdf.Dictionary) else None
    for number in sorted(paper.every, key=lambda one: paper.pages[one].objgen != hint):
        listed = paper.pages[number].get("/Annots")
        for one in listed if isinstance(listed, pikepdf.Array) else ():
            if isinstance(one, pikepdf.Dictionary) and one.objgen == widget.objgen:
                return number
    return None
