# SPDX-License-Identifier: Apache-2.0
"""What QR symbols of one version share, computed once: the modules that each half byte of data turns dark.

A symbol is linear over GF(2) in its data: check bytes are sums, placing is a permutation, and a mask is a
constant that is added.  A symbol is therefore the sum of one table row for each half byte, its check bytes
included, and nothing of the standard's work for each module is left.  A matrix is one integer, row by row
from the top left module in the highest bit, each row filled up with blank modules to whole bytes (there is
always at least one, so that neighbours across an edge never look like a run).

Function patterns, format bits and masks are those of the ``qrcode`` package; error correction follows
ISO/IEC 18004 section 7.5.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, reduce
from operator import getitem, xor
from typing import Any, Final

MASKS: Final = range(8)
_TIMING: Final = 6  # the column that holds the timing pattern and no data
_HEX_VALUE: Final = bytes(int(chr(c), 16) if chr(c) in "0123456789abcdef" else 0 for c in range(256))


@dataclass(frozen=True, slots=True)
class Version:
    """The tables of one version at level M."""

    modules: int
    rows: tuple[tuple[int, ...], ...]  # by half byte of the data and its value: the modules it turns
    drawn: tuple[int, ...]  # by mask: everything that is no data
    judged: tuple[int, ...]  # the same without format bits, as a mask is chosen
    area: int  # every module
    beside: int  # those with a left neighbour
    below: int  # those with one above

    @property
    def stride(self) -> int:
        """Modules of a row and the blank ones behind it."""
        return stride_of(self.modules)

    def plane(self, data: bytes) -> int:
        """The unmasked modules of the data and their check bytes."""
        halves = data.hex().encode("ascii").translate(_HEX_VALUE)
        return reduce(xor, map(getitem, self.rows, halves))


def stride_of(side: int) -> int:
    """The bits that a row of so many modules takes."""
    return (side // 8 + 1) * 8


@cache
def capacity(number: int) -> int:
    """Data bytes of a version at level M."""
    import qrcode
    from qrcode.base import rs_blocks

    return sum(block.data_count for block in rs_blocks(number, qrcode.constants.ERROR_CORRECT_M))


@cache
def version_tables(number: int) -> Version:
    """The tables of this version: some milliseconds for the first symbol, a look-up for every other."""
    import qrcode
    from qrcode.base import rs_blocks

    side = 4 * number + 17
    blocks = rs_blocks(number, qrcode.constants.ERROR_CORRECT_M)
    total = sum(block.total_count for block in blocks)
    drawn = tuple(_number(_made(number, bytes(total), mask, test=False)) for mask in MASKS)
    judged = tuple(_number(_made(number, bytes(total), mask, test=True)) for mask in MASKS)
    return Version(
        modules=side,
        rows=tuple(_rows([block.data_count for block in blocks], _places(number, total, drawn[0]))),
        drawn=drawn,
        judged=judged,
        area=_from(side, 0, 0),
        beside=_from(side, 0, 1),
        below=_from(side, 1, 0),
    )


def _from(side: int, top: int, left: int) -> int:
    """All modules from this row and column on."""
    line = "0" * left + "1" * (side - left) + "0" * (stride_of(side) - side)
    return int(line * (side - top), 2)


def _made(number: int, message: bytes, mask: int, *, test: bool) -> Sequence[Sequence[Any]]:
    import qrcode

    code = qrcode.QRCode(version=number, error_correction=qrcode.constants.ERROR_CORRECT_M, border=0)
    code.data_cache = message
    code.makeImpl(test, mask)
    modules: Sequence[Sequence[Any]] = code.modules
    return modules


def _number(modules: Sequence[Sequence[Any]]) -> int:
    stride = stride_of(len(modules))
    return int("".join("".join("01"[bool(dark)] for dark in row).ljust(stride, "0") for row in modules), 2)


def _places(number: int, total: int, empty: int) -> list[int]:
    """By bit of the message: the module that shows it, as a matrix (section 7.7.3).

    Two columns at a time from the right, upwards and downwards in turns, around what is no data.
    """
    side = 4 * number + 17
    turned = empty ^ _number(_made(number, bytes([255]) * total, 0, test=False))
    places: list[int] = []
    right = [column for column in range(side - 1, 0, -2) if column > _TIMING]
    right += range(_TIMING - 1, 0, -2)
    for turn, column in enumerate(right):
        for row in range(side) if turn % 2 else reversed(range(side)):
            for beside in (column, column - 1):
                module = 1 << stride_of(side) * (side - row) - 1 - beside
                if turned & module:
                    places.append(module)
    return places


def _rows(lengths: Sequence[int], places: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """The rows of each half byte: the blocks in order, their bytes interleaved in the message (7.6)."""
    checks = (len(places) // 8 - sum(lengths)) // len(lengths)
    additions = _additions(max(lengths), checks)
    shortest, count = min(lengths), len(lengths)
    shown = [places[at : at + 8] for at in range(0, len(places), 8)]
    for block, length in enumerate(lengths):
        longer_before = sum(one > shortest for one in lengths[:block])
        check_places = [one for at in range(checks) for one in shown[sum(lengths) + block + count * at]]
        for at in range(length):
            own = shown[block + count * at if at < shortest else shortest * count + longer_before]
            bits = []
            for digit in range(8):
                added = f"{additions[at - length][0x80 >> digit]:0{8 * checks}b}"
                turned = (place for place, one in zip(check_places, added, strict=True) if one == "1")
                bits.append(own[digit] | sum(turned))
            yield _sums(bits[:4])
            yield _sums(bits[4:])


def _sums(bits: Sequence[int]) -> tuple[int, ...]:
    """By value of a half byte."""
    sums = [0]
    for bit in reversed(bits):
        sums += [one ^ bit for one in sums]
    return tuple(sums)


def _additions(longest: int, checks: int) -> list[dict[int, int]]:
    """What each bit of a data byte adds to the check bytes of its block, by its place (section 7.5.2)."""
    generator, root = [1], 1
    for _ in range(checks):
        scaled = [0, *(_times(root, one) for one in generator)]
        generator = [left ^ right for left, right in zip([*generator, 0], scaled, strict=True)]
        root = _times(root, 2)
    step = [int.from_bytes(bytes(_times(value, one) for one in generator[1:])) for value in range(256)]
    top, kept = 8 * (checks - 1), (1 << 8 * checks) - 1
    last = {1 << digit: step[1 << digit] for digit in range(8)}
    rows = [last]
    for _ in range(longest - 1):
        rows.append({value: (one << 8 & kept) ^ step[one >> top] for value, one in rows[-1].items()})
    return rows[::-1]


def _times(left: int, right: int) -> int:
    """In GF(256) modulo x^8 + x^4 + x^3 + x^2 + 1 (section 7.5.2)."""
    result = 0
    while right:
        if right & 1:
            result ^= left
        left = left << 1 ^ (0x11D if left & 0x80 else 0)
        right >>= 1
    return result
