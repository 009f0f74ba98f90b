# SPDX-License-Identifier: Apache-2.0
"""``yinxin monitor``: follow a public log, alarm, keep a copy, tell whom it concerns.

Exit codes of ``once`` and ``run``: 0 quiet, 1 alarm, 2 the log could not be read.  A monitor should run at
another body than the log; it needs the trust list, the address of the log and a folder of its own.
"""

from __future__ import annotations

import json
import signal
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from verify import (
    Json,
    JsonMalformed,
    LogEntryMalformed,
    LogKey,
    NoteMalformed,
    VerifyError,
    check_history,
    entries_from_tiles,
    load_trust,
    parse_history,
    parse_json,
    parse_log_entry,
    parse_log_key,
    parse_uscc,
    parse_witness_key,
    read_attachment,
)

from ..monitor import LogUnreachable, Monitor, MonitorPlan, Round
from ..monitor.adapters import MonitorFolder, Remembered, alarm_line, open_source, public_keys
from ..wiring.monitor import make_monitor, open_monitor
from .files import read_input
from .output import JsonOption, complaints, explain, plain, plain_errors, print_json, refuse, say

app = typer.Typer(
    help="监测公开日志 monitor a public log: init, once, run, compare, sheet.", no_args_is_help=True
)

UNREADABLE = 2
MOST_BYTES = 200 * 1024 * 1024
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="folder of the monitor")]


@app.command()
def init(
    folder: Folder,
    log: Annotated[
        str, typer.Option(help="address of the log, such as https://host/log, or a folder with its files")
    ],
    name: Annotated[str, typer.Option(help="name of this monitor, such as monitor.example.org")],
    trust: Annotated[
        list[Path] | None, typer.Option(help="signed trust list that names the log's keys and witnesses")
    ] = None,
    log_key: Annotated[
        list[str] | None, typer.Option(help="key of the log, NAME+ID+BASE64; every one that signs")
    ] = None,
    witness: Annotated[list[str] | None, typer.Option(help="key of a witness, NAME+ID+BASE64")] = None,
    quorum: Annotated[
        int | None, typer.Option(help="so many witnesses must cosign; the trust list's by default", min=0)
    ] = None,
    watch: Annotated[
        list[str] | None, typer.Option(help="credit code: each new entry about it gives a signed notice")
    ] = None,
    objection: Annotated[
        str, typer.Option(help="where to object, put into notices; {subject} and {entry} are filled in")
    ] = "",
    interval: Annotated[
        int, typer.Option(help="seconds within which the log promises a new head; twice that is stale", min=1)
    ] = 86400,
    most_an_hour: Annotated[
        int, typer.Option(help="entries of one kind in an hour: more is unusual", min=1)
    ] = 1000,
    most_a_subject: Annotated[
        int, typer.Option(help="entries about one enterprise in a day: more is unusual", min=1)
    ] = 50,
    as_json: JsonOption = False,
) -> None:
    """建立监测 — make a monitor with keys of its own; the log is not asked yet.

    What it prints are its public keys: whoever lists them as a witness believes its word.
    """
    try:
        known = load_trust(
            [(str(one), read_input(one, MOST_BYTES)) for one in trust or ()], datetime.now(UTC)
        )
        keys = (*known.log_keys, *(parse_log_key(one) for one in log_key or ()))
        witnesses = (*known.witnesses, *(parse_witness_key(one) for one in witness or ()))
        watched = tuple(str(parse_uscc(one)) for one in watch or ())
    except VerifyError as error:
        raise refuse(
            f"不能使用 not usable: {error}", "check --trust, --log-key, --witness and --watch"
        ) from error
    plan = MonitorPlan(
        log_keys=_of_one_log(keys),
        witnesses=witnesses,
        quorum=known.quorum if quorum is None else quorum,
        interval=timedelta(seconds=interval),
        watched=watched,
        objection=objection,
        most_an_hour=most_an_hour,
        most_a_subject=most_a_subject,
    )
    with plain_errors():
        made = make_monitor(folder, Remembered(name, log, plan))
    lines = public_keys(made.public)
    if as_json:
        print_json({"folder": str(folder), "name": name, "keys": list(lines)})
        return
    say(f"[green]✔[/] {plain(folder)}  监测方 monitor {plain(name)}")
    for line in lines:
        explain(plain(line), indent=4)


def _of_one_log(keys: tuple[LogKey, ...]) -> tuple[LogKey, ...]:
    names = {one.name for one in keys}
    if len(names) != 1:
        listed = ", ".join(sorted(names)) or "none"
        raise refuse(
            f"需要恰好一个日志的密钥 the keys of exactly one log are needed, not of: {listed}",
            "name its keys with --log-key, or a trust list that lists this log with --trust",
        )
    return tuple(dict.fromkeys(keys))


