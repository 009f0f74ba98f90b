# SPDX-License-Identifier: Apache-2.0
"""What later revisions changed: only for files in which something follows a signed revision.

The comparison is pyHanko's difference analysis with its rules cut down to two permissions: further signature
fields (signed ones, which :mod:`.check` sees to) and long-term validation data (the security store, and
document time stamps that nobody sees).  Filling in any other field, touching a page, an annotation or the
catalog is a change to the sealed document.
"""

from __future__ import annotations

import io
import logging
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from .reading import FieldLock

_OBJECT_OR_STREAM = re.compile(rb"(?<![0-9])[0-9]{1,10}\s+[0-9]{1,5}\s+obj\b|\bstream\r?\n")
_STARTXREF = re.compile(rb"startxref\s+([0-9]{1,12})\s+%%EOF\s*\Z")


class NotComparable(Exception):
    """The revisions could not be compared, so nothing can be said.  Stays inside this room."""


@dataclass(frozen=True, slots=True)
class Changes:
    """``allowed``: nothing but signatures and validation data was added; ``why`` names what else was."""

    allowed: bool
    why: str = ""


class Revisions:
    """One file, opened once, compared as often as it has signatures."""

    def __init__(self, data: bytes) -> None:
        """Raises :class:`NotComparable`."""
        from pyhanko.pdf_utils.reader import PdfFileReader

        self._data = data
        try:
            self._reader = PdfFileReader(io.BytesIO(data), strict=True)
            hybrid = self._reader.xrefs.hybrid_xrefs_present
        except Exception as error:
            raise NotComparable(f"{type(error).__name__}: {error}") from error
        if hybrid:
            raise NotComparable("hybrid cross-reference sections: two readings of one file are possible")

    def changes_since(
        self, end: int, *, permission: int | None, locked: FieldLock | None, signatures_follow: bool
    ) -> Changes:
        """What changed after the revision that ends at ``end``.

        ``permission`` is the DocMDP level that a certifying signature set, ``locked`` the fields that it
        locked. Without ``signatures_follow`` only validation data and document time stamps may have been
        added. Raises :class:`NotComparable`.
        """
        from pyhanko.sign.diff_analysis import ModificationLevel
        from pyhanko.sign.fields import FieldMDPAction, FieldMDPSpec, MDPPerm

        try:
            revision = self._revision(end)
            result: Any = _policy().review_file(
                self._reader,
                revision,
                field_mdp_spec=None
                if locked is None
                else FieldMDPSpec(FieldMDPAction(f"/{locked.action}"), list(locked.fields)),
                doc_mdp=None if permission is None else MDPPerm(permission),
            )
        except NotComparable:
            raise
        except Exception as error:
            raise NotComparable(f"{type(error).__name__}: {error}") from error
        if isinstance(result, Exception):
            return Changes(False, str(result))
        sealed_for_good = permission == 1 or not signatures_follow
        limit = ModificationLevel.LTA_UPDATES if sealed_for_good else ModificationLevel.FORM_FILLING
        if result.modification_level > limit:
            return Changes(False, f"changes of level {result.modification_level.name}")
        return Changes(True)

    def unlisted_object_after(self, end: int) -> bool:
        """Does an object stand after ``end`` that no cross-reference section names?

        It is invisible to those who follow the sections and visible to those who search the file.  Raises
        :class:`NotComparable`.
        """
        xrefs = self._reader.xrefs
        listed: set[object] = set()
        try:
            for number in range(xrefs.total_revisions):
                listed.add(xrefs.get_xref_container_info(number).start_location)
                for reference in xrefs.explicit_refs_in_revision(number):
                    listed.add(xrefs.get_historical_ref(reference, number))
        except Exception as error:
            raise NotComparable(f"{type(error).__name__}: {error}") from error
        at = end
        while found := _OBJECT_OR_STREAM.search(self._data, at):
            if found.group().endswith(b"obj") and found.start() not in listed:
                return True
            at = found.end()
            if not found.group().endswith(b"obj"):
                at = max(self._data.find(b"endstream", at), at)
        return False

    def _revision(self, end: int) -> int:
        """The number of the revision whose cross-reference section is the last one before ``end``."""
        xrefs = self._reader.xrefs
        inside = [
            number
            for number in range(xrefs.total_revisions)
            if xrefs.get_xref_container_info(number).end_location <= end
        ]
        marker = _STARTXREF.search(self._data, max(end - 64, 0), end)
        if not inside or inside != list(range(len(inside))) or marker is None:
            raise NotComparable("the signed revision does not end with a cross-reference section of its own")
        if xrefs.get_startxref_for_revision(inside[-1]) != int(marker.group(1)):
            raise NotComparable("the signed revision is not part of the document that is shown")
        return inside[-1]


def last_cross_reference(data: bytes) -> int:
    """Where the last ``startxref`` points; -1 when the file does not end as a PDF does."""
    marker = _STARTXREF.search(data, max(len(data) - 1100, 0))
    return int(marker.group(1)) if marker else -1


@cache
def _policy() -> Any:
    from pyhanko.sign import diff_analysis

    rules: Any = diff_analysis  # its constructors carry no annotations

    # pyHanko logs each refusal with a trace; ours go into the report, and no part of a file into a log.
    logging.getLogger("pyhanko.sign.diff_analysis").setLevel(logging.CRITICAL)
    routine = (
        rules.DocInfoRule(),
        rules.XrefStreamRule(),
        rules.ObjectStreamRule(),
        rules.DSSCompareRule(),
        rules.MetadataUpdateRule(),
    )
    return rules.StandardDiffPolicy(
        global_rules=[
            rules.CatalogModificationRule(),
            *(rule.as_qualified(rules.ModificationLevel.LTA_UPDATES) for rule in routine),
        ],
        form_rule=rules.FormUpdatingRule(
            field_rules=[rules.SigFieldCreationRule(), rules.SigFieldModificationRule()]
        ),
    )
