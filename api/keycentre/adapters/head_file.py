# SPDX-License-Identifier: Apache-2.0
"""The file beside the centre's database that shows whether the database lost its end."""

from __future__ import annotations

import os
from pathlib import Path

_LARGEST = 4096


class HeadFile:
    """Implements :class:`~api.keycentre.centre.HeadKeeper`: the whole file or the one before it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> bytes | None:
        try:
            with self._path.open("rb") as file:
                return file.read(_LARGEST)
        except FileNotFoundError:
            return None

    def write(self, data: bytes) -> None:
        part = self._path.with_name(f".{self._path.name}.part")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
