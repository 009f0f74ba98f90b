# SPDX-License-Identifier: Apache-2.0
"""A PKCS#11 library that is told of our threads; known to the token process alone.

``python-pkcs11`` initialises a library with no arguments, which promises it a single thread (PKCS#11 v3.1
section 5.4), and then calls it without the interpreter's lock: a library that believes the promise fails at
random. Here it is told to lock by what the system has.
"""

from __future__ import annotations

import ctypes
from typing import Any, Final

from ..errors import KeysError

CANT_LOCK: Final = 0x0A
_OS_LOCKING_OK: Final = 0x02


class _Arguments(ctypes.Structure):
    """CK_C_INITIALIZE_ARGS."""

    _fields_ = (
        ("create_mutex", ctypes.c_void_p),
        ("destroy_mutex", ctypes.c_void_p),
        ("lock_mutex", ctypes.c_void_p),
        ("unlock_mutex", ctypes.c_void_p),
        ("flags", ctypes.c_ulong),
        ("reserved", ctypes.c_void_p),
    )


class _FunctionList(ctypes.Structure):
    """The beginning of CK_FUNCTION_LIST."""

    _fields_ = (("major", ctypes.c_ubyte), ("minor", ctypes.c_ubyte), ("initialize", ctypes.c_void_p))


class LibraryFailed(KeysError):
    """C_Initialize said no; stays in the token process."""


def load(module: str) -> tuple[Any, bool]:
    """The library, initialised, and whether several threads may use it.

    Raises OSError, :class:`LibraryFailed`, and what ``python-pkcs11`` raises.
    """
    from pkcs11 import _pkcs11

    answers: list[int] = []

    class Threaded(_pkcs11.lib):
        """Initialises as said above; ``__init__`` calls it."""

        def initialize(self) -> None:
            answers.append(_initialise(module))
            if answers[0] == CANT_LOCK:
                super().initialize()
            elif answers[0]:
                raise LibraryFailed(hex(answers[0]))

    return Threaded(module), answers == [0]


def _initialise(module: str) -> int:
    functions = ctypes.POINTER(_FunctionList)()
    ctypes.CDLL(module).C_GetFunctionList(ctypes.byref(functions))
    initialize = ctypes.CFUNCTYPE(ctypes.c_ulong, ctypes.c_void_p)(functions.contents.initialize)
    arguments = _Arguments(flags=_OS_LOCKING_OK)
    return int(initialize(ctypes.addressof(arguments)))
