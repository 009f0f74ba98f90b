# SPDX-License-Identifier: Apache-2.0
"""Why nobody is logged in.  Every refusal has its own code, and says what the holder can do."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType


class LoginError(Exception):
    """Anything about logins and sessions.  ``zh`` and ``en`` say what is wrong, ``todo`` what to do."""

    code = "login-error"
    zh = "登录未能完成"
    en = "the login could not be completed"
    todo = "请重新登录 / log in again"

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or self.en)


_REFUSALS: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "challenge-unknown": (
            "登录请求不存在",
            "there is no such challenge",
            "请重新登录 / start the login again",
        ),
        "challenge-used": (
            "这个登录请求已经用过,不能重复使用",
            "this challenge was answered before; it is good for one answer",
            "请重新登录 / start the login again",
        ),
        "challenge-expired": (
            "登录请求已超过两分钟,失效",
            "the challenge is older than two minutes",
            "请重新登录 / start the login again",
        ),
        "certificate-malformed": (
            "证书无法读取",
            "the certificate cannot be read",
            "请换用完整的证书文件 / use a complete certificate file",
        ),
        "certificate-expired": (
            "证书已过期",
            "the certificate has expired",
            "请申请新的证书 / have a new certificate issued",
        ),
        "certificate-not-yet-valid": (
            "证书尚未生效",
            "the certificate is not valid yet",
            "请在生效时间之后再登录 / log in after its validity begins",
        ),
        "certificate-revoked": (
            "证书已被吊销",
            "the certificate was revoked",
            "请申请新的证书 / have a new certificate issued",
        ),
        "certificate-suspended": (
            "证书已挂失,暂停使用",
            "the certificate is suspended",
            "找回密钥后请登记机构或用另一证书登录解除"
            " / have it resumed by the registration office, or with another certificate",
        ),
        "issuer-not-trusted": (
            "证书不是本平台信任的机构签发的",
            "the certificate was not issued by an authority that is trusted here",
            "请使用本平台认可的证书 / use a certificate that is accepted here",
        ),
        "key-usage": (
            "这张证书不能用于登录(须有数字签名用途)",
            "this certificate is not one to log in with: it lacks digitalSignature",
            "请使用签名证书,不要用加密证书 / use the signing certificate, not the one for encryption",
        ),
        "status-unknown": (
            "暂时无法确认证书是否有效",
            "whether the certificate is still good cannot be told at this moment",
            "请稍后再试 / try again later",
        ),
        "signature-invalid": (
            "签名验证不通过",
            "the signature does not verify",
            "请用与证书成对的密钥,对收到的全部字节签名 / sign all bytes received, with the matching key",
        ),
        "account-unknown": (
            "这张证书没有对应的可用账号",
            "no open account belongs to this certificate",
            "请联系运营人员开立账号 / ask the operator to open an account",
        ),
        "not-allowed-to-act": (
            "没有代表该企业办事的授权",
            "this account has no mandate to act for that enterprise",
            "请核对统一社会信用代码,或先登记授权 / check the credit code, or have the mandate recorded",
        ),
        "too-many-attempts": (
            "失败次数过多,请稍候",
            "too many failed attempts",
            "请一分钟后再试 / wait a minute and try again",
        ),
    }
)
LOGIN_CODES = tuple(_REFUSALS)
"""Every code of :class:`LoginRefused`."""


class LoginRefused(LoginError):
    """One login was refused; ``code`` is one of :data:`LOGIN_CODES`."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.zh, self.en, self.todo = _REFUSALS[code]
        super().__init__(f"{code}: {self.en}")


class NotLoggedIn(LoginError):
    """Nobody is logged in: no token, or none that we gave."""

    code = "not-logged-in"
    zh = "尚未登录"
    en = "nobody is logged in"
    todo = "请先登录 / log in first"


class SessionExpired(NotLoggedIn):
    """The session is too old, or was left alone too long."""

    code = "session-expired"
    zh = "登录已超时"
    en = "the session has expired"
    todo = "请重新登录 / log in again"


class SessionEnded(NotLoggedIn):
    """The session was ended: by logging out, or because its certificate, account or mandate ended."""

    code = "session-ended"
    zh = "登录已结束"
    en = "the session was ended"
    todo = "请重新登录 / log in again"


class CsrfMissing(LoginError):
    """A request that changes something came with a cookie alone."""

    code = "csrf-missing"
    zh = "请求缺少防伪标记"
    en = "the request does not show the session's CSRF token"
    todo = "请刷新页面后重试 / reload the page and try again"
