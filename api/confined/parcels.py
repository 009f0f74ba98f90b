# SPDX-License-Identifier: Apache-2.0
"""What goes between the service and the process that checks: frames over one socket.

The service is believed by the other side, and sends pickles.  An answer is not: a file may have taken over
whoever read it, so it is JSON, and is a verdict on that one file whatever it says.  A pickle would not do,
however few classes it may name: it can set attributes of those classes, for every later verdict.
"""

from __future__ import annotations

import copyreg
import io
import json
import pickle
import socket
import struct
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from keys import PublicKey, parse_public_key
from verify import (
    Certificate,
    Crl,
    Indication,
    Reason,
    Report,
    SignatureReport,
    SubIndication,
    Trust,
    parse_certificate,
    parse_crl,
)

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
    codes: bool | None = False


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
    """Everything that may stand in a verdict is plain; what is derived from it is derived anew."""
    value = [
        report.kind,
        *_verdict(report),
        [[one.format, *_verdict(one)] for one in report.signatures],
    ]
    return json.dumps(value).encode("ascii")


def unpack_report(data: bytes) -> Report:
    """Raises :class:`WireBroken` for whatever is no verdict."""
    try:
        *whole, signatures = json.loads(data)
        parts = tuple(SignatureReport(*_read(one)) for one in signatures)
        kind, indication, sub, reasons, facts = _read(whole)
        return Report(kind, indication, sub, parts, reasons, facts)
    except Exception as error:  # hostile answers fail in any way they like
        raise WireBroken from error


def _verdict(one: Report | SignatureReport) -> list[Any]:
    sub = None if one.sub_indication is None else one.sub_indication.value
    return [one.indication.value, sub, [[r.code, r.zh, r.en] for r in one.reasons], dict(one.facts)]


def _read(
    value: list[Any],
) -> tuple[str, Indication, SubIndication | None, tuple[Reason, ...], dict[str, Any]]:
    """Kind or format, answer, why not, reasons, facts.  Raises what it likes."""
    kind, indication, sub, reasons, facts = value
    if not isinstance(kind, str) or not isinstance(facts, dict):
        raise WireBroken
    told = tuple(Reason(_text(code), _text(zh), _text(en)) for code, zh, en in reasons)
    return kind, Indication(indication), None if sub is None else SubIndication(sub), told, facts


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise WireBroken
    return value
