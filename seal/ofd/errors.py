# SPDX-License-Identifier: Apache-2.0
"""Why an OFD is not written or not sealed.  What could break an earlier seal is refused before."""

from __future__ import annotations

from typing import Final

from ..errors import SealRefused

_EXPORT = "请用 OFD 软件重新导出后再试"
_EXPORT_EN = "export it again with an OFD program and try that"

_WORDS: Final = {
    "ofd-malformed": (f"不是 OFD 文件或结构有误;{_EXPORT}", f"not an OFD, or a damaged one: {_EXPORT_EN}"),
    "ofd-hostile": (
        f"OFD 包内有重名、越界路径或其他会让不同软件读出不同内容的条目;{_EXPORT}",
        f"the package holds duplicate names, paths out of it or other entries that two readers may read "
        f"differently: {_EXPORT_EN}",
    ),
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
    "ofd-frozen": (
        "OFD 已有签名,但文件没有写明签名列表的位置,不能再加盖;请使用未签章的版本",
        "the OFD is signed already but does not name its list of signatures, nothing can be added: "
        "use the unsigned version",
    ),
    "ofd-broken-seal": (
        "OFD 原有的签章已经失效(文件在盖章后被改动);请取得未被改动的原件后再加盖",
        "an earlier seal of the OFD does not hold any more, the file was changed after it: "
        "fetch the unchanged original and seal that",
    ),
    "ofd-page-missing": (
        "印章所在的页不存在;请调整页码",
        "the page for the seal does not exist: change the page number",
    ),
    "ofd-outside-page": (
        "印章位置超出页面;请调整位置",
        "the place of the seal is not on the page: change the position",
    ),
    "ofd-no-mark": (
        "没有指定印章位置;请至少指定一处",
        "no place was given for the seal: give at least one",
    ),
    "ofd-keyword-missing": (
        "文档中没有找到关键字;请更换关键字或直接指定位置",
        "the keyword is nowhere in the document: choose another one or give a place",
    ),
    "ofd-one-page": (
        "骑缝章至少需要两页;请改用普通盖章",
        "a seal across pages needs two pages at least: seal one page instead",
    ),
    "ofd-slice-too-narrow": (
        "骑缝章每页分得的部分过窄;请减少每组页数或增大印章",
        "the slices of the seal across pages are too narrow: put fewer pages into a group",
    ),
    "ofd-seal-not-sm2": (
        "OFD 电子印章只用 SM2 证书;请改用 SM2 印章,或改盖 PDF",
        "seals in OFD use SM2 certificates only: choose an SM2 seal, or seal a PDF",
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
