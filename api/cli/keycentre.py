# SPDX-License-Identifier: Apache-2.0
"""``yinxin kmc serve|list|recover|drill``: the key-management centre, and recoveries at the console."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from keys import KeysError, SoftwareKey, parse_private_key, parse_public_key, read_key_file
from verify import VerifyError, parse_certificate

from ..console import CONSOLE
from ..keycentre import CentreMisconfigured, to_be_signed
from ..keycentre.adapters.child import TAKEN, ends_with
from ..keycentre.drilling import Drilled, drill_keys
from ..keycentre.recoveries import Recovery
from ..wiring.keycentre import certified_key, escrowed_keys, listed_keys, running_centre
from .files import read_input, require_new, write_new
from .output import (
    DEFAULT_DATA,
    DataOption,
    JsonOption,
    opened,
    plain,
    plain_errors,
    print_json,
    refuse,
    say,
)

app = typer.Typer(help="密钥管理中心 key centre: serve, list, recover, drill.", no_args_is_help=True)
recover = typer.Typer(help="恢复 recover: request, approve, complete, list, history.", no_args_is_help=True)
app.add_typer(recover, name="recover")
_MOST = 64 * 1024
FolderOption = Annotated[
    Path | None,
    typer.Option(help="folder of the key centre; DATA/kmc by default", show_default=False),
]
RecoveryArgument = Annotated[str, typer.Argument(metavar="ID", help="id of the recovery")]
AgentsOption = Annotated[
    list[Path],
    typer.Option("--agent", help="key file of a recovery agent; its name is the agent's name in kmc.toml"),
]
PassphrasesOption = Annotated[
    list[Path] | None,
    typer.Option("--passphrase-file", help="file with the passphrase of each --agent, in the same order"),
]


@app.command()
def serve(
    folder: FolderOption = None,
    data: DataOption = DEFAULT_DATA,
    with_parent: Annotated[bool, typer.Option("--with-parent", hidden=True)] = False,
) -> None:
    """运行 — serve the key centre until interrupted.

    A process of its own: run it as another user than the service,
    with embedded = false in the section kmc of the settings there.
    """
    from ..logs import configure_logs

    configure_logs()
    try:
        with plain_errors(code=1), running_centre(folder or data / "kmc") as server:
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda _number, _frame: server.stop())
            if with_parent:
                ends_with(lambda: os.read(sys.stdin.fileno(), 1), server.stop)
            server.serve()
    except typer.Exit as ended:
        if isinstance(ended.__cause__, CentreMisconfigured) and ended.__cause__.key == "[socket] path":
            raise typer.Exit(TAKEN) from ended
        raise


@app.command("list")
def list_keys(
    folder: FolderOption = None,
    data: DataOption = DEFAULT_DATA,
    most: Annotated[int, typer.Option(help="how many keys, newest first", min=1, max=100000)] = 100,
    as_json: JsonOption = False,
) -> None:
    """列出 — the escrowed keys, and every recovery that there was.

    Checks the chain of the recoveries; shows nothing that opens a key.
    """
    with plain_errors():
        found = listed_keys(folder or data / "kmc", most=most)
    if as_json:
        print_json(
            {
                "total": found.total,
                "keys": [
                    {
                        "key_id": one.key_id,
                        "reference": one.reference,
                        "made_at": one.made_at.isoformat(),
                        "delivered_at": one.delivered_at.isoformat() if one.delivered_at else None,
                    }
                    for one in found.keys
                ],
                "recoveries": [
                    {
                        "key_id": one.key_id,
                        "purpose": one.purpose.value,
                        "at": one.at.isoformat(),
                        "request_sha256": one.request_sha256,
                        "agents": list(one.agents),
                    }
                    for one in found.recoveries
                ],
                "head": {"size": found.head.size, "sha256": found.head.sha256},
            }
        )
        return
    say(f"密钥 keys {found.total}  恢复 recoveries {found.head.size}")
    for key in found.keys:
        state = "已交付 delivered" if key.delivered_at else "未交付 not delivered"
        say(f"  {key.key_id}  {key.made_at:%Y-%m-%d %H:%M:%S}Z  {state}  {plain(key.reference)}")
    for link in found.recoveries:
        agents = plain(", ".join(link.agents))
        say(f"  ↺ {link.key_id}  {link.at:%Y-%m-%d %H:%M:%S}Z  {link.purpose.value}  {agents}")


@recover.command("request")
def request_recovery(
    which: Annotated[str, typer.Argument(metavar="ID", help="id of the bundle, or of the escrowed key")],
    recipient: Annotated[
        Path, typer.Option(help="whom the key is for: an SM2 certificate, or public key (DER)")
    ],
    reason: Annotated[str, typer.Option(help="why; agents and auditors read it")],
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """申请 — ask for an escrowed key.

    The request is in the public log and the holder has a notice when this returns.
    """
    content = read_input(recipient, _MOST)
    try:
        key = parse_certificate(content).public_key
    except VerifyError:
        with plain_errors():
            key = parse_public_key(content)
    with opened(data) as service:
        made = service.recoveries.request(which, key, reason=reason, by=CONSOLE)
        _show(made, as_json)


@recover.command()
def approve(
    recovery: RecoveryArgument,
    agent: AgentsOption,
    passphrase_file: PassphrasesOption = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """批准 — sign a request with an agent's own key."""
    agents = _agents(agent, passphrase_file)
    with opened(data) as service:
        found = service.recoveries.get(recovery)
        for name, key in agents.items():
            signature = key.sign(to_be_signed(found.request))
            found = service.recoveries.approve(recovery, name, signature)
        _show(found, as_json)


