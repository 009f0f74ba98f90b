# SPDX-License-Identifier: Apache-2.0
"""``yinxin seal-admin``: the seals of this service, and the operator's steps at the console."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ..accounts import Role
from ..console import CONSOLE
from ..seals import Actor, SealLife, Step, StepOrder
from .output import DEFAULT_DATA, DataOption, JsonOption, opened, plain, print_json, say

app = typer.Typer(help="印章 seals: list, show, suspend, resume, step.", no_args_is_help=True)
OPERATOR = Actor(CONSOLE, frozenset({Role.OPERATOR}))
IdArgument = Annotated[str, typer.Argument(metavar="ID", help="id of the seal")]
ReasonOption = Annotated[
    str, typer.Option(help="reason code: lower-case letters, digits, hyphens; it is published")
]
NoteOption = Annotated[str, typer.Option(help="words for people; kept with the signed statement")]


@app.command("list")
def listed(
    holder: Annotated[str | None, typer.Option(help="credit code: seals of this body alone")] = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """列出 — list seals and applications, with code and state."""
    with opened(data) as service:
        found = service.seal_lives.of_holder(holder) if holder else service.seal_lives.all()
    if as_json:
        print_json([_json(one) for one in found])
        return
    for one in found:
        _show(one)


@app.command()
def show(seal_id: IdArgument, data: DataOption = DEFAULT_DATA, as_json: JsonOption = False) -> None:
    """查看 — show one seal, what was published of it, and its steps."""
    with opened(data) as service:
        life = service.seal_lives.get(seal_id)
        editions = service.seal_lives.editions(seal_id)
        steps = service.seal_lives.steps(seal_id)
    if as_json:
        print_json(
            {
                **_json(life),
                "editions": [
                    {
                        "edition": made.edition,
                        "esl_sha256": made.esl_sha256,
                        "valid_until": made.valid_until.isoformat(),
                        "history": [[one.state.value, one.at.isoformat(), one.reason] for one in history],
                    }
                    for made, history in editions
                ],
                "steps": [
                    [one.number, one.step.value, one.at.isoformat(), one.actor, one.signed_by.value]
                    for one in steps
                ],
            }
        )
        return
    _show(life)
    for made, history in editions:
        say(f"    第 {made.edition} 次制作 made seal {made.edition}  {made.esl_sha256}")
        for change in history:
            say(f"        {change.at:%Y-%m-%d %H:%M:%SZ}  {change.state}  {plain(change.reason)}")
    for step in steps:
        say(f"    {step.at:%Y-%m-%d %H:%M:%SZ}  {step.step}  {plain(step.actor)}  ({step.signed_by})")


@app.command()
def suspend(
    seal_id: IdArgument,
    reason: ReasonOption = "office-order",
    note: NoteOption = "",
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """停用 — suspend a seal now; the public list says so when this returns."""
    _take(StepOrder(seal_id, Step.SUSPEND, reason, note), data, as_json)


@app.command()
def resume(
    seal_id: IdArgument,
    reason: ReasonOption = "office-order",
    note: NoteOption = "",
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """恢复 — end a suspension by the office, or after "not me"."""
    _take(StepOrder(seal_id, Step.RESUME, reason, note), data, as_json)


@app.command()
def step(
    seal_id: IdArgument,
    what: Annotated[Step, typer.Argument(metavar="STEP", help="such as approve, make, cancel, destroy")],
    reason: ReasonOption = "",
    note: NoteOption = "",
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """办理 — take any other step that an operator may take."""
    _take(StepOrder(seal_id, what, reason, note), data, as_json)


def _take(order: StepOrder, data: Any, as_json: bool) -> None:
    with opened(data) as service:
        life = service.seal_lives.take(order, OPERATOR)
    if as_json:
        print_json(_json(life))
    else:
        _show(life)


def _show(life: SealLife) -> None:
    name = plain(f"{life.design.name}{life.design.line}")
    say(f"{life.seal_id}  {life.code}  [bold]{life.state}[/]  {name}")


def _json(life: SealLife) -> dict[str, Any]:
    return {
        "seal_id": life.seal_id,
        "code": life.code,
        "type": life.type.value,
        "holder": life.holder,
        "name": f"{life.design.name}{life.design.line}",
        "state": life.state.value,
        "change": life.change.value,
        "edition": life.edition,
    }
