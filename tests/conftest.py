# SPDX-License-Identifier: Apache-2.0
"""How a run is arranged, so that two workers end together: whole files, those with slow tests first."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Commands that tests start read this source compiled, even where Python is told to keep nothing."""
    if not hasattr(config, "workerinput") and sys.dont_write_bytecode:
        folder = tempfile.TemporaryDirectory(prefix="yinxin-bytecode-")
        config.add_cleanup(folder.cleanup)
        os.environ["YINXIN_TEST_BYTECODE"] = folder.name
    if (kept := os.environ.get("YINXIN_TEST_BYTECODE")) and Path(kept).is_dir():
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = kept


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A file that takes long and comes last would leave the other worker with nothing to do."""
    slow = {one.path for one in items if one.get_closest_marker("slow")}
    items.sort(key=lambda one: one.path not in slow)
