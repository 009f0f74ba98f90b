# SPDX-License-Identifier: Apache-2.0
"""What stops the state of certificates from being published or told."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType


class StatusError(Exception):
    """Anything that goes wrong with telling the state of certificates."""

    code = "status-error"
    zh = "证书状态未能发布"
    en = "the state of certificates was not published"
    todo = "请稍后重试;持续出现请联系运营人员 / try again; if it stays so, tell the operator"


class ListNumberTaken(StatusError):
    """Another process published in between: the compare-and-swap of the number failed."""

    code = "list-number-taken"
    zh = "另有进程同时发布了吊销列表"
    en = "another process published a revocation list at the same moment"
    todo = "请重试 / try again"

    def __init__(self, issuer: str, number: int) -> None:
        super().__init__(f"list {number} of {issuer} was published meanwhile")
        self.issuer, self.number = issuer, number


_DOUBTS: Mapping[str, str] = MappingProxyType(
    {
        "unreadable": "it cannot be read back",
        "issuer": "it names another issuer or key",
        "signature": "its signature does not verify with the certificate of the authority",
        "critical": "it has a critical extension that nobody would understand",
        "number": "its number is not above the published one",
        "time": "its time is before the published one, or it ends before it begins",
        "scope": "it is about other certificates than it is published for",
        "entries": "its entries are not those of the database",
        "vanished": "an entry of the published list is gone without a reason",
        "delta": "laid over its base it does not give the complete list",
    }
)


class ListDoubted(StatusError):
    """The re-reader does not release a list that was signed; ``doubt`` says why."""

    code = "list-doubted"
    zh = "新签发的吊销列表未通过复核,未予发布"
    en = "a new revocation list did not pass its own re-reading and was not published"
    todo = "请运营人员核对数据库与密钥 / the operator compares database and keys"

    def __init__(self, doubt: str, detail: str = "") -> None:
        more = f": {detail}" if detail else ""
        super().__init__(f"list not released: {_DOUBTS.get(doubt, doubt)}{more}")
        self.doubt, self.detail = doubt, detail


class StatusRequestRefused(StatusError):
    """A question about the state of a certificate that cannot be understood."""

    code = "status-request-malformed"
    zh = "查询内容不符合要求"
    en = "the question cannot be understood"

    def __init__(self, field: str, rule: str, todo: str) -> None:
        super().__init__(f"{field}: {rule}")
        self.field, self.rule, self.todo = field, rule, todo


class NothingKnown(StatusError):
    """There is no evidence of this certificate at this time, so there is no receipt."""

    code = "status-unknown"
    zh = "没有该证书在这一时间的状态证据"
    en = "there is no evidence of the state of this certificate at this time"
    todo = "请核对证书与时间 / check the certificate and the time"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
