# SPDX-License-Identifier: Apache-2.0
"""Why no evidence record is made."""

from __future__ import annotations

from ..errors import SealRefused


class ArchiveRefused(SealRefused):
    """Digests or records that do not make an evidence record; ``rule`` says why, in English."""

    def __init__(self, rule: str) -> None:
        super().__init__(
            "archive-refused",
            "无法制作证据记录;请检查所给的摘要或原记录",
            f"no evidence record can be made ({rule}): check the digests or the record that was given",
        )
        self.rule = rule
