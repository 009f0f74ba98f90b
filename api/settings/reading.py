# SPDX-License-Identifier: Apache-2.0
"""One file, read once: every key known, every value checked."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .errors import SettingsError, Wrong
from .model import FIELDS, Settings
from .sections import SECTIONS

LARGEST_FILE = 64 * 1024


def load_settings(path: Path) -> Settings:
    """Read and check a settings file.  Raises :class:`SettingsError`, whatever the file holds."""
    folder = path.absolute().parent
    values: dict[str, Any] = {}
    given = _tables(path)
    for section in given:
        if section not in SECTIONS:
            raise _unknown(f"[{section}]", [f"[{name}]" for name in SECTIONS])
    for section, settings in SECTIONS.items():
        table = given.get(section, {})
        for name in table:
            if name not in settings:
                raise _unknown(f"[{section}] {name}", [f"[{section}] {one}" for one in settings])
        for name, setting in settings.items():
            key = f"[{section}] {name}"
            value = table.get(name, setting.default)
            if value is None:
                raise SettingsError(key, "缺少此项 it is missing", f"add {name} to the section [{section}]")
            try:
                values[FIELDS[section, name]] = setting.read(value, folder)
            except Wrong as wrong:
                raise SettingsError(key, wrong.why, wrong.todo) from None
    if values["vault_token_module"] is not None:
        for name in ("token_label", "token_pin_file"):
            if not values[f"vault_{name}"]:
                raise SettingsError(
                    f"[vault] {name}", "缺少此项 it is missing", "token_module needs it as well"
                )
    if not values["acme_allow_private"] and (values["acme_http_port"] != 80 or values["acme_resolve"]):
        raise SettingsError(
            "[acme] allow_private",
            "http_port 与 resolve 只在 allow_private = true 时可用 they need allow_private = true",
            "set it to true on a network without public addresses, or leave the two at their defaults",
        )
    if values["log_quorum"] > len({key.name for key in values["log_witnesses"]}):
        raise SettingsError(
            "[log] quorum",
            "多于所列见证方 it is more than the witnesses that are listed",
            "list more witnesses, or lower the quorum",
        )
    return Settings(**values)


def _tables(path: Path) -> Mapping[str, Mapping[str, Any]]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SettingsError("", f"cannot read {path}: {error.strerror}", "run yinxin init first") from error
    if len(content) > LARGEST_FILE:
        raise SettingsError("", f"{path} is no settings file: too large", "restore the file")
    try:
        read = tomllib.loads(content.decode("utf-8"))
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise SettingsError("", f"{path} is not TOML: {error}", "correct the file") from error
    for name, table in read.items():
        if not isinstance(table, dict):
            raise SettingsError(name, "不在任何小节内 it stands in no section", "move it below a [section]")
    return read


def _unknown(key: str, known: list[str]) -> SettingsError:
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.0)
    return SettingsError(
        key, f"未知设置 unknown setting; nearest: {near[0]}", f"remove it, or write {near[0]}"
    )
