# SPDX-License-Identifier: Apache-2.0
"""A vault in a folder: ``vault.json``, one file for each key and each secret, and ``uses.db``.

``vault.json`` holds the wrapped key-encryption key (see :mod:`keys.adapters.vault_file`). Each entry holds
one PKCS#8 key or one secret, wrapped under it with AES-256-GCM; its type, label, kind, public key and
generation are associated data: a file that was changed, renamed or brought from another vault does not open.

Rotation of the key-encryption key has two phases. First ``vault.json`` takes the new key beside the old
one; then each entry is wrapped anew; last ``vault.json`` forgets the old key. Whoever is killed in between
leaves a vault that opens, and the next rotation finishes the first. It needs the vault alone: every process
that has it open holds a shared lock on the folder.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from ..algorithms import KeyKind
from ..errors import KeysError, LabelMalformed, LabelTaken, NoSuchKey, VaultBusy, VaultError
from ..public import PublicKey
from ..sharing import MOST, split
from ..software import SoftwareKey, generate_key, parse_private_key
from .sealed_files import (
    FOLDER_MODE,
    Fields,
    flush_folder,
    open_fields,
    read_fields,
    require_private,
    seal_fields,
    to_text,
    write_fields,
)
from .share_files import Share as Share
from .share_files import parse_share, passphrases_for, share_name
from .stretching import SCRYPT_N, SMALLEST_N
from .uses import CountedSigner, UseBook
from .vault_file import (
    FIRST,
    VAULT_FILE,
    Generation,
    VaultFile,
    fresh_key,
    new_sharing,
    new_vault_id,
    read_vault_file,
    with_passphrase,
    with_shares,
    wrap_for_passphrase,
    wrap_for_shares,
)

__all__ = ["SMALLEST_N", "VAULT_FILE", "FileVault", "Rotation", "VaultState"]

ENTRY_FORMAT: Final = "yinxin-vault-entry/1"
LARGEST_SECRET: Final = 1024
_LABEL = re.compile(r"[a-z0-9-]{1,64}")
_ENTRIES: Final = ("key-*.json", "secret-*.json")
_LOCK: Final = ".vault.lock"


@dataclass(frozen=True, slots=True)
class VaultState:
    """What a vault says about itself without its keys.  ``shares``: (threshold, count), if any were made."""

    vault: str
    generation: int
    passphrase: bool
    shares: tuple[int, int] | None
    rotating: bool


@dataclass(frozen=True, slots=True)
class Rotation:
    """What a rotation did: entries that it wrapped anew, and whether it finished one that was interrupted."""

    generation: int
    entries: int
    resumed: bool


class FileVault:
    """Implements :class:`~keys.Vault`.  Safe to use from several threads and several processes."""

    def __init__(self, folder: Path, keys: Mapping[int, bytes]) -> None:
        """Use :meth:`create`, :meth:`open` or :meth:`open_with_shares`."""
        self._folder, self._keys = folder, dict(keys)
        self._lock = threading.Lock()
        self._signers: dict[str, CountedSigner] = {}
        self.book = UseBook(folder)
        self._presence = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._ending = weakref.finalize(self, _leave, self.book, self._presence)
        try:
            fcntl.flock(self._presence, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            self.close()
            raise VaultBusy("the vault's wrapping key is being rotated: try again afterwards") from None
        if {one.number for one in read_vault_file(folder).generations} != self._keys.keys():
            self.close()
            raise VaultBusy("the vault's wrapping key was rotated this moment: try again")

    @classmethod
    def create(cls, folder: Path, passphrase: str, *, scrypt_n: int = SCRYPT_N) -> FileVault:
        """A new, empty vault.  Raises :class:`VaultError` when the folder holds one already."""
        key, vault = fresh_key(), new_vault_id()
        wrapped = wrap_for_passphrase(key, passphrase, vault=vault, number=FIRST, scrypt_n=scrypt_n)
        try:
            folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
            folder.chmod(FOLDER_MODE)
            VaultFile(vault, (Generation(FIRST, wrapped, None),), None).write(folder, key, replacing=False)
            flush_folder(folder.parent)
        except FileExistsError:
            raise VaultError("there is a vault already", file=VAULT_FILE) from None
        except OSError as error:
            raise VaultError(f"the folder cannot be made: {error.strerror}") from error
        return cls(folder, {FIRST: key})

    @classmethod
    def open(cls, folder: Path, passphrase: str) -> FileVault:
        """The vault in this folder.

        Raises :class:`PassphraseWrong`, or :class:`VaultError` naming the file that is missing or damaged.
        """
        _require_vault(folder)
        return cls(folder, read_vault_file(folder).unwrap(with_passphrase(passphrase)))

    @classmethod
    def open_with_shares(
        cls, folder: Path, files: Mapping[str, bytes], *, passphrases: Mapping[str, str] | None = None
    ) -> FileVault:
        """The vault, opened by its shares: their content, and the passphrases of wrapped ones, by file name.

        Raises :class:`ShareRefused` naming a share, :class:`SharesMissing`, :class:`PassphraseWrong`.
        """
        _require_vault(folder)
        file = read_vault_file(folder)
        known = passphrases or {}
        shares = {
            name: parse_share(data, name=name, passphrase=known.get(name)) for name, data in files.items()
        }
        return cls(folder, file.unwrap(with_shares(file.vault, shares)))

    def close(self) -> None:
        """Give unused counts and the lock back; happens by itself when the process ends in order."""
        self._ending()

    @property
    def folder(self) -> Path:
        """Where the vault is."""
        return self._folder

    # What opens it

    def state(self) -> VaultState:
        """Read from the file, so that another process' change is seen."""
        return state_of(self._folder)

    def change_passphrase(self, old: str, new: str, *, scrypt_n: int = SCRYPT_N) -> None:
        """From now on the vault opens with ``new``.  Raises :class:`PassphraseWrong`."""
        with self._rewriting() as file:
            key = file.unwrap(with_passphrase(old))[file.newest.number]
            self._set_passphrase(file, key, new, scrypt_n)

    def set_passphrase(self, new: str, *, scrypt_n: int = SCRYPT_N) -> None:
        """The same for a vault that its shares opened: whoever holds it open may do so."""
        with self._rewriting() as file:
            self._set_passphrase(file, self._keys[file.newest.number], new, scrypt_n)

    def drop_passphrase(self) -> None:
        """From now on the vault opens with shares alone.  Raises :class:`VaultError` when there are none."""
        with self._rewriting() as file:
            if file.newest.shares is None:
                raise VaultError("nothing else opens this vault: make shares first")
            file.with_newest(replace(file.newest, passphrase=None)).write(
                self._folder, self._keys[file.newest.number]
            )

    def make_shares(
        self,
        threshold: int,
        count: int,
        *,
        passphrases: Sequence[str] | None = None,
        keep: Callable[[Mapping[str, bytes]], None] | None = None,
        scrypt_n: int = SCRYPT_N,
    ) -> dict[str, bytes]:
        """Share files by name; shares that were made before are worth nothing afterwards.

        ``passphrases``: one for each share. ``keep`` is called with the files before the vault believes in
        them: when it fails, the shares of before still open the vault.
        """
        if not 2 <= threshold <= count <= MOST:
            raise VaultError(f"the threshold is at least 2 and at most the number of shares, at most {MOST}")
        chosen = passphrases_for(count, passphrases)
        with self._rewriting() as file:
            sharing, private = new_sharing(threshold, count)
            name, key = str(sharing["sharing"]), self._keys[file.newest.number]
            files = {
                share_name(index, count): Share(file.vault, name, index, threshold, count, value).encode(
                    chosen[index - 1], scrypt_n=scrypt_n
                )
                for index, value in split(private, threshold=threshold, count=count).items()
            }
            if keep is not None:
                keep(files)
            shares = wrap_for_shares(key, sharing, vault=file.vault, number=file.newest.number)
            file.with_newest(replace(file.newest, shares=shares)).write(self._folder, key)
            return files

    def rotate(self, passphrase: str | None = None, *, scrypt_n: int = SCRYPT_N) -> Rotation:
        """A new key-encryption key; every entry is wrapped anew.  Finishes a rotation that was interrupted.

        ``passphrase`` is needed where the vault has one. Raises :class:`VaultBusy` while another process has
        the vault open, :class:`PassphraseWrong`, and :class:`VaultError` naming an entry that does not open:
        the vault stays usable then, and a later rotation goes on.
        """
        with self._alone(), self._reading() as file:
            resumed = len(file.generations) > 1
            if not resumed:
                file = self._begin(file, passphrase, scrypt_n)
            newest = file.newest.number
            number = sum(self._wrap_anew(path, newest) for path in self._entries())
            replace(file, generations=(file.newest,)).write(self._folder, self._keys[newest])
            self._keys = {newest: self._keys[newest]}
            for left in self._folder.glob(".*.json.*"):  # of crashes, and perhaps under the old key
                left.unlink()
            return Rotation(newest, number, resumed)

    def _begin(self, file: VaultFile, passphrase: str | None, scrypt_n: int) -> VaultFile:
        before, key, number = file.newest, fresh_key(), file.newest.number + 1
        wrapped = None
        if before.passphrase is not None:
            if passphrase is None:
                raise VaultError(
                    "this vault has a passphrase: it is needed to wrap the new key with it as well"
                )
            with_passphrase(passphrase)(before)
            wrapped = wrap_for_passphrase(key, passphrase, vault=file.vault, number=number, scrypt_n=scrypt_n)
        shares = before.shares and wrap_for_shares(key, before.shares, vault=file.vault, number=number)
        both = replace(file, generations=(before, Generation(number, wrapped, shares)))
        both = both.write(self._folder, key)
        self._keys[number] = key
        return both

    def _wrap_anew(self, path: Path, newest: int) -> bool:
        fields = read_fields(path)
        if fields.get("generation", FIRST) == newest:
            return False
        content = open_fields(self._key_of(fields, path.name), fields, file=path.name)
        bound = {name: value for name, value in fields.items() if name not in ("nonce", "wrapped")}
        fresh = seal_fields(self._keys[newest], {**bound, "generation": newest}, content)
        write_fields(path, fresh, replace=True)
        return True

    def _set_passphrase(self, file: VaultFile, key: bytes, new: str, scrypt_n: int) -> None:
        number = file.newest.number
        wrapped = wrap_for_passphrase(key, new, vault=file.vault, number=number, scrypt_n=scrypt_n)
        file.with_newest(replace(file.newest, passphrase=wrapped)).write(self._folder, key)

    # Keys and secrets

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
            self._seal(path, fields, key.pkcs8())
        except FileExistsError:
            raise LabelTaken(label) from None
        return key.public_key

    def signer(self, label: str) -> CountedSigner:
        with self._lock:
            found = self._signers.get(label)
            if found is None:
                found = self._signers[label] = CountedSigner(self._load(label), label, self.book)
            return found

    def destroy_key(self, label: str) -> None:
        """The entry is overwritten, then removed; this process forgets the key, others when they end."""
        path = self._path("key", label)
        with self._lock:
            self._signers.pop(label, None)
            try:
                with path.open("r+b") as file:
                    file.write(os.urandom(path.stat().st_size))
                    file.flush()
                    os.fsync(file.fileno())
                path.unlink()
            except FileNotFoundError:
                return
            except OSError as error:
                raise VaultError(f"cannot be removed: {error.strerror}", file=path.name) from error
            flush_folder(self._folder)

    def labels(self) -> tuple[str, ...]:
        found = (path.name[len("key-") : -len(".json")] for path in self._folder.glob("key-*.json"))
        return tuple(sorted(label for label in found if _LABEL.fullmatch(label)))

    def holds(self, label: str) -> bool:
        """Is there a key under this label?"""
        return self._path("key", label).exists()

    def kind(self, label: str) -> str:
        """What the entry says of its key, without opening it.  Raises :class:`NoSuchKey`."""
        try:
            return str(read_fields(self._path("key", label)).get("kind"))
        except FileNotFoundError:
            raise NoSuchKey(label) from None

    def create_secret(self, label: str, size: int) -> bytes:
        """Raises :class:`VaultError` also when there is one of another size."""
        if not 1 <= size <= LARGEST_SECRET:
            raise VaultError(f"a secret has 1 to {LARGEST_SECRET} bytes")
        path = self._path("secret", label)
        if not path.exists():
            fields: Fields = {"format": ENTRY_FORMAT, "type": "secret", "label": label}
            # Suppressed: another thread or process was first, and then its secret counts.
            with contextlib.suppress(FileExistsError):
                self._seal(path, fields, os.urandom(size))
        content = self.secret(label)
        if len(content) != size:
            raise VaultError(f"holds {len(content)} bytes, not {size}", file=path.name)
        return content

    def secret(self, label: str) -> bytes:
        return self._entry("secret", label)[1]

    def uses(self, label: str) -> int:
        """How often the key under this label was used, by all processes; see :mod:`keys.adapters.uses`."""
        return self.book.of(label)

    def _seal(self, path: Path, fields: Fields, content: bytes) -> None:
        with self._lock:
            newest = max(self._keys)
            write_fields(path, seal_fields(self._keys[newest], {**fields, "generation": newest}, content))

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
        return fields, open_fields(self._key_of(fields, path.name), fields, file=path.name)

    def _key_of(self, fields: Fields, file: str) -> bytes:
        number = fields.get("generation", FIRST)
        key = self._keys.get(number) if isinstance(number, int) else None
        if key is None:
            raise VaultError("belongs to another vault, or to a key-encryption key of the past", file=file)
        return key

    def _path(self, kind: str, label: str) -> Path:
        if not _LABEL.fullmatch(label):
            raise LabelMalformed(label)
        return self._folder / f"{kind}-{label}.json"

    def _entries(self) -> list[Path]:
        return sorted(path for pattern in _ENTRIES for path in self._folder.glob(pattern))

    # Locks

    @contextlib.contextmanager
    def _reading(self) -> Iterator[VaultFile]:
        """The file, while nobody else rewrites it; an old one gets the name of a vault."""
        lock = os.open(self._folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            with self._lock:
                file = read_vault_file(self._folder)
                yield file if file.vault else replace(file, vault=new_vault_id())
        finally:
            os.close(lock)

    @contextlib.contextmanager
    def _rewriting(self) -> Iterator[VaultFile]:
        with self._reading() as file:
            if len(file.generations) > 1:
                raise VaultError("a rotation was interrupted: finish it first, yinxin vault rotate")
            yield file

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        try:
            fcntl.flock(self._presence, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            fcntl.flock(self._presence, fcntl.LOCK_SH)
            raise VaultBusy("another process has the vault open: stop it first") from None
        try:
            yield
        finally:
            fcntl.flock(self._presence, fcntl.LOCK_SH)


def state_of(folder: Path) -> VaultState:
    """What the vault in this folder says about itself.  Raises :class:`VaultError`."""
    file = read_vault_file(folder)
    shares = file.newest.shares
    numbers = None if shares is None else (shares.get("threshold"), shares.get("count"))
    stated = None
    if numbers is not None and isinstance(numbers[0], int) and isinstance(numbers[1], int):
        stated = (numbers[0], numbers[1])
    return VaultState(
        vault=file.vault,
        generation=file.newest.number,
        passphrase=file.newest.passphrase is not None,
        shares=stated,
        rotating=len(file.generations) > 1,
    )


def _require_vault(folder: Path) -> None:
    try:
        for path in (folder, folder / VAULT_FILE):
            require_private(path)
    except OSError as error:
        raise VaultError(f"there is no vault: {error.strerror}", file=VAULT_FILE) from error


def _leave(book: UseBook, presence: int) -> None:
    with contextlib.suppress(VaultError):  # the count stays too high, which it may
        book.settle()
    os.close(presence)
