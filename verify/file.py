# SPDX-License-Identifier: Apache-2.0
"""Check whatever file somebody drops: the content decides what it is, never its name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from .bundle import Bundle, BundleMalformed, is_pem, parse_bundle
from .canonical import JsonMalformed, parse_json
from .cms_file import cms_of, cms_report
from .errors import Unreadable
from .evidence import evidence_report, is_evidence_record
from .form import FORMAT as FORM
from .form import check_form
from .jws import check_jws, is_jws
from .ledger import check_log_proof
from .ledger.proof_file import FORMATS as LOG_PROOFS
from .log_notice import check_log_notice, is_log_notice
from .ofd import check_ofd, is_ofd
from .pack import check_evidence_pack, is_evidence_pack
from .page_codes import is_address, with_page_codes
from .pdf import check_pdf
from .picture import PictureRefused, read_codes
from .qr import check_qr
from .report import Indication, Reason, Report, SubIndication
from .seal_file import is_seal_file, seal_file_report
from .status_receipt import FORMAT as STATUS_RECEIPT
from .status_receipt import check_status_receipt
from .timestamp import ContentDigest, is_timestamp, timestamp_report
from .trust import Trust
from .trust_list import DOCUMENT_STATUS_FORMAT as DOCUMENT_STATUS
from .trust_list import FORMAT as TRUST_LIST
from .trust_list import SEAL_STATUS_FORMAT as SEAL_STATUS
from .trust_list import check_document_status, check_seal_status, check_trust_list
from .x509 import certificate_report, crl_report

LARGEST_FILE = 200 * 1024 * 1024
LARGEST_JSON = 64 * 1024 * 1024
LONGEST_CODE = 4096
_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")


def check_file(
    data: bytes,
    *,
    trust: Trust,
    at: datetime,
    name: str = "",
    content: ContentDigest | None = None,
    codes: bool | None = False,
) -> Report:
    """The report on a sealed PDF or OFD, seal, form, trust list, seal status list, log proof, status receipt,
    certificate, CRL, time stamp, CMS signature, record under a JWS, evidence pack, QR picture or QR text.

    ``content`` digests the file that a time stamp, evidence record or detached signature is about, which
    stands beside it.  ``codes``: the QR codes on the pages of a PDF or OFD are read and judged as well;
    ``None``: where the trust knows how documents stand, and the file is sealed and carries a record.
    Raises :class:`Unreadable`, which says in Chinese and English what to do, and nothing else for any bytes.
    """
    if not data:
        raise Unreadable("文件是空的,请重新获取 the file is empty: fetch it again")
    if len(data) > LARGEST_FILE:
        limit = LARGEST_FILE // 1024**2
        raise Unreadable(f"文件超过 {limit} MB,无法查验 the file is larger than {limit} MB")
    if data.startswith(b"%PDF-"):
        report = check_pdf(data, trust=trust, at=at)
        return with_page_codes(report, data, trust, at) if _wanted(codes, report, trust) else report
    if is_evidence_pack(data):
        return check_evidence_pack(data, trust=trust, at=at)
    if is_ofd(data):
        report = check_ofd(data, trust=trust, at=at)
        return with_page_codes(report, data, trust, at) if _wanted(codes, report, trust) else report
    if data.startswith(_PICTURES):
        return _picture(data, trust, at)
    text = data.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text.startswith(b"{"):
        return _json(data, trust, at)
    if is_log_notice(data):
        return check_log_notice(data, trust=trust, at=at)
    if data.startswith(b"\x30") and is_timestamp(data):
        return timestamp_report(data, trust, at, content)
    if is_seal_file(data):
        return seal_file_report(data, trust, at, content)
    if data.startswith(b"\x30") and is_evidence_record(data):
        return evidence_report(data, trust, at, content)
    if (der := cms_of(data)) is not None:
        return cms_report(der, trust, at, content)
    if is_pem(data) or data.startswith(b"\x30"):
        try:
            return _bundle(parse_bundle(data), trust, at)
        except BundleMalformed as error:
            raise Unreadable(error.rule) from error
    if (code := _code(data)) is not None:
        return check_qr(code, trust=trust, at=at)
    raise Unreadable(_unknown(data, name))


def _wanted(codes: bool | None, report: Report, trust: Trust) -> bool:
    if codes is not None:
        return codes
    return trust.document_status is not None and report.facts.get("record_digest") is not None


def _json(data: bytes, trust: Trust, at: datetime) -> Report:
    try:
        value = parse_json(data, max_bytes=LARGEST_JSON)
    except JsonMalformed as error:
        raise Unreadable(
            f"JSON 文件已损坏或被改动,请重新获取 the JSON is damaged or altered: {error.rule}"
        ) from error
    name = value.get("format") if isinstance(value, dict) else None
    if is_jws(value):
        return check_jws(data, trust=trust, at=at)
    if name == FORM:
        return check_form(data, trust=trust, at=at)
    if name == TRUST_LIST:
        return check_trust_list(data, trust=trust, at=at)
    if name == STATUS_RECEIPT:
        return check_status_receipt(data, trust=trust, at=at)
    if name in LOG_PROOFS:
        return check_log_proof(data, trust=trust, at=at)
    if name == SEAL_STATUS:
        return check_seal_status(data, trust=trust, at=at)
    if name == DOCUMENT_STATUS:
        return check_document_status(data, trust=trust, at=at)
    raise Unreadable(
        "不是本系统的签章表单、信任列表、印章或文书状态列表、日志证明或状态凭证"
        " JSON, but neither a sealed form nor a trust or status list, log proof or status receipt"
    )


def _picture(data: bytes, trust: Trust, at: datetime) -> Report:
    """All codes of documents in the picture; other codes say nothing."""
    try:
        texts = read_codes(data)
    except PictureRefused as error:
        raise Unreadable(error.rule) from error
    ours = [text for text in texts if is_address(text)]
    if not ours:
        reason = Reason(
            "NO_CODE",
            "图片中没有找到文书的二维码;请拍清楚二维码,或提交原始电子文件",
            "no QR code of a document in the picture: take it closer, or hand over the original file",
        )
        return Report(
            kind="qr",
            indication=Indication.INDETERMINATE,
            sub_indication=SubIndication.SIGNED_DATA_NOT_FOUND,
            reasons=(reason,),
            facts={"codes": len(texts)},
        )
    reports = [check_qr(text, trust=trust, at=at) for text in ours]
    return _joined(reports)


def _bundle(bundle: Bundle, trust: Trust, at: datetime) -> Report:
    """The first certificate is the one that is asked about; what stands beside it helps to judge it."""
    more = replace(
        trust,
        intermediates=(*trust.intermediates, *bundle.certificates),
        crls=(*trust.crls, *bundle.crls),
    )
    if bundle.certificates:
        return certificate_report(bundle.certificates[0], more, at)
    return _joined([crl_report(one, more, at) for one in bundle.crls])


def _joined(reports: Sequence[Report]) -> Report:
    """One report of several of a kind: it is as bad as the worst.

    The reports are compared, not their signatures: a code that is malformed has no signature to count.
    """
    if len(reports) == 1:
        return reports[0]
    order = (Indication.TOTAL_FAILED, Indication.INDETERMINATE, Indication.TOTAL_PASSED)
    worst = min(reports, key=lambda report: order.index(report.indication))
    return Report(
        kind=worst.kind,
        indication=worst.indication,
        sub_indication=worst.sub_indication,
        signatures=tuple(one for report in reports for one in report.signatures),
        reasons=tuple(dict.fromkeys(reason for report in reports for reason in report.reasons)),
        facts={"parts": [dict(report.facts) for report in reports]},
    )


def _code(data: bytes) -> str | None:
    """The text of a QR code that somebody saved or pasted."""
    if len(data) > LONGEST_CODE:
        return None
    try:
        text = data.decode("utf-8").strip()
    except UnicodeDecodeError:
        return None
    return text if is_address(text) else None


def _unknown(data: bytes, name: str) -> str:
    if data.startswith(b"PK"):
        return (
            "不支持 Office 或压缩文件,请提交签章 PDF 或 OFD"
            " Office and ZIP files are not supported: use the sealed PDF or OFD"
        )
    called = f"“{name[:100]}”" if name else ""
    return (
        f"无法识别的文件{called}:请提交签章 PDF 或 OFD、签章表单、证书、信任列表、日志证明或二维码图片"
        " unknown kind of file: give a sealed PDF or OFD, form, certificate, trust list, log proof or"
        " QR picture"
    )
