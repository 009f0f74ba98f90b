# SPDX-License-Identifier: Apache-2.0
"""``yinxin seal``: seal PDFs and OFDs with a seal of this service, as its operator."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from seal import Edge, PdfProfile, Permission, Protection, SealRefused
from verify import is_ofd

from ..console import FileOrder, SealedAtConsole
from ..renewals import LEVELS
from ..wiring import Service
from .files import read_input, require_new, write_new
from .output import DEFAULT_DATA, DataOption, JsonOption, opened, plain, plain_errors, print_json, refuse, say
from .places import Places, option_of

MOST_BYTES = 50 * 1024 * 1024


def seal(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="PDFs and OFDs, known by content")],
    seal_id: Annotated[str, typer.Option("--seal", help="id of the seal; `yinxin seal-admin list` has them")],
    out: Annotated[
        Path,
        typer.Option(
            help="where to write the sealed file; for several, a folder. An existing file is never touched"
        ),
    ],
    at: Annotated[
        list[str] | None,
        typer.Option("--at", metavar="PAGE,X,Y", help="place: page from 1, mm from left and top; repeatable"),
    ] = None,
    page: Annotated[int | None, typer.Option(help="page for the seal [1]", min=1)] = None,
    x: Annotated[float | None, typer.Option(help="mm from the left edge to the seal [140]")] = None,
    y: Annotated[float | None, typer.Option(help="mm from the upper edge to the seal [230]")] = None,
    keyword: Annotated[str | None, typer.Option(help="centred on this word of the text (关键字)")] = None,
    occurrence: Annotated[
        str | None, typer.Option(metavar="last|every|N", help="which of its places; the first by default")
    ] = None,
    offset: Annotated[
        str | None, typer.Option(metavar="DX,DY", help="mm away from the keyword, right and down")
    ] = None,
    field: Annotated[
        list[str] | None, typer.Option("--field", help="in this empty signature field (PDF); repeatable")
    ] = None,
    every_page: Annotated[
        bool, typer.Option("--every-page", help="on every page, at --x --y or in the lower right corner")
    ] = False,
    cross_page: Annotated[Edge | None, typer.Option(help="over the edges of the pages (骑缝章)")] = None,
    skip: Annotated[int, typer.Option(help="pages at the beginning without cross-page seal", min=0)] = 0,
    most_pages: Annotated[
        int | None, typer.Option(help="pages that share one cross-page seal", min=2)
    ] = None,
    profile: Annotated[PdfProfile, typer.Option(help="how a PDF carries the signature")] = PdfProfile.PADES,
    level: Annotated[
        str,
        typer.Option(
            metavar="b-b|b-t|b-lt|b-lta",
            help="b-b; b-t time stamp; b-lt and evidence inside; b-lta and archive time stamp",
        ),
    ] = "b-b",
    protect: Annotated[
        Protection | None,
        typer.Option(help="OFD: further seals may follow, or nothing may; continue by default"),
    ] = None,
    close: Annotated[
        bool,
        typer.Option("--close", help="OFD: a last signature over the list of seals; alone, without a seal"),
    ] = False,
    certify: Annotated[
        int | None,
        typer.Option(help="PDF: later allowed 1 nothing, 2 forms and seals, 3 notes too", min=1, max=3),
    ] = None,
    case: Annotated[
        str,
        typer.Option(help="case number; where uses of the seal are approved first, that of the request"),
    ] = "",
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """盖章 — seal PDFs and OFDs with a seal of this service.

    Several places are one signature.  The use of the seal is recorded in the ledger before a file is
    released.
    """
    places = Places(
        at or (),
        page,
        x,
        y,
        keyword,
        occurrence,
        offset,
        field or (),
        every_page,
        cross_page,
        skip,
        most_pages,
    )
    order = FileOrder(
        places.marks() if places.given() or not close else lambda _: (),
        level=_level(level),
        profile=profile,
        certify=None if certify is None else Permission(certify),
        protection=protect or Protection.CONTINUE,
        close=close,
        case=case,
    )
    if close and protect is Protection.WHOLE:
        raise typer.BadParameter(
            "与 --protect whole 重复 --protect whole does so already", param_hint="--close"
        )
    # The use of a seal cannot be taken back: whatever can be refused is refused before.
    outs = _outs(files, out)
    contents = [read_input(file, MOST_BYTES) for file in files]
    for file, content in zip(files, contents, strict=True):
        _require_fitting(file, content, order, protect)
    told: list[dict[str, Any]] = []
    with opened(data) as service:
        for source, target, content in zip(files, outs, contents, strict=True):
            made = _sealed(service, source, content, seal_id, order)
            write_new(target, made.content)
            told.append(
                {
                    "file": str(target),
                    "seal_id": seal_id,
                    "sha256": made.sha256,
                    "ledger_index": made.ledger_index,
                }
            )
            if not as_json:
                say(f"[green]✔ 已盖章 sealed[/]  {plain(target)}")
                say(f"    sha256  {made.sha256}")
                say(f"    日志 ledger entry  {made.ledger_index}")
    if as_json:
        print_json(told[0] if len(files) == 1 else told)


def _sealed(
    service: Service, source: Path, content: bytes, seal_id: str, order: FileOrder
) -> SealedAtConsole:
    try:
        return service.console.seal(content, seal_id, order)
    except SealRefused as error:
        option = option_of(error)
        named = f"{option}: " if option else ""
        raise refuse(f"{source}: {named}{error.zh} {error.en}", "") from error


def _level(text: str) -> str:
    """``b-t``, or short ``t``."""
    found = text.upper() if text.upper().startswith("B-") else f"B-{text.upper()}"
    if found not in LEVELS:
        raise typer.BadParameter(
            f"应为 b-b、b-t、b-lt 或 b-lta one of b-b, b-t, b-lt, b-lta: {text}", param_hint="--level"
        )
    return found


def _outs(files: Sequence[Path], out: Path) -> list[Path]:
    if len(files) == 1:
        require_new(out)
        return [out]
    with plain_errors():
        folder = out.is_dir()
    if not folder:
        raise refuse(
            f"{out}: 多个文件须写入文件夹 several files go into a folder", "make it, name it with --out"
        )
    outs = [out / file.name for file in files]
    for one in outs:
        if outs.count(one) > 1:
            raise refuse(f"{one.name}: 文件名重复 two files have this name", "seal them one by one")
        require_new(one)
    return outs


def _require_fitting(file: Path, content: bytes, order: FileOrder, protect: Protection | None) -> None:
    """Options of the other kind of file are refused, not passed over."""
    if is_ofd(content):
        wrong = {
            "--certify": order.certify is not None,
            "--profile": order.profile is not PdfProfile.PADES,
            "--level": order.level not in ("B-B", "B-T"),
        }
        kind, other = "OFD", "PDF"
    else:
        wrong = {"--protect": protect is not None, "--close": order.close}
        gm = order.profile is not PdfProfile.PADES
        wrong["--level"] = gm and order.level not in ("B-B", "B-T")
        kind, other = ("PDF", "OFD") if not wrong["--level"] else ("GM", "pades")
    for option, given in wrong.items():
        if given:
            raise typer.BadParameter(
                f"{file} 是 {kind},该选项只用于 {other} the option is for {other}, this is {kind}",
                param_hint=option,
            )
