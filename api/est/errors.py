# SPDX-License-Identifier: Apache-2.0
"""Why a device does not enrol.  No message repeats a secret or a name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType


class EstError(Exception):
    """Anything about EST.  ``zh`` and ``en`` say what is wrong, ``todo`` what to do about it."""

    code = "est-error"
    zh = "设备证书申请未能完成"
    en = "the device could not enrol"
    todo = "请联系运营人员 / ask the operator"

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or self.en)


class NoSuchFamily(EstError):
    """The address names no label of this service."""

    code = "no-such-family"
    zh = "没有这个EST标签"
    en = "no such label"
    todo = "标签为 sm2 或 rsa,也可不写 / the labels are sm2 and rsa; it may be left out"


class NoSuchDevice(EstError):
    """No device has this id."""

    code = "no-such-device"
    zh = "没有登记这台设备"
    en = "no such device is registered"
    todo = "请核对设备编号 / check the id of the device"

    def __init__(self, which: str) -> None:
        super().__init__(f"no device {which}")
        self.which = which


class TooManyTries(EstError):
    """Too many requests from one address or for one device."""

    code = "est-too-many-tries"
    zh = "尝试次数过多"
    en = "too many tries"
    todo = "请一分钟后再试 / try again in a minute"


class ServerKeysNotMade(EstError):
    """Keys are made where they are used."""

    code = "server-keys-not-made"
    zh = "本平台不代设备生成密钥"
    en = "this service makes no keys for devices"
    todo = "签名密钥只由设备自己生成,请用 simpleenroll / make the key on the device and use simpleenroll"


_REFUSALS: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "credentials-missing": (
            "须用设备编号和一次性口令登录",
            "the id of the device and its one-time secret are needed (HTTP Basic)",
            "请用登记时得到的口令 / use the secret that the registration brought",
        ),
        "credentials-wrong": (
            "设备编号或口令不对",
            "the id of the device or its secret is wrong",
            "请逐字核对,或请运营人员另发口令 / compare them, or have another secret made",
        ),
        "secret-used": (
            "该口令已为另一请求使用",
            "the secret was used already, for another request",
            "请重发原请求,或请运营人员另发口令 / send the same request, or have another secret made",
        ),
        "secret-expired": (
            "口令已过期",
            "the secret has expired",
            "请运营人员另发口令 / have another secret made",
        ),
        "device-ended": (
            "该设备已停用",
            "the device was taken out of service",
            "请运营人员重新登记 / have it registered again",
        ),
        "client-certificate-missing": (
            "续期须出示设备现有证书(TLS客户端证书)",
            "to renew, the device shows its certificate as TLS client certificate",
            "请经TLS终端以客户端证书访问 / connect through the TLS proxy with the client certificate",
        ),
        "client-certificate-malformed": (
            "Client-Cert头无法读取",
            "the header Client-Cert cannot be read",
            "请按RFC 9440设置反向代理 / set the proxy up as RFC 9440 says",
        ),
        "proxy-not-trusted": (
            "该地址不是可信代理,其Client-Cert头不作数",
            "this address is no trusted proxy: its header Client-Cert is not believed",
            "请将代理地址写入 [est] client_certificate_from / name the proxy in that setting",
        ),
        "client-certificate-refused": (
            "该证书不是本平台签发的有效设备证书",
            "the certificate is none of a device of this service that is in force",
            "请核对证书,或以一次性口令重新申请 / check the certificate, or enrol anew with a secret",
        ),
    }
)


class NotAuthenticated(EstError):
    """Nobody knows which device asks; each reason has its own ``code``."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.zh, self.en, self.todo = _REFUSALS[code]
        super().__init__(f"{code}: {self.en}")


_ORDER: Mapping[str, tuple[str, str, str, str]] = MappingProxyType(
    {
        "body-not-base64": (
            "(body)",
            "正文须为PKCS#10请求的Base64,不含PEM标题行",
            "the body is a PKCS#10 request in Base64, without the lines of PEM",
            "请用Base64编码DER请求 / encode the DER request: openssl req -outform DER | openssl base64",
        ),
        "approval-refused": (
            "request",
            "登记员没有批准这份申请",
            "the registration officer did not approve this application",
            "请联系运营人员 / ask the operator",
        ),
        "family-differs": (
            "public_key",
            "密钥种类与地址中的标签不符",
            "the key is of another family than the label of the address",
            "SM2密钥用 sm2,RSA与ECDSA用 rsa / SM2 keys go to sm2, RSA and ECDSA to rsa",
        ),
        "challenge-password": (
            "challengePassword",
            "TLS由前置代理终结,无法核对challengePassword",
            "TLS ends at the proxy, so challengePassword (tls-unique) cannot be checked",
            "请不要写入该属性 / leave that attribute out",
        ),
        "attributes-malformed": (
            "attributes",
            "请求的属性无法读取或重复",
            "the attributes of the request cannot be read, or one appears twice",
            "请重新生成请求 / make the request anew",
        ),
        "names-differ": (
            "subjectAltName",
            "请求的名称不在设备登记之内",
            "the request names what is not registered for the device",
            "请只写登记的名称,或不写 / ask for the registered names, or for none",
        ),
        "usage-differs": (
            "keyUsage",
            "请求的密钥用途超出证书模板",
            "the request asks for a usage that the profile does not give",
            "请不要写入密钥用途 / leave the usage out",
        ),
        "authority-asked": (
            "basicConstraints",
            "设备证书不能签发证书",
            "no device becomes an authority",
            "请不要申请CA证书 / do not ask for a certificate of an authority",
        ),
        "extension-not-granted": (
            "extensionRequest",
            "请求含有不授予的扩展",
            "the request asks for an extension that is not granted",
            "请只写subjectAltName,或不写扩展 / ask for subjectAltName alone, or for nothing",
        ),
        "renewal-differs": (
            "subject",
            "续期请求的主体和名称须与现有证书相同",
            "subject and names of a renewal are those of the present certificate (RFC 7030 section 4.2.2)",
            "请照现有证书生成请求 / make the request with the words of the certificate",
        ),
        "holder-not-a-code": (
            "holder",
            "持有单位须为有效的统一社会信用代码",
            "the holder must be a valid unified social credit code",
            "请照证照核对 / check it against the licence",
        ),
        "label-malformed": (
            "label",
            "设备名称为 1–64 个可见字符",
            "the name of the device has 1 to 64 visible characters",
            "请改写 / choose another name",
        ),
        "names-malformed": (
            "names",
            "每个名称写作 dns:主机名 或 ip:地址,最多 20 个",
            "each is dns:HOST or ip:ADDRESS, 20 at most",
            "请改正后重试 / correct it and send it again",
        ),
        "lifetime-refused": (
            "hours",
            "口令有效时间为 1 至 720 小时",
            "a secret lives 1 to 720 hours",
            "请改写 / choose another lifetime",
        ),
    }
)


class EstRefused(EstError):
    """A request or a registration breaks a rule; each rule has its own ``code``."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.field, self.zh, self.en, self.todo = _ORDER[code]
        super().__init__(f"{code}: {self.en}")
