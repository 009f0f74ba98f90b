# SPDX-License-Identifier: Apache-2.0
"""Why settings cannot be used."""

from __future__ import annotations


class SettingsError(Exception):
    """The settings cannot be used.  ``key`` is the setting, ``todo`` what to do."""

    def __init__(self, key: str, why: str, todo: str) -> None:
        super().__init__(f"{key}: {why}" if key else why)
        self.key, self.why, self.todo = key, why, todo


class Wrong(Exception):
    """A value breaks the rule of its setting: why, and what to do.  Stays inside this package."""

    def __init__(self, why: str, todo: str) -> None:
        super().__init__(why)
        self.why, self.todo = why, todo
