# SPDX-License-Identifier: Apache-2.0
"""``yinxin serve`` in a process of its own: up, answering, gone when it is told to."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.demo.serving import COMMAND, command, free_port
from api.wiring import open_service


@contextmanager
def served(data: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    """The service, up when this yields, killed at the latest when it ends."""
    process = subprocess.Popen(
        [*COMMAND, "serve", "--data", str(data), "--port", str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    )
    try:
        deadline = time.monotonic() + 120
        # Certificates of this machine are of no use here, and reading them for every question takes long.
        with httpx.Client(timeout=5, trust_env=False, verify=False) as client:
            while time.monotonic() < deadline and process.poll() is None:
                try:
                    client.get(f"http://127.0.0.1:{port}/healthz").raise_for_status()
                    break
                except httpx.HTTPError:
                    time.sleep(0.1)
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.slow
@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_starts_answers_and_stops(made: Path, told: signal.Signals) -> None:
    """The exit code of a service that was told to stop, and no traceback among its last words."""
    port = free_port()
    with served(made, port) as process:
        answer = httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False)
        assert answer.json()["status"] == "ok"
        process.send_signal(told)
        said, _ = process.communicate(timeout=30)
        assert process.returncode in (0, 143, -signal.SIGTERM), said
    assert "Traceback" not in said
    assert "Application shutdown complete" in said


@pytest.mark.slow
def test_a_second_service_on_the_same_port(copied: Path) -> None:
    """It says so, with what to do, and leaves what the first one is doing alone."""
    port = free_port()
    with served(copied, port) as first:
        service = open_service(copied)
        intent = service.intents.open("test.act", {})
        ran = command("serve", "--data", copied, "--port", str(port))
        assert ran.code == 1
        assert f"cannot listen on 127.0.0.1:{port}" in ran.err
        assert "--port" in ran.err
        assert "Traceback" not in ran.err + ran.out
        assert first.poll() is None
        with service.ledger.transaction() as tx:
            service.intents.close(tx, intent, "done")  # still open: nobody called it abandoned
        service.close()


def test_an_unknown_setting_is_named(copied: Path, yinxin: Any) -> None:
    settings = copied / "yinxin.toml"
    settings.write_text(settings.read_text("utf-8").replace("\nhost =", "\nhosts ="), "utf-8")
    ran = yinxin("serve", "--data", copied)
    assert ran.code == 1
    assert "[service] hosts" in ran.err
    assert "write [service] host" in ran.err


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda data: (data / "yinxin.db").unlink(), "is missing"),
        (lambda data: (data / "yinxin.db").write_bytes(b""), "is empty"),
        (lambda data: (data / "yinxin.db").write_bytes(b"no database" * 1000), "cannot be opened"),
        (lambda data: (data / "vault.passphrase").write_text("\n"), "is empty"),
        (lambda data: (data / "vault.passphrase").unlink(), "cannot read"),
        (lambda data: (data / "vault.passphrase").write_text("wrong"), "does not open this vault"),
        (lambda data: (data / "vault" / "vault.json").unlink(), "there is no vault"),
        (lambda data: (data / "vault" / "key-log-sm2.json").unlink(), "under the label 'log-sm2'"),
        (lambda data: (data / "yinxin.toml").write_text("[service"), "is not TOML"),
        (lambda data: (data / "yinxin.toml").unlink(), "no data directory"),
    ],
)
def test_a_damaged_directory_is_explained(copied: Path, yinxin: Any, damage: Any, said: str) -> None:
    """One sentence and what to do; nothing is made anew in the place of what is gone."""
    damage(copied)
    before = names(copied)
    ran = yinxin("serve", "--data", copied, "--port", free_port())
    assert ran.code == 1
    assert said in ran.err.replace("\n", " ")
    assert "→" in ran.err
    assert names(copied) == before


def names(data: Path) -> set[str]:
    """Every file; the journals of the database come and go."""
    return {one.name for one in data.rglob("*") if not one.name.startswith("yinxin.db-")}


@pytest.mark.parametrize("host", ["300.1.1.1", "no.such.host.invalid", "256.256.256.256", "é" * 70])
def test_an_address_that_is_none(made: Path, yinxin: Any, host: str) -> None:
    ran = yinxin("serve", "--data", made, "--host", host)
    assert (ran.code, "cannot listen on" in ran.err) == (1, True)
