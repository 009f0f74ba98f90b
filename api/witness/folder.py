# SPDX-License-Identifier: Apache-2.0
"""The folder of a witness: who it is, whom it watches, its vault, and what it cosigned last.

``witness.json``, ``vault/``, ``vault.passphrase``, ``heads/<SHA-256 of the origin>``, ``refused/``.  A head
is on disk before a signature over it leaves; one process at a time works on a folder.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from verify import (
    JsonMalformed,
    LogKey,
    NoteMalformed,
    encode_log_key,
    parse_json,
    parse_log_key,
)

from .errors import WitnessDamaged

FORMAT = "yinxin-witness/1"
PLAN = "witness.json"


@dataclass(frozen=True, slots=True)
class WitnessPlan:
    """The witness's name and the keys of the logs that it watches."""

    name: str
    logs: tuple[LogKey, ...]


class WitnessFolder:
    """What a witness keeps between two looks."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Checking and keeping are one act (C2SP tlog-witness): no second process in between."""
        with (self.folder / ".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def kept(self, origin: str) -> str | None:
        """The note of the newest head that was cosigned, or ``None``.  Raises :class:`WitnessDamaged`."""
        path = self._path(origin)
        try:
            return path.read_text("utf-8")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise WitnessDamaged(str(path), type(error).__name__) from error

    def keep(self, origin: str, note: str) -> None:
        """Durable once it returns."""
        write_private(self._path(origin), note)

    def refuse(self, origin: str, note: str) -> Path:
        """Keep a head that contradicts another: both notes are the evidence."""
        digest = hashlib.sha256(note.encode("utf-8", "replace")).hexdigest()[:16]
        path = self.folder / "refused" / f"{_name(origin)}-{digest}"
        write_private(path, note)
        return path

    def _path(self, origin: str) -> Path:
        return self.folder / "heads" / _name(origin)


def make_folder(folder: Path, plan: WitnessPlan) -> None:
    """A folder for a new witness.  Raises :class:`WitnessDamaged` when there is one already, ``OSError``."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise WitnessDamaged(str(folder), "it exists and is no empty folder; choose another")
    logs = [encode_log_key(key) for key in plan.logs]
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    text = json.dumps({"format": FORMAT, "name": plan.name, "logs": logs}, ensure_ascii=False, indent=2)
    write_private(folder / PLAN, text + "\n")


def read_plan(folder: Path) -> WitnessPlan:
    """Who this witness is.  Raises :class:`WitnessDamaged`."""
    path = folder / PLAN
    try:
        value = parse_json(path.read_bytes(), max_bytes=1024 * 1024)
        if not isinstance(value, dict) or value.get("format") != FORMAT:
            raise WitnessDamaged(str(path), f"no {FORMAT}")
        name, logs = value.get("name"), value.get("logs")
        if not isinstance(name, str) or not isinstance(logs, list):
            raise WitnessDamaged(str(path), "name and logs")
        return WitnessPlan(name, tuple(parse_log_key(str(one)) for one in logs))
    except (OSError, JsonMalformed, NoteMalformed) as error:
        raise WitnessDamaged(str(path), str(error)) from error


def _name(origin: str) -> str:
    return hashlib.sha256(origin.encode("utf-8")).hexdigest()


def write_private(path: Path, text: str) -> None:
    """A file that only its owner may read, durable and whole."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_name(f".{path.name}.part")
    with os.fdopen(
        os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8"
    ) as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    for folder in (path.parent, path.parent.parent):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
