# SPDX-License-Identifier: Apache-2.0
"""A log made of a list of leaves, published as files, and a monitor over a folder: anything can be forged."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from api.monitor import Monitor, MonitorKeys, MonitorPlan, MonitorState, Round, rules_of
from api.monitor.adapters import MonitorFolder, open_source
from keys import KeyKind, generate_key
from relying.credit import PLUGIN as CREDIT
from relying.registry import PLUGIN as REGISTRY
from verify import (
    SHA256_TREE,
    SM3_TREE,
    Checkpoint,
    Json,
    LogKey,
    NoteSignature,
    SignedNote,
    SubjectLink,
    TreeHash,
    bundle_names,
    canonical_json,
    cosignature_line,
    cosignature_message,
    encode_entry_bundle,
    leaf_hash,
    note_signature,
    sm3_extension,
    tile_names,
)

ORIGIN = "log.example/log"
E01, E12 = "91510100DEM001017Y", "91511300DEM001121R"
START = datetime(2026, 11, 23, 2, tzinfo=UTC)


@dataclass(frozen=True)
class Named:
    """A key that signs notes."""

    key: LogKey
    sign: Callable[[bytes], bytes]


def named(name: str) -> tuple[Named, ...]:
    """INSECURE: everybody can compute the Ed25519 key."""
    ed25519 = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(f"INSECURE {name}".encode()).digest())
    sm2 = generate_key(KeyKind.SM2)
    return (
        Named(LogKey(name, "ed25519", ed25519.public_key().public_bytes_raw()), ed25519.sign),
        Named(LogKey(name, "sm2", sm2.public_key.spki), sm2.sign),
    )


@dataclass
class FakeLog:
    """Writes leaves as the service does, and whatever else a test wants."""

    signers: tuple[Named, ...]
    leaves: list[bytes] = field(default_factory=list)
    heads: dict[str, tuple[int, str]] = field(default_factory=dict)
    at: datetime = START

    def copy(self) -> FakeLog:
        return FakeLog(self.signers, list(self.leaves), dict(self.heads), self.at)

    def add(self, kind: str, body: dict[str, Json] | None = None, subject: str = "") -> int:
        index = len(self.leaves)
        at = self.at.strftime("%Y-%m-%dT%H:%M:%SZ")
        entry: dict[str, Json] = {"v": 1, "index": index, "at": at, "kind": kind, "body": body or {}}
        sequence, previous = self.heads.get(subject, (0, ""))
        if subject:
            entry["subject"] = SubjectLink(subject, sequence + 1, previous).to_json()
        self.leaves.append(canonical_json(entry))
        if subject:
            self.heads[subject] = (sequence + 1, leaf_hash(self.leaves[-1]).hex())
        return index

    def record(self, subject: str = E12, *, version: int = 1, kind: str = "conduct", **facts: Json) -> int:
        shown: dict[str, Json] = {"from": "2026-10-26", "until": "2027-10-26", **facts}
        body: dict[str, Json] = {
            "module": "credit",
            "record_kind": kind,
            "version": version,
            "facts": {name: one for name, one in shown.items() if one is not None},
        }
        return self.add("record.entered", body, subject)

    def fill(self, count: int) -> None:
        for _ in range(count):
            self.add("login.made")

    def rows(self, tree: TreeHash) -> list[list[bytes]]:
        rows = [tree.leaves(self.leaves)]
        while len(rows[-1]) > 1:
            rows.append(tree.parents(rows[-1]))
        return rows

    def root(self, tree: TreeHash) -> bytes:
        """RFC 9162 section 2.1.1, from the leaves alone."""

        def top(hashes: list[bytes]) -> bytes:
            if len(hashes) == 1:
                return hashes[0]
            split = 1 << (len(hashes) - 1).bit_length() - 1
            return tree.node(top(hashes[:split]), top(hashes[split:]))

        return top(tree.leaves(self.leaves)) if self.leaves else tree.empty

    def note(self, *witnesses: Named, at: datetime = START) -> str:
        extension = sm3_extension(self.root(SM3_TREE))
        text = Checkpoint(ORIGIN, len(self.leaves), self.root(SHA256_TREE), (extension,)).text()
        lines: list[NoteSignature] = [
            note_signature(one.key, one.sign(text.encode())) for one in self.signers
        ]
        seconds = int(at.timestamp())
        lines += [
            cosignature_line(one.key, seconds, one.sign(cosignature_message(text, seconds)))
            for one in witnesses
        ]
        return SignedNote(text, tuple(lines)).encode()

    def publish(self, folder: Path, *witnesses: Named, at: datetime = START) -> None:
        size = len(self.leaves)
        for tree in (SHA256_TREE, SM3_TREE):
            rows = self.rows(tree)
            for name in tile_names(size, tree):
                assert name.level is not None
                row = rows[8 * name.level][name.index * 256 : name.index * 256 + name.width]
                put(folder / name.path, b"".join(row))
        for name in bundle_names(size):
            some = self.leaves[name.index * 256 : name.index * 256 + name.width]
            put(folder / name.path, encode_entry_bundle(some))
        put(folder / "checkpoint", self.note(*witnesses, at=at).encode())


def put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


@dataclass
class Desk:
    """One monitor with a clock that a test moves."""

    folder: MonitorFolder
    monitor: Monitor
    source: Path
    now: datetime = START

    def look(self, source: Path | None = None, **more: Any) -> Round:
        with open_source(str(source or self.source)) as fetch:
            made = self.monitor.look(fetch, **more)
        self.folder.record(made, self.monitor.state, self.now)
        return made

    def codes(self, source: Path | None = None, **more: Any) -> list[str]:
        return [one.code.value for one in self.look(source, **more).alarms]

    def restarted(self) -> None:
        """Another process over the same folder."""
        self.monitor.state = self.folder.state()


@pytest.fixture(scope="session")
def log_keys() -> tuple[Named, ...]:
    return named(ORIGIN)


@pytest.fixture(scope="session")
def monitor_keys() -> MonitorKeys:
    return MonitorKeys("monitor.example", tuple((one.key, one.sign) for one in named("monitor.example")))


@pytest.fixture(scope="session")
def witness() -> tuple[Named, ...]:
    return named("witness.example")


@pytest.fixture
def log(log_keys: tuple[Named, ...]) -> FakeLog:
    return FakeLog(log_keys)


@pytest.fixture
def started(tmp_path: Path, log_keys: tuple[Named, ...], monitor_keys: MonitorKeys) -> Callable[..., Desk]:
    def start(**plan: Any) -> Desk:
        folder = MonitorFolder(tmp_path / "monitor")
        given = {"log_keys": tuple(one.key for one in log_keys), "interval": timedelta(hours=1), **plan}
        monitor = Monitor(
            plan=MonitorPlan(**given),
            rules=rules_of((CREDIT, REGISTRY)),
            keys=monitor_keys,
            state=MonitorState(),
            keeper=folder,
            clock=lambda: desk.now,
        )
        desk = Desk(folder, monitor, tmp_path / "log")
        return desk

    return start
