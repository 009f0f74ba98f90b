# SPDX-License-Identifier: Apache-2.0
"""What goes wrong with tree proofs, signed notes and log proof files."""

from __future__ import annotations

from ..errors import VerifyError


class LedgerError(VerifyError):
    """Anything that stops a statement about the public log from being believed."""


class ProofInvalid(LedgerError):
    """An inclusion or consistency proof does not prove what it claims.  ``rule`` names the broken rule."""

    def __init__(self, rule: str) -> None:
        super().__init__(f"log proof refused: {rule}")
        self.rule = rule


class NoteMalformed(LedgerError):
    """Not a signed note or checkpoint.  ``rule`` was broken at ``line``, from 1 (0: the whole text)."""

    def __init__(self, rule: str, *, line: int = 0) -> None:
        super().__init__(f"signed note refused{f' at line {line}' if line else ''}: {rule}")
        self.rule, self.line = rule, line


class NoteNotTrusted(LedgerError):
    """A well-formed note without enough good signatures of keys that we know.

    ``forged`` is true when a signature names a key that we know and does not verify; otherwise the keys are
    only unknown to us or too few.
    """

    def __init__(self, rule: str, *, forged: bool = False) -> None:
        super().__init__(f"signed note not trusted: {rule}")
        self.rule, self.forged = rule, forged


class LogProofMalformed(LedgerError):
    """Not a log proof file.  ``field`` is the JSON member, ``rule`` what it broke."""

    def __init__(self, *, field: str, rule: str) -> None:
        super().__init__(f"log proof file refused: {field}: {rule}")
        self.field, self.rule = field, rule
