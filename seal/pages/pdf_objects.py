# SPDX-License-Identifier: Apache-2.0
"""Objects, strings and the cross-reference table of a PDF file (ISO 32000-1 section 7)."""

from __future__ import annotations

import hashlib
import zlib
from datetime import UTC, datetime
from functools import lru_cache


class Objects:
    """Numbered objects in the order of their numbers; generation is always 0."""

    def __init__(self) -> None:
        self._bodies: list[bytes | None] = []

    @property
    def count(self) -> int:
        """How many there are; their numbers are 1 to this."""
        return len(self._bodies)

    def reserve(self) -> int:
        """A number whose object follows later."""
        self._bodies.append(None)
        return len(self._bodies)

    def add(self, body: bytes) -> int:
        """Append an object; returns its number."""
        self._bodies.append(body)
        return len(self._bodies)

    def fill(self, number: int, body: bytes) -> None:
        """The object of a reserved number."""
        self._bodies[number - 1] = body

    def opening(self) -> tuple[bytearray, list[int]]:
        """Header and all objects, and where each begins."""
        out = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
        offsets: list[int] = []
        for number, body in enumerate(self._bodies, 1):
            assert body is not None, "a reserved object was never filled"
            offsets.append(len(out))
            out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
        return out, offsets

    def file(self, *, root: int, info: int) -> bytes:
        """The whole file.  The identifier is a digest of the content: same content, same file."""
        out, offsets = self.opening()
        identifier = hashlib.sha256(out).hexdigest()[:32].upper()
        start = len(out)
        out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(offsets) + 1)
        out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
        out += (
            f"trailer\n<< /Size {len(offsets) + 1} /Root {root} 0 R /Info {info} 0 R "
            f"/ID [<{identifier}> <{identifier}>] >>\nstartxref\n{start}\n%%EOF\n"
        ).encode("ascii")
        return bytes(out)


def stream(entries: bytes, data: bytes, *, compress: bool = True) -> bytes:
    """A stream object; ``entries`` go into its dictionary."""
    if compress:
        data = zlib.compress(data, 9)
        entries += b" /Filter /FlateDecode"
    return b"<< %s /Length %d >>\nstream\n%s\nendstream" % (entries.strip(), len(data), data)


def text_string(text: str) -> str:
    """A text string (section 7.9.2.2): UTF-16BE with byte order mark, in hexadecimal."""
    return f"<FEFF{text.encode('utf-16-be', 'surrogatepass').hex().upper()}>"


@lru_cache(maxsize=64)
def date_string(at: datetime) -> str:
    """A date (section 7.9.4), in UTC."""
    return f"(D:{at.astimezone(UTC):%Y%m%d%H%M%S}Z)"


def name_object(text: str) -> str:
    """A name; everything but letters, digits and -._+ is written as #xx (section 7.3.5)."""
    plain = b"-._+"
    return "/" + "".join(
        chr(byte) if (byte < 128 and chr(byte).isalnum()) or byte in plain else f"#{byte:02X}"
        for byte in text.encode("utf-8", "surrogatepass")
    )
