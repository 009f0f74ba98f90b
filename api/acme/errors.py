# SPDX-License-Identifier: Apache-2.0
"""Why an ACME request is refused: the error types of RFC 8555 section 6.7, and two of the operator's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from verify import Json

URN = "urn:ietf:params:acme:error:"

_REFUSALS: Mapping[str, tuple[int, str, str]] = MappingProxyType(
    {
        "accountDoesNotExist": (400, "没有这个 ACME 账户", "there is no account for this key"),
        "alreadyReplaced": (409, "该证书已由另一订单续期", "this certificate was replaced by another order"),
        "alreadyRevoked": (400, "证书已经吊销", "the certificate is revoked already"),
        "badCSR": (400, "证书请求不可用", "the request (CSR) cannot be used"),
        "badNonce": (400, "一次性随机数无效", "the nonce is unknown, expired or was used"),
        "badPublicKey": (400, "不接受这个公钥", "this public key is not accepted"),
        "badRevocationReason": (400, "不接受这个吊销原因", "this reason of revocation is not accepted"),
        "caa": (403, "域名的 CAA 记录不许本平台签发", "the CAA records of the domain forbid it"),
        "badSignatureAlgorithm": (400, "不接受这个签名算法", "this signature algorithm is not accepted"),
        "connection": (400, "连接待验证的主机失败", "the host could not be reached"),
        "dns": (400, "域名解析失败", "the name could not be resolved"),
        "externalAccountRequired": (400, "须绑定平台账号(EAB)", "an external account binding is required"),
        "incorrectResponse": (400, "验证应答不符", "the response is not the one that was asked for"),
        "invalidContact": (400, "联系方式无效", "a contact is invalid"),
        "malformed": (400, "请求格式不符", "the request is malformed"),
        "orderNotReady": (403, "订单尚未就绪", "the order is not ready to be finalised"),
        "rateLimited": (429, "请求过于频繁", "too many requests of this kind"),
        "rejectedIdentifier": (400, "不为该域名签发", "no certificate is issued for this identifier"),
        "serverInternal": (500, "服务内部出错", "the server could not do it"),
        "unauthorized": (403, "没有权限", "this account may not do that"),
        "unsupportedContact": (400, "不支持这种联系方式", "only mailto contacts are supported"),
        "unsupportedIdentifier": (400, "不支持这种标识", "only identifiers of type dns are supported"),
    }
)


class AcmeError(Exception):
    """Anything about ACME."""


class AcmeRefused(AcmeError):
    """One refused request; ``code`` is the error type of RFC 8555, ``why`` says it in this case's words."""

    def __init__(
        self,
        code: str,
        why: str = "",
        *,
        name: str = "",
        status: int = 0,
        parts: Sequence[AcmeRefused] = (),
        algorithms: Sequence[str] = (),
        retry_after: int = 0,
        location: str = "",
    ) -> None:
        usual, self.zh, self.en = _REFUSALS[code]
        self.code, self.why, self.name, self.status = code, why, name, status or usual
        self.parts, self.algorithms = tuple(parts), tuple(algorithms)
        self.retry_after, self.location = retry_after, location
        super().__init__(f"{code}: {why or self.en}")

    def as_json(self) -> dict[str, Json]:
        """The problem document (RFC 9457, RFC 8555 section 6.7.1)."""
        told: dict[str, Json] = {
            "type": f"{URN}{self.code}",
            "title": self.zh,
            "status": self.status,
            "detail": self.why or self.en,
        }
        if self.name:
            told["identifier"] = {"type": "dns", "value": self.name}
        if self.algorithms:
            told["algorithms"] = list(self.algorithms)
        if self.parts:
            told["subproblems"] = [one.as_json() for one in self.parts]
        return told


class AcmeSwitchedOff(AcmeError):
    """``[acme] enabled`` is false."""

    code = "acme-switched-off"
    zh = "本平台未开放 ACME"
    en = "ACME is switched off here"
    todo = "请向运营人员申请证书 / ask the operator for a certificate"


class NoSuchAcmeKey(AcmeError):
    """The operator names a key for external account binding that does not exist."""

    code = "no-such-acme-key"
    zh = "没有这个 ACME 绑定密钥"
    en = "there is no such key for external account binding"
    todo = "请核对密钥编号 / check the id of the key"


class AcmeKeyRefused(AcmeError):
    """A key for external account binding cannot be made this way.  ``rule`` is in Chinese and English."""

    def __init__(self, field: str, rule: str, todo: str) -> None:
        super().__init__(f"{field}: {rule}")
        self.field, self.rule, self.todo = field, rule, todo
