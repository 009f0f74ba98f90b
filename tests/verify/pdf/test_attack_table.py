# SPDX-License-Identifier: Apache-2.0
"""The table of attacks names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_every_named_test_exists() -> None:
    text = (ROOT / "docs" / "attacks.md").read_text("utf-8")
    files = {path.name: path for path in (ROOT / "tests").rglob("test_*.py")}
    named = re.findall(r"`(?:tests/[a-z_/]+/)?(test_[a-z0-9_]+\.py)(?:::([a-z0-9_]+))?`", text)
    assert len(named) > 30
    missing = [
        (file, test)
        for file, test in named
        if file not in files or (test and f"def {test}(" not in files[file].read_text("utf-8"))
    ]
    assert missing == []
