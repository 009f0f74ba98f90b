# SPDX-License-Identifier: Apache-2.0
"""Why a step of a seal's life is not taken, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from .errors import SealRegistryError

_WORDS: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "not-possible-now": (
            "印章目前的状态不能这样办理",
            "the seal's state does not allow this step",
            "请刷新页面查看当前状态 / look at its state again",
        ),
        "not-yours": (
            "您不能办理这枚印章的此项业务",
            "this login may not take this step on this seal",
            "请由持章单位、登记机关或运营人员办理 / the holder, the office or the operator does it",
        ),
        "another-person": (
            "申请人不能审批自己的申请",
            "whoever applied does not approve",
            "请由另一人审批 / let another person approve it",
        ),
        "reason-missing": (
            "请说明原因",
            "a reason is needed",
            "填写原因代码(小写字母、数字、连字符)或说明 / give a reason code or a note",
        ),
        "statement-malformed": (
            "待签内容不是本平台给出的",
            "the statement is not one of this service",
            "请重新准备后再签名 / prepare it again, then sign",
        ),
        "statement-expired": (
            "待签内容已过期或已被他人的办理取代",
            "the statement is too old, or somebody else was quicker",
            "请重新准备后再签名 / prepare it again, then sign",
        ),
        "signer-unfit": (
            "签名证书不能用于此次办理",
            "the certificate cannot sign this step",
            "请使用本人或所代表单位的有效证书 / use your own valid certificate, or that of your body",
        ),
        "signature-invalid": (
            "签名与待签内容不符",
            "the signature does not verify over the statement",
            "请对给出的内容原样签名 / sign the bytes exactly as they were given",
        ),
        "code-taken": (
            "该印章编码已被使用",
            "this seal code is in use",
            "请更换编码,或留空由平台分配 / give another code, or none to be allotted one",
        ),
        "certificate-unfit": (
            "所列证书不属于持章单位或已失效",
            "a certificate that was named is not the holder's, or not in force",
            "请从持章单位的有效证书中选择 / choose among the holder's certificates in force",
        ),
        "design-missing": (
            "变更章面须给出新的章面",
            "a change of the image needs the new design",
            "请填写新的章面 / give the new design",
        ),
    }
)


class SealStepRefused(SealRegistryError):
    """A step that is not taken; nothing was changed.  ``field`` names what it is about, if anything."""

    def __init__(self, code: str, detail: str = "", *, field: str = "") -> None:
        self.code, self.field = code, field
        self.zh, self.en, self.todo = _WORDS[code]
        super().__init__(f"{self.en}{': ' if detail else ''}{detail}")
