# SPDX-License-Identifier: Apache-2.0
"""How a run is arranged: whole files to each worker, slow ones first; what tests write stays in memory."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

MEMORY, ROOM = Path("/dev/shm"), 5 * 2**30
"""Where files are in memory, and how much of it must be free: a run writes less than half of that."""


def pytest_configure(config: pytest.Config) -> None:
    """Commands that tests start read this source compiled, even where Python is told to keep nothing.

    Thousands of databases are written and flushed to the disk: in memory, where there is room, nothing waits.
    """
    if not hasattr(config, "workerinput") and has_room():
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))
    if not hasattr(config, "workerinput") and sys.dont_write_bytecode:
        folder = tempfile.TemporaryDirectory(prefix="yinxin-bytecode-")
        config.add_cleanup(folder.cleanup)
        os.environ["YINXIN_TEST_BYTECODE"] = folder.name
    if (kept := os.environ.get("YINXIN_TEST_BYTECODE")) and Path(kept).is_dir():
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = kept


def has_room() -> bool:
    """Programs must run there too: libraries are loaded from folders of tests."""
    if not os.access(MEMORY, os.W_OK):
        return False
    return shutil.disk_usage(MEMORY).free > ROOM and not os.statvfs(MEMORY).f_flag & os.ST_NOEXEC


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A file that takes long and comes last would leave the other worker with nothing to do."""
    slow = {one.path for one in items if one.get_closest_marker("slow")}
    items.sort(key=lambda one: one.path not in slow)
