# SPDX-License-Identifier: Apache-2.0
"""``yinxin log check|proof``: recompute the ledger and the rows it protects; export a proof."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from verify import LedgerError as ProofError

from ..ledger import LedgerError
from ..settings import SettingsError
from ..wiring import WiringError, open_service
from .output import DEFAULT_DATA, DataOption, JsonOption, complaints, console, plain_errors, print_json

app = typer.Typer(help="公开日志 the public log: check, proof.", no_args_is_help=True)


@app.command()
def check(data: DataOption = DEFAULT_DATA, as_json: JsonOption = False) -> None:
    """Recompute every entry, every checkpoint and every protected row; exit code 1 when anything differs."""
    with plain_errors(SettingsError, WiringError):
        service = open_service(data, inspecting=True)
    try:
        with complaints.status("重算日志 recomputing the log…"):
            found = service.check_ledger()
    finally:
        service.close()
    if as_json:
        print_json(found.to_json())
    else:
        for one in found.findings:
            console.print(f"[red]✘[/] {escape(one.zh)} {escape(one.en)}", soft_wrap=True)
        mark = "[green]✔[/]" if not found.findings else "[red]✘[/]"
        console.print(
            f"{mark} {found.size} entries, {found.rows} protected rows, {len(found.findings)} findings"
        )
    raise typer.Exit(1 if found.findings else 0)


@app.command()
def proof(
    index: Annotated[int, typer.Argument(metavar="ENTRY", help="number of the entry, from 0", min=0)],
    out: Annotated[Path | None, typer.Option(help="write the proof here; standard output by default")] = None,
    data: DataOption = DEFAULT_DATA,
) -> None:
    """Entry, inclusion proof and signed checkpoint in one JSON file that `yinxin verify` accepts."""
    with plain_errors(SettingsError, WiringError, LedgerError, ProofError):
        service = open_service(data)
        try:
            made = service.ledger.prove(index).encode()
        finally:
            service.close()
    if out is not None:
        out.write_bytes(made)
    else:
        typer.echo(made.decode("utf-8"))
