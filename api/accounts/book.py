# SPDX-License-Identifier: Apache-2.0
"""The accounts of the service: opened, closed, given mandates — each an entry in the ledger.

An entry says that an account was opened and with which roles.  Name and subject stay in the row, which the
ledger commits to with a salt.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from verify import Evidenced, Json, canonical_json

from ..database import Database
from ..database.tables_identity import accounts as table
from ..database.tables_identity import is_id, stored_time
from ..ledger import Ledger, require_vouched
from . import mandates
from .checks import checked_agency, checked_code, checked_name, checked_roles, checked_subject
from .errors import AccountClosed, AccountRefused, NoSuchAccount, SubjectTaken
from .model import Account, Mandate, Role


class AccountBook:
    """Opens, closes, finds and empowers accounts."""

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        *,
        clock: Callable[[], datetime],
        random: Callable[[int], bytes],
    ) -> None:
        self._database, self._ledger = database, ledger
        self._clock, self._random = clock, random

    def add(self, *, name: str, subject: str, roles: Collection[str], agency: str = "", by: str) -> Account:
        """Open an account; the same facts again bring back the same account."""
        known = checked_roles(roles)
        values: dict[str, Any] = {
            "id": self._random(16).hex(),
            "name": checked_name(name),
            "subject": checked_subject(subject),
            "roles": canonical_json(sorted(known)).decode(),
            "agency": checked_agency(agency, known),
            "opened_at": self._clock(),
            "opened_by": by,
            "closed_at": None,
            "closed_by": None,
        }
        with self._ledger.transaction() as tx:
            query = select(table).where(table.c.subject == values["subject"])
            before = tx.connection.execute(query).one_or_none()
            if before is not None:
                if any(
                    getattr(before, name) != values[name] for name in ("name", "roles", "agency", "closed_at")
                ):
                    raise SubjectTaken(before.id)
                return _account(before)
            tx.connection.execute(insert(table).values(values))
            tx.commit_row(
                "accounts",
                values["id"],
                committed(values),
                kind="account.opened",
                body={"account_id": values["id"], "roles": [role.value for role in sorted(known)]},
            )
        return self.get(values["id"])

    def close(self, account_id: str, *, by: str) -> Account:
        """End an account and with it its sessions; ending it again changes nothing."""
        with self._ledger.transaction() as tx:
            row = _row(tx.connection, account_id)
            if row.closed_at is None:
                require_vouched(tx.connection, "accounts", account_id, committed(row._asdict()))
                ended = {"closed_at": self._clock(), "closed_by": by}
                tx.connection.execute(update(table).where(table.c.id == account_id).values(ended))
                tx.commit_row(
                    "accounts",
                    account_id,
                    committed({**row._asdict(), **ended}),
                    kind="account.closed",
                    body={"account_id": account_id},
                )
        return self.get(account_id)

    def get(self, account_id: str) -> Account:
        """One account; raises :class:`NoSuchAccount`."""
        with self._database.read() as connection:
            return read_account(connection, account_id)

    def of_subject(self, subject: str) -> Account:
        """The oldest account of a subject; raises :class:`NoSuchAccount`."""
        found = next((one for one in self.list() if one.subject == subject), None)
        if found is None:
            raise NoSuchAccount(subject[:64])
        return found

    def list(self, role: str | None = None) -> tuple[Account, ...]:
        """Every account, or those of one role, oldest first."""
        with self._database.read() as connection:
            rows = connection.execute(select(table).order_by(table.c.opened_at, table.c.id)).all()
        found = tuple(_account(row) for row in rows)
        return found if role is None else tuple(one for one in found if role in one.roles)

    def allow_to_act(self, account_id: str, uscc: str, *, by: str) -> Mandate:
        """Record that an applicant may act for an enterprise; a mandate in force is not given twice."""
        code = checked_code("uscc", uscc)
        with self._ledger.transaction() as tx:
            account = open_account(tx.connection, account_id)
            if Role.APPLICANT not in account.roles:
                raise AccountRefused(
                    "account_id",
                    rule="只有申请人可以代表企业 / only an applicant acts for an enterprise",
                    todo="请为其另开申请人账号 / open an applicant's account",
                )
            return mandates.give(
                tx, account_id, code, mandate_id=self._random(16).hex(), at=self._clock(), by=by
            )

    def end_mandate(self, account_id: str, uscc: str, *, by: str) -> Mandate:
        """End a mandate and with it the sessions that act under it.  Raises :class:`NoSuchMandate`."""
        with self._ledger.transaction() as tx:
            return mandates.end(tx, account_id, checked_code("uscc", uscc), at=self._clock(), by=by)

    def may_act_for(self, account_id: str, uscc: str) -> bool:
        """Is a mandate in force?"""
        try:
            code = checked_code("uscc", uscc)
        except AccountRefused:
            return False
        with self._database.read() as connection:
            return mandates.in_force(connection, account_id, code) is not None

    def mandate_evidence(self, account_id: str, uscc: str) -> Evidenced | None:
        """Digests of the mandate in force, as the public log vouches for it; ``None``: there is none."""
        with self._database.read() as connection:
            return mandates.evidence(connection, account_id, uscc)

    def principals(self, account_id: str) -> tuple[str, ...]:
        """The enterprises that the account may act for now."""
        with self._database.read() as connection:
            return mandates.principals(connection, account_id)


def read_account(connection: Connection, account_id: str) -> Account:
    """One account within a transaction; raises :class:`NoSuchAccount`."""
    return _account(_row(connection, account_id))


def open_account(connection: Connection, account_id: str) -> Account:
    """One account that may still act; raises :class:`AccountClosed` as well."""
    account = read_account(connection, account_id)
    if account.closed_at is not None:
        raise AccountClosed(account_id)
    return account


def require_in_log(connection: Connection, account: Account) -> None:
    """Raise :class:`~api.ledger.RowAltered` unless the public log vouches for the account and its roles."""
    row = connection.execute(select(table).where(table.c.id == account.account_id)).one()
    require_vouched(connection, "accounts", row.id, committed(row._asdict()))


def committed(values: dict[str, Any]) -> dict[str, Json]:
    """The row as the ledger commits to it."""
    times: dict[str, Json] = {name: stored_time(values[name]) for name in ("opened_at", "closed_at")}
    return {**values, **times}


def committed_accounts(connection: Connection) -> Iterator[tuple[str, dict[str, Json]]]:
    """Every stored account, for the check of the database against the ledger."""
    for row in connection.execute(select(table)):
        yield row.id, committed(row._asdict())


def _row(connection: Connection, account_id: str) -> Row[Any]:
    query = select(table).where(table.c.id == account_id)
    row = connection.execute(query).one_or_none() if is_id(account_id) else None
    if row is None:
        raise NoSuchAccount(account_id)
    return row


def _account(row: Row[Any]) -> Account:
    return Account(
        account_id=row.id,
        name=row.name,
        subject=row.subject,
        roles=frozenset(Role(role) for role in json.loads(row.roles)),
        agency=row.agency,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
    )
