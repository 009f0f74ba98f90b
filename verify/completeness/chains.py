# SPDX-License-Identifier: Apache-2.0
"""Follow the history of every subject through the log, entry after entry, and name what breaks one.

Whoever reads all entries once knows each subject's last number and its hash; an entry that is hidden, moved
or written twice contradicts the next one, which carries both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from ..canonical import Json
from .leaf import LogEntry


class ChainFaultCode(StrEnum):
    """How a history is broken."""

    GAP = "SUBJECT_GAP"
    REPEATED = "SUBJECT_REPEATED"
    RELINKED = "SUBJECT_RELINKED"


@dataclass(frozen=True, slots=True)
class SubjectHead:
    """The last entry about one subject: its number in that history, its leaf hash, its place in the log."""

    sequence: int
    hash: str
    index: int


@dataclass(frozen=True, slots=True)
class ChainFault:
    """One broken link: which subject, at which entry, and one sentence."""

    code: ChainFaultCode
    subject: str
    index: int
    zh: str
    en: str


class SubjectChains:
    """The heads of all histories seen so far; feed it every entry in the order of the log."""

    def __init__(self, heads: Mapping[str, SubjectHead] | None = None) -> None:
        self._heads = dict(heads or {})

    def head(self, subject: str) -> SubjectHead | None:
        """The newest entry about ``subject``, or ``None``."""
        return self._heads.get(subject)

    @property
    def heads(self) -> Mapping[str, SubjectHead]:
        """All of them, for whoever keeps them and continues later."""
        return self._heads

    def take(self, entry: LogEntry) -> tuple[ChainFault, ...]:
        """The next entry; what it breaks.  After a fault the history goes on from this entry."""
        link = entry.subject
        if link is None:
            return ()
        before = self._heads.get(link.code)
        known, reached = (0, "") if before is None else (before.sequence, before.hash)
        self._heads[link.code] = SubjectHead(link.sequence, entry.hash, entry.index)
        where = f"{link.code} #{link.sequence}"
        if link.sequence > known + 1:
            missing = f"{known + 1}" if link.sequence == known + 2 else f"{known + 1}–{link.sequence - 1}"
            return (
                ChainFault(
                    ChainFaultCode.GAP,
                    link.code,
                    entry.index,
                    f"主体 {link.code} 缺少第 {missing} 号记录:条目 {entry.index} 是第 {link.sequence} 号",
                    f"history of {link.code}: number {missing} is missing before entry {entry.index}",
                ),
            )
        if link.sequence <= known:
            return (
                ChainFault(
                    ChainFaultCode.REPEATED,
                    link.code,
                    entry.index,
                    f"主体记录编号重复:{where} 出现在日志第 {entry.index} 条,此前已到第 {known} 号",
                    f"history of {link.code}: entry {entry.index} repeats number {link.sequence}, "
                    f"it had reached {known}",
                ),
            )
        if link.previous != reached:
            return (
                ChainFault(
                    ChainFaultCode.RELINKED,
                    link.code,
                    entry.index,
                    f"主体记录链断开:{where}(日志第 {entry.index} 条)所指的前一条不是日志中的第 {known} 号",
                    f"history of {link.code}: entry {entry.index} does not follow the entry "
                    f"that has number {known}",
                ),
            )
        return ()

    def take_all(self, entries: Iterable[LogEntry]) -> Iterator[ChainFault]:
        """Every fault of many entries."""
        for entry in entries:
            yield from self.take(entry)

    def to_json(self) -> dict[str, Json]:
        """The heads, to be kept."""
        return {
            code: {"sequence": one.sequence, "hash": one.hash, "index": one.index}
            for code, one in sorted(self._heads.items())
        }
