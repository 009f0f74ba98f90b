# SPDX-License-Identifier: Apache-2.0
"""A private key in memory."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import NoReturn, Protocol

from cryptography.hazmat.primitives.asymmetric import ec, rsa, utils
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from .. import sm2
from ..algorithms import KeyKind, Scheme, allowed, default_scheme
from ..digests import IMPLEMENTATIONS
from ..digests import digest as hash_of
from ..errors import KeyUnsupported, SigningFailed
from ..formats import encrypt
from ..public import PublicKey, parse_public_key, rsa_padding
from ..sm2 import SM2Cipher

PUBLIC_EXPONENT = 65537
_RSA_SIZES = {KeyKind.RSA2048: 2048, KeyKind.RSA3072: 3072, KeyKind.RSA4096: 4096}
_CURVES: dict[KeyKind, ec.EllipticCurve] = {KeyKind.P256: ec.SECP256R1(), KeyKind.P384: ec.SECP384R1()}
Native = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


class Secret(Protocol):
    """What a :class:`SoftwareKey` signs with."""

    def sign(self, message: bytes | memoryview, scheme: Scheme) -> bytes: ...

    def pkcs8(self) -> bytes: ...

    def decrypt(self, cipher: SM2Cipher) -> bytes: ...

    def spki(self) -> bytes: ...


class Sm2Secret:
    """An SM2 scalar, loaded by a provider."""

    __slots__ = ("_d", "_key", "_unsafe")

    def __init__(self, d: int, *, unsafe_not_constant_time: bool = False) -> None:
        self._key = sm2.load_private(d, unsafe_not_constant_time=unsafe_not_constant_time)
        self._d, self._unsafe = d, unsafe_not_constant_time

    def sign(self, message: bytes | memoryview, scheme: Scheme) -> bytes:  # noqa: ARG002 - SM2 has one scheme
        return self._key.sign(message)

    def decrypt(self, cipher: SM2Cipher) -> bytes:
        return sm2.decrypt(self._d, cipher, unsafe_not_constant_time=self._unsafe)

    def pkcs8(self) -> bytes:
        return sm2.private_key_info(self._d, self._key.point)

    def spki(self) -> bytes:
        return sm2.public_key_info(self._key.point)


class NativeSecret:
    """A key of ``cryptography``."""

    __slots__ = ("_key",)

    def __init__(self, key: Native) -> None:
        self._key = key

    def sign(self, message: bytes | memoryview, scheme: Scheme) -> bytes:
        digest = IMPLEMENTATIONS[scheme.hash]
        try:
            if isinstance(self._key, ec.EllipticCurvePrivateKey):
                return self._key.sign(message, ec.ECDSA(digest))
            hashed = hash_of(scheme.hash, message).value
            return self._key.sign(hashed, rsa_padding(scheme), utils.Prehashed(digest))
        except ValueError as error:
            raise SigningFailed(f"this key cannot sign: {error}") from error

    def decrypt(self, cipher: SM2Cipher) -> bytes:  # noqa: ARG002
        raise KeyUnsupported("only SM2 keys open an SM2 ciphertext")

    def pkcs8(self) -> bytes:
        return self._key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())

    def spki(self) -> bytes:
        return self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


class SoftwareKey:
    """A private key and the one scheme that it signs in; implements :class:`~keys.Signer`.

    It never shows itself: not in ``repr``, not to ``pickle``. Safe to use concurrently.
    """

    __slots__ = ("_public_key", "_scheme", "_secret")

    def __init__(self, secret: Secret, scheme: Scheme | None = None) -> None:
        """Callers outside this package use :func:`generate_key` and :func:`parse_private_key`."""
        self._secret = secret
        self._public_key = parse_public_key(secret.spki())
        self._scheme = scheme or default_scheme(self._public_key.kind)
        if not allowed(self._public_key.kind, self._scheme):
            raise KeyUnsupported(
                f"{self._scheme.name} does not go with a key of kind {self._public_key.kind}"
            )

    @property
    def public_key(self) -> PublicKey:
        return self._public_key

    @property
    def scheme(self) -> Scheme:
        return self._scheme

    def using(self, scheme: Scheme) -> SoftwareKey:
        """The same key, signing in another scheme of the allow-list.  Raises :class:`KeyUnsupported`."""
        return SoftwareKey(self._secret, scheme)

    def sign(self, message: bytes | memoryview) -> bytes:
        """SM2 and ECDSA: DER (r, s); RSA: the octets of PKCS #1."""
        return self._secret.sign(message, self._scheme)

    def decrypt(self, cipher: SM2Cipher) -> bytes:
        """What was encrypted for this SM2 key.

        Raises :class:`~keys.DecryptionFailed`, :class:`~keys.SigningRefused` where nothing protects the key,
        :class:`KeyUnsupported` for other kinds of keys.
        """
        return self._secret.decrypt(cipher)

    def pkcs8(self) -> bytes:
        """DER PrivateKeyInfo, unprotected."""
        return self._secret.pkcs8()

    def encrypted(self, passphrase: str, *, random: Callable[[int], bytes] = os.urandom) -> bytes:
        """DER EncryptedPrivateKeyInfo.  Raises :class:`~keys.PassphraseWrong` for an empty passphrase."""
        return encrypt(self.pkcs8(), passphrase, random=random)

    def __repr__(self) -> str:
        return f"<SoftwareKey {self._public_key.kind} {self._public_key.key_id.hex()}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a private key is not pickled")


def generate_key(
    kind: KeyKind, *, random: Callable[[int], bytes] = os.urandom, unsafe_not_constant_time: bool = False
) -> SoftwareKey:
    """A new key.  ``random`` serves SM2; the others draw from the generator of ``cryptography``.

    SM2 raises :class:`~keys.SigningRefused` where no provider protects the key, unless told otherwise.
    """
    if kind is KeyKind.SM2:
        d = _scalar(random)
        return SoftwareKey(Sm2Secret(d, unsafe_not_constant_time=unsafe_not_constant_time))
    if kind in _RSA_SIZES:
        return SoftwareKey(NativeSecret(rsa.generate_private_key(PUBLIC_EXPONENT, _RSA_SIZES[kind])))
    return SoftwareKey(NativeSecret(ec.generate_private_key(_CURVES[kind])))


def _scalar(random: Callable[[int], bytes]) -> int:
    """Uniform in [1, n-2]: a draw outside is thrown away, once in four thousand million times."""
    for _ in range(100):
        d = int.from_bytes(random(sm2.SIZE))
        if 1 <= d <= sm2.N - 2:
            return d
    raise SigningFailed("no usable private key: the random source is broken")
