# SPDX-License-Identifier: Apache-2.0
"""``yinxin evidence``: one time stamp for all stored documents; it is renewed, and so are single files;
what proves one of them in one file."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from ..renewals import FileNotRenewable
from ..wiring import Service
from .files import read_input, require_new, write_new
from .output import DEFAULT_DATA, DataOption, JsonOption, opened, plain, print_json, say

app = typer.Typer(
    help="证据记录 evidence records (RFC 4998), time stamps renewed inside files, evidence packs.",
    no_args_is_help=True,
)
MOST_BYTES = 50 * 1024 * 1024
SUBMISSION = re.compile(r"[0-9a-f]{32}")


@app.command()
def due(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE...", help="sealed PDFs kept elsewhere: which of them are due"),
    ] = None,
    days: Annotated[int, typer.Option(help="time stamps that end within this many days", min=0)] = 90,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """待办 — documents without evidence, and time stamps that end soon.

    With files: until when the last time stamp inside each lasts (PDF at B-LTA).  Nothing is changed.
    """
    ahead = timedelta(days=days)
    with opened(data) as service:
        found = service.renewals.due(ahead=ahead)
        looked_at = [_standing(service, file, ahead) for file in files or ()]
    if as_json:
        told: dict[str, Any] = {
            "documents": found.documents,
            "oldest": None if found.oldest is None else found.oldest.isoformat(),
            "batches": [{"batch": one, "good_until": end.isoformat()} for one, end in found.batches],
        }
        print_json({**told, "files": looked_at} if files else told)
        return
    if files:
        for each in looked_at:
            _say_standing(each)
        return
    say(f"待作证据的文书 documents without evidence  {found.documents}")
    say(f"即将到期的批次 batches to renew  {len(found.batches)}")
    for one, end in found.batches:
        say(f"    {plain(one)}  {end:%Y-%m-%d}")


@app.command()
def pack(
    number: Annotated[
        str, typer.Argument(metavar="ID", help="identifier of a document or of a filed submission")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="write the ZIP file to this new file")],
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """证据包 — one file with everything that proves a document or submission.

    Original, signatures, certificates, revocation lists of then, time stamps, log
    proof and public lists; yinxin verify checks it offline, years later too.
    """
    require_new(out)
    with opened(data) as service:
        if SUBMISSION.fullmatch(number):
            made = service.packs.of_submission(service.submissions.filed(number))
        else:
            made = service.packs.of_document(number)
    write_new(out, made)
    if as_json:
        print_json({"file": str(out), "id": number, "bytes": len(made)})
    else:
        say(f"[green]✔[/] {plain(out)}  证据包 evidence pack of {plain(number)}")


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


@app.command("renew-file")
def renew_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="a sealed PDF at B-T, B-LT or B-LTA")],
    out: Annotated[Path, typer.Option(help="where the renewed file goes; FILE itself stays as it is")],
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """文件内续期 — one more time stamp inside a sealed PDF, with lists of today.

    The result is at B-LTA and begins with FILE byte for byte.  Needs no seal.
    """
    require_new(out)
    content = read_input(file, MOST_BYTES)
    with opened(data) as service:
        renewed = service.file_renewals.renewed(content)
        standing = service.file_renewals.standing(renewed)
    write_new(out, renewed)
    end = standing.good_until
    if as_json:
        print_json(
            {
                "file": str(out),
                "level": standing.level,
                "good_until": None if end is None else end.isoformat(),
            }
        )
        return
    until = "" if end is None else f"  {end:%Y-%m-%d}"
    say(f"[green]✔ 已续期 renewed[/]  {plain(out)}  {standing.level}{until}")


def _standing(service: Service, file: Path, ahead: timedelta) -> dict[str, Any]:
    """One line of the answer; a file that cannot be renewed says why and stops no other."""
    content = read_input(file, MOST_BYTES)
    try:
        found = service.file_renewals.standing(content)
    except FileNotRenewable as error:
        return {"file": str(file), "refused": error.code, "why": f"{error.zh} {error.en}"}
    end = found.good_until
    return {
        "file": str(file),
        "level": found.level,
        "good_until": None if end is None else end.isoformat(),
        "due": found.due(service.file_renewals.now(), ahead),
    }


def _say_standing(one: dict[str, Any]) -> None:
    if "why" in one:
        say(f"[red]✘[/] {plain(one['file'])}  {plain(one['why'])}")
        return
    until = (one["good_until"] or "")[:10] or "没有档案时间戳 no document time stamp"
    mark = "[yellow]! 应续期 due[/]" if one["due"] else "[green]✔[/]"
    say(f"{mark} {plain(one['file'])}  {one['level']}  {until}")
