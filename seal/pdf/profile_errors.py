# SPDX-License-Identifier: Apache-2.0
"""Why a signature cannot be made in the profile that was asked for."""

from __future__ import annotations

from typing import Final

from ..errors import SealRefused

_WORDS: Final = {
    "gm-profile-needs-sm2": (
        "国密签章格式只能使用 SM2 证书(现为 {});请改用 SM2 印章证书",
        "the GM profiles take SM2 certificates only, this is {}: use a seal with an SM2 certificate",
    ),
    "gm-profile-needs-seal": (
        "格式 {} 需要电子印章数据;请提供印章文件(esl)",
        "profile {} needs the electronic seal itself: give the seal (esl)",
    ),
    "authority-has-no-place": (
        "格式 {} 没有签名属性,不能携带用印依据;请改用带属性的格式",
        "profile {} has no signed attributes and cannot carry a statement of authority: use one that has",
    ),
}


class ProfileRefused(SealRefused):
    """The signature cannot be made in this profile; ``subject`` names key or profile."""

    def __init__(self, code: str, subject: str) -> None:
        zh, en = _WORDS[code]
        super().__init__(code, zh.format(subject), en.format(subject))
        self.subject = subject
