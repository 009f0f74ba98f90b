# SPDX-License-Identifier: Apache-2.0
"""The signatures of one file, seen together: where each stands, what it covers, what came after it.

A file whose last signature covers all of it never pays for the comparison of revisions.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from ..attached_record import RECORD, record_facts
from ..canonical import Json
from ..errors import Unreadable
from ..report import SubIndication
from .claims import pdf_time
from .coverage import Coverage, CoverageRefused, coverage_of, ends_revision, only_whitespace
from .findings import (
    BYTES_AFTER_SEAL,
    MODIFIED_AFTER_SEAL,
    NOT_IN_ITS_REVISION,
    SHOWN_DIFFERENTLY,
    SIGNATURE_SHARED,
    TOO_MUCH_TO_COMPARE,
    Finding,
    Later,
    failed,
    form_filled,
    over_content,
    overwritten,
    unsure,
)
from .pdfium import read_revision
from .reading import PdfReading, SignatureField, read_with_qpdf
from .revisions import NotComparable, Revision, Revisions, last_cross_reference
from .showing import MOST_PAGES, Difference, Place, differences
from .structure import Document
from .time_stamps import is_time_stamp

FEW_SEALS = 4
"""Signed revisions up to which seals are drawn and compared too: drawing one takes long."""
MOST_COMPARED = 300_000
"""Objects in a file whose revisions are compared."""


class SealedFile:
    """A file with at least one signature, as the first parser read it."""

    def __init__(
        self, data: bytes, reading: PdfReading, document: Document | None = None, *, full: bool = False
    ) -> None:
        self._data, self._reading, self._document, self._full = data, reading, document, full
        self._signed = reading.signed
        self._refused: dict[int, CoverageRefused] = {}
        self._coverage: dict[int, Coverage] = {}
        for number, field in enumerate(self._signed):
            try:
                self._coverage[number] = coverage_of(field, data)
            except CoverageRefused as refused:
                self._refused[number] = refused
        self._ends = sorted({one.end for one in self._coverage.values()})
        self._last = self._ends[-1] if self._ends else 0
        self._quiet_tail = only_whitespace(data[self._last :])
        self._revisions: Revisions | None = None
        self._differences: list[Difference] | None = None

    def coverage(self, number: int) -> Coverage | None:
        """What signature ``number`` protects; ``None`` when it does not say so properly."""
        return self._coverage.get(number)

    def later(self, number: int) -> Later:
        """What is wrong with the place of signature ``number`` in the file, and what came after it."""
        if number in self._refused:
            refused = self._refused[number]
            return Later((failed(SubIndication.FORMAT_FAILURE, refused.code, refused.zh, refused.en),))
        coverage = self._coverage[number]
        if self._shares(number, coverage):
            return Later((SIGNATURE_SHARED,))
        if coverage.end == self._last and self._quiet_tail and not self._full:
            return Later()
        if not self._quiet_tail and last_cross_reference(self._data) < self._last:
            return Later((BYTES_AFTER_SEAL,))
        if self._reading.objects > MOST_COMPARED:
            return Later((TOO_MUCH_TO_COMPARE,))
        return self._later_revisions(self._signed[number], coverage)

    def signature_facts(self, number: int) -> dict[str, Json]:
        """What the signature says about itself, and how much of the file it covers."""
        field, coverage = self._signed[number], self._coverage.get(number)
        facts: dict[str, Json] = {
            "field": field.name,
            "sub_filter": field.sub_filter,
            "claimed_time": pdf_time(field.claimed_time),
            "stated_reason": field.reason,
            "stated_location": field.location,
            "permission": field.permission,
            "places": [one.to_json() for one in field.places],
        }
        if coverage is not None:
            place, total = self._ends.index(coverage.end) + 1, len(self._ends) + (not self._quiet_tail)
            facts["covers"] = "whole document" if place == total else f"revision {place} of {total}"
        return facts

    def facts(self) -> dict[str, Json]:
        """Facts about the document as the last signature left it: nothing that came later may name itself."""
        reading = self._reading
        if not self._quiet_tail:
            try:
                reading = read_with_qpdf(self._data[: self._last], attachment=RECORD)
            except Unreadable:
                reading = replace(reading, title="", record=None)
        return {
            "pages": reading.pages,
            "revisions": self._data.count(b"startxref"),
            "signatures": sum(not is_time_stamp(field) for field in reading.signed),
            "time_stamps": sum(is_time_stamp(field) for field in reading.signed),
            "title": reading.title,
            **record_facts(reading.record),
        }

    def _shares(self, number: int, coverage: Coverage) -> bool:
        """Is the value or the range claimed by another field too, or does the range hold a later value?"""
        mine = self._signed[number].value_id
        for other, field in enumerate(self._signed):
            if other == number:
                continue
            theirs = self._coverage.get(other)
            if field.value_id == mine != (0, 0):
                return True
            if theirs and (
                theirs.end == coverage.end or (theirs.end > coverage.end and theirs.gap < coverage.end)
            ):
                return True
        return False

    @property
    def _last_seal(self) -> int:
        """Where the last signature ends that is no document time stamp."""
        ends = [one.end for number, one in self._coverage.items() if not is_time_stamp(self._signed[number])]
        return max(ends, default=0)

    def _later_revisions(self, field: SignatureField, coverage: Coverage) -> Later:
        # 1. The signed revision alone must already be a document that carries this signature.
        if not ends_revision(self._data, coverage.end):
            return Later((NOT_IN_ITS_REVISION,))
        try:
            if self._revisions is None:
                self._revisions = Revisions(self._data, self._ends, self._document)
            then = self._revisions.at(coverage.end, field)
            if not _agrees(then, field, self._data, coverage.end):
                return Later((NOT_IN_ITS_REVISION,))
            # 2. Everything that came after must be explained.
            if coverage.end == self._last and self._revisions.unlisted_object_after(coverage.end):
                return Later((BYTES_AFTER_SEAL,))
            changes = self._revisions.changes_since(
                coverage.end,
                permission=field.permission,
                locked=field.locked,
                last_seal=self._last_seal,
                last=self._last,
                certified=then.certified,
            )
        except NotComparable as error:
            return Later((_not_analysed(error),))
        if not changes.allowed:
            found = overwritten(changes.filled) if changes.filled else MODIFIED_AFTER_SEAL
            return Later((found,), filled=changes.filled)
        looks = self._looks(coverage.end)
        notes = [form_filled(changes.filled)] if changes.filled else []
        if hidden := sorted({page + 1 for one in looks for page in one.over_content}):
            notes.append(over_content(hidden))
        differs = (SHOWN_DIFFERENTLY,) if any(one.pages for one in looks) else ()
        return Later(differs, tuple(notes), changes.filled)

    def _looks(self, end: int) -> list[Difference]:
        """How the pages changed in appearance since the revision that ends at ``end``."""
        ends = [*self._ends] if self._quiet_tail else [*self._ends, len(self._data)]
        if self._differences is None:
            self._differences = self._drawn(ends)
        return self._differences[ends.index(end) :]

    def _drawn(self, ends: list[int]) -> list[Difference]:
        if self._revisions is None or len(ends) < 2:
            return []
        numbers = {page.number: place for place, page in enumerate(self._reading.drawn)}
        places: dict[int, list[Place]] = {}
        for end, following in pairwise(ends):
            found = self._revisions.places_after(end, following if following in self._ends else None)
            places[end] = [Place(numbers[page], box, seal) for page, box, seal in found if page in numbers]
        touched = sorted({one.page for listed in places.values() for one in listed})
        others = sorted(set(range(len(numbers))) - set(touched))
        pages = [*touched, *others][:MOST_PAGES]
        fields = len(ends) <= FEW_SEALS or not self._revisions.only_signatures()
        return differences(self._data, ends, pages, places, fields=fields)


def _not_analysed(error: NotComparable) -> Finding:
    return unsure(
        SubIndication.COVERAGE_GAP,
        "DIFFERENCE_NOT_ANALYSED",
        "签章之后另有更新,无法分析其改动",
        f"later revisions cannot be compared with the sealed one: {str(error)[:200]}",
    )


def _agrees(then: Revision, field: SignatureField, data: bytes, end: int) -> bool:
    """Does the other parser see the same in the bytes of this revision?"""
    if then.place is None:
        return False
    pages, fields, theirs = read_revision(data, end, then.place)
    mine = (field.byte_range, field.contents, field.sub_filter)
    return (
        (pages, fields) == (then.pages, then.fields)
        and theirs is not None
        and (theirs.byte_range, theirs.contents, theirs.sub_filter) == mine
    )
