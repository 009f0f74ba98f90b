# SPDX-License-Identifier: Apache-2.0
"""What goes wrong with a seal or a seal signature before anything can be said about it."""

from __future__ import annotations

from ..errors import VerifyError


class SesMalformed(VerifyError):
    """Neither a seal nor a seal signature of a kind that this room reads.

    ``field`` names the element in the words of the standard, ``rule`` what it broke.
    """

    def __init__(self, *, field: str, rule: str) -> None:
        super().__init__(f"电子印章或签章数据不合格式 not a readable seal or seal signature: {field}: {rule}")
        self.field, self.rule = field, rule
