# SPDX-License-Identifier: Apache-2.0
"""Look a reason code up.  A code that has no row never stands in a pass."""

from __future__ import annotations

from typing import Final

from .model import INFORMING, AspectName
from .rows import OF_STAMPS, TABLE, Effect, Row

_A = AspectName
_UNKNOWN: Final = Row((_A.CONSTRAINTS,), Effect.UNSURE)
_FAMILIES: Final = (
    ("SEAL_TIMESTAMP_", _A.SEAL),
    ("MAKER_", _A.SEAL),
    ("SEAL_", _A.SEAL),
    ("TIMESTAMP_", _A.TIMESTAMP),
)
"""Codes that are made of a name and another code: of a seal's time stamp, its maker, itself, and of the time
stamp at a signature.  They speak of that thing, as gravely as the other code does."""


def row_of(code: str, *, stamp: bool = False) -> Row | None:
    """The row of a code, ``None`` for one that nobody entered.  ``stamp``: a time stamp was checked."""
    if stamp and code in OF_STAMPS:
        return OF_STAMPS[code]
    found = TABLE.get(code)
    if found is not None:
        return found
    for beginning, aspect in _FAMILIES:
        if code.startswith(beginning):
            rest = code.removeprefix(beginning)
            inner = TABLE.get(rest) or TABLE.get(f"TIMESTAMP_{rest}")
            if inner is not None:
                return _within(aspect, inner)
    return None


def _within(aspect: AspectName, inner: Row) -> Row:
    """What is open inside of something keeps that from passing; what merely informs stays a note."""
    effect = Effect.NOTE if inner.effect is Effect.OPEN else inner.effect
    aspects = (aspect, _A.CONSTRAINTS) if aspect in INFORMING and effect is Effect.UNSURE else (aspect,)
    return Row(aspects, effect)


def known_row(code: str, *, stamp: bool = False) -> Row:
    """The same; what nobody entered keeps the verdict open."""
    return row_of(code, stamp=stamp) or _UNKNOWN


def admits_a_pass(code: str) -> bool:
    """May a reason of this code stand in a pass?"""
    row = TABLE.get(code) or row_of(code)
    return row is not None and row.effect not in (Effect.UNSURE, Effect.FAILED)
