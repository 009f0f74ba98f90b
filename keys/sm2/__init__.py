# SPDX-License-Identifier: Apache-2.0
"""SM2 with SM3 by the best provider of this machine: GB/T 32918.2-2016 signs, GB/T 32918.4-2016 encrypts.

Order: Botan 3, the system's libcrypto, ``gmssl`` for verification and encryption only. Each must pass the
self-test first; encryption, which not every provider has here, has a self-test of its own.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from ..errors import KeysError, SignatureInvalid, SigningRefused
from ..formats import encode_pair, parse_pair
from .botan import find_botan
from .curve import POINT_SIZE, SIZE, N, message_digest, require_point, require_scalar, user_digest
from .encryption import CipherOrder, SM2Cipher, parse_raw_sm2_cipher, parse_sm2_cipher, require_message
from .keyinfo import ALGORITHM, private_key_info, public_key_info
from .libcrypto import find_libcrypto
from .portable import Portable, PortablePublic, UnsafePortable
from .provider import Sm2Decrypting, Sm2Encrypting, Sm2Private, Sm2Provider, Sm2ProviderInfo, Sm2Public
from .self_test import POINT, D, decrypts, encrypts, passes

LOADED_KEYS: Final = 4096
"""Public keys that stay loaded: parsing one costs libcrypto more than a verification."""
_once = threading.Lock()


def _candidates() -> Iterator[Iterator[Sm2Provider]]:
    yield find_botan()
    yield find_libcrypto()
    yield iter((Portable(),))


@lru_cache(maxsize=1)
def _admitted() -> tuple[Sm2Provider, ...]:
    found = (next(filter(passes, family), None) for family in _candidates())
    return tuple(provider for provider in found if provider is not None)


def admitted() -> tuple[Sm2Provider, ...]:
    """All providers that passed, best first, one of each family.  Raises :class:`KeysError` if none."""
    with _once:
        providers = _admitted()
    if not providers:
        raise KeysError("no SM2 provider passes its self-test")
    return providers


def sm2_provider() -> Sm2ProviderInfo:
    """The provider in use."""
    return admitted()[0].info


def sm2_providers() -> tuple[Sm2ProviderInfo, ...]:
    """All admitted providers, best first."""
    return tuple(provider.info for provider in admitted())


@lru_cache(maxsize=LOADED_KEYS)
def _loaded(point: bytes) -> tuple[Sm2Public, bytes]:
    return admitted()[0].public(point), user_digest(point)


def verify(point: bytes, signature: bytes, message: bytes | memoryview) -> None:
    """GB/T 32918.2 clause 7.1.  Raises :class:`SignatureInvalid`."""
    r, s = parse_pair(signature, N)
    key, za = _loaded(point)
    # Step B5: t = 0 has no meaning, and not every provider says so.
    if (r + s) % N == 0 or not key.verify(message_digest(za, message), r, s):
        raise SignatureInvalid("the SM2 signature is not one of this key over these bytes")


class Sm2SigningKey:
    """A private key, loaded by a provider.  Safe to use concurrently."""

    __slots__ = ("_private", "_za", "point")

    def __init__(self, private: Sm2Private) -> None:
        self._private, self.point = private, private.point
        self._za = user_digest(self.point)

    def sign(self, message: bytes | memoryview) -> bytes:
        """DER (r, s)."""
        return encode_pair(*self._private.sign(message_digest(self._za, message)))


def load_private(d: int, *, unsafe_not_constant_time: bool = False) -> Sm2SigningKey:
    """Load a scalar by the best provider that signs.

    Where none protects the key, :class:`~keys.SigningRefused` — unless the caller says that a leak does not
    matter.
    """
    require_scalar(d)
    provider = next((one for one in admitted() if one.info.can_sign), admitted()[0])
    if not provider.info.can_sign and unsafe_not_constant_time:
        provider = UnsafePortable()
    return Sm2SigningKey(provider.private(d))


@lru_cache(maxsize=2)
def _encrypting(providers: tuple[Sm2Provider, ...]) -> Sm2Provider | None:
    """The first that protects the key and passes: a known answer, and a round trip."""
    for provider in providers:
        if provider.info.can_sign:
            private = provider.private(D)
            if decrypts(private) and encrypts(private, provider.public(POINT)):
                return provider
    return None


def encrypt(point: bytes, message: bytes) -> SM2Cipher:
    """For the holder of this key.  Raises :class:`~keys.CipherMalformed` for an empty or too long message."""
    require_point(point)
    require_message(message)
    provider = _encrypting(admitted())
    public: object = PortablePublic(point) if provider is None else provider.public(point)
    if not isinstance(public, Sm2Encrypting):
        raise KeysError("this SM2 provider does not encrypt")
    return public.encrypt(message)


def decrypt(d: int, cipher: SM2Cipher, *, unsafe_not_constant_time: bool = False) -> bytes:
    """The message.

    Raises :class:`~keys.DecryptionFailed`, and :class:`~keys.SigningRefused` where no provider that decrypts
    protects the key — unless the caller says that a leak does not matter.
    """
    require_scalar(d)
    provider = _encrypting(admitted())
    if provider is None and unsafe_not_constant_time:
        provider = UnsafePortable()
    private = None if provider is None else provider.private(d)
    if not isinstance(private, Sm2Decrypting):
        raise SigningRefused("no SM2 provider here decrypts and protects the private key: install OpenSSL 3")
    return private.decrypt(cipher)


__all__ = [
    "ALGORITHM",
    "LOADED_KEYS",
    "POINT_SIZE",
    "SIZE",
    "CipherOrder",
    "N",
    "SM2Cipher",
    "Sm2ProviderInfo",
    "Sm2SigningKey",
    "admitted",
    "decrypt",
    "encrypt",
    "load_private",
    "parse_raw_sm2_cipher",
    "parse_sm2_cipher",
    "private_key_info",
    "public_key_info",
    "require_point",
    "sm2_provider",
    "sm2_providers",
    "verify",
]
