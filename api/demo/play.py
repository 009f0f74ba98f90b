# SPDX-License-Identifier: Apache-2.0
"""The scenes in order, and what stays behind: artefacts, pictures, ``report.json``, the trust list."""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

from keys import SoftwareKey, write_key_file

from .authority import PASSPHRASE, name_agents, run_authority
from .checking import check
from .filing import approve, file_submission, print_sheets
from .journal import Journal
from .opening import load, logins, open_with
from .seal_life import seal_life
from .sealing import sealing
from .serving import Run, ServiceDied, command, free_port, running
from .stage import Stage, now
from .tampering import tamper

MARKER = "report.json"
SCENES = (
    load,
    logins,
    file_submission,
    approve,
    print_sheets,
    check,
    run_authority,
    seal_life,
    sealing,
    tamper,
)
PLAYERS = ("H01", "E01", "H02", "H10", "H12")


class OutputTaken(Exception):
    """The output folder holds something that is not an earlier demo."""


@dataclass(frozen=True, slots=True)
class Played:
    """How it went."""

    passed: bool
    table: Table
    report: dict[str, object]


def play(out: Path, console: Console, *, serve: bool = False, run: Run | None = None) -> Played:
    """Play the demo into ``out``; with ``serve`` the service stays up until interrupted.

    ``run``: the command line of this process, which saves starting one for each command.
    """
    _clear(out)
    journal, started = Journal(console), now()
    url = f"http://127.0.0.1:{free_port()}"
    stage = Stage(data=out / "data", out=out, url=url, journal=journal, run=run)
    _finish(stage, started)  # a demo that is broken off can be repeated in the same folder
    journal.start()
    try:
        if journal.step("1.0", "初始化 yinxin init", "exit code 0", lambda: _init(stage)):
            with running(stage.data, url, out / "service.log"):
                _scenes(stage)
                _hand_out_keys(stage)
                _finish(stage, started)
                if serve:
                    _stay(stage, console)
        else:
            _finish(stage, started)
    except ServiceDied as died:
        reason = str(died)
        journal.step("1.0", "启动服务 the service starts", "up", partial(str, reason))
        _finish(stage, started)
    finally:
        journal.stop()
    return Played(journal.passed, journal.table(), _report(stage, started))


def _clear(out: Path) -> None:
    """Use an empty folder, or the folder of an earlier demo; never delete anything else."""
    if out.exists() and any(out.iterdir()):
        if not _is_report(out / MARKER):
            raise OutputTaken(f"{out} is not empty and holds no earlier demo")
        shutil.rmtree(out)
    out.mkdir(parents=True, exist_ok=True)


def _is_report(path: Path) -> bool:
    """Many tools write a report.json; only ours has these members."""
    try:
        report = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(report, dict) and set(report) == {"started", "finished", "passed", "steps"}


def _init(stage: Stage) -> str:
    told = command("init", "--data", stage.data, "--url", stage.url, "--json")
    if told.code == 0:
        name_agents(stage)
    return f"exit code {told.code}" if told.code == 0 else f"exit code {told.code}: {told.err[-400:]}"


def _scenes(stage: Stage) -> None:
    key_file = stage.data / "operator.pem"
    passphrase = (stage.data / "operator.passphrase").read_text("utf-8").strip()
    open_with(stage, key_file, passphrase)
    for scene in SCENES:
        try:
            scene(stage)
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            stage.journal.step(scene.__name__, "场景中断 broke off", "finished", partial(str, reason))


def _report(stage: Stage, started: datetime) -> dict[str, object]:
    return {
        "started": started.isoformat(timespec="seconds"),
        "finished": now().isoformat(timespec="seconds"),
        "passed": stage.journal.passed,
        "steps": [row.as_json() for row in stage.journal.rows],
    }


def _finish(stage: Stage, started: datetime) -> None:
    report = _report(stage, started)
    (stage.out / MARKER).write_text(json.dumps(report, ensure_ascii=False, indent=2) + "\n", "utf-8")


def _hand_out_keys(stage: Stage) -> None:
    """Key files for whoever wants to log in as one of the fictional people."""
    for key in PLAYERS:
        if key in stage.holders:
            holder = stage.holders[key]
            assert isinstance(holder.signer, SoftwareKey)
            content = write_key_file(holder.signer, [holder.certificate], PASSPHRASE)
            stage.keep(f"keys/INSECURE-{key}.pem", content)


def _stay(stage: Stage, console: Console) -> None:
    stage.journal.stop()
    console.print(stage.journal.table())
    sheet = stage.documents.get("sheet-E12", {})
    console.print(f"服务运行中 serving: [bold]{stage.url}[/]  (Ctrl-C 结束 stops it)")
    console.print(f"  公开查验页 live page: {sheet.get('public_url', stage.url)}", soft_wrap=True)
    console.print(f"  运营员密钥 operator key: {stage.data / 'operator.pem'}", soft_wrap=True)
    keys = f"{stage.out / 'keys'}/INSECURE-*.pem"
    console.print(f"  登录密钥 keys to log in with: {keys}, 口令 passphrase {PASSPHRASE}", soft_wrap=True)
    console.print(
        "  李样一 H01 代表 for E01 91510100DEM001017Y (签章用 seal with E01) · 徐样十 H10 机关 officer",
        soft_wrap=True,
    )
    try:
        while True:
            time.sleep(1)
    except KeyboardInterrupt:
        console.print("已停止 stopped")
