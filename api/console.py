# SPDX-License-Identifier: Apache-2.0
"""Sealing a ready PDF or OFD at the console of the service: granted for the moment, recorded, then released.

Whoever can open the vault could sign anyway; what this adds is the trace.  The use is a grant of one minute
to the console, an intent, and an entry with the digest — before the file is written anywhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from seal import (
    Appearance,
    Channel,
    Drawing,
    Mark,
    OfdRefused,
    PdfProfile,
    Permission,
    Protection,
    close_ofd,
    drawing_pdf,
    seal_ofd,
    seal_pdf,
)
from verify import Indication, Report, Trust, check_ofd, check_pdf, is_ofd

from .approvals import Warrant, Warrants, record_permitted
from .documents import SealDidNotVerify
from .ledger import Intents, Ledger
from .renewals import Preserving
from .seals import GrantBook, NewUse, SealRegistry, UsableSeal, Use, require_usable

CONSOLE = "console"
"""Who acts, in rows and entries, when the operator works at the console instead of over HTTP."""

FILE = "file"
"""The document type of a file that no module composed."""


@dataclass(frozen=True, slots=True)
class FileOrder:
    """How one file is sealed.

    ``marks`` says where, given the drawing and its true size; one that gives none seals a PDF out of sight,
    and an OFD not at all.  ``level``: one of :data:`api.renewals.LEVELS`.  ``profile`` and ``certify`` are
    for PDF, ``protection`` and ``close`` (a last signature over the list of signatures) for OFD.  ``case``:
    the case number; where uses of the seal are approved first, that of the request that was approved.
    """

    marks: Callable[[Drawing], Sequence[Mark]]
    level: str = "B-B"
    profile: PdfProfile = PdfProfile.PADES
    certify: Permission | None = None
    protection: Protection = Protection.CONTINUE
    close: bool = False
    case: str = ""


@dataclass(frozen=True, slots=True)
class SealedAtConsole:
    """A sealed file and where its entry stands."""

    content: bytes = field(repr=False)
    sha256: str
    ledger_index: int


@dataclass(frozen=True, slots=True)
class ConsoleSealing:
    """Seals files for the operator."""

    seals: SealRegistry
    grants: GrantBook
    warrants: Warrants
    ledger: Ledger
    intents: Intents
    trust: Callable[[], Trust]
    clock: Callable[[], datetime]
    random: Callable[[int], bytes]
    preserving: Preserving

    def seal(self, data: bytes, seal_id: str, order: FileOrder) -> SealedAtConsole:
        """Seal ``data``, a PDF or an OFD by its content.

        Raises what the file, the seal or the place refuses; then nothing was released.
        """
        at, registered = self.clock(), self.seals.get(seal_id)
        self.grants.give(
            seal_id,
            CONSOLE,
            document_types=[FILE],
            period=(at - timedelta(minutes=1), at + timedelta(minutes=1)),
            by=CONSOLE,
            channels=(Channel.CONSOLE,),
        )
        warrant = self.warrants.authorise(
            Use(
                officer=CONSOLE,
                agency=registered.holder,
                seal_id=seal_id,
                holder=registered.holder,
                document_type=FILE,
                channel=Channel.CONSOLE,
                case=order.case,
                act=hashlib.sha256(data).hexdigest(),
            )
        )
        usable = self.seals.open(seal_id)
        require_usable(
            usable, trust=self.trust(), at=at, ledger=self.ledger, document_type=FILE, officer=CONSOLE
        )
        intent = self.intents.open(
            "file.seal", {"seal_id": seal_id, "sha256": hashlib.sha256(data).hexdigest()}
        )
        try:
            sealed = (self._ofd if is_ofd(data) else self._pdf)(data, usable, order, warrant, at)
            digest = hashlib.sha256(sealed).hexdigest()
            with self.ledger.transaction() as tx:
                use = NewUse(
                    seal_id,
                    FILE,
                    Channel.CONSOLE.value,
                    officer=CONSOLE,
                    sha256=digest,
                    edition=usable.edition,
                )
                record_permitted(tx, warrant, use, use_id=self.random(16).hex(), at=at)
                index = tx.append("file.sealed", {"seal_id": seal_id, "sha256": digest})
                self.intents.close(tx, intent, "sealed")
        except Exception as error:
            self.intents.fail(intent, type(error).__name__)
            raise
        return SealedAtConsole(sealed, digest, index)

    def _pdf(
        self, data: bytes, usable: UsableSeal, order: FileOrder, warrant: Warrant, at: datetime
    ) -> bytes:
        sealed = seal_pdf(
            data,
            usable.signer,
            sealing=usable.sealing,
            at=at,
            placement=tuple(order.marks(usable.drawing)),
            appearance=Appearance(*drawing_pdf(usable.drawing)),
            reason=usable.holder_name,
            certify=order.certify or False,
            authority=warrant.authority,
            profile=order.profile,
            esl=usable.esl if order.profile is PdfProfile.GM_SEAL else None,
            timestamper=self.preserving.stamper(usable.signer.public_key.kind, order.level),
        )
        sealed = self.preserving.extended(sealed, usable.sealing, order.level)
        self._require(check_pdf(sealed, trust=self._trust(usable), at=self.clock()))
        return sealed

    def _ofd(
        self, data: bytes, usable: UsableSeal, order: FileOrder, warrant: Warrant, at: datetime
    ) -> bytes:
        if usable.esl is None:
            raise OfdRefused("ofd-seal-not-sm2", usable.signer.public_key.kind.value)
        sealed, marks = data, tuple(order.marks(usable.drawing))
        if marks or not order.close:
            sealed = seal_ofd(
                data,
                usable.signer,
                esl=usable.esl,
                certificate=usable.sealing.certificate,
                at=at,
                marks=marks,
                protection=order.protection,
                authority=warrant.authority,
                timestamper=self.preserving.stamper(usable.signer.public_key.kind, order.level),
            )
        if order.close:
            sealed = close_ofd(sealed, usable.signer, sealing=usable.sealing, at=at)
        self._require(check_ofd(sealed, trust=self._trust(usable), at=self.clock()))
        return sealed

    def _trust(self, usable: UsableSeal) -> Trust:
        """GM signatures bring no issuers and no lists: whoever checks has them from the trust list."""
        trust = self.trust()
        return replace(
            trust,
            intermediates=(*trust.intermediates, *usable.sealing.chain),
            crls=(*trust.crls, *usable.sealing.crls),
        )

    def _require(self, report: Report) -> None:
        if report.indication is Indication.TOTAL_PASSED:
            return
        reasons = [*report.reasons, *(reason for one in report.signatures for reason in one.reasons)]
        raise SealDidNotVerify(report.indication.value, tuple(reason.code for reason in reasons))
