# SPDX-License-Identifier: Apache-2.0
"""A sealed file and how its document stands: genuine, and perhaps not in force any more.

The words, codes and facts are those of a QR statement of the same document (:mod:`verify.qr`).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from .document_states import DocumentChange, DocumentStanding
from .qr import standing_told
from .report import Indication, Report


def with_document_state(
    report: Report, state: DocumentStanding, change: DocumentChange | None, *, as_of: datetime
) -> Report:
    """The report on a file whose document is in ``state`` at ``as_of``.

    ``change``: since when and why, unless it is normal.
    A genuine file of a document that is not in force is INDETERMINATE / DOCUMENT_NOT_IN_FORCE, never failed;
    what already failed, or is undecided for another reason, stays so.
    """
    if report.indication is Indication.TOTAL_FAILED:
        return report
    told = standing_told(state, change, as_of.replace(microsecond=0))
    indication: Indication = report.indication
    sub = report.sub_indication
    against = next((one for one in told.findings if one.indication is not None), None)
    if against is not None and indication is Indication.TOTAL_PASSED:
        indication, sub = against.indication or Indication.INDETERMINATE, against.sub_indication
    return replace(
        report,
        indication=indication,
        sub_indication=sub,
        reasons=tuple(dict.fromkeys((*(one.reason for one in told.findings), *report.reasons))),
        facts={**report.facts, **told.facts},
    )
