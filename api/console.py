# SPDX-License-Identifier: Apache-2.0
"""Sealing a ready PDF at the console of the service: granted for the moment, recorded, then released.

Whoever can open the vault could sign anyway; what this adds is the trace.  The use is a grant of one minute
to the console, an intent, and an entry with the digest — before the file is written anywhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from seal import Appearance, Channel, Placement, draw_seal, drawing_pdf, seal_pdf
from verify import Indication, Trust, check_pdf

from .approvals import Permits, record_permitted
from .documents import SealDidNotVerify
from .ledger import Intents, Ledger
from .renewals import Preserving
from .seals import GrantBook, NewUse, SealRegistry, Use, require_usable

CONSOLE = "console"
"""Who acts, in rows and entries, when the operator works at the console instead of over HTTP."""

FILE = "file"
"""The document type of a file that no module composed."""


@dataclass(frozen=True, slots=True)
class SealedAtConsole:
    """A sealed file and where its entry stands."""

    pdf: bytes = field(repr=False)
    sha256: str
    ledger_index: int


@dataclass(frozen=True, slots=True)
class ConsoleSealing:
    """Seals files for the operator."""

    seals: SealRegistry
    grants: GrantBook
    permits: Permits
    ledger: Ledger
    intents: Intents
    trust: Callable[[], Trust]
    clock: Callable[[], datetime]
    random: Callable[[int], bytes]
    preserving: Preserving

    def seal(
        self,
        data: bytes,
        seal_id: str,
        *,
        page: int,
        at_mm: tuple[float, float],
        level: str = "B-B",
        case: str = "",
    ) -> SealedAtConsole:
        """Seal ``data`` on a page counted from 0, the seal's top left corner at ``at_mm``.

        ``level``: one of :data:`api.renewals.LEVELS`.  ``case``: the case number; where uses of the seal are
        approved first, that of the request that was approved.  Raises what the file, the seal or the place
        refuses; then nothing was signed.
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
        permit = self.permits.authorise(
            Use(
                officer=CONSOLE,
                agency=registered.holder,
                seal_id=seal_id,
                holder=registered.holder,
                document_type=FILE,
                channel=Channel.CONSOLE,
                case=case,
                act=hashlib.sha256(data).hexdigest(),
            )
        )
        usable = self.seals.open(seal_id)
        require_usable(
            usable, trust=self.trust(), at=at, ledger=self.ledger, document_type=FILE, officer=CONSOLE
        )
        stream, box = drawing_pdf(draw_seal(usable.design))
        size = usable.design.diameter_mm
        intent = self.intents.open(
            "file.seal", {"seal_id": seal_id, "sha256": hashlib.sha256(data).hexdigest()}
        )
        try:
            sealed = seal_pdf(
                data,
                usable.signer,
                sealing=usable.sealing,
                at=at,
                placement=Placement(page=page, x_mm=at_mm[0], y_mm=at_mm[1], width_mm=size, height_mm=size),
                appearance=Appearance(stream, box),
                reason=usable.holder_name,
                authority=permit.authority,
                timestamper=self.preserving.stamper(usable.signer.public_key.kind, level),
            )
            sealed = self.preserving.extended(sealed, usable.sealing, level)
            report = check_pdf(sealed, trust=self.trust(), at=self.clock())
            if report.indication is not Indication.TOTAL_PASSED:
                reasons = [*report.reasons, *(reason for one in report.signatures for reason in one.reasons)]
                codes = [reason.code for reason in reasons]
                raise SealDidNotVerify(report.indication.value, tuple(codes))
            digest = hashlib.sha256(sealed).hexdigest()
            with self.ledger.transaction() as tx:
                use = NewUse(seal_id, FILE, Channel.CONSOLE.value, officer=CONSOLE, sha256=digest)
                record_permitted(tx, permit, use, use_id=self.random(16).hex(), at=at)
                index = tx.append("file.sealed", {"seal_id": seal_id, "sha256": digest})
                self.intents.close(tx, intent, "sealed")
        except Exception as error:
            self.intents.fail(intent, type(error).__name__)
            raise
        return SealedAtConsole(sealed, digest, index)
