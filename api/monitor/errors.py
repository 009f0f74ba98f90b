# SPDX-License-Identifier: Apache-2.0
"""Why a monitor cannot look: neither is an alarm, and neither is a quiet log."""

from __future__ import annotations


class MonitorError(Exception):
    """Anything that keeps a monitor from looking; ``zh`` and ``en`` say what, ``todo`` what to do."""

    todo = ""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh} {en}")
        self.zh, self.en = zh, en


class LogUnreachable(MonitorError):
    """The log did not answer, which says nothing about its contents.  ``where`` is the address."""

    todo = "try again; after two intervals without an answer the monitor alarms"

    def __init__(self, where: str, why: str) -> None:
        super().__init__(f"无法读取日志 {where}", f"the log does not answer at {where}: {why}")
        self.where, self.why = where, why


class StateDamaged(MonitorError):
    """What the monitor kept is not readable or not consistent: it must not start over by itself."""

    todo = "restore the folder from a copy; a monitor that starts anew forgets what it saw"

    def __init__(self, where: str, why: str) -> None:
        super().__init__(f"监测记录已损坏:{where}", f"the monitor's record {where} is damaged: {why}")
        self.where, self.why = where, why
