# SPDX-License-Identifier: Apache-2.0
"""A vault in a folder: ``vault.json``, and one file for each key and each secret.

``vault.json`` holds the key-encryption key, wrapped with AES-256-GCM under a key that scrypt (RFC 7914) makes
of the passphrase. Each other file holds one PKCS#8 key or one secret, wrapped under the key-encryption key;
its type, label, kind and public key are associated data, so a file that was changed, renamed or brought from
another vault does not open. A new passphrase rewrites ``vault.json`` alone.
"""

from __future__ import annotations

import contextlib
import os
import re
import threading
from collections import Counter
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from ..algorithms import HashAlgorithm, KeyKind, Scheme
from ..digests import digest
from ..errors import KeysError, LabelMalformed, LabelTaken, NoSuchKey, PassphraseWrong, VaultError
from ..formats import passphrase_bytes
from ..public import PublicKey
from ..software import SoftwareKey, generate_key, parse_private_key
from .sealed_files import (
    FOLDER_MODE,
    KEY_SIZE,
    Fields,
    encode,
    flush_folder,
    from_text,
    open_fields,
    read_fields,
    require_private,
    seal_fields,
    to_text,
    write_fields,
)

VAULT_FORMAT: Final = "yinxin-vault/1"
ENTRY_FORMAT: Final = "yinxin-vault-entry/1"
VAULT_FILE: Final = "vault.json"
SCRYPT_N, SCRYPT_R, SCRYPT_P = 2**15, 8, 3
"""As hard as n = 2^17 with p = 1, in a quarter of the memory (32 MiB)."""
SMALLEST_N, LARGEST_N, LARGEST_P = 2**14, 2**20, 16
_SALT = 16
_LABEL = re.compile(r"[a-z0-9-]{1,64}")
LARGEST_SECRET = 1024


class VaultSigner:
    """Signs with a key of the vault and counts it.  Has no verb that shows the key."""

    __slots__ = ("_count", "_key", "_label")

    def __init__(self, key: SoftwareKey, label: str, count: _Uses) -> None:
        self._key, self._label, self._count = key, label, count

    @property
    def public_key(self) -> PublicKey:
        return self._key.public_key

    @property
    def scheme(self) -> Scheme:
        return self._key.scheme

    def sign(self, message: bytes) -> bytes:
        # Counted first: a count that is too high is harmless, one that is too low is not.
        self._count.add(self._label)
        return self._key.sign(message)

    def __repr__(self) -> str:
        return f"<VaultSigner {self._label} {self._key.public_key.kind}>"


class _Uses:
    """Signatures of this process for each label."""

    def __init__(self) -> None:
        self._lock, self._numbers = threading.Lock(), Counter[str]()

    def add(self, label: str) -> None:
        with self._lock:
            self._numbers[label] += 1

    def of(self, label: str) -> int:
        with self._lock:
            return self._numbers[label]


