# SPDX-License-Identifier: Apache-2.0
"""Vectors, the providers of this machine, and the command-line tools that cross-check us."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from keys import sm2
from keys.formats import pbes2
from keys.sm2.botan import find_botan
from keys.sm2.libcrypto import find_libcrypto
from keys.sm2.portable import Portable, UnsafePortable
from keys.sm2.provider import Sm2Provider

VECTORS = Path(__file__).parents[1] / "vectors" / "sm2"
Run = Callable[..., bytes]


@pytest.fixture(scope="session")
def example() -> dict[str, Any]:
    """The example of GB/T 32918.5-2017."""
    return json.loads((VECTORS / "INSECURE-gbt32918_5.json").read_text("utf-8"))


def _first(name: str, found: Iterator[Sm2Provider]) -> Sm2Provider:
    provider = next(found, None)
    if provider is None:
        pytest.skip(f"{name} is not installed")
    return provider


MAKERS: dict[str, Callable[[], Sm2Provider]] = {
    "botan": lambda: _first("Botan 3 (libbotan-3)", find_botan()),
    "libcrypto": lambda: _first("OpenSSL 3 (libssl3)", find_libcrypto()),
    "gmssl": UnsafePortable,
}


@pytest.fixture(params=MAKERS)
def provider(request: pytest.FixtureRequest) -> Sm2Provider:
    return MAKERS[request.param]()


@pytest.fixture(params=MAKERS)
def other_provider(request: pytest.FixtureRequest) -> Sm2Provider:
    return MAKERS[request.param]()


@pytest.fixture
def only_portable(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine without any native library."""
    monkeypatch.setattr(sm2, "_candidates", lambda: iter((iter((Portable(),)),)))
    sm2._admitted.cache_clear()
    sm2._loaded.cache_clear()
    yield
    sm2._admitted.cache_clear()
    sm2._loaded.cache_clear()


@pytest.fixture
def fast_encryption(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few iterations, where a test opens many keys."""
    monkeypatch.setattr(pbes2, "ITERATIONS", 1000)


def _tool(name: str, package: str, cwd: Path) -> Run:
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed: apt-get install {package}")

    def run(*arguments: str, data: bytes | None = None) -> bytes:
        done = subprocess.run([name, *arguments], input=data, capture_output=True, cwd=cwd, timeout=120)
        assert done.returncode == 0, done.stderr.decode("utf-8", "replace")
        return done.stdout

    return run


@pytest.fixture
def openssl(tmp_path: Path) -> Run:
    return _tool("openssl", "openssl", tmp_path)


@pytest.fixture
def node(tmp_path: Path) -> Run:
    """Node with a copy of the page's scripts beside it, marked as modules."""
    run = _tool("node", "nodejs", tmp_path)
    shutil.copytree(Path(__file__).parents[2] / "api" / "pages" / "static", tmp_path / "static")
    (tmp_path / "package.json").write_text('{"type": "module"}', "utf-8")
    return run
