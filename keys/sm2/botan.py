# SPDX-License-Identifier: Apache-2.0
"""SM2 by Botan 3 through its C interface (``botan/ffi.h``); the GIL is released in every call.

Constant-time by upstream's design. The padding ``<user id>,Raw`` hands over the digest e as it is: the user
id was hashed by us. The generator ``system`` is that of the operating system, without state, so that threads
may share it.
"""

from __future__ import annotations

import ctypes
import sys
import weakref
from collections.abc import Iterator
from ctypes import POINTER, byref, c_char_p, c_int, c_size_t, c_uint32, c_void_p

from ..errors import KeyMalformed, KeysError, SigningFailed
from .curve import SIZE, UNCOMPRESSED, USER_ID
from .provider import Sm2ProviderInfo

MAJOR = 3
_NEWEST_ABI = 40
_CURVE = b"sm2p256v1"
_PADDING = USER_ID + b",Raw"
_ARGUMENTS = {
    "botan_rng_init": [POINTER(c_void_p), c_char_p],
    "botan_mp_init": [POINTER(c_void_p)],
    "botan_mp_destroy": [c_void_p],
    "botan_mp_from_bin": [c_void_p, c_char_p, c_size_t],
    "botan_mp_num_bytes": [c_void_p, POINTER(c_size_t)],
    "botan_mp_to_bin": [c_void_p, c_char_p],
    "botan_privkey_load_sm2": [POINTER(c_void_p), c_void_p, c_char_p],
    "botan_privkey_destroy": [c_void_p],
    "botan_privkey_export_pubkey": [POINTER(c_void_p), c_void_p],
    "botan_pubkey_load_sm2": [POINTER(c_void_p), c_void_p, c_void_p, c_char_p],
    "botan_pubkey_get_field": [c_void_p, c_void_p, c_char_p],
    "botan_pubkey_destroy": [c_void_p],
    "botan_pk_op_sign_create": [POINTER(c_void_p), c_void_p, c_char_p, c_uint32],
    "botan_pk_op_sign_update": [c_void_p, c_char_p, c_size_t],
    "botan_pk_op_sign_finish": [c_void_p, c_void_p, c_char_p, POINTER(c_size_t)],
    "botan_pk_op_sign_destroy": [c_void_p],
    "botan_pk_op_verify_create": [POINTER(c_void_p), c_void_p, c_char_p, c_uint32],
    "botan_pk_op_verify_update": [c_void_p, c_char_p, c_size_t],
    "botan_pk_op_verify_finish": [c_void_p, c_char_p, c_size_t],
    "botan_pk_op_verify_destroy": [c_void_p],
}


class Botan:
    """The provider.  One per loaded library."""

    def __init__(self, library: ctypes.CDLL) -> None:
        """Raises OSError or AttributeError when this library will not do."""
        for name, arguments in _ARGUMENTS.items():
            function = getattr(library, name)
            function.restype, function.argtypes = c_int, arguments
        library.botan_version_major.restype = c_uint32
        library.botan_version_string.restype = c_char_p
        if library.botan_version_major() != MAJOR:
            raise OSError("not Botan 3")
        self.library = library
        self.rng = c_void_p()
        if library.botan_rng_init(byref(self.rng), b"system"):
            raise OSError("Botan without the system's generator")
        self.info = Sm2ProviderInfo(
            name="Botan",
            version=library.botan_version_string().decode("ascii", "replace"),
            constant_time=True,
            can_sign=True,
        )

    def private(self, d: int) -> BotanPrivate:
        return BotanPrivate(self.library, self.rng, d)

    def public(self, point: bytes) -> BotanPublic:
        return BotanPublic(self.library, point)


class _Number:
    """A multi-precision integer for the time of one call."""

    def __init__(self, library: ctypes.CDLL, value: bytes = b"") -> None:
        self._library, self.handle = library, c_void_p()
        if library.botan_mp_init(byref(self.handle)):
            raise KeysError("Botan is out of memory")
        if value and library.botan_mp_from_bin(self.handle, value, len(value)):
            raise KeysError("Botan does not take this number")

    def __enter__(self) -> _Number:
        return self

    def __exit__(self, *_: object) -> None:
        self._library.botan_mp_destroy(self.handle)

    def octets(self) -> bytes:
        size = c_size_t()
        self._library.botan_mp_num_bytes(self.handle, byref(size))
        buffer = ctypes.create_string_buffer(size.value)
        self._library.botan_mp_to_bin(self.handle, buffer)
        return buffer.raw.rjust(SIZE, b"\x00")


