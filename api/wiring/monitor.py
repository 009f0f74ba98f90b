# SPDX-License-Identifier: Apache-2.0
"""A monitor over its folder: its keys, the rules of the modules that are installed, and the clock."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from keys import KeyKind, KeysError
from keys.adapters.file_vault import FileVault
from verify import LogKey

from ..monitor import Monitor, MonitorError, MonitorKeys, rules_of
from ..monitor.adapters import MonitorFolder, Remembered
from ..plugins import found_plugins, load_plugins
from .clock import now
from .opening import read_passphrase

ED25519, SM2 = "monitor-ed25519", "monitor-sm2"
OPENS_KEYS = "passphrase"


def make_monitor(root: Path, remembered: Remembered) -> MonitorKeys:
    """A new folder with keys of its own.  Raises :class:`MonitorError` when there is one already."""
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder = MonitorFolder(root)
    folder.found(remembered)
    passphrase = root / OPENS_KEYS
    with os.fdopen(os.open(passphrase, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_urlsafe(24) + "\n")
    vault = FileVault.create(root / "keys", read_passphrase(passphrase))
    vault.create_secret(ED25519, 32)
    vault.create_key(SM2, KeyKind.SM2)
    return _keys(vault, remembered.name)


def open_monitor(root: Path) -> tuple[Monitor, MonitorFolder, Remembered]:
    """The monitor of a folder.  Raises :class:`MonitorError`."""
    folder = MonitorFolder(root)
    remembered, state = folder.plan(), folder.state()
    try:
        vault = FileVault.open(root / "keys", read_passphrase(root / OPENS_KEYS))
        keys = _keys(vault, remembered.name)
    except KeysError as error:
        raise MonitorError("监测方密钥无法打开", f"the monitor's keys do not open: {error}") from error
    plugins = found_plugins()
    monitor = Monitor(
        plan=remembered.plan,
        rules=rules_of(load_plugins(tuple(plugins), plugins)),
        keys=keys,
        state=state,
        keeper=folder,
        clock=now,
    )
    return monitor, folder, remembered


def _keys(vault: FileVault, name: str) -> MonitorKeys:
    ed25519, sm2 = Ed25519PrivateKey.from_private_bytes(vault.secret(ED25519)), vault.signer(SM2)
    return MonitorKeys(
        name,
        (
            (LogKey(name, "ed25519", ed25519.public_key().public_bytes_raw()), ed25519.sign),
            (LogKey(name, "sm2", sm2.public_key.spki), sm2.sign),
        ),
    )
