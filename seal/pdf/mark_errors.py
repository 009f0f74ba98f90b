# SPDX-License-Identifier: Apache-2.0
"""Why a seal cannot be shown where it was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ..errors import SealRefused

_WORDS: Final = {
    "keyword-missing": (
        "文件中没有找到关键字“{}”;请核对文字,或改用页码和位置",
        "the text of the document does not contain the keyword {!r}: check it, or give page and place",
    ),
    "keyword-occurrence-missing": (
        "关键字没有出现那么多次({});请改用较小的序号",
        "the keyword does not occur that often ({}): ask for an earlier occurrence",
    ),
    "text-too-long": (
        "文字超过 {} 个字符,不能按关键字查找;请指定页码范围或位置",
        "more than {} characters of text, too many to search: name the pages, or give the place",
    ),
    "field-missing": (
        "文件中没有名为“{}”的签名域;请核对名称",
        "the document has no signature field named {!r}: check the name",
    ),
    "field-signed": (
        "签名域“{}”已经签名;请选择空的签名域",
        "the signature field {!r} is signed already: choose an empty one",
    ),
    "field-nested": (
        "签名域“{}”不在表单顶层,或有多处显示,不同软件读取可能不同;请改用页码和位置",
        "the signature field {!r} is below another field or shown in several places, which readers may take "
        "differently: give page and place",
    ),
    "field-locked": (
        "前一签章已锁定签名域“{}”;请使用未锁定的签名域",
        "an earlier signature locked the field {!r}: use a field that it left open",
    ),
    "field-demands-more": (
        "签名域“{}”对签名有本系统未满足的强制要求;请改用其他签名域",
        "the signature field {!r} demands something of its signature that is not met here: use another field",
    ),
    "page-takes-no-more": (
        "该页的批注({} 个)直接写在页面内,再盖章会使已有签章失效;请改盖其他页,或从未签章的版本开始",
        "the page has annotations written inside it ({}), one more seal on it would break the earlier one: "
        "seal another page, or begin with the unsealed version",
    ),
    "fields-after-seal": (
        "文件已有签章,不能再增加签名域({});请在首次盖章前设置",
        "the document is sealed, no signature field can be added to it ({}): add them before the first seal",
    ),
    "field-name-unusable": (
        "签名域名称“{}”已被使用或不合规定;请另取不含句点的名称",
        "the field name {!r} is taken or cannot be one: choose another, without a full stop",
    ),
    "cross-page-too-few-pages": (
        "骑缝章至少需要两页({});请改用普通盖章",
        "a cross-page seal needs two pages or more ({}): place an ordinary seal",
    ),
    "cross-page-slice-too-narrow": (
        "骑缝章分到每页的宽度太窄({});请减小最小宽度或增加每章页数",
        "the slices of the cross-page seal are too narrow ({}): allow narrower ones, or more pages",
    ),
    "marks-too-many": (
        "一次盖章的位置过多({});请减少页数或位置",
        "too many places for one seal ({}): choose fewer pages or places",
    ),
    "marks-without-picture": (
        "指定了盖章位置,但没有印章图样({});请提供图样",
        "a place was given and no drawing of a seal ({}): give one",
    ),
    "marks-on-certified": (
        "文件已锁定,只能在已有的签名域盖章({});请指定空的签名域,且只盖一处",
        "the document is certified, it can be sealed in a field that is there only ({}): name that one, "
        "and no other place",
    ),
}


class MarkRefused(SealRefused):
    """The seal cannot be shown where it was asked for; ``subject`` names the keyword, field or number.

    ``looked``: the pages, from 0, whose text was searched.
    """

    def __init__(self, code: str, subject: str, *, looked: Sequence[int] = ()) -> None:
        zh, en = (words.format(subject) for words in _WORDS[code])
        if looked:
            pages = _pages(looked)
            zh, en = f"{zh}(已查找第 {pages} 页)", f"{en} (looked at: page {pages})"
        super().__init__(code, zh, en)
        self.subject, self.looked = subject, tuple(looked)


class PlacementRefused(SealRefused):
    """The place for the seal is not on the paper."""

    def __init__(self, rule: str) -> None:
        super().__init__(
            "placement-outside-page",
            "印章位置超出页面;请调整页码或位置",
            f"the place of the seal is not on the page ({rule}): change page or position",
        )
        self.rule = rule


def _pages(numbers: Sequence[int]) -> str:
    """Counted from 1, neighbours together."""
    runs: list[list[int]] = []
    for number in sorted(set(numbers)):
        if runs and runs[-1][1] == number:
            runs[-1][1] = number + 1
        else:
            runs.append([number + 1, number + 1])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in runs[:20])
