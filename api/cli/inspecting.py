# SPDX-License-Identifier: Apache-2.0
"""``yinxin inspect FILE…``: what in a PDF could change it after it was sealed, with page and place.

Exit codes as ``yinxin verify``: 0 nothing found, 1 something that is not sealed, 2 something to know of,
3 a file that cannot be read or sealed at all; the first of 1, 2, 3 that applies.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from seal import Finding, PdfRefused, Severity, inspect_pdf

from .files import InputRefused, read_bounded
from .output import JsonOption, explain, plain, print_json, say

MOST_BYTES = 50 * 1024 * 1024
_CODES = ((1, Severity.REFUSE.value), (2, Severity.WARN.value), (3, "unreadable"))


def inspect(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="PDFs that are to be sealed")],
    as_json: JsonOption = False,
) -> None:
    """盖章前检查 — find what could change a PDF after sealing: page and place.

    Scripts, hidden layers and annotations, fields that show another value than they have, and the like.
    Exit code: 0 nothing, 1 any that is not sealed, 2 any to know of before sealing, 3 any unreadable.
    """
    results = [_inspected(path) for path in files]
    if as_json:
        print_json(results)
    else:
        for result in results:
            _show(result)
    seen = {result["verdict"] for result in results}
    raise typer.Exit(next((code for code, verdict in _CODES if verdict in seen), 0))


def _inspected(path: Path) -> dict[str, Any]:
    try:
        found = inspect_pdf(read_bounded(path, MOST_BYTES))
    except InputRefused as error:
        return {"file": str(path), "verdict": "unreadable", "findings": [], "error": str(error)}
    except PdfRefused as error:
        words = f"{error.zh} {error.en}"
        return {"file": str(path), "verdict": "unreadable", "findings": [], "error": words}
    worst = found[0].severity.value if found else "clean"
    return {"file": str(path), "verdict": worst, "findings": [_finding(one) for one in found]}


def _finding(one: Finding) -> dict[str, Any]:
    """Pages count from 1; lengths are millimetres on the page as shown: left, top, right, bottom."""
    return {
        "code": one.code,
        "severity": one.severity.value,
        "page": None if one.page is None else one.page + 1,
        "rect_mm": None if one.rect_mm is None else [round(value, 1) for value in one.rect_mm],
        "object": one.object,
        "name": one.name,
        "zh": one.zh,
        "en": one.en,
    }


def _show(result: dict[str, Any]) -> None:
    file = plain(result["file"])
    match result["verdict"]:
        case "clean":
            say(f"[green]✔ 未发现 nothing found[/]  {file}")
        case "unreadable":
            say(f"[red]✘ 无法检查 cannot be inspected[/]  {file}")
            explain(f"[dim]{plain(result['error'])}[/]", indent=4)
        case "refuse":
            say(f"[red]✘ 不能盖章 not to be sealed[/]  {file}")
        case _:
            say(f"[yellow]! 盖章前请核对 look before sealing[/]  {file}")
    for one in result["findings"]:
        mark = "[red]✘[/]" if one["severity"] == Severity.REFUSE.value else "[yellow]![/]"
        explain(f"{mark} {plain(one['zh'])}", indent=4)
        explain(f"[dim]{plain(one['en'])}[/]", indent=6)
