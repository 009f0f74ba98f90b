# SPDX-License-Identifier: Apache-2.0
"""Rows of a seal's life, within the caller's transaction; each is committed to the ledger."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Row,
    String,
    Table,
    cast,
    exists,
    func,
    insert,
    select,
    update,
)

from keys import KeyKind
from relying import Json
from verify import SEAL_STATE_FOLLOWS as FOLLOWS
from verify import SealChange, SealStanding, canonical_json

from ..database.tables_sealing import moment_text
from ..database.tables_seals import seal_editions, seal_lives, seal_steps, seal_uses
from ..ledger import RowAltered, Source, Transaction, require_vouched
from .designs import read_design
from .errors import NoSuchSeal, NoSuchUse
from .model import (
    Change,
    LifeState,
    SealEdition,
    SealLife,
    SealType,
    SealUse,
    SignedBy,
    Step,
    TakenStep,
)

DUE, DONE = "due", "done"
ENDED = (LifeState.REFUSED.value, LifeState.WITHDRAWN.value)


def committed(values: Mapping[str, Any]) -> dict[str, Json]:
    """The row as the ledger commits to it: times as text, long bytes as their digest."""
    found: dict[str, Json] = {}
    for name, value in values.items():
        if isinstance(value, datetime):
            found[name] = moment_text(value)
        elif isinstance(value, bytes | memoryview):
            found[name] = hashlib.sha256(value).hexdigest()
        else:
            found[name] = value
    return found


def _rows(table: Table) -> Source:
    def source(connection: Connection) -> Iterator[tuple[str, dict[str, Json]]]:
        for row in connection.execute(select(table)):
            yield str(row.id), committed(row._asdict())

    return source


# Lives


def read_life(connection: Connection, seal_id: str) -> SealLife:
    """One life; raises :class:`NoSuchSeal`."""
    return _life(_row(connection, seal_id))


def believed_life(connection: Connection, seal_id: str) -> SealLife:
    """The same, only if the public log vouches for it: :class:`~api.ledger.RowAltered`."""
    row = _row(connection, seal_id)
    require_vouched(connection, seal_lives.name, seal_id, committed(row._asdict()))
    return _life(row)


def find_life(connection: Connection, seal_id: str) -> SealLife | None:
    """One life, if there is one."""
    row = connection.execute(select(seal_lives).where(seal_lives.c.id == seal_id)).one_or_none()
    return None if row is None else _life(row)


def lives(connection: Connection, *conditions: ColumnElement[bool]) -> tuple[SealLife, ...]:
    """Lives, oldest first."""
    query = select(seal_lives).where(*conditions).order_by(seal_lives.c.applied_at, seal_lives.c.id)
    return tuple(_life(row) for row in connection.execute(query))


def code_taken(connection: Connection, code: str) -> bool:
    """Is there a seal or an open application with this code?"""
    query = select(seal_lives.c.id).where(seal_lives.c.code == code, seal_lives.c.state.not_in(ENDED))
    return connection.execute(query).first() is not None


def next_code(connection: Connection, division: str) -> int:
    """The lowest number of a division that nobody has, above all that were allotted one after the other.

    Codes that applicants brought along stand anywhere; one at the very end must not end the allotting.
    """
    taken = seal_lives.alias()
    code, following = seal_lives.c.code, taken.c.code
    # Codes have 14 digits, so text and number sort alike, and a gap follows where code + 1 is not there.
    after = func.substr(cast(cast(code, BigInteger) + (10**14 + 1), String), 2)
    here = code.like(f"{division}________")
    if connection.execute(select(seal_lives.c.id).where(code == f"{division}00000001")).first() is None:
        return 1
    query = select(func.min(code)).where(here, ~exists().where(following == after))
    return int(connection.execute(query).scalar_one()[6:]) + 1


def add_life(tx: Transaction, values: dict[str, Any]) -> None:
    """A new row; the step that follows it is what the log speaks of."""
    tx.connection.execute(insert(seal_lives).values(values))


def change_life(tx: Transaction, seal_id: str, values: Mapping[str, Any], *, step: Step) -> None:
    """Write the new state and commit to the whole row: one entry for each step."""
    if values:
        tx.connection.execute(update(seal_lives).where(seal_lives.c.id == seal_id).values(**values))
    row = _row(tx.connection, seal_id)
    tx.commit_row(
        seal_lives.name,
        seal_id,
        committed(row._asdict()),
        kind=f"seal.{step.value.replace('-', '_')}",
        body={
            "seal_id": seal_id,
            "code": row.code,
            "state": row.state,
            "change": row.change,
            "edition": row.edition,
            "number": row.steps,
        },
    )


# Editions


def add_edition(tx: Transaction, values: dict[str, Any]) -> None:
    """A made seal."""
    tx.connection.execute(insert(seal_editions).values(values))
    _commit_edition(tx, values["id"], "seal.edition_made")


def add_standing(tx: Transaction, seal_id: str, number: int, change: SealChange) -> None:
    """What the public list says from now on."""
    _set(tx, seal_id, number, change, closing="")


def _set(tx: Transaction, seal_id: str, number: int, change: SealChange, *, closing: str) -> None:
    row = _edition_row(tx.connection, seal_id, number)
    require_vouched(tx.connection, seal_editions.name, row.id, committed(row._asdict()))
    before = read_history(row.history)
    # Another machine's clock may have been ahead: a suspension does not wait until ours has caught up.
    change = replace(change, at=max(change.at, before[-1].at))
    values = {"history": history_text([*before, change]), "closing": closing}
    tx.connection.execute(update(seal_editions).where(seal_editions.c.id == row.id).values(**values))
    _commit_edition(tx, row.id, "seal.standing")


def edition(connection: Connection, seal_id: str, number: int) -> SealEdition:
    """One made seal; raises :class:`NoSuchSeal`."""
    return _edition(_edition_row(connection, seal_id, number))


def believed_edition(connection: Connection, seal_id: str, number: int) -> SealEdition:
    """The same, only if the public log vouches for it."""
    row = _edition_row(connection, seal_id, number)
    require_vouched(connection, seal_editions.name, row.id, committed(row._asdict()))
    return _edition(row)


def editions(connection: Connection, seal_id: str) -> tuple[tuple[SealEdition, tuple[SealChange, ...]], ...]:
    """Every made seal of one life with what was published of it, oldest first."""
    query = select(seal_editions).where(seal_editions.c.seal_id == seal_id).order_by(seal_editions.c.edition)
    return tuple((_edition(row), tuple(read_history(row.history))) for row in connection.execute(query))


def end_standings(tx: Transaction, seal_id: str, change: SealChange, *, but: int = 0) -> None:
    """Every made seal of a life that has not ended ends now, but for one; key and certificate follow."""
    for one, history in editions(tx.connection, seal_id):
        if one.edition != but and FOLLOWS[history[-1].state]:
            _set(tx, seal_id, one.edition, change, closing=DUE)


def closing_due(connection: Connection) -> tuple[tuple[str, int], ...]:
    """Made seals that ended and whose key or certificate has not yet: seal and number of the edition."""
    query = select(seal_editions.c.seal_id, seal_editions.c.edition).where(seal_editions.c.closing == DUE)
    return tuple((row.seal_id, row.edition) for row in connection.execute(query.order_by(seal_editions.c.id)))


def believed_ending(connection: Connection, seal_id: str, number: int) -> tuple[SealEdition, SealStanding]:
    """A made seal that ended and how, if the public log vouches for it: what follows cannot be undone."""
    found = believed_edition(connection, seal_id, number)
    row = _edition_row(connection, seal_id, number)
    standing = read_history(row.history)[-1].state
    if row.closing != DUE or FOLLOWS[standing]:
        raise RowAltered(seal_editions.name)
    return found, standing


def close_edition(tx: Transaction, seal_id: str, number: int) -> None:
    """Its certificate was revoked, and the key of what was replaced destroyed."""
    row = _edition_row(tx.connection, seal_id, number)
    require_vouched(tx.connection, seal_editions.name, row.id, committed(row._asdict()))
    tx.connection.execute(update(seal_editions).where(seal_editions.c.id == row.id).values(closing=DONE))
    _commit_edition(tx, row.id, "seal.edition_closed")


def ending(connection: Connection, until: datetime) -> tuple[tuple[SealLife, SealEdition], ...]:
    """Seals in use whose period ends by then, the first to end first."""
    query = (
        select(seal_editions.c.seal_id, seal_editions.c.edition)
        .join(
            seal_lives,
            (seal_lives.c.id == seal_editions.c.seal_id) & (seal_lives.c.edition == seal_editions.c.edition),
        )
        .where(seal_lives.c.state == LifeState.ACTIVE.value, seal_editions.c.valid_until <= until)
        .order_by(seal_editions.c.valid_until, seal_editions.c.seal_id)
    )
    return tuple(
        (read_life(connection, row.seal_id), edition(connection, row.seal_id, row.edition))
        for row in connection.execute(query).all()
    )


def newest_edition(connection: Connection, seal_id: str) -> int:
    """The number of the newest made seal, 0 for none."""
    query = select(func.max(seal_editions.c.edition)).where(seal_editions.c.seal_id == seal_id)
    return connection.execute(query).scalar() or 0


def published_rows(tx: Transaction, seal_id: str | None) -> Iterator[tuple[Row[Any], Row[Any]]]:
    """Life and edition of what the public list names of one seal, or of all, each vouched for by the log:
    what is published is signed, and nobody signs what somebody wrote into the database."""
    query = select(seal_editions).order_by(seal_editions.c.seal_id, seal_editions.c.edition)
    if seal_id is not None:
        query = query.where(seal_editions.c.seal_id == seal_id)
    for row in tx.connection.execute(query).all():
        life = _row(tx.connection, row.seal_id)
        for table, one in ((seal_editions, row), (seal_lives, life)):
            if not tx.wrote(table.name, one.id):
                require_vouched(tx.connection, table.name, one.id, committed(one._asdict()))
        yield life, row


def history_text(history: Sequence[SealChange]) -> str:
    """Canonical JSON."""
    return canonical_json(
        [
            {
                "state": one.state.value,
                "at": moment_text(one.at),
                "reason": one.reason,
                "replaced_by": one.replaced_by,
            }
            for one in history
        ]
    ).decode()


def read_history(text: str) -> list[SealChange]:
    """What :func:`history_text` wrote."""
    return [
        SealChange(
            SealStanding(one["state"]), datetime.fromisoformat(one["at"]), one["reason"], one["replaced_by"]
        )
        for one in json.loads(text)
    ]


# Steps


def find_step(connection: Connection, statement_sha256: str) -> TakenStep | None:
    """The step that was taken with this very statement."""
    query = select(seal_steps).where(seal_steps.c.statement_sha256 == statement_sha256)
    row = connection.execute(query).one_or_none()
    return None if row is None else _step(row)


def add_step(tx: Transaction, values: dict[str, Any]) -> None:
    """A step with the signature under it."""
    tx.connection.execute(insert(seal_steps).values(values))
    tx.commit_row(
        seal_steps.name,
        values["id"],
        committed(values),
        kind="seal.step_signed",
        body={
            "seal_id": values["seal_id"],
            "number": values["number"],
            "step": values["step"],
            "signed_by": values["signed_by"],
            "statement_sha256": values["statement_sha256"],
        },
    )


def steps(connection: Connection, seal_id: str) -> tuple[TakenStep, ...]:
    """Every step of one life, in order."""
    query = select(seal_steps).where(seal_steps.c.seal_id == seal_id).order_by(seal_steps.c.number)
    return tuple(_step(row) for row in connection.execute(query))


# Uses


def add_use(tx: Transaction, values: dict[str, Any]) -> None:
    """One use, in the transaction of the act."""
    tx.connection.execute(insert(seal_uses).values(values))
    _commit_use(tx, values["id"], "seal.used")


def deny_use(tx: Transaction, use_id: str, *, at: datetime, by: str) -> None:
    """The holder said: not me."""
    values = {"denied_at": at, "denied_by": by}
    tx.connection.execute(update(seal_uses).where(seal_uses.c.id == use_id).values(**values))
    _commit_use(tx, use_id, "seal.use_denied")


def believed_use(connection: Connection, seal_id: str, use_id: str) -> SealUse:
    """One use of one seal, if the public log vouches for it; raises :class:`NoSuchUse`."""
    query = select(seal_uses).where(seal_uses.c.id == use_id, seal_uses.c.seal_id == seal_id)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NoSuchUse(use_id)
    require_vouched(connection, seal_uses.name, use_id, committed(row._asdict()))
    return _use(row)


def uses(connection: Connection, seal_ids: Sequence[str], *, most: int) -> tuple[SealUse, ...]:
    """The newest uses of some seals, newest first."""
    query = select(seal_uses).where(seal_uses.c.seal_id.in_(seal_ids))
    ordered = query.order_by(seal_uses.c.at.desc(), seal_uses.c.id.desc()).limit(most)
    return tuple(_use(row) for row in connection.execute(ordered))


def _commit_edition(tx: Transaction, row_id: str, kind: str) -> None:
    row = tx.connection.execute(select(seal_editions).where(seal_editions.c.id == row_id)).one()
    newest = read_history(row.history)[-1]
    tx.commit_row(
        seal_editions.name,
        row_id,
        committed(row._asdict()),
        kind=kind,
        body={
            "seal_id": row.seal_id,
            "edition": row.edition,
            "esl_sha256": row.esl_sha256,
            "standing": newest.state.value,
            "reason": newest.reason,
        },
    )


def _commit_use(tx: Transaction, use_id: str, kind: str) -> None:
    row = tx.connection.execute(select(seal_uses).where(seal_uses.c.id == use_id)).one()
    tx.commit_row(
        seal_uses.name,
        use_id,
        committed(row._asdict()),
        kind=kind,
        body={
            "use_id": use_id,
            "seal_id": row.seal_id,
            "document_type": row.document_type,
            "documents": row.documents,
        },
    )


def _row(connection: Connection, seal_id: str) -> Row[Any]:
    row = connection.execute(select(seal_lives).where(seal_lives.c.id == seal_id)).one_or_none()
    if row is None:
        raise NoSuchSeal(seal_id)
    return row


def _edition_row(connection: Connection, seal_id: str, number: int) -> Row[Any]:
    query = select(seal_editions).where(seal_editions.c.seal_id == seal_id, seal_editions.c.edition == number)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NoSuchSeal(f"{seal_id}/{number}")
    return row


def _life(row: Row[Any]) -> SealLife:
    return SealLife(
        seal_id=row.id,
        code=row.code,
        type=SealType(row.type),
        holder=row.holder,
        holder_name=row.holder_name,
        kind=KeyKind(row.key_kind),
        design=read_design(row.design),
        certificates=tuple(json.loads(row.certificates)),
        valid_until=row.valid_until,
        state=LifeState(row.state),
        change=Change(row.change),
        change_design=None if row.change_design is None else read_design(row.change_design),
        change_reason=row.change_reason or "",
        change_by=row.change_by or "",
        suspended_by=row.suspended_by,
        edition=row.edition,
        steps=row.steps,
        applied_at=row.applied_at,
        applied_by=row.applied_by,
    )


def _edition(row: Row[Any]) -> SealEdition:
    return SealEdition(
        edition=row.edition,
        esl=bytes(row.esl),
        esl_sha256=row.esl_sha256,
        esl_sm3=row.esl_sm3,
        key_label=row.key_label,
        certificate_id=row.certificate_id,
        design=read_design(row.design),
        svg=row.svg,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        made_at=row.made_at,
    )


def _step(row: Row[Any]) -> TakenStep:
    return TakenStep(
        number=row.number,
        step=Step(row.step),
        actor=row.actor,
        side=row.side,
        state=LifeState(row.state),
        at=row.at,
        statement=bytes(row.statement),
        signed_by=SignedBy(row.signed_by),
        certificate=bytes(row.certificate),
        signature=bytes(row.signature),
    )


def _use(row: Row[Any]) -> SealUse:
    return SealUse(
        use_id=row.id,
        seal_id=row.seal_id,
        at=row.at,
        officer=row.officer,
        document_type=row.document_type,
        document_id=row.document_id,
        sha256=row.sha256,
        documents=row.documents,
        channel=row.channel,
        denied_at=row.denied_at,
    )


LIFE_ROWS: Mapping[str, Source] = {
    table.name: _rows(table) for table in (seal_lives, seal_editions, seal_steps, seal_uses)
}
"""For the check of the database against the ledger."""
