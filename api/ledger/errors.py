# SPDX-License-Identifier: Apache-2.0
"""Why the public log is not written or read."""

from __future__ import annotations


class LedgerError(Exception):
    """Anything that stops the public log from being written or read; ``todo`` says what to do."""

    todo = ""


class LogDamaged(LedgerError):
    """What is stored is not what was signed: nothing more is appended to it."""

    def __init__(self, why: str) -> None:
        super().__init__(f"the public log cannot be continued: {why}")
        self.why = why
        self.todo = "run yinxin log check; restore the newest backup; never sign over it"


class EntryRefused(LedgerError):
    """An act tried to record something that is no entry: a defect of ours."""

    def __init__(self, kind: str, why: str) -> None:
        super().__init__(f"entry {kind!r}: {why}")
        self.kind, self.why = kind, why


class TransactionOver(LedgerError):
    """An entry was appended after its transaction had ended: a defect of ours."""

    def __init__(self) -> None:
        super().__init__("this transaction has ended")


class NoSuchEntry(LedgerError):
    """The log has no entry with this number yet."""

    def __init__(self, index: int, size: int) -> None:
        super().__init__(f"no entry {index}: the log has {size}")
        self.index, self.size = index, size


class NotPublished(LedgerError):
    """There is no such file of the log, or not yet."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} is not published")
        self.path = path


class NoSuchRange(LedgerError):
    """There is no consistency proof between these two sizes."""

    def __init__(self, old: int, new: int, size: int) -> None:
        super().__init__(f"no proof from size {old} to {new}: give 1 <= old <= new <= {size}")
        self.old, self.new, self.size = old, new, size


class NotCommitted(LedgerError):
    """No entry commits to this row."""

    def __init__(self, table: str) -> None:
        super().__init__(f"no entry commits to this row of {table}")
        self.table = table


class RowAltered(LedgerError):
    """A row says something else than the public log vouches for: nobody acts on it.  Names the table only."""

    def __init__(self, table: str) -> None:
        super().__init__(f"a row of {table} differs from what the public log commits to")
        self.table = table


class HistoryMoved(LedgerError):
    """Something was entered about this subject meanwhile: what claims to show all of it is made anew."""

    todo = "try again: it is composed from what is public now"

    def __init__(self, code: str) -> None:
        super().__init__(f"the public history of {code} has grown meanwhile")
        self.code = code


class IntentClosed(LedgerError):
    """This intent has ended: what it announced must not happen any more."""

    def __init__(self, intent_id: str) -> None:
        super().__init__(f"intent {intent_id} has ended")
        self.intent_id = intent_id


class CosignatureRefused(LedgerError):
    """What came in as a cosignature is none of a head of ours by a listed witness.

    ``code``: ``malformed``, ``unknown`` or ``no-head``.
    """

    def __init__(self, code: str, why: str) -> None:
        super().__init__(f"cosignature refused: {why}")
        self.code, self.why = code, why


class LogBehind(LogDamaged):
    """The database is older than a head that was shown: ``known`` entries, ``size`` in the database."""

    def __init__(self, known: int, size: int, where: str) -> None:
        super().__init__(
            f"公开过 {known} 条的检查点({where}),数据库只有 {size} 条:数据库是较早的备份 "
            f"a head of {known} entries was published ({where}), the database has {size}: an older backup"
        )
        self.known, self.size, self.where = known, size, where
        self.todo = (
            "不要继续写入,否则日志分叉;请恢复含有全部已公布条目的备份 to go on would fork the log; "
            f"restore a newer backup with at least {known} entries"
        )


class LogOtherwise(LogDamaged):
    """A head that was already shown is not a head of the log in the database: it is another history."""

    def __init__(self, known: int, where: str) -> None:
        super().__init__(
            f"公开过的 {known} 条检查点({where})与数据库不符:这是另一段历史 "
            f"the published head of {known} entries ({where}) is not that of the database: another history"
        )
        self.known, self.where = known, where
        self.todo = (
            "请恢复与已公布检查点相符的备份 restore the backup that agrees with what was published; "
            "yinxin log check --checkpoint FILE says what differs"
        )
