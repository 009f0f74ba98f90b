# SPDX-License-Identifier: Apache-2.0
"""Prepared submissions expire: what nobody sealed in time keeps its row and loses its files."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from ..database.tables_sealing import submissions as table
from .model import State
from .ports import SubmissionPorts
from .store import change, drop_prepared, read_row


def expire_old(ports: SubmissionPorts) -> int:
    """Expire everything that is due; how many there were.  Killed in between, the next call goes on."""
    at = ports.clock()
    due = select(table.c.id).where(table.c.state == State.PREPARED.value, table.c.expires_at <= at)
    with ports.database.read() as connection:
        ids = [str(one) for one in connection.execute(due).scalars()]
    return sum(expire_one(ports, submission_id, at) for submission_id in ids)


def expire_one(ports: SubmissionPorts, submission_id: str, at: datetime) -> bool:
    """Expire one submission if it is still prepared and due."""
    with ports.ledger.transaction() as tx:
        row = read_row(tx.connection, submission_id)
        if row.state != State.PREPARED.value or row.expires_at > at:
            return False
        drop_prepared(tx.connection, submission_id)
        change(
            tx,
            submission_id,
            {"state": State.EXPIRED.value},
            kind="submission.expired",
            body={"form": row.form},
        )
    return True
