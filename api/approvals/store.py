# SPDX-License-Identifier: Apache-2.0
"""Rows of approvals and mandates, within the caller's transaction; each is committed to the ledger."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, insert, select, update

from relying import Json
from verify import canonical_json

from ..accounts import Role
from ..database.tables_sealing import moment_text
from ..database.tables_warrants import (
    seal_mandates,
    use_grounds,
    use_policies,
    use_request_steps,
    use_requests,
)
from ..ledger import Source, Transaction, require_vouched
from ..seals import SignedBy, committed_use_counts, require_never_committed
from .errors import NoSuchSealMandate, NoSuchUseRequest
from .model import RequestState, RequestStep, TakenRequestStep, UsePolicy, UseRequest


def committed(values: Mapping[str, Any]) -> dict[str, Json]:
    """The row as the ledger commits to it: times as text, bytes as their digest."""
    found: dict[str, Json] = {}
    for name, value in values.items():
        if isinstance(value, datetime):
            found[name] = moment_text(value)
        elif isinstance(value, bytes | memoryview):
            found[name] = hashlib.sha256(value).hexdigest()
        else:
            found[name] = value
    return found


def _rows(table: Table, key: str = "id") -> Source:
    def source(connection: Connection) -> Iterator[tuple[str, dict[str, Json]]]:
        for row in connection.execute(select(table)):
            values = row._asdict()
            yield str(values[key]), committed(values)

    return source


# Policies


def policy_of(connection: Connection, seal_id: str) -> UsePolicy:
    """The policy in force; a row that was edited or taken away is none: :class:`~api.ledger.RowAltered`."""
    row = connection.execute(select(use_policies).where(use_policies.c.seal_id == seal_id)).one_or_none()
    if row is None:
        require_never_committed(connection, use_policies.name, seal_id)
        return UsePolicy(seal_id)
    require_vouched(connection, use_policies.name, seal_id, committed(row._asdict()))
    return UsePolicy(seal_id, row.approvers, read_roles(row.roles), row.days)


def write_policy(tx: Transaction, policy: UsePolicy, *, at: datetime, by: str) -> None:
    """Set it."""
    values = {
        "approvers": policy.approvers,
        "roles": roles_text(policy.roles),
        "days": policy.days,
        "changed_at": at,
        "changed_by": by,
    }
    here = use_policies.c.seal_id == policy.seal_id
    if tx.connection.execute(select(use_policies).where(here)).first() is None:
        tx.connection.execute(insert(use_policies).values(seal_id=policy.seal_id, **values))
    else:
        tx.connection.execute(update(use_policies).where(here).values(**values))
    tx.commit_row(
        use_policies.name,
        policy.seal_id,
        committed({"seal_id": policy.seal_id, **values}),
        kind="use_policy.set",
        body={"seal_id": policy.seal_id, "approvers": policy.approvers, "days": policy.days},
    )


def roles_text(roles: frozenset[Role]) -> str:
    """Canonical JSON."""
    return canonical_json(sorted(one.value for one in roles)).decode()


def read_roles(text: str) -> frozenset[Role]:
    """The reverse."""
    return frozenset(Role(one) for one in json.loads(text))


# Requests


def request_row(connection: Connection, request_id: str) -> Row[Any]:
    """One row; raises :class:`NoSuchUseRequest`."""
    row = connection.execute(select(use_requests).where(use_requests.c.id == request_id)).one_or_none()
    if row is None:
        raise NoSuchUseRequest(request_id)
    return row


def believed_request(connection: Connection, request_id: str) -> UseRequest:
    """One request, only if the public log vouches for it: :class:`~api.ledger.RowAltered`."""
    row = request_row(connection, request_id)
    require_vouched(connection, use_requests.name, request_id, committed(row._asdict()))
    return as_request(row)


def find_requests(connection: Connection, *conditions: ColumnElement[bool]) -> tuple[UseRequest, ...]:
    """Requests, oldest first."""
    query = select(use_requests).where(*conditions).order_by(use_requests.c.asked_at, use_requests.c.id)
    return tuple(as_request(row) for row in connection.execute(query))


def as_request(row: Row[Any]) -> UseRequest:
    """A row as a value."""
    return UseRequest(
        request_id=row.id,
        seal_id=row.seal_id,
        asker=row.asker,
        agency=row.agency,
        document_type=row.document_type,
        case=row.case_number,
        copies=row.copies,
        reason=row.reason,
        approvers=row.approvers,
        roles=read_roles(row.roles),
        days=row.days,
        state=RequestState(row.state),
        approved_by=tuple(json.loads(row.approved_by)),
        steps=row.steps,
        asked_at=row.asked_at,
        decided_at=row.decided_at,
        valid_until=row.valid_until,
    )


def write_request(tx: Transaction, request_id: str, values: Mapping[str, Any], *, step: RequestStep) -> None:
    """A new row (with everything) or a changed one, committed with an entry that names no person."""
    here = use_requests.c.id == request_id
    if step is RequestStep.ASK:
        tx.connection.execute(insert(use_requests).values(id=request_id, **values))
    else:
        tx.connection.execute(update(use_requests).where(here).values(**values))
    row = request_row(tx.connection, request_id)
    tx.commit_row(
        use_requests.name,
        request_id,
        committed(row._asdict()),
        kind=f"seal_use.{step.value.removesuffix('-use')}",
        body={
            "request_id": request_id,
            "seal_id": row.seal_id,
            "document_type": row.document_type,
            "copies": row.copies,
            "state": row.state,
            "number": row.steps,
        },
    )


def add_step(tx: Transaction, values: dict[str, Any]) -> None:
    """The statement and the signature under it."""
    tx.connection.execute(insert(use_request_steps).values(values))
    tx.commit_row(
        use_request_steps.name,
        values["id"],
        committed(values),
        kind="seal_use.step",
        body={
            "request_id": values["request_id"],
            "number": values["number"],
            "statement_sha256": values["statement_sha256"],
            "signed_by": values["signed_by"],
        },
    )


def find_step(connection: Connection, statement_sha256: str) -> str | None:
    """The request whose step this statement was."""
    query = select(use_request_steps.c.request_id).where(
        use_request_steps.c.statement_sha256 == statement_sha256
    )
    return connection.execute(query).scalar_one_or_none()


def steps_of(connection: Connection, request_id: str) -> tuple[TakenRequestStep, ...]:
    """Every step of one request."""
    table = use_request_steps
    query = select(table).where(table.c.request_id == request_id).order_by(table.c.number)
    return tuple(
        TakenRequestStep(
            number=row.number,
            step=RequestStep(row.step),
            actor=row.actor,
            state=RequestState(row.state),
            at=row.at,
            reason=row.reason,
            statement=bytes(row.statement),
            signed_by=SignedBy(row.signed_by),
            certificate=bytes(row.certificate),
            signature=bytes(row.signature),
        )
        for row in connection.execute(query)
    )


# Mandates


def mandate_row(connection: Connection, mandate_id: str) -> Row[Any]:
    """One row as the public log vouches for it; raises :class:`NoSuchSealMandate`."""
    row = connection.execute(select(seal_mandates).where(seal_mandates.c.id == mandate_id)).one_or_none()
    if row is None:
        raise NoSuchSealMandate(mandate_id)
    require_vouched(connection, seal_mandates.name, mandate_id, committed(row._asdict()))
    return row


def write_mandate(tx: Transaction, mandate_id: str, values: Mapping[str, Any], *, kind: str) -> None:
    """A new row (with everything) or a changed one, committed."""
    here = seal_mandates.c.id == mandate_id
    if tx.connection.execute(select(seal_mandates.c.id).where(here)).first() is None:
        tx.connection.execute(insert(seal_mandates).values(id=mandate_id, **values))
    else:
        tx.connection.execute(update(seal_mandates).where(here).values(**values))
    row = tx.connection.execute(select(seal_mandates).where(here)).one()
    tx.commit_row(
        seal_mandates.name,
        mandate_id,
        committed(row._asdict()),
        kind=kind,
        body={
            "mandate_id": mandate_id,
            "seal_id": row.seal_id,
            "sha256": None if row.sealed is None else hashlib.sha256(bytes(row.sealed)).hexdigest(),
        },
    )


# Grounds


def write_grounds(tx: Transaction, use_id: str, authority: bytes) -> None:
    """What one use rests on, for its holder to see."""
    values = {"use_id": use_id, "authority": authority.decode()}
    tx.connection.execute(insert(use_grounds).values(values))
    tx.commit_row(
        use_grounds.name,
        use_id,
        committed(values),
        kind="seal_use.grounds",
        body={"use_id": use_id, "authority_sha256": hashlib.sha256(authority).hexdigest()},
    )


def grounds(connection: Connection, use_ids: list[str]) -> dict[str, bytes]:
    """The statement of authority of each use that has one."""
    query = select(use_grounds).where(use_grounds.c.use_id.in_(use_ids))
    return {row.use_id: row.authority.encode() for row in connection.execute(query)}


APPROVAL_ROWS: Mapping[str, Source] = {
    "use_policies": _rows(use_policies, "seal_id"),
    "use_requests": _rows(use_requests),
    "use_request_steps": _rows(use_request_steps),
    "seal_mandates": _rows(seal_mandates),
    "use_grounds": _rows(use_grounds, "use_id"),
    "use_counts": committed_use_counts,
}
"""For the check of the database against the ledger."""
