# SPDX-License-Identifier: Apache-2.0
"""Running numbers.  A number is spent in the transaction that takes it, even if the act after it fails.

The counter is a convenience and no protected row: whoever takes a number asks the rows that carry one whether
it is free, so a counter that was set back, or lost, never lets a number be used twice.
"""

from __future__ import annotations

from sqlalchemy import Connection, insert, select, update

from ..database.tables_sealing import sequences


def next_number(connection: Connection, name: str) -> int:
    """The next number of ``name``, from 1; the caller's write transaction makes it unique."""
    last = connection.execute(select(sequences.c.last).where(sequences.c.name == name)).scalar_one_or_none()
    if last is None:
        connection.execute(insert(sequences).values(name=name, last=1))
        return 1
    connection.execute(update(sequences).where(sequences.c.name == name).values(last=last + 1))
    return int(last) + 1