@app.command()
def once(
    folder: Folder,
    log: Annotated[str | None, typer.Option(help="read the log here this time")] = None,
    whole: Annotated[
        bool, typer.Option("--whole", help="fetch every entry again, also those seen before")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """看一次 — look once: new head, consistency, entries, alarms, notices.

    Exit code: 0 quiet, 1 alarm, 2 the log could not be read. With --json one line of JSON
    for each alarm and notice and a last one for the look.
    """
    with plain_errors(code=UNREADABLE):
        monitor, place, remembered = open_monitor(folder)
        code = _look(monitor, place, log or remembered.log, whole=whole, as_json=as_json)
    raise typer.Exit(code)


@app.command()
def run(
    folder: Folder,
    every: Annotated[float, typer.Option(help="seconds from one look to the next", min=0.05)] = 60.0,
    times: Annotated[int | None, typer.Option(help="end after so many looks", min=1)] = None,
    log: Annotated[str | None, typer.Option(help="read the log here")] = None,
) -> None:
    """持续监测 — look again and again; lines of JSON on standard output, one for each event.

    Ends on SIGINT or SIGTERM. Exit code: 1 when there was any alarm, 2 when the last look
    could not read the log, 0 otherwise.
    """
    ended = threading.Event()
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, lambda *_: ended.set())
    with plain_errors(code=UNREADABLE):
        monitor, place, remembered = open_monitor(folder)
    worst, last, done = 0, 0, 0
    while not ended.is_set():
        with plain_errors(code=UNREADABLE):
            last = _look(monitor, place, log or remembered.log, whole=False, as_json=True)
        worst, done = max(worst, last & 1), done + 1
        if done == times:
            break
        ended.wait(every)
    raise typer.Exit(worst or last)


def _look(monitor: Monitor, place: MonitorFolder, log: str, *, whole: bool, as_json: bool) -> int:
    at = monitor.clock()
    try:
        with open_source(log) as fetch:
            made = monitor.look(fetch, whole=whole)
    except LogUnreachable as error:
        if as_json:
            _line({"unreachable": error.where, "zh": error.zh, "en": error.en})
        else:
            complaints.print(f"[yellow]?[/] {plain(error)}", soft_wrap=True)
        return UNREADABLE
    notices = place.record(made, monitor.state, at)
    if as_json:
        for alarm in made.alarms:
            typer.echo(alarm_line(alarm, at))
        for (subject, _), path in zip(made.notices, notices, strict=True):
            _line({"notice": str(path), "subject": subject})
        _line({"size": made.size, "fresh": made.fresh, "alarms": len(made.alarms), "notices": len(notices)})
        return 1 if made.alarms else 0
    for alarm in made.alarms:
        say(f"[red]✘ {alarm.code.value}[/]  {plain(alarm.zh)}")
        explain(plain(alarm.en), indent=4)
    for path in notices:
        say(f"[yellow]●[/] 通知 notice  {plain(path)}")
    mark = "[red]✘ 报警 alarm[/]" if made.alarms else "[green]✔ 正常 quiet[/]"
    say(f"{mark}  {made.size} entries, {made.fresh} new, {len(made.alarms)} alarms, {len(notices)} notices")
    return 1 if made.alarms else 0


def _line(value: dict[str, Json]) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False))


@app.command()
def compare(
    folder: Folder,
    view: Annotated[Path, typer.Argument(metavar="VIEW", help="checkpoint or view that somebody else saw")],
    as_json: JsonOption = False,
) -> None:
    """核对他方所见 — hold a head that another monitor or reader saw against the own copy of the log.

    Exit code: 0 one history, 1 the log shows two (both heads are kept as evidence), 2 nothing
    can be said.
    """
    content = read_input(view, MOST_BYTES)
    with plain_errors(code=UNREADABLE):
        monitor, place, _ = open_monitor(folder)
        alarm = monitor.compare(content, place.fetch)
        if alarm is not None:
            place.record(Round(monitor.state.size, 0, (alarm,)), monitor.state, monitor.clock())
    if as_json:
        print_json({"log": monitor.state.size, "alarm": None if alarm is None else alarm.code.value})
    elif alarm is None:
        say("[green]✔ 一致 one history[/]")
    else:
        say(f"[red]✘ {alarm.code.value}[/]  {plain(alarm.zh)}")
        explain(plain(alarm.en), indent=4)
    raise typer.Exit(0 if alarm is None else 1)


@app.command()
def sheet(
    folder: Folder,
    file: Annotated[Path, typer.Argument(metavar="PDF", help="a sheet that counts the public log")],
    as_json: JsonOption = False,
) -> None:
    """核对完整性 — hold a sheet against the monitor's own copy of the log: was anything left out?

    The seal is judged by `yinxin verify`; this judges the numbers. Exit code: 0 complete, 1 not,
    2 the sheet or the copy says nothing.
    """
    content = read_input(file, MOST_BYTES)
    try:
        record = parse_json(read_attachment(content, "record.json") or b"")
        inner = record.get("record") if isinstance(record, dict) else None
        stated = parse_history(inner.get("history") if isinstance(inner, dict) else None)
    except (JsonMalformed, LogEntryMalformed, VerifyError) as error:
        raise refuse(
            f"{file}: 未载明公开日志编号 it counts no public log: {error}",
            "give the original PDF",
            code=UNREADABLE,
        ) from error
    with plain_errors(code=UNREADABLE):
        place = MonitorFolder(folder)
        size = place.state().size
        leaves = entries_from_tiles(place.fetch, 0, size)
        document = str(record.get("document_id")) if isinstance(record, dict) else ""
        try:
            entries = [parse_log_entry(leaf, index) for index, leaf in leaves]
        except (LogEntryMalformed, NoteMalformed) as error:
            raise refuse(
                f"副本中有不规范条目 the copy has a malformed entry: {error}", "", code=UNREADABLE
            ) from error
        faults = check_history(stated, entries, document_id=document)
    if as_json:
        listed: list[Json] = [
            {"code": one.code, "number": one.number, "zh": one.zh, "en": one.en} for one in faults
        ]
        print_json({"subject": stated.subject, "sequence": stated.sequence, "log": size, "faults": listed})
    else:
        for one in faults:
            say(f"[red]✘ {one.code}[/]  {plain(one.zh)}")
            explain(plain(one.en), indent=4)
        mark = "[red]✘ 不完整 incomplete[/]" if faults else "[green]✔ 完整 complete[/]"
        say(f"{mark}  {plain(stated.subject)} 1–{stated.sequence}")
    raise typer.Exit(1 if faults else 0)
