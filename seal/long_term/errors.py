# SPDX-License-Identifier: Apache-2.0
"""Why a sealed file cannot be extended."""

from __future__ import annotations

from typing import Final

from ..errors import SealRefused

_WORDS: Final = {
    "long-term-not-sealed": (
        "文件没有签章,无法作长期保存处理;请先签章",
        "the file carries no signature, so there is nothing to preserve: seal it first",
    ),
    "long-term-no-evidence": (
        "没有可写入文件的证书与吊销信息;请提供签章证书与时间戳证书的证书链和吊销列表",
        "no certificates and revocation lists were given to keep in the file: "
        "give the chains and lists of seal and time stamp",
    ),
    "long-term-not-stamped": (
        "文件没有时间戳,无法续期;请先升级到 B-LTA",
        "the file carries no document time stamp, so there is nothing to renew: extend it to B-LTA first",
    ),
    "long-term-too-large": (
        "写入文件的证书与吊销信息过大;请减少吊销列表",
        "the certificates and revocation lists are too large to be kept in a file: give fewer lists",
    ),
}


class LongTermRefused(SealRefused):
    """This file cannot be extended or renewed as it is."""

    def __init__(self, code: str, detail: str = "") -> None:
        zh, en = _WORDS[code]
        super().__init__(code, zh, f"{en} ({detail})" if detail else en)
        self.detail = detail
