# SPDX-License-Identifier: Apache-2.0
"""A report in plain words, on one page, sealed by the platform."""

from __future__ import annotations

from .as_xml import etsi_report
from .errors import ReportDoesNotFit, TooManyReports, VerdictError
from .making import ReportPorts, SealedSheet, SealedSheets, checked, unsealed_sheet
from .sheet import Checked, report_sheet
from .wording import Line, signature_lines, who_of

__all__ = [
    "Checked",
    "Line",
    "ReportDoesNotFit",
    "ReportPorts",
    "SealedSheet",
    "SealedSheets",
    "TooManyReports",
    "VerdictError",
    "checked",
    "etsi_report",
    "report_sheet",
    "signature_lines",
    "unsealed_sheet",
    "who_of",
]
