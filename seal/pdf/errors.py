# SPDX-License-Identifier: Apache-2.0
"""Why a PDF is not sealed.  What could change later is refused before."""

from __future__ import annotations

from typing import Final

from ..errors import SealRefused

PRINT_ANEW = "请用办公软件或打印功能重新导出 PDF 后再上传"
_PRINT_EN = "export or print it to a new PDF and send that"

_WORDS: Final = {
    "pdf-empty": ("文件为空或没有页面;请重新选择文件", "the file is empty or has no page: choose it again"),
    "pdf-malformed": (f"不是 PDF 文件或结构有误;{PRINT_ANEW}", f"not a PDF, or a damaged one: {_PRINT_EN}"),
    "pdf-truncated": (
        "PDF 不完整,文件末尾缺失;请重新获取完整文件后再上传",
        "the PDF is incomplete, its end is missing: fetch the whole file and send that",
    ),
    "pdf-encrypted": (
        "PDF 已加密;请去除密码和权限限制后再上传",
        "the PDF is encrypted: remove password and restrictions, then send it",
    ),
    "pdf-too-large": ("PDF 超过 50 MB;请压缩或拆分后再上传", "the PDF exceeds 50 MB: compress or split it"),
    "pdf-too-many-pages": ("PDF 超过 2000 页;请拆分后再上传", "the PDF has more than 2000 pages: split it"),
    "pdf-too-many-fields": (
        "PDF 的签章或表单字段过多;请改用未签章或无表单的版本",
        "the PDF has too many signatures or form fields: send a version without them",
    ),
    "pdf-certified": (
        "PDF 已由签发人锁定,再加盖签章会使原签章失效;请直接使用原件,或使用锁定前的版本",
        "the PDF was certified, one more seal would break that: use it as it is, or the version before",
    ),
    "pdf-sealed": (
        "PDF 已有签章,不能再作锁定签章;请使用未签章的版本",
        "the PDF carries signatures already and cannot be certified any more: use the unsigned version",
    ),
    "pdf-hybrid": (
        f"PDF 使用混合交叉引用结构,不同软件读取结果可能不同;{PRINT_ANEW}",
        f"the PDF has hybrid cross-references, which two readers may read differently: {_PRINT_EN}",
    ),
    "pdf-dormant-content": (
        f"PDF 含有脚本、自动动作、动态表单或外部引用,盖章后显示内容可能变化;{PRINT_ANEW}",
        "the PDF carries scripts, automatic actions, dynamic forms or external references that may change "
        f"what it shows: {_PRINT_EN}",
    ),
}


class PdfRefused(SealRefused):
    """This file cannot be sealed as it is; ``detail`` names what was found, in English."""

    def __init__(self, code: str, detail: str = "") -> None:
        zh, en = _WORDS[code]
        super().__init__(code, zh, f"{en} ({detail})" if detail else en)
        self.detail = detail
