# SPDX-License-Identifier: Apache-2.0
"""Why an OFD is not written or not sealed.  What could break an earlier seal is refused before."""

from __future__ import annotations

from typing import Final

from ..errors import SealRefused

_EXPORT = "请用 OFD 软件重新导出后再试"
_EXPORT_EN = "export it again with an OFD program and try that"

_WORDS: Final = {
    "ofd-malformed": (f"不是 OFD 文件或结构有误;{_EXPORT}", f"not an OFD, or a damaged one: {_EXPORT_EN}"),
    "ofd-too-large": ("OFD 超过允许的大小;请压缩或拆分后再试", "the OFD is too large: compress or split it"),
    "ofd-several-documents": (
        "OFD 包内有多个文档;请拆分为每包一个文档后再盖章",
        "the package holds several documents: split it into one package for each and seal those",
    ),
    "ofd-locked": (
        "OFD 已由签发人锁定(签名列表受保护),再加盖会使原签章失效;请直接使用原件,或使用锁定前的版本",
        "a signature of the OFD protects its list of signatures, one more would break that: "
        "use it as it is, or the version before",
    ),
    "ofd-broken-seal": (
        "OFD 原有的签章已经失效(文件在盖章后被改动);请取得未被改动的原件后再加盖",
        "an earlier seal of the OFD does not hold any more, the file was changed after it: "
        "fetch the unchanged original and seal that",
    ),
    "ofd-no-mark": (
        "没有指定印章位置;请至少指定一处",
        "no place was given for the seal: give at least one",
    ),
    "ofd-seal-not-sm2": (
        "OFD 电子印章只用 SM2 证书;请改用 SM2 印章,或改盖 PDF",
        "seals in OFD use SM2 certificates only: choose an SM2 seal, or seal a PDF",
    ),
    "ofd-no-fields": (
        "OFD 没有签名域;请改用页码和位置",
        "an OFD has no signature fields: give page and place",
    ),
    "ofd-nothing-to-close": (
        "OFD 还没有签章,不能锁定;请先盖章",
        "the OFD carries no signature yet and cannot be closed: seal it first",
    ),
}


class OfdRefused(SealRefused):
    """This file cannot be written or sealed as it is; ``detail`` names what was found, in English."""

    def __init__(self, code: str, detail: str = "") -> None:
        zh, en = _WORDS[code]
        super().__init__(code, zh, f"{en} ({detail})" if detail else en)
        self.detail = detail
