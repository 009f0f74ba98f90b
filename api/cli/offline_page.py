# SPDX-License-Identifier: Apache-2.0
"""``yinxin offline-page DIR``: the offline page as files for any web server, with the lists of now."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..pages.offline import offline_files
from .files import write_new
from .output import DEFAULT_DATA, DataOption, opened, plain, plain_errors, refuse, say

FOLDER = "offline"


def offline_page(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="folder to make; it must not exist, or be empty")
    ],
    lists: Annotated[
        bool, typer.Option(help="write the signed lists of the data directory beside the page")
    ] = True,
    data: DataOption = DEFAULT_DATA,
) -> None:
    """离线查验页 — write the page that verifies codes and files without a server.

    DIR/offline/ is the page, DIR/trust-list.json and DIR/document-status.json what it fetches: replace the
    lists as often as new ones are published.  Serve DIR over HTTPS; scripts need nothing from the server.
    """
    with plain_errors():
        taken = folder.exists() and (not folder.is_dir() or any(folder.iterdir()))
    if taken:
        raise refuse(
            f"{folder}: 不是空文件夹,不会覆盖 it is not an empty folder", "choose another, or empty it"
        )
    written: dict[str, bytes] = {}
    if lists:
        with opened(data) as service:
            written["trust-list.json"] = service.publisher.current()
            written["document-status.json"] = service.document_status.current()
    written.update((f"{FOLDER}/{path}", content) for path, content in offline_files().items())
    for path, content in written.items():
        with plain_errors():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
        write_new(folder / path, content)
    say(f"[green]✔[/] {len(written)} 个文件 files in {plain(folder)}")
