# SPDX-License-Identifier: Apache-2.0
"""QR symbols (GB/T 18284, ISO/IEC 18004) sized for paper and a phone.

Error correction M, at most version 13, modules of half a millimetre: what decides whether a phone reads a
print is the size of the module, so a longer text needs a larger square and never a finer one.  The encoder
switches between alphanumeric and numeric mode inside one symbol, which keeps our statements small.

Symbols are those of the ``qrcode`` package, module by module, its choice of the mask included; only the way
there is shorter (:mod:`.qr_tables`), because mass issue draws thousands of them in a second.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Final

from .errors import QrRefused
from .qr_mask import masked
from .qr_tables import capacity, stride_of, version_tables

MOST_VERSION = 13
QUIET_MODULES = 4
_NUMBER, _ALPHANUMERIC, _BYTES = 1, 2, 4
_COUNT_BITS: Final = ({1: 10, 2: 9, 4: 8}, {1: 12, 2: 11, 4: 16})  # to version 9, from version 10
_SINCE_MEDIUM: Final = 10
_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_TRIPLES: Final = {
    f"{number:0{digits}}": f"{number:0{width}b}"
    for digits, width in ((1, 4), (2, 7), (3, 10))
    for number in range(10**digits)
}
_PAIRS: Final = {
    **{one: f"{value:06b}" for value, one in enumerate(_ALPHABET)},
    **{
        first + second: f"{45 * high + low:011b}"
        for (high, first), (low, second) in product(enumerate(_ALPHABET), repeat=2)
    },
}
_THREE: Final = re.compile("[0-9]{1,3}")
_TWO: Final = re.compile(".{1,2}")
_FILLING: Final = b"\xec\x11"
# A change of mode costs some bits, so that a shorter run stays in the mode around it.
_LEAST_RUN: Final = 20
_NUMBERS: Final = re.compile(rf"[0-9]{{{_LEAST_RUN},}}")
_ALPHANUMERICS: Final = re.compile(rf"[{re.escape(_ALPHABET)}]{{{_LEAST_RUN},}}")


@dataclass(frozen=True, slots=True)
class Symbol:
    """A QR symbol without its quiet zone; ``matrix`` as in :mod:`.qr_tables`."""

    version: int
    matrix: int

    @property
    def modules(self) -> int:
        """Modules along one side."""
        return 4 * self.version + 17

    @property
    def lines(self) -> tuple[str, ...]:
        """Row by row; ``1`` is dark."""
        side, stride = self.modules, stride_of(self.modules)
        bits = format(self.matrix, f"0{side * stride}b")
        return tuple(bits[start : start + side] for start in range(0, len(bits), stride))

    @property
    def bitmap(self) -> bytes:
        """One bit for each module, 1 is dark; every row begins with a byte."""
        return self.matrix.to_bytes(self.modules * stride_of(self.modules) // 8)

    @property
    def rows(self) -> tuple[tuple[bool, ...], ...]:
        """Row by row; ``True`` is dark."""
        return tuple(tuple(bit == "1" for bit in line) for line in self.lines)

    def side_mm(self, module_mm: float) -> float:
        """One side with the quiet zone."""
        return (self.modules + 2 * QUIET_MODULES) * module_mm

    def runs(self) -> tuple[tuple[int, int, int], ...]:
        """Every horizontal run of dark modules: row, first column, length."""
        found: list[tuple[int, int, int]] = []
        for number, line in enumerate(self.lines):
            start = line.find("1")
            while start >= 0:
                end = line.find("0", start)
                end = len(line) if end < 0 else end
                found.append((number, start, end - start))
                start = line.find("1", end)
        return tuple(found)


@lru_cache(maxsize=64)
def symbol_of(text: str, least_version: int = 1) -> Symbol:
    """The smallest symbol for ``text``, from this version on.

    Raises :class:`QrRefused` for what no phone would read.
    """
    if not text or not text.isascii():
        raise QrRefused(characters=len(text), rule="须为非空 ASCII 文本 / it must be ASCII and not empty")
    chunks = tuple(_chunks(text))
    for version in range(least_version, MOST_VERSION + 1):
        if _length(chunks, version) <= 8 * capacity(version):
            tables = version_tables(version)
            return Symbol(version, masked(tables, tables.plane(_data(chunks, version))))
    raise QrRefused(
        characters=len(text),
        rule=f"超过版本 {MOST_VERSION}(M 级纠错)的容量 / more than version {MOST_VERSION}-M holds",
    )


def _chunks(text: str) -> Iterator[tuple[int, str]]:
    """Mode and text of each part: numbers first, then what is alphanumeric, then bytes."""
    if len(text) <= _LEAST_RUN:
        yield (_NUMBER if text.isdigit() else _BYTES if set(text) - set(_ALPHABET) else _ALPHANUMERIC), text
        return
    for is_number, part in _split(text, _NUMBERS):
        if is_number:
            yield _NUMBER, part
            continue
        for is_alphanumeric, rest in _split(part, _ALPHANUMERICS):
            yield (_ALPHANUMERIC if is_alphanumeric else _BYTES), rest


def _split(text: str, pattern: re.Pattern[str]) -> Iterator[tuple[bool, str]]:
    at = 0
    for match in pattern.finditer(text):
        if match.start() > at:
            yield False, text[at : match.start()]
        yield True, match.group()
        at = match.end()
    if at < len(text):
        yield False, text[at:]


def _length(chunks: Sequence[tuple[int, str]], version: int) -> int:
    """Bits of the whole message (ISO/IEC 18004 section 7.4)."""
    counts = _COUNT_BITS[version >= _SINCE_MEDIUM]
    return sum(4 + counts[mode] + _content_length(mode, len(part)) for mode, part in chunks)


def _content_length(mode: int, size: int) -> int:
    if mode == _NUMBER:
        return size // 3 * 10 + (0, 4, 7)[size % 3]
    return size // 2 * 11 + size % 2 * 6 if mode == _ALPHANUMERIC else 8 * size


def _data(chunks: Sequence[tuple[int, str]], version: int) -> bytes:
    """The message with its end mark, filled up to what the version holds (section 7.4.9 and 7.4.10)."""
    size = capacity(version)
    counts = _COUNT_BITS[version >= _SINCE_MEDIUM]
    bits = "".join(
        f"{mode:04b}{len(part):0{counts[mode]}b}{_content_bits(mode, part)}" for mode, part in chunks
    )
    bits = bits[: 8 * size] + "0" * min(4, 8 * size - len(bits))
    used = (len(bits) + 7) // 8
    message = int(bits.ljust(8 * used, "0"), 2).to_bytes(used)
    return message + (_FILLING * (size // 2))[: size - used]


def _content_bits(mode: int, part: str) -> str:
    if mode == _NUMBER:
        return "".join(map(_TRIPLES.__getitem__, _THREE.findall(part)))
    if mode == _ALPHANUMERIC:
        return "".join(map(_PAIRS.__getitem__, _TWO.findall(part)))
    return f"{int.from_bytes(part.encode('ascii')):0{8 * len(part)}b}"
