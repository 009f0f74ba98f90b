# SPDX-License-Identifier: Apache-2.0
"""Answers for the errors of the packages below the service: keys, verify, ca, seal, relying."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ca import (
    CaError,
    DocumentRefused,
    DraftRefused,
    IssueFailed,
    LintRefused,
    NoSuchProfile,
    NotLinted,
    RequestRefused,
    SerialRefused,
)
from keys import (
    DerMalformed,
    DigestMalformed,
    KeyMalformed,
    KeysError,
    KeyUnsupported,
    PassphraseWrong,
    SignatureInvalid,
    SigningFailed,
    SigningRefused,
    VaultError,
)
from relying import Refusal
from seal import (
    GlyphMissing,
    GrantRefused,
    PageError,
    SealDesignRefused,
    SealError,
    SealRefused,
    SignerMismatch,
)
from verify import (
    BundleMalformed,
    CmsMalformed,
    FormMalformed,
    IdentifierInvalid,
    JsonMalformed,
    JwsMalformed,
    LedgerError,
    LogProofMalformed,
    PictureRefused,
    QrError,
    QrMalformed,
    SealStatusInvalid,
    StatusReceiptMalformed,
    TrustListInvalid,
    Unreadable,
    VerifyError,
    X509Error,
)

from .value import FieldError, Problem
from .wording import CORRECT, Rows, many_fields, one_field, ours, refused, say

_FILE = "file"


def _lint(error: Any) -> Iterator[FieldError]:
    for one in error.findings:
        yield FieldError(one.rule, f"{one.zh} / {one.en}", CORRECT)


def _unreadable(error: Unreadable) -> Problem:
    return Problem(422, "unreadable", "文件无法读取", str(error))


def _glyphs(error: GlyphMissing) -> Problem:
    named = "、".join(f"U+{ord(one):04X}" for one in error.characters[:20])
    return Problem(
        422,
        "glyph-missing",
        "有字符无法印出",
        f"字库没有这些字符:{named};请改用字库内的字。"
        f" The typefaces do not draw these characters: {named}. Use other characters.",
    )


KEYS: Rows = {
    KeysError: ours("密钥操作未能完成"),
    KeyMalformed: say(422, "密钥无法读取", "请提供完整的密钥或公钥。 Send a complete key."),
    KeyUnsupported: say(
        422,
        "不支持这种密钥或算法",
        "请使用 SM2、RSA(2048 位以上)或 ECDSA P-256/P-384。"
        " Use SM2, RSA of 2048 bits or more, or ECDSA P-256/P-384.",
    ),
    DigestMalformed: say(422, "摘要长度不符", "请重新计算摘要。 Compute the digest again."),
    SignatureInvalid: say(
        422,
        "签名验证不通过",
        "请确认密钥与证书成对,并对收到的全部字节签名。 Sign all bytes received, with the certificate's key.",
    ),
    PassphraseWrong: say(422, "口令不对", "请重新输入口令。 Type the passphrase again."),
    DerMalformed: one_field(422, "编码不是有效的 DER", field=_FILE),
    SigningRefused: ours("暂时无法签名", status=503),
    SigningFailed: ours("暂时无法签名", status=503),
    VaultError: ours("密钥库无法使用"),
}

VERIFY: Rows = {
    VerifyError: say(
        422, "文件无法识别", "请重新获取原文件后再试。 Fetch the original file again, then try again."
    ),
    Unreadable: _unreadable,
    JsonMalformed: one_field(422, "不是规范的 JSON", field="data"),
    IdentifierInvalid: one_field(422, "编号不符合规则", field="identifier"),
    PictureRefused: one_field(422, "图片无法读取", field=_FILE),
    BundleMalformed: one_field(422, "不是证书或吊销列表", field=_FILE),
    X509Error: one_field(422, "证书或吊销列表无法读取", field="certificate"),
    CmsMalformed: one_field(422, "签名数据无法读取"),
    FormMalformed: one_field(422, "不是签章表单文件"),
    JwsMalformed: one_field(422, "不是 JSON 签名文件"),
    TrustListInvalid: one_field(422, "信任列表不可用"),
    SealStatusInvalid: one_field(422, "印章状态列表不可用"),
    LogProofMalformed: one_field(422, "不是日志证明文件"),
    StatusReceiptMalformed: one_field(422, "不是状态凭证文件"),
    LedgerError: one_field(422, "日志证明不成立", field=_FILE),
    QrMalformed: one_field(422, "二维码内容不符合格式"),
    QrError: say(
        422,
        "不是本平台的二维码",
        "请扫描文书上的二维码,或输入其编号。 Scan the code on the document, or type its number.",
    ),
}

CA: Rows = {
    CaError: ours("证书未能签发"),
    RequestRefused: one_field(422, "证书请求不符合要求"),
    NoSuchProfile: say(
        422, "没有这种证书模板", "请从证书模板列表中选择。 Choose one of the profiles.", field="profile"
    ),
    DraftRefused: one_field(422, "证书内容不符合要求"),
    DocumentRefused: one_field(422, "规则文件不符合要求"),
    LintRefused: many_fields("证书未通过签发前检查", _lint),
    SerialRefused: ours("证书未能签发"),
    NotLinted: ours("证书未能签发"),
    IssueFailed: ours("证书未能签发"),
}

SEAL: Rows = {
    SealError: ours("文件未能签章"),
    SealRefused: refused(422, "文件不能签章"),
    GrantRefused: refused(403, "不能使用该印章"),
    SignerMismatch: ours("印章的密钥与证书不是一对"),
    SealDesignRefused: one_field(422, "印章设计不符合规则"),
    PageError: ours("文书无法排版"),
    GlyphMissing: _glyphs,
}

RELYING: Rows = {
    Refusal: one_field(422, "填写的内容不符合要求"),
}
