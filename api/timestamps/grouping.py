# SPDX-License-Identifier: Apache-2.0
"""Group commit: what many threads ask for at once becomes one transaction.

Whoever comes while nobody acts, acts for everybody who waits; the others sleep until their answer is there.
One caller alone never waits for company.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from .errors import TooManyWaiting

Item = TypeVar("Item")
Result = TypeVar("Result")
MOST_TOGETHER = 64
MOST_WAITING = 1024


@dataclass(slots=True)
class _Waiting(Generic[Item, Result]):
    item: Item
    results: tuple[Result, ...] = ()  # one, when it is there
    failure: Exception | None = None

    @property
    def over(self) -> bool:
        return bool(self.results) or self.failure is not None


class GroupCommit(Generic[Item, Result]):
    """``act`` gets up to ``most`` items and answers each, in order; if it raises, nobody got anything."""

    def __init__(
        self, act: Callable[[Sequence[Item]], Sequence[Result]], *, most: int = MOST_TOGETHER
    ) -> None:
        self._act, self._most = act, most
        self._changed = threading.Condition()
        self._waiting: deque[_Waiting[Item, Result]] = deque()
        self._acting = False

    def submit(self, item: Item) -> Result:
        """The answer for one item.  Raises what ``act`` raised, or :class:`TooManyWaiting`."""
        mine: _Waiting[Item, Result] = _Waiting(item)
        with self._changed:
            if len(self._waiting) >= MOST_WAITING:
                raise TooManyWaiting
            self._waiting.append(mine)
        while (batch := self._turn(mine)) is not None:
            self._answer(batch)
        if mine.failure is not None:
            raise mine.failure
        return mine.results[0]

    def _turn(self, mine: _Waiting[Item, Result]) -> list[_Waiting[Item, Result]] | None:
        """The items to act for, or ``None`` once ours is answered."""
        with self._changed:
            self._changed.wait_for(lambda: mine.over or not self._acting)
            if mine.over:
                return None
            self._acting = True
            return [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]

    def _answer(self, batch: Sequence[_Waiting[Item, Result]]) -> None:
        try:
            for one, result in zip(batch, self._act([one.item for one in batch]), strict=True):
                one.results = (result,)
        except BaseException as error:
            for one in batch:
                one.results, one.failure = (), error if isinstance(error, Exception) else TooManyWaiting()
            if not isinstance(error, Exception):
                raise  # the process is told to end: nobody is left waiting for it
        finally:
            with self._changed:
                self._acting = False
                self._changed.notify_all()
