# SPDX-License-Identifier: Apache-2.0
"""What the check of the log and of the database against it found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from verify import Json


class FindingKind(StrEnum):
    """What is wrong with one thing."""

    CHANGED = "changed"
    DELETED = "deleted"
    INSERTED = "inserted"
    ENTRY_CHANGED = "entry-changed"
    ROOT_MISMATCH = "root-mismatch"
    CHECKPOINT_INVALID = "checkpoint-invalid"
    NODES_WRONG = "nodes-wrong"
    ROLLED_BACK = "rolled-back"
    NOT_COMPARED = "not-compared"
    HISTORY_BROKEN = "history-broken"


@dataclass(frozen=True, slots=True)
class Finding:
    """One wrong thing: the table and key of the row, and one sentence.  Values are never shown."""

    kind: FindingKind
    table: str
    key: str
    zh: str
    en: str

    def to_json(self) -> dict[str, Json]:
        """For ``--json`` and reports."""
        return {
            "kind": self.kind.value,
            "table": self.table,
            "key": self.key,
            "zh": self.zh,
            "en": self.en,
        }


@dataclass(frozen=True, slots=True)
class LedgerFindings:
    """The result of :func:`check_ledger`: how much was compared, and what is wrong (nothing, when empty)."""

    size: int
    checkpoints: int
    rows: int
    root: str  # of the recomputed tree, hexadecimal
    findings: tuple[Finding, ...]

    @property
    def clean(self) -> bool:
        """Everything was compared and nothing is wrong."""
        return not self.findings

    def to_json(self) -> dict[str, Json]:
        """For ``--json`` and reports."""
        return {
            "size": self.size,
            "checkpoints": self.checkpoints,
            "rows": self.rows,
            "root": self.root,
            "findings": [one.to_json() for one in self.findings],
        }
