# SPDX-License-Identifier: Apache-2.0
"""What is shipped: the built wheel holds the six packages, their pages and migrations, and nothing else."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    out = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)],
        check=True,
        capture_output=True,
    )
    (path,) = out.glob("*.whl")
    return zipfile.ZipFile(path)


@pytest.mark.slow
def test_top_level_of_the_wheel(wheel: zipfile.ZipFile) -> None:
    """Literal top-level packages: a foreign file beside them could overwrite another distribution's."""
    tops = {name.split("/")[0] for name in wheel.namelist()}
    packages = {top for top in tops if not top.endswith(".dist-info")}
    assert packages == {"keys", "verify", "ca", "seal", "relying", "api"}


@pytest.mark.slow
def test_wheel_carries_pages_and_migrations(wheel: zipfile.ZipFile) -> None:
    """Templates, scripts and migrations are data that the service cannot start without."""
    names = wheel.namelist()
    for wanted in ("pages/static/sm2.js", "pages/templates/home.html", "database/migrations/env.py"):
        assert f"api/{wanted}" in names
    for rules in ("profiles.yaml", "ceremonies/default.yaml"):
        assert f"ca/{rules}" in names


@pytest.mark.slow
def test_wheel_metadata(wheel: zipfile.ZipFile) -> None:
    """The command, the plug-ins and the licence are declared."""
    (entry_points,) = (n for n in wheel.namelist() if n.endswith("entry_points.txt"))
    text = wheel.read(entry_points).decode()
    assert "yinxin = api.cli:main" in text
    assert "credit = relying.credit:PLUGIN" in text
    (metadata,) = (n for n in wheel.namelist() if n.endswith("/METADATA"))
    assert "License-Expression: Apache-2.0" in wheel.read(metadata).decode()
