# SPDX-License-Identifier: Apache-2.0
"""What was ordered stays what was ordered: a digest over each thousand items, fixed when a batch starts.

The digests stand in the order's row, which the ledger commits to.  Whoever takes items computes the digest of
their block again: a row that somebody edited after the start is found before a seal is used for it.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from sqlalchemy import Connection, Row, select

from ..database.tables_batches import batch_items as items
from ..ledger import RowAltered
from .model import ItemState
from .store import ITEMS

BLOCK = 1000
_CONTENT = (items.c.number, items.c.line, items.c.item_key, items.c.name, items.c.digest, items.c.state)


def digests(connection: Connection, batch_id: str, total: int) -> str:
    """One digest for each block, as JSON text."""
    return json.dumps([_digest(connection, batch_id, block) for block in range(-(-total // BLOCK))])


def require_blocks(connection: Connection, batch: Row[Any], first: int, last: int) -> None:
    """Raise :class:`~api.ledger.RowAltered` unless these items are those of the start; the caller has
    asked the log about the order itself."""
    fixed = json.loads(batch.blocks or "[]")
    for block in range((first - 1) // BLOCK, (last - 1) // BLOCK + 1):
        if block >= len(fixed) or _digest(connection, batch.id, block) != fixed[block]:
            raise RowAltered(ITEMS)


def _digest(connection: Connection, batch_id: str, block: int) -> str:
    query = select(*_CONTENT).where(
        items.c.batch_id == batch_id,
        items.c.number > block * BLOCK,
        items.c.number <= (block + 1) * BLOCK,
    )
    state = hashlib.sha256()
    for row in connection.execute(query.order_by(items.c.number)):
        # Fields are counted, so that nothing can move from one into the next.
        for text in (str(row.number), str(row.line), row.item_key, row.name, row.digest):
            encoded = text.encode()
            state.update(b"%d:" % len(encoded) + encoded)
        state.update(b"b" if row.state == ItemState.BAD.value else b"g")
    return state.hexdigest()