class FileVault:
    """Implements :class:`~keys.Vault`.  Safe to use from several threads and several processes."""

    def __init__(self, folder: Path, key: bytes) -> None:
        """Use :meth:`create` or :meth:`open`."""
        self._folder, self._key = folder, key
        self._lock = threading.Lock()
        self._signers: dict[str, VaultSigner] = {}
        self._uses = _Uses()

    @classmethod
    def create(cls, folder: Path, passphrase: str, *, scrypt_n: int = SCRYPT_N) -> FileVault:
        """A new, empty vault.  Raises :class:`VaultError` when the folder holds one already."""
        key = os.urandom(KEY_SIZE)
        fields = _wrap(key, passphrase, scrypt_n)
        try:
            folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
            folder.chmod(FOLDER_MODE)
            write_fields(folder / VAULT_FILE, fields)
            flush_folder(folder.parent)
        except FileExistsError:
            raise VaultError("there is a vault already", file=VAULT_FILE) from None
        except OSError as error:
            raise VaultError(f"the folder cannot be made: {error.strerror}") from error
        return cls(folder, key)

    @classmethod
    def open(cls, folder: Path, passphrase: str) -> FileVault:
        """The vault in this folder.

        Raises :class:`PassphraseWrong`, or :class:`VaultError` naming the file that is missing or damaged.
        """
        try:
            for path in (folder, folder / VAULT_FILE):
                require_private(path)
        except OSError as error:
            raise VaultError(f"there is no vault: {error.strerror}", file=VAULT_FILE) from error
        return cls(folder, _unwrap(folder, passphrase))

    def change_passphrase(self, old: str, new: str, *, scrypt_n: int = SCRYPT_N) -> None:
        """From now on the vault opens with ``new`` alone.  Raises :class:`PassphraseWrong`."""
        with self._lock:
            key = _unwrap(self._folder, old)
            write_fields(self._folder / VAULT_FILE, _wrap(key, new, scrypt_n), replace=True)

    def create_key(self, label: str, kind: KeyKind) -> PublicKey:
        path = self._path("key", label)
        if path.exists():  # before the work; the write below decides
            raise LabelTaken(label)
        key = generate_key(kind)
        fields: Fields = {
            "format": ENTRY_FORMAT,
            "type": "key",
            "label": label,
            "kind": kind.value,
            "public": to_text(key.public_key.spki),
        }
        try:
            write_fields(path, seal_fields(self._key, fields, key.pkcs8()))
        except FileExistsError:
            raise LabelTaken(label) from None
        return key.public_key

    def signer(self, label: str) -> VaultSigner:
        with self._lock:
            found = self._signers.get(label)
            if found is None:
                found = self._signers[label] = VaultSigner(self._load(label), label, self._uses)
            return found

    def labels(self) -> tuple[str, ...]:
        found = (path.name[len("key-") : -len(".json")] for path in self._folder.glob("key-*.json"))
        return tuple(sorted(label for label in found if _LABEL.fullmatch(label)))

    def create_secret(self, label: str, size: int) -> bytes:
        """Raises :class:`VaultError` also when there is one of another size."""
        if not 1 <= size <= LARGEST_SECRET:
            raise VaultError(f"a secret has 1 to {LARGEST_SECRET} bytes")
        path = self._path("secret", label)
        if not path.exists():
            fields: Fields = {"format": ENTRY_FORMAT, "type": "secret", "label": label}
            # Suppressed: another thread or process was first, and then its secret counts.
            with contextlib.suppress(FileExistsError):
                write_fields(path, seal_fields(self._key, fields, os.urandom(size)))
        content = self.secret(label)
        if len(content) != size:
            raise VaultError(f"holds {len(content)} bytes, not {size}", file=path.name)
        return content

    def secret(self, label: str) -> bytes:
        return self._entry("secret", label)[1]

    def uses(self, label: str) -> int:
        """How often this process signed with the key under this label."""
        return self._uses.of(label)

    def _load(self, label: str) -> SoftwareKey:
        fields, content = self._entry("key", label)
        file = self._path("key", label).name
        try:
            key = parse_private_key(content)
        except KeysError as error:
            raise VaultError(f"holds no usable key: {error}", file=file) from error
        if fields.get("kind") != key.public_key.kind or fields.get("public") != to_text(key.public_key.spki):
            raise VaultError("says another key than it holds", file=file)
        return key

    def _entry(self, kind: str, label: str) -> tuple[Fields, bytes]:
        path = self._path(kind, label)
        try:
            fields = read_fields(path)
        except FileNotFoundError:
            raise NoSuchKey(label) from None
        stated = (fields.get("format"), fields.get("type"), fields.get("label"))
        if stated != (ENTRY_FORMAT, kind, label):
            raise VaultError("says another label, type or format than its name", file=path.name)
        return fields, open_fields(self._key, fields, file=path.name)

    def _path(self, kind: str, label: str) -> Path:
        if not _LABEL.fullmatch(label):
            raise LabelMalformed(label)
        return self._folder / f"{kind}-{label}.json"


def _wrap(key: bytes, passphrase: str, n: int) -> Fields:
    """The fields of ``vault.json``.  ``check`` tells damage from a wrong passphrase; it is no secret."""
    salt = os.urandom(_SALT)
    kdf: Fields = {"name": "scrypt", "n": n, "r": SCRYPT_R, "p": SCRYPT_P, "salt": to_text(salt)}
    derived = _derive(passphrase, salt, n, SCRYPT_P)
    fields = seal_fields(derived, {"format": VAULT_FORMAT, "cipher": "AES-256-GCM", "kdf": kdf}, key)
    return {**fields, "check": _check(fields)}


def _unwrap(folder: Path, passphrase: str) -> bytes:
    try:
        fields = read_fields(folder / VAULT_FILE)
    except FileNotFoundError:
        raise VaultError("is missing", file=VAULT_FILE) from None
    if fields.get("format") != VAULT_FORMAT:
        raise VaultError(f"is not of format {VAULT_FORMAT}", file=VAULT_FILE)
    check = fields.pop("check", None)
    if check != _check(fields):
        raise VaultError("is damaged: restore it from a backup", file=VAULT_FILE)
    kdf = fields.get("kdf")
    if not isinstance(kdf, dict):
        raise VaultError("says nothing of key derivation", file=VAULT_FILE)
    n, r, p = (kdf.get(name) for name in "nrp")
    if kdf.get("name") != "scrypt" or r != SCRYPT_R or not isinstance(n, int) or not isinstance(p, int):
        raise VaultError("uses another key derivation", file=VAULT_FILE)
    derived = _derive(passphrase, from_text(kdf, "salt", file=VAULT_FILE), n, p)
    try:
        return open_fields(derived, fields, file=VAULT_FILE)
    except VaultError:
        # The file is whole (see above), so it is the passphrase.
        raise PassphraseWrong("the passphrase does not open this vault") from None


def _derive(passphrase: str, salt: bytes, n: int, p: int) -> bytes:
    if not SMALLEST_N <= n <= LARGEST_N or n & (n - 1) or not 1 <= p <= LARGEST_P:
        raise VaultError("these scrypt parameters are out of range", file=VAULT_FILE)
    return Scrypt(salt=salt, length=KEY_SIZE, n=n, r=SCRYPT_R, p=p).derive(passphrase_bytes(passphrase))


def _check(fields: Fields) -> str:
    return digest(HashAlgorithm.SHA256, encode(fields)).hex
