# SPDX-License-Identifier: Apache-2.0
"""``yinxin doctor``: each thing that is missing or unsafe is one finding, with what to do."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from api.certificates import CertificateService
from api.cli import checkup
from api.wiring import service as wired
from keys import KeysError, sm2_provider, sm2_providers
from keys.adapters.file_vault import FileVault

POSIX = pytest.mark.skipif(os.name != "posix", reason="rights as POSIX has them")


def levels(ran: Any, level: str) -> list[str]:
    return [one["what"] for one in ran.json if one["level"] == level]


def todo_of(ran: Any, words: str) -> str:
    (todo,) = (one["todo"] for one in ran.json if words in one["what"])
    return str(todo)


def test_a_good_directory(yinxin: Any, made: Path, seals: dict[Any, str]) -> None:
    """Exit code 0; the seals are listed with the ids that ``yinxin seal`` takes."""
    ran = yinxin("doctor", "--data", made, "--json")
    assert ran.code == 0
    assert levels(ran, "problem") == []
    assert all(any(one in what for what in levels(ran, "ok")) for one in seals.values())
    assert {frozenset(one) for one in ran.json} == {frozenset({"level", "what", "todo"})}


def test_warnings_say_what_to_do(yinxin: Any, made: Path) -> None:
    ran = yinxin("doctor", "--data", made, "--json")
    assert "passphrase_file" in todo_of(ran, "passphrase lies beside the vault")
    assert "delete them here" in todo_of(ran, "operator's passphrase lies beside")
    shown = yinxin("doctor", "--data", made)
    assert shown.code == 0
    assert shown.out.count("\n    → ") == sum(bool(one["todo"]) for one in ran.json)


def test_the_sm2_provider_in_use(yinxin: Any, made: Path) -> None:
    first = levels(yinxin("doctor", "--data", made, "--json"), "ok")[1]
    assert sm2_provider().name in first
    assert sm2_provider().version in first
    assert "in use" in first


def test_a_provider_says_something_against_itself(
    yinxin: Any, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The note of the provider in use is a warning; without one that signs there is a problem."""
    first, *others = sm2_providers()
    noted = replace(first, note="leaks through timing; install Botan 3")
    monkeypatch.setattr(checkup, "sm2_providers", lambda: (noted, *others))
    ran = yinxin("doctor", "--data", made, "--json")
    assert ran.code == 0
    assert todo_of(ran, "in use") == noted.note
    assert any("in use" in what for what in levels(ran, "warning"))
    monkeypatch.setattr(checkup, "sm2_providers", lambda: (replace(noted, can_sign=False),))
    ran = yinxin("doctor", "--data", made, "--json")
    assert ran.code == 1
    assert any("only be verified" in what for what in levels(ran, "problem"))


def test_no_provider_at_all(yinxin: Any, made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> None:
        raise KeysError("no SM2 provider passes its self-test")

    monkeypatch.setattr(checkup, "sm2_providers", none)
    ran = yinxin("doctor", "--data", made)
    assert (ran.code, "no SM2 provider" in ran.out) == (1, True)


def test_no_data_directory(yinxin: Any, tmp_path: Path) -> None:
    ran = yinxin("doctor", "--data", tmp_path / "none", "--json")
    assert ran.code == 1
    assert todo_of(ran, "no data directory") == f"yinxin init --data {tmp_path / 'none'}"
    assert list(tmp_path.iterdir()) == []


@POSIX
@pytest.mark.parametrize(
    "name", ["vault.passphrase", "vault", "operator.pem", "operator.passphrase", "yinxin.db"]
)
def test_readable_by_others(yinxin: Any, copied: Path, name: str) -> None:
    (copied / name).chmod(0o755 if name == "vault" else 0o640)
    ran = yinxin("doctor", "--data", copied, "--json")
    assert ran.code == 1
    assert any(str(copied / name) in what and "readable by others" in what for what in levels(ran, "problem"))
    assert todo_of(ran, f"{copied / name} ") == f"chmod go-rwx {copied / name}"


def test_settings_without_https(yinxin: Any, copied: Path) -> None:
    """Loopback needs no TLS, everything else does."""
    settings = copied / "yinxin.toml"
    text = settings.read_text("utf-8")
    settings.write_text(text.replace("http://127.0.0.1:8443", "http://seal.example"), "utf-8")
    ran = yinxin("doctor", "--data", copied, "--json")
    assert ran.code == 1
    assert "https://" in todo_of(ran, "is not HTTPS")
    for fine in ("http://localhost:8443", "http://[::1]:8443", "http://[::1]", "https://seal.example"):
        settings.write_text(text.replace("http://127.0.0.1:8443", fine), "utf-8")
        found = levels(yinxin("doctor", "--data", copied, "--json"), "problem")
        assert not [what for what in found if "HTTPS" in what], fine


def test_unknown_setting(yinxin: Any, copied: Path) -> None:
    settings = copied / "yinxin.toml"
    settings.write_text(settings.read_text("utf-8").replace("\nport =", "\nprot ="), "utf-8")
    ran = yinxin("doctor", "--data", copied)
    assert ran.code == 1
    assert "[service] prot" in ran.out
    assert "write [service] port" in ran.out


def test_a_service_that_cannot_start(yinxin: Any, copied: Path) -> None:
    """The cause and its own remedy; never the advice to run doctor."""
    (copied / "yinxin.db").unlink()
    ran = yinxin("doctor", "--data", copied, "--json")
    assert ran.code == 1
    assert "backup" in todo_of(ran, "cannot start")
    (copied / "vault.passphrase").write_text("wrong")
    ran = yinxin("doctor", "--data", copied, "--json")
    assert ran.code == 1
    assert "doctor" not in todo_of(ran, "cannot start")


def test_passphrase_elsewhere(yinxin: Any, copied: Path, tmp_path: Path) -> None:
    """Moved as advised, the warnings are gone and the vault still opens."""
    passphrase = tmp_path / "elsewhere"
    (copied / "vault.passphrase").rename(passphrase)
    (copied / "operator.passphrase").unlink()
    settings = copied / "yinxin.toml"
    settings.write_text(
        settings.read_text("utf-8").replace('"vault.passphrase"', f'"{passphrase}"'), encoding="utf-8"
    )
    ran = yinxin("doctor", "--data", copied, "--json")
    about_files = [one for one in levels(ran, "warning") if "clock" not in one]  # the machine's own clock
    assert (ran.code, about_files) == (0, [])
    assert FileVault.open(copied / "vault", passphrase.read_text().strip()).labels()


def test_lists_that_are_due(yinxin: Any, made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The service renews those of issuing authorities; those of the roots need the roots."""
    due = ("root-sm2", "persons-sm2")
    monkeypatch.setattr(CertificateService, "stale_crls", lambda _: due)
    ran = yinxin("doctor", "--data", made, "--json")
    assert "start the service" in todo_of(ran, "past half of their term: persons-sm2")
    assert "yinxin ca ceremony" in todo_of(ran, "CRLs of roots are due: root-sm2")


def test_without_the_second_lint(yinxin: Any, made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wired, "second_lint", lambda: None)
    ran = yinxin("doctor", "--data", made, "--json")
    assert "yinxin[lint]" in todo_of(ran, "no second lint")
    monkeypatch.undo()
    assert not [one for one in levels(yinxin("doctor", "--data", made, "--json"), "warning") if "lint" in one]
