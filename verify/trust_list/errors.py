# SPDX-License-Identifier: Apache-2.0
"""What goes wrong with trust lists and other files of trust."""

from __future__ import annotations

from ..errors import VerifyError


class TrustListInvalid(VerifyError):
    """Not a trust list, or one that must not be believed.  ``field`` is the member or file, ``rule`` why."""

    def __init__(self, *, field: str, rule: str) -> None:
        super().__init__(f"trust list refused: {field}: {rule}")
        self.field, self.rule = field, rule
