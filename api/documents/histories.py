# SPDX-License-Identifier: Apache-2.0
"""Hold what issued documents say of their holders' histories against the entries of the log.

The check of the ledger finds edited rows; this finds a document that left something out when it was issued.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

from sqlalchemy import Connection, select

from verify import LogEntry, LogEntryMalformed, check_history, parse_history, parse_log_entry

from ..database import Database
from ..database.tables import ledger_entries
from ..database.tables_sealing import documents as table
from ..database.tables_subjects import subject_entries
from ..ledger import Finding, FindingKind, LedgerFindings

_MARK = '"history":{'


def with_claims(database: Database, found: LedgerFindings) -> LedgerFindings:
    """The findings, and those on documents that contradict the histories that they count."""
    with database.read() as connection:
        return replace(found, findings=(*found.findings, *_contradicted(connection)))


def _contradicted(connection: Connection) -> Iterator[Finding]:
    query = select(table.c.id, table.c.record).where(table.c.record.contains(_MARK, autoescape=True))
    known: dict[str, tuple[LogEntry, ...]] = {}
    for row in connection.execute(query.order_by(table.c.ledger_index)):
        try:
            stated = parse_history(json.loads(row.record)["record"]["history"])
            if stated.subject not in known:
                known[stated.subject] = tuple(_entries(connection, stated.subject))
        except (ValueError, KeyError, TypeError, LogEntryMalformed) as error:
            yield _finding(row.id, "所载公开日志编号无法读取", f"its history cannot be read: {error}")
            continue
        for fault in check_history(stated, known[stated.subject], document_id=row.id):
            yield _finding(row.id, f"{fault.code}:{fault.zh}", f"{fault.code}: {fault.en}")


def _entries(connection: Connection, code: str) -> Iterator[LogEntry]:
    """By the numbers noted beside the log, which its own check holds against the leaves."""
    query = (
        select(ledger_entries)
        .join(subject_entries, subject_entries.c.entry_index == ledger_entries.c.entry_index)
        .where(subject_entries.c.code == code)
        .order_by(ledger_entries.c.entry_index)
    )
    for row in connection.execute(query):
        yield parse_log_entry(bytes(row.leaf), row.entry_index)


def _finding(document_id: str, zh: str, en: str) -> Finding:
    return Finding(FindingKind.HISTORY_BROKEN, table.name, document_id, f"文书 {zh}", en)
