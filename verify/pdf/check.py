# SPDX-License-Identifier: Apache-2.0
"""Check every signature in a PDF: ISO 32000-1 section 12.8, ETSI EN 319 142-1, indications of EN 319 102-1.

Steps, in this order: two unrelated parsers read the file and must agree; each signature must protect its
whole revision and nothing less; whatever follows a signed revision must be explained; then the CMS value is
checked over exactly the protected bytes. A file with one revision never pays for the comparison of
revisions.

Stricter than the standards: any repair that a parser had to make, any sub-filter that we do not know and any
difference that cannot be analysed keeps the verdict from being a pass.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from keys import Digest, HashAlgorithm, hasher

from ..canonical import Json
from ..cms import check_signed_data
from ..errors import Unreadable
from ..report import Indication, Reason, Report, SignatureReport, SubIndication, combine
from ..trust import Trust
from ..x509 import Purpose
from .claims import pdf_time
from .coverage import Coverage, CoverageRefused, coverage_of, ends_revision, only_whitespace
from .pdfium import SecondReading, read_with_pdfium
from .reading import PdfReading, SignatureField, read_with_qpdf
from .revisions import NotComparable, Revisions, last_cross_reference

RECORD = "record.json"
"""The attachment in which a document of ours carries the record that it states."""
SUB_FILTERS = ("ETSI.CAdES.detached", "adbe.pkcs7.detached")
_FAILED, _UNSURE = Indication.TOTAL_FAILED, Indication.INDETERMINATE


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that speaks against a signature or the whole file."""

    indication: Indication
    sub: SubIndication
    reason: Reason


def check_pdf(data: bytes, *, trust: Trust, at: datetime) -> Report:
    """Raises :class:`Unreadable` for what is not a PDF, is encrypted, or is damaged beyond reading."""
    if not data.startswith(b"%PDF-"):
        raise Unreadable("不是 PDF 文件 not a PDF: it does not begin with %PDF-")
    first = read_with_qpdf(data, attachment=RECORD)
    second = read_with_pdfium(data)
    if not first.signed and not any(field.contents for field in second.fields):
        if first.warnings:
            raise Unreadable(
                "PDF 已损坏或不完整,请重新获取文件 the PDF is damaged or incomplete: fetch it again"
            )
        reason = Reason("NOT_SEALED", "文件中没有电子签章", "the file carries no signature")
        return Report(
            kind="pdf",
            indication=_UNSURE,
            sub_indication=SubIndication.SIGNED_DATA_NOT_FOUND,
            signatures=(),
            reasons=(reason,),
            facts={"pages": first.pages, "title": first.title},
        )
    general = _document_findings(first, second)
    sealed = _SealedFile(data, first)
    signatures = tuple(sealed.check(field, trust=trust, at=at, general=general) for field in first.signed)
    if signatures:
        indication, sub = combine(signatures)
    else:
        indication, sub = general[0].indication, general[0].sub
    return Report(
        kind="pdf",
        indication=indication,
        sub_indication=sub,
        signatures=signatures,
        reasons=tuple(finding.reason for finding in general),
        facts=sealed.facts(),
    )


def disagreement(first: PdfReading, second: SecondReading) -> str:
    """What the two parsers see differently, in English; empty when they agree."""
    if not second.readable:
        return "the second parser cannot open the file"
    if first.pages != second.pages:
        return f"{first.pages} pages or {second.pages}"
    if any(not field.top_level for field in first.signed):
        return "a signature field hidden below another field"
    ours = [
        (one.byte_range or (), one.contents or b"", one.sub_filter) for one in first.fields if one.top_level
    ]
    theirs = [(one.byte_range, one.contents, one.sub_filter) for one in second.fields]
    if ours != theirs:
        return f"{len(ours)} signature fields or {len(theirs)}, or their values differ"
    return ""


