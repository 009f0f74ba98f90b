# SPDX-License-Identifier: Apache-2.0
"""What stops a seal from being drawn."""

from __future__ import annotations

from ..errors import SealError


class SealDesignRefused(SealError):
    """A design that breaks a rule for seals.  Names the field, the rule and what to do."""

    def __init__(self, *, field: str, rule: str, todo: str) -> None:
        super().__init__(f"{field}: {rule} ({todo})")
        self.field, self.rule, self.todo = field, rule, todo
