# SPDX-License-Identifier: Apache-2.0
"""Why a certificate is not issued, not revoked or not found.  No message repeats a holder's name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType


class CertificateError(Exception):
    """Anything about certificates.  ``zh`` and ``en`` say what is wrong, ``todo`` what to do about it."""

    code = "certificate-error"
    zh = "证书操作未能完成"
    en = "the certificate could not be used"
    todo = "请联系运营人员 / ask the operator"

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or self.en)


class NoSuchCertificate(CertificateError):
    """This service issued no such certificate."""

    code = "no-such-certificate"
    zh = "本平台没有签发过这张证书"
    en = "this service issued no such certificate"
    todo = "请核对证书编号 / check the id of the certificate"

    def __init__(self, which: str) -> None:
        super().__init__(f"no certificate {which}")
        self.which = which


class NoSuchAuthority(CertificateError):
    """No authority of this service has this name."""

    code = "no-such-authority"
    zh = "没有这个签发机构"
    en = "no authority of this name"
    todo = "名称见信任名单 / the trust list names them"

    def __init__(self, name: str) -> None:
        super().__init__(f"no authority {name}")
        self.name = name


class NotInitialised(CertificateError):
    """A key or certificate of the service itself is missing."""

    code = "not-initialised"
    zh = "平台自身的密钥或证书尚未建立"
    en = "a key or certificate of the service itself is missing"
    todo = "请先运行 yinxin init / run yinxin init first"

    def __init__(self, label: str) -> None:
        super().__init__(f"no key or certificate {label}")
        self.label = label


_ORDER: Mapping[str, tuple[str, str, str, str]] = MappingProxyType(
    {
        "profile-not-ordered": (
            "profile",
            "不能申请此类证书",
            "certificates of this profile cannot be ordered",
            "请改用 person 或 enterprise / order person or enterprise",
        ),
        "account-required": (
            "account_id",
            "个人证书须对应一个账号",
            "a person's certificate belongs to an account",
            "请先开立账号 / open an account first",
        ),
        "holder-mismatch": (
            "holder",
            "持有人与账号登记的主体不一致",
            "the holder is not the subject of the account",
            "请核对账号与持有人 / compare account and holder",
        ),
        "holder-malformed": (
            "holder",
            "持有单位须为有效的统一社会信用代码",
            "the holder must be a valid unified social credit code",
            "请照证照核对 / check it against the licence",
        ),
        "name-mismatch": (
            "holder_name",
            "名称与账号登记的名称不一致",
            "the name is not the one of the account",
            "请使用登记名称 / use the registered name",
        ),
        "request-contradicts-order": (
            "request",
            "证书请求(CSR)写明的主体与申请不一致",
            "the request names somebody else than the order",
            "请核对是否取错了请求文件,或重新生成 / check the file, or make the request anew",
        ),
        "validity-refused": (
            "valid_until",
            "到期时间须至少在一秒之后,且不晚于证书模板的期限",
            "the end must be a second ahead at least, and not beyond the profile's own term",
            "请改写到期时间,或留空 / choose another end, or leave it out",
        ),
        "key-of-another": (
            "request",
            "这个公钥已属于另一持有人的证书",
            "this key is certified for another holder",
            "请为本持有人生成新的密钥 / make a key for this holder",
        ),
        "key-compromised": (
            "request",
            "这个密钥已因泄露被吊销,不能再用",
            "this key was revoked as compromised and is never certified again",
            "请生成新的密钥 / make a new key",
        ),
    }
)


class OrderRefused(CertificateError):
    """An order for a certificate breaks a rule; each rule has its own ``code``."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.field, self.zh, self.en, self.todo = _ORDER[code]
        super().__init__(f"{code}: {self.en}")


_REVOCATION: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "reason-unknown": (
            "没有这个吊销原因",
            "no such reason of revocation",
            "请使用 RFC 5280 的原因,如 keyCompromise / use one of RFC 5280, such as keyCompromise",
        ),
        "root-not-revocable": (
            "根证书不能吊销,只能从信任名单中撤下",
            "a root is not revoked; it leaves the trust list",
            "请另建层级并发布新的信任名单 / make another hierarchy and publish a new trust list",
        ),
    }
)


class RevocationRefused(CertificateError):
    """A certificate is not revoked this way; each rule has its own ``code``."""

    def __init__(self, code: str) -> None:
        self.code, self.field = code, "reason"
        self.zh, self.en, self.todo = _REVOCATION[code]
        super().__init__(f"{code}: {self.en}")
