# SPDX-License-Identifier: Apache-2.0
"""``yinxin monitor``: one process serves the log, another follows it; a log of yesterday contradicts it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import httpx
import pytest

from api.demo.serving import COMMAND, free_port
from api.wiring import open_service

E12 = "91511300DEM001121R"
BAD = {
    "key": "B1",
    "subject": E12,
    "kind": "bad",
    "code": "LX-FALSE-PERF",
    "text": "申报虚假业绩",
    "authority": "省厅(演示)",
    "decision_no": "演建罚字〔2026〕3号",
    "decided": "2026-05-26",
    "public_until": "2027-05-26",
}


@contextmanager
def running(*arguments: object, out: int = subprocess.DEVNULL) -> Iterator[subprocess.Popen[str]]:
    """A process of the command, ended with the block."""
    command = [*COMMAND, *(str(one) for one in arguments)]
    environment = {**os.environ, "NO_PROXY": "*"}
    with subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL, text=True, env=environment) as one:
        try:
            yield one
        finally:
            one.terminate()


def until(lines: IO[str] | None, name: str) -> dict[str, Any]:
    """The next event that has this member."""
    assert lines is not None
    for line in lines:
        value: dict[str, Any] = json.loads(line)
        assert not {"alarm", "unreachable"} & value.keys(), value
        if name in value:
            return value
    raise AssertionError(f"ended without {name}")


@pytest.fixture
def served(copied: Path) -> Iterator[str]:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with running("serve", "--data", copied, "--port", port) as service:
        for _ in range(600):
            try:
                httpx.get(f"{address}/healthz", trust_env=False)
                break
            except httpx.TransportError:
                assert service.poll() is None
                time.sleep(0.1)
        yield address


@pytest.mark.timeout(600)
def test_a_monitor_beside_a_service(yinxin: Any, copied: Path, served: str, tmp_path: Path) -> None:
    """A new record reaches the watcher with its proof, the sheet is complete, a log of yesterday alarms."""
    trust, folder = tmp_path / "trust-list.json", tmp_path / "monitor"
    trust.write_bytes(httpx.get(f"{served}/trust-list.json", trust_env=False).content)
    named = ("--name", "monitor.example", "--trust", trust)
    told = ("--watch", E12, "--objection", "https://example.org/?s={subject}", "--json")
    ran = yinxin("monitor", "init", folder, "--log", f"{served}/log", *named, *told)
    assert (ran.code, len(ran.json["keys"])) == (0, 2), ran.err
    assert yinxin("monitor", "init", folder, "--log", "x", *named).code == 1
    with running("monitor", "run", folder, "--every", 0.3, out=subprocess.PIPE) as follower:
        first = until(follower.stdout, "size")
        shutil.copytree(folder / "copy", tmp_path / "yesterday")
        service = open_service(copied)
        entry = service.records.enter("credit", "conduct", "B1", BAD, by="test").ledger_index
        issued = service.sheets.print("credit_sheet", E12, {"purpose": "投标"})
        (tmp_path / "sheet.pdf").write_bytes(service.library.file(issued.document_id))
        service.close()
        notice = until(follower.stdout, "notice")
        while until(follower.stdout, "size")["size"] <= issued.ledger_index:
            pass
        follower.terminate()
        assert (follower.wait(30), notice["subject"]) == (0, E12)
    assert Path(notice["notice"]).name == f"{E12}-{entry}.notice"
    (report,) = yinxin("verify", notice["notice"], "--trust", trust, "--json").json
    assert [one["indication"] for one in report["signatures"]] == ["TOTAL-PASSED", "INDETERMINATE"]
    assert (report["kind"], report["facts"]["index"]) == ("log-notice", entry)
    ran = yinxin("monitor", "sheet", folder, tmp_path / "sheet.pdf", "--json")
    assert (ran.code, ran.json["sequence"], ran.json["faults"]) == (0, 1, [])
    ran = yinxin("monitor", "once", folder, "--log", tmp_path / "yesterday", "--json")
    assert (ran.code, json.loads(ran.out.splitlines()[0])["alarm"]) == (1, "ROLLBACK")
    assert first["size"] <= entry
    assert "ROLLBACK" in (folder / "alarms.jsonl").read_text("utf-8")
    assert yinxin("monitor", "once", folder, "--whole").code == 0
    assert yinxin("monitor", "compare", folder, tmp_path / "yesterday" / "checkpoint").code == 0
    assert yinxin("monitor", "compare", folder, trust).code == 2
    assert yinxin("monitor", "once", folder, "--log", tmp_path / "nowhere").code == 2
    (folder / "state.json").unlink()
    lost = yinxin("monitor", "once", folder)
    assert (lost.code, "damaged" in lost.err) == (2, True)
