# SPDX-License-Identifier: Apache-2.0
"""Why there is no evidence record."""

from __future__ import annotations

from typing import Final

_RECORDS: Final = "请改用证据记录 / use evidence records (yinxin evidence)"
_WORDS: Final = {
    "file-does-not-pass": (
        "文件今天未通过核验,不能续期",
        "the file does not pass today, so it is not renewed",
        "用 yinxin verify 查看原因 / yinxin verify says why",
    ),
    "file-not-pades": (
        "文件的签章不是 PAdES 格式,不能在文件内续期",
        "a seal of the file is not PAdES, which alone is renewed inside the file",
        _RECORDS,
    ),
    "file-too-often-stamped": (
        "文件中的签章和时间戳已过多,不能再续期",
        "the file holds too many seals and time stamps for one more",
        _RECORDS,
    ),
    "file-not-archived": (
        "缺少今天的证书或吊销列表,续期后达不到 B-LTA,未写出文件",
        "certificates or lists of today are missing: the file would not reach B-LTA, and was not written",
        "请由签发其证书的机关续期 / let the service renew it whose authorities issued its certificates",
    ),
}


class RenewalError(Exception):
    """Anything that stops evidence from being made, renewed or handed out."""


class NoEvidenceYet(RenewalError):
    """The document is on record, and in no batch yet."""

    def __init__(self, document_id: str) -> None:
        super().__init__(f"document {document_id} is in no evidence record yet")
        self.document_id = document_id


class EvidenceDidNotVerify(RenewalError):
    """What was made does not pass our own check; nothing was recorded."""

    def __init__(self, codes: tuple[str, ...]) -> None:
        super().__init__(f"the evidence record did not verify: {', '.join(codes)}")
        self.codes = codes


class FileNotRenewable(RenewalError):
    """This file gets no further time stamp; nothing was written."""

    def __init__(self, code: str, detail: str = "") -> None:
        self.code, self.detail = code, detail
        self.zh, en, self.todo = _WORDS[code]
        self.en = f"{en} ({detail})" if detail else en
        super().__init__(f"{self.zh} {self.en}")
