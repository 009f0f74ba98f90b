# SPDX-License-Identifier: Apache-2.0
"""``yinxin seal``: seal a PDF with a seal of this service, as its operator."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from seal import SealError

from ..documents import DocumentError
from ..seals import SealRegistryError
from ..settings import SettingsError
from ..wiring import WiringError, open_service
from .output import DEFAULT_DATA, DataOption, JsonOption, console, plain_errors, print_json, refuse


def seal(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="the PDF to seal")],
    seal_id: Annotated[str, typer.Option("--seal", help="id of the seal; `yinxin doctor` lists them")],
    out: Annotated[Path, typer.Option(help="where to write the sealed PDF")],
    page: Annotated[int, typer.Option(help="page for the seal", min=1)] = 1,
    x: Annotated[float, typer.Option(help="millimetres from the left edge to the seal")] = 140.0,
    y: Annotated[float, typer.Option(help="millimetres from the upper edge to the seal")] = 230.0,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """盖章 — seal a PDF; the use is recorded in the ledger before the file is released."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise refuse(f"cannot read {file}: {error.strerror}", "check the path") from error
    with plain_errors(SettingsError, WiringError, SealError, SealRegistryError, DocumentError):
        service = open_service(data)
        try:
            made = service.console.seal(content, seal_id, page=page - 1, at_mm=(x, y))
        finally:
            service.close()
    out.write_bytes(made.pdf)
    if as_json:
        print_json(
            {"file": str(out), "seal_id": seal_id, "sha256": made.sha256, "ledger_index": made.ledger_index}
        )
    else:
        console.print(f"[green]✔[/] {out}  sha256 {made.sha256}  ledger {made.ledger_index}", soft_wrap=True)
