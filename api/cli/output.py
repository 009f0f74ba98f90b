# SPDX-License-Identifier: Apache-2.0
"""How commands speak: results on standard output, refusals on standard error with what to do."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

DataOption = Annotated[
    Path,
    typer.Option("--data", help="data directory of the service", envvar="YINXIN_DATA", show_default=True),
]
JsonOption = Annotated[bool, typer.Option("--json", help="print the result as JSON")]
DEFAULT_DATA = Path("data")

console = Console(highlight=False)
complaints = Console(stderr=True, highlight=False)


def print_json(result: object) -> None:
    """One JSON document on standard output, Chinese unescaped."""
    sys.stdout.write(json.dumps(result, ensure_ascii=False, indent=2) + "\n")


def refuse(message: str, todo: str, *, code: int = 1) -> typer.Exit:
    """Say what went wrong and what to do; the caller raises what this returns."""
    complaints.print(f"[bold red]✘[/] {message}\n  → {todo}", soft_wrap=True)
    return typer.Exit(code)


@contextmanager
def plain_errors(*families: type[Exception]) -> Iterator[None]:
    """Turn the expected errors into one sentence and exit code 1; anything else is a defect."""
    try:
        yield
    except families as error:
        todo = getattr(error, "todo", "") or "yinxin doctor --data DIR names what is missing"
        raise refuse(str(error), todo) from error
