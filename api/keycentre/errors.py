# SPDX-License-Identifier: Apache-2.0
"""Why the key centre does not do what it is asked.  No message repeats a name or a reason."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType


class KeyCentreError(Exception):
    """Anything about the key centre.  ``zh`` and ``en`` say what is wrong, ``todo`` what to do about it."""

    code = "key-centre-error"
    zh = "密钥管理中心未能完成操作"
    en = "the key centre could not do it"
    todo = "请联系运营人员 / ask the operator"

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or self.en)


class KeyCentreUnavailable(KeyCentreError):
    """It did not answer within the deadline, or what answered is not our key centre."""

    code = "key-centre-unavailable"
    zh = "密钥管理中心暂时无法使用"
    en = "the key centre does not answer"
    todo = "本次没有写入任何内容,请稍后重试 / nothing was done: try again in a moment"


class ConnectionBroken(KeyCentreUnavailable):
    """The connection ended before the answer: asked once more, with a fresh request."""


class KeyCentreDamaged(KeyCentreError):
    """What the centre stores is not what it stored: it does nothing more."""

    code = "key-centre-damaged"
    zh = "密钥管理中心的存档与其记录不符"
    en = "what the key centre stores differs from what it recorded"
    todo = "请恢复密钥管理中心的最新备份 / restore the newest backup of the key centre"


class CentreMisconfigured(KeyCentreError):
    """Its settings, vault or files cannot be used."""

    code = "key-centre-misconfigured"
    zh = "密钥管理中心的设置不可用"
    en = "the key centre's settings cannot be used"

    def __init__(self, key: str, why: str, todo: str) -> None:
        super().__init__(f"{key}: {why}" if key else why)
        self.key, self.why, self.todo = key, why, todo
        self.en = f"{key}: {why}" if key else why


class WireMalformed(KeyCentreError):
    """Bytes that are no message.  ``rule`` is what they broke."""

    code = "request-malformed"
    zh = "密钥管理中心的报文无法读取"
    en = "not a message of the key centre"

    def __init__(self, rule: str) -> None:
        super().__init__(f"not a message of the key centre: {rule}")
        self.rule = rule


class NoSuchRecovery(KeyCentreError):
    """No recovery has this id."""

    code = "no-such-recovery"
    zh = "没有这项恢复申请"
    en = "no recovery has this id"
    todo = "请核对编号 / check the id"


_REFUSALS: Mapping[str, tuple[int, str, str, str]] = MappingProxyType(
    {
        "request-malformed": (500, "报文不符合格式", "the message is malformed", ""),
        "request-forged": (500, "报文不是本平台签名的", "the request is not signed by this service", ""),
        "request-stale": (503, "报文时间不符", "the request's time is not now", "请核对时钟 / check clocks"),
        "request-replayed": (500, "报文已使用过", "the request was used already", ""),
        "verb-unknown": (500, "没有这种操作", "the key centre has no such verb", ""),
        "centre-failed": (500, "密钥管理中心内部出错", "the key centre failed", ""),
        "centre-damaged": (
            503,
            "密钥管理中心的存档与其记录不符",
            "what the key centre stores differs from what it recorded",
            "请恢复密钥管理中心的最新备份 / restore the newest backup of the key centre",
        ),
        "history-lost": (
            503,
            "密钥管理中心的恢复记录倒退了",
            "the key centre's history of recoveries went back",
            "请恢复密钥管理中心的最新备份 / restore the newest backup of the key centre",
        ),
        "reference-malformed": (422, "密钥引用不符合格式", "the reference of a key is malformed", ""),
        "holder-differs": (
            409,
            "该引用已为另一签名密钥生成",
            "this reference was made for another signing key",
            "请使用新的引用 / use a new reference",
        ),
        "key-unknown": (404, "密钥管理中心没有这个密钥", "the key centre has no such key", ""),
        "recipient-unsuitable": (
            422,
            "接收者的公钥须为 SM2",
            "the recipient's public key must be SM2",
            "请提供 SM2 签名证书的公钥 / give the public key of an SM2 signing certificate",
        ),
        "delivery-needs-recovery": (
            409,
            "密钥已交付给另一签名密钥,再次交付须走恢复程序",
            "the key was delivered to another signing key: a further delivery is a recovery",
            "请提出恢复申请 / request a recovery",
        ),
        "reason-required": (
            422,
            "请写明恢复理由,1至500个字",
            "a recovery needs a reason of 1 to 500 characters",
            "请填写理由 / give the reason",
        ),
        "recovery-malformed": (422, "恢复申请不符合格式", "the recovery request is malformed", ""),
        "recovery-expired": (
            409,
            "恢复申请已过期",
            "the recovery request has expired",
            "请重新申请 / request it again",
        ),
        "recovery-too-long": (
            422,
            "恢复申请的有效期最长30天",
            "a recovery request is valid for at most 30 days",
            "请缩短期限 / choose an earlier end",
        ),
        "recovery-key-differs": (
            409,
            "恢复申请写明的是另一个密钥",
            "the recovery request names another key",
            "",
        ),
        "agents-missing": (
            409,
            "密钥管理中心尚未登记足够的恢复专员",
            "the key centre's settings name no recovery agents",
            "请在 kmc.toml 中登记 / name them in kmc.toml",
        ),
        "approvals-insufficient": (
            409,
            "批准人数不足",
            "too few recovery agents approved",
            "请由更多恢复专员批准 / let more agents approve",
        ),
        "approval-twice": (
            409,
            "同一恢复专员批准了两次",
            "one recovery agent approved twice",
            "须由不同的人批准 / different persons must approve",
        ),
        "approval-unknown-agent": (
            403,
            "批准人不是已登记的恢复专员",
            "whoever approved is no recovery agent",
            "请由已登记的恢复专员批准 / let a recovery agent approve",
        ),
        "approval-invalid": (
            422,
            "批准的签名与本申请不符",
            "the signature of an approval is not over this request",
            "请重新签名 / sign this request",
        ),
        "agent-expired": (
            403,
            "恢复专员的证书不在有效期内",
            "the certificate of a recovery agent is not valid now",
            "请更换其证书 / replace the certificate in kmc.toml",
        ),
        "proof-invalid": (409, "公开日志的证明不成立", "the proof of the public log does not hold", ""),
        "proof-other-entry": (
            409,
            "日志证明的条目不是本申请",
            "the proven log entry is not this request",
            "",
        ),
        "log-forked": (
            409,
            "公开日志与密钥管理中心上次所见不一致",
            "the public log does not extend the one that the key centre saw",
            "请立即核查公开日志:yinxin log check / examine the log now",
        ),
        "log-behind": (
            409,
            "公开日志比密钥管理中心上次所见的短",
            "the public log is shorter than the key centre saw it",
            "请立即核查公开日志:yinxin log check / examine the log now",
        ),
        "already-completed": (409, "该恢复已完成", "this recovery was completed", ""),
    }
)
REFUSALS = tuple(_REFUSALS)
"""Every code, for the test that none lacks words."""


class KeyCentreRefused(KeyCentreError):
    """A rule of the key centre is broken; each rule has its own ``code``."""

    def __init__(self, code: str) -> None:
        self.code = code if code in _REFUSALS else "centre-failed"
        self.status, self.zh, self.en, todo = _REFUSALS[self.code]
        self.todo = todo or KeyCentreError.todo
        super().__init__(f"{self.code}: {self.en}")
