# SPDX-License-Identifier: Apache-2.0
"""Why the database cannot be used."""

from __future__ import annotations


class DatabaseError(Exception):
    """Anything that stops the database from being used; ``todo`` says what to do."""

    todo = ""


class UnusableDatabase(DatabaseError):
    """The address names no database that this service can use."""

    def __init__(self, why: str) -> None:
        super().__init__(f"[database] url: {why}")
        self.why = why
        self.todo = "use sqlite:////absolute/path/yinxin.db or postgresql+psycopg://user@host/name"


class DatabaseUnavailable(DatabaseError):
    """The database does not answer, or lets this service do nothing."""

    def __init__(self, dialect: str) -> None:
        super().__init__(f"the {dialect} database cannot be opened")
        self.dialect = dialect
        self.todo = "check [database] url, that the server runs, the rights and the free space"


class SchemaUnknown(DatabaseError):
    """The database was written by another version of this software."""

    def __init__(self, found: str) -> None:
        super().__init__(f"the database has schema {found}, which this version does not know")
        self.found = found
        self.todo = "start the version that wrote it, or restore a backup of this version"


class NestedWrite(DatabaseError):
    """A write transaction was opened inside another one of the same thread: a defect, never waited for."""

    def __init__(self) -> None:
        super().__init__("a write transaction is already open in this thread")
