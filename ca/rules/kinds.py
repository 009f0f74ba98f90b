# SPDX-License-Identifier: Apache-2.0
"""The two kinds of rules, by what they are asked about; and what is said where none can be asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from verify import Certificate

from ..drafting import Draft
from ..errors import Finding
from ..shape import RawTbs


@dataclass(frozen=True, slots=True)
class FormRule:
    """A rule about spelling; ``clause`` is where it comes from."""

    name: str
    clause: str
    zh: str
    en: str
    holds: Callable[[Draft, RawTbs], bool]

    def finding(self) -> Finding:
        """What is said when it is broken."""
        return Finding(self.name, self.zh, self.en, self.clause)


@dataclass(frozen=True, slots=True)
class ContentRule:
    """A rule about meaning."""

    name: str
    clause: str
    zh: str
    en: str
    holds: Callable[[Draft, RawTbs, Certificate], bool]

    def finding(self) -> Finding:
        """What is said when it is broken."""
        return Finding(self.name, self.zh, self.en, self.clause)


UNREADABLE = Finding("structure", "证书结构无法读取", "not the structure of a certificate", "RFC 5280 4.1")
UNREAD = Finding("readable", "验证方无法读取", "verify cannot read it", "RFC 5280 4; GB/T 32918 (SM2 point)")
OUTLAWED = Finding("profile", "证书模板不在本机构之列", "not a profile of this authority", "docs 0010")
