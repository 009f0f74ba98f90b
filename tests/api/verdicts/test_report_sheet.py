# SPDX-License-Identifier: Apache-2.0
"""One page, whatever is reported: many signatures, long names, characters that no typeface draws."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.verdicts import TooManyReports, checked, report_sheet, unsealed_sheet
from api.verdicts.making import MOST_IN_A_MINUTE, ReportPorts, SealedSheets
from seal import Layout
from verify import (
    Indication,
    Reason,
    Report,
    SignatureReport,
    SubIndication,
    Trust,
    parse_json,
    read_attachment,
)
from verify.aspects.rows import TABLE, Effect

AT = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)
PASSED, FAILED = Indication.TOTAL_PASSED, Indication.TOTAL_FAILED
LONG = "本句说明为何不能采信以及如何处理" * 12


def signature(
    indication: Indication, *codes: str, name: str = "某某住房和城乡建设局(演示)"
) -> SignatureReport:
    facts: dict[str, Any] = {"x": 1, "intact": indication is PASSED, "signer": {"organization": name}}
    sub = None if indication is PASSED else SubIndication.HASH_FAILURE
    reasons = tuple(Reason(one, LONG, "en") for one in codes)
    return SignatureReport("SES V4", indication, sub, reasons, facts)


def report(*signatures: SignatureReport) -> Report:
    bad = [one for one in signatures if one.indication is not PASSED]
    indication = bad[0].indication if bad else PASSED
    return Report("pdf", indication, bad[0].sub_indication if bad else None, signatures, (), {"pages": 3})


def sheet(found: Report, name: str = "文件.pdf") -> Layout:
    what = checked(name, b"content", found, AT)
    return report_sheet(what, Trust(), issuer_name="某省住房和城乡建设厅(演示)", site="yinxin.example")


def words(layout: Layout) -> str:
    return "".join(getattr(item, "text", "") for page in layout.pages for item in page.items)


GRAVE = [code for code, row in TABLE.items() if row.effect in (Effect.UNSURE, Effect.FAILED)]
CASES = {
    "none": report(),
    "one good": report(signature(PASSED)),
    "one bad, every reason": report(signature(FAILED, *GRAVE)),
    "sixty": report(*(signature(PASSED) for _ in range(59)), signature(FAILED, "CONTENT_ALTERED")),
    "names": report(signature(FAILED, "CONTENT_ALTERED", name="名" * 3000)),
    "strange characters": report(signature(FAILED, "CONTENT_ALTERED", name="\U0001f600\U0001f601\ue000")),
}


@pytest.mark.parametrize("case", list(CASES))
def test_one_page(case: str) -> None:
    """With the verdict as headline, and what to do where it is bad."""
    found = CASES[case]
    layout = sheet(found, name="长" * 300 + "\U0001f600.pdf")
    assert len(layout.pages) == 1
    told = words(layout)
    assert ("签章真实有效" if found.indication is PASSED else "核验不通过") in told
    assert ("是否仍有效" in told.replace("\n", "")) == (found.indication is PASSED)
    assert ("怎么办" in told) is (found.indication is not PASSED)


def test_what_decides_comes_first() -> None:
    """Of sixty signatures the bad one is told in full."""
    told = words(sheet(CASES["sixty"]))
    assert "签章 60" in told
    assert "CONTENT_ALTERED" in told


def test_without_a_seal_it_says_so() -> None:
    """Across the paper; and the result for programs is inside, salted."""
    pdf = unsealed_sheet(checked("a.pdf", b"content", CASES["one good"], AT), Trust(), salt=bytes(16))
    inside = parse_json(read_attachment(pdf, "report.json") or b"")
    assert isinstance(inside, dict)
    assert inside["report"] == CASES["one good"].to_json()
    assert inside["salt"] == "0" * 32
    layout = report_sheet(
        checked("a.pdf", b"content", CASES["one good"], AT),
        Trust(),
        issuer_name="",
        site="yinxin",
        watermark="未盖章 UNSEALED",
    )
    assert "样章" not in words(layout)


def test_not_without_end() -> None:
    """Each is an entry in a log that is kept for ever."""
    now = [AT]
    ports: Any = ReportPorts.__new__(ReportPorts)
    object.__setattr__(ports, "clock", lambda: now[0])
    sheets = SealedSheets(ports)
    for _ in range(MOST_IN_A_MINUTE):
        sheets._admit()
    now[0] += timedelta(seconds=15)
    with pytest.raises(TooManyReports) as refused:
        sheets._admit()
    assert refused.value.retry_after == 45
    now[0] += timedelta(seconds=45)
    sheets._admit()
