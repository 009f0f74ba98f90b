# SPDX-License-Identifier: Apache-2.0
"""``yinxin document``: how issued documents stand, and the operator's changes at the console."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from verify import group_document_id

from ..console import CONSOLE
from ..standings import StandingChange
from .output import DEFAULT_DATA, DataOption, JsonOption, opened, plain, print_json, say

app = typer.Typer(help="文书 documents: state, history.", no_args_is_help=True)
IdArgument = Annotated[str, typer.Argument(metavar="ID", help="identifier of the document, as printed")]


@app.command()
def state(
    document_id: IdArgument,
    new: Annotated[str, typer.Argument(metavar="STATE", help="such as revoked, withheld, disputed, normal")],
    reason: Annotated[str, typer.Option(help="reason code: lower-case words with hyphens; it is published")],
    decision: Annotated[str, typer.Option(help="number of the decision behind it; kept on record")] = "",
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """改变状态 — change how a document stands; the public list says so when this returns."""
    with opened(data) as service:
        made = service.document_standings.change(
            document_id, new, reason=reason, decision=decision, by=CONSOLE
        )
    if as_json:
        print_json(_json(made))
        return
    _show(made)


@app.command()
def history(document_id: IdArgument, data: DataOption = DEFAULT_DATA, as_json: JsonOption = False) -> None:
    """历次变动 — every change of how a document stands."""
    with opened(data) as service:
        found = service.document_standings.history(document_id)
    if as_json:
        print_json([_json(one) for one in found])
        return
    for one in found:
        _show(one)
    if not found:
        say("没有变动 nothing was changed")


def _show(one: StandingChange) -> None:
    say(
        f"{one.at:%Y-%m-%d %H:%M:%SZ}  {group_document_id(one.document_id)}  {one.state.zh} {one.state}  "
        f"{plain(one.reason)}  {plain(one.decision)}".rstrip()
    )


def _json(one: StandingChange) -> dict[str, Any]:
    return {
        "document_id": one.document_id,
        "state": one.state.value,
        "at": one.at.isoformat(),
        "reason": one.reason,
        "decision": one.decision,
        "by": one.by,
    }
