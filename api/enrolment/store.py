# SPDX-License-Identifier: Apache-2.0
"""Rows of enrolment, read and written within the caller's transaction, and believed only with the log."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, insert, select, update

from verify import Json

from ..database.tables_enrolment import enrolment_approvals as approvals_table
from ..database.tables_enrolment import enrolment_codes as codes_table
from ..database.tables_enrolment import enrolments as table
from ..database.tables_identity import is_id, stored_time
from ..ledger import Transaction, require_vouched
from .errors import NoSuchEnrolment
from .model import OVER, Approval, Channel, Enrolment, EnrolmentCode, Shape, State

ENROLMENTS, APPROVALS, CODES = "enrolments", "enrolment_approvals", "enrolment_codes"
MOST = 500
"""How many applications are listed at once."""


def read_row(connection: Connection, enrolment_id: str) -> Row[Any]:
    """The row of one application; raises :class:`NoSuchEnrolment`."""
    query = select(table).where(table.c.id == enrolment_id)
    row = connection.execute(query).one_or_none() if is_id(enrolment_id) else None
    if row is None:
        raise NoSuchEnrolment(enrolment_id)
    return row


def read(connection: Connection, enrolment_id: str) -> Enrolment:
    """One application with its approvals; raises :class:`NoSuchEnrolment`."""
    return _enrolment(connection, read_row(connection, enrolment_id))


def require_in_log(connection: Connection, enrolment_id: str) -> None:
    """Raise :class:`~api.ledger.RowAltered` unless the log vouches for an application and each approval."""
    row = read_row(connection, enrolment_id)
    require_vouched(connection, ENROLMENTS, row.id, committed(row._asdict()))
    for approval in _approval_rows(connection, enrolment_id):
        require_vouched(connection, APPROVALS, approval.id, committed_approval(approval._asdict()))


def find_live(connection: Connection, digest: str) -> Enrolment | None:
    """The same application, unless nothing came of it."""
    over = [state.value for state in OVER]
    query = select(table).where(table.c.digest == digest, table.c.state.not_in(over))
    row = connection.execute(query.order_by(table.c.submitted_at, table.c.id).limit(1)).one_or_none()
    return None if row is None else _enrolment(connection, row)


def listed(
    connection: Connection, *conditions: ColumnElement[bool], most: int = MOST
) -> tuple[Enrolment, ...]:
    """Applications, oldest first."""
    query = select(table).where(*conditions).order_by(table.c.submitted_at, table.c.id).limit(most)
    return tuple(_enrolment(connection, row) for row in connection.execute(query).all())


def newest(connection: Connection, *conditions: ColumnElement[bool], most: int) -> tuple[Enrolment, ...]:
    """Applications, newest first."""
    query = select(table).where(*conditions).order_by(table.c.submitted_at.desc(), table.c.id).limit(most)
    return tuple(_enrolment(connection, row) for row in connection.execute(query).all())


def add(tx: Transaction, values: dict[str, Any]) -> None:
    """Keep an application.  The public entry names nobody."""
    tx.connection.execute(insert(table).values(values))
    tx.commit_row(
        ENROLMENTS,
        values["id"],
        committed(values),
        kind="enrolment.submitted",
        body={
            "enrolment_id": values["id"],
            "profile": values["profile"],
            "shape": values["shape"],
            "channel": values["channel"],
            "needed": values["needed"],
        },
    )


def change(
    tx: Transaction, enrolment_id: str, values: Mapping[str, Any], *, kind: str, body: Mapping[str, Json]
) -> None:
    """Update one application, whose row was vouched for, and commit to it anew."""
    tx.connection.execute(update(table).where(table.c.id == enrolment_id).values(**values))
    row = read_row(tx.connection, enrolment_id)
    tx.commit_row(
        ENROLMENTS,
        enrolment_id,
        committed(row._asdict()),
        kind=kind,
        body={"enrolment_id": enrolment_id, **body},
    )


def add_approval(tx: Transaction, values: dict[str, Any], *, given: int, needed: int) -> None:
    """Keep one approval.  Who gave it is public as an account's id, so that two can be told apart."""
    tx.connection.execute(insert(approvals_table).values(values))
    tx.commit_row(
        APPROVALS,
        values["id"],
        committed_approval(values),
        kind="enrolment.approved",
        body={
            "enrolment_id": values["enrolment_id"],
            "officer": values["officer"],
            "given": given,
            "needed": needed,
        },
    )


