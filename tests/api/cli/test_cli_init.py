# SPDX-License-Identifier: Apache-2.0
"""``yinxin init`` makes a directory that only its owner may read, or leaves everything as it was."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import pytest

POSIX = pytest.mark.skipif(os.name != "posix", reason="rights as POSIX has them")
ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_made_directory(yinxin: Any, tmp_path: Path) -> None:
    """JSON names what was made; everything needed to serve is there, and the log is clean."""
    data = tmp_path / "new" / "data"
    ran = yinxin("init", "--data", data, "--url", "https://seal.example", "--json")
    assert ran.code == 0, ran.err
    assert {name: Path(path) for name, path in ran.json.items()} == {
        "data": data,
        "settings": data / "yinxin.toml",
        "operator_key": data / "operator.pem",
        "operator_passphrase": data / "operator.passphrase",
    }
    assert 'public_url = "https://seal.example"' in (data / "yinxin.toml").read_text("utf-8")
    key = (data / "operator.pem").read_text("ascii")
    assert "ENCRYPTED PRIVATE KEY" in key
    assert key.count("BEGIN CERTIFICATE") == 3  # the operator's own, its issuer, the root
    assert yinxin("log", "check", "--data", data, "--json").json["findings"] == []
    assert yinxin("doctor", "--data", data).code == 0


@POSIX
def test_rights(made: Path) -> None:
    """Folders 0700, files 0600: database, settings, keys, passphrases.  What is published is for all."""
    assert mode(made) == 0o700
    published = made / "public"
    wrong = {
        path.name: oct(mode(path))
        for path in made.rglob("*")
        if path != published and published not in path.parents
        if mode(path) != (0o700 if path.is_dir() else 0o600)
    }
    assert wrong == {}


@pytest.fixture(scope="module")
def told(yinxin: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """Made in an empty folder that everybody could look into; and what was said."""
    data = tmp_path_factory.mktemp("init") / "data"
    data.mkdir(mode=0o755)
    ran = yinxin("init", "--data", data)
    assert ran.code == 0, ran.err
    return data, ran


@POSIX
def test_an_empty_folder_becomes_private(told: tuple[Path, Any]) -> None:
    """Whoever made the folder before, with whatever rights."""
    assert mode(told[0]) == 0o700


def test_people_are_told_what_to_do_next(told: tuple[Path, Any]) -> None:
    data, ran = told
    assert f"yinxin serve --data {data}" in ran.out
    assert "operator.passphrase" in ran.out


def test_folder_that_holds_something(yinxin: Any, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    ran = yinxin("init", "--data", tmp_path)
    assert ran.code == 1
    assert "no empty folder" in ran.err
    assert "choose another folder" in ran.err
    assert [one.name for one in tmp_path.iterdir()] == ["mine.txt"]


def test_initialising_twice(yinxin: Any, made: Path) -> None:
    """Keys are never replaced."""
    before = (made / "operator.pem").read_bytes()
    assert yinxin("init", "--data", made).code == 1
    assert (made / "operator.pem").read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--url", "seal.example"], "public_url"),
        (["--url", "https://seal.example/"], "public_url"),
        (["--url", "http://127.0.0.1:99999"], "public_url"),
        (["--url", "http://[::1"], "public_url"),
        (["--url", "http://127.0.0.1:0"], "public_url"),
        (["--uscc", "11510000DEM9A0017X"], "uscc"),
        (["--name", ""], "name"),
        (["--name", "x" * 101], "name"),
        (["--database", "mysql://host/name"], "url"),
        (["--database", "postgresql://user:secret@host/name"], "url"),
    ],
)
def test_a_bad_value_is_named_and_leaves_nothing(
    yinxin: Any, tmp_path: Path, arguments: list[str], named: str
) -> None:
    ran = yinxin("init", "--data", tmp_path / "data", *arguments)
    assert ran.code == 1
    assert named in ran.err
    assert "→" in ran.err
    assert "secret" not in ran.err
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_no_folder(yinxin: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for data in (tmp_path / "file", tmp_path / "file" / "below"):
        ran = yinxin("init", "--data", data)
        assert ran.code == 1
        assert str(data) in ran.err.replace("\n", "")


@pytest.mark.skipif(ROOT, reason="root may write everywhere")
def test_folder_without_the_right_to_write(yinxin: Any, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    ran = yinxin("init", "--data", tmp_path / "data")
    tmp_path.chmod(0o700)
    assert (ran.code, "Permission denied" in ran.err) == (1, True)


def test_database_elsewhere(yinxin: Any, tmp_path: Path) -> None:
    """The database may lie on another disk; a place that does not exist is refused in words."""
    other = tmp_path / "disk"
    other.mkdir()
    assert yinxin("init", "--data", tmp_path / "one", "--database", f"sqlite:///{other}/y.db").code == 0
    assert mode(other / "y.db") == 0o600
    ran = yinxin("init", "--data", tmp_path / "two", "--database", f"sqlite:///{tmp_path}/none/y.db")
    assert (ran.code, "cannot make" in ran.err) == (1, True)
