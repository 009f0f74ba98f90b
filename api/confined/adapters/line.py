# SPDX-License-Identifier: Apache-2.0
"""One process that checks, and the wire to it."""

from __future__ import annotations

import contextlib
import os
import pickle
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from verify import Trust

from ..parcels import CHECK, LARGEST_ANSWER, TRUST, UNREADABLE, VERDICT, Order, receive, send
from .environment import bare_environment

GRACE: Final = 5
"""Seconds that the other process has beyond the limit of the check before it is ended from here."""


class Line:
    """One other process and the wire to it."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._wire: socket.socket | None = None
        self._knows: Trust | None = None

    def start(self) -> socket.socket:
        """The wire to a process that lives.  Raises :class:`OSError`."""
        if self._wire is not None and self._process is not None and self._process.poll() is None:
            return self._wire
        self.end()
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 (our own command)
                [sys.executable, "-P", "-m", f"{__package__}.worker"],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd=Path(sys.executable).anchor or None,
                env=bare_environment(),
                start_new_session=True,
            )
        self._wire = ours
        return ours

    def ask(
        self, trust: Trust, packed: Callable[[Trust], bytes], order: Order, parts: tuple[bytes, ...]
    ) -> tuple[bytes, bytes]:
        """The answer of the other process.  Raises :class:`WireBroken` and :class:`OSError`."""
        fresh = self._wire is None
        wire = self.start()
        wire.settimeout(order.limits.clock_seconds + GRACE * (4 if fresh else 1))
        with contextlib.suppress(BrokenPipeError):  # an answer may be there already
            if self._knows is not trust:
                send(wire, TRUST, packed(trust))
                self._knows = trust
            send(wire, CHECK, pickle.dumps(order))
            for part in parts:
                wire.sendall(part)
        kind, content = receive(wire, LARGEST_ANSWER)
        if kind not in (UNREADABLE, VERDICT):
            self.end()
        return kind, content

    def end(self) -> None:
        """The process, and the child that checks for it, are gone afterwards."""
        process, wire = self._process, self._wire
        self._process = self._wire = self._knows = None
        if wire is not None:
            wire.close()
        if process is not None:
            with contextlib.suppress(OSError):
                if hasattr(os, "killpg"):
                    os.killpg(process.pid, 9)  # its child too
                else:
                    process.kill()
            process.wait()
