# SPDX-License-Identifier: Apache-2.0
"""What goes wrong with reading an evidence record.  A bad one is a verdict, not an error."""

from __future__ import annotations

from ..errors import VerifyError


class EvidenceMalformed(VerifyError):
    """Not an evidence record that this room reads.  ``field`` names the element, ``rule`` what it broke."""

    def __init__(self, *, field: str, rule: str) -> None:
        super().__init__(f"evidence record refused: {field}: {rule}")
        self.field, self.rule = field, rule
