# SPDX-License-Identifier: Apache-2.0
"""The SM3 tree beside the SHA-256 tree, both in runs of hashes; cosignatures of witnesses.

The hashes of the first tree are carried over as they are — so that an entry that was edited before is still
found — and the second tree is computed from the entries.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from verify import SM3_TREE, RightEdge

revision = "0016"
down_revision = "0015"

TIME = sa.String(length=27)  # UTC text of fixed width
CHUNK = 4096
APPEND_ONLY = ("ledger_hashes", "ledger_cosignatures")


def upgrade() -> None:
    """Tables, what is in them, and only then the triggers."""
    op.create_table(
        "ledger_hashes",
        sa.Column("tree", sa.String(length=8), nullable=False),
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("start", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tree", "level", "start", name=op.f("pk_ledger_hashes")),
        comment="hashes of complete subtrees, 32 bytes each, side by side from number start; level 0: leaves",
    )
    op.create_table(
        "ledger_cosignatures",
        sa.Column("size", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("line", sa.String(length=700), nullable=False),
        sa.Column("witness", sa.Text(), nullable=False),
        sa.Column("received_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("size", "line", name=op.f("pk_ledger_cosignatures")),
        comment="signature lines of witnesses under the head of this size",
    )
    carry_over(op.get_bind())
    op.drop_table("ledger_nodes")
    if op.get_bind().dialect.name == "postgresql":
        for table in APPEND_ONLY:
            op.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
            )
        return
    for table in APPEND_ONLY:
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
                "BEGIN SELECT RAISE(ABORT, 'append-only'); END"
            )


def carry_over(connection: sa.Connection) -> None:
    """Node by node into runs, entry by entry into the second tree."""
    insert = sa.text("INSERT INTO ledger_hashes (tree, level, start, hashes) VALUES (:t, :l, :s, :h)")
    nodes = sa.text(
        "SELECT node_index, hash FROM ledger_nodes WHERE level = :l AND node_index >= :s AND node_index < :e "
        "ORDER BY node_index"
    )
    for level, highest in connection.execute(
        sa.text("SELECT level, max(node_index) FROM ledger_nodes GROUP BY level ORDER BY level")
    ).all():
        for start in range(0, highest + 1, CHUNK):
            found = connection.execute(nodes, {"l": level, "s": start, "e": start + CHUNK}).all()
            # A gap is damage that was there before; what stands after it would be taken for something else.
            kept = [bytes(one) for at, (index, one) in enumerate(found) if index == start + at]
            if kept:
                connection.execute(insert, {"t": "sha256", "l": level, "s": start, "h": b"".join(kept)})
    leaves = sa.text(
        "SELECT leaf FROM ledger_entries WHERE entry_index >= :s AND entry_index < :e ORDER BY entry_index"
    )
    edge = RightEdge(SM3_TREE)
    while True:
        span = {"s": edge.size, "e": edge.size + CHUNK}
        found_leaves = [bytes(one) for one in connection.execute(leaves, span).scalars()]
        if not found_leaves:
            return
        for run in edge.extend(SM3_TREE.leaves(found_leaves)):
            connection.execute(
                insert, {"t": "sm3", "l": run.level, "s": run.start, "h": b"".join(run.hashes)}
            )
