# SPDX-License-Identifier: Apache-2.0
"""``keys`` and ``verify`` run alone: on a machine that has nothing of the service, with its verdicts."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from .environment import ROOT, Auditor, closure, furnish, named

SERVICE = {
    *("api", "ca", "seal", "relying", "sqlalchemy", "alembic", "fastapi", "starlette", "uvicorn", "httpx"),
    *("typer", "click", "rich", "jinja2", "pyhanko", "asn1crypto", "psycopg", "qrcode", "joserfc"),
}


@pytest.fixture(scope="module")
def auditor(tmp_path_factory: pytest.TempPathFactory) -> Auditor:
    return furnish(tmp_path_factory.mktemp("auditor"))


def test_nothing_of_the_service_is_there(auditor: Auditor) -> None:
    """No name of the service or of its libraries can be imported; the two packages can."""
    code = (
        "import importlib.util, sys; sys.path.insert(0, sys.argv[1]); import keys, verify; "
        f"print(sorted(one for one in {SERVICE!r} if importlib.util.find_spec(one)), verify.__file__)"
    )
    ran = auditor.run("", code=code)
    assert ran.stdout.split() == ["[]", str(auditor.folder / "verify" / "__init__.py")], ran.stderr


def test_libraries_are_those_of_the_service() -> None:
    """Each is one that the service names too, in the same versions; none of the service's own is needed."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    wanted = (ROOT / "verify" / "requirements.txt").read_text("utf-8").splitlines()
    assert [line for line in wanted if not line.startswith("#") and line not in project] == []
    assert not SERVICE & closure(named()).keys()


def test_command(auditor: Auditor, tmp_path: Path) -> None:
    """Its exit codes; its refusals in words."""
    (tmp_path / "noise.bin").write_bytes(bytes(range(256)))
    (tmp_path / "empty").mkdir()
    assert auditor.run("verify", tmp_path / "noise.bin").returncode == 64
    ran = auditor.run("verify", tmp_path / "noise.bin", tmp_path / "none", "--trust", tmp_path / "empty")
    assert (ran.returncode, ran.stdout.count("unreadable")) == (3, 2)
    ran = auditor.run("verify", tmp_path / "empty", "--trust", tmp_path / "empty")
    assert (ran.returncode, "there are no files" in ran.stderr) == (3, True)


def test_the_same_verdict_as_the_service(auditor: Auditor, artefacts: tuple[Path, Any]) -> None:
    """One of each kind that a service writes: report for report what its own process says."""
    folder, expected = artefacts
    files = [folder / "files" / name for name in expected]
    code, found = auditor.verify(*files, "--trust", folder / "trust", "--at", "2026-07-01T08:30:00Z")
    assert code == 0, [(one["file"], one["reasons"]) for one in found if one["indication"] != "TOTAL-PASSED"]
    told = {Path(one["file"]).name: {name: one[name] for name in one if name != "file"} for one in found}
    assert told == expected
    assert {one["kind"] for one in found} >= {"pdf", "ofd", "form", "evidence-pack", "certificate", "qr"}
