# SPDX-License-Identifier: Apache-2.0
"""Answers at the doors that are open to everybody: what is asked too often, or of too many at once."""

from __future__ import annotations

from typing import Any

from ..confined import ChecksBusy, ConfinedError
from ..packs import PackDidNotVerify, PackError
from ..verdicts import ReportDoesNotFit, TooManyReports, VerdictError
from .value import Problem
from .wording import Rows, later, ours


def _busy(error: Any) -> Problem:
    return Problem(
        429,
        "checks-busy",
        "正在查验的文件过多",
        f"请在约 {error.retry_after} 秒后重试;急用时可用命令行工具在本机查验,结果相同。"
        f" Other files are being checked: try again in about {error.retry_after} s, or check the file on your"
        " own machine with the command line, which gives the same answer.",
        retry_after=error.retry_after,
    )


def _reports(error: Any) -> Problem:
    return Problem(
        429,
        "reports-busy",
        "正在出具的查验报告过多",
        f"请在约 {error.retry_after} 秒后重试;网页上的查验结果不受影响。"
        f" Other reports are being sealed: try again in about {error.retry_after} s. The check itself is on"
        " the page of results at any time.",
        retry_after=error.retry_after,
    )


def _no_fit(error: Any) -> Problem:
    return Problem(422, "report-does-not-fit", "查验报告无法排成一页", str(error))


PUBLIC: Rows = {
    ConfinedError: later(),
    ChecksBusy: _busy,
    VerdictError: later(),
    TooManyReports: _reports,
    ReportDoesNotFit: _no_fit,
    PackError: ours(),
    PackDidNotVerify: ours("证据包未通过核验,未予发出"),
}
