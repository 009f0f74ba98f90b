# SPDX-License-Identifier: Apache-2.0
"""Check every signature in a PDF: ISO 32000-1 section 12.8, ETSI EN 319 142-1, verdicts of EN 319 102-1.

Steps, in this order: two unrelated parsers read the file and must agree; each signature must protect its
whole revision and nothing less; whatever follows a signed revision must be explained; then document time
stamps are judged from the newest to the oldest, and the CMS values over exactly the protected bytes, at the
time that is proven for each.

Stricter than the standards: any repair that a parser had to make, any sub-filter that we do not know and any
difference that cannot be analysed keeps the verdict from being a pass.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from keys import Digest, HashAlgorithm, hasher

from ..attached_record import RECORD
from ..errors import Unreadable
from ..long_term import check_signature
from ..report import Indication, Reason, Report, SignatureReport, SubIndication, combine
from ..trust import Trust
from ..x509 import Purpose
from .agreement import document_findings
from .coverage import Coverage
from .findings import FORM_FILLED, Finding, judged, unsure
from .gm import GmForm, check_gm, gm_form
from .levels import level_of
from .pdfium import read_with_pdfium
from .reading import PdfReading, SignatureField, read_with_qpdf
from .sealed_file import SealedFile
from .structure import Document, Malformed
from .time_stamps import RFC_3161, TimeStamps, is_time_stamp

CADES = "ETSI.CAdES.detached"
SUB_FILTERS = (CADES, "adbe.pkcs7.detached")
TIME_STAMP = "document-time-stamp"


def check_pdf(data: bytes, *, trust: Trust, at: datetime, _full: bool = False) -> Report:
    """Raises :class:`Unreadable` for what is not a PDF, is encrypted, or is damaged beyond reading.

    A signature that covers the whole file has nothing after it to explain; with ``_full`` its revision is
    looked at all the same, and tests see to it that this makes no difference.
    """
    if not data.startswith(b"%PDF-"):
        raise Unreadable("不是 PDF 文件 not a PDF: it does not begin with %PDF-")
    first = read_with_qpdf(data, attachment=RECORD, contents=True)
    second = read_with_pdfium(data)
    if not first.signed and not any(field.contents for field in second.fields):
        return _not_sealed(first)
    document = _followed(data)
    general = document_findings(first, second, document)
    sealed = SealedFile(
        data, first, None if isinstance(document, Malformed) else document, full=_full and not general
    )
    signed = first.signed
    stamps = TimeStamps(data, trust=trust, at=at, store=first.store)

    def check(number: int) -> SignatureReport:
        field = signed[number]
        coverage = sealed.coverage(number)
        form = None if coverage is None else gm_form(field, coverage.der)
        later = sealed.later(number)
        found = [*later.found, *general, *([] if form else _format_findings(field))]
        facts = sealed.signature_facts(number)
        if later.filled:
            facts["changed_fields"] = [*later.filled]
        value = None
        if coverage is not None and is_time_stamp(field):
            value = stamps.judge(field, coverage, _digest_of(coverage, data), in_place=not found)
            facts["kind"] = TIME_STAMP
        elif coverage is not None and form in (GmForm.SEAL, GmForm.BARE):
            situation = stamps.around(coverage)
            value = check_gm(form, coverage, data, situation, _digest_of(coverage, data))
        elif coverage is not None and (form or field.sub_filter in SUB_FILTERS):
            situation = stamps.around(coverage)
            value = check_signature(
                coverage.der,
                situation,
                purpose=Purpose.SEAL,
                content_digest=_digest_of(coverage, data),
            )
            found.extend(_profile_findings(field, value))
            facts["level"] = level_of(coverage.der, value, situation)
        return judged(f"PDF {field.sub_filter}".strip(), value, found, facts, later.notes)

    reports = {number: check(number) for number in _in_order(signed, sealed)}
    signatures = tuple(reports[number] for number in range(len(signed)))
    indication, sub = _whole(signatures, general)
    return Report(
        kind="pdf",
        indication=indication,
        sub_indication=sub,
        signatures=signatures,
        reasons=(
            *(finding.reason for finding in general),
            *((_NO_SEAL,) if sub is SubIndication.SIGNED_DATA_NOT_FOUND else ()),
            *(_headline(signatures) if indication is Indication.TOTAL_PASSED else ()),
        ),
        facts=sealed.facts(),
    )


def _followed(data: bytes) -> Document | Malformed:
    """The file as our own reader has it, or why it cannot follow."""
    try:
        return Document(data)
    except Malformed as error:
        return error


def _in_order(signed: Sequence[SignatureField], sealed: SealedFile) -> list[int]:
    """Time stamps from the end of the file to its beginning, then everything else."""

    def place(number: int) -> tuple[bool, int]:
        coverage = sealed.coverage(number)
        return not is_time_stamp(signed[number]), 0 if coverage is None else -coverage.end

    return sorted(range(len(signed)), key=place)


_NO_SEAL: Final = Reason("NOT_SEALED", "文件中没有电子签章", "the file carries no signature")


def _not_sealed(reading: PdfReading) -> Report:
    if reading.warnings:
        raise Unreadable("PDF 已损坏或不完整,请重新获取文件 the PDF is damaged or incomplete: fetch it again")
    return Report(
        kind="pdf",
        indication=Indication.INDETERMINATE,
        sub_indication=SubIndication.SIGNED_DATA_NOT_FOUND,
        signatures=(),
        reasons=(_NO_SEAL,),
        facts={"pages": reading.pages, "title": reading.title},
    )


def _whole(
    signatures: Sequence[SignatureReport], general: Sequence[Finding]
) -> tuple[Indication, SubIndication | None]:
    """Without a signature that the first parser sees, the parsers disagree: that is the verdict."""
    if not signatures:
        return general[0].indication, general[0].sub
    found = combine(signatures)
    if found[1] is None and all(one.facts.get("kind") == TIME_STAMP for one in signatures):
        # A time stamp says when, and nobody says what it is worth.
        return Indication.INDETERMINATE, SubIndication.SIGNED_DATA_NOT_FOUND
    return found


def _format_findings(field: SignatureField) -> list[Finding]:
    """What we cannot check is never skipped."""
    if field.sub_filter == RFC_3161:
        return [] if field.type == "DocTimeStamp" else [_NOT_TYPED]
    if field.sub_filter in SUB_FILTERS and field.type != "DocTimeStamp":
        return []
    name = field.sub_filter or "(none)"
    return [
        unsure(
            SubIndication.FORMAT_FAILURE,
            "UNKNOWN_SUBFILTER",
            f"不支持的签名格式 {name}",
            f"sub-filter {name} is not supported",
        )
    ]


def _headline(signatures: Sequence[SignatureReport]) -> list[Reason]:
    """What a reader of a good file must know first: fields that no seal of it vouches for."""
    told = [reason for one in signatures for reason in one.reasons if reason.code == FORM_FILLED]
    return list(dict.fromkeys(told))


_NOT_TYPED: Final = unsure(
    SubIndication.FORMAT_FAILURE,
    "TIME_STAMP_TYPE",
    "文档时间戳的类型不是 DocTimeStamp",
    "a document time stamp whose type is not DocTimeStamp",
)


def _profile_findings(field: SignatureField, value: SignatureReport) -> list[Finding]:
    """EN 319 142-1 section 5.3: with its own sub-filter, the attributes name the signing certificate."""
    if field.sub_filter != CADES or value.facts.get("names_certificate") is not False:
        return []
    return [
        unsure(
            SubIndication.SIG_CONSTRAINTS_FAILURE,
            "CERTIFICATE_NOT_NAMED",
            "签名属性未指明证书,不符合 PAdES",
            "the signed attributes do not name the signing certificate, as PAdES demands",
        )
    ]


def _digest_of(coverage: Coverage, data: bytes) -> Callable[[HashAlgorithm], Digest]:
    def digest(algorithm: HashAlgorithm) -> Digest:
        state = hasher(algorithm)
        for part in coverage.protected(memoryview(data)):
            state.update(part)
        return state.finish()

    return digest
