# SPDX-License-Identifier: Apache-2.0
"""Times as seal products write them: GB/T 38540-2020 asks for ``YYYYMMDDHHMMSSZ``, V1 for UTCTime.

A time without a zone is Beijing time: the modification times of the packages it was found in confirm that.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Final

from keys.der import GENERALIZED_TIME, UTC_TIME

from .deviations import Deviation

BEIJING: Final = timezone(timedelta(hours=8))
_ASN1: Final = re.compile(
    r"(?P<digits>\d{14}|\d{12}|\d{10})(?P<fraction>[.,]\d{1,9})?(?P<zone>Z|[+-]\d{2}:?\d{2})?", re.ASCII
)
_WORDS: Final = re.compile(
    r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})[T ](\d{1,2}):(\d{2}):(\d{2})([.,]\d{1,9})?(Z|[+-]\d{2}:?\d{2})?",
    re.ASCII,
)


@lru_cache(maxsize=4096)
def read_time(content: bytes, tag: int, expected: int) -> tuple[datetime, tuple[str, ...]] | None:
    """The moment and what is odd about its spelling; ``None`` when it is no time.

    ``tag``: the type that stands there; ``expected``: the one that the standard names.
    """
    found = _ASN1.fullmatch(content.decode("latin-1"))
    if found is None:
        return None
    # Twelve digits are a year of two and seconds: no product writes a year of four without seconds.
    digits = found["digits"]
    wide = 4 if len(digits) == 14 else 2
    year, rest, seconds = digits[:wide], digits[wide : wide + 8], digits[wide + 8 :]
    odd: list[str] = [] if tag == expected else [Deviation.TIME_TYPE]
    if tag == GENERALIZED_TIME and len(year) == 2:
        odd.append(Deviation.TIME_TWO_DIGIT_YEAR)
    if tag == UTC_TIME and len(year) == 4:
        odd.append(Deviation.TIME_FOUR_DIGIT_YEAR)
    if len(year) == 2:
        year = ("19" if year >= "50" else "20") + year
    if not seconds:
        odd.append(Deviation.TIME_WITHOUT_SECONDS)
    if found["fraction"]:
        odd.append(Deviation.TIME_FRACTION)
    moment = _moment(f"{year}{rest}{seconds or '00'}", found["zone"] or "", odd)
    return None if moment is None else (moment, tuple(odd))


def read_words(content: bytes) -> tuple[datetime, tuple[str, ...]] | None:
    """The time of a V1 signature, a BIT STRING that holds some text."""
    stripped = content.strip(b"\x00 \r\n\t")
    as_asn1 = read_time(stripped, UTC_TIME, UTC_TIME)
    if as_asn1 is not None:
        return as_asn1[0], tuple(one for one in as_asn1[1] if one != Deviation.TIME_FOUR_DIGIT_YEAR)
    match = _WORDS.fullmatch(stripped.decode("latin-1"))
    if match is None:
        return None
    parts = match.groups()
    odd: list[str] = [Deviation.TIME_TEXT]
    digits = parts[0] + "".join(part.rjust(2, "0") for part in parts[1:6])
    moment = _moment(digits, parts[7] or "", odd)
    return None if moment is None else (moment, tuple(odd))


def _moment(digits: str, zone: str, odd: list[str]) -> datetime | None:
    if zone not in ("", "Z"):
        odd.append(Deviation.TIME_OFFSET)
    elif not zone:
        odd.append(Deviation.TIME_WITHOUT_ZONE)
    parts = [int(digits[:4]), *(int(digits[at : at + 2]) for at in range(4, 14, 2))]
    try:
        return datetime(
            parts[0], parts[1], parts[2], parts[3], parts[4], parts[5], tzinfo=_zone(zone)
        ).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _zone(text: str) -> tzinfo:
    """Raises ``ValueError`` for an offset of a day or more."""
    if text in ("", "Z"):
        return UTC if text else BEIJING
    plain = text.replace(":", "")
    offset = timedelta(hours=int(plain[1:3]), minutes=int(plain[3:5]))
    return timezone(-offset if plain[0] == "-" else offset)
