# SPDX-License-Identifier: Apache-2.0
"""Why a witness does not cosign."""

from __future__ import annotations


class WitnessError(Exception):
    """Anything that keeps a witness from cosigning; ``zh`` and ``en`` say what, ``todo`` what to do."""

    todo = ""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh} {en}")
        self.zh, self.en = zh, en


class WitnessDamaged(WitnessError):
    """The folder of the witness cannot be used: it must not start over by itself."""

    todo = "restore the folder from a copy; a witness that starts anew forgets what it saw"

    def __init__(self, where: str, why: str) -> None:
        super().__init__(
            f"见证方的记录无法使用:{where}", f"the witness's record {where} cannot be used: {why}"
        )
        self.where, self.why = where, why


class LogUnknown(WitnessError):
    """The head is of a log that this witness does not watch, or not signed by its keys."""

    todo = "yinxin witness init names the keys of the log; yinxin log keys prints them"

    def __init__(self, origin: str, why: str, *, watched: bool = False) -> None:
        super().__init__(f"不能联署日志 {origin}", f"no head of {origin} is cosigned: {why}")
        self.origin, self.why, self.watched = origin, why, watched


class OldSizeWrong(WitnessError):
    """The log took another head for the newest that this witness cosigned: ``kept`` is its size."""

    todo = "send a proof from the size that is answered"

    def __init__(self, kept: int) -> None:
        super().__init__(
            f"最近联署的是 {kept} 条的检查点", f"the newest head cosigned here has {kept} entries"
        )
        self.kept = kept


class HeadRefused(WitnessError):
    """A head that contradicts what was cosigned, or whose tiles are not its own: it is kept as evidence."""

    todo = "keep both notes, tell the body that runs the log and those who rely on it; cosign nothing"

    def __init__(self, zh: str, en: str, *, evidence: str = "") -> None:
        super().__init__(zh, en)
        self.evidence = evidence
