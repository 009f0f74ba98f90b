# SPDX-License-Identifier: Apache-2.0
"""A signature's aspects in plain words: one line for each thing a person asks, no jargon, what is not known
said as that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from verify import Aspect, AspectName, AspectStatus, SignatureReport

from ..plugins import CHINA

_A = AspectName
_ID_LENGTH: Final = 32
_PASSED, _FAILED, _OPEN = AspectStatus.PASSED, AspectStatus.FAILED, AspectStatus.INDETERMINATE
_NONE = AspectStatus.NOT_APPLICABLE
MARKS: Final = {_PASSED: "√ 通过", _FAILED: "× 不通过", _OPEN: "? 未确认", _NONE: "— 不涉及"}
_GRAVER: Final = (_NONE, _PASSED, _OPEN, _FAILED)
_Known = Mapping[AspectName, Aspect]


@dataclass(frozen=True, slots=True)
class Line:
    """What was asked, the answer, and a sentence about it."""

    zh: str
    en: str
    status: AspectStatus
    text: str

    @property
    def mark(self) -> str:
        """The answer in a sign and a word: neither colour nor sign alone."""
        return MARKS[self.status]


def signature_lines(signature: SignatureReport) -> tuple[Line, ...]:
    """完整性, 签章人, 证书, 吊销, 时间, 印章, 授权; other demands only where they were not met."""
    known = {one.name: one for one in signature.aspects}
    rest = known[_A.CONSTRAINTS]
    lines = [
        Line("完整性", "Integrity", _worst(known, _A.INTEGRITY, _A.COVERAGE), _integrity(known)),
        Line("签章人", "Signer", known[_A.SIGNER].status, _signer(known[_A.SIGNER])),
        Line("证书", "Certificate", known[_A.CHAIN].status, _certificate(known[_A.CHAIN])),
        Line("吊销", "Revocation", known[_A.REVOCATION].status, _revocation(known[_A.REVOCATION])),
        Line("时间", "Time", _worst(known, _A.TIME, _A.TIMESTAMP), _time(known)),
        Line("印章", "Seal", known[_A.SEAL].status, _seal(known[_A.SEAL])),
        Line("授权", "Authority", known[_A.AUTHORITY].status, _authority(known[_A.AUTHORITY])),
    ]
    if rest.status is not _PASSED and rest.reasons:
        lines.append(Line("其他要求", "Other demands", rest.status, _REST[rest.status]))
    return tuple(lines)


def who_of(signature: SignatureReport) -> str:
    """The name by which a person knows this signature; empty when it has none."""
    known = {one.name: one for one in signature.aspects}
    seal, signer = known[_A.SEAL].detail, known[_A.SIGNER].detail
    return seal.get("name") or signer.get("organization") or signer.get("name") or ""


_REST: Final = {
    _FAILED: "不符合查验要求,见下列原因",
    _OPEN: "有一项要求未能确认,见下列原因",
    _NONE: "",
}


def _worst(known: _Known, *names: AspectName) -> AspectStatus:
    return max((known[name].status for name in names), key=_GRAVER.index)


def _integrity(known: _Known) -> str:
    whole, coverage = known[_A.INTEGRITY].status, known[_A.COVERAGE]
    if whole is _FAILED:
        return "内容与签章时不一致:被改动,或签名系伪造"
    if whole is not _PASSED:
        return "未能确认内容与签章时一致"
    if coverage.status is _FAILED:
        return "签章没有保护全部内容,或签章后文件被改动"
    if coverage.status is _OPEN:
        return "签章部分未被改动,但未能确认它保护了全部内容"
    if "FORM_FILLED" in coverage.reasons:
        return "签章的内容未被改动;其后有表单域被填写(签章人允许填写),填写的内容不是签章人所填"
    covers = coverage.detail.get("covers", "")
    if covers == "whole document":
        return "签章后未被改动,签章覆盖整份文件"
    return "签章后未被改动,其后只追加了签章或时间证明" if covers else "签章后未被改动"


def _signer(one: Aspect) -> str:
    names = one.detail
    who = names.get("organization") or names.get("name", "")
    if names.get("uscc"):
        who = f"{who}(统一社会信用代码 {names['uscc']})"
    if one.status is _PASSED:
        return who or "身份已确认"
    if one.status is _NONE:
        return ""
    return f"不能确认;文件自称:{who}" if who else "不能确认是谁签的"


def _certificate(one: Aspect) -> str:
    until = _day(one.detail.get("valid_until", ""))
    issuer = one.detail.get("issuer", "")
    if "CERTIFICATE_ENDED_SINCE" in one.reasons:
        return f"由受信任的机构({issuer})签发,签章时有效,此后已到期或吊销"
    if one.status is _PASSED:
        return f"由受信任的机构({issuer})签发" + (f",有效期至 {until}" if until else "")
    if one.status is _FAILED:
        return "证书被改动、系伪造,或签章时不在有效期内"
    return "" if one.status is _NONE else "不能确认证书由受信任的机构签发并在有效期内"


def _revocation(one: Aspect) -> str:
    told = one.detail
    since = _moment(told.get("since", ""))
    if one.status is _PASSED:
        issued = _moment(told.get("list_issued", "") or told.get("answered", ""))
        return "未被吊销" + (f"(依据 {issued} 的名单)" if issued else "")
    if one.status is _FAILED:
        return f"已于 {since} 吊销" if since else "证书、签发机构或密钥已被吊销"
    if one.status is _NONE:
        return ""
    if told.get("status") == "on-hold":
        return f"自 {since} 起暂停使用"
    return f"现已吊销({since}),签章在此之前与否没有证明" if since else "没有有效的名单,不知道是否已吊销"


def _time(known: _Known) -> str:
    time, stamp = known[_A.TIME], known[_A.TIMESTAMP]
    if time.status is _NONE:
        return ""
    claimed, proven = _moment(time.detail.get("claimed", "")), _moment(time.detail.get("proven", ""))
    unreliable = ";所附时间戳不能采信" if stamp.status in (_OPEN, _FAILED) and not proven else ""
    if time.status is _FAILED:
        return "所载时间自相矛盾,或不在证书有效期内"
    if proven:
        return f"不晚于 {proven},有时间戳证明"
    if time.status is _PASSED and claimed:
        return f"{claimed},由时间戳机构证明"
    return (f"签章人自称 {claimed},没有时间证明" if claimed else "没有可采信的时间") + unreliable


def _seal(one: Aspect) -> str:
    if one.status is _NONE:
        return "签章不带印章数据"
    told = one.detail
    name = f"「{told['name']}」" if told.get("name") else "印章"
    if one.status is _PASSED:
        maker = f"由受信任的制章人({told['maker']})制作" if told.get("maker") else "真实"
        stood = {"active": ";印章状态名单:启用"}.get(told.get("status", ""), ";印章状态未知")
        return f"{name}{maker},签章时在有效期内{stood}"
    if one.status is _FAILED:
        return f"{name}无效:不真实、签章人无权使用,或签章时不能使用"
    return f"不能确认{name}真实、有效"


def _authority(one: Aspect) -> str:
    if one.status is _NONE:
        return "签章没有载明用印依据"
    if one.status is not _PASSED:
        return "所载用印依据无法采信"
    words = (
        ("officer", "经办"),
        ("case", "案号"),
        ("grant", "授权"),
        ("approval", "审批"),
        ("mandate", "授权书"),
    )
    told = ",".join(f"{zh} {_short(one.detail[name])}" for name, zh in words if one.detail.get(name))
    return f"签章载明:{told}(以原件为准)" if told else "签章载明了用印依据(以原件为准)"


def _short(text: str) -> str:
    """An identifier of many digits tells a person nothing after the first ones."""
    return f"{text[:8]}…" if len(text) == _ID_LENGTH and text.isalnum() else text


def _moment(text: str) -> str:
    """Of an ISO 8601 time in UTC; empty for anything else."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return ""
    return f"{found.astimezone(CHINA):%Y-%m-%d %H:%M:%S}" if found.tzinfo is not None else text


def _day(text: str) -> str:
    return _moment(text)[:10]
