# SPDX-License-Identifier: Apache-2.0
"""The port between the pipeline of a chunk and what it makes: documents, sealed files, completed files.

A maker prepares items before anything is announced, makes each one after, and records it in the transaction
of the whole chunk.  What it raises for one item becomes the result of that item and stops no other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Row, update
from sqlalchemy.exc import DBAPIError

from keys import KeysError
from relying import Json
from seal import PageError, SealError, SealRefused, SignerMismatch

from ..database.tables_batches import batch_items as items
from ..documents import DocumentError, SealDidNotVerify
from ..ledger import Intent, LedgerError, Transaction
from ..plugins import FieldsRefused, PluginError
from .checking import refusal
from .errors import BatchError, BatchStopped
from .model import ItemState, Problem

_ASK = "请另行办理,或联系运营人员 / order it by itself, or ask the operator"


@dataclass(frozen=True, slots=True)
class Announced:
    """One prepared item: what its intent will say, and what the maker needs to make it."""

    item: Row[Any]
    facts: dict[str, Json]
    plan: Any


@dataclass(frozen=True, slots=True)
class Settled:
    """One item that will not be made, and why."""

    item: Row[Any]
    state: ItemState
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Preparation:
    """What can be made of a chunk at once.  ``last``: items beyond it are left for another chunk."""

    ready: Sequence[Announced]
    settled: Sequence[Settled]
    last: int


class Maker(Protocol):
    """Makes what one batch is about."""

    act: str
    """The kind of the intents."""

    def prepare(self, waiting: Sequence[Row[Any]], last: int) -> Preparation:
        """Everything that can be refused before it is announced.  Signs nothing."""

    def make(self, one: Announced, intent: Intent) -> Any:
        """Sign, seal, reopen; the intent is public already.  Raises for this item alone."""

    def record(self, tx: Transaction, one: Announced, made: Any) -> None:
        """Rows and entries of one item."""


@contextmanager
def judged(item: Row[Any], into: list[Settled]) -> Iterator[None]:
    """Turn what stops one item into its result.  What would stop every item goes its way."""
    try:
        yield
    except (LedgerError, DBAPIError, BatchStopped, SignerMismatch):
        raise
    except KeysError:
        raise  # the key, or where it is kept: nothing that this item is to blame for
    except Exception as error:
        into.append(Settled(item, *_result(error)))


def _result(error: Exception) -> tuple[ItemState, tuple[Problem, ...]]:
    if isinstance(error, FieldsRefused):
        problems = tuple(Problem(one.field, one.rule, one.todo) for one in error.errors)
        return ItemState.REFUSED, problems
    if isinstance(error, SealRefused):
        return ItemState.REFUSED, (refusal(error),)
    if isinstance(error, SealDidNotVerify):
        rule = f"签章后的文件未通过核验 / the sealed file did not verify: {', '.join(error.reasons)[:200]}"
        return ItemState.FAILED, (Problem("file", rule, _ASK),)
    if isinstance(error, BatchError):
        return ItemState.FAILED, (Problem("file", f"{error.zh} / {error.en}", error.todo),)
    if isinstance(error, SealError | PageError | DocumentError | PluginError):
        rule = f"不能办理 / it cannot be done: {type(error).__name__}"
        return ItemState.REFUSED, (Problem("row", rule, _ASK),)
    rule = f"服务内部出错 / an error of the service: {type(error).__name__}"
    return ItemState.FAILED, (Problem("row", rule, _ASK),)


def write_done(tx: Transaction, item: Row[Any], values: dict[str, Any]) -> None:
    """An item is done: what it was made of goes, what came of it stays."""
    tx.connection.execute(
        update(items)
        .where(items.c.batch_id == item.batch_id, items.c.number == item.number)
        .values(state=ItemState.DONE.value, body=None, prepared=None, source_file_id=None, **values)
    )
