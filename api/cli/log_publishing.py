# SPDX-License-Identifier: Apache-2.0
"""``yinxin log publish|keys``: the log as a folder of static files, and the keys that sign its heads."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from verify import encode_log_key

from .output import DEFAULT_DATA, DataOption, JsonOption, complaints, opened, plain, print_json, say


def publish(
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="DIR", help="folder to write; that of the settings by default"),
    ] = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """公布日志 — bring a folder of static files to the newest head.

    Tiles, bundles, then the checkpoint (C2SP tlog-tiles).  What is there already
    stays; a folder that knows more than the database is not written to.
    """
    with opened(data) as service, complaints.status("公布日志 publishing the log…"):
        publisher = service.log_publisher if folder is None else service.ledger.publisher(folder)
        made = publisher.publish()
        where = publisher.files.folder
    if as_json:
        print_json({"folder": str(where), "size": made.size, "files": made.files})
    else:
        say(f"[green]✔ 已公布 published[/]  {plain(where)}  {made.size} entries, {made.files} new files")


def keys(data: DataOption = DEFAULT_DATA, as_json: JsonOption = False) -> None:
    """日志公钥 — the keys that sign the heads of this log, one a line, for witnesses and monitors."""
    with opened(data) as service:
        lines = [encode_log_key(key) for key in service.ledger.log_keys()]
    if as_json:
        print_json({"keys": lines})
        return
    for line in lines:
        typer.echo(line)
