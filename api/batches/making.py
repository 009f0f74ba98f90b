# SPDX-License-Identifier: Apache-2.0
"""The port between the pipeline of a chunk and what it makes: documents, sealed files, completed files.

A maker prepares items before anything is announced, makes each one after, and records it in the transaction
of the whole chunk.  What it raises for one item becomes the result of that item and stops no other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Row, bindparam, update
from sqlalchemy.exc import DBAPIError

from keys import KeysError
from relying import Json
from seal import PageError, SealError, SealRefused, SignerMismatch

from ..approvals import Warrant, record_permitted
from ..database.tables_batches import batch_items as items
from ..documents import DocumentError, SealDidNotVerify
from ..ledger import Intent, LedgerError, Transaction
from ..plugins import FieldsRefused, PluginError
from ..seals import NewUse, UsableSeal
from .checking import refusal
from .errors import BatchError, BatchStopped
from .model import ItemState, Problem
from .ports import BatchPorts

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

    def record(self, tx: Transaction, made: Sequence[tuple[Announced, Any]]) -> None:
        """Rows and entries of all that was made."""


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


def write_done(tx: Transaction, batch_id: str, done: Mapping[int, Mapping[str, Any]]) -> None:
    """Items are done: what they were made of goes, what came of them stays.  All with the same columns."""
    columns = next(iter(done.values())).keys()
    statement = (
        update(items)
        .where(items.c.batch_id == batch_id, items.c.number == bindparam("which"))
        .values(
            state=ItemState.DONE.value,
            body=None,
            prepared=None,
            source_file_id=None,
            **{name: bindparam(f"new_{name}") for name in columns},
        )
    )
    tx.connection.execute(
        statement,
        [
            {"which": number, **{f"new_{name}": value for name, value in values.items()}}
            for number, values in done.items()
        ],
    )


def note_use(
    ports: BatchPorts, tx: Transaction, warrant: Warrant, seal: UsableSeal, documents: int, *, at: datetime
) -> None:
    """One use of the seal for the holder to see, in the transaction of the act; it was counted before.

    Raises :class:`api.seals.SealNotUsable` when the seal was suspended or replaced meanwhile: nothing is
    released then.
    """
    use = NewUse(
        seal_id=warrant.use.seal_id,
        document_type=warrant.use.document_type,
        channel=warrant.use.channel.value,
        officer=warrant.use.officer,
        documents=documents,
        edition=seal.edition,
    )
    record_permitted(tx, warrant, use, use_id=ports.random(16).hex(), at=at, counted=True)
