# SPDX-License-Identifier: Apache-2.0
"""The whole demo in a process of its own, as README says it; and a demo that shows something else fails."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from rich.console import Console
from typer.main import get_command
from typer.testing import CliRunner

from api.cli import app
from api.demo import OutputTaken, play, serving
from api.demo.serving import Told, command

from ..auditor.environment import furnish

ISSUED = ("receipt", "permit-sm2", "permit-rsa", "sheet-E01", "sheet-E12")
SUBMITTED = ("form.json", "land_approval.pdf", "drawing_review.pdf")


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Told]:
    out: Path = tmp_path_factory.mktemp("demo") / "out"
    return out, command("demo", "--out", out, "--json")


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_every_step_shows_what_was_expected(played: tuple[Path, Told]) -> None:
    out, told = played
    report = json.loads(told.out)
    differing = [one for one in report["steps"] if not one["ok"]]
    assert (told.code, differing, report["passed"]) == (0, [], True), told.err[-2000:]
    assert json.loads((out / "report.json").read_bytes())["steps"] == report["steps"]


@pytest.mark.slow
def test_report(played: tuple[Path, Told]) -> None:
    """One row for each step; all nine scenes were played."""
    report = json.loads((played[0] / "report.json").read_bytes())
    assert set(report) == {"started", "finished", "passed", "steps"}
    assert {frozenset(one) for one in report["steps"]} == {
        frozenset({"step", "title", "expected", "seen", "ok", "seconds"})
    }
    assert {one["step"].split(".")[0] for one in report["steps"]} == set("123456789")
    numbers = [one["step"] for one in report["steps"]]
    assert len(numbers) == len(set(numbers)) >= 50
    assert all(one["expected"] == one["seen"] and one["seconds"] >= 0 for one in report["steps"])


@pytest.mark.slow
def test_artefacts_and_pictures(played: tuple[Path, Told]) -> None:
    """Every document, its picture and its code; what E01 sealed; the trust list; the altered copies."""
    out, _ = played
    for name in ISSUED:
        assert (out / f"{name}.pdf").read_bytes().startswith(b"%PDF-")
        assert "#" in (out / f"{name}.qr.txt").read_text("ascii")
        with Image.open(out / f"{name}.png") as picture:
            assert picture.format == "PNG"
            assert min(picture.size) > 1000
            assert len(picture.convert("L").getcolors() or []) > 10  # not an empty page
    assert all((out / "submission-P1" / name).is_file() for name in SUBMITTED)
    assert (out / "permit-sm2.log-proof.json").is_file()
    assert len(list((out / "tampered").iterdir())) >= 15
    assert (out / "permit-sm2.ofd").is_file()
    assert (out / "permit-sm2.pdf.ers").is_file()
    assert (out / "permit-sm2.evidence.zip").is_file()
    assert (out / "sealing" / "contract-sealed.pdf").is_file()
    assert len(list((out / "sealing" / "batch").iterdir())) == 20


@pytest.mark.slow
def test_anybody_checks_the_artefacts(played: tuple[Path, Told]) -> None:
    """The command that the demo ends with; then the altered copies, none of which passes."""
    out, _ = played
    trust = ("--trust", out / "trust-list.json", "--json")
    genuine = command("verify", *sorted(out.glob("*.pdf")), *trust)
    assert (genuine.code, len(json.loads(genuine.out))) == (0, len(ISSUED))
    altered = command("verify", *sorted((out / "tampered").iterdir()), *trust)
    assert altered.code == 1
    assert "TOTAL-PASSED" not in {one["indication"] for one in json.loads(altered.out)}
    assert command("log", "check", "--data", out / "data").code == 0


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_an_auditor_checks_every_artefact(played: tuple[Path, Told], tmp_path: Path) -> None:
    """On a machine that has two packages and the public lists, file for file what ``yinxin verify`` says."""
    out, _ = played
    kept = [one for one in out.rglob("*") if one.is_file() and one.suffix not in (".pem", ".log", ".html")]
    files = sorted(one for one in kept if not {"data", "keys"} & set(one.relative_to(out).parts))
    lists = ("--trust", out / "trust-list.json")
    service = json.loads(command("verify", *files, *lists, "--json").out)
    code, auditor = furnish(tmp_path).verify(*files, *lists)
    assert [(one["file"], one["indication"]) for one in auditor] == [
        (one["file"], one["indication"]) for one in service
    ]
    assert code == 1  # the altered copies
    passed = {Path(one["file"]).name for one in auditor if one["indication"] == "TOTAL-PASSED"}
    assert {f"{name}.pdf" for name in ISSUED} | {"permit-sm2.ofd", "form.json", "trust-list.json"} <= passed
    assert "permit-sm2.evidence.zip" in passed
    assert {one["kind"] for one in auditor} >= {"pdf", "ofd", "form", "qr", "certificate", "crl", "log-proof"}


@pytest.mark.slow
def test_no_private_key_lies_open(played: tuple[Path, Told]) -> None:
    """Key files are encrypted, and those of the players say INSECURE in their names."""
    marker = b"-----BEGIN " + b"PRIVATE KEY"
    assert [one for one in played[0].rglob("*") if one.is_file() and marker in one.read_bytes()] == []
    keys = [one for one in played[0].rglob("*.pem") if one.parent.name == "keys"]
    assert all(one.name.startswith("INSECURE-") for one in keys)


# Short plays: nothing but the opening


@contextmanager
def no_service(*_: object) -> Iterator[None]:
    yield


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """A demo of one scene, without a service; the scene shows what it is told to."""
    module = sys.modules["api.demo.play"]

    def prepare(scene: Callable[[Any], object], *, init: str = "exit code 0") -> None:
        monkeypatch.setattr(module, "_init", lambda stage: init)
        monkeypatch.setattr(module, "running", no_service)
        monkeypatch.setattr(module, "_scenes", scene)

    return prepare


def demo(out: Path, *more: str) -> Any:
    return CliRunner().invoke(app, ["demo", "--out", str(out), *more], env={"COLUMNS": "120"})


def test_exit_code_when_all_is_well(short: Callable[..., None], tmp_path: Path) -> None:
    short(lambda stage: stage.journal.step("9.1", "sun rises", "east", lambda: "east"))
    result = demo(tmp_path / "out")
    assert result.exit_code == 0
    assert "yinxin verify" in result.stdout
    assert json.loads((tmp_path / "out" / "report.json").read_bytes())["passed"] is True


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_exit_code_when_one_step_differs(
    short: Callable[..., None], tmp_path: Path, more: tuple[str, ...]
) -> None:
    """1, in both ways of printing; the report names the step."""
    short(lambda stage: stage.journal.step("9.1", "sun rises", "east", lambda: "west"))
    result = demo(tmp_path / "out", *more)
    assert result.exit_code == 1
    report = json.loads((tmp_path / "out" / "report.json").read_bytes())
    assert report["passed"] is False
    assert [(one["step"], one["seen"], one["ok"]) for one in report["steps"]][1:] == [("9.1", "west", False)]
    if more:
        assert json.loads(result.stdout) == {**json.loads(result.stdout), "steps": report["steps"]}
    else:
        assert "west" in result.stdout


def test_exit_code_when_init_fails(short: Callable[..., None], tmp_path: Path) -> None:
    """Nothing was shown, so nothing passed."""
    short(lambda stage: None, init="exit code 1: no")
    assert demo(tmp_path / "out").exit_code == 1


def test_exit_code_when_the_service_dies(
    short: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dying(stage: object) -> None:
        raise serving.ServiceDied("exit code 1: last words")

    short(dying)
    result = demo(tmp_path / "out")
    assert result.exit_code == 1
    assert "last words" in result.stdout


# Commands in the process of the demo


@pytest.mark.parametrize(("arguments", "code"), [(("verify", "nowhere.pdf"), 3), (("no-such-command",), 64)])
def test_a_command_in_this_process(arguments: tuple[str, ...], code: int) -> None:
    """Its exit code and its words come back; stdout is the caller's again afterwards."""
    before = sys.stdout
    told = serving.told_here(get_command(app).main, *arguments)
    assert sys.stdout is before
    assert told.code == code
    assert told.out + told.err


