# SPDX-License-Identifier: Apache-2.0
"""``yinxin evidence due|renew|export``: one time stamp proves all stored documents, and is renewed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from .files import require_new, write_new
from .output import DEFAULT_DATA, DataOption, JsonOption, opened, plain, print_json, say

app = typer.Typer(help="证据记录 evidence records (RFC 4998): due, renew, export.", no_args_is_help=True)


@app.command()
def due(
    days: Annotated[int, typer.Option(help="time stamps that end within this many days", min=0)] = 90,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """待办 — documents without evidence, and time stamps that end soon.

    Nothing is changed.
    """
    with opened(data) as service:
        found = service.renewals.due(ahead=timedelta(days=days))
    if as_json:
        print_json(
            {
                "documents": found.documents,
                "oldest": None if found.oldest is None else found.oldest.isoformat(),
                "batches": [{"batch": one, "good_until": end.isoformat()} for one, end in found.batches],
            }
        )
        return
    say(f"待作证据的文书 documents without evidence  {found.documents}")
    say(f"即将到期的批次 batches to renew  {len(found.batches)}")
    for one, end in found.batches:
        say(f"    {plain(one)}  {end:%Y-%m-%d}")


@app.command()
def renew(
    days: Annotated[int, typer.Option(help="renew time stamps that end within this many days", min=0)] = 90,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="say what would be done, and do nothing")
    ] = False,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """作证据并续期 — stamp what has no evidence, renew what ends soon.

    One time stamp covers all documents that wait; one more renews all documents of a batch.
    """
    with opened(data) as service:
        found = service.renewals.due(ahead=timedelta(days=days))
        covered, renewed = found.documents, [one for one, _ in found.batches]
        if not dry_run:
            covered = 0
            while (more := service.renewals.cover()) > 0:
                covered += more
            for one in renewed:
                service.renewals.renew(one)
    if as_json:
        print_json({"dry_run": dry_run, "documents": covered, "batches": [*renewed]})
        return
    mark = "将处理 would be done" if dry_run else "[green]✔ 已处理 done[/]"
    say(f"{mark}  文书 documents {covered}, 批次 batches {len(renewed)}")


@app.command()
def export(
    document: Annotated[str, typer.Argument(metavar="ID", help="id of the document")],
    out: Annotated[Path, typer.Option(help="where the evidence record goes, such as FILE.pdf.ers")],
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """导出证据记录 — the evidence record of one document.

    Check it beside the document: yinxin verify FILE.pdf.ers.
    """
    require_new(out)
    with opened(data) as service:
        record = service.renewals.record(document.replace("-", ""))
    write_new(out, record)
    if as_json:
        print_json({"file": str(out), "document_id": document})
        return
    say(f"[green]✔[/] {plain(out)}")
