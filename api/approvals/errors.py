# SPDX-License-Identifier: Apache-2.0
"""Why the use of a seal is not asked for, not decided, not delegated."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_WORDS: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "not-yours": (
            "您不能办理该用印申请",
            "this login may not decide on this request",
            "请由持章单位指定的审批人办理 / an approver of the holder does it",
        ),
        "own-request": (
            "申请人不能审批自己的用印申请",
            "whoever asked does not approve",
            "请由另一人审批 / let another person approve it",
        ),
        "approved-already": (
            "您已同意该用印申请",
            "this person approved it already",
            "还须另一审批人同意 / another approver has to agree as well",
        ),
        "decided": (
            "该用印申请已办结",
            "the request was decided already",
            "请刷新页面查看结果 / look at it again",
        ),
        "reason-missing": (
            "请说明原因(1–500个字符,不含控制符)",
            "a reason is needed: 1-500 printable characters",
            "请填写原因 / give the reason",
        ),
        "request-malformed": (
            "用印申请内容不符合要求",
            "the request is not complete",
            "案号1–100个字符,份数1–1000000,文书种类须为已有种类 / a case number of 1-100 characters,"
            " 1-1000000 copies, a type of document that is known",
        ),
        "policy-malformed": (
            "用印审批规则不符合要求",
            "this policy is not possible",
            "审批人数为0、1或2,有效期1–366天,审批角色至少一种 / 0, 1 or 2 approvers, 1-366 days,"
            " at least one role",
        ),
        "not-needed": (
            "该印章无须用印审批",
            "uses of this seal need no approval",
            "可直接用印 / use it without asking",
        ),
        "mandate-malformed": (
            "授权书内容不符合要求",
            "the mandate is not complete",
            "受托人、文书种类、期限、途径和份数均须填写正确,期限不超过3年"
            " / name an open account, types, a period of at most three years, channels and a count",
        ),
        "mandate-certificate": (
            "该证书不能签署授权书",
            "this certificate cannot seal a mandate",
            "请使用持章单位的有效签章证书 / use a valid sealing certificate of the seal's holder",
        ),
        "mandate-signature": (
            "授权书签名与待签内容不符",
            "the signature does not verify over the mandate",
            "请对给出的内容原样签名 / sign the bytes exactly as they were given",
        ),
        "mandate-expired": (
            "授权书待签内容已过期",
            "the mandate was prepared too long ago",
            "请重新准备后再签名 / prepare it again, then sign",
        ),
    }
)


class ApprovalError(Exception):
    """Anything about approvals and mandates."""


class NoSuchUseRequest(ApprovalError):
    """No use was asked for under this id."""

    zh, en = "没有这件用印申请", "no request of this id"
    todo = "请核对编号;它可能不属于您 / check the id; it may not be yours to see"
    code = "no-such-use-request"

    def __init__(self, request_id: str) -> None:
        super().__init__(f"no request {request_id}")
        self.request_id = request_id


class NoSuchSealMandate(ApprovalError):
    """No mandate for a seal under this id."""

    zh, en = "没有这份授权书", "no mandate of this id"
    todo = "请核对编号;它可能不属于您 / check the id; it may not be yours to see"
    code = "no-such-seal-mandate"

    def __init__(self, mandate_id: str) -> None:
        super().__init__(f"no mandate {mandate_id}")
        self.mandate_id = mandate_id


class ApprovalRefused(ApprovalError):
    """A step that is not taken; nothing was changed.  ``field`` names what it is about, if anything."""

    def __init__(self, code: str, detail: str = "", *, field: str = "") -> None:
        self.code, self.field = code, field
        self.zh, self.en, self.todo = _WORDS[code]
        super().__init__(f"{self.en}{': ' if detail else ''}{detail}")
