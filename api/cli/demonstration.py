# SPDX-License-Identifier: Apache-2.0
"""``yinxin demo``: play the whole main job and say how to look at what it left."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .output import JsonOption, complaints, console, print_json, refuse


def demo(
    out: Annotated[Path, typer.Option(help="folder for artefacts, pictures and report.json")] = Path(
        "demo-out"
    ),
    serve: Annotated[bool, typer.Option("--serve", help="keep the service up afterwards")] = False,
    as_json: JsonOption = False,
) -> None:
    """演示 — the whole main job over HTTP, with a table of expected and seen."""
    from ..demo import OutputTaken, play

    try:
        played = play(out, complaints if as_json else console, serve=serve)
    except OutputTaken as error:
        raise refuse(str(error), "choose an empty folder with --out") from error
    if as_json:
        print_json(played.report)
    else:
        if not serve:
            console.print(played.table)
        console.print(f"产物 artefacts, pictures, report.json: [bold]{out}[/]", soft_wrap=True)
        console.print(f"  看图 look at      {out}/*.png", soft_wrap=True)
        console.print(
            f"  再验 check again  yinxin verify {out}/*.pdf --trust {out}/trust-list.json", soft_wrap=True
        )
        console.print(f"  再看 keep it up   yinxin serve --data {out}/data", soft_wrap=True)
    raise typer.Exit(0 if played.passed else 1)
