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
