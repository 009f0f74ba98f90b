# SPDX-License-Identifier: Apache-2.0
"""How often a counted right was used: counted in the transaction of the act, and nowhere else.

One row for each act and one, with an empty act, for all of them; both are committed to the ledger, and the
second is compared with its commitment before it is believed.  A transaction that does not happen counts
nothing, so killed anywhere no use is lost and none is counted twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection, insert, select, update

from relying import Json

from ..database.tables import row_commitments
from ..database.tables_warrants import use_counts as table
from ..ledger import RowAltered, Transaction, require_vouched

IN_ALL: Final = ""


def used_up_to_now(connection: Connection, right_id: str) -> int:
    """How often this right was used; :class:`~api.ledger.RowAltered` when the log says something else."""
    found = _read(connection, right_id, IN_ALL)
    if found is None:
        require_never_committed(connection, table.name, _key(right_id, IN_ALL))
        return 0
    require_vouched(connection, table.name, _key(right_id, IN_ALL), _committed(right_id, IN_ALL, found))
    return found


def used_within(tx: Transaction, right_id: str) -> int:
    """The same within a transaction, which may have counted already."""
    if tx.wrote(table.name, _key(right_id, IN_ALL)):
        return _read(tx.connection, right_id, IN_ALL) or 0
    return used_up_to_now(tx.connection, right_id)


def require_never_committed(connection: Connection, name: str, key: str) -> None:
    """Raise :class:`~api.ledger.RowAltered` when the log knows a row that is not there any more."""
    query = select(row_commitments.c.entry_index).where(
        row_commitments.c.table_name == name, row_commitments.c.row_key == key
    )
    if connection.execute(query.limit(1)).first() is not None:
        raise RowAltered(name)


def take(tx: Transaction, right_id: str, most: int, act: str, uses: int) -> int:
    """Count up to ``uses`` of ``most`` for an act; how many were left for it."""
    so_far = used_within(tx, right_id)
    taken = max(0, min(uses, most - so_far))
    if taken:
        _write(tx, right_id, IN_ALL, so_far + taken)
        _write(tx, right_id, act, (_read(tx.connection, right_id, act) or 0) + taken)
    return taken


def give_back(tx: Transaction, right_id: str, act: str, uses: int) -> int:
    """Uses that an act took and did not need; how many of them were of this right."""
    back = min(uses, _read(tx.connection, right_id, act) or 0)
    if back:
        _write(tx, right_id, IN_ALL, used_within(tx, right_id) - back)
        _write(tx, right_id, act, (_read(tx.connection, right_id, act) or 0) - back)
    return back


def rights_of_act(connection: Connection, act: str) -> tuple[str, ...]:
    """Which rights were used for an act."""
    query = select(table.c.right_id).where(table.c.act == act, table.c.used > 0).order_by(table.c.right_id)
    return tuple(connection.execute(query).scalars())


def committed_use_counts(connection: Connection) -> Iterator[tuple[str, dict[str, Json]]]:
    """Every row, for the check of the database against the ledger."""
    for row in connection.execute(select(table)):
        yield _key(row.right_id, row.act), _committed(row.right_id, row.act, row.used)


def _read(connection: Connection, right_id: str, act: str) -> int | None:
    query = select(table.c.used).where(table.c.right_id == right_id, table.c.act == act)
    return connection.execute(query).scalar_one_or_none()


def _write(tx: Transaction, right_id: str, act: str, used: int) -> None:
    if _read(tx.connection, right_id, act) is None:
        tx.connection.execute(insert(table).values(right_id=right_id, act=act, used=used))
    else:
        here = (table.c.right_id == right_id) & (table.c.act == act)
        tx.connection.execute(update(table).where(here).values(used=used))
    tx.commit_row(
        table.name,
        _key(right_id, act),
        _committed(right_id, act, used),
        kind="seal_use.counted",
        body={"right_id": right_id, "act": act, "used": used},
    )


def _key(right_id: str, act: str) -> str:
    return f"{right_id}/{act}"


def _committed(right_id: str, act: str, used: int) -> dict[str, Json]:
    return {"right_id": right_id, "act": act, "used": used}
