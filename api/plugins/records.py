# SPDX-License-Identifier: Apache-2.0
"""Records of relying modules: append-only, versioned, each version committed to the ledger.

Nobody updates or deletes: a correction is the next version of the same key, and the older ones stay
readable.  Entering what is already there changes nothing, so a repeated request has one effect.  What a
module says of the publicity of a record stands in clear in its entry, under the next number of that
enterprise's history.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, select

from relying import Body, History, Json, Publicity, Record
from verify import canonical_json

from ..database import Database
from ..database.tables_sealing import moment_text
from ..database.tables_sealing import records as table
from ..ledger import Ledger, Transaction, concern_of, history_head, numbers_of

_newer = table.alias("newer")

PublicityOf = Callable[[str, str, Body], "Publicity | None"]
"""``publicity(module, kind, body)``: what its module lets the public log say of a record."""


@dataclass(frozen=True, slots=True)
class Entered:
    """A record and the ledger entry that carries its commitment; ``fresh`` when this request entered it."""

    record: Record
    ledger_index: int
    fresh: bool


class ModuleRecords:
    """What the host of one module sees: the newest versions of its own records."""

    def __init__(self, database: Database, module: str) -> None:
        self._database, self._module = database, module

    def get(self, kind: str, key: str) -> Record | None:
        """Newest version of one record, or ``None``."""
        with self._database.read() as connection:
            return newest(connection, self._module, kind, key)

    def history(self, code: str) -> History | None:
        """The public history of an enterprise, with the numbers of this module's records in it."""
        if concern_of(code) is None:
            return None
        with self._database.read() as connection:
            head, numbers = history_head(connection, code), numbers_of(connection, "records", code)
        mine = (
            (key.split("/", 3), number)
            for key, number in numbers.items()
            if key.startswith(f"{self._module}/")
        )
        return History(
            subject=code,
            size=0 if head is None else head.sequence,
            head="" if head is None else head.hash,
            numbers={(kind, name, int(version)): number for (_, kind, version, name), number in mine},
        )

    def find(self, kind: str, /, **equal: str) -> tuple[Record, ...]:
        """Newest versions whose body has every given field equal to the value, oldest entry first.

        The database narrows by a piece of canonical text; the comparison itself is made on the parsed body.
        """
        query = _newest_versions().where(table.c.module == self._module, table.c.kind == kind)
        for name, value in equal.items():
            piece = canonical_json({name: value})[1:-1].decode("utf-8")
            query = query.where(table.c.body.contains(piece, autoescape=True))
        with self._database.read() as connection:
            found = [
                _record(row) for row in connection.execute(query.order_by(table.c.entered_at, table.c.key))
            ]
        return tuple(
            one for one in found if all(one.body.get(name) == value for name, value in equal.items())
        )


class RecordStore:
    """The one place where records are entered."""

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        *,
        clock: Callable[[], datetime],
        publicity: PublicityOf = lambda _module, _kind, _body: None,
    ) -> None:
        self._database, self._ledger, self._clock = database, ledger, clock
        self._publicity = publicity

    def reader(self, module: str) -> ModuleRecords:
        """The records of one module, for its host."""
        return ModuleRecords(self._database, module)

    def enter(self, module: str, kind: str, key: str, body: Body, *, by: str) -> Entered:
        """Append one checked record; durable with its ledger entry once it returns."""
        text = canonical_json(body).decode("utf-8")
        with self._ledger.transaction() as tx:
            before = newest(tx.connection, module, kind, key)
            if before is not None and canonical_json(before.body).decode("utf-8") == text:
                index = tx.committed_at("records", record_key(module, kind, key, before.version))
                return Entered(before, index, fresh=False)
            record = Record(kind, key, 1 if before is None else before.version + 1, body, self._clock())
            values = {
                "module": module,
                "kind": kind,
                "key": key,
                "version": record.version,
                "body": text,
                "entered_at": record.entered_at,
                "entered_by": by,
            }
            tx.connection.execute(insert(table).values(values))
            index = self._commit(tx, module, record, before, values)
        return Entered(record, index, fresh=True)

    def _commit(
        self, tx: Transaction, module: str, record: Record, before: Record | None, values: dict[str, Any]
    ) -> int:
        kind, key, version = record.kind, record.key, record.version
        body: Body = {"module": module, "record_kind": kind, "version": version}
        public = self._publicity(module, kind, record.body)
        concerns = None if public is None else concern_of(public.subject, public.decision)
        if public is not None and concerns is not None:
            body["facts"] = _facts(public)
        was = None if before is None else self._publicity(module, kind, before.body)
        if before is not None and was is not None and (old := concern_of(was.subject)) is not None:
            numbers = numbers_of(tx.connection, "records", old.code)
            number = numbers.get(record_key(module, kind, key, before.version))
            replaces: Body = {} if number is None else {"replaces": number}
            if concerns is not None and old.code == concerns.code:
                body["facts"] = {**_facts(public), **replaces}
            else:  # it is not about that enterprise any more: its history says so too
                decision = "" if public is None else public.decision
                gone: Body = {"module": module, "record_kind": kind, "version": version, "facts": replaces}
                tx.append("record.moved", gone, concerns=concern_of(old.code, decision))
        return tx.commit_row(
            "records",
            record_key(module, kind, key, version),
            committed(values),
            kind="record.entered",
            body=body,
            concerns=concerns,
        )

    def read(self, module: str, kind: str, key: str) -> Record | None:
        """Newest version of one record, or ``None``."""
        return self.reader(module).get(kind, key)


def _facts(public: Publicity | None) -> Body:
    """The days of its publication; nothing of what it says."""
    if public is None:
        return {}
    days = {"from": public.public_from, "until": public.public_until, "since": public.since}
    return {name: day.isoformat() for name, day in days.items() if day is not None}


def newest(connection: Connection, module: str, kind: str, key: str) -> Record | None:
    """Newest version of one record within a transaction."""
    query = (
        select(table)
        .where(table.c.module == module, table.c.kind == kind, table.c.key == key)
        .order_by(table.c.version.desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return _record(row) if row is not None else None


def record_key(module: str, kind: str, key: str, version: int) -> str:
    """The name of one version in the ledger's commitments (never shown: a key may be a person's)."""
    return f"{module}/{kind}/{version}/{key}"


def committed(values: dict[str, Any]) -> dict[str, Json]:
    """The row as the ledger commits to it."""
    return {**values, "entered_at": moment_text(values["entered_at"])}


def committed_records(connection: Connection) -> Iterator[tuple[str, dict[str, Json]]]:
    """Every stored version, for the check of the database against the ledger."""
    for row in connection.execute(select(table)):
        values = row._asdict()
        yield record_key(row.module, row.kind, row.key, row.version), committed(values)


def _newest_versions() -> Select[Any]:
    later = select(_newer.c.version).where(
        _newer.c.module == table.c.module,
        _newer.c.kind == table.c.kind,
        _newer.c.key == table.c.key,
        _newer.c.version > table.c.version,
    )
    return select(table).where(~later.exists())


def _record(row: Row[Any]) -> Record:
    return Record(row.kind, row.key, row.version, json.loads(row.body), row.entered_at)
