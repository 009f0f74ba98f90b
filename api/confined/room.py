# SPDX-License-Identifier: Apache-2.0
"""Checks files elsewhere: the verdict of :func:`verify.check_file`, within limits, never an error of ours.

A file that takes too long, wants too much memory, or ends the process that reads it gets a verdict too:
INDETERMINATE, with a reason.  Only time and memory are called a limit; every other end, also that of a
process loaded from another version of this program, says nothing of the file.  Safe to share between threads.
"""

from __future__ import annotations

import contextlib
import queue
import threading
from datetime import datetime
from typing import Final

from verify import Indication, Reason, Report, SubIndication, Trust, Unreadable

from .adapters.line import Line
from .errors import ChecksBusy
from .limits import CheckLimits
from .parcels import ENDED, UNREADABLE, VERDICT, Order, WireBroken, pack_trust, unpack_report

WAITING: Final = 4
"""So many files wait for each that is checked."""


class ConfinedChecks:
    """``at_once`` files at the same time; four times as many wait ``patience`` seconds for their turn.

    Whoever comes on top of that is told at once: waiting takes a thread that others need.
    """

    def __init__(
        self, limits: CheckLimits | None = None, *, at_once: int = 2, patience: float = 10.0
    ) -> None:
        self._door = threading.BoundedSemaphore(at_once * (1 + WAITING))
        self.limits, self._patience = limits or CheckLimits(), patience
        self._lines: queue.LifoQueue[Line] = queue.LifoQueue()
        self._packed: tuple[Trust, bytes] | None = None
        self._lock = threading.Lock()
        self._all = [Line() for _ in range(at_once)]
        for line in self._all:
            self._lines.put(line)

    def check(
        self,
        data: bytes,
        *,
        trust: Trust,
        at: datetime,
        name: str = "",
        beside: bytes | None = None,
        codes: bool | None = False,
    ) -> Report:
        """The verdict on a file; ``beside``: the file that a time stamp or detached signature is about;
        ``codes``: those on the pages are judged too (``None``: see :func:`verify.check_file`).

        Raises :class:`verify.Unreadable` and :class:`ChecksBusy`, nothing else.
        """
        if not self._door.acquire(blocking=False):
            raise ChecksBusy(self.limits.clock_seconds)
        try:
            aside = None if beside is None else len(beside)
            order = Order(name, at, self.limits, len(data), aside, codes)
            return self._in_turn(order, trust, (data, beside or b""))
        finally:
            self._door.release()

    def _in_turn(self, order: Order, trust: Trust, parts: tuple[bytes, bytes]) -> Report:
        try:
            line = self._lines.get(timeout=self._patience)
        except queue.Empty:
            raise ChecksBusy(self.limits.clock_seconds) from None
        try:
            kind, content = line.ask(trust, self._trust, order, parts)
            if kind == UNREADABLE:
                raise Unreadable(content.decode("utf-8", "replace"))
            if kind == VERDICT:
                return unpack_report(content)
            return exhausted(self.limits) if kind == ENDED else _broken()
        except TimeoutError:
            line.end()
            return exhausted(self.limits)
        except (WireBroken, OSError):  # it died, or speaks as another version of this program does
            line.end()
            return _broken()
        finally:
            self._lines.put(line)

    def warm(self) -> None:
        """Begin to load the other processes now, so that the first file need not wait for that."""
        with contextlib.suppress(queue.Empty, OSError):
            line = self._lines.get_nowait()
            try:
                line.start()
            finally:
                self._lines.put(line)

    def close(self) -> None:
        """End the other processes; a check that still runs answers that it was stopped."""
        for line in self._all:
            line.end()

    def _trust(self, trust: Trust) -> bytes:
        with self._lock:
            if self._packed is None or self._packed[0] is not trust:
                self._packed = (trust, pack_trust(trust))
            return self._packed[1]


def exhausted(limits: CheckLimits) -> Report:
    """The verdict on a file that was given up."""
    return _undecided(
        "RESOURCE_LIMIT",
        f"查验该文件超出限额({limits.seconds} 秒、{limits.memory_mb} MB),已停止:文件过于复杂或有意为之;"
        "请向出具机关核实,或用自己的电脑查验",
        f"checking this file took more than {limits.seconds} s or {limits.memory_mb} MB and was stopped: it"
        " is too complex, or made so on purpose; ask the issuer, or check it on a machine of your own",
    )


def _broken() -> Report:
    return _undecided(
        "CHECK_BROKE_OFF",
        "查验该文件时程序中断,未能判断,与文件本身的真伪无关;请稍后重试,仍然如此的,将文件与此代码告知运维人员"
        "(运维人员:程序升级后须重启服务)",
        "the check of this file broke off and says nothing about it: try again; if it stays so, give file and"
        " code to the operator (operator: restart the service after an upgrade)",
    )


def _undecided(code: str, zh: str, en: str) -> Report:
    return Report(
        kind="file",
        indication=Indication.INDETERMINATE,
        sub_indication=SubIndication.POLICY_PROCESSING_ERROR,
        reasons=(Reason(code, zh, en),),
    )
