# SPDX-License-Identifier: Apache-2.0
"""What is kept in a file so that it can be judged later, and the objects that keep it.

The document security store: ISO 32000-2 section 12.8.4.3, EN 319 142-1 section 5.4.2.  It only grows: what is
there stays, and nothing is kept twice.  Each certificate, list or response is a stream of its own, packed
where that saves a quarter: lists shrink, signatures do not.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from verify import Certificate, Crl

from ..pdf.base import Base
from ..pdf.fields import Draft, reference
from .errors import LongTermRefused

LARGEST: Final = 32 * 1024 * 1024
_EXTENSION: Final = b"<< /BaseVersion /1.7 /ExtensionLevel 1 >>"
"""ESIC: a reader learns that structures of EN 319 142-1 stand in a file of PDF 1.7 (its section 5.6)."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Chains of seal and time stamp without need of the roots, their lists, and OCSP responses (DER)."""

    certificates: tuple[Certificate, ...] = ()
    crls: tuple[Crl, ...] = ()
    ocsps: tuple[bytes, ...] = ()

    def with_(self, other: Evidence) -> Evidence:
        """Both, each thing once."""
        return Evidence(
            tuple(dict.fromkeys((*self.certificates, *other.certificates))),
            tuple(dict.fromkeys((*self.crls, *other.crls))),
            tuple(dict.fromkeys((*self.ocsps, *other.ocsps))),
        )


def keep(base: Base, draft: Draft, evidence: Evidence) -> bool:
    """Put what is new into the store; whether there was anything.  Raises :class:`LongTermRefused`."""
    import pikepdf

    found = base.pdf.Root.get("/DSS")
    store = found if isinstance(found, pikepdf.Dictionary) else None
    wanted = {
        "/Certs": [one.der for one in evidence.certificates],
        "/CRLs": [one.der for one in evidence.crls],
        "/OCSPs": list(evidence.ocsps),
    }
    if sum(len(one) for kept in wanted.values() for one in kept) > LARGEST:
        raise LongTermRefused("long-term-too-large")
    entries: dict[str, bytes] = {}
    for key, ders in wanted.items():
        array = None if store is None else store.get(key)
        held = _streams(array)
        new = _missing(ders, held)
        if new:
            numbers = [draft.add(_stream(one)) for one in new]
            listed = [reference(one) for one in held] + [f"{number} 0 R" for number in numbers]
            entries[key] = f"[{' '.join(listed)}]".encode("ascii")
    if not entries:
        return False
    if store is not None and store.objgen != (0, 0):
        draft.rewrite(store, entries)
        return True
    kept = {} if store is None else _entries(store)
    body = b" ".join(key.encode("ascii") + b" " + value for key, value in {**kept, **entries}.items())
    draft.catalog("/DSS", b"%d 0 R" % draft.add(b"<< /Type /DSS " + body + b" >>"))
    if base.pdf.Root.get("/Extensions") is None and base.pdf.pdf_version < "2.0":
        draft.catalog("/Extensions", b"<< /ESIC " + _EXTENSION + b" >>")
    return True


def _entries(store: Any) -> dict[str, bytes]:
    return {key: store[key].unparse() for key in store.keys() if key != "/Type"}  # noqa: SIM118


def _streams(array: Any) -> list[Any]:
    import pikepdf

    return (
        [one for one in array if isinstance(one, pikepdf.Stream)] if isinstance(array, pikepdf.Array) else []
    )


def _missing(wanted: Iterable[bytes], held: Sequence[Any]) -> list[bytes]:
    """By the bytes; what is held in another packing counts as well."""
    known = set()
    for stream in held:
        known.add(bytes(stream.read_bytes()))
    return [one for one in dict.fromkeys(wanted) if one not in known]


def _stream(der: bytes) -> bytes:
    packed = zlib.compress(der, 9)
    if 4 * len(packed) < 3 * len(der):
        return b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(packed), packed)
    return b"<< /Length %d >>\nstream\n%s\nendstream" % (len(der), der)
