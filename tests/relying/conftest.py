# SPDX-License-Identifier: Apache-2.0
"""A host made of dictionaries: what a module sees of the core, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from relying import Body, Host, Record


@dataclass
class Shelf:
    """Records in memory, with versions, as the core keeps them."""

    entered: list[Record] = field(default_factory=list)
    now: datetime = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)

    def enter(self, kind: str, key: str, body: Body) -> Record:
        version = 1 + sum(1 for one in self.entered if (one.kind, one.key) == (kind, key))
        record = Record(kind=kind, key=key, version=version, body=body, entered_at=self.now)
        self.entered.append(record)
        return record

    def get(self, kind: str, key: str) -> Record | None:
        found = [one for one in self.entered if (one.kind, one.key) == (kind, key)]
        return found[-1] if found else None

    def find(self, kind: str, /, **equal: str) -> tuple[Record, ...]:
        keys = dict.fromkeys(one.key for one in self.entered if one.kind == kind)
        newest = [self.get(kind, key) for key in keys]
        return tuple(
            one
            for one in newest
            if one is not None and all(one.body.get(name) == value for name, value in equal.items())
        )

    def host(self, lookup: Callable[[str, str], Body | None] | None = None) -> Host:
        return Host(records=self, lookup=lookup or (lambda _name, _key: None), now=lambda: self.now)


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()
