# SPDX-License-Identifier: Apache-2.0
"""A witness over its folder: two keys in a vault of its own, opened with the passphrase beside it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from keys import KeyKind, KeysError
from keys.adapters.file_vault import FileVault
from keys.adapters.stretching import SCRYPT_N
from verify import encode_witness_key

from ..witness import (
    Witness,
    WitnessDamaged,
    WitnessFolder,
    WitnessKeys,
    WitnessPlan,
    make_folder,
    read_plan,
    write_private,
)

PASSPHRASE, ED25519, SM2 = "vault.passphrase", "witness-ed25519", "witness-sm2"


def found_witness(folder: Path, plan: WitnessPlan, *, scrypt_n: int = SCRYPT_N) -> tuple[str, ...]:
    """Make a folder with two fresh keys; their vkeys, for whoever relies on this witness.

    ``scrypt_n``: what opening its vault costs.  Raises :class:`WitnessDamaged` when there is one already,
    ``NoteMalformed`` for a name that is none, ``OSError``.
    """
    make_folder(folder, plan)
    passphrase = secrets.token_urlsafe(24)
    write_private(folder / PASSPHRASE, passphrase + "\n")
    vault = FileVault.create(folder / "vault", passphrase, scrypt_n=scrypt_n)
    vault.create_secret(ED25519, 32)
    vault.create_key(SM2, KeyKind.SM2)
    return tuple(encode_witness_key(key) for key in witness_keys(folder, plan.name).public())


def open_witness(folder: Path, *, clock: Callable[[], datetime]) -> Witness:
    """The witness of a folder.  Raises :class:`WitnessDamaged`."""
    plan = read_plan(folder)
    return Witness(witness_keys(folder, plan.name), plan.logs, WitnessFolder(folder), clock=clock)


def witness_keys(folder: Path, name: str) -> WitnessKeys:
    """The keys in the vault of a folder.  Raises :class:`WitnessDamaged`."""
    try:
        vault = FileVault.open(folder / "vault", (folder / PASSPHRASE).read_text("utf-8").strip())
        ed25519 = Ed25519PrivateKey.from_private_bytes(vault.secret(ED25519))
        return WitnessKeys(name, ed25519, vault.signer(SM2))
    except (KeysError, OSError, UnicodeDecodeError) as error:
        raise WitnessDamaged(str(folder / "vault"), str(error)) from error
