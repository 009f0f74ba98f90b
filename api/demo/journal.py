# SPDX-License-Identifier: Apache-2.0
"""What the demo did: one row for each step, with what was expected and what was seen."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table


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
        self.progress = Progress(
            SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=self.console
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
            self.progress.update(self.progress.task_ids[0], description=f"{number} {title}")
        start = time.perf_counter()
        try:
            seen = act()
        except Exception as error:
            seen = f"{type(error).__name__}: {error}"
        row = Row(number, title, expected, seen, seen == expected, time.perf_counter() - start)
        self.rows.append(row)
        if not row.passed:
            told = f"[red]✘ {number} {title}[/]: expected {expected!r}, seen {seen!r}"
            self.console.print(told, soft_wrap=True)
        return row.passed

    @property
    def passed(self) -> bool:
        """Did every step show what was expected?"""
        return bool(self.rows) and all(row.passed for row in self.rows)

    def table(self) -> Table:
        """The final table for people."""
        table = Table(title="印信演示 Yinxin demo", show_lines=False, expand=False)
        for name in ("步骤 step", "", "应见 expected", "所见 seen", "秒 s"):
            table.add_column(name, overflow="fold")
        for row in self.rows:
            mark = "[green]✔[/]" if row.passed else "[red]✘[/]"
            seen = row.seen if not row.passed else ("=" if row.seen == row.expected else row.seen)
            table.add_row(f"{row.step} {row.title}", mark, row.expected, seen, f"{row.seconds:.2f}")
        return table
