# SPDX-License-Identifier: Apache-2.0
"""Verdicts in words: what a person reads first, with its colour, shape and what to do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from verify import Indication, Report, SignatureReport, authority_lines

_SEAL_CODE = re.compile(r"[0-9]{14}")
CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class Said:
    """One sentence in two languages."""

    zh: str
    en: str


TONES = {
    Indication.TOTAL_PASSED: "pass",
    Indication.TOTAL_FAILED: "fail",
    Indication.INDETERMINATE: "unsure",
}
HEADLINES = {
    Indication.TOTAL_PASSED: Said("签章真实有效:核验通过", "The seals are genuine: every check passed"),
    Indication.TOTAL_FAILED: Said("核验不通过:不能采信", "Failed: do not rely on it"),
    Indication.INDETERMINATE: Said("无法判定:证据不足", "Undecided: the evidence is not enough"),
}
ACTIONS = {
    "pass": Said(
        "若是证照等文书:是否仍有效(未被撤销、取代),请扫描其二维码或按编号查询。",
        "A document may have been revoked since: scan its code, or look its number up.",
    ),
    "fail": Said("请勿采信此文件;向出具机关核实。", "Do not rely on this file; ask the issuer."),
    "unsure": Said(
        "请向提供者索取原始电子文件(不是截图或另存),或向出具机关核实。",
        "Ask for the original electronic file, not a copy, or ask the issuer.",
    ),
}
NAMES = (
    ("organization", "签章单位", "Organisation"),
    ("signer_name", "签章人", "Signer"),
    ("seal_name", "印章名称", "Seal"),
    ("seal_code", "印章编码", "Seal code"),
    ("uscc", "统一社会信用代码", "Credit code"),
    ("issuer", "证书颁发者", "Certificate issuer"),
    ("algorithm", "算法", "Algorithm"),
    ("claimed_time", "声称的签章时间", "Claimed time"),
    ("proven", "已证明的签章时间(不晚于)", "Proven time (not later than)"),
    ("level", "级别", "Level"),
    ("stated_reason", "用途", "Reason"),
    ("covers", "保护范围", "Covers"),
)


def china(moment: datetime) -> str:
    """A time as people here read it."""
    return f"{moment.astimezone(CHINA):%Y-%m-%d %H:%M:%S}"


def signature_rows(signature: SignatureReport) -> list[dict[str, str]]:
    """The facts of one signature that a person can use."""
    facts: Mapping[str, Any] = signature.facts
    signer = facts.get("signer")
    flat = {**facts, **signer} if isinstance(signer, dict) else dict(facts)
    seal = facts.get("seal")
    if isinstance(seal, dict):  # a seal signature carries its seal (GB/T 38540)
        flat |= {"seal_name": seal.get("name"), "seal_code": seal.get("code")}
    proven = facts.get("proven_time")
    if isinstance(proven, dict):
        flat["proven"] = proven.get("time")
    name = flat.get("common_name")
    # The certificate of a seal is named by the seal's code; everybody else by a name.
    flat["seal_code" if isinstance(name, str) and _SEAL_CODE.fullmatch(name) else "signer_name"] = name
    rows = []
    for name, zh, en in NAMES:
        value = flat.get(name)
        if isinstance(value, str) and value:
            rows.append({"zh": zh, "en": en, "value": _readable(name, value)})
    stated = facts.get("authority")
    if isinstance(stated, dict):
        # What the signature says of itself: shown beside the verdict, never as one.
        rows += [
            {"zh": f"用印依据 · {zh}", "en": en, "value": value} for zh, en, value in authority_lines(stated)
        ]
    return rows


def _readable(name: str, value: str) -> str:
    if name in ("claimed_time", "proven"):
        try:
            return f"{china(datetime.fromisoformat(value))}(北京时间)"
        except ValueError:
            return value
    return {"whole document": "整份文件 whole document"}.get(value, value) if name == "covers" else value


def _because(report: Report) -> list[dict[str, str]]:
    """Why, in the order of what matters: of the file, otherwise of the first signature that decided it."""
    reasons = report.reasons or next(
        (one.reasons for one in report.signatures if one.indication is report.indication), ()
    )
    return [{"zh": one.zh, "en": one.en, "code": one.code} for one in reasons]


def result(report: Report) -> dict[str, Any]:
    """What the result page needs of a report."""
    tone = TONES[report.indication]
    return {
        "tone": tone,
        "words": HEADLINES[report.indication],
        "action": ACTIONS.get(tone),
        "because": _because(report),
        "report": report.to_json(),
        "signatures": [
            {
                "tone": TONES[one.indication],
                "words": HEADLINES[one.indication].zh,
                "rows": signature_rows(one),
                "reasons": [{"zh": r.zh, "en": r.en, "code": r.code} for r in one.reasons],
            }
            for one in report.signatures
        ],
    }


_WHY = {
    "data-error": "内容有误",
    "issued-in-error": "误签发",
    "fraud": "以欺骗等不正当手段取得",
    "court-order": "依据司法裁判",
    "holder-request": "持证主体申请",
    "holder-dissolved": "持证主体终止",
    "no-longer-eligible": "不再符合条件",
    "period-ended": "有效期届满",
    "under-review": "正在复核",
    "objection": "异议处理中",
    "objection-upheld": "异议成立",
    "objection-rejected": "异议不成立",
    "corrected": "已更正",
    "reinstated": "恢复效力",
    "office-order": "主管机关决定",
    "key-compromise": "签名密钥失密",
    "superseded": "已由新版代替",
}


def why(code: str) -> str:
    """A reason code of a change of state in Chinese; empty for one that nobody gave words."""
    return _WHY.get(code, "")
