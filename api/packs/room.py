# SPDX-License-Identifier: Apache-2.0
"""Makes evidence packs, from what is published and what can be proven; each is read again before it is given.

Who may have one is asked where the login is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from seal import complete_form, prepare_form
from verify import (
    EvidencePack,
    Indication,
    PackManifest,
    PackPart,
    PackRole,
    PackSubject,
    check_evidence_pack,
    parse_form,
    parse_json,
    read_attachment,
    stamped,
)

from ..certificates import whole_second
from ..documents import NoSuchEdition
from ..submissions import FORM_ITEM, NoSuchSubmission, Submission
from .errors import PackDidNotVerify
from .gathering import Gathering
from .index import index_page
from .ports import PackPorts

RECORD = "record.json"


class EvidencePacks:
    """Safe to share between threads; stores nothing."""

    def __init__(self, ports: PackPorts) -> None:
        self._ports = ports

    def of_document(self, document_id: str) -> bytes:
        """The pack of an issued document: its files, record and statement."""
        ports = self._ports
        stored = ports.library.get(document_id)
        subject = PackSubject("document", stored.document_id, stored.title)
        pdf = ports.library.file(stored.document_id)
        originals = [PackPart("original/document.pdf", PackRole.ORIGINAL, pdf)]
        try:
            ofd = ports.library.ofd(stored.document_id)
            originals.append(PackPart("original/document.ofd", PackRole.ORIGINAL, ofd))
        except NoSuchEdition:
            pass
        found = ports.library.lookup(stored.document_id)
        statement = ports.library.statement(stored.document_id).encode("ascii")
        more = [PackPart("statement/qr.txt", PackRole.STATEMENT, statement)]
        record = read_attachment(pdf, RECORD)
        if record is not None:
            more.append(PackPart("statement/record.json", PackRole.RECORD, record, ("statement/qr.txt",)))
        return self._made(subject, originals, more, entry=found.ledger_index)

    def of_submission(self, found: Submission) -> bytes:
        """The pack of a filed submission: the sealed form and its sealed attachments."""
        if found.ledger_index is None:
            raise NoSuchSubmission(found.submission_id)
        ports, originals = self._ports, []
        for number, item in enumerate(found.items, 1):
            _, content = ports.submissions().file(found, item.item_id)
            name = "form.json" if item.kind == FORM_ITEM else f"attachment-{number}.pdf"
            originals.append(PackPart(f"original/{name}", PackRole.ORIGINAL, content))
        title = f"{found.applicant_name} {found.number or ''}".strip()
        subject = PackSubject("submission", found.submission_id, title)
        return self._made(subject, originals, [], entry=found.ledger_index)

    def _made(
        self, subject: PackSubject, originals: Sequence[PackPart], more: Sequence[PackPart], *, entry: int
    ) -> bytes:
        ports = self._ports
        at = whole_second(ports.clock())
        gathering = Gathering(ports, at)
        for one in originals:
            gathering.add(one)
        proof = ports.ledger.prove(entry, witnessed=True).encode()
        names = tuple(one.name for one in originals)
        parts = [
            *originals,
            *more,
            *gathering.parts(),
            PackPart("log/entry.json", PackRole.LOG_PROOF, proof, names),
            *(PackPart(f"lists/{name}", role, content) for role, name, content in ports.lists()),
        ]
        page = index_page(subject, ports.publisher, at, parts)
        index = PackPart("index.html", PackRole.INDEX, page)
        return self._sealed(PackManifest(subject, ports.publisher, at, at, (index, *parts)))

    def _sealed(self, manifest: PackManifest) -> bytes:
        """Sealed, stamped, and read again as its reader will."""
        ports = self._ports
        record = parse_json(manifest.encode())
        assert isinstance(record, dict)
        sealing = ports.certificates.platform_sealing()
        prepared = prepare_form(record, sealing=sealing, at=manifest.made)
        signed = ports.certificates.platform_signer().sign(prepared.attributes)
        signature = parse_form(complete_form(prepared, signed, sealing=sealing)).signature
        made = EvidencePack(manifest, signature, ports.stamp(stamped(signature))).encode()
        _require_sound(made, ports, at=max(manifest.made, ports.clock()))
        return made


def _require_sound(made: bytes, ports: PackPorts, *, at: datetime) -> None:
    """What became of an act may be bad, and is evidence all the same; the pack itself must be whole."""
    report = check_evidence_pack(made, trust=ports.trust(), at=at)
    codes = {one.code for one in report.reasons if one.code.startswith("PACK_")}
    sealed = bool(report.signatures) and report.signatures[0].indication is Indication.TOTAL_PASSED
    if codes or not sealed:
        raise PackDidNotVerify(", ".join(sorted(codes)) or "seal")
