# SPDX-License-Identifier: Apache-2.0
"""What speaks against a signature, and how findings and the signature value become one verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ..canonical import Json
from ..report import Indication, Reason, SignatureReport, SubIndication


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that speaks against a signature or the whole file."""

    indication: Indication
    sub: SubIndication
    reason: Reason


@dataclass(frozen=True, slots=True)
class Later:
    """What came after a signature: what speaks against it, what does not and is told all the same."""

    found: tuple[Finding, ...] = ()
    notes: tuple[Reason, ...] = ()
    filled: tuple[str, ...] = ()  # names of ordinary fields whose value was changed


def failed(sub: SubIndication, code: str, zh: str, en: str) -> Finding:
    """Proof that something is wrong."""
    return Finding(Indication.TOTAL_FAILED, sub, Reason(code, zh, en))


def unsure(sub: SubIndication, code: str, zh: str, en: str) -> Finding:
    """Something that keeps us from saying yes, and proves nothing."""
    return Finding(Indication.INDETERMINATE, sub, Reason(code, zh, en))


BYTES_AFTER_SEAL: Final = failed(
    SubIndication.COVERAGE_GAP,
    "BYTES_AFTER_SEAL",
    "签章之后有未受保护的数据",
    "unprotected bytes follow the last sealed revision and are no proper update",
)
MODIFIED_AFTER_SEAL: Final = failed(
    SubIndication.COVERAGE_GAP,
    "MODIFIED_AFTER_SEAL",
    "签章之后文件内容被修改",
    "the document was changed after it was sealed",
)
MOST_NAMED: Final = 8
"""Fields that a sentence names; the facts name all."""
FORM_FILLED: Final = "FORM_FILLED"


def listed(names: Sequence[str]) -> tuple[str, str]:
    """Some of them, in Chinese and in English."""
    some, more = [f"{one:.80}" for one in names[:MOST_NAMED]], len(names) > MOST_NAMED
    zh, en = "、".join(some), ", ".join(some)
    return (f"{zh} 等 {len(names)} 个", f"{en} and others, {len(names)} in all") if more else (zh, en)


def overwritten(names: Sequence[str]) -> Finding:
    """Fields were filled in, and nothing allows it."""
    zh, en = listed(names)
    return failed(
        SubIndication.COVERAGE_GAP,
        "MODIFIED_AFTER_SEAL",
        f"签章之后文件内容被修改:表单域「{zh}」的内容被改写",
        f"the document was changed after it was sealed: form fields were overwritten: {en}",
    )


def form_filled(names: Sequence[str]) -> Reason:
    """Fields were filled in, as the certification allows."""
    zh, en = listed(names)
    return Reason(
        FORM_FILLED,
        f"签章之后填写了表单域「{zh}」,签章人允许填写,其内容不是签章人所填",
        f"form fields were filled in after sealing, which the sealer allowed and does not vouch for: {en}",
    )


def over_content(pages: Sequence[int]) -> Reason:
    """``pages`` from 1.  A seal over text is usual on paper; what it hides shows in the revision before."""
    zh, en = listed([str(one) for one in pages])
    return Reason(
        "LATER_SEAL_OVER_CONTENT",
        f"后加的印章盖在第 {zh} 页已有的内容之上,被盖住的内容以前一版本为准",
        f"a later seal stands over what was on page {en} before: see the revision before it",
    )


NOT_IN_ITS_REVISION: Final = failed(
    SubIndication.COVERAGE_GAP,
    "NOT_IN_ITS_REVISION",
    "签名不在其所保护的版本之内",
    "the protected revision is not a document that carries this signature",
)
SHOWN_DIFFERENTLY: Final = unsure(
    SubIndication.COVERAGE_GAP,
    "SHOWN_DIFFERENTLY",
    "签章之后页面的显示有变化,且不是后加印章所致,请以签章时的版本为准",
    "pages look different from when they were sealed, and not for a later seal: see the sealed revision",
)
TOO_MUCH_TO_COMPARE: Final = unsure(
    SubIndication.COVERAGE_GAP,
    "DIFFERENCE_NOT_ANALYSED",
    "签章之后另有更新,文件对象过多,无法分析其改动",
    "later revisions cannot be compared with the sealed one: too many objects",
)
SIGNATURE_SHARED: Final = failed(
    SubIndication.FORMAT_FAILURE,
    "SIGNATURE_SHARED",
    "签名值或签名范围被多个字段共用",
    "two fields share one signature or one byte range",
)


def judged(
    format: str,
    value: SignatureReport | None,
    found: Sequence[Finding],
    facts: Mapping[str, Json],
    notes: Sequence[Reason] = (),
) -> SignatureReport:
    """One verdict: failed before unsure before passed, the place in the file before the signature value.

    ``notes`` are told and change nothing.

    ``value`` is the verdict on the CMS value, or ``None`` when there was nothing to check it over; then
    something must have been found.
    """
    marks: list[tuple[Indication, SubIndication | None]] = [(one.indication, one.sub) for one in found]
    reasons = [one.reason for one in found]
    if value is None:
        marks.append((Indication.INDETERMINATE, SubIndication.FORMAT_FAILURE))
    elif value.indication is not Indication.TOTAL_PASSED or not found:
        marks.append((value.indication, value.sub_indication))
        said = {reason.code for reason in reasons}
        reasons.extend(reason for reason in value.reasons if reason.code not in said)
    reasons.extend(notes)
    if value is not None:
        facts = {**value.facts, **{name: fact for name, fact in facts.items() if fact is not None}}
    worst = [mark for mark in marks if mark[0] is Indication.TOTAL_FAILED]
    indication, sub = (worst or [mark for mark in marks if mark[0] is Indication.INDETERMINATE] or marks)[0]
    return SignatureReport(
        format=format, indication=indication, sub_indication=sub, reasons=tuple(reasons), facts=facts
    )
