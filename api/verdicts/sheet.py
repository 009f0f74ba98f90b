# SPDX-License-Identifier: Apache-2.0
"""A report on one sheet of paper: the verdict as headline, the facts, each signature in plain lines, the
reasons with what to do, and of when the lists are.

One page, always: first in full, then with fewer lines where all is well, then with a count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from seal import GlyphMissing, Layout, PageError, SheetContent, SheetTable, lay_out
from verify import Indication, Reason, Report, SignatureReport, Trust

from ..pages.verdicts import verdict_of_file
from ..pages.words import ACTIONS, HEADLINES, TONES, Said
from ..plugins import CHINA
from .errors import ReportDoesNotFit
from .wording import signature_lines, who_of

TITLE: Final = "查验报告"
SPECIMEN: Final = "样章 SPECIMEN"
UNSEALED: Final = "未盖章 UNSEALED"
_KINDS: Final = {
    "pdf": "PDF 文件",
    "ofd": "OFD 文件",
    "form": "签章表单",
    "jws": "签名记录",
    "qr": "二维码声明",
    "seal": "电子印章",
    "ses": "签章数据",
    "certificate": "数字证书",
    "crl": "证书吊销列表",
    "timestamp": "时间戳",
    "evidence-record": "证据记录",
    "log-proof": "公开日志证明",
    "status-receipt": "证书状态凭证",
    "trust-list": "信任名单",
    "seal-status": "印章状态名单",
}
_LONGEST_NAME = 60
_MOST_TRIES = 32
_LONGEST_SENTENCE = 130


@dataclass(frozen=True, slots=True)
class Checked:
    """What was checked, by what, when."""

    name: str
    size: int
    sha256: str
    sm3: str
    report: Report
    at: datetime


def report_sheet(
    checked: Checked, trust: Trust, *, issuer_name: str, site: str, watermark: str = SPECIMEN
) -> Layout:
    """One finished page.  Raises :class:`ReportDoesNotFit`."""
    for detail in _DETAILS:
        content = _content(checked, trust, detail, issuer_name=issuer_name, site=site, watermark=watermark)
        layout = _drawn(content)
        if layout is not None and len(layout.pages) == 1:
            return layout
    raise ReportDoesNotFit


@dataclass(frozen=True, slots=True)
class _Detail:
    """How many signatures are told line by line, how many of the others in one line each, how many reasons,
    and whether both digests are printed: the file inside has everything."""

    full: int
    short: int
    reasons: int = 8
    both: bool = True


_DETAILS: Final = (
    _Detail(8, 99),
    _Detail(3, 99, both=False),
    _Detail(2, 12, 6, both=False),
    _Detail(1, 12, 5, both=False),
    _Detail(1, 6, 3, both=False),
    _Detail(1, 0, 2, both=False),
    _Detail(0, 8, 3, both=False),
    _Detail(0, 0, 1, both=False),
)


def _content(
    checked: Checked, trust: Trust, detail: _Detail, *, issuer_name: str, site: str, watermark: str
) -> SheetContent:
    report, (said, _) = checked.report, _words(checked.report)
    ordered = _gravest_first(report.signatures)
    full, rest = ordered[: detail.full], ordered[detail.full :]
    tables = [_lines(number, one) for number, one in full]
    if rest:
        tables.append(_others(rest, detail.short, title="其余签章" if full else "签章"))
    reasons = tuple(_reasons(report))
    if reasons:
        told = tuple((one.code, _cut(one.zh, _LONGEST_SENTENCE)) for one in reasons[: detail.reasons])
        tables.append(SheetTable("原因与处理", ("原因代码", "说明与处理"), told))
    return SheetContent(
        title=said.zh,
        subtitle=f"{TITLE} Verification report — {said.en}",
        rows=tuple(_facts(checked, trust, both=detail.both)),
        tables=tuple(tables),
        paragraphs=tuple(_closing(report)),
        issuer_name=issuer_name,
        issue_date=f"{checked.at.astimezone(CHINA):%Y年%m月%d日}",
        watermark=watermark,
        footer=f"{site}/verify · 本报告附有机器可读的结果 report.json inside",
    )


def _facts(checked: Checked, trust: Trust, *, both: bool) -> Iterator[tuple[str, str]]:
    report = checked.report
    kind = _KINDS.get(report.kind, report.kind)
    pages = report.facts.get("pages")
    yield (
        "文件",
        f"{_cut(checked.name, _LONGEST_NAME)}({kind},{checked.size} 字节"
        + (f",{pages} 页)" if isinstance(pages, int) else ")"),
    )
    yield "SM3 摘要", _halved(checked.sm3)
    if both:
        yield "SHA-256 摘要", _halved(checked.sha256)
    yield "查验时间", f"{_china(checked.at)}(北京时间)"
    yield "所用名单", ";".join(_lists(trust))


def _halved(digest: str) -> str:
    """In two parts, so that it breaks where a person can compare."""
    return f"{digest[:32]} {digest[32:]}"


def _lists(trust: Trust) -> Iterator[str]:
    """Of when what was believed is: whoever reads this later sees what could not be known."""
    if trust.issued is not None:
        until = "" if trust.next_update is None else f",应于 {_china(trust.next_update)} 更新"
        yield f"信任名单 {_china(trust.issued)}{until}"
    else:
        yield "信任材料为本平台自有"
    seals = trust.seal_status
    yield "印章状态名单" + (f" {_china(seals.issued)}" if seals is not None else ":无")
    if trust.crls:
        oldest = min(one.this_update for one in trust.crls)
        yield f"吊销列表 {len(trust.crls)} 份,最早一份签发于 {_china(oldest)}"


def _lines(number: int, one: SignatureReport) -> SheetTable:
    rows = tuple((line.zh, line.mark, _cut(line.text, _LONGEST_SENTENCE)) for line in signature_lines(one))
    return SheetTable(_heading(number, one), ("项目", "结果", "说明"), rows)


def _heading(number: int, one: SignatureReport) -> str:
    who = _cut(who_of(one), _LONGEST_NAME)
    return f"签章 {number}" + (f":{who}" if who else "") + f" —— {HEADLINES[one.indication].zh}"


def _others(rest: Sequence[tuple[int, SignatureReport]], most: int, *, title: str) -> SheetTable:
    told = [(str(number), _cut(who_of(one), 30), HEADLINES[one.indication].zh) for number, one in rest[:most]]
    if len(rest) > most:
        good = sum(one.indication is Indication.TOTAL_PASSED for _, one in rest[most:])
        told.append(("…", f"另有 {len(rest) - most} 个签章", f"其中通过 {good} 个,详见所附 report.json"))
    return SheetTable(title, ("序号", "签章人", "结论"), tuple(told))


def _gravest_first(signatures: Sequence[SignatureReport]) -> list[tuple[int, SignatureReport]]:
    """With their numbers in the file; those that decide the verdict come first."""
    order = (Indication.TOTAL_FAILED, Indication.INDETERMINATE, Indication.TOTAL_PASSED)
    numbered = list(enumerate(signatures, 1))
    return sorted(numbered, key=lambda one: order.index(one[1].indication))


def _reasons(report: Report) -> Iterator[Reason]:
    """Of the file, then of the signatures that did not pass, each code once."""
    said = set()
    parts = [
        one for _, one in _gravest_first(report.signatures) if one.indication is not Indication.TOTAL_PASSED
    ]
    if report.indication is Indication.TOTAL_PASSED:
        return
    for reason in (*report.reasons, *(reason for one in parts for reason in one.reasons)):
        if reason.code not in said:
            said.add(reason.code)
            yield reason


def _words(report: Report) -> tuple[Said, Said | None]:
    """Headline and what to do; of a genuine file those of the document's state, where that matters."""
    verdict = verdict_of_file(report)
    if verdict is not None:
        return verdict.headline, verdict.action
    return HEADLINES[report.indication], ACTIONS.get(TONES[report.indication])


