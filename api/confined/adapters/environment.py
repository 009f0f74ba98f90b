# SPDX-License-Identifier: Apache-2.0
"""What a process that looks at strangers' files may know of our environment."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

_KEPT: Final = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "SYSTEMROOT", "TMPDIR", "TEMP")
"""Passwords of the database do not go where strangers' files are read."""


def bare_environment() -> dict[str, str]:
    """Where programs and this package are, and nothing else."""
    kept = {name: value for name in _KEPT if (value := os.environ.get(name)) is not None}
    ours = str(Path(__file__).resolve().parents[3])
    return {**kept, "PYTHONPATH": os.pathsep.join(filter(None, (ours, os.environ.get("PYTHONPATH"))))}
