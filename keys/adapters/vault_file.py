# SPDX-License-Identifier: Apache-2.0
"""``vault.json``, ``yinxin-vault/2``: the key-encryption key, wrapped under a passphrase, shares, or both.

Under a passphrase: AES-256-GCM with a key that scrypt makes. Under shares: HPKE (RFC 9180; X25519,
HKDF-SHA256, AES-256-GCM) for a public key whose private half was split and thrown away, so that a new
key-encryption key can be wrapped for the holders of the shares without asking them. The whole file is sealed
with the key-encryption key: nobody who does not have it can put a public key of his own there.

While the key-encryption key is being rotated the file holds two generations of it, each with its wrappings.
``yinxin-vault/1``, which knew one generation under a passphrase, is read as well and written as 2.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from ..errors import PassphraseWrong, ShareRefused, VaultError
from .sealed_files import (
    Fields,
    check_of,
    encode,
    from_text,
    open_fields,
    read_fields,
    seal_fields,
    to_text,
    write_fields,
)
from .share_files import Share, join
from .stretching import derive, fresh_kdf

VAULT_FILE: Final = "vault.json"
VAULT_FORMAT: Final = "yinxin-vault/2"
OLD_FORMAT: Final = "yinxin-vault/1"
FIRST: Final = 1
_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


@dataclass(frozen=True, slots=True)
class Generation:
    """One key-encryption key and what opens it."""

    number: int
    passphrase: Fields | None
    shares: Fields | None

    def fields(self) -> Fields:
        """As the file has it."""
        found: Fields = {"number": self.number}
        if self.passphrase is not None:
            found["passphrase"] = self.passphrase
        if self.shares is not None:
            found["shares"] = self.shares
        return found


@dataclass(frozen=True, slots=True)
class VaultFile:
    """The file.  ``seal`` is absent in the old format alone."""

    vault: str
    generations: tuple[Generation, ...]
    seal: Fields | None

    @property
    def newest(self) -> Generation:
        """The generation under which new entries are written."""
        return self.generations[-1]

    def write(self, folder: Path, key: bytes, *, replacing: bool = True) -> VaultFile:
        """Seal with the newest key and write, durably."""
        sealed = seal_fields(key, _body(self.vault, self.generations), b"")
        write_fields(folder / VAULT_FILE, {**sealed, "check": check_of(sealed)}, replace=replacing)
        seal: Fields = {"nonce": sealed["nonce"], "wrapped": sealed["wrapped"]}
        return replace(self, seal=seal)

    def with_newest(self, newest: Generation) -> VaultFile:
        """The same with other wrappings of the newest key."""
        return replace(self, generations=(*self.generations[:-1], newest))

    def unwrap(self, open_one: Callable[[Generation], bytes]) -> dict[int, bytes]:
        """All keys by generation.  Raises :class:`VaultError` when the newest did not seal the file."""
        keys = {one.number: open_one(one) for one in self.generations}
        if self.seal is not None:
            body = {**_body(self.vault, self.generations), **self.seal}
            try:
                open_fields(keys[self.newest.number], body, file=VAULT_FILE)
            except VaultError:
                raise VaultError(
                    "was changed by somebody who does not have its key: restore it from a backup",
                    file=VAULT_FILE,
                ) from None
        return keys


def new_vault_id() -> str:
    """Names a vault in its shares."""
    return secrets.token_hex(8)


def wrap_for_passphrase(
    key: bytes, passphrase: str, *, vault: str, number: int, scrypt_n: int | None = None
) -> Fields:
    """Raises :class:`PassphraseWrong` for an empty passphrase."""
    kdf = fresh_kdf(scrypt_n)
    fields: Fields = {"vault": vault, "generation": number, "kdf": kdf}
    return seal_fields(derive(passphrase, kdf, file=VAULT_FILE), fields, key)


def wrap_for_shares(key: bytes, sharing: Mapping[str, object], *, vault: str, number: int) -> Fields:
    """For the holders of a sharing: its public key, name, threshold and count."""
    names = ("sharing", "threshold", "count", "public")
    fields: Fields = {"vault": vault, "generation": number, **{name: sharing[name] for name in names}}
    public = X25519PublicKey.from_public_bytes(from_text(fields, "public", file=VAULT_FILE))
    return {**fields, "sealed": to_text(_SUITE.encrypt(key, public, encode(fields)))}


def new_sharing(threshold: int, count: int) -> tuple[Fields, bytes]:
    """A sharing, and the private half that is to be split and thrown away."""
    private = X25519PrivateKey.generate()
    public = to_text(private.public_key().public_bytes_raw())
    fields: Fields = {
        "sharing": secrets.token_hex(8),
        "threshold": threshold,
        "count": count,
        "public": public,
    }
    return fields, private.private_bytes_raw()


def with_passphrase(passphrase: str) -> Callable[[Generation], bytes]:
    """Opens a generation; raises :class:`PassphraseWrong`."""

    def open_one(generation: Generation) -> bytes:
        fields = generation.passphrase
        if fields is None:
            raise PassphraseWrong("this vault opens with shares alone, it has no passphrase")
        derived = derive(passphrase, fields.get("kdf"), file=VAULT_FILE)
        try:
            return open_fields(derived, fields, file=VAULT_FILE)
        except VaultError:
            # The file is whole (its check was right), so it is the passphrase.
            raise PassphraseWrong("the passphrase does not open this vault") from None

    return open_one


def with_shares(vault: str, shares: Mapping[str, Share]) -> Callable[[Generation], bytes]:
    """Opens a generation; raises what :func:`~keys.adapters.share_files.join` raises."""

    def open_one(generation: Generation) -> bytes:
        fields = generation.shares
        if fields is None:
            raise VaultError("this vault opens with its passphrase, no shares of it were made")
        sharing, threshold = fields.get("sharing"), fields.get("threshold")
        if not isinstance(sharing, str) or not isinstance(threshold, int) or threshold < 2:
            raise VaultError("says nothing of its shares", file=VAULT_FILE)
        private = X25519PrivateKey.from_private_bytes(
            join(shares, vault=vault, sharing=sharing, threshold=threshold)
        )
        if to_text(private.public_key().public_bytes_raw()) != fields.get("public"):
            raise ShareRefused("one of these shares was forged", file=", ".join(shares))
        info = encode({name: value for name, value in fields.items() if name != "sealed"})
        try:
            return _SUITE.decrypt(from_text(fields, "sealed", file=VAULT_FILE), private, info)
        except (InvalidTag, ValueError):
            raise VaultError("was changed: restore it from a backup", file=VAULT_FILE) from None

    return open_one


def read_vault_file(folder: Path) -> VaultFile:
    """Raises :class:`VaultError` when it is missing, damaged or of another format."""
    try:
        fields = read_fields(folder / VAULT_FILE)
    except FileNotFoundError:
        raise VaultError("is missing", file=VAULT_FILE) from None
    if fields.get("format") not in (VAULT_FORMAT, OLD_FORMAT):
        raise VaultError(f"is not of format {VAULT_FORMAT}", file=VAULT_FILE)
    if fields.pop("check", None) != check_of(fields):
        raise VaultError("is damaged: restore it from a backup", file=VAULT_FILE)
    if fields["format"] == OLD_FORMAT:
        return VaultFile("", (Generation(FIRST, fields, None),), None)
    vault, listed = fields.get("vault"), fields.get("generations")
    if not isinstance(vault, str) or not isinstance(listed, list) or not 1 <= len(listed) <= 2:
        raise VaultError("does not say which vault this is", file=VAULT_FILE)
    generations = tuple(_generation(one) for one in listed)
    if len({one.number for one in generations}) < len(generations):
        raise VaultError("names a generation twice", file=VAULT_FILE)
    seal: Fields = {"nonce": fields.get("nonce"), "wrapped": fields.get("wrapped")}
    return VaultFile(vault, generations, seal)


def fresh_key() -> bytes:
    """A key-encryption key."""
    return os.urandom(32)


def _generation(value: object) -> Generation:
    if isinstance(value, dict):
        number, passphrase, shares = (value.get(name) for name in ("number", "passphrase", "shares"))
        if (
            isinstance(number, int)
            and isinstance(passphrase, dict | None)
            and isinstance(shares, dict | None)
            and (passphrase is not None or shares is not None)
        ):
            return Generation(number, passphrase, shares)
    raise VaultError("does not say what opens it", file=VAULT_FILE)


def _body(vault: str, generations: tuple[Generation, ...]) -> Fields:
    return {"format": VAULT_FORMAT, "vault": vault, "generations": [one.fields() for one in generations]}
