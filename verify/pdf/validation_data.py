# SPDX-License-Identifier: Apache-2.0
"""The document security store: certificates, revocation lists and OCSP responses kept in the file.

ISO 32000-2 section 12.8.4.3, EN 319 142-1 section 5.4.2.  Entries for single signatures (VRI) name nothing
that the lists do not hold, and are not read.  What is too large, packed in another way or no stream is left
out: if it was needed, nothing passes.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from ..long_term import Material, material_of

MOST_ENTRIES: Final = 256
LARGEST_ENTRY: Final = 32 * 1024 * 1024
LARGEST_STORE: Final = 96 * 1024 * 1024
"""Unpacked, all entries together."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One entry: ``stored`` as the bytes stand in the file, ``der`` unpacked."""

    stored: bytes
    der: bytes


@dataclass(frozen=True, slots=True)
class SecurityStore:
    """What the last revision of the file keeps."""

    certificates: tuple[Kept, ...] = ()
    crls: tuple[Kept, ...] = ()
    ocsps: tuple[Kept, ...] = ()

    def material(self, data: bytes | None = None, protected: tuple[tuple[int, int], ...] = ()) -> Material:
        """All of it; with ``data``, only what stands in these ranges of it, byte for byte."""

        def chosen(kept: tuple[Kept, ...]) -> Iterator[bytes]:
            return (one.der for one in kept if data is None or _stands(one.stored, data, protected))

        return material_of(chosen(self.certificates), chosen(self.crls), chosen(self.ocsps))


def read_store(root: Any) -> SecurityStore | None:
    """The store of an opened document, or ``None`` when it has none."""
    import pikepdf

    store = root.get("/DSS")
    if not isinstance(store, pikepdf.Dictionary):
        return None
    left = [LARGEST_STORE]
    return SecurityStore(
        *(tuple(_entries(store.get(name), left)) for name in ("/Certs", "/CRLs", "/OCSPs")),
    )


def _entries(array: Any, left: list[int]) -> Iterator[Kept]:
    import pikepdf

    if not isinstance(array, pikepdf.Array):
        return
    for number in range(min(len(array), MOST_ENTRIES)):
        stream = array[number]
        if not isinstance(stream, pikepdf.Stream):
            continue
        stored = stream.read_raw_bytes()
        unpacked = _unpacked(stream, stored, min(left[0], LARGEST_ENTRY))
        if unpacked is not None:
            left[0] -= len(unpacked)
            yield Kept(stored, unpacked)


def _unpacked(stream: Any, stored: bytes, most: int) -> bytes | None:
    import pikepdf

    packing = stream.get("/Filter")
    if isinstance(packing, pikepdf.Array):
        packing = packing[0] if len(packing) == 1 else packing
    if packing is None:
        return stored if len(stored) <= most else None
    if packing != "/FlateDecode" or stream.get("/DecodeParms") is not None:
        return None
    try:
        unpacked = zlib.decompressobj().decompress(stored, most + 1)
    except zlib.error:
        return None
    return unpacked if len(unpacked) <= most else None


def _stands(stored: bytes, data: bytes, protected: tuple[tuple[int, int], ...]) -> bool:
    """Proof of existence is about bytes: the same ones inside what a time stamp digests existed before it."""
    return any(data.find(stored, start, end) >= 0 for start, end in protected)
