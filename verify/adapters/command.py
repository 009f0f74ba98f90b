# SPDX-License-Identifier: Apache-2.0
"""The auditor's command: two packages, their libraries, public material; no service, no database, no network.

Exit codes as ``yinxin verify`` has them: 0 all TOTAL-PASSED; otherwise the first that applies of 1 any
TOTAL-FAILED, 2 any INDETERMINATE, 3 any unreadable (or unusable trust); 64 for a wrong command line.
Files are read in this process, without limits of time and memory: give it what you would open.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NoReturn

from keys import digest

from ..errors import Unreadable, VerifyError
from ..file import LARGEST_FILE, check_file
from ..trust import Trust
from ..trust_list import load_trust

USAGE: Final = 64
UNREADABLE: Final = 3
BESIDE: Final = (".tsr", ".tst", ".ers", ".p7s", ".p7m", ".sig")
_MARKS: Final = {"TOTAL-PASSED": "✔", "TOTAL-FAILED": "✘", "INDETERMINATE": "?", None: "✘"}


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"{self.prog}: {message}\n")


def main(arguments: Sequence[str]) -> int:
    """Check files, say what was found, return the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    asked = _parser().parse_args(arguments)
    at = asked.at or datetime.now(UTC)
    try:
        material = [(str(path), _read(path)) for path in _files(asked.trust, deep=False)]
        trust = load_trust(material, at)
    except (OSError, VerifyError) as error:
        print(f"✘ 信任材料不可用 unusable trust: {error}", file=sys.stderr)
        return UNREADABLE
    seen = set()
    for number, path in enumerate(_files(asked.files, deep=True)):
        result = _checked(path, trust, at, asked)
        seen.add(result["indication"])
        if asked.json:
            print("," if number else "[", json.dumps(result, ensure_ascii=False, indent=2), sep="\n")
        else:
            _say(result)
    if asked.json:
        print("]" if seen else "[]")
    if not seen:
        print("✘ 没有文件 there are no files", file=sys.stderr)
        return UNREADABLE
    order = ((1, "TOTAL-FAILED"), (2, "INDETERMINATE"), (UNREADABLE, None))
    return next((code for code, indication in order if indication in seen), 0)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m verify",
        description="查验文件 check files from public material alone; folders are walked.",
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="recognised by content")
    parser.add_argument(
        "--trust",
        action="append",
        required=True,
        type=Path,
        metavar="PATH",
        help="trust list, list of seals or documents, certificate, CRL, or a folder of them; may be repeated",
    )
    parser.add_argument("--content", type=Path, help="what a time stamp or detached signature is about")
    parser.add_argument("--at", type=_moment, help="judge as of this time (RFC 3339); now by default")
    parser.add_argument(
        "--codes",
        action=argparse.BooleanOptionalAction,
        help="judge QR codes on the pages too; by default of sealed documents, when a list of document "
        "states is there",
    )
    parser.add_argument("--json", action="store_true", help="print the reports as JSON")
    return parser


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError("a time with its zone, such as 2026-08-01T04:00:00Z")
    return found.astimezone(UTC)


def _files(paths: Iterable[Path], *, deep: bool) -> Iterator[Path]:
    """Named files, and the visible ones in named folders."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        for one in sorted(path.iterdir()):
            if one.name.startswith(".") or (one.is_dir() and (not deep or one.is_symlink())):
                continue
            yield from _files([one], deep=deep)


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(LARGEST_FILE + 1)


def _checked(path: Path, trust: Trust, at: datetime, asked: argparse.Namespace) -> dict[str, Any]:
    about = asked.content or _beside(path)
    try:
        report = check_file(
            _read(path),
            trust=trust,
            at=at,
            name=path.name,
            content=None if about is None else lambda algorithm: digest(algorithm, _read(about)),
            codes=asked.codes,
        )
    except (Unreadable, OSError) as error:
        nothing: dict[str, Any] = {"signatures": [], "reasons": [], "facts": {}, "error": str(error)}
        return {
            "file": str(path),
            "kind": "unreadable",
            "indication": None,
            "sub_indication": None,
            **nothing,
        }
    return {"file": str(path), **report.to_json()}


def _beside(path: Path) -> Path | None:
    found = path.with_suffix("") if path.suffix.lower() in BESIDE else None
    return found if found is not None and found.is_file() else None


def _say(result: dict[str, Any]) -> None:
    indication = result["indication"]
    sub = f" / {result['sub_indication']}" if result["sub_indication"] else ""
    print(f"{_MARKS[indication]} {indication or 'unreadable'}{sub}  {_plain(result['file'])}")
    told: set[str] = set()
    for holder in (*result["signatures"], result):
        for reason in holder["reasons"]:
            if reason["code"] not in told:
                told.add(reason["code"])
                print(f"    {_plain(reason['zh'])} {_plain(reason['en'])}")
    if indication is None:
        print(f"    {_plain(result['error'])}")


def _plain(text: str) -> str:
    """Text from outside, without what a terminal would obey."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)
