# SPDX-License-Identifier: Apache-2.0
"""What stops a seal or a sealed page from being made.  One base; every room adds its own children."""

from __future__ import annotations


class SealError(Exception):
    """Anything that stops a page, a seal or a sealed file from being made."""


class SealRefused(SealError):
    """A refusal with a code for programs and a sentence for people: what is wrong, and what to do."""

    def __init__(self, code: str, zh: str, en: str) -> None:
        super().__init__(f"{zh} {en}")
        self.code, self.zh, self.en = code, zh, en


class SignatureMismatch(SealRefused):
    """Not a signature over these attributes by the key of this certificate; nothing was embedded."""

    def __init__(self) -> None:
        super().__init__(
            "signature-mismatch",
            "签名值与待签数据或证书不符,未写入文件;请用同一证书的私钥对原待签数据重新签名",
            "the signature does not belong to these data and this certificate, nothing was embedded: "
            "sign the same data again with the key of this certificate",
        )


class SignerMismatch(SealRefused):
    """The signer does not hold the key that the certificate names."""

    def __init__(self) -> None:
        super().__init__(
            "signer-mismatch",
            "签名密钥与印章证书不是一对;请检查印章的密钥与证书配置",
            "the signer does not hold the key of the certificate: check which key belongs to this seal",
        )


class StateMalformed(SealRefused):
    """What was kept between preparing and completing is not what was prepared."""

    def __init__(self, rule: str) -> None:
        super().__init__(
            "state-malformed",
            "待签数据与准备时不一致,不能继续;请重新准备",
            f"what was prepared is not what was kept ({rule}): prepare again",
        )
        self.rule = rule


class EvidenceOutgrown(SealRefused):
    """Revocation lists grew between preparing and completing beyond the room that was kept for them."""

    def __init__(self, *, needed: int, room: int) -> None:
        super().__init__(
            "evidence-outgrown",
            "准备之后吊销列表明显变大,预留空间不足;请重新准备并签名",
            f"the revocation lists grew since, {needed} bytes are needed and {room} were kept: "
            "prepare and sign again",
        )
        self.needed, self.room = needed, room
