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
    todo = "名称见信任列表 / the trust list names them"

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
        "key-suspended": (
            "request",
            "这个密钥的证书正在挂起,不能借新申请恢复使用",
            "a certificate for this key is suspended: a new order does not bring it back",
            "请先恢复或吊销该证书 / resume or revoke that certificate first",
        ),
        "sm2-key-required": (
            "sign_request",
            "证书组的签名密钥须为 SM2",
            "the signing key of a bundle is SM2",
            "请用 SM2 密钥生成请求 / make the request with an SM2 key",
        ),
        "rsa-key-required": (
            "rsa_request",
            "这一请求须为 RSA 或 ECDSA 密钥",
            "this request is for an RSA or ECDSA key",
            "请用 RSA 或 ECDSA 密钥生成请求 / make it with an RSA or ECDSA key",
        ),
        "key-centre-unavailable": (
            "profile",
            "密钥管理中心未启用,不能签发含加密证书的证书组",
            "without the key-management centre no bundle with an encryption certificate is issued",
            "请启用密钥管理中心,或单独申请签名证书 / start the key centre, or order the signing one alone",
        ),
        "not-renewable": (
            "certificate",
            "平台自身的证书不能这样更新",
            "certificates of the service itself are not renewed this way",
            "它们由平台自行更换 / the service replaces them itself",
        ),
        "renewal-of-suspended": (
            "certificate",
            "证书正在挂起,不能更新",
            "a suspended certificate is not renewed",
            "请先恢复 / resume it first",
        ),
        "renewal-of-ended": (
            "certificate",
            "证书已吊销或已过期,不能更新",
            "a revoked or expired certificate is not renewed",
            "请重新申请 / order a new one",
        ),
        "rekey-differs": (
            "order",
            "换发申请与原证书的持有人或类型不一致",
            "the new order names another holder, account or profile than the certificate",
            "请为同一持有人申请同一类型 / order the same profile for the same holder",
        ),
        "rekey-same-key": (
            "request",
            "换发须使用新密钥",
            "a re-key needs a new key",
            "请生成新的密钥;沿用原密钥请用更新 / make a new key, or renew",
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
            "根证书不能吊销,只能从信任列表中撤下",
            "a root is not revoked; it leaves the trust list",
            "请另建层级并发布新的信任列表 / make another hierarchy and publish a new trust list",
        ),
        "authority-offline": (
            "签发机构由离线根签发,运行中的服务不能改变其状态",
            "an offline root signed this authority: the running service cannot change its state",
            "请在离线根所在处运行 yinxin ca revoke-authority / run it where the roots are",
        ),
        "revoked-already": (
            "证书已吊销,吊销不能撤回",
            "the certificate is revoked, and that is final",
            "请申请新证书 / order a new certificate",
        ),
        "invalidity-refused": (
            "失效时间须带时区且不晚于现在",
            "the invalidity date has a zone and is not in the future",
            "请改写失效时间,或留空 / correct it, or leave it out",
        ),
        "invalidity-before-issuance": (
            "失效时间不能早于证书签发",
            "the invalidity date is not before the certificate was issued",
            "请改写失效时间,或留空 / correct it, or leave it out",
        ),
    }
)
_FIELDS = {
    "reason-unknown": "reason",
    "invalidity-refused": "invalid_since",
    "invalidity-before-issuance": "invalid_since",
}


class RevocationRefused(CertificateError):
    """A certificate is not revoked, suspended or resumed this way; each rule has its own ``code``."""

    def __init__(self, code: str) -> None:
        self.code, self.field = code, _FIELDS.get(code, "certificate")
        self.zh, self.en, self.todo = _REVOCATION[code]
        super().__init__(f"{code}: {self.en}")


_QR_KEYS: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "unknown": (
            "没有这个二维码密钥",
            "no key of QR codes has this id",
            "yinxin qr-keys list 列出全部密钥 / yinxin qr-keys list shows them all",
        ),
        "algorithm": (
            "没有这种二维码签名算法",
            "no such algorithm of QR codes",
            "请写 SM2 或 ES256 / write SM2 or ES256",
        ),
        "reason": (
            "停用原因须为代码",
            "the reason is a code",
            "小写英文词和连字符,至多40个字符,如 key-compromise"
            " / lower-case words with hyphens, at most 40 characters, such as key-compromise",
        ),
        "since": (
            "停用起始时间不可用",
            "the time of the revocation cannot be used",
            "不得晚于现在,不得早于密钥启用;已停用的密钥只能改为更早"
            " / not after now, not before the key began to sign; of a revoked key, earlier than before",
        ),
        "none-in-use": (
            "没有可用的二维码签名密钥:均已到期、停用,或只能双签",
            "no key of QR codes may sign now: all ended, were revoked, or sign only with another one",
            "请运行 yinxin qr-keys rotate / run yinxin qr-keys rotate",
        ),
    }
)


class QrKeyRefused(CertificateError):
    """A key of QR codes is not changed, or there is none to sign with; each rule has its own ``code``."""

    def __init__(self, code: str) -> None:
        self.code = f"qr-key-{code}"
        self.zh, self.en, self.todo = _QR_KEYS[code]
        super().__init__(f"{self.code}: {self.en}")


class CeremonyContradicted(CertificateError):
    """A ceremony says something else about an authority than what is there; nothing was made."""

    code = "ceremony-contradicted"
    zh = "仪式文件与已建立的签发机构不一致"
    en = "the ceremony contradicts an authority that is there"
    todo = "请为新的机构另起名称;已有的机构不能改动 / name a new authority; what is there stays as it is"

    def __init__(self, name: str, field: str) -> None:
        super().__init__(f"{name}: {field} differs from what is there")
        self.name, self.field = name, f"authorities.{name}.{field}"
        self.rule = f"{self.zh} / {self.en}"


class EnvelopeRefused(CertificateError):
    """What the key centre delivered is not the key that it made; nothing was issued."""

    code = "envelope-refused"
    zh = "密钥管理中心交付的加密密钥不可用"
    en = "the key centre delivered an envelope that does not hold its key"
    todo = "请联系密钥管理中心 / ask whoever runs the key centre"


class SelectionRefused(CertificateError):
    """A selection of certificates that cannot be read."""

    code = "selection-refused"
    zh = "无法读取的选择条件"
    en = "the selection cannot be read"
    todo = "例如 authority=persons-sm2 and not_after<2027-01-01 / for instance the same"

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.field, self.rule = "where", rule
