# SPDX-License-Identifier: Apache-2.0
"""What a signature dictionary claims about itself; protected by the signature, proven by nothing."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

_DATE = re.compile(
    r"D:(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:Z(?:00'?00'?)?|([+-])(\d\d)'?(\d\d)?'?)?", re.ASCII
)


def pdf_time(text: str) -> str | None:
    """ISO 8601 in UTC for a PDF date (ISO 32000-1 section 7.9.4), or ``None`` for anything else."""
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    *numbers, sign, hours, minutes = match.groups()
    year, month, day, hour, minute, second = (
        int(n) if n else default for n, default in zip(numbers, (0, 1, 1, 0, 0, 0), strict=True)
    )
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    try:
        zone = timezone(-offset if sign == "-" else offset)
        moment = datetime(year, month, day, hour, minute, second, tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
