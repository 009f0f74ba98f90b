# SPDX-License-Identifier: Apache-2.0
"""Issue one document: seal judged, intent, make, check, record, release — in that order and once.

The intent is in the ledger before anything is signed; the document, its file and its ledger entry appear in
one transaction together with the act that called for it (``within``).  Killed before that transaction,
nothing was released and the intent tells; killed after it, everything is there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from keys import HashAlgorithm, digest
from relying import Composition, Json
from seal import Channel
from verify import EcertId, Trust, canonical_json, new_document_id

from ..approvals import Warrant, record_permitted
from ..database import Database
from ..database.tables_sealing import documents as table
from ..ledger import Concern, Intent, Intents, Ledger, Transaction, concern_of, require_vouched
from ..seals import NewUse, UsableSeal, record_use, require_usable
from .committed import committed, face_text
from .editions import record_edition
from .errors import IssuedMeanwhile
from .files import file_sha256, put_file, recorded_file
from .making import Draft, Made, make
from .ports import Preserver, QrSigner, Site


@dataclass(frozen=True, slots=True)
class IssueOrder:
    """What is to be issued, by whom, with which seal."""

    type: str
    title: str
    code: str
    made: Composition
    seal: UsableSeal
    at: datetime
    submission_id: str | None = None
    officer: str | None = None
    warrant: Warrant | None = None
    """What the use of an agency's seal rests on; the platform's own seal needs none."""

    @property
    def authority(self) -> bytes | None:
        """What is said of it in the signature."""
        return None if self.warrant is None else self.warrant.authority


@dataclass(frozen=True, slots=True)
class Issued:
    """What was issued."""

    document_id: str
    ecert_id: str
    ledger_index: int


ISSUE = "document.issue"
"""The kind of the intent."""

Within = Callable[[Transaction, str], None]
"""Runs in the transaction that records a document, before it; an exception stops the release."""


@dataclass(frozen=True, slots=True)
class Means:
    """What issuing works with."""

    qr: Callable[[], QrSigner]
    """Asked for each document: a key that was revoked signs no more."""
    site: Site
    trust: Callable[[], Trust]
    random: Callable[[int], bytes]
    preserver: Preserver | None = None
    """For documents issued one by one; what is issued in batches gets evidence records."""


class Issuing:
    """The one way to a released document."""

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        intents: Intents,
        *,
        means: Means,
    ) -> None:
        self._database, self._ledger, self._intents, self._means = database, ledger, intents, means

    def issue(self, order: IssueOrder, *, within: Within | None = None) -> Issued:
        """Seal and record one document; see the module's words on the order of steps.

        Raises :class:`api.seals.SealNotUsable` before anything is announced or signed, and
        :class:`api.ledger.HistoryMoved` for a document that claims to show all when there is more by now.
        """
        # 0. A seal whose certificate is no good signs nothing.
        self.require_usable(order)
        draft = self.draft(order)
        # 1. Evidence first: what will be signed, and over which facts.
        intent = self._intents.open(ISSUE, intended(draft, order.seal))
        try:
            # 2. Sign, seal, reopen.
            made = self.make(draft, order.seal, intent, single=True, authority=order.authority)
            # 3. The act, the document and the entry: together or not at all.
            with self._ledger.transaction() as tx:
                if within is not None:
                    within(tx, draft.document_id)
                self._note_use(tx, made, order)
                index = self.record(tx, made, order)
                self._intents.close(tx, intent, "issued")
        except IntegrityError as error:
            self._intents.fail(intent, "issued-meanwhile")
            raise IssuedMeanwhile(str(order.made.serial)) from error
        except Exception as error:
            self._intents.fail(intent, type(error).__name__)
            raise
        return Issued(draft.document_id, draft.ecert_id.encode(), index)

    # The steps by themselves, for whoever issues many in the same order of steps.

    def require_usable(self, order: IssueOrder) -> None:
        """Raise :class:`api.seals.SealNotUsable`, recorded, for a seal whose certificate is no good now."""
        require_usable(
            order.seal,
            trust=self._means.trust(),
            at=order.at,
            ledger=self._ledger,
            document_type=order.type,
            officer=order.officer,
        )

    def make(
        self,
        draft: Draft,
        seal: UsableSeal,
        intent: Intent,
        *,
        single: bool = False,
        authority: bytes | None = None,
    ) -> Made:
        """Sign, seal, reopen; the intent is public already.  Raises :class:`SealDidNotVerify`.

        ``single``: time-stamped, and as OFD too where the seal can.  ``authority``: of the warrant.
        """
        return make(
            draft,
            seal=seal,
            qr=self._means.qr(),
            site=self._means.site,
            trust=self._means.trust(),
            log_index=intent.ledger_index,
            ofd=single,
            preserver=self._means.preserver if single else None,
            authority=authority,
        )

    def record(self, tx: Transaction, made: Made, order: IssueOrder) -> int:
        """The document, its file and its entry, in the transaction that also ends its intent."""
        index = _record(tx, made, order, file_id=self._means.random(16).hex())
        if made.ofd is not None:
            file_id = self._means.random(16).hex()
            record_edition(tx, made.draft.document_id, made.ofd, file_id=file_id)
        return index

    def _note_use(self, tx: Transaction, made: Made, order: IssueOrder) -> None:
        """For the holder to see; a seal that was suspended meanwhile releases nothing."""
        if order.seal.seal_id is None:
            return
        use = NewUse(
            seal_id=order.seal.seal_id,
            document_type=order.type,
            channel=Channel.DESK.value if order.warrant is None else order.warrant.use.channel.value,
            officer=order.officer,
            document_id=made.draft.document_id,
            sha256=file_sha256(made.pdf),
            edition=order.seal.edition,
        )
        use_id = self._means.random(16).hex()
        if order.warrant is None:
            record_use(tx, use, use_id=use_id, at=order.at)
        else:
            record_permitted(tx, order.warrant, use, use_id=use_id, at=order.at)

    def draft(self, order: IssueOrder) -> Draft:
        """What will be stated, under the next version of its serial."""
        site, issuer = self._means.site, order.seal.holder
        with self._database.read() as connection:
            version = 1 + _newest_version(connection, order.type, issuer, order.made.serial)
        return Draft(
            document_id=new_document_id(self._means.random(10)),
            type=order.type,
            title=order.title,
            ecert_id=EcertId(
                type=site.authority + order.code,
                issuer=issuer,
                serial=order.made.serial,
                version=f"{version:03d}",
            ),
            issuer=issuer,
            issuer_name=order.seal.holder_name,
            made=order.made,
            at=order.at,
            salt=self._means.random(16),
        )


def intended(draft: Draft, seal: UsableSeal) -> dict[str, Json]:
    """What the intent says."""
    return {
        "document_id": draft.document_id,
        "ecert_id": draft.ecert_id.encode(),
        "type": draft.type,
        "seal_id": seal.seal_id,
        "record_sha256": draft.record_digest().value.hex(),
    }


def _newest_version(connection: Connection, type_: str, issuer: str, serial: str) -> int:
    query = select(func.max(table.c.version)).where(
        table.c.type == type_, table.c.issuer == issuer, table.c.serial == serial
    )
    return connection.execute(query).scalar() or 0


def _record(tx: Transaction, made: Made, order: IssueOrder, *, file_id: str) -> int:
    draft, composed = made.draft, order.made
    sha256 = put_file(tx.connection, file_id, made.pdf)
    values: dict[str, Any] = {
        "id": draft.document_id,
        "type": draft.type,
        "title": draft.title,
        "ecert_id": draft.ecert_id.encode(),
        "issuer": draft.issuer,
        "issuer_name": draft.issuer_name,
        "serial": composed.serial,
        "version": int(draft.ecert_id.version),
        "holder": composed.holder,
        "holder_name": composed.holder_name,
        "submission_id": order.submission_id,
        "seal_id": order.seal.seal_id,
        "officer": order.officer,
        "face": face_text(composed.face),
        "record": canonical_json(draft.record()).decode(),
        "qr_text": made.qr_text,
        "file_id": file_id,
        "sha256": sha256,
        "sm3": digest(HashAlgorithm.SM3, made.pdf).value.hex(),
        "issued_at": draft.at,
        "valid_until": composed.valid_until.isoformat() if composed.valid_until else None,
        "superseded_by": None,
    }
    if (shown := composed.complete) is not None:
        tx.histories.require(shown.subject, sequence=shown.size, head=shown.head)
    _supersede(tx, values, on_record=composed.on_record)
    values["ledger_index"] = index = tx.next_index()
    tx.connection.execute(insert(table).values(values))
    tx.commit_row(
        "documents",
        draft.document_id,
        committed(values, recorded_file(tx.connection, file_id)),
        kind="document.issued",
        body={
            "document_id": draft.document_id,
            "ecert_id": values["ecert_id"],
            "type": draft.type,
            "seal_id": order.seal.seal_id,
            "sha256": sha256,
            "sm3": values["sm3"],
            **_digests(made.ofd),
        },
        concerns=_concern(composed),
    )
    return index


def _concern(composed: Composition) -> Concern | None:
    """Whose public history its issue belongs to."""
    return concern_of(composed.holder) if composed.on_record else None


def _digests(ofd: bytes | None) -> dict[str, Json]:
    """Those of the OFD edition, beside those of the PDF."""
    if ofd is None:
        return {}
    return {"ofd_sha256": file_sha256(ofd), "ofd_sm3": digest(HashAlgorithm.SM3, ofd).hex}


def _supersede(tx: Transaction, newer: dict[str, Any], *, on_record: bool) -> None:
    """A change keeps the serial and raises the version; the older one points to its successor."""
    older = tx.connection.execute(
        select(table).where(
            table.c.type == newer["type"],
            table.c.issuer == newer["issuer"],
            table.c.serial == newer["serial"],
            table.c.version < newer["version"],
            table.c.superseded_by.is_(None),
        )
    ).all()
    for row in older:
        before = committed(row._asdict(), recorded_file(tx.connection, row.file_id))
        require_vouched(tx.connection, "documents", row.id, before)
        ended = {"superseded_by": newer["id"]}
        tx.connection.execute(update(table).where(table.c.id == row.id).values(ended))
        tx.commit_row(
            "documents",
            row.id,
            committed({**row._asdict(), **ended}, recorded_file(tx.connection, row.file_id)),
            kind="document.superseded",
            body={"document_id": row.id, "superseded_by": newer["id"]},
            concerns=concern_of(row.holder) if on_record else None,
        )
