# SPDX-License-Identifier: Apache-2.0
"""The entries of a revocation list (RFC 5280 section 5.3), of which there may be a million.

An entry in its usual spelling is read in place; any other goes through the slicer, which reads it or says
what is wrong with it. Both give the same values (tested against each other).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from keys.der import (
    INTEGER,
    SEQUENCE,
    UTC_TIME,
    Tlv,
    as_enumerated,
    as_integer,
    as_time,
    expect,
    read,
    read_only,
)

from .errors import X509Error
from .extensions import REASON_CODE, read_extensions

HOLD: Final = "certificateHold"
REMOVED: Final = "removeFromCRL"
UNSPECIFIED: Final = "unspecified"
_REASONS: Final = {
    0: UNSPECIFIED,
    1: "keyCompromise",
    2: "cACompromise",
    3: "affiliationChanged",
    4: "superseded",
    5: "cessationOfOperation",
    6: HOLD,
    8: REMOVED,
    9: "privilegeWithdrawn",
    10: "aACompromise",
}
_UNDERSTOOD = frozenset({REASON_CODE, "2.5.29.24"})  # reason, invalidity date
_MOST_REASONS = 1024
_LONG = 0x80
_TIME_SIZE = 15
_Entry = tuple[int, datetime, bytes, int]


@dataclass(frozen=True, slots=True)
class Revoked:
    """Since when and why; names of RFC 5280 section 5.3.1."""

    at: datetime
    reason: str = UNSPECIFIED


def read_entries(listed: Tlv) -> tuple[dict[int, Revoked], tuple[str, ...]]:
    """By serial number, each once; and the critical extensions of entries that are not understood.

    Raises :class:`~keys.DerMalformed` or :class:`X509Error`.
    """
    entries: dict[int, Revoked] = {}
    reasons: dict[bytes, str] = {b"": UNSPECIFIED}  # a long list has few different reasons
    unknown: list[str] = []
    content = expect(listed, SEQUENCE).content
    at, size = 0, len(content)
    while at < size:
        serial, moment, extensions, at = _usual(content, at) or _any(content, at)
        if serial in entries:
            raise X509Error(f"serial number {serial:x} is listed twice")
        reason = reasons.get(extensions)
        if reason is None:
            reason = _reason(extensions, unknown)
            if len(reasons) < _MOST_REASONS:
                reasons[extensions] = reason
        entries[serial] = Revoked(moment, reason)
    return entries, tuple(dict.fromkeys(unknown))


def _usual(data: bytes, at: int) -> _Entry | None:
    """Serial number, time, extensions and end of an entry in short lengths with a UTCTime; or ``None``."""
    head = data[at : at + 6]
    if len(head) < 6 or head[0] != SEQUENCE or head[2] != INTEGER:
        return None
    length, digits = head[1], head[3]
    end, time = at + 2 + length, at + 4 + digits
    if length >= _LONG or end > len(data) or time + _TIME_SIZE > end or not 0 < digits < _LONG:
        return None
    if digits > 1 and (head[4], head[5] >> 7) in ((0x00, 0), (0xFF, 1)):
        return None
    text = data[time : time + _TIME_SIZE]
    if text[0] != UTC_TIME or text[1] != _TIME_SIZE - 2 or text[14] != 0x5A or not text[2:14].isdigit():
        return None
    year, month, day, hour, minute, second = (int(text[n : n + 2]) for n in range(2, 14, 2))
    try:
        moment = datetime(year + (1900 if year >= 50 else 2000), month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    serial = int.from_bytes(data[at + 4 : time], signed=True)
    return serial, moment, data[time + _TIME_SIZE : end], end


def _any(data: bytes, at: int) -> _Entry:
    entry = read(data, at)
    parts = expect(entry, SEQUENCE).children()
    if not 2 <= len(parts) <= 3:
        raise X509Error("an entry has two or three parts")
    return as_integer(parts[0]), as_time(parts[1]), b"".join(one.raw for one in parts[2:]), entry.end


def _reason(extensions: bytes, unknown: list[str]) -> str:
    found = read_extensions(read_only(extensions))
    unknown.extend(name for name, one in found.items() if one.critical and name not in _UNDERSTOOD)
    if REASON_CODE not in found:
        return UNSPECIFIED
    code = as_enumerated(read_only(found[REASON_CODE].value))
    if code not in _REASONS:
        raise X509Error(f"revocation reason {code} does not exist")
    return _REASONS[code]
