# SPDX-License-Identifier: Apache-2.0
"""``yinxin verify FILE…``: the same verdict as the service, from public material alone.

Exit codes: 0 all TOTAL-PASSED; otherwise the first that applies of 1 any TOTAL-FAILED, 2 any INDETERMINATE,
3 any unreadable.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from verify import Trust, Unreadable, VerifyError, check_file, load_trust

from .output import DEFAULT_DATA, DataOption, JsonOption, console, print_json, refuse

MOST_BYTES = 200 * 1024 * 1024
TONES = {"TOTAL-PASSED": ("green", "✔"), "TOTAL-FAILED": ("red", "✘"), "INDETERMINATE": ("yellow", "?")}


def verify(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="files to check, recognised by content")
    ],
    trust: Annotated[
        list[Path] | None,
        typer.Option(
            help="signed trust list, PEM/DER certificate, CRL, or a folder of them; may be repeated"
        ),
    ] = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """查验文件 — check sealed PDFs, forms, certificates, QR pictures, trust lists and log proofs, offline."""
    at = datetime.now(UTC)
    anchors = _trust(trust, data, at)
    results = [_check(path, anchors, at) for path in files]
    if as_json:
        print_json(results)
    else:
        _show(results)
    raise typer.Exit(exit_code(results))


def exit_code(results: Iterable[dict[str, Any]]) -> int:
    """The exit code of a set of results."""
    seen = {result["indication"] for result in results}
    for code, indication in ((1, "TOTAL-FAILED"), (2, "INDETERMINATE"), (3, None)):
        if indication in seen:
            return code
    return 0


def _trust(paths: Sequence[Path] | None, data: Path, at: datetime) -> Trust:
    if not paths:
        own = data / "trust-list.json"
        if not own.is_file():
            raise refuse(
                f"no trust given, and {own} does not exist",
                "name a trust list, certificate or folder with --trust, or a data directory with --data",
                code=3,
            )
        paths = [own]
    found: list[tuple[str, bytes]] = []
    for path in paths:
        members = sorted(p for p in path.iterdir() if p.is_file()) if path.is_dir() else [path]
        for member in members:
            try:
                found.append((str(member), member.read_bytes()))
            except OSError as error:
                raise refuse(
                    f"cannot read {member}: {error.strerror}", "check the --trust path", code=3
                ) from error
    try:
        return load_trust(found, at)
    except VerifyError as error:
        raise refuse(
            f"unusable trust: {error}", "fetch the trust list again from its publisher", code=3
        ) from error


def _check(path: Path, trust: Trust, at: datetime) -> dict[str, Any]:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise Unreadable(f"larger than {MOST_BYTES // 1024**2} MB")
        report = check_file(path.read_bytes(), trust=trust, at=at, name=path.name)
    except (OSError, Unreadable) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        unread = {"file": str(path), "kind": "unreadable", "indication": None, "sub_indication": None}
        return {**unread, "signatures": [], "reasons": [], "facts": {}, "error": why}
    return {"file": str(path), **report.to_json()}


def _show(results: Iterable[dict[str, Any]]) -> None:
    for result in results:
        if result["indication"] is None:
            console.print(
                f"[red]✘[/] {escape(result['file'])}: 无法读取 unreadable — {escape(result['error'])}",
                soft_wrap=True,
            )
            continue
        _line(result, result["file"], "")
        for number, signature in enumerate(result["signatures"], 1):
            signer = signature["facts"].get("signer") or {}
            who = signer.get("organization") or signer.get("common_name") or "?"
            _line(signature, f"{number}. {who}", "  ")


def _line(verdict: dict[str, Any], label: str, indent: str) -> None:
    colour, mark = TONES[verdict["indication"]]
    sub = f" / {verdict['sub_indication']}" if verdict["sub_indication"] else ""
    console.print(
        f"{indent}[{colour}]{mark} {verdict['indication']}{sub}[/]  {escape(label)}", soft_wrap=True
    )
    for reason in verdict["reasons"]:
        console.print(
            f"{indent}    {escape(reason['zh'])} {escape(reason['en'])}", style="dim", soft_wrap=True
        )
