# SPDX-License-Identifier: Apache-2.0
"""``yinxin timestamp`` against a real service, and what ``yinxin verify`` makes of the file."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from api.cli import checkup
from api.demo.serving import free_port
from api.routes import create_app
from api.timestamps import KernelClock
from api.wiring import open_service
from ca import TimestampFailure, make_timestamp_failure


@pytest.fixture(scope="module")
def address(made: Path) -> Iterator[str]:
    service = open_service(made)
    port = free_port()
    config = uvicorn.Config(create_app(service), host="127.0.0.1", port=port, log_config=None)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(15)
    service.close()


@pytest.fixture
def document(tmp_path: Path) -> Path:
    path = tmp_path / "通知.txt"
    path.write_text("市政工程施工许可\n", "utf-8")
    return path


@pytest.fixture(autouse=True)
def _directly(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy between the command and this machine."""
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.mark.parametrize("family", ["sm2", "rsa"])
def test_stamped_and_verified(made: Path, yinxin: Any, address: str, document: Path, family: str) -> None:
    ran = yinxin("timestamp", document, "--url", f"{address}/tsa/{family}", "--json")
    assert ran.code == 0, ran.err
    stamp = Path(ran.json["file"])
    assert stamp == document.with_name("通知.txt.tsr")
    assert ran.json["digest_algorithm"] == {"sm2": "sm3", "rsa": "sha256"}[family]
    checked = yinxin("verify", stamp, "--data", made, "--json")
    assert checked.code == 0, checked.out
    (report,) = checked.json
    assert (report["kind"], report["reasons"][0]["code"]) == ("timestamp", "TIMESTAMP_TRUSTED")
    again = yinxin("timestamp", document, "--url", f"{address}/tsa/{family}")
    assert again.code == 1
    assert "it exists" in again.err


def test_what_the_verdict_depends_on(made: Path, yinxin: Any, address: str, document: Path) -> None:
    """The file beside it, the file that is named, another file, no file, a changed token."""
    stamp = document.parent / "stamp.tsr"
    assert yinxin("timestamp", document, "--url", f"{address}/tsa/sm2", "--out", stamp).code == 0
    alone = yinxin("verify", stamp, "--data", made, "--json")
    assert (alone.code, alone.json[0]["sub_indication"]) == (2, "SIGNED_DATA_NOT_FOUND")
    assert alone.json[0]["reasons"][0]["code"] == "TIMESTAMP_CONTENT_NOT_GIVEN"
    assert yinxin("verify", stamp, "--content", document, "--data", made).code == 0
    other = document.parent / "stamp"
    other.write_text("别的内容", "utf-8")
    assert yinxin("verify", stamp, "--data", made).code == 1
    assert yinxin("verify", stamp, "--content", document.parent / "none", "--data", made).code == 3
    other.unlink()
    changed = bytearray(stamp.read_bytes())
    changed[-1] ^= 1
    stamp.write_bytes(bytes(changed))
    assert yinxin("verify", stamp, "--content", document, "--data", made).code == 1
    stamp.write_bytes(make_timestamp_failure(TimestampFailure.TIME_NOT_AVAILABLE, "时钟 the clock"))
    refused = yinxin("verify", stamp, "--data", made, "--json")
    assert refused.code == 3
    assert "timeNotAvailable: 时钟 the clock" in refused.json[0]["error"]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/tsa/rsa", "badAlg"),
        ("/healthz", "no time-stamping authority"),
        ("/tsa/none", "no time-stamping authority"),
    ],
)
def test_refusals_in_words(yinxin: Any, address: str, document: Path, path: str, said: str) -> None:
    ran = yinxin("timestamp", document, "--url", f"{address}{path}", "--hash", "sm3")
    assert ran.code == 1
    assert said in ran.err
    assert not document.with_name("通知.txt.tsr").exists()


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/tsa/sm2", "no address", "http://[", "ftp://host/tsa"])
def test_nobody_answers(yinxin: Any, document: Path, url: str) -> None:
    ran = yinxin("timestamp", document, "--url", url)
    assert ran.code == 1
    assert "cannot be reached" in ran.err


@pytest.mark.parametrize(
    ("said", "settings", "level"),
    [
        (KernelClock(True, timedelta(milliseconds=20)), "", "ok"),
        (KernelClock(False, timedelta(seconds=16)), "", "warning"),
        (KernelClock(False, timedelta(seconds=16)), "require_synchronised", "problem"),
        (KernelClock(True, timedelta(seconds=1)), "max_error_ms", "problem"),
        (None, "require_synchronised", "problem"),
    ],
)
def test_the_doctor_looks_at_the_clock(
    copied: Path, yinxin: Any, monkeypatch: pytest.MonkeyPatch, said: Any, settings: str, level: str
) -> None:
    monkeypatch.setattr(checkup, "kernel_clock", lambda: said)
    path = copied / "yinxin.toml"
    text = path.read_text("utf-8")
    if settings == "require_synchronised":
        text = text.replace("require_synchronised = false", "require_synchronised = true")
    if settings == "max_error_ms":
        text = text.replace("max_error_ms = 0", "max_error_ms = 500")
    path.write_text(text, "utf-8")
    notes = [one for one in yinxin("doctor", "--data", copied, "--json").json if "clock" in one["what"]]
    assert [one["level"] for one in notes] == [level], notes
