# SPDX-License-Identifier: Apache-2.0
"""Rows of evidence, read and written within the caller's transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from keys import HashAlgorithm
from verify import Json

from ..database.tables_renewals import evidence_batches, evidence_members, evidence_stamps
from ..database.tables_sealing import documents, moment_text
from ..ledger import Source, Transaction

BATCHES, STAMPS = "evidence_batches", "evidence_stamps"


@dataclass(frozen=True, slots=True)
class Stamp:
    """One time stamp of a batch."""

    batch_id: str
    number: int
    token: bytes
    stamped_at: datetime
    good_until: datetime


def uncovered(connection: Connection, *, most: int) -> Sequence[Row[Any, Any, Any]]:
    """Documents in no batch, oldest first: id, sm3, issued_at."""
    joined = documents.outerjoin(evidence_members, evidence_members.c.document_id == documents.c.id)
    query = select(documents.c.id, documents.c.sm3, documents.c.issued_at).select_from(joined)
    query = query.where(evidence_members.c.document_id.is_(None)).order_by(documents.c.ledger_index)
    return connection.execute(query.limit(most)).all()


def stamps_of(connection: Connection, batch_id: str) -> list[Stamp]:
    """The time stamps of a batch, the first one first."""
    query = select(evidence_stamps).where(evidence_stamps.c.batch_id == batch_id)
    return [Stamp(**row._asdict()) for row in connection.execute(query.order_by(evidence_stamps.c.number))]


def last_stamps(connection: Connection) -> list[tuple[str, datetime]]:
    """Of each batch: until when its last time stamp is good, the earliest first."""
    query = select(evidence_stamps.c.batch_id, evidence_stamps.c.good_until).order_by(
        evidence_stamps.c.batch_id, evidence_stamps.c.number
    )
    newest = {row.batch_id: row.good_until for row in connection.execute(query)}
    return sorted(newest.items(), key=lambda one: one[1])


def member(connection: Connection, document_id: str) -> Row[Any] | None:
    """The batch and the lists of one document."""
    return connection.execute(
        select(evidence_members).where(evidence_members.c.document_id == document_id)
    ).one_or_none()


def any_member(connection: Connection, batch_id: str) -> Row[Any, Any, Any]:
    """One document of a batch with its digest, to check the batch by."""
    joined = evidence_members.join(documents, documents.c.id == evidence_members.c.document_id)
    query = select(evidence_members.c.document_id, evidence_members.c.lists, documents.c.sm3)
    return connection.execute(
        query.select_from(joined).where(evidence_members.c.batch_id == batch_id).limit(1)
    ).one()


def add_batch(
    tx: Transaction, values: dict[str, Any], stamp: Stamp, members: Sequence[dict[str, Any]]
) -> None:
    """A batch with its first time stamp; one entry of the ledger for each of the two."""
    tx.connection.execute(insert(evidence_batches).values(values))
    tx.connection.execute(insert(evidence_members), list(members))
    tx.commit_row(
        BATCHES,
        values["id"],
        _batch(values),
        kind="evidence.batch",
        body={"batch": values["id"], "root": values["root"], "documents": values["documents"]},
    )
    add_stamp(tx, stamp)


def add_stamp(tx: Transaction, stamp: Stamp) -> None:
    """One more time stamp."""
    tx.connection.execute(insert(evidence_stamps).values(_values(stamp)))
    tx.commit_row(
        STAMPS,
        _key(stamp),
        _committed(stamp),
        kind="evidence.stamped",
        body={"batch": stamp.batch_id, "number": stamp.number, "token_sha256": _sha256(stamp.token)},
    )


def refresh_stamp(tx: Transaction, stamp: Stamp) -> None:
    """The same time stamp with evidence of today inside."""
    where = (evidence_stamps.c.batch_id == stamp.batch_id, evidence_stamps.c.number == stamp.number)
    tx.connection.execute(update(evidence_stamps).where(*where).values(token=stamp.token))
    tx.commit_row(
        STAMPS,
        _key(stamp),
        _committed(stamp),
        kind="evidence.refreshed",
        body={"batch": stamp.batch_id, "number": stamp.number, "token_sha256": _sha256(stamp.token)},
    )


def packed(lists: Sequence[Sequence[bytes]]) -> bytes:
    """Lists of hashes as they are kept: how many each has, then its hashes."""
    return b"".join(bytes([len(one)]) + b"".join(one) for one in lists)


def unpacked(data: bytes, algorithm: HashAlgorithm) -> list[list[bytes]]:
    """The reverse of :func:`packed`; what is cut short gives short hashes, which no check accepts."""
    found, at = [], 0
    while at < len(data):
        end = at + 1 + data[at] * algorithm.size
        values = data[at + 1 : end]
        found.append([values[n : n + algorithm.size] for n in range(0, len(values), algorithm.size)])
        at = end
    return found


def _committed_batches(connection: Connection) -> Iterator[tuple[str, dict[str, Json]]]:
    for row in connection.execute(select(evidence_batches).order_by(evidence_batches.c.id)):
        yield row.id, _batch(row._asdict())


def _committed_stamps(connection: Connection) -> Iterator[tuple[str, dict[str, Json]]]:
    query = select(evidence_stamps).order_by(evidence_stamps.c.batch_id, evidence_stamps.c.number)
    for row in connection.execute(query):
        stamp = Stamp(**row._asdict())
        yield _key(stamp), _committed(stamp)


PROTECTED: dict[str, Source] = {BATCHES: _committed_batches, STAMPS: _committed_stamps}
"""For the check of the database against the ledger."""


def _values(stamp: Stamp) -> dict[str, Any]:
    return {
        "batch_id": stamp.batch_id,
        "number": stamp.number,
        "token": stamp.token,
        "stamped_at": stamp.stamped_at,
        "good_until": stamp.good_until,
    }


def _committed(stamp: Stamp) -> dict[str, Json]:
    return {
        "batch_id": stamp.batch_id,
        "number": stamp.number,
        "token_sha256": _sha256(stamp.token),
        "stamped_at": moment_text(stamp.stamped_at),
        "good_until": moment_text(stamp.good_until),
    }


def _batch(values: dict[str, Any]) -> dict[str, Json]:
    return {**values, "made_at": moment_text(values["made_at"])}


def _key(stamp: Stamp) -> str:
    return f"{stamp.batch_id}:{stamp.number}"


def _sha256(token: bytes) -> str:
    return hashlib.sha256(token).hexdigest()
