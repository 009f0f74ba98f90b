# SPDX-License-Identifier: Apache-2.0
"""What the operator of the centre may look at: which keys there are, never what opens them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from ...database import Database
from ..history import Head, Link, require_chain
from . import tables
from .anchor import stored_links
from .founding import require_store


@dataclass(frozen=True, slots=True)
class KeptKey:
    """One escrowed key."""

    key_id: str
    reference: str
    made_at: datetime
    delivered_at: datetime | None


@dataclass(frozen=True, slots=True)
class Listed:
    """Keys, newest first, and the whole history of recoveries."""

    keys: tuple[KeptKey, ...]
    total: int
    recoveries: tuple[Link, ...]
    head: Head


def listed(database: Database, *, most: int) -> Listed:
    """Raises :class:`KeyCentreDamaged` when the history is broken."""
    require_store(database)
    with database.read() as connection:
        head, links = require_chain(stored_links(connection))
        total = connection.execute(select(func.count()).select_from(tables.keys)).scalar_one()
        query = select(tables.keys).order_by(tables.keys.c.made_at.desc(), tables.keys.c.key_id).limit(most)
        found = tuple(
            KeptKey(row.key_id, row.reference, row.made_at, row.delivered_at)
            for row in connection.execute(query)
        )
    return Listed(found, int(total), links, head)
