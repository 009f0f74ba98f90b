# SPDX-License-Identifier: Apache-2.0
"""``yinxin witness init|keys|once|run|serve``: cosign the heads of a log that another body runs.

Exit codes of ``once``: 0 cosigned, 1 the head was refused — a rollback or a fork, see the folder
``refused`` — and 2 the log could not be read or did not take the cosignatures.
"""

from __future__ import annotations

import signal
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import httpx
import typer

from verify import Fetch, NoteMalformed, TileMissing, encode_witness_key, parse_log_key

from ..monitor import LogUnreachable
from ..monitor.adapters import open_source
from ..wiring.witness import found_witness, open_witness
from ..witness import (
    HeadRefused,
    LogUnknown,
    Seen,
    Witness,
    WitnessDamaged,
    WitnessFolder,
    WitnessPlan,
    create_witness_app,
)
from .output import JsonOption, explain, plain, plain_errors, print_json, refuse, say

app = typer.Typer(
    help="见证公开日志 witness a log of another body: init, keys, once, run, serve.", no_args_is_help=True
)
UNREADABLE = 2
PATIENCE_SECONDS = 30.0
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="folder of the witness")]
Log = Annotated[
    str, typer.Option(help="address of the log, such as https://host/log, or a folder with its files")
]
Post = Annotated[bool, typer.Option(help="send cosignatures to the log; --no-post only prints them")]


@app.command()
def init(
    folder: Folder,
    name: Annotated[str, typer.Option(help="name of this witness, such as witness.example.org/audit")],
    log_key: Annotated[
        list[str], typer.Option(help="a key of the log as yinxin log keys prints it; give all of them")
    ],
    as_json: JsonOption = False,
) -> None:
    """建立见证方 — make a folder with two fresh keys, in a vault of its own.

    The keys that are printed go into the settings of the log (section log,
    witnesses) and into the trust list of whoever relies on this witness.
    """
    try:
        keys = tuple(parse_log_key(one.strip()) for one in log_key)
        made = found_witness(folder, WitnessPlan(name, keys))
    except NoteMalformed as error:
        raise refuse(str(error), "yinxin log keys prints the keys of a log") from error
    except WitnessDamaged as error:
        raise refuse(str(error), "choose an empty folder") from error
    _print_keys(made, as_json)


@app.command()
def keys(folder: Folder, as_json: JsonOption = False) -> None:
    """公钥 — the keys of this witness, one a line."""
    _print_keys(tuple(encode_witness_key(key) for key in _opened(folder).keys.public()), as_json)


@app.command()
def once(folder: Folder, log: Log, post: Post = True, as_json: JsonOption = False) -> None:
    """见证一次 — look at the newest head, and cosign it if it extends what was cosigned before."""
    witness = _opened(folder)
    try:
        with WitnessFolder(folder).alone(), open_source(log) as fetch:
            seen = witness.look(fetch)
        if post and log.startswith(("http://", "https://")):
            _send(log, seen)
    except HeadRefused as error:
        explain(plain(error.evidence), indent=2)
        raise refuse(str(error), error.todo) from error
    except (LogUnknown, WitnessDamaged) as error:
        raise refuse(str(error), error.todo) from error
    except LogUnreachable as error:
        raise refuse(str(error), "nothing was said about the log; try again", code=UNREADABLE) from error
    except TileMissing as error:
        raise refuse(
            str(error), "try again; a log serves what its checkpoint states", code=UNREADABLE
        ) from error
    _tell(seen, as_json)


@app.command()
def run(
    folder: Folder,
    log: Log,
    every: Annotated[float, typer.Option(help="seconds between two looks", min=1.0)] = 60.0,
    post: Post = True,
) -> None:
    """持续见证 — look again and again until told to stop; ends at once when the log contradicts itself.

    Ends on SIGINT or SIGTERM, after the look that it is at.
    """
    told = threading.Event()
    for one in (signal.SIGINT, signal.SIGTERM):
        # Set here: whoever starts it in the background may have told it to ignore SIGINT.
        signal.signal(one, lambda *_: told.set())
    while not told.is_set():
        try:
            once(folder, log, post=post, as_json=False)
        except typer.Exit as ended:
            if ended.exit_code != UNREADABLE:
                raise
        told.wait(every)


@app.command()
def serve(
    folder: Folder,
    port: Annotated[int, typer.Option(help="port to listen on", min=1, max=65535)],
    host: Annotated[str, typer.Option(help="address to listen on; put TLS in front")] = "127.0.0.1",
    log: Annotated[
        list[str] | None,
        typer.Option(help="ORIGIN=ADDRESS of a log: its SM3 tiles are read, and SM2 signs as well"),
    ] = None,
) -> None:
    """见证服务 — answer logs that send their heads (C2SP tlog-witness, add-checkpoint)."""
    import uvicorn

    witness = _opened(folder)
    sources = {origin: _source(address) for origin, address in (_pair(one) for one in log or ())}
    application = create_witness_app(witness, WitnessFolder(folder), sources=sources)
    with plain_errors():
        uvicorn.run(application, host=host, port=port, log_level="warning", server_header=False)


def _opened(folder: Path) -> Witness:
    try:
        return open_witness(folder, clock=lambda: datetime.now(UTC))
    except WitnessDamaged as error:
        raise refuse(str(error), error.todo) from error


def _pair(text: str) -> tuple[str, str]:
    origin, cut, address = text.partition("=")
    if not cut:
        raise refuse(f"{text}: ORIGIN=ADDRESS", "write the origin line of the log, =, and its address")
    return origin, address


def _source(address: str) -> Fetch:
    """Tiles that cannot be had now are not there: the head is judged without the SM3 tree."""

    def fetch(path: str) -> bytes:
        try:
            with open_source(address) as source:
                return source(path)
        except LogUnreachable:
            raise TileMissing(path) from None

    return fetch


def _send(log: str, seen: Seen) -> None:
    address = f"{log.rstrip('/')}/cosignatures"
    try:
        answer = httpx.post(address, content=seen.note.encode(), timeout=PATIENCE_SECONDS, trust_env=False)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise LogUnreachable(address, type(error).__name__) from error
    if answer.status_code >= 400:
        raise refuse(
            f"日志没有接受联署 the log did not take the cosignatures: {address} said {answer.status_code}",
            "the log lists the keys of this witness (yinxin witness keys) in its settings, section log",
            code=UNREADABLE,
        )


def _print_keys(made: tuple[str, ...], as_json: bool) -> None:
    if as_json:
        print_json({"keys": list(made)})
        return
    for line in made:
        typer.echo(line)


def _tell(seen: Seen, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "origin": seen.checkpoint.origin,
                "size": seen.checkpoint.size,
                "root": seen.checkpoint.root.hex(),
                "lines": [line.line()[:-1] for line in seen.lines],
            }
        )
        return
    say(f"[green]✔ 已联署 cosigned[/]  {plain(seen.checkpoint.origin)}  {seen.checkpoint.size}")
    for line in seen.lines:
        typer.echo(line.line(), nl=False)
