# SPDX-License-Identifier: Apache-2.0
"""The service under demonstration: initialised and started with the same commands that an operator uses."""

from __future__ import annotations

import contextlib
import io
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import httpx

COMMAND = (sys.executable, "-c", "from api.cli import main; main()")
START_SECONDS = 240
"""Long, for a machine where all else runs as well: a service that died is seen at once, not by waiting."""


class ServiceDied(Exception):
    """The service did not come up; the message holds its last words."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


def command(*arguments: str | Path, cwd: Path | None = None) -> Told:
    """Run ``yinxin …`` as a person at a shell would."""
    ran = subprocess.run(  # noqa: S603 (our own command)
        [*COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=cwd,
        check=False,
    )
    return Told(ran.returncode, ran.stdout, ran.stderr)


Run: TypeAlias = Callable[[list[str]], object]
"""The command line of this very process; it ends with :class:`SystemExit` as a process would."""


def told_here(run: Run, *arguments: str | Path) -> Told:
    """The same command, same arguments, output and exit code, in this process.

    A process of its own spends most of its time on starting: the demo has two dozen commands.
    """
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            run(list(map(str, arguments)))
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
    return Told(code, *(one.buffer.getvalue().decode() for one in (out, err)))


def free_port() -> int:
    """A loopback port that nobody listens on at this moment."""
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(data: Path, url: str, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The service over ``data`` in a process of its own, up when this yields, gone when it ends."""
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 (our own command)
            [*COMMAND, "serve", "--data", str(data)], stdout=output, stderr=subprocess.STDOUT
        )
        try:
            _wait(process, url, log)
            yield process
        finally:
            process.terminate()
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise ServiceDied(f"exit code {process.returncode}: {last_words(log)}")
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"{url}/healthz", timeout=2, trust_env=False).status_code == 200:
                return
        time.sleep(0.1)
    raise ServiceDied(f"not up after {START_SECONDS} s: {last_words(log)}")


def last_words(log: Path, lines: int = 8) -> str:
    """The end of the service's output."""
    return "\n".join(log.read_text("utf-8", "replace").splitlines()[-lines:])


def arguments(values: Sequence[str]) -> str:
    """A command line to show to a person."""
    return " ".join(["yinxin", *values])
