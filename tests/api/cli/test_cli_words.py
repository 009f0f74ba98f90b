# SPDX-License-Identifier: Apache-2.0
"""Every command: readable help, words instead of tracebacks, JSON where results are printed."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from rich.console import Console
from rich.text import Text

from api.cli import app, output
from api.cli.output import explain, plain
from api.demo.serving import COMMAND

COMMANDS = [
    ["init"], ["serve"], ["demo"], ["verify"], ["seal"], ["doctor"],
    ["seal-admin", "list"], ["seal-admin", "show"], ["seal-admin", "suspend"], ["seal-admin", "step"],
    ["qr-keys", "list"], ["qr-keys", "rotate"], ["qr-keys", "revoke"],
    ["cert", "issue"], ["cert", "show"], ["cert", "revoke"], ["log", "check"], ["log", "prove"],
    ["monitor", "init"], ["monitor", "once"], ["monitor", "compare"], ["monitor", "sheet"],
]  # fmt: skip
PRINTS_RESULTS = [one for one in COMMANDS if one != ["serve"]]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help(yinxin: Any, command: list[str]) -> None:
    """A first sentence in both languages, every option explained, nothing wider than the terminal."""
    ran = yinxin(*command, "--help")
    assert ran.code == 0
    text = re.sub(r"\x1b\[[0-9;]*m", "", ran.out)
    assert re.search(r"[\u4e00-\u9fff]+ — [a-z]", text)
    options = re.findall(r"│ \*?\s+(--[a-z-]+)\s+(.*?)\s*│", text)
    assert [name for name, words in options if not words] == []
    assert "Traceback" not in text


@pytest.mark.parametrize("command", PRINTS_RESULTS, ids=" ".join)
def test_json_is_offered(yinxin: Any, command: list[str]) -> None:
    assert "--json" in yinxin(*command, "--help").out


def test_no_word_of_a_help_text_is_taken_for_markup() -> None:
    """``[log]`` in a help text would be a style, and not shown."""
    helps: list[tuple[str, str]] = []

    def walk(command: Any, name: str) -> None:
        helps.extend((name, one.help or "") for one in (command, *command.params) if hasattr(one, "help"))
        for word, inner in getattr(command, "commands", {}).items():
            walk(inner, f"{name} {word}")

    walk(typer.main.get_command(app), "yinxin")
    assert len(helps) > 100
    assert [(name, text) for name, text in helps if Text.from_markup(text).plain != text] == []


def test_overview(yinxin: Any) -> None:
    """Every command is listed with its own words, none of them cut."""
    text = yinxin("--help").out
    assert all(f" {one[0]} " in text for one in COMMANDS)
    assert "…" not in text


NOWHERE = ["--data", "no-such-directory"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["nonsense"], 64),
        (["cert", "nonsense"], 64),
        (["verify"], 64),
        (["verify", "--nonsense", "x"], 64),
        (["verify", "x", *NOWHERE], 3),
        (["verify", "x", "--trust", "no-such-file"], 3),
        (["verify", "x", "--trust", ""], 3),
        (["seal", "x"], 64),
        (["seal", "no-such-file", "--seal", "1", "--out", "new.pdf", *NOWHERE], 1),
        (["seal", "x", "--seal", "1", "--out", "new.pdf", "--page", "0"], 64),
        (["seal", "x", "--seal", "1", "--out", "new.pdf", "--x", "wide"], 64),
        (["seal", "x", "--seal", "1", "--out", "no/such/folder.pdf"], 1),
        (["serve", *NOWHERE], 1),
        (["serve", "--port", "0"], 64),
        (["serve", "--port", "65536"], 64),
        (["doctor", *NOWHERE], 1),
        (["doctor", "--data", ""], 1),
        (["log", "check", *NOWHERE], 1),
        (["log", "prove", "0", *NOWHERE], 1),
        (["log", "prove", "one"], 64),
        (["monitor", "once", "no-such-directory"], 2),
        (["monitor", "init", "no-such-directory", "--log", "x", "--name", "n"], 1),
        (["log", "prove", "--", "-1"], 64),
        (["cert", "show", "1", *NOWHERE], 1),
        (["cert", "revoke", "1", *NOWHERE], 1),
        (["cert", "issue", "no-such-file", "--holder", "x", "--holder-name", "x"], 1),
        (["cert", "issue", "x"], 64),
        (["demo", "--out", "x"], 1),
        (["init", "--data", "x"], 1),
        (["verify", "n" * 300, "--trust", "n" * 300], 3),
        (["verify", "[/red]", "--trust", "[/red]"], 3),
        (["seal", "x", "--seal", "1", "--out", "o" * 300], 1),
    ],
)
def test_bad_input(
    yinxin: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], code: int
) -> None:
    """A table of mistakes: each ends with an exit code and a sentence, and makes nothing."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x").write_bytes(b"noise")
    ran = yinxin(*arguments)
    assert ran.code == code
    assert (ran.err or ran.out).strip()
    assert "Traceback" not in ran.err + ran.out
    assert [one.name for one in tmp_path.iterdir()] == ["x"]


def test_usage_is_no_verdict(yinxin: Any, tmp_path: Path) -> None:
    """``verify`` answers 2 only when it looked at a file and could not decide."""
    path = tmp_path / "plain.pdf"
    path.write_bytes(b"%PDF-1.7\n%%EOF\n")
    assert yinxin("verify", "--json").code == 64


@pytest.mark.parametrize("encoding", ["ascii", "gbk"])
def test_terminal_without_our_letters(made: Path, encoding: str) -> None:
    """What a terminal cannot show is spelled out, never an exception."""
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    command = [*COMMAND, "doctor", "--data", str(made)]
    ran = subprocess.run(command, capture_output=True, env=environment, check=False)
    assert ran.returncode == 0, ran.stderr
    assert b"in use" in ran.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="file names are bytes here")
def test_file_name_that_is_no_text(made: Path, tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/\xff\xfe.pdf"
    Path(os.fsdecode(path)).write_bytes(b"noise")
    for more in ([], ["--json"]):
        command = [*COMMAND, "verify", path, "--data", str(made), *more]
        ran = subprocess.run(command, capture_output=True, check=False)
        assert ran.returncode == 3, ran.stderr
        assert b"udcff" in ran.stdout


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("四川样例 (演示)\u3000x", "四川样例 (演示)\u3000x"),
        ("a\x1b[31m\nb\x07", "a\\x1b[31m\\nb\\x07"),
        ("\u202egnp.exe\u200b", "\\u202egnp.exe\\u200b"),
        ("\udcff", "\\udcff"),
        ("[bold]x[/]", "\\[bold]x\\[/]"),
    ],
)
def test_plain(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_sentences_wrap_between_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal below their line; for a program in one piece."""
    for terminal in (True, False):
        file = io.StringIO()
        monkeypatch.setattr(
            output, "console", Console(file=file, width=40, force_terminal=terminal, color_system=None)
        )
        explain("the issuer's signature on the certificate does not verify", indent=6)
        lines = file.getvalue().splitlines()
        assert len(lines) == (2 if terminal else 1)
        assert all(line.startswith("      ") and len(line) <= (40 if terminal else 99) for line in lines)
        assert " ".join(" ".join(lines).split()).endswith("certificate does not verify")
