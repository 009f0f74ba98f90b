# SPDX-License-Identifier: Apache-2.0
"""``yinxin demo``: play the whole main job and say how to look at what it left."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .output import JsonOption, complaints, console, plain, plain_errors, print_json, refuse, say


def demo(
    context: typer.Context,
    out: Annotated[Path, typer.Option(help="folder for artefacts, pictures and report.json")] = Path(
        "demo-out"
    ),
    serve: Annotated[bool, typer.Option("--serve", help="keep the service up afterwards")] = False,
    as_json: JsonOption = False,
) -> None:
    """演示 — play the whole main job over HTTP.

    Ends with a table of expected and seen; exit code 1 if any step differs.
    The folder must be new, empty, or left by an earlier demo: that is replaced.
    """
    from ..demo import OutputTaken, play

    try:
        with plain_errors():
            played = play(
                out, complaints if as_json else console, serve=serve, run=context.find_root().command.main
            )
    except OutputTaken as error:
        raise refuse(str(error), "choose an empty folder with --out") from error
    if as_json:
        print_json(played.report)
    else:
        if not serve:
            console.print(played.table)
        where = plain(out)
        say(f"产物 artefacts, pictures, report.json: [bold]{where}[/]")
        say(f"  看图 look at      {where}/*.png")
        say(f"  再验 check again  yinxin verify {where}/*.pdf --trust {where}/trust-list.json")
        say(f"  再看 keep it up   yinxin serve --data {where}/data")
    raise typer.Exit(0 if played.passed else 1)
