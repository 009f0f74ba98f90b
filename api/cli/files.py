# SPDX-License-Identifier: Apache-2.0
"""Files that commands read and write: bounded reading, and nothing that exists is ever overwritten."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from .output import plain_errors, refuse


class InputRefused(Exception):
    """A file that is not read; the message says why in Chinese and English."""


def read_bounded(path: Path, most: int) -> bytes:
    """The whole file, of at most ``most`` bytes.  Raises :class:`InputRefused`."""
    try:
        if path.is_dir():
            raise InputRefused("这是文件夹,请列出其中的文件 it is a folder: name the files in it")
        with path.open("rb") as file:
            content = file.read(most + 1)
    except (OSError, ValueError) as error:
        raise InputRefused(_why(error)) from error
    if len(content) > most:
        limit = most // 1024**2
        raise InputRefused(f"文件超过 {limit} MB the file is larger than {limit} MB")
    return content


def read_input(path: Path, most: int) -> bytes:
    """The same for a command that works on one file: refused in words."""
    try:
        return read_bounded(path, most)
    except InputRefused as error:
        raise refuse(f"{path}: {error}", "check the path") from error


def require_new(path: Path | None) -> None:
    """Refuse an output file that exists, or whose folder does not, before anything is done for it."""
    if path is None:
        return
    with plain_errors():
        taken, housed = path.exists() or path.is_symlink(), path.parent.is_dir()
    if taken:
        raise refuse(
            f"{path}: 已存在,不会覆盖 it exists and is not overwritten", "choose another name for --out"
        )
    if not housed:
        raise refuse(f"{path.parent}: 没有这个文件夹 there is no such folder", "make the folder first")


def write_new(path: Path, content: bytes, *, mode: int = 0o666) -> None:
    """Write a file that does not exist yet: the whole of it or nothing.  ``mode``: its rights, never more."""
    with plain_errors(), open(path, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
        try:
            file.write(content)
            file.flush()
        except OSError:
            with contextlib.suppress(OSError):
                path.unlink()
            raise


def _why(error: OSError | ValueError) -> str:
    if isinstance(error, FileNotFoundError):
        return "没有这个文件 no such file"
    if isinstance(error, PermissionError):
        return "没有读取权限 no permission to read it"
    return f"读取失败 it cannot be read: {getattr(error, 'strerror', None) or error}"
