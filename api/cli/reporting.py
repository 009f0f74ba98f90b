# SPDX-License-Identifier: Apache-2.0
"""What ``yinxin verify`` gives beside its answer: the schema of it, and the sealed sheet."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from verify import REPORT_FORMAT, report_schema


def _print_schema(asked: bool) -> None:
    if asked:
        typer.echo(json.dumps(report_schema(), ensure_ascii=False, indent=2))
        raise typer.Exit


SchemaOption = Annotated[
    bool,
    typer.Option(
        "--schema",
        callback=_print_schema,
        is_eager=True,
        help="print the JSON Schema of a report (what --json gives for each file), and nothing else",
    ),
]


def unread(file: str, error: Exception) -> dict[str, Any]:
    """What stands for the report on a file that cannot be read."""
    return {
        "format": REPORT_FORMAT,
        "file": file,
        "kind": "unreadable",
        "indication": None,
        "sub_indication": None,
        "signatures": [],
        "reasons": [],
        "facts": {},
        "error": str(error),
    }
