# SPDX-License-Identifier: Apache-2.0
"""What an empty signature field demands of its signature: seed values (ISO 32000-1 table 234).

A demand that we do not know how to meet is refused: a strict reader would call the signature wrong.
"""

from __future__ import annotations

from typing import Any, Final

from .mark_errors import MarkRefused
from .profiles import PdfProfile

_FILTER: Final = 1
_SUB_FILTER: Final = 2


def require_met(field: Any, name: str, profile: PdfProfile, certify: int) -> None:
    """Every mandatory seed value of the field is met.  Raises :class:`MarkRefused`."""
    import pikepdf

    seed = field.get("/SV")
    if seed is None:
        return
    if not isinstance(seed, pikepdf.Dictionary):
        raise MarkRefused("field-demands-more", name)
    demands = _flags(seed)
    met = not demands & ~(_FILTER | _SUB_FILTER)
    if demands & _FILTER and seed.get("/Filter") != f"/{profile.filter}":
        met = False
    if demands & _SUB_FILTER:
        listed = seed.get("/SubFilter")
        allowed = [str(one) for one in listed] if isinstance(listed, pikepdf.Array) else []
        met = met and f"/{profile.sub_filter}" in allowed
    for key in ("/Cert", "/TimeStamp"):
        part = seed.get(key)
        if isinstance(part, pikepdf.Dictionary) and _flags(part):
            met = False
    level = seed.get("/MDP")
    if isinstance(level, pikepdf.Dictionary) and level.get("/P", 0) not in (0, certify):
        met = False
    if not met:
        raise MarkRefused("field-demands-more", name)


def _flags(part: Any) -> int:
    value = part.get("/Ff", 0)
    return value if isinstance(value, int) else -1
