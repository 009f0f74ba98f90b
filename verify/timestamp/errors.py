# SPDX-License-Identifier: Apache-2.0
"""What goes wrong with reading a time stamp.  A bad one is a verdict, not an error."""

from __future__ import annotations

from ..errors import VerifyError


class TimestampMalformed(VerifyError):
    """Not a time stamp that this room reads.  ``field`` names the element, ``rule`` what it broke."""

    def __init__(self, *, field: str, rule: str) -> None:
        super().__init__(f"time stamp refused: {field}: {rule}")
        self.field, self.rule = field, rule