def _document_findings(first: PdfReading, second: SecondReading) -> tuple[Finding, ...]:
    found = []
    if first.warnings:
        found.append(
            Finding(
                _UNSURE,
                SubIndication.FORMAT_FAILURE,
                Reason(
                    "DAMAGED",
                    "文件结构有损坏,解析时须修复,无法判断",
                    f"the structure is damaged and had to be repaired: {first.warnings[0][:200]}",
                ),
            )
        )
    if difference := disagreement(first, second):
        found.append(
            Finding(
                _UNSURE,
                SubIndication.PARSER_DISAGREEMENT,
                Reason(
                    "PARSER_DISAGREEMENT",
                    "两个解析器对文件的理解不一致",
                    f"two parsers disagree: {difference}",
                ),
            )
        )
    return tuple(found)


class _SealedFile:
    """The signatures of one file, seen together: what one of them leaves open another may close."""

    def __init__(self, data: bytes, reading: PdfReading) -> None:
        self._data, self._reading = data, reading
        self._coverage: dict[int, Coverage | CoverageRefused] = {}
        for number, field in enumerate(reading.signed):
            try:
                self._coverage[number] = coverage_of(field, data)
            except CoverageRefused as refused:
                self._coverage[number] = refused
        self._good = [one for one in self._coverage.values() if isinstance(one, Coverage)]
        self._last = max((one.end for one in self._good), default=0)
        self._quiet_tail = only_whitespace(data[self._last :])
        self._revisions: Revisions | None = None

    def check(
        self, field: SignatureField, *, trust: Trust, at: datetime, general: Sequence[Finding]
    ) -> SignatureReport:
        coverage = self._coverage[self._reading.signed.index(field)]
        facts = self._signature_facts(field, coverage)
        if isinstance(coverage, CoverageRefused):
            reason = Reason(coverage.code, coverage.zh, coverage.en)
            finding = Finding(_FAILED, SubIndication.FORMAT_FAILURE, reason)
            return _judged(field, None, [finding, *general], facts)
        found = [*self._structure(field, coverage), *general]
        if field.sub_filter not in SUB_FILTERS:
            name = field.sub_filter or "(none)"
            reason = Reason(
                "UNKNOWN_SUBFILTER", f"不支持的签名格式 {name}", f"sub-filter {name} is not supported"
            )
            return _judged(
                field, None, [*found, Finding(_UNSURE, SubIndication.FORMAT_FAILURE, reason)], facts
            )

        def protected(algorithm: HashAlgorithm) -> Digest:
            state = hasher(algorithm)
            for part in coverage.protected(self._data):
                state.update(part)
            return state.finish()

        value = check_signed_data(
            coverage.der, trust=trust, at=at, purpose=Purpose.SEAL, content_digest=protected
        )
        return _judged(field, value, found, facts)

    def _structure(self, field: SignatureField, coverage: Coverage) -> list[Finding]:
        """What is wrong with the place of a signature in the file."""
        if self._shares(field, coverage):
            reason = Reason(
                "SIGNATURE_SHARED",
                "签名值或签名范围被多个字段共用",
                "two fields share one signature or one byte range",
            )
            return [Finding(_FAILED, SubIndication.FORMAT_FAILURE, reason)]
        if coverage.end == self._last and self._quiet_tail:
            return []
        if not self._quiet_tail and last_cross_reference(self._data) < self._last:
            reason = Reason(
                "BYTES_AFTER_SEAL",
                "签章之后有未受保护的数据",
                "unprotected bytes follow the last sealed revision and are no proper update",
            )
            return [Finding(_FAILED, SubIndication.COVERAGE_GAP, reason)]
        return self._later_revisions(field, coverage)

    def _shares(self, field: SignatureField, coverage: Coverage) -> bool:
        others = [
            (other, self._coverage[number])
            for number, other in enumerate(self._reading.signed)
            if other is not field
        ]
        for other, theirs in others:
            if other.value_id == field.value_id != (0, 0):
                return True
            if isinstance(theirs, Coverage) and (
                theirs.end == coverage.end or (theirs.end > coverage.end and theirs.gap < coverage.end)
            ):
                return True
        return False

    def _later_revisions(self, field: SignatureField, coverage: Coverage) -> list[Finding]:
        # The signed revision alone must already be a document that carries this signature …
        revision = self._data[: coverage.end]
        try:
            first = read_with_qpdf(revision)
        except Unreadable:
            first = None
        if (
            first is None
            or first.warnings
            or not ends_revision(self._data, coverage.end)
            or _mine(field) not in [_mine(one) for one in first.signed]
            or disagreement(first, read_with_pdfium(revision))
        ):
            reason = Reason(
                "NOT_IN_ITS_REVISION",
                "签名不在其所保护的版本之内",
                "the protected revision is not a document that carries this signature",
            )
            return [Finding(_FAILED, SubIndication.COVERAGE_GAP, reason)]
        # … and everything after it must be explained.
        last = coverage.end == self._last
        modified = Finding(
            _FAILED,
            SubIndication.COVERAGE_GAP,
            Reason(
                "MODIFIED_AFTER_SEAL",
                "签章之后文件内容被修改",
                "the document was changed after it was sealed",
            ),
        )
        if last and {_place(one) for one in first.fields} != {_place(one) for one in self._reading.fields}:
            return [modified]  # an unsigned signature field may still draw over the page
        try:
            if self._revisions is None:
                self._revisions = Revisions(self._data)
            changes = self._revisions.changes_since(
                coverage.end, permission=field.permission, signatures_follow=not last
            )
        except NotComparable as error:
            reason = Reason(
                "DIFFERENCE_NOT_ANALYSED",
                "签章之后另有更新,无法分析其改动",
                f"later revisions cannot be compared with the sealed one: {str(error)[:200]}",
            )
            return [Finding(_UNSURE, SubIndication.COVERAGE_GAP, reason)]
        return [] if changes.allowed else [modified]

    def _signature_facts(
        self, field: SignatureField, coverage: Coverage | CoverageRefused
    ) -> dict[str, Json]:
        facts: dict[str, Json] = {
            "field": field.name,
            "sub_filter": field.sub_filter,
            "claimed_time": pdf_time(field.claimed_time),
            "stated_reason": field.reason,
            "stated_location": field.location,
            "permission": field.permission,
        }
        if isinstance(coverage, Coverage):
            ends = sorted({one.end for one in self._good})
            number, total = ends.index(coverage.end) + 1, len(ends) + (not self._quiet_tail)
            facts["covers"] = "whole document" if number == total else f"revision {number} of {total}"
        return facts

    def facts(self) -> Mapping[str, Json]:
        """Facts about the document as the last signature left it: nothing that came later may name itself."""
        reading = self._reading
        if not self._quiet_tail:
            try:
                reading = read_with_qpdf(self._data[: self._last], attachment=RECORD)
            except Unreadable:
                reading = replace(reading, title="", record=None)
        record = reading.record
        return {
            "pages": reading.pages,
            "revisions": self._data.count(b"startxref"),
            "signatures": len(reading.signed),
            "title": reading.title,
            "record_digest": None if record is None else hashlib.sha256(record).hexdigest(),
        }


