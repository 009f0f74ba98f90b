# SPDX-License-Identifier: Apache-2.0
"""How commands speak: results on standard output, refusals on standard error with what to do.

Names of files and holders come from outside: they are shown without anything that a terminal would obey.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.text import Text

from ..problems import answer_of, problem_of
from ..settings import SettingsError
from ..wiring import Service, WiringError, open_service

DataOption = Annotated[
    Path,
    typer.Option("--data", help="data directory of the service", envvar="YINXIN_DATA", show_default=True),
]
JsonOption = Annotated[bool, typer.Option("--json", help="print the result as JSON")]
DEFAULT_DATA = Path("data")
DOCTOR = "yinxin doctor --data DIR names what is missing"

console = Console(highlight=False)
complaints = Console(stderr=True, highlight=False)


def plain(text: object) -> str:
    """Text from outside, safe to print: no markup, no control or direction characters."""
    shown = (
        one if one.isprintable() or one == "\u3000" else one.encode("unicode_escape").decode()
        for one in str(text)
    )
    return escape("".join(shown))


def say(line: str) -> None:
    """One line of markup on standard output; the terminal wraps it, and what copies it gets one line."""
    console.print(line, soft_wrap=True)


def explain(line: str, *, indent: int) -> None:
    """A sentence below that line: wrapped between words on a terminal, in one piece for a program."""
    if console.is_terminal:
        console.print(Padding(Text.from_markup(line), (0, 0, 0, indent), expand=False))
    else:
        say(" " * indent + line)


def print_json(result: object) -> None:
    """One JSON document on standard output, Chinese unescaped."""
    sys.stdout.write(json.dumps(result, ensure_ascii=False, indent=2) + "\n")


def refuse(message: str, todo: str, *, code: int = 1) -> typer.Exit:
    """Say what went wrong and what to do; the caller raises what this returns."""
    complaints.print(f"[bold red]✘[/] {plain(message)}", soft_wrap=True)
    if todo:
        complaints.print(f"  → {plain(todo)}", soft_wrap=True)
    return typer.Exit(code)


@contextmanager
def plain_errors(*, code: int = 1) -> Iterator[None]:
    """Turn every error that the service expects into words and an exit code; anything else is a defect."""
    try:
        yield
    except Exception as error:
        words = words_of(error)
        if words is None:
            raise
        raise refuse(*words, code=code) from error


@contextmanager
def opened(data: Path, *, inspecting: bool = False, code: int = 1) -> Iterator[Service]:
    """The service over a data directory, closed afterwards; errors inside become words."""
    with plain_errors(code=code):
        service = open_service(data, inspecting=inspecting)
        try:
            yield service
        finally:
            service.close()


def words_of(error: Exception) -> tuple[str, str] | None:
    """What went wrong and what to do, or nothing when nobody expected this error."""
    if isinstance(error, WiringError | SettingsError):
        return str(error), error.todo
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror or error}", "check path, rights and free space"
    if answer_of(type(error)) is None:
        return None
    todo = str(getattr(error, "todo", ""))
    if hasattr(error, "rule") and hasattr(error, "field"):
        return f"{error.field}: {error.rule}", todo
    if hasattr(error, "zh") and hasattr(error, "en"):
        return f"{error.zh} {error.en}", todo  # without todo the sentences say what to do themselves
    problem = problem_of(error)
    return str(error), todo or (problem.detail if problem.status < 500 else DOCTOR)
