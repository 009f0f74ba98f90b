# SPDX-License-Identifier: Apache-2.0
"""Which bytes a signature protects: all of its revision except exactly its own value.

ISO 32000-1 section 12.8.1 and ETSI EN 319 142-1 section 5.5, read strictly: ``ByteRange`` has four
integers, starts at 0, and its gap is exactly the ``<hex>`` string of ``Contents``. The value is DER
followed by zeros only.
"""

from __future__ import annotations

from binascii import unhexlify
from dataclasses import dataclass
from typing import TypeVar

from keys import KeysError
from keys.der import read

from .reading import SignatureField

_WHITESPACE = b"\x00\t\n\x0c\r "
_Bytes = TypeVar("_Bytes", bytes, memoryview)
LARGEST_CONTENTS = 4 * 1024 * 1024


class CoverageRefused(Exception):
    """The signature does not say properly what it protects.  Stays inside this room."""

    def __init__(self, code: str, zh: str, en: str) -> None:
        super().__init__(en)
        self.code, self.zh, self.en = code, zh, en


@dataclass(frozen=True, slots=True)
class Coverage:
    """``data[:gap]`` and ``data[resume:end]`` are signed; between them stands the signature itself."""

    gap: int
    resume: int
    end: int
    der: bytes

    def protected(self, data: _Bytes) -> tuple[_Bytes, _Bytes]:
        return data[: self.gap], data[self.resume : self.end]


def coverage_of(field: SignatureField, data: bytes) -> Coverage:
    """Raises :class:`CoverageRefused`."""
    if not field.contents or not any(field.contents):
        raise CoverageRefused("CONTENTS_MISSING", "签名值缺失或为空", "Contents is missing, null or empty")
    if len(field.contents) > LARGEST_CONTENTS:
        raise CoverageRefused(
            "CONTENTS_TOO_LARGE", "签名值过大", f"Contents exceeds {LARGEST_CONTENTS} bytes"
        )
    numbers = field.byte_range
    if not numbers:
        raise CoverageRefused("BYTE_RANGE_MISSING", "签名范围缺失", "ByteRange is missing, null or empty")
    if len(numbers) != 4:
        raise CoverageRefused(
            "BYTE_RANGE_SHAPE", "签名范围不是四个整数", f"ByteRange has {len(numbers)} numbers, not four"
        )
    start, gap, resume, rest = numbers
    end = resume + rest
    if start != 0:
        raise CoverageRefused("BYTE_RANGE_START", "签名范围不从文件开头算起", "ByteRange does not start at 0")
    if not 0 < gap < resume < end <= len(data) or rest < 0:
        raise CoverageRefused(
            "BYTE_RANGE_BOUNDS", "签名范围超出文件或相互重叠", "ByteRange leaves the file or overlaps itself"
        )
    hole = data[gap:resume]
    if not _is_hex_of(hole, field.contents):
        raise CoverageRefused(
            "BYTE_RANGE_GAP",
            "签名范围的空隙不恰好是签名值",
            "the gap of ByteRange is not exactly the hex string of Contents",
        )
    try:
        value = read(field.contents)
    except KeysError as error:
        raise CoverageRefused(
            "CONTENTS_NOT_DER", "签名值不是 DER 编码", f"Contents is not DER: {error}"
        ) from error
    if any(field.contents[value.end :]):
        raise CoverageRefused(
            "CONTENTS_PADDING", "签名值之后有多余数据", "after the DER value only zero bytes may follow"
        )
    return Coverage(gap, resume, end, field.contents[: value.end])


def _is_hex_of(hole: bytes, contents: bytes) -> bool:
    """Two digits for each byte and nothing between them; of any case, for the gap is not signed."""
    if len(hole) != 2 * len(contents) + 2 or hole[:1] != b"<" or hole[-1:] != b">":
        return False
    try:
        return unhexlify(hole[1:-1]) == contents
    except ValueError:
        return False


def only_whitespace(tail: bytes) -> bool:
    """White space as PDF knows it (ISO 32000-1 table 1)."""
    return not tail.strip(_WHITESPACE)


def ends_revision(data: bytes, end: int) -> bool:
    """Does a revision end at ``end``: ``%%EOF`` and at most an end of line?"""
    return data[max(end - 16, 0) : end].rstrip(b"\r\n").endswith(b"%%EOF")
