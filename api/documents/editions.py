# SPDX-License-Identifier: Apache-2.0
"""The OFD edition of a document: the same pages, record and code as the PDF, sealed by the same seal.

Seals in OFD are SM2 (GB/T 38540), so a document that an RSA or ECDSA seal issued is PDF alone, and so is one
of the platform's own seal, which nobody made as an electronic seal.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, insert, select

from keys import HashAlgorithm, KeyKind, digest
from relying import Json
from seal import Attachment, Layout, Protection, seal_ofd, write_ofd
from verify import Indication, Trust, check_ofd

from ..database.tables_editions import document_editions as table
from ..ledger import Transaction
from ..seals import UsableSeal, placed
from .errors import SealDidNotVerify
from .files import get_file, put_file, recorded_file, stored_file
from .ports import Preserver

OFD: Final = "ofd"
OFD_MIME: Final = "application/ofd"


@dataclass(frozen=True, slots=True)
class Edition:
    """A further file of a document as it is kept; ``content`` is what is stored, whatever it is."""

    sha256: str
    sm3: str
    content: bytes | None


def can_seal_ofd(seal: UsableSeal) -> bool:
    """An SM2 seal that was made as an electronic seal."""
    return seal.esl is not None and seal.sealing.certificate.public_key.kind is KeyKind.SM2


def ofd_edition(
    layout: Layout,
    *,
    title: str,
    at: datetime,
    document_id: str,
    metadata: dict[str, str],
    record: Attachment,
    seal: UsableSeal,
    trust: Trust,
    authority: bytes | None = None,
    preserver: Preserver | None = None,
) -> bytes | None:
    """The sealed OFD, closed against any addition, reopened; ``None`` where the seal cannot make one.

    ``preserver``: stamps the signature; evidence has no place in an OFD.  Raises :class:`SealDidNotVerify`
    rather than release what our own reader does not pass.
    """
    if seal.esl is None or not can_seal_ofd(seal):
        return None
    place = layout.seal_position
    sealed = seal_ofd(
        write_ofd(
            layout, title=title, at=at, document_id=document_id, metadata=metadata, attachments=(record,)
        ),
        seal.signer,
        esl=seal.esl,
        certificate=seal.sealing.certificate,
        at=at,
        marks=(
            placed(
                seal.drawing,
                place.page,
                left_mm=place.x_mm,
                top_mm=place.y_mm,
                width_mm=place.width_mm,
                height_mm=place.height_mm,
            ),
        ),
        protection=Protection.WHOLE,
        authority=authority,
        timestamper=None if preserver is None else preserver.stamper(seal.sealing),
    )
    # Unlike a PDF an OFD brings no issuers and no lists: whoever checks it has them from the trust list.
    evidence = replace(
        trust,
        intermediates=(*trust.intermediates, *seal.sealing.chain),
        crls=(*trust.crls, *seal.sealing.crls),
    )
    report = check_ofd(sealed, trust=evidence, at=at if preserver is None else preserver.now())
    if report.indication is not Indication.TOTAL_PASSED:
        reasons = [*report.reasons, *(reason for part in report.signatures for reason in part.reasons)]
        raise SealDidNotVerify(report.indication.value, tuple(reason.code for reason in reasons))
    return sealed


def record_edition(tx: Transaction, document_id: str, content: bytes, *, file_id: str) -> None:
    """The edition with its own entry, in the transaction that issues its document."""
    values = {
        "document_id": document_id,
        "format": OFD,
        "file_id": file_id,
        "sha256": put_file(tx.connection, file_id, content),
        "sm3": digest(HashAlgorithm.SM3, content).hex,
    }
    tx.connection.execute(insert(table).values(values))
    tx.commit_row(
        "document_editions",
        _key(document_id),
        {**values, "file": recorded_file(tx.connection, file_id)},
        kind="document.edition",
        body={
            "document_id": document_id,
            "format": OFD,
            "sha256": values["sha256"],
            "sm3": values["sm3"],
        },
    )


def kept_edition(connection: Connection, document_id: str) -> Edition | None:
    """The OFD of a document as it lies in the database."""
    row = _row(connection, document_id)
    return None if row is None else Edition(row.sha256, row.sm3, get_file(connection, row.file_id))


def has_edition(connection: Connection, document_id: str) -> bool:
    """There is an OFD of this document."""
    return _row(connection, document_id) is not None


def committed_editions(connection: Connection) -> Iterator[tuple[str, dict[str, Json]]]:
    """Every stored edition, for the check of the database against the ledger."""
    for row in connection.execute(select(table)):
        yield (
            _key(row.document_id, row.format),
            {**row._asdict(), "file": stored_file(connection, row.file_id)},
        )


def _key(document_id: str, form: str = OFD) -> str:
    return f"{document_id}/{form}"


def _row(connection: Connection, document_id: str) -> Any:
    query = select(table).where(table.c.document_id == document_id, table.c.format == OFD)
    return connection.execute(query).one_or_none()
