# SPDX-License-Identifier: Apache-2.0
"""Files beside the rows that own them, in the same transaction: never half-written, never orphaned."""

from __future__ import annotations

import hashlib

from sqlalchemy import Connection, delete, insert, select

from relying import Json

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


def recorded_file(connection: Connection, file_id: str | None) -> Json:
    """A file as its owner's row commits to it, right after :func:`put_file`: nothing is hashed twice."""
    query = select(files.c.sha256, files.c.size).where(files.c.id == file_id)
    row = connection.execute(query).one_or_none()
    return None if row is None else {"sha256": row.sha256, "size": row.size, "content": row.sha256}


def stored_file(connection: Connection, file_id: str | None) -> Json:
    """The same of what is stored now, its columns and its bytes each by itself: an edit of either shows."""
    row = connection.execute(select(files).where(files.c.id == file_id)).one_or_none()
    if row is None:
        return None
    return {"sha256": row.sha256, "size": row.size, "content": file_sha256(bytes(row.content))}


def drop_file(connection: Connection, file_id: str) -> None:
    """Remove a prepared file that was never sealed."""
    connection.execute(delete(files).where(files.c.id == file_id))
