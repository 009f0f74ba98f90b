# SPDX-License-Identifier: Apache-2.0
"""Make one sealed document: statement, page, seal, and the check of our own output.

Nothing here touches the database: the caller recorded the intent before and records the act after.  The
order matters: the QR statement is signed over the record, the page carries the statement, the seal covers
the page, and nothing leaves that :func:`verify.check_pdf` does not pass.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from keys import Digest, HashAlgorithm, digest
from relying import Body, Composition
from seal import (
    Appearance,
    Attachment,
    SheetContent,
    drawing_pdf,
    lay_out,
    seal_pdf,
    write_pdf,
)
from verify import (
    EcertId,
    IdentifierInvalid,
    Indication,
    QrFacts,
    QrStatement,
    Trust,
    canonical_json,
    check_pdf,
    group_document_id,
    parse_uscc,
    raw_signature,
)

from ..plugins import CHINA
from ..seals import UsableSeal, placed
from .committed import face_text
from .composing import sheet_of
from .editions import ofd_edition
from .errors import SealDidNotVerify
from .files import file_sha256
from .ports import Preserver, QrSigner, Site

SPECIMEN = "样章 SPECIMEN"


@dataclass(frozen=True, slots=True)
class Draft:
    """Everything that a document will state, before anything is signed."""

    document_id: str
    type: str
    title: str
    ecert_id: EcertId
    issuer: str
    issuer_name: str
    made: Composition
    at: datetime
    salt: bytes

    def record(self) -> Body:
        """The record that the file embeds and the QR statement vouches for.

        Its digest is public, so a salt goes in: whoever does not hold the document cannot test a guess at it.
        """
        return {
            "format": "yinxin-record/1",
            "document_id": self.document_id,
            "ecert_id": self.ecert_id.encode(),
            "type": self.type,
            "title": self.title,
            "issuer": self.issuer,
            "issuer_name": self.issuer_name,
            "holder": self.made.holder,
            "holder_name": self.made.holder_name,
            "issued_at": self.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "valid_until": self.made.valid_until.isoformat() if self.made.valid_until else None,
            "face_sha256": file_sha256(face_text(self.made.face).encode()),
            "salt": self.salt.hex(),
            "record": self.made.record,
        }

    def record_digest(self) -> Digest:
        """SHA-256 over the canonical bytes of the record."""
        return digest(HashAlgorithm.SHA256, canonical_json(self.record()))


@dataclass(frozen=True, slots=True)
class Made:
    """A sealed document that passed verification; only :func:`make` makes one."""

    draft: Draft
    pdf: bytes
    qr_text: str
    ofd: bytes | None = None


def make(
    draft: Draft,
    *,
    seal: UsableSeal,
    qr: QrSigner,
    site: Site,
    trust: Trust,
    log_index: int,
    ofd: bool = False,
    preserver: Preserver | None = None,
    authority: bytes | None = None,
) -> Made:
    """Seal ``draft`` and reopen the result.  Raises :class:`SealDidNotVerify` rather than release it.

    ``ofd``: as OFD too, where the seal can.  ``preserver``: stamps the signature and adds evidence; what it
    raises stops the document, for nobody would learn that it lacks its time stamp.  ``authority``: under
    which the seal is used, as it goes into the signature.
    """
    # 1. The statement first: the page shows it.
    qr_text = sign_statement(draft, qr=qr, site=site, log_index=log_index)
    # 2. One page model, one rendering.
    layout = lay_out(_sheet(draft, qr_text, site))
    record = Attachment(
        name="record.json",
        mime="application/json",
        data=canonical_json(draft.record()),
        description="文书所载事实 the facts that this document states",
    )
    pdf = write_pdf(layout, title=draft.title, at=draft.at, attachments=(record,))
    # 3. The seal certifies: nothing may change after it.
    stream, box = drawing_pdf(seal.drawing)
    position = layout.seal_position
    sealed = seal_pdf(
        pdf,
        seal.signer,
        sealing=seal.sealing,
        at=draft.at,
        placement=placed(
            seal.drawing,
            position.page,
            left_mm=position.x_mm,
            top_mm=position.y_mm,
            width_mm=position.width_mm,
            height_mm=position.height_mm,
        ),
        appearance=Appearance(stream, box),
        reason=draft.title,
        certify=True,
        authority=authority,
        inspected=True,  # it was written above
        timestamper=None if preserver is None else preserver.stamper(seal.sealing),
    )
    if preserver is not None:
        sealed = preserver.extended(sealed, seal.sealing)
    # 4. The reader decides, not the writer.
    report = check_pdf(sealed, trust=trust, at=draft.at if preserver is None else preserver.now())
    if report.indication is not Indication.TOTAL_PASSED:
        reasons = [*report.reasons, *(reason for part in report.signatures for reason in part.reasons)]
        raise SealDidNotVerify(report.indication.value, tuple(reason.code for reason in reasons))
    # 5. The same pages as OFD.
    if not ofd:
        return Made(draft, sealed, qr_text)
    edition = ofd_edition(
        layout,
        title=draft.title,
        at=draft.at,
        document_id=draft.document_id,
        metadata=_metadata(draft),
        record=record,
        seal=seal,
        trust=trust,
        authority=authority,
        preserver=preserver,
    )
    return Made(draft, sealed, qr_text, edition)


def sign_statement(draft: Draft, *, qr: QrSigner, site: Site, log_index: int) -> str:
    """The signed QR text.  Facts go in only for an enterprise: names of persons stay out of the code."""
    made = draft.made
    statement = QrStatement(
        host=site.host,
        id=draft.document_id,
        kind=draft.type,
        digest=draft.record_digest().value,
        issued=day(draft.at),
        valid_until=made.valid_until,
        log_index=log_index,
        facts=_facts(draft),
    )
    message = statement.signed_bytes(qr.algorithm, qr.kid)
    signature = b"".join(raw_signature(signer.sign(message)) for signer in qr.signers)
    return statement.encode(qr.algorithm, qr.kid, signature, scheme=site.qr_scheme)


def _metadata(draft: Draft) -> dict[str, str]:
    """Items as the standard of e-certificate metadata (GB/T 36903) names them, as far as it is known."""
    made = draft.made
    return {
        "证照名称": draft.title,
        "证照编号": made.serial,
        "证照标识": draft.ecert_id.encode(),
        "证照颁发机构": draft.issuer_name,
        "证照颁发机构代码": draft.issuer,
        "证照颁发日期": day(draft.at).isoformat(),
        "证照有效期截止日期": made.valid_until.isoformat() if made.valid_until else "",
        "持证主体": made.holder_name,
        "持证主体代码": made.holder,
    }


def day(at: datetime) -> date:
    """The calendar day in China."""
    return at.astimezone(CHINA).date()


def _facts(draft: Draft) -> QrFacts | None:
    made = draft.made
    try:
        uscc = parse_uscc(made.holder)
    except IdentifierInvalid:
        return None
    return QrFacts(
        uscc=uscc,
        name=made.holder_name,
        class_="",
        good=made.good,
        bad=made.bad,
        authority=draft.issuer,
    )


def _sheet(draft: Draft, qr_text: str, site: Site) -> SheetContent:
    return replace(
        sheet_of(draft.made.face),
        ecert_id=draft.ecert_id.encode(),
        document_id=group_document_id(draft.document_id),
        short_url=site.page(draft.document_id),
        qr_text=qr_text,
        issuer_name=draft.issuer_name,
        issue_date=f"{draft.at.astimezone(CHINA):%Y年%m月%d日}",
        watermark=SPECIMEN,
        footer=f"{site.host} · 以扫码结果为准 The result of scanning prevails",
    )
