# SPDX-License-Identifier: Apache-2.0
"""What keeps a report from being put on paper."""

from __future__ import annotations


class VerdictError(Exception):
    """Anything about reports on paper."""


class TooManyReports(VerdictError):
    """So many were sealed lately that another one must wait; ``retry_after`` seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"too many sealed reports; again in {retry_after} s")
        self.retry_after = retry_after


class ReportDoesNotFit(VerdictError):
    """Not even the shortest form of it can be set on one page."""

    def __init__(self) -> None:
        super().__init__(
            "查验报告无法排成一页;请改用 JSON 报告 / "
            "the report cannot be set on one page: take the JSON report"
        )
