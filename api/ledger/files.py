# SPDX-License-Identifier: Apache-2.0
"""The published log as files in one folder, which any static server can serve as it lies.

``checkpoint``, ``checkpoint.witnessed``, ``tile/…`` and ``sm3/tile/…``.  Everything but the checkpoints never
changes once it is there.  A file is written beside its name, synced, and renamed: nobody reads half of one.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from verify import TileMalformed, TileMissing, TileName, parse_tile_path

from .errors import NotPublished

CHECKPOINT = "checkpoint"
WITNESSED = "checkpoint.witnessed"
_LOCK = ".lock"
_LARGEST_NOTE = 128 * 1024


class LogFiles:
    """One folder; made when something is first published."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """One publisher at a time, of however many processes."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / _LOCK).open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def note(self, name: str = CHECKPOINT) -> bytes | None:
        """A published checkpoint; ``None`` when there is none."""
        try:
            with (self.folder / name).open("rb") as file:
                return file.read(_LARGEST_NOTE + 1)
        except FileNotFoundError:
            return None

    def tile(self, path: str) -> bytes:
        """A tile or bundle by its address.  Raises :class:`NotPublished`, for what is no address too."""
        try:
            return (self.folder / parse_tile_path(path).path).read_bytes()
        except (FileNotFoundError, NotADirectoryError, TileMalformed):
            raise NotPublished(path) from None

    def fetch(self, path: str) -> bytes:
        """The same for :class:`verify.TileReader`."""
        try:
            return self.tile(path)
        except NotPublished:
            raise TileMissing(path) from None

    def put(self, name: TileName, data: bytes) -> Path | None:
        """Write a tile unless exactly it is there; the folder that has to be synced, if any."""
        path = self.folder / name.path
        try:
            if path.read_bytes() == data:
                return None
        except (FileNotFoundError, NotADirectoryError):
            pass
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, data)
        return path.parent

    def put_note(self, text: str, name: str = CHECKPOINT) -> None:
        """Put a checkpoint in the place of the one before."""
        _write(self.folder / name, text.encode("utf-8"))
        sync_folder(self.folder)

    def sync(self, folders: set[Path]) -> None:
        """Names that were added to folders are durable after this, up to the folder of the log."""
        wanted = set(folders)
        for folder in folders:
            for above in folder.parents:
                wanted.add(above)
                if above == self.folder:
                    break
        for folder in sorted(wanted, key=lambda one: len(one.parts), reverse=True):
            if folder == self.folder or self.folder in folder.parents:
                sync_folder(folder)

    def drop_partial(self, name: TileName) -> None:
        """Remove the partial tiles that this full one replaced."""
        shutil.rmtree(self.folder / f"{name.path}.p", ignore_errors=True)


def _write(path: Path, data: bytes) -> None:
    part = path.with_name(f".{path.name}.part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
