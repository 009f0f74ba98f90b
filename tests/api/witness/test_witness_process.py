# SPDX-License-Identifier: Apache-2.0
"""The witness as whoever runs it has it: a process of its own, with its own vault, that is told to stop."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from api.demo.serving import free_port
from api.ledger import Ledger, LogSigners
from api.wiring.witness import found_witness
from api.witness import WitnessPlan
from verify import (
    LogKey,
    WitnessSubmission,
    add_cosignatures,
    consistency_from_tiles,
    parse_note,
    parse_signature,
    parse_witness_key,
    require_quorum,
)

START = "from api.cli import main; main()"
PATIENCE = 60.0


class _Door(SimpleHTTPRequestHandler):
    """The folder of the log, and where cosignatures go."""

    taken: Callable[[bytes], None]

    def do_POST(self) -> None:
        type(self).taken(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.mark.slow
def test_run_and_serve_as_processes(ledger: Ledger, log_signers: LogSigners, tmp_path: Path) -> None:
    """``run`` cosigns one head after the other, then ``serve`` goes on from what ``run`` kept."""
    public = Ed25519PrivateKey.from_private_bytes(log_signers.ed25519).public_key().public_bytes_raw()
    log_keys = (
        LogKey(log_signers.origin, "ed25519", public),
        LogKey(log_signers.origin, "sm2", log_signers.sm2.public_key.spki),
    )
    folder, site = tmp_path / "witness", tmp_path / "site"
    lines = found_witness(folder, WitnessPlan("witness.example/audit", log_keys), scrypt_n=2**14)
    keys = [parse_witness_key(line) for line in lines]
    publisher = ledger.publisher(site / "log")
    taken: list[bytes] = []

    def take(note: bytes) -> None:
        ledger.take_cosignatures(note, keys)
        taken.append(note)

    def grow() -> bytes:
        with ledger.transaction() as tx:
            for number in range(5):
                tx.append("a.b", {"n": number})
        publisher.publish()
        return publisher.files.note() or b""

    grow()
    handler = type("Door", (_Door,), {"taken": staticmethod(take)})
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(site)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    log = f"http://127.0.0.1:{server.server_port}/log"
    port = free_port()
    try:
        with _witness("run", str(folder), "--log", log, "--every", "1") as process:
            _wait(process, lambda: bool(taken))
            grow()
            size = ledger.size()
            _wait(process, lambda: f"\n{size}\n".encode() in taken[-1])
            _stop(process)
        proof = ledger.prove(size - 1, witnessed=True)
        assert len(require_quorum(parse_note(proof.checkpoint), keys, 1, at=datetime.now(UTC))) == 2

        note = grow().decode()
        arguments = ("--port", str(port), "--log", f"{log_signers.origin}={log}")
        with _witness("serve", str(folder), *arguments) as process:
            address = f"http://127.0.0.1:{port}/add-checkpoint"
            path = consistency_from_tiles(publisher.files.fetch, size, ledger.size())
            body = WitnessSubmission(size, path, note).encode().encode()
            answers: list[httpx.Response] = []

            def answered() -> bool:
                try:
                    answers.append(httpx.post(address, content=body, trust_env=False, timeout=PATIENCE))
                except httpx.ConnectError:
                    return False
                return True

            _wait(process, answered)
            assert answers[0].status_code == 200, answers[0].text
            added = [parse_signature(line) for line in answers[0].text.splitlines()]
            full = add_cosignatures(parse_note(note), added)
            assert len(require_quorum(full, keys, 1, at=datetime.now(UTC))) == 2
            _stop(process)
    finally:
        server.shutdown()
        server.server_close()
        thread.join(30)


def _witness(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", START, "witness", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def _wait(process: subprocess.Popen[str], there: Callable[[], bool]) -> None:
    """Until it is so; what the process said, when it ended before."""
    end = time.monotonic() + PATIENCE
    while not there():
        if process.poll() is not None or time.monotonic() > end:
            process.kill()
            pytest.fail(f"the witness: {process.communicate()[0]}")
        time.sleep(0.1)


def _stop(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGINT)
    told, _ = process.communicate(timeout=PATIENCE)
    assert "Traceback" not in told, told
