# SPDX-License-Identifier: Apache-2.0
"""Put empty signature fields into a document before its first seal: who signs where, and what that locks.

ISO 32000-1 section 12.7.4.5.  Parties that sign one after the other fill fields that were there from the
start, which a certification of level 2 allows; a field that appears later is a change to what was sealed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .base import opened
from .existing import MOST_SIGNATURES, existing_fields
from .fields import Draft, Shown, hidden
from .locks import FieldLock
from .mark_errors import MarkRefused
from .marks import Placement
from .spots import Paper, spot_at
from .update import write_revision


@dataclass(frozen=True, slots=True)
class EmptyField:
    """A signature field to come; without a placement its signature will not be visible."""

    name: str
    placement: Placement | None = None
    lock: FieldLock | None = None


def add_signature_fields(data: bytes, fields: Sequence[EmptyField], *, inspected: bool = False) -> bytes:
    """The document with these fields, in a revision of their own.

    Raises :class:`PdfRefused`, :class:`PlacementRefused`, and :class:`MarkRefused` for a name that is taken
    or cannot be one, and for a document that is sealed already.
    """
    with opened(data, inspected=inspected) as base:
        existing = existing_fields(base.pdf)
        if existing.signed or existing.permission is not None:
            raise MarkRefused("fields-after-seal", str(len(fields)))
        paper = Paper(data, base.pages)
        draft = Draft(base.pdf.Root, base.next_number)
        taken = set(existing.names)
        numbers = []
        for one in fields:
            if one.name in taken or not one.name.strip() or "." in one.name or not one.name.isprintable():
                raise MarkRefused("field-name-unusable", one.name)
            taken.add(one.name)
            mark = hidden(base.pages[0])
            if one.placement is not None:
                spot = spot_at(paper, one.placement)
                mark = Shown(base.pages[spot.page], spot.rect, None)
            lock = "" if one.lock is None else f"/Lock {draft.add(one.lock.dictionary())} 0 R"
            numbers.append(draft.field(one.name, [mark], lock, as_widgets=False))
        if not fields or len(existing.signature_fields) + len(fields) >= MOST_SIGNATURES:
            raise MarkRefused("marks-too-many", f"{len(fields)} fields")
        draft.list_fields(numbers, signed=False)
        revision = write_revision(base, draft.objects(), next_number=draft.next_number)
    return data + revision.tail
