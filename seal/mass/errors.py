# SPDX-License-Identifier: Apache-2.0
"""Why one document of a mass issue is not made.  Each refusal names the field: a list can be mended."""

from __future__ import annotations

from typing import Final

from ..errors import SealRefused

_WORDS: Final = {
    "mass-template": ("证照模板有误", "the template cannot be used"),
    "mass-value-missing": ("缺少此项的值", "there is no value for it"),
    "mass-value-unknown": ("模板中没有此项", "the template has no such field"),
    "mass-value-too-long": ("内容超出版面", "the value does not fit its place"),
    "mass-glyph-missing": ("字库没有这些字符", "the typefaces do not draw these characters"),
    "mass-code-refused": ("二维码放不下或含非 ASCII 字符", "it does not go into the QR code of the template"),
    "mass-attachment-missing": ("缺少此附件", "there is no such attachment"),
    "mass-attachment-unknown": ("模板没有此附件", "the template has no such attachment"),
}


class MassRefused(SealRefused):
    """This document is not made; ``field`` names what is wrong with it, ``detail`` says more."""

    def __init__(self, code: str, field: str, detail: str = "") -> None:
        zh, en = _WORDS[code]
        more = f"({detail})" if detail else ""
        super().__init__(
            code,
            f"「{field}」{zh}{more};请更正后重试",
            f"{field!r}: {en}{' ' if more else ''}{more}, correct it and try again",
        )
        self.field, self.detail = field, detail
