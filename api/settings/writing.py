# SPDX-License-Identifier: Apache-2.0
"""A new settings file, whole or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from .errors import SettingsError
from .model import Settings
from .reading import load_settings
from .sections import MODULES, SECTIONS


def write_settings(
    path: Path,
    *,
    public_url: str,
    authority_uscc: str,
    authority_name: str,
    relying_enabled: tuple[str, ...] = MODULES,
    port: int | None = None,
    database_url: str = "",
) -> Settings:
    """Write a new file in which each setting is explained; only its owner may read it.

    The values are checked first: nothing is written that :func:`load_settings` would refuse.
    """
    chosen: dict[tuple[str, str], Any] = {
        ("service", "public_url"): public_url,
        ("relying", "enabled"): list(relying_enabled),
        ("authority", "uscc"): authority_uscc,
        ("authority", "name"): authority_name,
        **({("service", "port"): port} if port is not None else {}),
        **({("database", "url"): database_url} if database_url else {}),
    }
    text = "".join(_lines(chosen))
    part = path.with_name(f".{path.name}.part")
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        settings = load_settings(part)
        part.replace(path)  # the whole file or none of it
    except OSError as error:
        raise SettingsError("", f"cannot write {path}: {error.strerror}", "choose another folder") from error
    finally:
        part.unlink(missing_ok=True)
    return settings


def _lines(chosen: Mapping[tuple[str, str], Any]) -> Iterator[str]:
    yield "# 印信 Yinxin 设置。未知的键会被拒绝;相对路径以本文件所在目录为准;密码不写在这里。\n"
    yield "# Unknown keys are refused; relative paths start at this folder; no secret is written here.\n"
    for section, settings in SECTIONS.items():
        yield f"\n[{section}]\n"
        for name, setting in settings.items():
            value = chosen.get((section, name), setting.default)
            yield f"# {setting.zh}\n# {setting.en}\n{name} = {json.dumps(value, ensure_ascii=False)}\n"
