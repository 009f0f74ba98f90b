# SPDX-License-Identifier: Apache-2.0
"""Look at a document before it is sealed, for those who want to show what was found."""

from __future__ import annotations

from .base import opened, refuse_warnings
from .dormant import Finding, findings_in


def inspect_pdf(data: bytes) -> tuple[Finding, ...]:
    """Everything in the document that could change it after it was sealed, the worst first.

    Sealing refuses what is of severity ``refuse``; the rest is for whoever seals to know.  A document that
    was inspected is sealed with ``inspected=True``, and not looked at again.  Raises :class:`PdfRefused` for
    a file that cannot be sealed at all.
    """
    with opened(data, inspected=True) as base:
        return findings_in(base.pdf, base.pages, data, sound=lambda: refuse_warnings(base.pdf))
