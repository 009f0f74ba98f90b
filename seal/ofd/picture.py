# SPDX-License-Identifier: Apache-2.0
"""A QR symbol as a PNG of one bit (ISO/IEC 15948), enlarged so that no reader blurs its modules away."""

from __future__ import annotations

import struct
import zlib
from functools import cache
from typing import Final

from ..pages.qr import Symbol

_SCALE: Final = 4
_GREY, _ONE_BIT = 0, 1


def qr_png(symbol: Symbol) -> bytes:
    """The symbol without its quiet zone, four points for each module."""
    stride = (symbol.modules + 7) // 8
    bitmap, step = symbol.bitmap, len(symbol.bitmap) // symbol.modules
    wide = _wide()
    width = symbol.modules * _SCALE
    length = (width + 7) // 8
    rows = []
    for start in range(0, len(bitmap), step):
        row = b"\x00" + b"".join([wide[byte] for byte in bitmap[start : start + stride]])[:length]
        rows.append(row * _SCALE)
    header = struct.pack(">2L5B", width, width, _ONE_BIT, _GREY, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        _chunk(kind, data)
        for kind, data in ((b"IHDR", header), (b"IDAT", zlib.compress(b"".join(rows), 1)), (b"IEND", b""))
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">L", len(data)) + kind + data + struct.pack(">L", zlib.crc32(kind + data))


@cache
def _wide() -> tuple[bytes, ...]:
    """Each byte with every bit four times; dark is 1 there and black is 0 in a grey picture."""
    found = []
    for byte in range(256):
        bits = "".join(("0000" if bit == "1" else "1111") for bit in f"{byte:08b}")
        found.append(int(bits, 2).to_bytes(4))
    return tuple(found)
