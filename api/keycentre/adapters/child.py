# SPDX-License-Identifier: Apache-2.0
"""An embedded key centre: a child process, started when it is missed and again whenever it dies.

It ends with us: its standard input is a pipe that we never write to, and it leaves when that pipe is closed,
whatever became of us.
"""

from __future__ import annotations

import contextlib
import logging
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

TAKEN: Final = 75
"""Exit code of a centre that found another one running: that one is used."""
_SHORTEST, _LONGEST = 0.2, 5.0
_STEADY = 10.0
_END = 5.0
_log = logging.getLogger("yinxin.keycentre")


class EmbeddedCentre:
    """Keeps one child process alive from :meth:`start` to :meth:`close`."""

    def __init__(self, command: Sequence[str], folder: Path) -> None:
        self._command, self._folder = tuple(command), folder
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Does nothing while the child is looked after already."""
        with self._lock:
            if self._closed.is_set() or (self._thread is not None and self._thread.is_alive()):
                return
            self._thread = threading.Thread(target=self._look_after, name="key-centre", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """End the child and wait for its end."""
        self._closed.set()
        with self._lock:
            thread, process = self._thread, self._process
            if process is not None:
                _end(process)
        if thread is not None:
            thread.join(_END)

    @property
    def pid(self) -> int | None:
        """The child's, while there is one."""
        with self._lock:
            return None if self._process is None else self._process.pid

    def _look_after(self) -> None:
        pause = _SHORTEST
        while not self._closed.is_set():
            started = time.monotonic()
            process = self._launch()
            if process is None:
                return
            code = process.wait()
            with self._lock:
                self._process = None
            if process.stdin is not None:
                process.stdin.close()
            if code == TAKEN or self._closed.is_set():
                return
            _log.error("the key centre ended and is started again", extra={"code": str(code)})
            pause = _SHORTEST if time.monotonic() - started > _STEADY else min(2 * pause, _LONGEST)
            self._closed.wait(pause)

    def _launch(self) -> subprocess.Popen[bytes] | None:
        with self._lock:
            if self._closed.is_set():
                return None
            try:
                self._process = subprocess.Popen(  # noqa: S603 (our own interpreter and command)
                    self._command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, cwd=self._folder
                )
            except OSError:
                _log.exception("the key centre cannot be started")
                return None
            return self._process


def ends_with(parent: Callable[[], bytes], stop: Callable[[], None]) -> None:
    """In the child: call ``stop`` when the parent's end of the pipe is closed."""

    def wait() -> None:
        while parent():
            pass
        stop()

    threading.Thread(target=wait, name="parent", daemon=True).start()


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        with contextlib.suppress(OSError):
            process.stdin.close()
    with contextlib.suppress(OSError):
        process.terminate()
    try:
        process.wait(_END)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
