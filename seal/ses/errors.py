# SPDX-License-Identifier: Apache-2.0
"""Why a seal is not made, or not used."""

from __future__ import annotations

from typing import Final

from ..errors import SealRefused

_REMAKE: Final = "请重新制章"
_REMAKE_EN: Final = "have the seal made again"

_WORDS: Final = {
    # Making.
    "seal-facts-malformed": (
        "印章信息不合规定;请按提示更正",
        "the facts of the seal break a rule: correct them",
    ),
    "seal-picture-refused": (
        "印章图像不可用;请换用声明类型的图像并注明实际尺寸(毫米)",
        "the picture cannot be used: give one of the type that is named, and its true size in millimetres",
    ),
    "seal-too-large": ("印章超过 2 MB;请缩小印章图像", "the seal exceeds 2 MB: use a smaller picture"),
    "seal-maker-unfit": (
        "制章人证书不能用于制章;请检查其密钥用途与有效期",
        "the certificate of the seal maker may not make seals: look at its key usage and validity",
    ),
    # Using.
    "seal-malformed": (f"印章文件不合格式;{_REMAKE}", f"the seal cannot be read: {_REMAKE_EN}"),
    "seal-version-unsupported": (
        f"印章版本不是 GB/T 38540-2020 或 GM/T 0031-2025,不能再用于签章;{_REMAKE}",
        f"a seal of an older version is not used any more: {_REMAKE_EN}",
    ),
    "seal-maker-signature-wrong": (
        "印章的制章签名验证失败,印章被改动或系伪造,不能用于签章;请联系制章单位",
        "the maker's signature on the seal does not verify, it was altered or forged: ask its maker",
    ),
    "certificate-not-in-seal": (
        f"签章人证书不在该印章的证书列表中(例如证书已更换),不能签章;{_REMAKE}",
        "the certificate is not in the list of this seal, perhaps because it was renewed: "
        f"{_REMAKE_EN} with the new certificate",
    ),
    "seal-outside-period": (
        f"签章时间不在印章有效期内,不能签章;{_REMAKE}或检查时钟",
        f"the seal is not valid at this time: {_REMAKE_EN}, or check the clock",
    ),
    "certificate-outside-period": (
        "签章时间不在签章人证书有效期内,不能签章;请更换证书并重新制章",
        f"the certificate is not valid at this time: renew it and {_REMAKE_EN}",
    ),
    "certificate-unfit": (
        "签章人证书的密钥用途不允许签章;请换用签名证书",
        "the key usage of the certificate does not allow it to seal: use a signing certificate",
    ),
    "content-digest-wrong": (
        "原文摘要的算法与签章人证书的签名算法不相配;请按该算法重新计算摘要",
        "the digest of the content is of another algorithm than the signature: compute it again",
    ),
    "property-malformed": (
        "签章的原文属性须为不含空字符的 ASCII 文字;请更正",
        "the property must be ASCII text without NUL: correct it",
    ),
    "authority-malformed": (
        "用印依据不是规定格式;请重新生成",
        "the statement of authority is not of its format: make it again",
    ),
    "signature-too-large": (
        "签章数据超过 4 MB;请缩小印章图像",
        "the signature exceeds 4 MB: use a smaller seal",
    ),
}


class SesRefused(SealRefused):
    """This seal is not made, or not used; ``detail`` names what was found, in English."""

    def __init__(self, code: str, detail: str = "") -> None:
        zh, en = _WORDS[code]
        super().__init__(code, zh, f"{en} ({detail})" if detail else en)
        self.detail = detail
