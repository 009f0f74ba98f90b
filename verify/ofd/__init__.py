# SPDX-License-Identifier: Apache-2.0
"""OFD (GB/T 33190-2016): the package, its signatures and seals, and what its pages look like."""

from __future__ import annotations

from .check import check_ofd
from .container import OfdContainer
from .directory import MOST_ENTRIES, OfdEntry
from .document import OfdDocument, OfdPage
from .drawing import OfdCharacter, OfdTextRun, ofd_page_count, ofd_png, ofd_svg, ofd_text
from .errors import OfdMalformed, OfdNotDrawn
from .locations import Location
from .obstacles import ofd_obstacles
from .package import OfdBody, OfdPackage, is_ofd, read_ofd
from .signatures import (
    MOST_SIGNATURES,
    OfdSignature,
    OfdStamp,
    SignatureList,
    read_ofd_signature,
    read_ofd_signatures,
)

MOST_OFD_ENTRIES, MOST_OFD_SIGNATURES = MOST_ENTRIES, MOST_SIGNATURES

__all__ = [
    "MOST_OFD_ENTRIES",
    "MOST_OFD_SIGNATURES",
    "Location",
    "OfdBody",
    "OfdCharacter",
    "OfdContainer",
    "OfdDocument",
    "OfdEntry",
    "OfdMalformed",
    "OfdNotDrawn",
    "OfdPackage",
    "OfdPage",
    "OfdSignature",
    "OfdStamp",
    "OfdTextRun",
    "SignatureList",
    "check_ofd",
    "is_ofd",
    "ofd_obstacles",
    "ofd_page_count",
    "ofd_png",
    "ofd_svg",
    "ofd_text",
    "read_ofd",
    "read_ofd_signature",
    "read_ofd_signatures",
]
