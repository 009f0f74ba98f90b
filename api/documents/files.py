# SPDX-License-Identifier: Apache-2.0
"""Files beside the rows that own them, in the same transaction: never half-written, never orphaned."""

from __future__ import annotations

import hashlib

from sqlalchemy import Connection, delete, insert, select

from ..database.tables_sealing import files


def file_sha256(content: bytes) -> str:
    """SHA-256 in lower-case hexadecimal, as files are recorded with it."""
    return hashlib.sha256(content).hexdigest()


def put_file(connection: Connection, file_id: str, content: bytes) -> str:
    """Store ``content`` under a new id and return its SHA-256, hexadecimal."""
    sha256 = file_sha256(content)
    connection.execute(insert(files).values(id=file_id, sha256=sha256, size=len(content), content=content))
    return sha256


def get_file(connection: Connection, file_id: str | None) -> bytes | None:
    """The content stored under ``file_id``; ``None`` when somebody removed it."""
    query = select(files.c.content).where(files.c.id == file_id)
    content = connection.execute(query).scalar_one_or_none()
    return bytes(content) if content is not None else None


def stored_sha256(connection: Connection, file_id: str | None) -> str | None:
    """SHA-256 of the bytes that are stored now, whatever the row says; ``None`` when there are none."""
    content = get_file(connection, file_id)
    return file_sha256(content) if content is not None else None


def drop_file(connection: Connection, file_id: str) -> None:
    """Remove a prepared file that was never sealed."""
    connection.execute(delete(files).where(files.c.id == file_id))