class BotanPrivate:
    """A loaded private key; only read after it was loaded."""

    __slots__ = ("__weakref__", "_key", "_library", "_rng", "point")

    def __init__(self, library: ctypes.CDLL, rng: c_void_p, d: int) -> None:
        self._library, self._rng, self._key = library, rng, c_void_p()
        with _Number(library, d.to_bytes(SIZE)) as scalar:
            if library.botan_privkey_load_sm2(byref(self._key), scalar.handle, _CURVE):
                raise KeyMalformed("Botan does not take this SM2 key")
        weakref.finalize(self, library.botan_privkey_destroy, self._key).atexit = False
        self.point = self._public_point()

    def _public_point(self) -> bytes:
        library, public = self._library, c_void_p()
        if library.botan_privkey_export_pubkey(byref(public), self._key):
            raise KeyMalformed("Botan computes no public key")
        try:
            with _Number(library) as x, _Number(library) as y:
                if library.botan_pubkey_get_field(
                    x.handle, public, b"public_x"
                ) or library.botan_pubkey_get_field(y.handle, public, b"public_y"):
                    raise KeyMalformed("Botan computes no public key")
                return bytes((UNCOMPRESSED,)) + x.octets() + y.octets()
        finally:
            library.botan_pubkey_destroy(public)

    def sign(self, e: bytes) -> tuple[int, int]:
        # An operation of its own for each signature: operations must not be shared between threads.
        library, operation = self._library, c_void_p()
        if library.botan_pk_op_sign_create(byref(operation), self._key, _PADDING, 0):
            raise SigningFailed("Botan could not begin to sign with this SM2 key")
        try:
            signature, size = ctypes.create_string_buffer(2 * SIZE), c_size_t(2 * SIZE)
            if (
                library.botan_pk_op_sign_update(operation, e, len(e))
                or library.botan_pk_op_sign_finish(operation, self._rng, signature, byref(size))
                or size.value != 2 * SIZE
            ):
                raise SigningFailed("Botan could not sign with this SM2 key")
        finally:
            library.botan_pk_op_sign_destroy(operation)
        return int.from_bytes(signature.raw[:SIZE]), int.from_bytes(signature.raw[SIZE:])


class BotanPublic:
    """A loaded public key; only read after it was loaded."""

    __slots__ = ("__weakref__", "_key", "_library")

    def __init__(self, library: ctypes.CDLL, point: bytes) -> None:
        self._library, self._key = library, c_void_p()
        with _Number(library, point[1 : 1 + SIZE]) as x, _Number(library, point[1 + SIZE :]) as y:
            if library.botan_pubkey_load_sm2(byref(self._key), x.handle, y.handle, _CURVE):
                raise KeyMalformed("Botan does not take this SM2 key")
        weakref.finalize(self, library.botan_pubkey_destroy, self._key).atexit = False

    def verify(self, e: bytes, r: int, s: int) -> bool:
        library, operation = self._library, c_void_p()
        if library.botan_pk_op_verify_create(byref(operation), self._key, _PADDING, 0):
            raise KeysError("Botan could not begin to verify")
        try:
            signature = r.to_bytes(SIZE) + s.to_bytes(SIZE)
            return bool(
                library.botan_pk_op_verify_update(operation, e, len(e)) == 0
                and library.botan_pk_op_verify_finish(operation, signature, len(signature)) == 0
            )
        finally:
            library.botan_pk_op_verify_destroy(operation)


def find_botan() -> Iterator[Botan]:
    """Every usable Botan 3 under the usual names, newest first."""
    for name in _names():
        try:
            yield Botan(ctypes.CDLL(name))
        except (OSError, AttributeError):
            continue


def _names() -> Iterator[str]:
    # Names instead of ctypes.util.find_library, which starts a compiler when the library is absent.
    if sys.platform == "darwin":
        for folder in ("/opt/homebrew/lib", "/usr/local/lib"):
            yield f"{folder}/libbotan-3.dylib"
    elif sys.platform == "win32":
        yield "botan-3.dll"
    else:
        yield from (f"libbotan-3.so.{abi}" for abi in range(_NEWEST_ABI, -1, -1))
