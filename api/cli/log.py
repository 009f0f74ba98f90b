# SPDX-License-Identifier: Apache-2.0
"""``yinxin log check|prove|publish|keys``: recompute the ledger and the rows it protects; export proofs
and the files that others read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..ledger import entries_with_reference
from ..wiring import Service
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

app = typer.Typer(help="公开日志 the public log: check, prove, publish, keys.", no_args_is_help=True)


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
def prove(
    index: Annotated[
        int | None, typer.Argument(metavar="ENTRY", help="number of the entry, from 0", min=0)
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="write the proof to this new file; standard output by default"),
    ] = None,
    document: Annotated[
        str | None, typer.Option(help="of the entry that issued this document (its 16 characters)")
    ] = None,
    decision: Annotated[
        str | None, typer.Option(help="of the newest entry that rests on the decision with this number")
    ] = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """导出证明 — prove that an entry is in the log, for `yinxin verify`.

    Entry, its place in both trees, signed checkpoint and cosignatures of witnesses in one
    file that stays good without this service. It goes to standard output; with --out into
    a new file, and --json says which.
    """
    if [index, document, decision].count(None) != 2:
        raise typer.BadParameter(
            "一项:序号、--document 或 --decision give one of ENTRY, --document, --decision"
        )
    require_new(out)
    with opened(data) as service:
        found = _entry(service, index, document, decision)
        made = service.ledger.prove(found, witnessed=True).encode()
    if out is None:
        typer.echo(made)
        return
    write_new(out, made)
    if as_json:
        print_json({"file": str(out), "entry": found})
    else:
        say(f"[green]✔[/] {plain(out)}  日志 ledger entry {found}")


app.command("proof", hidden=True)(prove)  # its name until tiles and witnesses came


def _entry(service: Service, index: int | None, document: str | None, decision: str | None) -> int:
    if index is not None:
        return index
    if document is not None:
        return service.library.lookup(document).ledger_index
    with service.database.read() as connection:
        found = entries_with_reference(connection, str(decision))
    if not found:
        raise refuse(
            f"没有条目依据决定 no entry rests on decision {decision}",
            "give its number as it was entered, or the number of the entry",
        )
    return found[-1]