@recover.command()
def complete(
    recovery: RecoveryArgument,
    out: Annotated[Path, typer.Option(help="write the SM2EnvelopedKey to this new file (DER)")],
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """完成 — bring an approved request to the key centre.

    The file opens with the recipient's key alone.
    """
    require_new(out)
    with opened(data) as service:
        done = service.recoveries.complete(recovery, by=CONSOLE)
        write_new(out, done.envelope or b"")
        _show(done, as_json)


@recover.command("list")
def list_recoveries(data: DataOption = DEFAULT_DATA, as_json: JsonOption = False) -> None:
    """列出 — requests and what came of them."""
    with opened(data) as service:
        found = service.recoveries.listed()
    if as_json:
        print_json([_facts(one) for one in found])
        return
    for one in found:
        state = one.state(datetime.now(UTC))
        say(f"{one.recovery_id}  {state}  {one.purpose.value}  key {one.owner.key_id}")


@recover.command()
def history(
    out: Annotated[Path, typer.Option(help="write the signed history to this new file (JSON)")],
    data: DataOption = DEFAULT_DATA,
) -> None:
    """历史 — every recovery that there was, signed by the key centre."""
    require_new(out)
    with opened(data) as service:
        write_new(out, service.recoveries.history())
    say(f"[green]✔[/] {plain(out)}")


@app.command()
def drill(
    agent: AgentsOption,
    passphrase_file: PassphrasesOption = None,
    sample: Annotated[int, typer.Option(help="how many keys", min=1, max=1000)] = 3,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """演练 — recover a sample to a key that is forgotten at once, and compare.

    Goes the way of every recovery: log, holders' notices, agents' keys.
    """
    agents = _agents(agent, passphrase_file)
    with opened(data) as service:
        outcome = drill_keys(
            service.recoveries,
            escrowed_keys(service.database),
            agents,
            spki_of=lambda key_id: certified_key(service.database, key_id),
            sample=sample,
            by=CONSOLE,
        )
    _report(outcome, as_json)


def _report(outcome: tuple[Drilled, ...], as_json: bool) -> None:
    good = all(one.passed for one in outcome)
    if as_json:
        rows = [{"key_id": one.key_id, "passed": one.passed, "code": one.code} for one in outcome]
        print_json({"passed": good and bool(outcome), "keys": rows})
    elif not outcome:
        say("没有托管的密钥 no escrowed keys")
    for one in () if as_json else outcome:
        mark = "[green]✔[/]" if one.passed else "[bold red]✘[/]"
        say(f"{mark} {one.key_id}  {plain(one.code)}")
    if not good:
        raise typer.Exit(1)


def _agents(files: list[Path], passphrases: list[Path] | None) -> dict[str, SoftwareKey]:
    """The keys of agents by name: the file's name without its ending."""
    given = passphrases or []
    if given and len(given) != len(files):
        raise refuse("每个 --agent 须有一个 --passphrase-file one for each --agent", "give both in one order")
    found: dict[str, SoftwareKey] = {}
    for number, file in enumerate(files):
        passphrase = read_input(given[number], _MOST).decode("utf-8", "replace").strip() if given else None
        with plain_errors():
            found[file.stem] = _key(read_input(file, _MOST), passphrase)
    return found


def _key(content: bytes, passphrase: str | None) -> SoftwareKey:
    with contextlib.suppress(KeysError):
        return read_key_file(content, passphrase or "")[0]
    return parse_private_key(content, passphrase)


def _facts(one: Recovery) -> dict[str, object]:
    return {
        "recovery_id": one.recovery_id,
        "key_id": one.owner.key_id,
        "bundle_id": one.owner.bundle_id,
        "purpose": one.purpose.value,
        "state": one.state(datetime.now(UTC)),
        "requested_by": one.requested_by,
        "reason": one.reason,
        "request_sha256": one.request_sha256,
        "ledger_index": one.entry_index,
        "expires_at": one.expires_at.isoformat(),
        "approved_by": list(one.approved_by),
    }


def _show(one: Recovery, as_json: bool) -> None:
    facts = _facts(one)
    if as_json:
        print_json(facts)
        return
    for label, value in facts.items():
        shown = ", ".join(value) if isinstance(value, list) else value
        if shown:
            say(f"{label:<16}{plain(shown)}")
