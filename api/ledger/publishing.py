# SPDX-License-Identifier: Apache-2.0
"""Publish the log: tiles, then bundles, then the checkpoint; and hold the database against what is out.

What was published cannot be taken back.  A database that does not hold a published head — an older backup, or
another history — is not published over and not continued.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from verify import (
    SHA256_TREE,
    SM3_TREE,
    Checkpoint,
    RightEdge,
    TileMalformed,
    TileName,
    TileReader,
    TreeHash,
    bundle_names,
    encode_entry_bundle,
    entries_from_tiles,
    tile_names,
)

from ..database import Database
from .errors import LogBehind, LogDamaged, LogOtherwise
from .files import CHECKPOINT, WITNESSED, LogFiles
from .signing import HeadSigner
from .stored import (
    TREES,
    edge_hashes,
    newest_head,
    stored_hashes,
    stored_leaves,
)
from .witnessed import cosigned_note, witnessed_head

_HEIGHT, _WIDTH = 8, 256


@dataclass(frozen=True, slots=True)
class Published:
    """What a call of :meth:`LogPublisher.publish` left: the size that is out, and how many files it wrote."""

    size: int
    files: int


@dataclass(frozen=True, slots=True)
class _Heads:
    """What is to be out: the newest head (``None``: an empty log), and the newest that witnesses cosigned."""

    size: int
    note: str | None
    witnessed: str | None


class LogPublisher:
    """Keeps a folder at what the database holds.  Safe to share between threads and processes."""

    def __init__(
        self, database: Database, files: LogFiles, signer: HeadSigner, *, empty: Callable[[], str]
    ) -> None:
        self.files = files
        self._database, self._signer, self._empty = database, signer, empty
        self._last: _Heads | None = None

    def require_continuation(self) -> int:
        """The published size, if the database holds every head that is out; else it must not be continued.

        Raises :class:`LogBehind`, :class:`LogOtherwise`, :class:`LogDamaged`.
        """
        out = self._out()  # read first: the moment of the database is then no older
        with self._database.read() as connection:
            return max(self._held(connection, name, note) for name, note in out.items())

    def publish(self) -> Published:
        """Bring the folder to the newest head.  Raises as :meth:`require_continuation`."""
        with self._database.read() as connection:
            now = self._newest(connection)
        if now == self._last and self.files.note() is not None:
            return Published(now.size, 0)
        with self.files.alone():
            shown = self._out()
            with self._database.read() as connection:
                now = self._newest(connection)
                out = {name: self._held(connection, name, note) for name, note in shown.items()}
                written = self._write(connection, now, out[CHECKPOINT])
        self._last = now
        return Published(now.size, written)

    def _newest(self, connection: Connection) -> _Heads:
        head, witnessed = newest_head(connection), witnessed_head(connection)
        return _Heads(
            0 if head is None else head.size,
            None if head is None else cosigned_note(connection, head),
            None if witnessed is None else cosigned_note(connection, witnessed),
        )

    def _out(self) -> dict[str, bytes | None]:
        return {name: self.files.note(name) for name in (CHECKPOINT, WITNESSED)}

    def _write(self, connection: Connection, now: _Heads, out: int) -> int:
        size = now.size
        touched: set[Path] = set()
        written = 0
        for tree in TREES:
            for name in tile_names(size, tree, since=out):
                written += self._put(name, _tile(connection, name), touched)
        for name in bundle_names(size, since=out):
            start = name.index * _WIDTH
            entries = stored_leaves(connection, start, start + name.width)
            written += self._put(name, encode_entry_bundle(entries), touched)
        self.files.sync(touched)
        if now.note is not None:
            self._require_readable(self._signer.require(now.note), since=out)
            written += self._put_note(now.note, CHECKPOINT)
        elif self.files.note() is None:
            written += self._put_note(self._empty(), CHECKPOINT)
        if now.witnessed is not None:
            written += self._put_note(now.witnessed, WITNESSED)
        self._tidy(out, size)
        return written

    def _put(self, name: TileName, data: bytes, touched: set[Path]) -> int:
        folder = self.files.put(name, data)
        if folder is None:
            return 0
        touched.add(folder)
        return 1

    def _put_note(self, text: str, name: str) -> int:
        if self.files.note(name) == text.encode("utf-8"):
            return 0
        self.files.put_note(text, name)
        return 1

    def _require_readable(self, head: Checkpoint, *, since: int) -> None:
        """Who reads the files comes to the roots and entries that the checkpoint states, before it is out."""
        readers: list[TileReader] = []
        for tree, root in ((SHA256_TREE, head.root), (SM3_TREE, head.sm3_root)):
            if root is None:
                continue
            readers.append(TileReader(self.files.fetch, head.size, tree))
            if readers[-1].root() != root:
                raise LogDamaged(f"the published {tree.name} tiles lead to another root than the checkpoint")
        try:
            for _ in entries_from_tiles(self.files.fetch, since, head.size, tuple(readers)):
                pass
        except TileMalformed as error:
            raise LogDamaged(str(error)) from error

    def _held(self, connection: Connection, name: str, note: bytes | None) -> int:
        """The size of a published head that the database holds too; 0 when none is out."""
        if note is None:
            return 0
        where = str(self.files.folder / name)
        try:
            shown = self._signer.require(note.decode("utf-8", "replace"))
        except LogDamaged as error:
            raise LogDamaged(f"{where} is not a checkpoint of this log: {error.why}") from error
        newest = newest_head(connection)
        size = 0 if newest is None else newest.size
        if shown.size > size:
            raise LogBehind(shown.size, size, where)
        for tree, root in ((SHA256_TREE, shown.root), (SM3_TREE, shown.sm3_root)):
            if root is not None and _root(connection, shown.size, tree) != root:
                raise LogOtherwise(shown.size, where)
        return shown.size

    def _tidy(self, out: int, size: int) -> None:
        """Partial tiles go when the full one is there (C2SP tlog-tiles allows no sooner)."""
        for tree in TREES:
            for name in tile_names(size, tree, since=out):
                if name.width == _WIDTH:
                    self.files.drop_partial(name)
        for name in bundle_names(size, since=out):
            if name.width == _WIDTH:
                self.files.drop_partial(name)


def _tile(connection: Connection, name: TileName) -> bytes:
    assert name.level is not None
    start = name.index * _WIDTH
    return stored_hashes(connection, name.tree, name.level * _HEIGHT, start, start + name.width)


def _root(connection: Connection, size: int, tree: TreeHash) -> bytes:
    return RightEdge(tree, size, edge_hashes(connection, size, (tree,))[tree]).root()
