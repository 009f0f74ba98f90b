# SPDX-License-Identifier: Apache-2.0
"""Members of the JSON, one by one: each is of exactly one type, spelled in exactly one way."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from ..canonical import Json
from .errors import TrustListInvalid

LARGEST_NUMBER = 2**53 - 1
LONGEST_TEXT = 200
MOST_MEMBERS = 10_000
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", re.ASCII)
_T = TypeVar("_T")


def as_object(value: Json, field: str, names: set[str]) -> dict[str, Json]:
    """An object with exactly these names."""
    if not isinstance(value, dict) or set(value) != names:
        raise TrustListInvalid(field=field, rule=f"an object with exactly {', '.join(sorted(names))}")
    return value


def as_list(value: Json, field: str, read: Callable[[Json, str], _T]) -> tuple[_T, ...]:
    """A list, each member read by ``read``."""
    if not isinstance(value, list) or len(value) > MOST_MEMBERS:
        raise TrustListInvalid(field=field, rule=f"a list of at most {MOST_MEMBERS} members")
    return tuple(read(one, f"{field}[{number}]") for number, one in enumerate(value))


def as_text(value: Json, field: str) -> str:
    """One line of text, not empty."""
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_TEXT or not value.isprintable():
        raise TrustListInvalid(field=field, rule=f"one line of 1 to {LONGEST_TEXT} characters")
    return value


def as_number(value: Json, field: str) -> int:
    """A whole number from 0."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST_NUMBER:
        raise TrustListInvalid(field=field, rule="a whole number from 0")
    return value


def as_bytes(value: Json, field: str) -> bytes:
    """Base64; the comparison of the whole file sees to its one spelling."""
    if not isinstance(value, str):
        raise TrustListInvalid(field=field, rule="base64 text")
    try:
        return base64.b64decode(value.encode("ascii"), validate=True)
    except (binascii.Error, ValueError):
        raise TrustListInvalid(field=field, rule="not base64") from None


def as_time(value: Json, field: str) -> datetime:
    """UTC with seconds and ``Z``."""
    if isinstance(value, str) and _TIME.fullmatch(value):
        try:
            return datetime.fromisoformat(value).astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    raise TrustListInvalid(field=field, rule="a time in UTC such as 2026-08-01T04:00:00Z")


def text_of(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def time_of(moment: datetime) -> str:
    if moment.utcoffset() is None or moment.microsecond:
        raise TrustListInvalid(field="time", rule="a time says its zone and has whole seconds")
    utc = moment.astimezone(UTC)
    return f"{utc.year:04d}-{utc:%m-%dT%H:%M:%S}Z"
