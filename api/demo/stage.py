# SPDX-License-Identifier: Apache-2.0
"""What the scenes share: the service's address, who holds which key, and what was made so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .client import Client, Holder
from .dataset import Dataset, dataset
from .journal import Journal
from .serving import Run, Told, command, told_here


@dataclass(slots=True)
class Stage:
    """Mutable on purpose: the scenes fill it in order."""

    data: Path  # the data directory of the service
    out: Path
    url: str
    journal: Journal
    facts: Dataset = field(default_factory=dataset)
    operator: Client | None = None
    holders: dict[str, Holder] = field(default_factory=dict)  # by key: E01, H01, …
    accounts: dict[str, str] = field(default_factory=dict)
    seals: dict[str, str] = field(default_factory=dict)  # A3-sm2 -> seal id
    submissions: dict[str, Any] = field(default_factory=dict)
    documents: dict[str, Any] = field(default_factory=dict)  # permit-sm2, … -> what the service answered
    artefacts: dict[str, bytes] = field(default_factory=dict)  # file name -> content
    texts: dict[str, str] = field(default_factory=dict)  # artefact name -> QR text
    run: Run | None = None  # the command line of this process, if it is one

    def client(self) -> Client:
        """A browser that nobody is logged in with."""
        return Client(self.url)

    def told(self, *arguments: str | Path) -> Told:
        """``yinxin …`` with these arguments."""
        return command(*arguments) if self.run is None else told_here(self.run, *arguments)

    def run_by(self) -> Client:
        """The operator's client."""
        assert self.operator is not None
        return self.operator

    def keep(self, name: str, content: bytes) -> None:
        """An artefact, in memory and in the output directory."""
        self.artefacts[name] = content
        self.write(name, content)

    def write(self, name: str, content: bytes) -> None:
        """A file in the output directory that is no artefact."""
        path = self.out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def now() -> datetime:
    """The demo is a client: it has a clock of its own."""
    return datetime.now(UTC)


def stamp(moment: datetime) -> str:
    """A time as the API takes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
