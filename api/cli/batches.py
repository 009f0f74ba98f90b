# SPDX-License-Identifier: Apache-2.0
"""``yinxin batch``: many documents under one order, at the console of the service.

The order's key comes from the command and its input, so the same command again goes on where it was.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from seal import Channel

from ..batches import (
    Batch,
    BatchHasBadRows,
    BatchKind,
    BatchOrder,
    BatchState,
    ItemState,
    Orderer,
    Place,
    RawRow,
    RowFormat,
    RowReader,
    Upload,
)
from ..console import CONSOLE
from ..seals import Use
from ..wiring import Service, run_queue_worker, run_worker, worker_name
from . import batch_signing
from .files import InputRefused, read_bounded, require_new, write_new
from .output import (
    DEFAULT_DATA,
    DataOption,
    JsonOption,
    complaints,
    opened,
    plain,
    print_json,
    refuse,
    say,
)

app = typer.Typer(help="批量 batches: issue or seal many documents, each exactly once.", no_args_is_help=True)
app.command("sign")(batch_signing.sign)
MOST_BYTES = 50 * 1024 * 1024
GRANTED = timedelta(days=1)
_PIECE = 256 * 1024
_AT_ONCE_ROWS, _AT_ONCE_FILES, _AT_ONCE_BYTES = 400, 200, 16 * 1024 * 1024
_SHOWN = 20
_ENDINGS = (".pdf", ".ofd")
_PAUSE = 0.3
SealOption = Annotated[str, typer.Option("--seal", help="id of the seal; `yinxin doctor` lists them")]
TitleOption = Annotated[str, typer.Option(help="what the batch is called; the input's name by default")]
QuotaOption = Annotated[int | None, typer.Option(help="most seals that this order may use", min=1)]
AcceptOption = Annotated[bool, typer.Option("--accept-bad", help="go on with the good items alone")]
WorkersOption = Annotated[int, typer.Option(help="processes that work on it", min=1, max=64)]
IdArgument = Annotated[str, typer.Argument(metavar="ID", help="id of the batch")]


@app.command()
def issue(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="rows: FILE.csv or FILE.jsonl, UTF-8")],
    document_type: Annotated[str, typer.Option("--type", help="document type that a module declares")],
    seal_id: SealOption,
    title: TitleOption = "",
    quota: QuotaOption = None,
    accept_bad: AcceptOption = False,
    workers: WorkersOption = 1,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """按数据签发 — issue a document for each row.

    The first line of a CSV names the fields; `holder` is the holder, `key` an idempotency key of your own.
    The same command again goes on where it was.
    """
    form = RowFormat.JSONL if file.suffix.lower() in (".jsonl", ".ndjson") else RowFormat.CSV
    with opened(data) as service:
        order = BatchOrder(
            kind=BatchKind.DOCUMENTS,
            seal_id=seal_id,
            title=title or file.name[:200],
            document_type=document_type,
            quota=quota,
            idempotency_key=_key(form.value, document_type, seal_id, title, quota, _file_digest(file)),
        )
        desk = _Desk(service, order)
        if desk.batch.state is BatchState.FILLING:
            desk.deliver_rows(file, form)
        desk.run(accept_bad=accept_bad, workers=workers, data=data, as_json=as_json)


@app.command()
def seal(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="folder of ready PDF or OFD files")],
    seal_id: SealOption,
    page: Annotated[int, typer.Option(help="page for the seal", min=1)] = 1,
    x: Annotated[float, typer.Option(help="millimetres from the left edge to the seal")] = 140.0,
    y: Annotated[float, typer.Option(help="millimetres from the upper edge to the seal")] = 230.0,
    title: TitleOption = "",
    quota: QuotaOption = None,
    accept_bad: AcceptOption = False,
    workers: WorkersOption = 1,
    out: Annotated[Path | None, typer.Option(help="write the sealed files into this folder")] = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """批量盖章 — seal every PDF and OFD of a folder at the same place.

    The same command again goes on where it was.
    """
    files = _pdf_files(folder)
    digests = [hashlib.sha256(one.read_bytes()).hexdigest() for one in _counted(files, "读取 reading")]
    with opened(data) as service:
        order = BatchOrder(
            kind=BatchKind.FILES,
            seal_id=seal_id,
            title=title or folder.resolve().name[:200] or "files",
            place=Place(page - 1, x, y),
            quota=quota,
            idempotency_key=_key(seal_id, title, quota, page, x, y, *digests),
        )
        desk = _Desk(service, order)
        if desk.batch.state is BatchState.FILLING:
            desk.deliver_files(files)
        desk.run(accept_bad=accept_bad, workers=workers, data=data, as_json=as_json)
        if out is not None:
            written = desk.write_files(out)
            if not as_json:
                _say_written(written, out)


@app.command("list")
def listed(
    agency: Annotated[str, typer.Option(help="credit code of the agency that holds the seals")],
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """列出 — the newest batches of an agency."""
    with opened(data) as service:
        found = service.batches.listed(Orderer(CONSOLE, agency))
        if as_json:
            print_json([told(one) for one in found])
            return
        for one in found:
            far = one.progress
            say(f"{one.batch_id}  {one.state.value:<9} {far.done}/{far.received}  {plain(one.title)}")


@app.command()
def show(batch: IdArgument, data: DataOption = DEFAULT_DATA, as_json: JsonOption = False) -> None:
    """查看 — a batch and how far it is."""
    with opened(data) as service:
        _summary(service.batches.get(batch, _owner(service, batch)), as_json)


@app.command()
def cancel(batch: IdArgument, data: DataOption = DEFAULT_DATA, as_json: JsonOption = False) -> None:
    """取消 — end a batch; what is done stays done, nothing more is released."""
    with opened(data) as service:
        _summary(service.batches.cancel(batch, _owner(service, batch)), as_json)


@app.command()
def resume(
    batch: IdArgument,
    quota: QuotaOption = None,
    workers: WorkersOption = 1,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """继续 — go on with a batch that stopped, or whose process was killed."""
    with opened(data) as service:
        by = _owner(service, batch)
        found = service.batches.get(batch, by)
        if found.account_id == CONSOLE and found.seal_id is not None:
            _grant(service, found.seal_id, found.document_type)
        if found.state is BatchState.STOPPED:
            found = service.batches.resume(batch, by, quota=quota)
        desk = _Desk(service, found)
        desk.run(accept_bad=False, workers=workers, data=data, as_json=as_json)


@app.command()
def results(
    batch: IdArgument,
    out: Annotated[Path, typer.Option(help="where to write the CSV; an existing file is never touched")],
    data: DataOption = DEFAULT_DATA,
) -> None:
    """结果 — every item with its result, as CSV."""
    require_new(out)
    with opened(data) as service, out.open("xb") as file:
        for piece in service.batches.results(batch, _owner(service, batch)):
            file.write(piece)


@app.command()
def fetch(
    batch: IdArgument,
    out: Annotated[Path, typer.Option(help="folder for the files; it is made when missing")],
    data: DataOption = DEFAULT_DATA,
) -> None:
    """取回 — write what was sealed or issued into a folder.  What is there already is left alone."""
    with opened(data) as service:
        desk = _Desk(service, service.batches.get(batch, _owner(service, batch)))
        _say_written(desk.write_files(out), out)


@app.command()
def work(
    until_idle: Annotated[bool, typer.Option("--until-idle", help="end when there is nothing to do")] = False,
    data: DataOption = DEFAULT_DATA,
) -> None:
    """工作进程 — work on batches until interrupted.

    On PostgreSQL any number of these on any number of machines share the work.
    """
    with opened(data) as service:
        worker = service.batches.worker()
        if service.batch_call.shared and not until_idle:
            run_queue_worker(
                service.settings.database_url,
                worker.work_off,
                worker.is_over,
                name=worker_name(),
            )
            return
        with contextlib.suppress(KeyboardInterrupt):
            run_worker(worker.work_off, wait=service.batch_call.event.wait, idle=until_idle)


class _Desk:
    """One batch at the console: delivered, begun, worked on, told."""

    def __init__(self, service: Service, wanted: BatchOrder | Batch) -> None:
        self._service, self._batches = service, service.batches
        if isinstance(wanted, Batch):
            self.by, self.batch = _owner(service, wanted.batch_id), wanted
            return
        self.by = Orderer(CONSOLE, service.seals.get(wanted.seal_id).holder)
        _grant(service, wanted.seal_id, wanted.document_type)
        self.batch = self._batches.order(wanted, self.by)

    def deliver_rows(self, file: Path, form: RowFormat) -> None:
        """Streamed: what is in memory is one piece of the file."""
        size = file.stat().st_size
        with _bar("核对 checking", size) as advance:
            for rows, taken in _row_deliveries(file, form):
                if rows:
                    self._batches.add_rows(self.batch.batch_id, rows, self.by)
                advance(taken)

    def deliver_files(self, files: Sequence[Path]) -> None:
        """A few at once."""
        with _bar("核对 checking", len(files)) as advance:
            for some in _file_deliveries(files):
                self._batches.add_files(self.batch.batch_id, some, self.by)
                advance(len(some))

    def run(self, *, accept_bad: bool, workers: int, data: Path, as_json: bool) -> None:
        """Begin, work, tell; with a nonzero exit when not everything is done."""
        self.batch = self._batches.get(self.batch.batch_id, self.by)
        try:
            if self.batch.state is BatchState.FILLING:
                self.batch = self._batches.start(self.batch.batch_id, self.by, accept_bad=accept_bad)
        except BatchHasBadRows as error:
            self._show_bad()
            raise refuse(
                f"{error.zh} {error.en}",
                "改正后重新运行,或加 --accept-bad 只办理无误的 / correct them, or add --accept-bad",
            ) from error
        try:
            with _helpers(workers - 1, data):
                self._work()
        except KeyboardInterrupt:
            complaints.print(
                f"[bold]…[/] 已中断,再次运行同一命令即可继续 interrupted: the same command goes on"
                f" ({self.batch.batch_id})",
                soft_wrap=True,
            )
            raise typer.Exit(130) from None
        _summary(self.batch, as_json)
        far = self.batch.progress
        if self.batch.state is not BatchState.DONE or far.refused or far.failed:
            raise typer.Exit(1)

    def _work(self) -> None:
        worker, batch_id = self._batches.worker(), self.batch.batch_id
        good = self.batch.progress.received - self.batch.progress.bad
        with _bar("办理 sealing", good) as advance:
            shown = 0
            while self.batch.state is BatchState.RUNNING:
                done = worker.work_once(batch_id)
                self.batch = self._batches.get(batch_id, self.by)
                ended = self.batch.progress.ended - self.batch.progress.bad
                advance(ended - shown)
                shown = ended
                if not done and self.batch.state is BatchState.RUNNING:
                    time.sleep(_PAUSE)

    def write_files(self, out: Path) -> int:
        """Every file of the batch that is not there yet, its number before its name.  How many."""
        out.mkdir(parents=True, exist_ok=True)
        after, written = 0, 0
        while page := self._batches.items(self.batch.batch_id, self.by, after=after, state=ItemState.DONE):
            for one in page:
                name, content = self._batches.file(self.batch.batch_id, one.number, self.by)
                path = out / f"{one.number:07d}-{name}"
                if not path.exists():
                    write_new(path, content)
                    written += 1
            after = page[-1].number
        return written

    def _show_bad(self) -> None:
        for one in self._batches.items(self.batch.batch_id, self.by, state=ItemState.BAD, most=_SHOWN):
            for problem in one.problems:
                where = one.name or f"第 {one.line} 行 line {one.line}"
                complaints.print(
                    f"[red]✘[/] {plain(where)}  {plain(problem.field)}: {plain(problem.rule)}",
                    soft_wrap=True,
                )
                complaints.print(f"    → {plain(problem.todo)}", soft_wrap=True)
        bad = self._batches.get(self.batch.batch_id, self.by).progress.bad
        if bad > _SHOWN:
            complaints.print(
                f"… 共 {bad} 行 rows; yinxin batch results {self.batch.batch_id} --out FILE", soft_wrap=True
            )


def told(one: Batch) -> dict[str, Any]:
    """A batch as JSON."""
    far = one.progress
    return {
        "batch_id": one.batch_id,
        "kind": one.kind.value,
        "title": one.title,
        "document_type": one.document_type,
        "seal_id": one.seal_id,
        "state": one.state.value,
        "problem": one.problem.as_json() if one.problem else None,
        "received": far.received,
        "bad": far.bad,
        "done": far.done,
        "refused": far.refused,
        "failed": far.failed,
        "quota": one.quota,
        "used": far.used,
    }


def _say_written(written: int, out: Path) -> None:
    say(f"[green]✔[/] {written} 个文件 files → {plain(out)}")


def _summary(one: Batch, as_json: bool) -> None:
    if as_json:
        print_json(told(one))
        return
    far = one.progress
    whole = one.state is BatchState.DONE and not (far.refused or far.failed)
    mark = "[green]✔[/]" if whole else "[yellow]•[/]"
    say(f"{mark} {plain(one.title)}  {one.state.value}  ({one.batch_id})")
    say(f"    完成 done {far.done} / {far.received}")
    for words, count in (
        ("不合格 bad", far.bad),
        ("被拒 refused", far.refused),
        ("失败 failed", far.failed),
    ):
        if count:
            say(f"    {words} {count}   yinxin batch results {one.batch_id} --out FILE")
    if one.problem is not None:
        say(f"    {plain(one.problem.field)}: {plain(one.problem.rule)}")
        say(f"    → {plain(one.problem.todo)}   yinxin batch resume {one.batch_id}")


def _owner(service: Service, batch_id: str) -> Orderer:
    """The console sees every batch of an agency, as the one who ordered it."""
    return service.batches.orderer_of(batch_id)


def _grant(service: Service, seal_id: str, document_type: str) -> None:
    """Whoever opens the vault could sign anyway: the grant is there for the trace."""
    holder, at = service.seals.get(seal_id).holder, service.clock()
    use = Use(CONSOLE, holder, seal_id, holder, document_type, Channel.BATCH)
    if not service.grants.allows(use):
        service.grants.give(
            seal_id,
            CONSOLE,
            document_types=[document_type],
            period=(at - timedelta(minutes=1), at + GRANTED),
            by=CONSOLE,
        )


def _row_deliveries(file: Path, form: RowFormat) -> Iterator[tuple[list[RawRow], int]]:
    reader = RowReader(form)
    with file.open("rb") as content:
        waiting: list[RawRow] = []
        while piece := content.read(_PIECE):
            waiting += reader.feed(piece)
            while len(waiting) >= _AT_ONCE_ROWS:
                yield waiting[:_AT_ONCE_ROWS], 0
                del waiting[:_AT_ONCE_ROWS]
            yield [], len(piece)
        waiting += reader.finish()
        for start in range(0, len(waiting), _AT_ONCE_ROWS):
            yield waiting[start : start + _AT_ONCE_ROWS], 0


def _file_deliveries(files: Sequence[Path]) -> Iterator[list[Upload]]:
    some: list[Upload] = []
    size = 0
    for path in files:
        some.append(_upload(path))
        size += len(some[-1].content)
        if len(some) >= _AT_ONCE_FILES or size >= _AT_ONCE_BYTES:
            yield some
            some, size = [], 0
    if some:
        yield some


def _upload(path: Path) -> Upload:
    try:
        return Upload(path.name, read_bounded(path, MOST_BYTES))
    except InputRefused as error:
        raise refuse(f"{path}: {error}", "check the file") from error


def _pdf_files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise refuse(f"{folder}: 没有这个文件夹 there is no such folder", "name a folder of PDF files")
    found = sorted(
        one for one in folder.rglob("*") if one.is_file() and one.suffix.lower() in (".pdf", ".ofd")
    )
    if not found:
        raise refuse(
            f"{folder}: 没有 PDF 或 OFD 文件 no PDF or OFD files in it", "name a folder of PDF files"
        )
    return found


def _file_digest(file: Path) -> str:
    state = hashlib.sha256()
    try:
        with file.open("rb") as content:
            while piece := content.read(_PIECE):
                state.update(piece)
    except OSError as error:
        raise refuse(f"{file}: {error.strerror}", "check the path") from error
    return state.hexdigest()


def _key(*parts: object) -> str:
    said = "\n".join(str(one) for one in parts)
    return f"console:{hashlib.sha256(said.encode()).hexdigest()}"


@contextlib.contextmanager
def _helpers(count: int, data: Path) -> Iterator[None]:
    """Other processes that work as well; each opens the vault for itself, and ends when nothing is left."""
    command = [sys.executable, "-c", "from api.cli import main; main()", "batch", "work", "--until-idle"]
    environment = {**os.environ, "YINXIN_DATA": str(data.resolve())}
    started = [
        subprocess.Popen(  # noqa: S603
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for _ in range(count)
    ]
    try:
        yield
    finally:
        for one in started:
            one.terminate()  # in the middle of a chunk too: whoever goes on does that chunk again
        for one in started:
            one.wait()


@contextlib.contextmanager
def _bar(words: str, total: int) -> Iterator[Any]:
    """A bar on a terminal, nothing elsewhere."""
    columns = (TextColumn(words), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=complaints, disable=not complaints.is_terminal, transient=True) as bar:
        task = bar.add_task(words, total=total)
        yield lambda count: bar.advance(task, count)


def _counted(files: Iterable[Path], words: str) -> Iterator[Path]:
    known = list(files)
    with _bar(words, len(known)) as advance:
        for one in known:
            yield one
            advance(1)
