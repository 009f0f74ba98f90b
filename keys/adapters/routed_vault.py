# SPDX-License-Identifier: Apache-2.0
"""Two vaults as one: SM2 keys and secrets in the folder, RSA and ECDSA keys on the token.

A key that was made in the folder before there was a token stays there and is found first.
"""

from __future__ import annotations

import contextlib
import threading

from ..algorithms import KeyFamily, KeyKind
from ..errors import LabelTaken, TokenUnavailable
from ..public import PublicKey
from .file_vault import FileVault
from .sealed_files import read_fields, write_fields
from .token_vault import TokenVault
from .uses import CountedSigner


class RoutedVault:
    """Implements :class:`~keys.Vault`.  All uses are counted in the folder's book."""

    def __init__(self, files: FileVault, token: TokenVault) -> None:
        self.files, self.token = files, token
        self._lock = threading.Lock()
        self._signers: dict[str, CountedSigner] = {}
        self._memory = files.folder / "token-labels.json"
        self._said: tuple[str, ...] | None = None

    def create_key(self, label: str, kind: KeyKind) -> PublicKey:
        if kind.family is KeyFamily.SM2:
            if label in self._on_token():
                raise LabelTaken(label)
            return self.files.create_key(label, kind)
        if self.files.holds(label):
            raise LabelTaken(label)
        return self.token.create_key(label, kind)

    def signer(self, label: str) -> CountedSigner:
        if self.files.holds(label):
            return self.files.signer(label)
        with self._lock:
            found = self._signers.get(label)
        if found is not None:
            return found
        signer = CountedSigner(self.token.signer(label), label, self.files.book)
        with self._lock:
            return self._signers.setdefault(label, signer)

    def destroy_key(self, label: str) -> None:
        """Wherever it is; on the token too when it is away, which then says so."""
        if self.files.holds(label):
            self.files.destroy_key(label)
            return
        with self._lock:
            self._signers.pop(label, None)
        self.token.destroy_key(label)

    def labels(self) -> tuple[str, ...]:
        """Raises :class:`~keys.TokenUnavailable` when the token is away and was never seen."""
        return tuple(sorted({*self.files.labels(), *self._on_token()}))

    def _on_token(self) -> tuple[str, ...]:
        """As the token says; while it is away, as it said last: what does not need it goes on."""
        try:
            found = self.token.labels()
        except TokenUnavailable:
            with contextlib.suppress(FileNotFoundError):
                kept = read_fields(self._memory).get("labels")
                if isinstance(kept, list):
                    return tuple(str(one) for one in kept)
            raise
        with self._lock:
            if found != self._said:
                write_fields(self._memory, {"labels": list(found)}, replace=True)
                self._said = found
        return found

    def create_secret(self, label: str, size: int) -> bytes:
        return self.files.create_secret(label, size)

    def secret(self, label: str) -> bytes:
        return self.files.secret(label)

    def uses(self, label: str) -> int:
        """See :meth:`FileVault.uses`."""
        return self.files.uses(label)

    def close(self) -> None:
        """End the token process, and settle the counts."""
        self.token.close()
        self.files.close()
