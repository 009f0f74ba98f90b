# SPDX-License-Identifier: Apache-2.0
"""``yinxin ca``: the authorities — ceremonies, what there is, revoking one, mass re-issue."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress

from ..console import CONSOLE
from ..wiring import hold_ceremony, offline_folder, revoke_authority
from .files import read_input
from .output import DEFAULT_DATA, DataOption, JsonOption, complaints, opened, plain, print_json, say

app = typer.Typer(help="签发机构 authorities: ceremonies, mass re-issue.", no_args_is_help=True)
MOST_BYTES = 256 * 1024
OfflineOption = Annotated[
    Path | None,
    typer.Option("--offline", help="folder of the roots; DATA/offline by default", show_default=False),
]


@app.command()
def ceremony(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="the ceremony, YAML")],
    offline: OfflineOption = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """密钥仪式 — make the authorities that a file describes.

    Keys of roots are made and used in the offline folder alone.
    The same file again changes nothing but revocation lists that are due;
    another file may add authorities, never change one.
    """
    content = read_input(file, MOST_BYTES)
    with opened(data) as service:
        kept = hold_ceremony(service, data, content, offline=offline or offline_folder(data), by=CONSOLE)
        names = [one.name for one in service.certificates.authorities()]
    if as_json:
        print_json({"transcript": None if kept is None else str(kept), "authorities": names})
        return
    if kept is None:
        say("[green]✔[/] 与文件一致,没有改动 everything is there already, nothing was changed")
        return
    say(f"[green]✔[/] 已完成 held; 记录 transcript  {plain(kept)}")
    say(f"  签发机构 authorities  {plain(', '.join(names))}")


@app.command("list")
def show(data: DataOption = DEFAULT_DATA, as_json: JsonOption = False) -> None:
    """查看 — the authorities, each with the end of its certificate."""
    with opened(data) as service:
        own = {one.key_label: one for one in service.certificates.listed() if one.usage == "authority"}
        rows: list[dict[str, Any]] = [
            {
                "name": one.name,
                "purpose": one.purpose or "root",
                "issuer": one.issuer,
                "partitions": one.partitions,
                "state": own[one.name].status(service.clock()),
                "not_after": own[one.name].not_after.isoformat(),
                "fingerprint": own[one.name].fingerprint,
            }
            for one in service.certificates.authorities()
        ]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        say(f"{row['name']:<20}{row['purpose']:<15}{row['state']:<10}{row['not_after'][:10]}")


@app.command("revoke-authority")
def revoke(
    name: Annotated[str, typer.Argument(metavar="NAME", help="name of the issuing authority")],
    reason: Annotated[str, typer.Option(help="reason of RFC 5280, such as cACompromise")],
    offline: OfflineOption = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """吊销签发机构 — revoke an issuing authority, with the key of its root.

    Everything that it issued falls with it.
    """
    with opened(data) as service:
        ended = revoke_authority(service, name, reason, offline=offline or offline_folder(data), by=CONSOLE)
    if as_json:
        print_json({"name": name, "revoked_at": str(ended.revoked_at), "reason": ended.reason})
        return
    say(f"[green]✔[/] {plain(name)} 已吊销 revoked: {plain(ended.reason)}")


@app.command()
def reissue(
    where: Annotated[
        str, typer.Option(help="such as: authority=persons-sm2 and not_after<2027-01-01", show_default=False)
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say what would be done")] = False,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """批量换发 — renew every certificate that a selection names, in batches.

    Keys and names stay, the term is new.  A bundle is renewed as a whole.
    Interrupted, it goes on where it stopped.
    """
    with opened(data) as service, Progress(console=complaints, transient=True) as progress:
        task = progress.add_task("reissue", total=None)
        done = service.certificates.reissue(
            where,
            by=CONSOLE,
            dry_run=dry_run,
            progress=lambda now, of: progress.update(task, completed=now, total=of),
        )
    if as_json:
        print_json(
            {
                "dry_run": dry_run,
                "chosen": done.chosen,
                "renewable": done.renewable,
                "renewed": [one.certificate_id for one in done.renewed],
                "refused": [{"certificate_id": which, "code": code} for which, code in done.refused],
            }
        )
        return
    say(f"选中 chosen      {done.chosen}")
    say(f"可换发 renewable {done.renewable}")
    say(f"已换发 renewed   {len(done.renewed)}" + ("  (仅预演 rehearsed only)" if dry_run else ""))
    for which, code in done.refused:
        say(f"[yellow]–[/] {which}  {plain(code)}")