def _mine(field: SignatureField) -> tuple[str, tuple[int, ...] | None, bytes | None]:
    return field.name, field.byte_range, field.contents


def _place(field: SignatureField) -> tuple[str, tuple[int, int]]:
    return field.name, field.object_id


def _judged(
    field: SignatureField, value: SignatureReport | None, found: Sequence[Finding], facts: dict[str, Json]
) -> SignatureReport:
    """The verdict on one signature: failed before unsure before passed, structure before the CMS value."""
    marks = [(one.indication, one.sub) for one in found]
    reasons = [one.reason for one in found]
    if value is not None:
        facts = {**value.facts, **{name: fact for name, fact in facts.items() if fact is not None}}
        if not found or value.indication is not Indication.TOTAL_PASSED:
            reasons.extend(value.reasons)
        if value.indication is not Indication.TOTAL_PASSED and value.sub_indication is not None:
            marks.append((value.indication, value.sub_indication))
    failed = [mark for mark in marks if mark[0] is _FAILED]
    if failed or marks:
        indication, sub = (failed or marks)[0]
        return _signature(field, indication, sub, reasons, facts)
    return _signature(field, Indication.TOTAL_PASSED, None, reasons, facts)


def _signature(
    field: SignatureField,
    indication: Indication,
    sub: SubIndication | None,
    reasons: Sequence[Reason],
    facts: dict[str, Json],
) -> SignatureReport:
    return SignatureReport(
        format=f"PDF {field.sub_filter}".strip(),
        indication=indication,
        sub_indication=sub,
        reasons=tuple(reasons),
        facts=facts,
    )
