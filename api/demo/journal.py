# SPDX-License-Identifier: Apache-2.0
"""What the demo did: one row for each step, with what was expected and what was seen."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

_BESIDE_TITLE = 52
"""Cells of the other columns with the longest verdict in one piece: titles give way to it at 80 columns."""


@dataclass(frozen=True, slots=True)
class Row:
    """One step.  ``seconds`` is wall-clock time."""

    step: str
    title: str
    expected: str
    seen: str
    passed: bool
    seconds: float

    def as_json(self) -> dict[str, object]:
        """The row as ``report.json`` holds it."""
        return {
            "step": self.step,
            "title": self.title,
            "expected": self.expected,
            "seen": self.seen,
            "ok": self.passed,
            "seconds": round(self.seconds, 3),
        }


@dataclass(slots=True)
class Journal:
    """Collects rows while showing where the demo is.  A step that raises is a row that differs."""

    console: Console
    rows: list[Row] = field(default_factory=list)
    progress: Progress | None = None

    def start(self) -> None:
        """Show the progress line."""
        # A console of its own, on the file of now: the line stays here while a step listens to stdout.
        shown = Console(file=self.console.file, width=self.console.width, highlight=False)
        self.progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=shown,
            redirect_stdout=False,
            redirect_stderr=False,
            transient=True,  # the table says it all; its time is no step's
        )
        self.progress.start()
        self.progress.add_task("…", total=None)

    def stop(self) -> None:
        """Take the progress line away."""
        if self.progress is not None:
            self.progress.stop()
            self.progress = None

    def step(self, number: str, title: str, expected: str, act: Callable[[], str]) -> bool:
        """Run ``act``; it returns what was seen, and the step passes when that is what was expected."""
        if self.progress is not None:
            self.progress.update(self.progress.task_ids[0], description=escape(f"{number} {title}"))
        start = time.perf_counter()
        try:
            seen = act()
        except Exception as error:
            seen = f"{type(error).__name__}: {error}"
        row = Row(number, title, expected, seen, seen == expected, time.perf_counter() - start)
        self.rows.append(row)
        if not row.passed:
            told = Text.assemble((f"✘ {number} {title}", "red"), f": expected {expected!r}, seen {seen!r}")
            shown = self.console if self.progress is None else self.progress.console
            shown.print(told, soft_wrap=True)
        return row.passed

    @property
    def passed(self) -> bool:
        """Did every step show what was expected?"""
        return bool(self.rows) and all(row.passed for row in self.rows)

    def table(self) -> Table:
        """The final table for people."""
        differing = sum(not row.passed for row in self.rows)
        table = Table(
            title="印信演示 Yinxin demo",
            caption=f"{len(self.rows)} 步 steps, {differing} 不符 differ; “=” 与应见相同 as expected",
            box=box.SIMPLE_HEAD,
            show_edge=False,
            padding=0,
        )
        table.add_column("", no_wrap=True)
        table.add_column("", no_wrap=True)
        table.add_column("步骤\nstep", overflow="fold", max_width=max(20, self.console.width - _BESIDE_TITLE))
        table.add_column("应见\nexpected", overflow="fold")
        table.add_column("所见\nseen", overflow="fold")
        table.add_column("秒\ns", no_wrap=True, justify="right")
        for row in self.rows:
            table.add_row(
                Text("✔", "green") if row.passed else Text("✘", "red"),
                Text(row.step),
                Text(row.title),
                Text(row.expected),
                Text("=") if row.passed else Text(row.seen, "red"),
                Text(f"{row.seconds:.2f}"),
            )
        return table
