# SPDX-License-Identifier: Apache-2.0
"""What a seal is to say, before it is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Final

from verify import Certificate

from .errors import SesRefused

LARGEST_PICTURE: Final = 1_900_000
MOST_CERTIFICATES: Final = 256
LONGEST_NAME: Final = 200
LARGEST_SIZE_MM: Final = 300
_BEGINNINGS: Final[Mapping[str, tuple[bytes, ...]]] = MappingProxyType(
    {
        "PNG": (b"\x89PNG\r\n\x1a\n",),
        "JPG": (b"\xff\xd8\xff",),
        "GIF": (b"GIF87a", b"GIF89a"),
        "BMP": (b"BM",),
        "SVG": (b"<svg", b"<?xml", b"\xef\xbb\xbf<"),
        "OFD": (b"PK\x03\x04",),
    }
)
"""Types of GB/T 38540-2020 clause 6.1 that readers know, and how their files begin."""


@dataclass(frozen=True, slots=True)
class SealFacts:
    """Everything in a seal but its maker.

    ``code``: esID, in practice the 14-digit seal code.  ``vendor``: Vid.  ``type``: a number, free in
    practice.  ``certificates``: who may use it, each by the whole certificate.  Times say their zone.
    ``picture`` is a file of ``picture_type``; its true size is in whole millimetres.
    """

    code: str
    vendor: str
    type: int
    name: str
    certificates: tuple[Certificate, ...]
    created: datetime
    valid_from: datetime
    valid_until: datetime
    picture_type: str
    picture: bytes = field(repr=False)
    width_mm: int
    height_mm: int

    def __post_init__(self) -> None:
        for name, text in (("code", self.code), ("vendor", self.vendor)):
            if not text or not text.isascii() or not text.isprintable() or len(text) > LONGEST_NAME:
                raise SesRefused("seal-facts-malformed", f"{name}: printable ASCII, 1 to {LONGEST_NAME}")
        if not self.name.strip() or not self.name.isprintable() or len(self.name) > LONGEST_NAME:
            raise SesRefused("seal-facts-malformed", f"name: printable, 1 to {LONGEST_NAME} characters")
        if not 0 <= self.type < 2**31:
            raise SesRefused("seal-facts-malformed", "type: a number from 0")
        if not 1 <= len(self.certificates) <= MOST_CERTIFICATES:
            raise SesRefused("seal-facts-malformed", f"certificates: 1 to {MOST_CERTIFICATES}")
        if len(set(self.certificates)) != len(self.certificates):
            raise SesRefused("seal-facts-malformed", "certificates: each once")
        self._require_times()
        self._require_picture()

    def _require_times(self) -> None:
        for moment in (self.created, self.valid_from, self.valid_until):
            if moment.utcoffset() is None:
                raise SesRefused("seal-facts-malformed", "times say their zone")
        if not self.valid_from < self.valid_until:
            raise SesRefused("seal-facts-malformed", "valid_until is later than valid_from")
        if self.created > self.valid_until:
            raise SesRefused("seal-facts-malformed", "created before valid_until")

    def _require_picture(self) -> None:
        beginnings = _BEGINNINGS.get(self.picture_type)
        if beginnings is None:
            raise SesRefused("seal-picture-refused", f"type is one of {', '.join(_BEGINNINGS)}")
        if not self.picture.startswith(beginnings):
            raise SesRefused("seal-picture-refused", f"not a file of type {self.picture_type}")
        if len(self.picture) > LARGEST_PICTURE:
            raise SesRefused("seal-too-large", f"a picture of at most {LARGEST_PICTURE} bytes")
        if not all(1 <= size <= LARGEST_SIZE_MM for size in (self.width_mm, self.height_mm)):
            raise SesRefused("seal-picture-refused", f"1 to {LARGEST_SIZE_MM} mm")
