# SPDX-License-Identifier: Apache-2.0
"""Check every signature in an OFD: GB/T 33190-2016 section 18, GB/T 38540-2020 section 7.3, EN 319 102-1.

Steps, in this order: one strict reading of the package; the digests of the files that a signature names; what
a reader of the document can reach must be among them; then the signature value over the octets of
Signature.xml.  The seal inside the value must be the one that lies beside it.

Stricter than the standard: what cannot be interpreted, and every document of the package that nobody signed,
keeps the verdict from being a pass.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import unquote

from keys import Digest, HashAlgorithm, digest

from ..attached_record import RECORD, record_facts
from ..canonical import Json
from ..pdf.findings import Finding, failed, judged, unsure
from ..report import Indication, Reason, Report, SignatureReport, SubIndication, combine
from ..ses import (
    Evidence,
    SesMalformed,
    SesSignature,
    check_ses_signature,
    judge_ses_signature,
    parse_ses_signature,
)
from ..trust import Trust
from .coverage import Coverage, DocumentCoverage, Reach, SigningFiles, signing_files
from .document import same_id
from .errors import OfdMalformed
from .package import OfdBody, OfdPackage, read_ofd
from .plain_signature import check_plain_signature
from .references import References, check_references
from .signatures import SEAL, Listed, OfdSignature, SignatureList, read_ofd_signature, read_ofd_signatures
from .whole import foreign_finding, package_findings, shared_finding, twice_finding

MOST_METADATA = 100
MOST_STAMPS_TOLD = 200


@dataclass(frozen=True, slots=True)
class _Signed:
    """One line of Signatures.xml; ``signature`` is ``None`` when its description cannot be read."""

    listed: Listed
    signature: OfdSignature | None
    wrong: OfdMalformed | None


@dataclass(frozen=True, slots=True)
class _Document:
    body: OfdBody
    listing: SignatureList
    signed: tuple[_Signed, ...]

    @property
    def readable(self) -> list[OfdSignature]:
        return [one.signature for one in self.signed if one.signature is not None]

    def files(self, package: OfdPackage) -> SigningFiles:
        return signing_files(package, self.listing, self.readable)


def check_ofd(data: bytes, *, trust: Trust, at: datetime) -> Report:
    """Raises :class:`Unreadable` for what is not an OFD, or cannot be read without guessing."""
    package = read_ofd(data)
    documents = [one for body in package.bodies if (one := _document(package, body)) is not None]
    signed = [one for one in documents if one.signed]
    if not signed:
        return _not_sealed(package)
    files = [
        name
        for document in signed
        for one in document.readable
        for name in (one.entry, one.value.entry)
        if name is not None
    ]
    general = (*package_findings(package, len(package.bodies) - len(signed)), *shared_finding(files))
    reports: list[SignatureReport] = []
    reach = Reach(package)
    for document in signed:
        others = [one.files(package) for one in signed if one is not document]
        reports.extend(_Checker(reach, document, others, general, trust, at).reports())
    info_protected = any(one.facts.get("metadata_protected") is True for one in reports)
    indication, sub = combine(reports)
    return Report(
        kind="ofd",
        indication=indication,
        sub_indication=sub,
        signatures=tuple(reports),
        reasons=tuple(finding.reason for finding in general),
        facts=_facts(package, signed, reports, info_protected=info_protected),
    )


def _document(package: OfdPackage, body: OfdBody) -> _Document | None:
    listing = read_ofd_signatures(package, body)
    if listing is None:
        return None
    found = []
    for listed in listing.listed:
        try:
            found.append(_Signed(listed, read_ofd_signature(package, listed), None))
        except OfdMalformed as error:
            found.append(_Signed(listed, None, error))
    return _Document(body, listing, tuple(found))


def _not_sealed(package: OfdPackage) -> Report:
    reason = Reason("NOT_SEALED", "文件中没有电子签章", "the file carries no signature")
    return Report(
        kind="ofd",
        indication=Indication.INDETERMINATE,
        sub_indication=SubIndication.SIGNED_DATA_NOT_FOUND,
        reasons=(reason,),
        facts={**_pages(package), "title": package.bodies[0].info.title[:500]},
    )


class _Checker:
    """All signatures of one document."""

    def __init__(
        self,
        reach: Reach,
        document: _Document,
        others: Sequence[SigningFiles],
        general: Sequence[Finding],
        trust: Trust,
        at: datetime,
    ) -> None:
        package = self._package = reach.package
        self._document, self._trust, self._at = document, trust, at
        self._pages = {same_id(page.id): page.index + 1 for page in document.body.document.pages}
        self._coverage = DocumentCoverage(reach, document.body, document.files(package), others)
        odd = [
            name
            for name, count in (
                (package.ofd_xml, package.xml(package.ofd_xml).foreign),
                (document.body.document.name, document.body.document.foreign),
                (document.listing.entry, document.listing.foreign),
                *((one.entry, one.foreign) for one in document.readable),
            )
            if count
        ]
        self._general = (*general, *foreign_finding(odd), *twice_finding(document.body))

    def reports(self) -> list[SignatureReport]:
        return [
            self._report(one.signature) if one.signature is not None else self._broken(one)
            for one in self._document.signed
        ]

    def _broken(self, signed: _Signed) -> SignatureReport:
        error = signed.wrong
        assert error is not None
        found = failed(
            SubIndication.FORMAT_FAILURE,
            "SIGNATURE_MALFORMED",
            f"签名描述不合格式({error.place[:200]}):{error.zh}",
            f"the description of the signature is not well-formed: {error.place[:200]}: {error.rule}",
        )
        return judged("OFD", None, [found, *self._general], {"id": signed.listed.id[:64]})

    def _report(self, signature: OfdSignature) -> SignatureReport:
        references = check_references(self._package, signature)
        coverage = self._coverage.of(references.named)
        found = [*references.findings, *coverage.findings, *self._general]
        facts = self._facts_of(signature, references, coverage)
        value_entry = signature.value.entry
        if value_entry is None:
            found.append(
                failed(
                    SubIndication.SIGNED_DATA_NOT_FOUND,
                    "SIGNED_VALUE_MISSING",
                    "签名值文件缺失",
                    "the file with the signature value is missing",
                )
            )
            return judged("OFD", None, found, facts)
        value = self._value(signature, self._package.read(value_entry), found)
        deviations = [*self._deviations(signature, references), *_texts(value.facts.get("deviations"))]
        facts["deviations"] = [*dict.fromkeys(deviations)]
        facts["claimed_time"] = value.facts.get("signing_time")
        return judged(value.format, value, found, facts)

    def _value(self, signature: OfdSignature, value: bytes, found: list[Finding]) -> SignatureReport:
        """The verdict on the signature value over the octets of Signature.xml."""
        content = self._package.read(signature.entry)
        content_digest = _digests(content)
        if not signature.is_seal:
            return check_plain_signature(
                value, trust=self._trust, at=self._at, content=content, content_digest=content_digest
            )
        if signature.type.lower() != SEAL.lower():
            found.append(
                failed(
                    SubIndication.FORMAT_FAILURE,
                    "SIGNATURE_TYPE_UNKNOWN",
                    f"签名类型无法识别:{signature.type[:40]}",
                    f"signature type {signature.type[:40]} is neither Seal nor Sign",
                )
            )
        try:
            parsed = parse_ses_signature(value)
        except SesMalformed:
            return check_ses_signature(value, trust=self._trust, at=self._at, content_digest=content_digest)
        found.extend(self._seal_file(signature, parsed))
        found.extend(_property_findings(signature, parsed))
        return judge_ses_signature(
            parsed,
            Evidence(self._trust, self._at),
            content_digest,
            property_info=f"/{signature.entry}",
        )

    def _seal_file(self, signature: OfdSignature, parsed: SesSignature) -> list[Finding]:
        """Seal.esl must be the seal inside the signature value, octet by octet."""
        if signature.seal is None or signature.seal.entry is None:
            return []
        if self._package.read(signature.seal.entry) == parsed.seal.der:
            return []
        return [
            failed(
                SubIndication.SIG_CONSTRAINTS_FAILURE,
                "SEAL_FILE_DIFFERS",
                "所附印章文件不是签名中的印章",
                "the seal file is not the seal inside the signature",
            )
        ]

    def _deviations(self, signature: OfdSignature, references: References) -> list[str]:
        listing = self._document.listing
        found = [*self._package.container.deviations, *references.deviations]
        if signature.seal is not None and signature.seal.entry is None:
            found.append("SEAL_FILE_MISSING")
        if len(listing.max_sign_ids) != 1:
            found.append("MAX_SIGN_ID_TWICE" if listing.max_sign_ids else "MAX_SIGN_ID_MISSING")
        if signature.id[:1].isdigit():
            found.append("SIGNATURE_ID_NUMERIC")
        for name, location in (("VALUE", signature.value), ("SEAL", signature.seal)):
            if location is not None and location.flaw is not None:
                found.append(f"{name}_{location.flaw}")
        if self._package.ofd_xml != "OFD.xml":
            found.append("OFD_XML_WRONG_CASE")
        return found

    def _facts_of(
        self, signature: OfdSignature, references: References, coverage: Coverage
    ) -> dict[str, Json]:
        stamps: list[Json] = []
        for one in signature.stamps[:MOST_STAMPS_TOLD]:
            stamps.append(
                {
                    "page": self._pages.get(same_id(one.page_ref)),
                    "boundary_mm": [*map(_shown, one.boundary)],
                    "clip_mm": None if one.clip is None else [*map(_shown, one.clip)],
                }
            )
        return {
            "id": signature.id[:64],
            "document": self._document.body.number + 1,
            "type": signature.type[:16],
            "property_path": f"/{signature.entry}",
            "provider": signature.provider[:200],
            "stated_time": signature.claimed_time[:64] or None,  # display text: writers put false zones there
            "check_method": references.algorithm,
            "references": len(signature.references),
            "references_good": len(references.covered),
            "protection": "whole" if coverage.whole else "continue",
            "covers": "whole document" if not coverage.findings and not references.findings else "in part",
            "not_protected": [f"/{name}" for name in coverage.unprotected[:50]],
            "other_documents": [f"/{name}" for name in coverage.other_documents[:50]],
            "metadata_protected": coverage.info_protected and self._package.ofd_xml in references.covered,
            "stamps": stamps,
            "stamps_total": len(signature.stamps),
        }


def _digests(content: bytes) -> Callable[[HashAlgorithm], Digest]:
    return lambda algorithm: digest(algorithm, content)


def _property_findings(signature: OfdSignature, parsed: SesSignature) -> list[Finding]:
    """propertyInfo is the path of Signature.xml.  A text that is no path (some write a document number)
    is noted by the check of the value; the path of another file means that this one was moved or copied."""
    stated = parsed.property_info.strip().replace("\\", "/").lstrip("/")
    names = {unquote(stated).casefold(), stated.casefold()}
    is_path = "/" in stated or stated.lower().endswith(".xml")
    if not is_path or signature.entry.casefold() in names:
        return []
    return [
        unsure(
            SubIndication.SIG_CONSTRAINTS_FAILURE,
            "PROPERTY_INFO_OTHER_FILE",
            f"签章是对另一文件 {stated[:100]} 作出的",
            f"the seal signature was made for another file: {stated[:100]}",
        )
    ]


def _shown(value: float) -> str:
    """JSON of ours knows no fractions: a measure is text."""
    return f"{value:.3f}".rstrip("0").rstrip(".")


def _texts(value: Json) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _facts(
    package: OfdPackage,
    signed: Sequence[_Document],
    reports: Sequence[SignatureReport],
    *,
    info_protected: bool,
) -> dict[str, Json]:
    """Facts about the file.  Title and metadata are told only when a signature protects them."""
    info = package.bodies[0].info
    facts: dict[str, Json] = {
        **_pages(package),
        "signatures": len(reports),
        "listed_by": [f"/{one.listing.entry}" for one in signed],
        "deviations": list(package.container.deviations),
        "metadata_protected": info_protected,
        **record_facts(_record(package, signed[0].body)),
    }
    if info_protected:
        facts["title"] = info.title[:500]
        facts["document_id"] = info.doc_id[:100]
        facts["metadata"] = {name[:100]: text[:500] for name, text in info.custom[:MOST_METADATA]}
    return facts


def _record(package: OfdPackage, body: OfdBody) -> bytes | None:
    """The one attachment that has the name of a record; every reachable attachment must be covered anyway."""
    try:
        listing = body.document.attachments
        if listing is None or listing.entry is None:
            return None
        named = [
            one
            for one in package.xml(listing.entry, "Attachments").root.each("Attachment")
            if one.get("Name") == RECORD
        ]
        if len(named) != 1:
            return None
        entry = package.locate_from(named[0].value("FileLoc"), listing.entry).entry
        return None if entry is None else package.read(entry)
    except OfdMalformed:
        return None


def _pages(package: OfdPackage) -> dict[str, Json]:
    counts: list[int] = []
    for body in package.bodies:
        try:
            counts.append(len(body.document.pages))
        except OfdMalformed:
            counts.append(0)
    return {"pages": sum(counts), "documents": len(counts)}
