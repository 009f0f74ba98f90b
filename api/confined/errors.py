# SPDX-License-Identifier: Apache-2.0
"""Why a file was not even begun to be checked."""

from __future__ import annotations


class ConfinedError(Exception):
    """Base of what this room raises."""


class ChecksBusy(ConfinedError):
    """As many files as allowed are being checked.  ``retry_after``: seconds after which to try again."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(
            "正在查验的文件过多,请稍后再试 as many files as allowed are being checked: try again later"
        )
        self.retry_after = retry_after
