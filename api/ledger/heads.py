# SPDX-License-Identifier: Apache-2.0
"""The signed heads that a check holds the log against: those stored, and those that were kept elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from verify import Checkpoint, LedgerError, LogKey, check_checkpoint

from .findings import Finding, FindingKind
from .stored import StoredHead, all_heads

_TABLE = "ledger_checkpoints"


@dataclass(frozen=True, slots=True)
class SignedHead:
    """A size and the roots that were signed for it."""

    size: int
    root: bytes
    sm3_root: bytes | None = None


@dataclass(frozen=True, slots=True)
class Heads:
    """What :func:`read_heads` found."""

    signed: tuple[SignedHead, ...]  # good signatures only, smallest first
    stored: int  # how many are stored
    newest: int  # size of the newest stored one, good or not
    findings: tuple[Finding, ...]


def read_heads(connection: Connection, log_keys: Sequence[LogKey], *, published: Sequence[str]) -> Heads:
    """Verify every stored head (the newest with all keys, older ones with Ed25519) and the published ones."""
    signed: list[SignedHead] = []
    findings: list[Finding] = []
    stored = list(all_heads(connection))
    fast = [key for key in log_keys if key.algorithm == "ed25519"]
    for position, head in enumerate(stored, 1):
        known = _verified(head, list(log_keys) if position == len(stored) else fast)
        if known is not None:
            signed.append(SignedHead(known.size, known.root, known.sm3_root))
        else:
            findings.append(
                Finding(
                    FindingKind.CHECKPOINT_INVALID,
                    _TABLE,
                    str(head.size),
                    f"大小为 {head.size} 的检查点不是本日志签名的,或已被改动",
                    f"the checkpoint of size {head.size} is not signed by this log, or was edited",
                )
            )
    newest = stored[-1].size if stored else 0
    for note in published:
        kept = _check(note, list(log_keys))
        if kept is None:
            findings.append(
                Finding(
                    FindingKind.CHECKPOINT_INVALID,
                    _TABLE,
                    "published",
                    "所给的已公布检查点不是本日志签名的",
                    "the published checkpoint that was given is not signed by this log",
                )
            )
        elif kept.size > newest:
            findings.append(
                Finding(
                    FindingKind.ROLLED_BACK,
                    _TABLE,
                    str(kept.size),
                    f"曾公布过 {kept.size} 条的检查点,数据库只到 {newest} 条:数据库被回退",
                    f"a head of {kept.size} entries was published, the database went back to {newest}",
                )
            )
        else:
            signed.append(SignedHead(kept.size, kept.root, kept.sm3_root))
    signed.sort(key=lambda head: head.size)
    return Heads(tuple(signed), len(stored), newest, tuple(findings))


def _verified(head: StoredHead, keys: Sequence[LogKey]) -> Checkpoint | None:
    known = _check(head.note, keys)
    return known if known is not None and (known.size, known.root) == (head.size, head.root) else None


def _check(note: str, keys: Sequence[LogKey]) -> Checkpoint | None:
    """A log that signs with several keys signs with all of them."""
    try:
        return check_checkpoint(note, keys, require=max(1, len(keys)))
    except LedgerError:
        return None
