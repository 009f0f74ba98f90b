# SPDX-License-Identifier: Apache-2.0
"""Issued documents as they are kept: found, listed, handed out to those whom they belong to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from verify import QrMalformed, Trust, normalize_document_id

from ..database import Database
from ..database.tables_sealing import documents as table
from ..database.tables_sealing import submissions
from ..ledger import Ledger
from ..plugins import EnabledModules
from .answering import PublicAnswer, answer
from .editions import has_edition, kept_edition
from .errors import DocumentIdMalformed, FileAltered, NoSuchDocument, NoSuchEdition, NotYourDocument
from .evidence import Kept
from .files import file_sha256, get_file


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """One issued document in a list of its holder or its issuer."""

    document_id: str
    type: str
    title: str
    ecert_id: str
    serial: str
    version: int
    issuer: str
    issuer_name: str
    holder: str
    holder_name: str
    submission_id: str | None
    issued_at: datetime
    valid_until: date | None
    superseded_by: str | None


class Library:
    """Reads documents; nothing here changes one.

    ``trust`` is the material that the public has: it must name the keys of QR codes and of the log.
    """

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        *,
        modules: EnabledModules,
        trust: Callable[[], Trust],
        clock: Callable[[], datetime],
    ) -> None:
        self._database, self._ledger, self._modules = database, ledger, modules
        self._trust, self._clock = trust, clock

    def lookup(self, typed: str) -> PublicAnswer:
        """The public answer on what somebody scanned or typed.  Raises :class:`NoSuchDocument`."""
        with self._database.read() as connection:
            row = _row(connection, _normalized(typed))
            kept = Kept(
                row=row,
                content=get_file(connection, row.file_id),
                edition=kept_edition(connection, row.id),
                predecessor=_beside(connection, row, newer=False),
                successor=_beside(connection, row, newer=True),
            )
        return answer(kept, ledger=self._ledger, modules=self._modules, trust=self._trust(), at=self._clock())

    def get(self, document_id: str) -> StoredDocument:
        """One document.  Raises :class:`NoSuchDocument`."""
        with self._database.read() as connection:
            return _stored(_row(connection, _normalized(document_id)))

    def ecert_id(self, document_id: str) -> str:
        """The e-certificate identifier of a document (GB/T 36904)."""
        return self.get(document_id).ecert_id

    def of_holder(self, holder: str) -> tuple[StoredDocument, ...]:
        """Every document of one holder, newest first."""
        query = select(table).where(table.c.holder == holder)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(table.c.issued_at.desc(), table.c.id)).all()
        return tuple(_stored(row) for row in rows)

    def visible(self, document_id: str, *, holder: str = "", agency: str = "") -> StoredDocument:
        """A document whose file this login may have; raises :class:`NotYourDocument`.

        Its holder, whoever filed the submission behind it, the agency that issued it, and the agency that
        the submission was addressed to.
        """
        with self._database.read() as connection:
            row = _row(connection, _normalized(document_id))
            behind = connection.execute(
                select(submissions.c.applicant, submissions.c.agency).where(
                    submissions.c.id == row.submission_id
                )
            ).one_or_none()
        holders = {row.holder} | ({behind.applicant} if behind is not None else set())
        agencies = {row.issuer} | ({behind.agency} if behind is not None else set())
        if not (holder and holder in holders) and not (agency and agency in agencies):
            raise NotYourDocument(row.id)
        return _stored(row)

    def file(self, document_id: str) -> bytes:
        """The sealed file; raises :class:`FileAltered` rather than hand out another one."""
        with self._database.read() as connection:
            row = _row(connection, _normalized(document_id))
            content = get_file(connection, row.file_id)
        if content is None or file_sha256(content) != row.sha256:
            raise FileAltered(row.id)
        return content

    def statement(self, document_id: str) -> str:
        """The text of the QR code: the signed statement."""
        with self._database.read() as connection:
            return str(_row(connection, _normalized(document_id)).qr_text)

    def has_ofd(self, document_id: str) -> bool:
        """The document was issued as OFD too."""
        with self._database.read() as connection:
            return has_edition(connection, _normalized(document_id))

    def ofd(self, document_id: str) -> bytes:
        """The sealed OFD.  Raises :class:`NoSuchEdition`, and :class:`FileAltered` like :meth:`file`."""
        with self._database.read() as connection:
            row = _row(connection, _normalized(document_id))
            edition = kept_edition(connection, row.id)
        if edition is None:
            raise NoSuchEdition(row.id)
        if edition.content is None or file_sha256(edition.content) != edition.sha256:
            raise FileAltered(row.id)
        return edition.content


def _normalized(typed: str) -> str:
    try:
        return normalize_document_id(typed)
    except QrMalformed as error:
        raise DocumentIdMalformed(typed, error.rule) from error


def _row(connection: Connection, document_id: str) -> Row[Any]:
    row = connection.execute(select(table).where(table.c.id == document_id)).one_or_none()
    if row is None:
        raise NoSuchDocument(document_id)
    return row


def _beside(connection: Connection, row: Row[Any], *, newer: bool) -> str | None:
    """The newest version after this one, or the one just before it: asked anew, not read from a column."""
    version = table.c.version
    query = select(table.c.id).where(
        table.c.type == row.type,
        table.c.issuer == row.issuer,
        table.c.serial == row.serial,
        version > row.version if newer else version < row.version,
    )
    return connection.execute(query.order_by(version.desc()).limit(1)).scalar_one_or_none()


def _stored(row: Row[Any]) -> StoredDocument:
    return StoredDocument(
        document_id=row.id,
        type=row.type,
        title=row.title,
        ecert_id=row.ecert_id,
        serial=row.serial,
        version=row.version,
        issuer=row.issuer,
        issuer_name=row.issuer_name,
        holder=row.holder,
        holder_name=row.holder_name,
        submission_id=row.submission_id,
        issued_at=row.issued_at,
        valid_until=date.fromisoformat(row.valid_until) if row.valid_until else None,
        superseded_by=row.superseded_by,
    )
