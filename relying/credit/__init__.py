# SPDX-License-Identifier: Apache-2.0
"""Credit: good and bad conduct, and the credit sheet that a holder prints (诚信记录单).

Reference: domain.md section 4.4, R-051 to R-059.  A sheet is a snapshot; :func:`.sheet.sheet_changes` says
what happened since, and the numbers on it, read beside the public log, that nothing was left out.  Declaring
good conduct with its public notice, repair and evaluation come later.
"""

from __future__ import annotations

from relying import Need, Relying

from .board import BOARD
from .conduct import CONDUCT
from .sheet import CREDIT_SHEET

PLUGIN = Relying(
    name="credit",
    zh="信用信息",
    needs=frozenset({Need.RECORDS, Need.LOOKUP, Need.CLOCK, Need.HISTORY}),
    documents=(CREDIT_SHEET,),
    records=(CONDUCT,),
    views=(BOARD,),
)

__all__ = ["PLUGIN"]
