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


class TileMalformed(LedgerError):
    """A tile or bundle, or its address, is not what C2SP tlog-tiles says.  ``path`` is the address."""

    def __init__(self, path: str, rule: str) -> None:
        super().__init__(f"{path}: {rule}")
        self.path, self.rule = path, rule


class TileMissing(LedgerError):
    """A tile or bundle that a signed size needs is not there: what ``fetch`` raises for *not found*."""

    def __init__(self, path: str) -> None:
        super().__init__(f"日志缺少 the log does not serve {path}")
        self.path = path


class LogContradicted(LedgerError):
    """Two heads of one log that cannot both be true, or that were not shown to agree: keep both notes."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh} {en}")
        self.zh, self.en = zh, en


class LogWentBack(LogContradicted):
    """A head is smaller than one that was kept: ``kept`` and ``shown`` are the sizes."""

    def __init__(self, kept: int, shown: int) -> None:
        super().__init__(
            f"日志回退:曾见到 {kept} 条,现在只给出 {shown} 条",
            f"the log went back: a head of {kept} entries was seen, now it shows {shown}",
        )
        self.kept, self.shown = kept, shown


class LogForked(LogContradicted):
    """The new head does not extend the kept one: ``rule`` is what the proof broke."""

    def __init__(self, kept: int, shown: int, rule: str) -> None:
        super().__init__(
            f"日志分叉:{shown} 条的检查点不是 {kept} 条检查点的延续",
            f"the log forked: its head of {shown} entries does not extend the one of {kept} ({rule})",
        )
        self.kept, self.shown, self.rule = kept, shown, rule


class QuorumMissing(LedgerError):
    """Too few listed witnesses cosigned: ``witnesses`` of the ``required``."""

    def __init__(self, witnesses: tuple[str, ...], required: int) -> None:
        super().__init__(
            f"见证方联署不足:{len(witnesses)}/{required} "
            f"{len(witnesses)} listed witnesses cosigned this head, {required} are required"
        )
        self.witnesses, self.required = witnesses, required
