# SPDX-License-Identifier: Apache-2.0
"""SM2 by the system's libcrypto (OpenSSL 3 or later) through ctypes; the GIL is released in every call.

Not every libcrypto has SM2 (Fedora, RHEL and Alpine build without); the self-test finds out.  The library of
the operating system is used, not the copy inside ``cryptography``, which does not expose SM2.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import platform
import sys
import weakref
from collections.abc import Iterator
from ctypes import POINTER, byref, c_char_p, c_int, c_long, c_size_t, c_ubyte, c_ulong, c_void_p
from typing import Any

from ..errors import DecryptionFailed, KeyMalformed, KeysError, SigningFailed
from ..formats import encode_pair, parse_pair
from .curve import POINT_SIZE, N
from .encryption import ATTEMPTS, SM2Cipher, parse_sm2_cipher, require_masked
from .keyinfo import private_key_info, public_key_info
from .provider import Sm2ProviderInfo

OLDEST = 3
_LARGEST_SIGNATURE = 80
_OVERHEAD = 256
"""More than DER of two coordinates, a digest and the headers of a ciphertext."""
_LEAKY_MACHINES = {"aarch64", "arm64"}
_LEAKY_NOTE = (
    "SM2 signing by OpenSSL on ARM64 has published timing leaks (CVE-2025-9231 and later reports); "
    "install Botan 3 before keys of value sign here"
)
_SIGNATURES: dict[str, tuple[Any, list[Any]]] = {
    "OpenSSL_version_num": (c_ulong, []),
    "OpenSSL_version": (c_char_p, [c_int]),
    "ERR_clear_error": (None, []),
    "d2i_AutoPrivateKey": (c_void_p, [c_void_p, POINTER(c_char_p), c_long]),
    "d2i_PUBKEY": (c_void_p, [c_void_p, POINTER(c_char_p), c_long]),
    "i2d_PUBKEY": (c_int, [c_void_p, POINTER(c_void_p)]),
    "EVP_PKEY_free": (None, [c_void_p]),
    "EVP_PKEY_CTX_new": (c_void_p, [c_void_p, c_void_p]),
    "EVP_PKEY_CTX_free": (None, [c_void_p]),
    "EVP_PKEY_sign_init": (c_int, [c_void_p]),
    "EVP_PKEY_sign": (c_int, [c_void_p, c_void_p, POINTER(c_size_t), c_char_p, c_size_t]),
    "EVP_PKEY_verify_init": (c_int, [c_void_p]),
    "EVP_PKEY_verify": (c_int, [c_void_p, c_char_p, c_size_t, c_char_p, c_size_t]),
    "EVP_PKEY_encrypt_init": (c_int, [c_void_p]),
    "EVP_PKEY_encrypt": (c_int, [c_void_p, c_char_p, POINTER(c_size_t), c_char_p, c_size_t]),
    "EVP_PKEY_decrypt_init": (c_int, [c_void_p]),
    "EVP_PKEY_decrypt": (c_int, [c_void_p, c_char_p, POINTER(c_size_t), c_char_p, c_size_t]),
}


class Libcrypto:
    """The provider.  One per loaded library."""

    def __init__(self, library: ctypes.CDLL) -> None:
        """Raises OSError or AttributeError when this library will not do."""
        for name, (result, arguments) in _SIGNATURES.items():
            function = getattr(library, name)
            function.restype, function.argtypes = result, arguments
        self.library = library
        number = int(library.OpenSSL_version_num())
        if number >> 28 < OLDEST:
            raise OSError(f"libcrypto {number:#x} is older than {OLDEST}")
        leaky = platform.machine().lower() in _LEAKY_MACHINES
        self.info = Sm2ProviderInfo(
            name="libcrypto",
            version=library.OpenSSL_version(0).decode("ascii", "replace"),
            constant_time=not leaky,
            can_sign=True,
            note=_LEAKY_NOTE if leaky else "",
        )

    def private(self, d: int) -> LibcryptoPrivate:
        # The point is not known yet, so the key goes in without it, and libcrypto computes it.
        return LibcryptoPrivate(self.library, private_key_info(d))

    def public(self, point: bytes) -> LibcryptoPublic:
        return LibcryptoPublic(self.library, public_key_info(point))


class _Key:
    """Owns an EVP_PKEY, which is only read after it was loaded; freed with the object."""

    __slots__ = ("__weakref__", "_library", "_pkey")

    def __init__(self, library: ctypes.CDLL, decode: Any, der: bytes) -> None:
        pkey = decode(None, byref(c_char_p(der)), len(der))
        if not pkey:
            library.ERR_clear_error()
            raise KeyMalformed("libcrypto does not take this SM2 key")
        self._library, self._pkey = library, pkey
        weakref.finalize(self, library.EVP_PKEY_free, pkey).atexit = False

    def _context(self) -> c_void_p:
        """A context of its own for each operation: contexts must not be shared between threads."""
        context = self._library.EVP_PKEY_CTX_new(self._pkey, None)
        if not context:
            raise KeysError("libcrypto is out of memory")
        return c_void_p(context)


class LibcryptoPrivate(_Key):
    """A loaded private key."""

    __slots__ = ("point",)

    def __init__(self, library: ctypes.CDLL, der: bytes) -> None:
        super().__init__(library, library.d2i_AutoPrivateKey, der)
        size = library.i2d_PUBKEY(self._pkey, None)
        if size < POINT_SIZE:
            raise KeyMalformed("libcrypto computes no public key")
        encoded = (c_ubyte * size)()
        library.i2d_PUBKEY(self._pkey, byref(c_void_p(ctypes.addressof(encoded))))
        self.point = bytes(encoded)[-POINT_SIZE:]

    def sign(self, e: bytes) -> tuple[int, int]:
        library, context = self._library, self._context()
        try:
            signature, size = ctypes.create_string_buffer(_LARGEST_SIGNATURE), c_size_t(_LARGEST_SIGNATURE)
            if (
                library.EVP_PKEY_sign_init(context) != 1
                or library.EVP_PKEY_sign(context, signature, byref(size), e, len(e)) != 1
            ):
                library.ERR_clear_error()
                raise SigningFailed("libcrypto could not sign with this SM2 key")
            return parse_pair(signature.raw[: size.value], N)
        finally:
            library.EVP_PKEY_CTX_free(context)

    def decrypt(self, cipher: SM2Cipher) -> bytes:
        # The message is shorter than its ciphertext, so this buffer is never too small (CVE-2021-3711).
        library, context, der = self._library, self._context(), cipher.encode()
        try:
            message, size = ctypes.create_string_buffer(len(der)), c_size_t(len(der))
            if (
                library.EVP_PKEY_decrypt_init(context) != 1
                or library.EVP_PKEY_decrypt(context, message, byref(size), der, len(der)) != 1
                or size.value != len(cipher.text)
            ):
                raise DecryptionFailed("this SM2 ciphertext does not open with this key")
            return require_masked(cipher, message.raw[: size.value])
        finally:
            library.EVP_PKEY_CTX_free(context)
            library.ERR_clear_error()


class LibcryptoPublic(_Key):
    """A loaded public key."""

    __slots__ = ()

    def __init__(self, library: ctypes.CDLL, der: bytes) -> None:
        super().__init__(library, library.d2i_PUBKEY, der)

    def verify(self, e: bytes, r: int, s: int) -> bool:
        library, context, signature = self._library, self._context(), encode_pair(r, s)
        try:
            if library.EVP_PKEY_verify_init(context) != 1:
                return False
            return bool(library.EVP_PKEY_verify(context, signature, len(signature), e, len(e)) == 1)
        finally:
            library.EVP_PKEY_CTX_free(context)
            library.ERR_clear_error()

    def encrypt(self, message: bytes) -> SM2Cipher:
        for _ in range(ATTEMPTS):
            cipher = self._encrypted(message)
            if cipher.text != message:  # not every release throws an all-zero mask away
                return cipher
        raise KeysError("libcrypto masks nothing: its random source is broken")

    def _encrypted(self, message: bytes) -> SM2Cipher:
        library, context, most = self._library, self._context(), len(message) + _OVERHEAD
        try:
            encrypted, size = ctypes.create_string_buffer(most), c_size_t(most)
            if (
                library.EVP_PKEY_encrypt_init(context) != 1
                or library.EVP_PKEY_encrypt(context, encrypted, byref(size), message, len(message)) != 1
            ):
                raise KeysError("libcrypto could not encrypt for this SM2 key")
            return parse_sm2_cipher(encrypted.raw[: size.value])
        finally:
            library.EVP_PKEY_CTX_free(context)
            library.ERR_clear_error()


def find_libcrypto() -> Iterator[Libcrypto]:
    """Every usable libcrypto under the usual names, newest first."""
    for name in _names():
        try:
            yield Libcrypto(ctypes.CDLL(name))
        except (OSError, AttributeError):
            continue


def _names() -> Iterator[str]:
    if sys.platform == "darwin":
        # Loading Apple's own libcrypto ends the process, so only Homebrew's is looked for.
        for folder in ("/opt/homebrew/opt/openssl@3/lib", "/usr/local/opt/openssl@3/lib"):
            yield f"{folder}/libcrypto.3.dylib"
    elif sys.platform == "win32":
        yield from ("libcrypto-4-x64.dll", "libcrypto-3-x64.dll", "libcrypto-3.dll")
    else:
        yield from ("libcrypto.so.4", "libcrypto.so.3")
        if found := ctypes.util.find_library("crypto"):
            yield found
