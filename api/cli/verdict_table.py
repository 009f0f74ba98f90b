# SPDX-License-Identifier: Apache-2.0
"""Many verdicts: a line for each file, counts at the end, progress while it lasts; as JSON and CSV too.

Everything is written as it comes: ten thousand files need no more memory than ten.
"""

from __future__ import annotations

import csv
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from .output import complaints, console, plain, say

COLUMNS: Final = ("file", "kind", "indication", "sub_indication", "reason", "signers")
KINDS: Final = (
    ("TOTAL-PASSED", "green", "✔", "核验通过 passed"),
    ("TOTAL-FAILED", "red", "✘", "未通过 failed"),
    ("INDETERMINATE", "yellow", "?", "无法判断 undecided"),
    (None, "red", "✘", "无法读取 unreadable"),
)


@contextmanager
def progress(total: int | None) -> Iterator[Any]:
    """A bar on standard error, on a terminal only; call what it gives once for each file."""
    if total is None or not complaints.is_terminal:
        yield lambda: None
        return
    columns = (TextColumn("查验 checking"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=complaints, transient=True) as bar:
        task = bar.add_task("", total=total)
        yield lambda: bar.advance(task)


def as_json(results: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Writes the array of all results, each as it passes through."""
    begun = False
    for one in results:
        text = json.dumps(one, ensure_ascii=False, indent=2).replace("\n", "\n  ")
        sys.stdout.write(f"{',' if begun else '['}\n  {text}")
        begun = True
        yield one
    sys.stdout.write("\n]\n" if begun else "[]\n")


def as_csv(results: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Writes one line for each file (RFC 4180), with a heading; no cell begins as a formula does."""
    writer = csv.writer(sys.stdout)
    writer.writerow(COLUMNS)
    for one in results:
        cells = (*(one[name] or "" for name in COLUMNS[:4]), _reason(one), "; ".join(_signers(one)))
        writer.writerow([_harmless(str(cell)) for cell in cells])
        yield one


def as_lines(results: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Writes one line for each file, and a table of counts."""
    counts: Counter[str | None] = Counter()
    for one in results:
        _, colour, mark, _ = next(kind for kind in KINDS if kind[0] == one["indication"])
        reason = "" if one["indication"] == "TOTAL-PASSED" else f"  [dim]{plain(_reason(one))}[/]"
        verdict = one["indication"] or "unreadable"
        say(f"[{colour}]{mark} {verdict:<13}[/]  {plain(one['file'])}{reason}")
        counts[one["indication"]] += 1
        yield one
    table = Table(show_header=False, box=None, pad_edge=False)
    for indication, colour, mark, words in KINDS:
        table.add_row(f"[{colour}]{mark}[/]", words, str(counts[indication]))
    table.add_row("", "合计 files", str(counts.total()))
    console.print()
    console.print(table)


def _reason(result: dict[str, Any]) -> str:
    """The code that says most, or the sentence on a file that cannot be read."""
    if result["indication"] is None:
        return str(result["error"])
    told = [
        reason["code"]
        for one in result["signatures"]
        if one["indication"] == result["indication"]
        for reason in one["reasons"]
    ]
    codes = [reason["code"] for reason in result["reasons"]] or told
    return codes[0] if codes else str(result["sub_indication"] or "")


def _signers(result: dict[str, Any]) -> Iterator[str]:
    for one in result["signatures"]:
        signer = one["facts"].get("signer") or {}
        name = signer.get("organization") or signer.get("common_name")
        if name:
            yield str(name)


def _harmless(cell: str) -> str:
    """What a spreadsheet would run is shown as text; control characters are left out."""
    text = "".join(one for one in cell if one.isprintable())
    return f"'{text}" if text[:1] in "=+-@" and text else text
