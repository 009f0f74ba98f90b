# SPDX-License-Identifier: Apache-2.0
"""Files of a vault: JSON in one spelling, written whole or not at all, sealed with AES-256-GCM.

A write goes to a temporary file, is flushed to the disk, takes its name, and then the folder is flushed. A
crash leaves the old file or the new one, and at worst a temporary file that holds nothing in the clear.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import json
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ..errors import VaultError

LARGEST = 64 * 1024
KEY_SIZE = 32
_NONCE = 12
_FILE_MODE, FOLDER_MODE = 0o600, 0o700
Fields = dict[str, object]


def seal_fields(key: bytes, fields: Fields, content: bytes) -> Fields:
    """The fields with the content encrypted; the fields cannot be changed without the key either."""
    nonce = os.urandom(_NONCE)
    wrapped = AESGCM(key).encrypt(nonce, content, encode(fields))
    return {**fields, "nonce": to_text(nonce), "wrapped": to_text(wrapped)}


def open_fields(key: bytes, fields: Fields, *, file: str) -> bytes:
    """The content.  Raises :class:`VaultError` when a field, the content or the key is another."""
    bound = {name: value for name, value in fields.items() if name not in ("nonce", "wrapped")}
    nonce, wrapped = from_text(fields, "nonce", file=file), from_text(fields, "wrapped", file=file)
    try:
        return AESGCM(key).decrypt(nonce, wrapped, encode(bound))
    except (InvalidTag, ValueError):
        raise VaultError("was changed, or belongs to another vault", file=file) from None


def encode(fields: Fields) -> bytes:
    """The one spelling."""
    return (json.dumps(fields, indent=1, sort_keys=True, ensure_ascii=True) + "\n").encode("ascii")


def to_text(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def from_text(fields: Fields, name: str, *, file: str) -> bytes:
    """The bytes of a base64 field.  Raises :class:`VaultError`."""
    value = fields.get(name)
    try:
        content = base64.b64decode(value if isinstance(value, str) else "?", validate=True)
    except (binascii.Error, ValueError):
        content = None
    if content is None or to_text(content) != value:
        raise VaultError(f"field {name} is not base64", file=file)
    return content


def read_fields(path: Path) -> Fields:
    """The fields of a file.  Raises FileNotFoundError, or :class:`VaultError` for whatever else is wrong."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
        fields = json.loads(data) if len(data) <= LARGEST else None
    except FileNotFoundError:
        raise
    except OSError as error:
        raise VaultError(f"cannot be read: {error.strerror}", file=path.name) from error
    except (ValueError, RecursionError):
        raise VaultError("is not JSON", file=path.name) from None
    if not isinstance(fields, dict) or encode(fields) != data:
        raise VaultError("is not written as a vault writes", file=path.name)
    return fields


def write_fields(path: Path, fields: Fields, *, replace: bool = False) -> None:
    """Durable once it returns.  Without ``replace`` an existing file raises FileExistsError and stays."""
    try:
        _write(path, encode(fields), os.replace if replace else _take_name)
    except FileExistsError:
        raise
    except OSError as error:
        raise VaultError(f"cannot be written: {error.strerror}", file=path.name) from error


def _write(path: Path, data: bytes, publish: Callable[[Path, Path], None]) -> None:
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FILE_MODE)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        publish(temporary, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()
    flush_folder(path.parent)


def _take_name(temporary: Path, path: Path) -> None:
    # A hard link, unlike a rename, fails when the name is taken: two processes cannot overwrite each other.
    os.link(temporary, path)


def flush_folder(folder: Path) -> None:
    """Without this a new name may be lost in a power failure although the file is on the disk."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def require_private(path: Path) -> None:
    """Nobody but the owner may read or write.  Raises :class:`VaultError`."""
    if os.name != "nt" and path.stat().st_mode & 0o077:
        raise VaultError(
            f"others have access: chmod {FOLDER_MODE if path.is_dir() else _FILE_MODE:o}", file=path.name
        )


def check_of(fields: Fields) -> str:
    """Tells damage from a wrong passphrase; it is no secret and proves nothing."""
    return hashlib.sha256(encode(fields)).hexdigest()
