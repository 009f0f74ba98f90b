# SPDX-License-Identifier: Apache-2.0
"""The refusal that says what was found and where."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ..errors import PRINT_ANEW, PdfRefused
from .finding import Finding

_MOST_TOLD: Final = 5


class DormantContent(PdfRefused):
    """The file carries what could change it after it was sealed; ``findings`` say what and where."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("pdf-dormant-content", "; ".join(one.en for one in findings[:_MOST_TOLD]))
        told = ";".join(one.zh for one in findings[:_MOST_TOLD])
        more = f" 等 {len(findings)} 处" if len(findings) > _MOST_TOLD else ""
        self.zh = f"PDF 含有盖章后可能改变显示内容的部分:{told}{more};{PRINT_ANEW}"
        self.args = (f"{self.zh} {self.en}",)
        self.findings = tuple(findings)
