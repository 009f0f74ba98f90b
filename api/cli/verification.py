# SPDX-License-Identifier: Apache-2.0
"""``yinxin verify FILE…``: the same verdict as the service, from public material alone.

Exit codes: 0 all TOTAL-PASSED; otherwise the first that applies of 1 any TOTAL-FAILED, 2 any INDETERMINATE,
3 any unreadable.  Without trust nothing can be said of any file: 3.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from verify import Report, authority_lines

from ..confined import CheckLimits
from ..wiring import SETTINGS_FILE
from .checking_files import MOST_BYTES, Asked, check_all, checks_of, walk
from .files import InputRefused, read_bounded
from .lists import SEEN, AfterOption, DocumentStatusOption, load_lists
from .output import (
    DEFAULT_DATA,
    DataOption,
    JsonOption,
    complaints,
    explain,
    opened,
    plain,
    plain_errors,
    refuse,
    say,
)
from .reporting import ReportPdfOption, SchemaOption, asked_line, require_one, write_sheet
from .verdict_table import as_csv as print_csv
from .verdict_table import as_json as print_array
from .verdict_table import as_lines as print_lines
from .verdict_table import progress

UNREADABLE = 3
TONES = {"TOTAL-PASSED": ("green", "✔"), "TOTAL-FAILED": ("red", "✘"), "INDETERMINATE": ("yellow", "?")}


def verify(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="files, or folders of files, recognised by content"),
    ],
    trust: Annotated[
        list[Path] | None,
        typer.Option(
            help="signed trust list, PEM/DER certificate, CRL, or a folder of them; may be repeated. "
            "Without it: the list of the data directory"
        ),
    ] = None,
    seal_status: Annotated[
        Path | None,
        typer.Option(
            help="signed list of how seals stood when (seal-status.json); beside --trust. "
            "Without --trust: that of the data directory"
        ),
    ] = None,
    document_status: DocumentStatusOption = None,
    seen_file: Annotated[Path | None, SEEN] = None,
    after: AfterOption = None,
    content: Annotated[
        Path | None,
        typer.Option(
            help="what a time stamp, evidence record or detached signature is about; FILE for FILE.tsr, "
            "FILE.ers or FILE.p7s by default"
        ),
    ] = None,
    recursive: Annotated[bool, typer.Option("--recursive", "-r", help="folders with those inside")] = False,
    codes: Annotated[
        bool | None,
        typer.Option(
            "--codes/--no-codes",
            help="read and judge the QR codes on the pages of PDF and OFD too. By default: of sealed "
            "documents that carry a record, when a list of document states is there",
        ),
    ] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="print one line of CSV for each file")] = False,
    seconds: Annotated[
        int, typer.Option(help="of the processor, that one file may take", min=1, max=3600)
    ] = CheckLimits().seconds,
    memory_mb: Annotated[
        int, typer.Option("--memory-mb", help="memory that one file may take", min=64, max=65536)
    ] = CheckLimits().memory_mb,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
    report_pdf: ReportPdfOption = None,
    schema: SchemaOption = False,  # noqa: ARG001 - answers by itself
) -> None:
    """查验文件 — check files offline: genuine, altered, unsure.

    Sealed PDFs, OFDs and forms, seals, CMS signatures, certificates, revocation lists, QR
    codes and pictures of them, trust lists, log proofs, time stamps, evidence packs.  Each
    file is checked in a process of its own, which has no network.
    Exit code: 0 all TOTAL-PASSED, 1 any TOTAL-FAILED, 2 any INDETERMINATE,
    3 any unreadable; the first of 1, 2, 3 that applies.
    """
    if as_json and as_csv:
        raise typer.BadParameter("--json 与 --csv 只能选一个 one of the two", param_hint="--csv")
    require_one(files, report_pdf)
    at, limits = datetime.now(UTC), CheckLimits(seconds, memory_mb)
    checks_of(limits).warm()  # loads while the lists are read
    lists = (seal_status, document_status)
    known = load_lists(_given(trust, lists, data), at, seen=seen_file, after=after)
    asked = Asked(known, at, limits, content, codes)
    many = any(one.is_dir() for one in files)
    total = sum(1 for _ in walk(files, recursive=recursive)) if many and complaints.is_terminal else None
    kept: list[Report | None] = []

    def results(step: Callable[[], None]) -> Iterator[dict[str, Any]]:
        for result, report in check_all(walk(files, recursive=recursive), asked):
            if report_pdf is not None:
                kept.append(report)
            yield result
            step()

    with progress(total) as step:
        shown = results(step)
        told = print_array(shown) if as_json else print_csv(shown) if as_csv else _lines(shown, many=many)
        seen = {result["indication"] for result in told}
    if report_pdf is not None:
        own = trust is None and lists == (None, None)
        write_sheet(report_pdf, files[0], kept[0], known, at, data if own else None)
    raise typer.Exit(exit_code(seen))


def _lines(results: Iterable[dict[str, Any]], *, many: bool) -> Iterable[dict[str, Any]]:
    """Of files that were named one by one, everything; of folders, a line each."""
    return print_lines(results) if many else map(_show, results)


def exit_code(seen: Collection[str | None]) -> int:
    """The exit code of the indications that were seen."""
    for code, indication in ((1, "TOTAL-FAILED"), (2, "INDETERMINATE"), (UNREADABLE, None)):
        if indication in seen:
            return code
    return 0


# What to believe


def _given(
    paths: Sequence[Path] | None, lists: tuple[Path | None, Path | None], data: Path
) -> list[tuple[str, bytes]]:
    """Trust by name and content; ``lists``: of seals and of documents, instead of those of the directory."""
    seals, documents = (one is None for one in lists)
    found = [_read(path) for path in _members(paths)] if paths else _own_lists(data, seals, documents)
    return found + [_read(path) for path in lists if path is not None]


def _own_lists(data: Path, seals: bool, documents: bool) -> list[tuple[str, bytes]]:
    """The lists that the service of the data directory publishes, as it would hand them out now."""
    if not (data / SETTINGS_FILE).is_file():
        raise refuse(
            f"没有指定信任材料 no --trust is given, and there is no data directory at {data}",
            "name a trust list, certificate or folder with --trust, or a data directory with --data",
            code=UNREADABLE,
        )
    with opened(data, code=UNREADABLE) as service:
        found = [(f"{data} (trust list)", service.publisher.current())]
        if seals:
            found.append((f"{data} (seal status)", service.seal_status.current()))
        if documents:
            found.append((f"{data} (document status)", service.document_status.current()))
        return found


def _members(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        with plain_errors(code=UNREADABLE):
            members = sorted(_visible(path)) if path.is_dir() else [path]
        if not members:
            raise refuse(f"{path}: 文件夹是空的 the folder is empty", "check --trust", code=UNREADABLE)
        yield from members


def _visible(folder: Path) -> Iterator[Path]:
    return (one for one in folder.iterdir() if one.is_file() and not one.name.startswith("."))


def _read(path: Path) -> tuple[str, bytes]:
    try:
        return str(path), read_bounded(path, MOST_BYTES)
    except InputRefused as error:
        raise refuse(f"{path}: {error}", "check --trust", code=UNREADABLE) from error


# One file


def _show(result: dict[str, Any]) -> dict[str, Any]:
    """Say everything about one file."""
    if result["indication"] is None:
        say(f"[red]✘ 无法读取 unreadable[/]  {plain(result['file'])}")
        explain(f"[dim]{plain(result['error'])}[/]", indent=4)
        return result
    say(f"{_verdict(result)}  {plain(result['file'])}")
    told: list[Any] = []
    for number, signature in enumerate(result["signatures"], 1):
        explain(f"{_verdict(signature)}  {number}. {plain(_who(signature))}", indent=2)
        explain(f"[dim]{plain(asked_line(signature))}[/]", indent=6)
        _authority(signature["facts"].get("authority"), indent=6)
        _reasons(signature["reasons"], indent=6)
        told += signature["reasons"]
    _reasons([reason for reason in result["reasons"] if reason not in told], indent=4)
    return result


def _verdict(one: dict[str, Any]) -> str:
    colour, mark = TONES[one["indication"]]
    sub = f" / {one['sub_indication']}" if one["sub_indication"] else ""
    return f"[{colour}]{mark} {one['indication']}{sub}[/]"


def _who(signature: dict[str, Any]) -> str:
    """Whoever signed, with what, and when by their own clock; what was signed, when nobody is named."""
    facts = signature["facts"]
    signer = facts.get("signer") or {}
    named = facts.get("authority")  # of a QR statement, a name; of a seal, a statement
    who = signer.get("organization") or signer.get("common_name") or (named if isinstance(named, str) else "")
    who = who or facts.get("origin") or signature["format"]
    more = (facts.get("algorithm"), facts.get("claimed_time") or facts.get("signing_time"))
    return " · ".join([str(who), *(str(one) for one in more if one)])


def _authority(stated: Any, *, indent: int) -> None:
    """Under whose authority the seal was used, as the signature says it."""
    if isinstance(stated, dict):
        for zh, en, value in authority_lines(stated):
            explain(f"[dim]用印依据 {zh} {en}: {plain(value)}[/]", indent=indent)


def _reasons(reasons: Iterable[dict[str, str]], *, indent: int) -> None:
    for reason in reasons:
        explain(f"[dim]{plain(reason['zh'])}[/]", indent=indent)
        explain(f"[dim]{plain(reason['en'])}[/]", indent=indent)
