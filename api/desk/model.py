# SPDX-License-Identifier: Apache-2.0
"""Who decides, and the words with which a case is sent back."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from .errors import NotServing, ReasonMalformed

LONGEST_REASON = 500
_FORBIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class Officer:
    """One login that may decide, and the agency it serves."""

    account_id: str
    agency: str  # credit code

    def __post_init__(self) -> None:
        if not self.agency:
            raise NotServing(self.account_id)


def parse_reason(text: str) -> str:
    """1 to 500 characters that an applicant can read; line breaks stay.  Raises :class:`ReasonMalformed`."""
    reason = text.replace("\r\n", "\n").strip()
    # Composing takes the square of a run of combining marks, so what is far too long is not composed at all.
    if len(reason) <= 4 * LONGEST_REASON:
        reason = unicodedata.normalize("NFC", reason)
    if not 0 < len(reason) <= LONGEST_REASON:
        raise ReasonMalformed(
            f"退回原因为1–{LONGEST_REASON}个字符 / 1-{LONGEST_REASON} characters",
            f"现有 {len(reason)} 个,请写明需要补正的内容 / {len(reason)} now: say what has to be corrected",
        )
    if any(unicodedata.category(one) in _FORBIDDEN for one in reason if one != "\n"):
        raise ReasonMalformed(
            "含有控制符或不可见字符 / contains control or invisible characters",
            "请重新键入 / type it again",
        )
    return reason
