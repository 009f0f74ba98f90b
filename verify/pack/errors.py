# SPDX-License-Identifier: Apache-2.0
"""What is wrong with a file that is meant as an evidence pack."""

from __future__ import annotations

from ..errors import VerifyError


class PackMalformed(VerifyError):
    """Not an evidence pack.  ``field``: the part or member; ``rule``: what it breaks."""

    def __init__(self, *, field: str, rule: str) -> None:
        super().__init__(f"证据包不合格式 evidence pack refused: {field[:200]}: {rule}")
        self.field, self.rule = field, rule
