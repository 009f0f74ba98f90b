# SPDX-License-Identifier: Apache-2.0
"""Find what could change a document after it was sealed, without a byte of the file changing.

Verification finds changes after sealing; this finds what was laid in before it, because shadow content is
planted before the seal (sealing.md section 5.3, rule 5).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from .annotations import in_annotations
from .finding import Finding, Severity
from .layers import in_files, in_layers
from .objects import in_catalog, in_objects
from .places import Places
from .refusal import DormantContent
from .values import in_fields

__all__ = ["MOST_FINDINGS", "DormantContent", "Finding", "Severity", "findings_in"]

MOST_FINDINGS: Final = 200


def findings_in(
    pdf: Any, pages: Sequence[Any], data: bytes, *, sound: Callable[[], None]
) -> tuple[Finding, ...]:
    """What is in the document, the worst first, each once; at most :data:`MOST_FINDINGS` of either severity.

    ``sound`` is called when every object was read, before anything is drawn; it raises for a damaged file.
    Raises :class:`PdfRefused` when a page cannot be read or drawn.
    """
    refused: dict[Finding, None] = {}
    warned: dict[Finding, None] = {}
    for one in _all(pdf, pages, data, sound):
        if one.severity is Severity.REFUSE:
            refused[one] = None
            if len(refused) == MOST_FINDINGS:
                break
        elif len(warned) < MOST_FINDINGS:
            warned[one] = None
    return (*refused, *warned)


def _all(pdf: Any, pages: Sequence[Any], data: bytes, sound: Callable[[], None]) -> Iterator[Finding]:
    places = Places(pages)
    yield from in_catalog(pdf.Root)
    yield from in_objects(pdf, places)
    sound()
    yield from in_layers(pdf.Root)
    yield from in_files(pdf.Root, places)
    yield from in_annotations(pdf.Root, places, data)
    yield from in_fields(places)
