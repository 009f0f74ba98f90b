# SPDX-License-Identifier: Apache-2.0
"""Does the public log vouch for a row as it stands now?  Asked before a row is believed or changed.

``yinxin log check`` finds an edited row some day; here it is found before anybody acts on it, and before a
legitimate change would commit to the edit as well.
"""

from __future__ import annotations

from sqlalchemy import Connection, LargeBinary, func, select

from verify import SHA256_TREE, Json, JsonMalformed, leaf_hash

from ..database.tables import ledger_entries, row_commitments
from ..database.tables_log import ledger_hashes
from .entry import key_commitment, row_commitment, row_of
from .errors import RowAltered
from .stored import HASH_SIZE, TREE_NAMES

_RUN = ledger_hashes.c
_HASH = (
    select(
        func.substr(
            _RUN.hashes,
            (row_commitments.c.entry_index - _RUN.start) * HASH_SIZE + 1,
            HASH_SIZE,
            type_=LargeBinary,
        )
    )
    .where(
        _RUN.tree == TREE_NAMES[SHA256_TREE.name],
        _RUN.level == 0,
        _RUN.start <= row_commitments.c.entry_index,
    )
    .order_by(_RUN.start.desc())
    .limit(1)
    .correlate(row_commitments)
    .scalar_subquery()
)
"""The leaf hash that the tree was built of."""


def require_vouched(connection: Connection, table: str, key: str, values: dict[str, Json]) -> None:
    """Raise :class:`RowAltered` unless the newest entry about this row commits to exactly these values.

    The entry must be the leaf that the tree was built of; that the tree is the signed one is required before
    every append.
    """
    note = connection.execute(
        select(row_commitments, ledger_entries.c.leaf, _HASH.label("hash"))
        .join(ledger_entries, ledger_entries.c.entry_index == row_commitments.c.entry_index)
        .where(row_commitments.c.table_name == table, row_commitments.c.row_key == key)
        .order_by(row_commitments.c.entry_index.desc())
        .limit(1)
    ).one_or_none()
    if note is None or note.hash is None:
        raise RowAltered(table)
    salt, leaf = bytes(note.salt), bytes(note.leaf)
    public = {
        "table": table,
        "key": key_commitment(salt, table, key).hex(),
        "commitment": _committed(salt, table, key, values),
    }
    if leaf_hash(leaf) != bytes(note.hash) or row_of(leaf) != public:
        raise RowAltered(table)


def _committed(salt: bytes, table: str, key: str, values: dict[str, Json]) -> str:
    try:
        return row_commitment(salt, table, key, values).hex()
    except JsonMalformed:
        return ""
