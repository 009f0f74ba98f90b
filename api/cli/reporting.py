# SPDX-License-Identifier: Apache-2.0
"""What ``yinxin verify`` gives beside its answer: the schema of it, and the sealed sheet."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from verify import REPORT_FORMAT, Report, Trust, report_schema

from ..verdicts import checked, unsealed_sheet
from .files import read_bounded, require_new, write_new
from .output import complaints, opened, plain, plain_errors

_MOST_BYTES: Final = 200 * 1024 * 1024
_REFUSED: Final = 64
_ASKED: Final = (
    ("完整", ("integrity", "coverage")),
    ("签章人", ("signer",)),
    ("证书", ("chain",)),
    ("吊销", ("revocation",)),
    ("时间", ("time", "timestamp")),
    ("印章", ("seal",)),
    ("授权", ("authority",)),
    ("其他要求", ("constraints",)),
)
_MARKS: Final = {"failed": "✘", "indeterminate": "?", "passed": "✔", "not-applicable": "—"}


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
ReportPdfOption = Annotated[
    Path | None,
    typer.Option(
        help="write the report on FILE as one page (PDF), the JSON inside: sealed by the service of the data "
        "directory; with --trust, and without such a directory, it is marked UNSEALED"
    ),
]


def require_one(files: Sequence[Path], out: Path | None) -> None:
    """A sheet is about one file, and never overwrites another."""
    if out is None:
        return
    if len(files) != 1:
        raise typer.BadParameter("一次只能为一个文件 of one file at a time", param_hint="--report-pdf")
    with _no_verdict():
        require_new(out)


@contextmanager
def _no_verdict() -> Iterator[None]:
    """The exit codes 0 to 3 are answers about the file; what stops the sheet is another."""
    try:
        yield
    except typer.Exit as refused:
        raise typer.Exit(_REFUSED) from refused


def write_sheet(
    out: Path, file: Path, report: Report | None, trust: Trust, at: datetime, data: Path | None
) -> None:
    """``data``: whose lists were believed; only their own service puts its seal under that."""
    if report is None:
        return  # the answer says why the file cannot be read
    with _no_verdict(), plain_errors(code=_REFUSED):
        what = checked(file.name, read_bounded(file, _MOST_BYTES), report, at)
        if data is None:
            complaints.print(
                "[yellow]?[/] 报告未盖章:所用信任材料不是本平台的  the report is not sealed: "
                "what was believed is not the list of a service here",
                soft_wrap=True,
            )
            write_new(out, unsealed_sheet(what, trust, salt=secrets.token_bytes(16)))
            return
        with opened(data, code=_REFUSED) as service:
            write_new(out, service.sealed_sheets.make(what).content)
        complaints.print(f"[green]✔[/] 已盖章的查验报告 sealed report → {plain(out)}", soft_wrap=True)


def asked_line(signature: dict[str, Any]) -> str:
    """What was asked of one signature, on one line: a name and a sign each."""
    status = {one["name"]: one["status"] for one in signature["aspects"]}
    order = list(_MARKS)
    told = []
    for zh, names in _ASKED:
        worst = min((status[name] for name in names), key=order.index)
        told.append(f"{zh} {_MARKS[worst]}")
    return " · ".join(told)


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
