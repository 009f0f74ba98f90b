# SPDX-License-Identifier: Apache-2.0
"""OFD (GB/T 33190-2016): the package, its signatures and seals, and what its pages look like."""

from __future__ import annotations

from .check import check_ofd
from .container import OfdContainer
from .directory import OfdEntry
from .document import OfdDocument, OfdPage
from .drawing import OfdCharacter, OfdTextRun, ofd_page_count, ofd_png, ofd_svg, ofd_text
from .errors import OfdMalformed, OfdNotDrawn
from .locations import Location
from .package import OfdBody, OfdPackage, is_ofd, read_ofd
from .signatures import OfdSignature, OfdStamp, SignatureList, read_ofd_signature, read_ofd_signatures

__all__ = [
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
    "ofd_page_count",
    "ofd_png",
    "ofd_svg",
    "ofd_text",
    "read_ofd",
    "read_ofd_signature",
    "read_ofd_signatures",
]