# The output folder


def test_folder_of_somebody_else(tmp_path: Path) -> None:
    """Refused in words; nothing in it is touched."""
    (tmp_path / "mine.txt").write_text("mine")
    result = demo(tmp_path)
    assert result.exit_code == 1
    assert "holds no earlier demo" in result.stderr
    assert "--out" in result.stderr
    assert [one.name for one in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"passed": true, "steps": []}', "[" * 100_000])
def test_report_of_another_tool(tmp_path: Path, content: str) -> None:
    """A file of the same name makes no demo of a folder."""
    (tmp_path / "report.json").write_text(content)
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(OutputTaken):
        play(tmp_path, Console(file=io.StringIO()))
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_earlier_demo_is_replaced(short: Callable[..., None], tmp_path: Path) -> None:
    """Also one that was broken off."""
    out = tmp_path / "out"

    def interrupted(stage: Any) -> None:
        stage.keep("old.txt", b"old")
        raise KeyboardInterrupt

    short(interrupted)
    assert demo(out).exit_code == 130
    assert (out / "old.txt").exists()
    short(lambda stage: stage.journal.step("9.1", "again", "x", lambda: "x"))
    assert demo(out).exit_code == 0
    assert not (out / "old.txt").exists()


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    result = demo(tmp_path / "file")
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert (tmp_path / "file").read_text() == "mine"