def _closing(report: Report) -> Iterator[str]:
    _, action = _words(report)
    if action is not None:
        yield action.zh if report.indication is Indication.TOTAL_PASSED else f"怎么办:{action.zh}"
    yield (
        "本报告由平台按查验时的材料自动作出,只说明文件的真伪和完整,不评价内容;文件本身未留存。"
        "此后证书、印章和文书的状态可能变化,以再次查验为准。"
    )


def _drawn(content: SheetContent) -> Layout | None:
    """``None`` when it does not fit.  A name in a file may have characters that no typeface draws."""
    for _ in range(_MOST_TRIES):
        try:
            return lay_out(content)
        except GlyphMissing as error:
            content = _without(content, error.characters)
        except PageError:
            return None
    return None


def _without(content: SheetContent, characters: str) -> SheetContent:
    table = str.maketrans(dict.fromkeys(characters, "〓"))
    return _mapped(content, lambda text: text.translate(table))


def _mapped(content: SheetContent, change: Callable[[str], str]) -> SheetContent:
    return replace(
        content,
        rows=tuple((label, change(value)) for label, value in content.rows),
        tables=tuple(
            replace(
                one,
                title=change(one.title),
                rows=tuple(tuple(change(cell) for cell in row) for row in one.rows),
            )
            for one in content.tables
        ),
        paragraphs=tuple(change(one) for one in content.paragraphs),
    )


def _cut(text: str, most: int) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= most else plain[: most - 1] + "…"


def _china(moment: datetime) -> str:
    return f"{moment.astimezone(CHINA):%Y-%m-%d %H:%M:%S}"
