# SPDX-License-Identifier: Apache-2.0
"""Where the service's keys are: the vault in its folder, opened by passphrase or shares, and a token."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from keys import KeysError, Vault
from keys.adapters.file_vault import FileVault, Rotation, VaultState, state_of
from keys.adapters.routed_vault import RoutedVault
from keys.adapters.token_link import TokenLink, TokenPlace
from keys.adapters.token_vault import TokenVault

from ..settings import Settings
from .errors import WiringError

_LARGEST_SHARE: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class KeptKey:
    """One key: its kind if the folder knows it, where it is, and how often it was used."""

    label: str
    kind: str
    place: str
    uses: int


@dataclass(frozen=True, slots=True)
class CustodyHealth:
    """What ``yinxin doctor`` says of the keys.  ``token`` is empty when none is configured."""

    vault: VaultState
    keys: int
    uses: int
    token: str
    token_well: bool


def open_vault(settings: Settings) -> FileVault | RoutedVault:
    """The vault of the settings; with a token, RSA and ECDSA keys are made and used there.

    The token is not touched yet. Raises :class:`WiringError` and :class:`~keys.KeysError`.
    """
    files = open_files(settings)
    module, pin = settings.vault_token_module, settings.vault_token_pin_file
    if module is None or pin is None:
        return files
    place = TokenPlace(module, settings.vault_token_label, pin, settings.vault_folder)
    return RoutedVault(files, TokenVault(TokenLink(place)))


def open_files(settings: Settings) -> FileVault:
    """The folder alone: opened by the shares that the settings name, else by the passphrase."""
    if not settings.vault_share_files:
        return FileVault.open(settings.vault_folder, read_passphrase(settings.passphrase_file))
    files = {str(path): _share(path) for path in settings.vault_share_files}
    beside = ((path, path.with_name(f"{path.name}.passphrase")) for path in settings.vault_share_files)
    passphrases = {str(path): read_passphrase(own) for path, own in beside if own.exists()}
    return FileVault.open_with_shares(settings.vault_folder, files, passphrases=passphrases)


def kept_keys(vault: Vault) -> tuple[KeptKey, ...]:
    """Every key of the service."""
    files, token = _parts(vault)
    uses = files.book.all()
    here = [KeptKey(one, files.kind(one), "folder", uses[one]) for one in files.labels()]
    there = [] if token is None else [KeptKey(one, "", "token", uses[one]) for one in token.labels()]
    return tuple(sorted((*here, *there), key=lambda one: one.label))


def custody_health(vault: Vault) -> CustodyHealth:
    """Looks at the folder, and asks the token."""
    files, token = _parts(vault)
    health = None if token is None else token.health()
    return CustodyHealth(
        vault=files.state(),
        keys=len(files.labels()),
        uses=files.book.all().total(),
        token="" if health is None else health.detail,
        token_well=health is None or health.well,
    )


def make_shares(
    settings: Settings, *, threshold: int, count: int, out: Path, passphrases: list[Path] | None
) -> tuple[Path, ...]:
    """New shares in a new folder; those of before are worth nothing once these are on the disk."""
    secrets = None if not passphrases else [read_passphrase(one) for one in passphrases]
    vault = open_files(settings)

    def keep(files: Mapping[str, bytes]) -> None:
        out.mkdir(mode=0o700, parents=True)  # not into one that exists: nothing is overwritten
        for name, data in files.items():
            descriptor = os.open(out / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())

    try:
        return tuple(
            out / name for name in vault.make_shares(threshold, count, passphrases=secrets, keep=keep)
        )
    finally:
        vault.close()


def rotate(settings: Settings) -> Rotation:
    """A new key-encryption key, wrapped with everything that opened the vault before."""
    state = state_of(settings.vault_folder)
    vault = open_files(settings)
    try:
        # A rotation that goes on has wrapped the new key already.
        needed = state.passphrase and not state.rotating
        return vault.rotate(read_passphrase(settings.passphrase_file) if needed else None)
    finally:
        vault.close()


def change_passphrase(settings: Settings, new: Path | None) -> None:
    """The vault opens with what this file holds; without a file, with shares alone."""
    passphrase = None if new is None else read_passphrase(new)
    vault = open_files(settings)
    try:
        if passphrase is None:
            vault.drop_passphrase()
        else:
            vault.set_passphrase(passphrase)
    finally:
        vault.close()


def read_passphrase(path: Path) -> str:
    """The passphrase of the vault; raises :class:`WiringError`."""
    try:
        passphrase = path.read_text("utf-8").strip()
    except OSError as error:
        raise WiringError(
            f"cannot read the vault's passphrase {path}: {error.strerror}",
            "put the file back, or correct [vault] passphrase_file",
        ) from error
    if not passphrase:
        raise WiringError(f"the vault's passphrase {path} is empty", "put the passphrase back")
    return passphrase


def _share(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST_SHARE + 1)
    except OSError as error:
        raise WiringError(
            f"cannot read the share {path}: {error.strerror}",
            "put the file there, or correct [vault] share_files",
        ) from error


def _parts(vault: Vault) -> tuple[FileVault, TokenVault | None]:
    if isinstance(vault, RoutedVault):
        return vault.files, vault.token
    if isinstance(vault, FileVault):
        return vault, None
    raise KeysError("a vault that nobody here opened")
