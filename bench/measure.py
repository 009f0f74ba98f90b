# SPDX-License-Identifier: Apache-2.0
"""Timing: the contestants alternate in short rounds, so that a slow minute meets all of them."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Row:
    """One measured line.  ``ours`` and the peers are in ``unit``; ``ratio`` is ours / peer."""

    name: str
    ours: float
    unit: str
    peers: Mapping[str, float]
    note: str = ""

    @property
    def ratio(self) -> Mapping[str, float]:
        """Ours divided by each peer, in the same run."""
        return {name: round(self.ours / value, 2) for name, value in self.peers.items() if value}

    def as_json(self) -> dict[str, object]:
        """The row as ``--json`` prints it."""
        return {
            "name": self.name,
            "ours": round(self.ours, 1),
            "unit": self.unit,
            "peers": {name: round(value, 1) for name, value in self.peers.items()},
            "ratio": dict(self.ratio),
            "note": self.note,
        }


@dataclass(frozen=True, slots=True)
class Contest:
    """What is timed: one act of ours, the same act by each peer.  The correctness checks come before."""

    name: str
    ours: Callable[[], object]
    peers: Mapping[str, Callable[[], object]] = field(default_factory=dict)
    printed: Mapping[str, float] = field(default_factory=dict)  # peers that time themselves, per second
    note: str = ""
    each: int = 1  # how many acts one call is, ours and the peers' alike
    processor: bool = False  # timed by this process's own time on the processor: others may be at work


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to measure: rounds per contestant, seconds per round."""

    rounds: int = 5
    seconds: float = 0.4


QUICK = Effort(rounds=1, seconds=0.02)


def pin_to_one_core() -> None:
    """Keep this process and its children on one processor, where the system lets us."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def _round(act: Callable[[], object], seconds: float, clock: Callable[[], float]) -> float:
    count, start = 0, clock()
    while True:
        act()
        count += 1
        elapsed = clock() - start
        if elapsed >= seconds:
            return count / elapsed


def run(contest: Contest, effort: Effort) -> Row:
    """Time a contest; the first call of each contestant warms its caches and is not counted."""
    contestants = {"": contest.ours, **contest.peers}
    clock = time.process_time if contest.processor else time.perf_counter
    for act in contestants.values():
        act()
    rates: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(effort.rounds):
        for name, act in contestants.items():
            rates[name].append(contest.each * _round(act, effort.seconds, clock))
    medians = {name: statistics.median(values) for name, values in rates.items()}
    ours = medians.pop("")
    unit = "per second of processor time, one core" if contest.processor else "per second, one core"
    return Row(contest.name, ours, unit, {**medians, **contest.printed}, contest.note)
