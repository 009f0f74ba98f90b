# SPDX-License-Identifier: Apache-2.0
"""The course of a check: its steps in the order of GB/T 38540-2020 clause 7.3, each with its own outcome."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from ..canonical import Json
from ..report import Indication, Reason, SignatureReport
from ..x509.findings import Finding, judged
from .deviations import Deviation

PASSED: Final = "passed"
FAILED: Final = "failed"
UNSURE: Final = "indeterminate"
NOT_CHECKED: Final = "not-checked"
ABSENT: Final = "absent"


@dataclass(slots=True)
class Course:
    """Findings decide, notes inform, ``steps`` says what became of each step."""

    found: list[Finding] = field(default_factory=list)
    notes: list[Reason] = field(default_factory=list)
    steps: dict[str, Json] = field(default_factory=dict)
    odd: list[str] = field(default_factory=list)

    def step(self, name: str, found: Iterable[Finding]) -> bool:
        """Note what a step found; true when nothing speaks against it."""
        findings = list(found)
        self.found.extend(findings)
        failed = any(one.indication is Indication.TOTAL_FAILED for one in findings)
        self.steps[name] = FAILED if failed else UNSURE if findings else PASSED
        return not findings

    def deviates(self, codes: Iterable[str]) -> None:
        self.odd.extend(code for code in codes if code not in self.odd)

    def report(self, format: str, good: Reason, facts: Mapping[str, Json]) -> SignatureReport:
        """The verdict.  A failure decides before anything unsure, and the earlier step before the later."""
        told = [*self.notes, *self._deviations()]
        verdict = judged(
            format, self.found, good, {**facts, "steps": dict(self.steps), "deviations": [*self.odd]}
        )
        return SignatureReport(
            verdict.format,
            verdict.indication,
            verdict.sub_indication,
            (*verdict.reasons, *told),
            verdict.facts,
        )

    def _deviations(self) -> list[Reason]:
        if not self.odd:
            return []
        codes = ", ".join(str(code) for code in self.odd)
        told = [
            Reason(
                "SES_DEVIATIONS",
                f"数据与标准有出入,已按原样读取:{codes}",
                f"the data differ from the standard and were read as they are: {codes}",
            )
        ]
        if Deviation.TIME_WITHOUT_ZONE in self.odd:
            told.append(
                Reason(
                    "TIME_READ_AS_BEIJING",
                    "时间未标明时区,按北京时间理解",
                    "a time without a zone was read as Beijing time",
                )
            )
        return told
