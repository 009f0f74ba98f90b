# SPDX-License-Identifier: Apache-2.0
"""Files beside the rows that own them, in the same transaction: never half-written, never orphaned."""

from __future__ import annotations

import hashlib

from sqlalchemy import Connection, delete, insert, select

from ..database.tables_sealing import files


def put_file(connection: Connection, file_id: str, content: bytes) -> str:
    """Store ``content`` under a new id and return its SHA-256, hexadecimal."""
    sha256 = hashlib.sha256(content).hexdigest()
    connection.execute(insert(files).values(id=file_id, sha256=sha256, size=len(content), content=content))
    return sha256


def get_file(connection: Connection, file_id: str) -> bytes:
    """The content stored under ``file_id``."""
    content: bytes = connection.execute(select(files.c.content).where(files.c.id == file_id)).scalar_one()
    return bytes(content)


def drop_file(connection: Connection, file_id: str) -> None:
    """Remove a prepared file that was never sealed."""
    connection.execute(delete(files).where(files.c.id == file_id))
