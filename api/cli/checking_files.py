# SPDX-License-Identifier: Apache-2.0
"""The files that ``yinxin verify`` is given, one after the other: folders walked, each file checked apart.

However many there are, only a few are in memory at a time, and their results leave in the order of the walk.
"""

from __future__ import annotations

import atexit
import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from verify import Report, Trust, Unreadable

from ..confined import CheckLimits, ConfinedChecks
from .files import InputRefused, read_bounded
from .reporting import unread

MOST_BYTES = 200 * 1024 * 1024
MOST_AT_ONCE = 4
PATIENCE = 24 * 3600.0
BESIDE = (".tsr", ".tst", ".ers", ".p7s", ".p7m", ".sig")
"""Endings of files that are about the file whose name is theirs without it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """How to check.  ``content``: what the files are about, instead of what stands beside each."""

    trust: Trust
    at: datetime
    limits: CheckLimits
    content: Path | None = None
    codes: bool | None = False


def walk(paths: Iterable[Path], *, recursive: bool) -> Iterator[Path]:
    """The files that are named, and those in named folders by name; hidden ones and links to folders are left
    out.  What cannot be listed comes out as it is, to be refused in words.
    """
    for path in paths:
        yield from _folder(path, recursive=recursive) if _is_folder(path) else (path,)


def check_all(paths: Iterable[Path], asked: Asked) -> Iterator[tuple[dict[str, Any], Report | None]]:
    """Each result as JSON and as it is, in order; what cannot be read has no report."""
    checks = checks_of(asked.limits)
    most = at_once()
    waiting: deque[Future[tuple[dict[str, Any], Report | None]]] = deque()
    with ThreadPoolExecutor(most) as threads:
        try:
            for path in paths:
                waiting.append(threads.submit(_check, path, asked, checks))
                if len(waiting) > 2 * most:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for one in waiting:
                one.cancel()


def at_once() -> int:
    """As many files as there are processors, and not too many."""
    return max(1, min(MOST_AT_ONCE, os.cpu_count() or 1))


@cache
def checks_of(limits: CheckLimits) -> ConfinedChecks:
    """The other processes, for the life of this one."""
    made = ConfinedChecks(limits, at_once=at_once(), patience=PATIENCE)
    atexit.register(made.close)
    return made


def _check(path: Path, asked: Asked, checks: ConfinedChecks) -> tuple[dict[str, Any], Report | None]:
    about = asked.content or _beside(path)
    try:
        content = read_bounded(path, MOST_BYTES)
        report = checks.check(
            content,
            trust=asked.trust,
            at=asked.at,
            name=path.name,
            beside=None if about is None else _about(about),
            codes=asked.codes,
        )
    except (InputRefused, Unreadable) as error:
        return unread(str(path), error), None
    return {"file": str(path), **report.to_json()}, report


def _about(path: Path) -> bytes:
    try:
        return read_bounded(path, MOST_BYTES)
    except InputRefused as error:
        raise Unreadable(f"{path}: {error}") from error


def _beside(path: Path) -> Path | None:
    """The file that a time stamp or detached signature is about, by the custom of its name."""
    try:
        found = path.suffix.lower() in BESIDE and path.with_suffix("").is_file()
    except OSError:
        return None
    return path.with_suffix("") if found else None


def _folder(folder: Path, *, recursive: bool) -> Iterator[Path]:
    try:
        members = sorted(one.name for one in folder.iterdir() if not one.name.startswith("."))
    except OSError:
        yield folder
        return
    empty = True
    for path in map(folder.joinpath, members):
        if not _is_folder(path):
            if path.is_file() or path.is_symlink():  # a pipe would never end
                empty = False
                yield path
        elif recursive and not path.is_symlink():
            empty = False
            yield from _folder(path, recursive=True)
    if empty:
        yield folder  # nothing to check is no pass


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False
