# SPDX-License-Identifier: Apache-2.0
"""One look at a log: its head, that it extends the last one, every new entry, and both roots from the bytes.

Nothing is taken over from the log without its proof: entries are hashed into their tiles, tiles into the
tiles above, and those into the two roots that the head states.  The head that was seen last is never given
up: what contradicts it is kept beside it as evidence, and the monitor stays where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from verify import (
    SHA256_TREE,
    SM3_TREE,
    Checkpoint,
    LogContradicted,
    LogEntry,
    LogNotice,
    LogProof,
    LogWentBack,
    NoteMalformed,
    NoteNotTrusted,
    ProofInvalid,
    QuorumMissing,
    RightEdge,
    SignedNote,
    SubjectLink,
    TileMalformed,
    TileMissing,
    TileReader,
    add_cosignatures,
    check_checkpoint,
    cosignature_line,
    cosignature_message,
    cosignatures,
    entries_from_tiles,
    note_signature,
    parse_checkpoint,
    parse_note,
    require_growth,
    require_quorum,
)

from .errors import LogUnreachable, MonitorError
from .model import Alarm, AlarmCode, Fetched, Keeper, MonitorKeys, MonitorPlan, MonitorState, Round
from .reading import EntryReader
from .rules import EntryRules

CHECKPOINT = "checkpoint"
VIEW = "view"
BUNDLE = 256


@dataclass(frozen=True, slots=True)
class _Shown:
    """The head that the log shows now."""

    note: str
    parsed: SignedNote
    head: Checkpoint


class _Contradiction(Exception):
    """Ends a look; the monitor stays at the head that it had."""

    def __init__(self, code: AlarmCode, zh: str, en: str) -> None:
        super().__init__(en)
        self.alarm = Alarm(code, zh, en)


@dataclass(slots=True)
class Monitor:
    """Follows one log.  ``state`` moves on in place with every look that found no contradiction."""

    plan: MonitorPlan
    rules: EntryRules
    keys: MonitorKeys
    state: MonitorState
    keeper: Keeper
    clock: Callable[[], datetime]

    def look(self, fetch: Fetched, *, whole: bool = False) -> Round:
        """One look.  ``whole``: every tile and entry is fetched again and held against the head.

        Raises :class:`LogUnreachable` when nothing can be said — unless that has lasted two intervals.
        """
        now = self.clock()
        alarms: list[Alarm] = []
        try:
            shown = self._head(fetch)
            alarms += self._witnessed(shown, now)
            fresh, notices = self._read(shown, fetch, now, alarms, whole=whole)
        except LogUnreachable:
            late = self._stale(None, now)
            if not late:
                raise
            return Round(self.state.size, 0, tuple(late))
        except _Contradiction as found:
            return Round(self.state.size, 0, (*alarms, found.alarm))
        alarms += self._stale(shown, now)
        return Round(self.state.size, fresh, tuple(alarms), notices)

    def compare(self, view: bytes, copy: Fetched) -> Alarm | None:
        """Hold the head that somebody else saw against the own copy; ``None`` when both saw one history.

        Raises :class:`MonitorError` for what is no head of this log, or is newer than the copy.
        """
        try:
            shown = check_checkpoint(view, self.plan.log_keys, require=max(1, len(self.plan.log_keys)))
        except (NoteMalformed, NoteNotTrusted) as error:
            raise MonitorError("不是本日志的检查点", f"no head of this log: {error}") from error
        if shown.size > self.state.size:
            raise MonitorError(
                f"对方已见到 {shown.size} 条,本监测只到 {self.state.size} 条",
                f"that head has {shown.size} entries, the own copy {self.state.size}: look first",
            )
        leaves = [leaf for _, leaf in entries_from_tiles(copy, 0, self.state.size)][: shown.size]
        for tree, root in ((SHA256_TREE, shown.root), (SM3_TREE, shown.sm3_root)):
            edge = RightEdge(tree)
            edge.extend(tree.leaves(leaves))
            if root is not None and edge.root() != root:
                self.keeper.evidence("checkpoint-kept", self.state.note.encode("utf-8"))
                self.keeper.evidence("checkpoint-elsewhere", view)
                return Alarm(
                    AlarmCode.FORK,
                    f"日志分叉:别处见到的 {shown.size} 条与本监测所见不同",
                    f"the log forked: its head of {shown.size} entries elsewhere is another history",
                )
        return None

    def _head(self, fetch: Fetched) -> _Shown:
        try:
            content = fetch(CHECKPOINT)
        except TileMissing as error:
            raise LogUnreachable(CHECKPOINT, "not found") from error
        try:
            head = check_checkpoint(content, self.plan.log_keys, require=max(1, len(self.plan.log_keys)))
            parsed = parse_note(content)
        except (NoteMalformed, NoteNotTrusted) as error:
            self.keeper.evidence("checkpoint-invalid", content)
            raise _Contradiction(
                AlarmCode.CHECKPOINT_INVALID,
                "检查点不是本日志以全部密钥签名的",
                f"the checkpoint is not signed by all keys of this log: {error}",
            ) from error
        return _Shown(content.decode("utf-8"), parsed, head)

    def _witnessed(self, shown: _Shown, now: datetime) -> list[Alarm]:
        try:
            require_quorum(shown.parsed, self.plan.witnesses, self.plan.quorum, at=now)
        except QuorumMissing as error:
            en = f"{len(error.witnesses)} witnesses cosigned, {error.required} are asked for"
            return [
                Alarm(AlarmCode.QUORUM_MISSING, f"见证方联署不足:{len(error.witnesses)}/{error.required}", en)
            ]
        except NoteNotTrusted as error:
            self.keeper.evidence("cosignature-invalid", shown.note.encode("utf-8"))
            raise _Contradiction(
                AlarmCode.CHECKPOINT_INVALID, "见证方联署验证失败", f"a cosignature does not verify: {error}"
            ) from error
        return []

    def _read(
        self, shown: _Shown, fetch: Fetched, now: datetime, alarms: list[Alarm], *, whole: bool
    ) -> tuple[int, tuple[tuple[str, bytes], ...]]:
        kept = parse_checkpoint(parse_note(self.state.note).text) if self.state.note else None
        store = _Copying(fetch, self.keeper)
        readers = [TileReader(store, shown.head.size, SHA256_TREE)]
        if shown.head.sm3_root is not None:
            readers.append(TileReader(store, shown.head.size, SM3_TREE))
        reader = EntryReader.of(self.state, self.plan, self.rules, now)
        self._require_growth(kept, shown)
        try:
            self._require_roots(shown.head, readers)
            self._require_growth(kept, shown, readers)
            start = 0 if whole else self.state.size
            for index, leaf in entries_from_tiles(store, start, shown.head.size, tuple(readers)):
                if index % BUNDLE == BUNDLE - 1:
                    store.flush()
                if index >= self.state.size:
                    reader.read(index, leaf)
        except (TileMalformed, TileMissing, ProofInvalid) as error:
            self._suspect(shown, store)
            raise _Contradiction(
                AlarmCode.NOT_WHAT_WAS_SIGNED,
                "日志给出的内容与其签名的检查点不符(有条目被隐去、改动或缺失)",
                f"the log does not serve what it signed: {error}",
            ) from error
        store.flush()
        reader.finish()
        alarms += reader.alarms
        notices = tuple(
            (link.code, self._notice(entry, link, shown, readers, now)) for entry, link in reader.watched
        )
        fresh = shown.head.size - self.state.size
        self._move(shown, reader, now)
        return fresh, notices

    def _require_roots(self, head: Checkpoint, readers: list[TileReader]) -> None:
        for reader, root in zip(readers, (head.root, head.sm3_root), strict=False):
            if reader.root() != root:
                raise ProofInvalid(f"the tiles lead to another {reader.tree.name} root")

    def _require_growth(
        self, kept: Checkpoint | None, shown: _Shown, readers: Sequence[TileReader] = ()
    ) -> None:
        """With the readers' proofs; without, only that it neither went back nor shows another root."""
        if not readers and (kept is None or kept.size < shown.head.size):
            return
        proofs = [one.consistency(kept.size) for one in readers] if kept is not None and kept.size else []
        try:
            require_growth(kept, shown.head, *(proofs or [()]))
        except LogContradicted as error:
            code = AlarmCode.ROLLBACK if isinstance(error, LogWentBack) else AlarmCode.FORK
            self.keeper.evidence("checkpoint-kept", self.state.note.encode("utf-8"))
            self.keeper.evidence("checkpoint-shown", shown.note.encode("utf-8"))
            raise _Contradiction(code, error.zh, error.en) from error

    def _suspect(self, shown: _Shown, store: _Copying) -> None:
        self.keeper.evidence("checkpoint-shown", shown.note.encode("utf-8"))
        for path, content in store.unproven.items():
            self.keeper.evidence(path.replace("/", "_"), content)

    def _move(self, shown: _Shown, reader: EntryReader, now: datetime) -> None:
        state, view = self.state, self._view(shown, now)
        self.keeper.keep(CHECKPOINT, shown.note.encode("utf-8"))
        self.keeper.keep(VIEW, view.encode().encode("utf-8"))
        if shown.head.size > state.size or state.moved_at is None:
            state.moved_at = now
        state.note, state.size = shown.note, shown.head.size
        state.heads, state.awaited, state.counts = dict(reader.chains.heads), reader.awaited, reader.counts

    def _view(self, shown: _Shown, now: datetime) -> SignedNote:
        """The head with this monitor's cosignature: it saw this, and that it extends all it saw before."""
        at = int(now.timestamp())
        message = cosignature_message(shown.parsed.text, at)
        lines = [cosignature_line(key, at, sign(message)) for key, sign in self.keys.signers]
        return add_cosignatures(shown.parsed, lines)

    def _notice(
        self,
        entry: LogEntry,
        about: SubjectLink,
        shown: _Shown,
        readers: Sequence[TileReader],
        now: datetime,
    ) -> bytes:
        leaf = self._leaf(entry.index, shown.head.size)
        paths = [reader.inclusion(entry.index) for reader in readers]
        proof = LogProof(entry.index, leaf, paths[0], shown.note, paths[1] if len(paths) > 1 else None)
        link = self.plan.objection.replace("{subject}", about.code)
        notice = LogNotice(
            subject=about.code,
            sequence=about.sequence,
            entry=entry.index,
            kind=entry.kind,
            noticed=now,
            objection=link.replace("{entry}", str(entry.index)),
            proof=proof.encode(),
        )
        text = notice.text()
        message = text.encode("utf-8")
        lines = tuple(note_signature(key, sign(message)) for key, sign in self.keys.signers)
        return SignedNote(text, lines).encode().encode("utf-8")

    def _leaf(self, index: int, size: int) -> bytes:
        """From the own copy, where it was just put."""

        def own(path: str) -> bytes:
            content = self.keeper.copy(path)
            if content is None:
                raise TileMissing(path)
            return content

        return next(leaf for number, leaf in entries_from_tiles(own, index, size) if number == index)

    def _stale(self, shown: _Shown | None, now: datetime) -> list[Alarm]:
        """Newest word: growth that was seen, or a cosignature of a listed witness."""
        words = [self.state.moved_at] if self.state.moved_at is not None else []
        if shown is not None:
            words += [one.at for one in cosignatures(shown.parsed, self.plan.witnesses) if one.at <= now]
        if not words or now - max(words) <= 2 * self.plan.interval:
            return []
        hours = (now - max(words)) // timedelta(hours=1)
        return [
            Alarm(
                AlarmCode.STALE,
                f"检查点已 {hours} 小时没有更新,超过约定间隔的两倍",
                f"the checkpoint has not moved for {hours} hours: more than two intervals",
            )
        ]


class _Copying:
    """Fetches, and puts into the own copy what was proven.

    The own copy is not asked: it would make another log look like a torn one.
    """

    def __init__(self, fetch: Fetched, keeper: Keeper) -> None:
        self._fetch, self._keeper = fetch, keeper
        self.unproven: dict[str, bytes] = {}

    def __call__(self, path: str) -> bytes:
        if path not in self.unproven:
            self.unproven[path] = self._fetch(path)
        return self.unproven[path]

    def flush(self) -> None:
        """Everything that was fetched so far leads to the signed roots."""
        for path, content in self.unproven.items():
            self._keeper.keep(path, content)
        self.unproven.clear()
