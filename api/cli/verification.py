# SPDX-License-Identifier: Apache-2.0
"""``yinxin verify FILE…``: the same verdict as the service, from public material alone.

Exit codes: 0 all TOTAL-PASSED; otherwise the first that applies of 1 any TOTAL-FAILED, 2 any INDETERMINATE,
3 any unreadable.  Without trust nothing can be said of any file: 3.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from keys import digest
from verify import Trust, Unreadable, authority_lines, check_file

from ..wiring import SETTINGS_FILE
from .files import InputRefused, read_bounded
from .lists import SEEN, AfterOption, DocumentStatusOption, load_lists
from .output import (
    DEFAULT_DATA,
    DataOption,
    JsonOption,
    explain,
    opened,
    plain,
    plain_errors,
    print_json,
    refuse,
    say,
)
from .reporting import SchemaOption, unread

MOST_BYTES = 200 * 1024 * 1024
UNREADABLE = 3
STAMPS = (".tsr", ".tst", ".ers")
TONES = {"TOTAL-PASSED": ("green", "✔"), "TOTAL-FAILED": ("red", "✘"), "INDETERMINATE": ("yellow", "?")}


def verify(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="files to check, recognised by content")
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
            help="what a time stamp or evidence record is about; FILE for FILE.tsr or FILE.ers by default"
        ),
    ] = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
    schema: SchemaOption = False,  # noqa: ARG001 - answers by itself
) -> None:
    """查验文件 — check files offline: genuine, altered, unsure.

    Sealed PDFs, OFDs and forms, seals, certificates, revocation lists, QR codes and pictures
    of them, trust lists, log proofs, time stamps; no network is used.
    Exit code: 0 all TOTAL-PASSED, 1 any TOTAL-FAILED, 2 any INDETERMINATE,
    3 any unreadable; the first of 1, 2, 3 that applies.
    """
    at = datetime.now(UTC)
    lists = (seal_status, document_status)
    known = load_lists(_given(trust, lists, data), at, seen=seen_file, after=after)
    results = [_check(path, known, at, content) for path in files]
    if as_json:
        print_json(results)
    else:
        for result in results:
            _show(result)
    raise typer.Exit(exit_code(results))


def exit_code(results: Iterable[dict[str, Any]]) -> int:
    """The exit code of a set of results."""
    seen = {result["indication"] for result in results}
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


def _check(path: Path, trust: Trust, at: datetime, content: Path | None) -> dict[str, Any]:
    about = content or _beside(path)
    try:
        report = check_file(
            read_bounded(path, MOST_BYTES),
            trust=trust,
            at=at,
            name=path.name,
            content=None if about is None else lambda algorithm: digest(algorithm, _stamped(about)),
        )
    except (InputRefused, Unreadable) as error:
        return unread(str(path), error)
    return {"file": str(path), **report.to_json()}


def _beside(path: Path) -> Path | None:
    """The file that a time stamp is about, by the custom that its name is the other's with an ending."""
    try:
        found = path.suffix.lower() in STAMPS and path.with_suffix("").is_file()
    except OSError:
        return None
    return path.with_suffix("") if found else None


def _stamped(path: Path) -> bytes:
    try:
        return read_bounded(path, MOST_BYTES)
    except InputRefused as error:
        raise Unreadable(f"{path}: {error}") from error


def _show(result: dict[str, Any]) -> None:
    if result["indication"] is None:
        say(f"[red]✘ 无法读取 unreadable[/]  {plain(result['file'])}")
        explain(f"[dim]{plain(result['error'])}[/]", indent=4)
        return
    say(f"{_verdict(result)}  {plain(result['file'])}")
    told: list[Any] = []
    for number, signature in enumerate(result["signatures"], 1):
        explain(f"{_verdict(signature)}  {number}. {plain(_who(signature))}", indent=2)
        _authority(signature["facts"].get("authority"), indent=6)
        _reasons(signature["reasons"], indent=6)
        told += signature["reasons"]
    _reasons([reason for reason in result["reasons"] if reason not in told], indent=4)


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