def add_code(tx: Transaction, values: dict[str, Any]) -> None:
    """Keep a code's digest and what it is for."""
    tx.connection.execute(insert(codes_table).values(values))
    tx.commit_row(
        CODES,
        values["id"],
        committed_code(values),
        kind="enrolment.invited",
        body={"code_id": values["id"], "profile": values["profile"]},
    )


def find_code(connection: Connection, digest: str) -> EnrolmentCode | None:
    """The code with this digest, vouched for by the log."""
    row = connection.execute(select(codes_table).where(codes_table.c.code_sha256 == digest)).one_or_none()
    if row is None:
        return None
    require_vouched(connection, CODES, row.id, committed_code(row._asdict()))
    return EnrolmentCode(
        code_id=row.id,
        profile=row.profile,
        account_id=row.account_id,
        holder=row.holder,
        holder_name=row.holder_name,
        agency=row.agency,
        expires_at=row.expires_at,
        enrolment_id=row.enrolment_id,
    )


def use_code(tx: Transaction, code_id: str, enrolment_id: str) -> None:
    """Write down what came of a code."""
    mine = codes_table.c.id == code_id
    tx.connection.execute(update(codes_table).where(mine).values(enrolment_id=enrolment_id))
    row = tx.connection.execute(select(codes_table).where(mine)).one()
    tx.commit_row(
        CODES,
        code_id,
        committed_code(row._asdict()),
        kind="enrolment.answered",
        body={"code_id": code_id, "enrolment_id": enrolment_id},
    )


def committed(values: Mapping[str, Any]) -> dict[str, Json]:
    """An application as the ledger commits to it."""
    second = values["rsa_request"]
    return {
        **values,
        "submitted_at": stored_time(values["submitted_at"]),
        "decided_at": stored_time(values["decided_at"]),
        "request": bytes(values["request"]).hex(),
        "rsa_request": None if second is None else bytes(second).hex(),
    }


def committed_approval(values: Mapping[str, Any]) -> dict[str, Json]:
    """An approval as the ledger commits to it."""
    return {**values, "given_at": stored_time(values["given_at"])}


def committed_code(values: Mapping[str, Any]) -> dict[str, Json]:
    """A code's row as the ledger commits to it."""
    times: dict[str, Json] = {name: stored_time(values[name]) for name in ("made_at", "expires_at")}
    return {**values, **times}


def committed_enrolments(connection: Connection) -> Iterator[tuple[str, dict[str, Json]]]:
    """Every stored application, for the check of the database against the ledger."""
    for row in connection.execute(select(table)):
        yield row.id, committed(row._asdict())


def committed_approvals(connection: Connection) -> Iterator[tuple[str, dict[str, Json]]]:
    """Every stored approval, for the same check."""
    for row in connection.execute(select(approvals_table)):
        yield row.id, committed_approval(row._asdict())


def committed_codes(connection: Connection) -> Iterator[tuple[str, dict[str, Json]]]:
    """Every stored code, for the same check."""
    for row in connection.execute(select(codes_table)):
        yield row.id, committed_code(row._asdict())


def _approval_rows(connection: Connection, enrolment_id: str) -> tuple[Row[Any], ...]:
    query = select(approvals_table).where(approvals_table.c.enrolment_id == enrolment_id)
    ordered = query.order_by(approvals_table.c.given_at, approvals_table.c.id)
    return tuple(connection.execute(ordered).all())


def _enrolment(connection: Connection, row: Row[Any]) -> Enrolment:
    return Enrolment(
        enrolment_id=row.id,
        profile=row.profile,
        shape=Shape(row.shape),
        channel=Channel(row.channel),
        state=State(row.state),
        needed=row.needed,
        approvals=tuple(Approval(one.officer, one.given_at) for one in _approval_rows(connection, row.id)),
        account_id=row.account_id,
        holder=row.holder,
        holder_name=row.holder_name,
        agency=row.agency,
        names=tuple(json.loads(row.names)),
        request=bytes(row.request),
        rsa_request=None if row.rsa_request is None else bytes(row.rsa_request),
        key_id=row.key_id,
        submitted_at=row.submitted_at,
        submitted_by=row.submitted_by,
        decided_at=row.decided_at,
        decided_by=row.decided_by,
        reason=row.reason,
        failure=row.failure,
        certificate_id=row.certificate_id,
        bundle_id=row.bundle_id,
    )
