# SPDX-License-Identifier: Apache-2.0
"""Issued documents as the ledger commits to them, and as stored text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, select

from relying import Body, Face, Json, Row, Table
from verify import canonical_json

from ..database.tables_sealing import documents as table
from ..database.tables_sealing import moment_text
from .files import stored_file


def committed(values: dict[str, Any], file: Json) -> dict[str, Json]:
    """The row as the ledger commits to it, with ``file``: what is recorded of its file and what it is."""
    return {**values, "issued_at": moment_text(values["issued_at"]), "file": file}


def committed_documents(connection: Connection) -> Iterator[tuple[str, dict[str, Json]]]:
    """Every stored document, for the check of the database against the ledger.

    Every column counts, the bytes of the file count beside its digests: a changed file is a changed row.
    """
    for row in connection.execute(select(table)):
        yield row.id, committed(row._asdict(), stored_file(connection, row.file_id))


def face_text(face: Face) -> str:
    """A face as canonical text."""
    body: Body = {
        "title": face.title,
        "subtitle": face.subtitle,
        "number": face.number,
        "rows": [{"zh": row.zh, "value": row.value, "en": row.en} for row in face.rows],
        "tables": [
            {
                "title": one.title,
                "columns": list(one.columns),
                "rows": [list(row) for row in one.rows],
                "empty": one.empty,
                **({"en": one.en} if one.en else {}),  # faces from before it was kept stay as they were
            }
            for one in face.tables
        ],
        "paragraphs": list(face.paragraphs),
    }
    return canonical_json(body).decode()


def parse_face(text: str) -> Face:
    """The face that :func:`face_text` wrote."""
    body = json.loads(text)
    return Face(
        title=body["title"],
        subtitle=body["subtitle"],
        number=body["number"],
        rows=tuple(Row(**row) for row in body["rows"]),
        tables=tuple(
            Table(
                one["title"],
                tuple(one["columns"]),
                tuple(tuple(row) for row in one["rows"]),
                one["empty"],
                one.get("en", ""),
            )
            for one in body["tables"]
        ),
        paragraphs=tuple(body["paragraphs"]),
    )
