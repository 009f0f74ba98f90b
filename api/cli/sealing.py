# SPDX-License-Identifier: Apache-2.0
"""``yinxin seal``: seal a PDF with a seal of this service, as its operator."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from .files import read_input, require_new, write_new
from .output import DEFAULT_DATA, DataOption, JsonOption, opened, plain, print_json, say

MOST_BYTES = 50 * 1024 * 1024


class PadesLevel(StrEnum):
    """Baseline levels of ETSI EN 319 142-1."""

    B = "b"
    T = "t"
    LT = "lt"
    LTA = "lta"


def seal(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="the PDF to seal")],
    seal_id: Annotated[str, typer.Option("--seal", help="id of the seal; `yinxin doctor` lists them")],
    out: Annotated[
        Path, typer.Option(help="where to write the sealed PDF; an existing file is never touched")
    ],
    page: Annotated[int, typer.Option(help="page for the seal", min=1)] = 1,
    x: Annotated[float, typer.Option(help="millimetres from the left edge to the seal")] = 140.0,
    y: Annotated[float, typer.Option(help="millimetres from the upper edge to the seal")] = 230.0,
    level: Annotated[
        PadesLevel, typer.Option(help="b, t (time stamp), lt (evidence inside), lta (archive time stamp)")
    ] = PadesLevel.B,
    case: Annotated[
        str,
        typer.Option(help="case number; where uses of the seal are approved first, that of the request"),
    ] = "",
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """盖章 — seal a PDF with a seal of this service.

    The use of the seal is recorded in the ledger before the file is released.
    """
    # The use of a seal cannot be taken back: whatever can be refused is refused before.
    require_new(out)
    content = read_input(file, MOST_BYTES)
    with opened(data) as service:
        made = service.console.seal(
            content,
            seal_id,
            page=page - 1,
            at_mm=(x, y),
            level=f"B-{level.value.upper()}",
            case=case,
        )
    write_new(out, made.pdf)
    if as_json:
        print_json(
            {"file": str(out), "seal_id": seal_id, "sha256": made.sha256, "ledger_index": made.ledger_index}
        )
        return
    say(f"[green]✔ 已盖章 sealed[/]  {plain(out)}")
    say(f"    sha256  {made.sha256}")
    say(f"    日志 ledger entry  {made.ledger_index}")
