# SPDX-License-Identifier: Apache-2.0
"""OFD (GB/T 33190-2016): the package, its signatures and seals, and what its pages look like."""

from __future__ import annotations

from .container import OfdContainer
from .directory import OfdEntry
from .document import OfdDocument, OfdPage
from .drawing import OfdCharacter, OfdTextRun, ofd_page_count, ofd_text
from .errors import OfdMalformed
from .locations import Location
from .package import OfdBody, OfdPackage, is_ofd, read_ofd

__all__ = [
    "Location",
    "OfdBody",
    "OfdCharacter",
    "OfdContainer",
    "OfdDocument",
    "OfdEntry",
    "OfdMalformed",
    "OfdPackage",
    "OfdPage",
    "OfdTextRun",
    "is_ofd",
    "ofd_page_count",
    "ofd_text",
    "read_ofd",
]
