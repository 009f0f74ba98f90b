# SPDX-License-Identifier: Apache-2.0
"""What goes between the service and the process that checks: frames over one socket, objects as pickles.

The service is believed by the other side.  An answer is not: a file may have taken over whoever read it, so
it is unpickled with the classes of a verdict alone, and is a verdict on that one file whatever it says.
"""

from __future__ import annotations

import copyreg
import io
import pickle
import socket
import struct
import sys
from dataclasses import dataclass, is_dataclass, replace
from datetime import datetime
from enum import Enum
from types import MappingProxyType
from typing import Any, Final

from keys import PublicKey, parse_public_key
from verify import Certificate, Crl, Report, Trust, parse_certificate, parse_crl

from .limits import CheckLimits

LARGEST_ANSWER: Final = 64 * 1024 * 1024
TRUST, CHECK = b"T", b"C"
VERDICT, UNREADABLE, ENDED, BROKEN = b"V", b"U", b"E", b"B"
_HEAD: Final = struct.Struct(">cQ")


@dataclass(frozen=True, slots=True)
class Order:
    """Check the octets that follow (``size``), and those of the file that they are about (``beside``)."""

    name: str
    at: datetime
    limits: CheckLimits
    size: int
    beside: int | None
    codes: bool = False


class WireBroken(Exception):
    """The other side is gone or speaks nonsense."""


def send(wire: socket.socket, kind: bytes, *parts: bytes) -> None:
    """One frame.  Raises :class:`OSError`."""
    wire.sendall(_HEAD.pack(kind, sum(map(len, parts))))
    for part in parts:
        wire.sendall(part)


def receive(wire: socket.socket, most: int) -> tuple[bytes, bytes]:
    """Kind and content of one frame.  Raises :class:`WireBroken` and :class:`OSError`."""
    kind, size = _HEAD.unpack(exactly(wire, _HEAD.size))
    if size > most:
        raise WireBroken
    return kind, exactly(wire, size)


def exactly(wire: socket.socket, size: int) -> bytes:
    """So many octets.  Raises :class:`WireBroken` when fewer come."""
    found = bytearray(size)
    view, at = memoryview(found), 0
    while at < size:
        read = wire.recv_into(view[at:])
        if not read:
            raise WireBroken
        at += read
    return bytes(found)


def pack_trust(trust: Trust) -> bytes:
    """Certificates, lists and keys go as their own octets: what libraries hold of them cannot travel."""
    out = io.BytesIO()
    pickler = pickle.Pickler(out, protocol=5)
    pickler.dispatch_table = copyreg.dispatch_table | {
        Certificate: lambda one: (parse_certificate, (one.der,)),
        Crl: lambda one: (parse_crl, (one.der,)),
        PublicKey: lambda one: (parse_public_key, (one.spki,)),
        MappingProxyType: lambda one: (dict, (dict(one),)),
    }
    pickler.dump(trust)
    return out.getvalue()


def pack_report(report: Report) -> bytes:
    """Everything that may stand in a verdict is plain."""
    return pickle.dumps(replace(report, facts=dict(report.facts)), protocol=5)


def unpack_report(data: bytes) -> Report:
    """Raises :class:`WireBroken` for whatever is no verdict."""
    try:
        found = _Verdicts(io.BytesIO(data)).load()
        if not isinstance(found, Report):
            raise WireBroken
        return replace(
            found, signatures=tuple(replace(one) for one in found.signatures)
        )  # made anew: their own rules are asked
    except WireBroken:
        raise
    except Exception as error:  # pickles of a hostile writer fail in any way they like
        raise WireBroken from error


class _Verdicts(pickle.Unpickler):
    """Knows the values that the room of reports defines, and nothing else that could be called."""

    def find_class(self, module: str, name: str) -> Any:
        found = getattr(sys.modules.get(module), name, None) if _of_reports(module) else None
        if not isinstance(found, type) or not (is_dataclass(found) or issubclass(found, Enum)):
            raise pickle.UnpicklingError(f"{module}.{name} stands in no verdict")
        return found


def _of_reports(module: str) -> bool:
    home = Report.__module__
    room = home if home.count(".") == 1 else home.rpartition(".")[0]
    return module == room or module.startswith(room + ".")
