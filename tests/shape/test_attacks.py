# SPDX-License-Identifier: Apache-2.0
"""The table of attacks names tests that exist."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_SECTION = re.compile(r"^## (.+)$", re.MULTILINE)
_FOLDERS = {"PDF": "tests/verify/pdf", "OFD, SES, ZIP and XML": "tests/verify/ofd"}
"""Where the files of a section lie when no folder is written."""


def _named() -> list[tuple[str, str]]:
    """Path and name of every test in the table; no name where a whole file is meant."""
    page = (ROOT / "docs" / "attacks.md").read_text("utf-8")
    parts = _SECTION.split(page)[1:]
    found: list[tuple[str, str]] = []
    for title, text in zip(parts[::2], parts[1::2], strict=True):
        for written in re.findall(r"`([A-Za-z0-9_/]+\.py(?:::[a-z0-9_]+)?)`", text):
            path, _, name = written.partition("::")
            found.append((path if "/" in path else f"{_FOLDERS[title]}/{path}", name))
    return found


@cache
def _source(path: str) -> str:
    return (ROOT / path).read_text("utf-8") if (ROOT / path).is_file() else ""


@pytest.mark.parametrize(("path", "name"), sorted(set(_named())), ids=lambda one: one)
def test_named_test_exists(path: str, name: str) -> None:
    source = _source(path)
    assert source, f"{path} is not there"
    assert re.search(rf"^(?:async )?def {name or 'test_'}", source, re.MULTILINE), f"{path} has no {name}"


def test_there_are_rows() -> None:
    assert len(_named()) > 80
