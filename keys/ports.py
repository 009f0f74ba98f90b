# SPDX-License-Identifier: Apache-2.0
"""What others need of keys: something that signs, and a place where keys stay."""

from __future__ import annotations

from typing import Protocol

from .algorithms import KeyKind, Scheme
from .public import PublicKey


class Signer(Protocol):
    """One key, one scheme."""

    @property
    def public_key(self) -> PublicKey:
        """The key that verifies what this signer signs."""

    @property
    def scheme(self) -> Scheme:
        """The scheme of every signature of this signer."""

    def sign(self, message: bytes | memoryview) -> bytes:
        """The signature over the message: DER (r, s) for SM2 and ECDSA, the octets of PKCS #1 for RSA.

        A view is read where it lies: a list of a million entries is never copied.

        Safe to call concurrently.  Raises :class:`~keys.SigningFailed` or :class:`~keys.SigningRefused`.
        """


class Vault(Protocol):
    """Keeps keys and secrets.  A private key never leaves; no verb of this port exports one."""

    def create_key(self, label: str, kind: KeyKind) -> PublicKey:
        """Make a key.  Durable once it returns.  Raises :class:`~keys.LabelTaken` if there is one already."""

    def signer(self, label: str) -> Signer:
        """The key under this label.  Raises :class:`~keys.NoSuchKey`."""

    def destroy_key(self, label: str) -> None:
        """The key is gone for good.  Durable once it returns; a key that is gone already is no error.

        Copies of the vault made before still hold it: whoever destroys a key sees to those as well.
        """

    def labels(self) -> tuple[str, ...]:
        """The labels of all keys, sorted."""

    def create_secret(self, label: str, size: int) -> bytes:
        """Random bytes, kept; the same bytes every time.  Durable once it returns."""

    def secret(self, label: str) -> bytes:
        """The secret under this label.  Raises :class:`~keys.NoSuchKey`."""
