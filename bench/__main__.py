# SPDX-License-Identifier: Apache-2.0
"""``python -m bench [NAME…] [--json] [--quick]``."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from .contests import CONTESTS
from .damage import table as damage_table
from .measure import QUICK, Effort, Row, pin_to_one_core, run

DAMAGE = "qr.damage"
"""No contest: a table of how often damaged codes are read."""
TRIALS, QUICK_TRIALS = 40, 1


def main(
    names: Annotated[
        list[str] | None, typer.Argument(help="rows to run, or how their names begin; all when none is named")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print rows as JSON")] = False,
    quick: Annotated[bool, typer.Option(help="short rounds: correctness more than numbers")] = False,
) -> None:
    """Measure, each row against a peer in the same run."""
    if names == [DAMAGE]:
        for line in damage_table(QUICK_TRIALS if quick else TRIALS):
            print(line, flush=True)
        return
    chosen = [row for row in CONTESTS if not names or any(row.startswith(name) for name in names)]
    unknown = sorted(name for name in names or () if not any(row.startswith(name) for row in CONTESTS))
    if unknown:
        typer.echo(f"no such row: {', '.join(unknown)}; there are: {', '.join(CONTESTS)}", err=True)
        raise typer.Exit(2)
    pin_to_one_core()
    rows: list[Row] = []
    for name in chosen:
        print(f"… {name}", file=sys.stderr, flush=True)
        rows.append(run(CONTESTS[name](quick), QUICK if quick else Effort()))
    if as_json:
        print(json.dumps([row.as_json() for row in rows], ensure_ascii=False, indent=2))
    else:
        show(rows)


def show(rows: list[Row]) -> None:
    """A table for people."""
    table = Table(title="Yinxin, measured")
    for column in ("row", "ours/s", "peer", "peer/s", "ratio", "note"):
        table.add_column(column, justify="right" if column.endswith("/s") or column == "ratio" else "left")
    for row in rows:
        peers = list(row.peers.items()) or [("(no peer here)", 0.0)]
        for at, (peer, rate) in enumerate(peers):
            ratio = f"{row.ratio[peer]:.2f}×" if peer in row.ratio else ""
            ours = f"{row.ours:,.0f}" if at == 0 else ""
            table.add_row(
                row.name if at == 0 else "", ours, peer, f"{rate:,.0f}", ratio, row.note if at == 0 else ""
            )
    Console(width=120).print(table)


if __name__ == "__main__":
    typer.run(main)
