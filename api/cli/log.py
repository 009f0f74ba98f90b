# SPDX-License-Identifier: Apache-2.0
"""``yinxin log check|proof``: recompute the ledger and the rows it protects; export a proof."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .files import require_new, write_new
from .output import (
    DEFAULT_DATA,
    DataOption,
    JsonOption,
    complaints,
    explain,
    opened,
    plain,
    print_json,
    refuse,
    say,
)

app = typer.Typer(help="公开日志 the public log: check, proof.", no_args_is_help=True)


@app.command()
def check(
    checkpoints: Annotated[
        list[Path] | None,
        typer.Option(
            "--checkpoint",
            help="a checkpoint of this log that was kept elsewhere: finds a rollback of the whole database",
        ),
    ] = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """重算日志 — compare every entry, checkpoint and protected row.

    Everything is recomputed from what is stored.
    Exit code 1 when anything differs; each finding names the table and the key.
    """
    kept = [_kept(path) for path in checkpoints or ()]
    with opened(data, inspecting=True) as service, complaints.status("重算日志 recomputing the log…"):
        found = service.check_ledger(published=kept)
    if as_json:
        print_json(found.to_json())
    else:
        for one in found.findings:
            where = f"{one.table} {one.key}".strip()
            say(f"[red]✘ {one.kind.value}[/]  {plain(where)}")
            explain(plain(one.zh), indent=4)
            explain(plain(one.en), indent=4)
        mark = "[green]✔ 一致 clean[/]" if found.clean else "[red]✘ 不一致 differs[/]"
        counted = f"{found.size} entries, {found.checkpoints} checkpoints, {found.rows} protected rows"
        say(f"{mark}  {counted}, {len(found.findings)} findings")
    raise typer.Exit(0 if found.clean else 1)


def _kept(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise refuse(
            f"cannot read the checkpoint {path}: {error}", "give the file that /log/checkpoint answered"
        ) from error


@app.command()
def proof(
    index: Annotated[int, typer.Argument(metavar="ENTRY", help="number of the entry, from 0", min=0)],
    out: Annotated[
        Path | None, typer.Option(help="write the proof to this new file; standard output by default")
    ] = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """导出证明 — write the proof of one entry for `yinxin verify`.

    Entry, inclusion proof and signed checkpoint in one JSON file, which goes to
    standard output; with --out into a new file, and --json says which.
    """
    require_new(out)
    with opened(data) as service:
        made = service.ledger.prove(index).encode()
    if out is None:
        typer.echo(made)
        return
    write_new(out, made)
    if as_json:
        print_json({"file": str(out), "entry": index})
    else:
        say(f"[green]✔[/] {plain(out)}  日志 ledger entry {index}")
