# SPDX-License-Identifier: Apache-2.0
"""Small random changes to good inputs, for runs without a fuzzer that watches coverage."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

LARGEST = 256 * 1024
_NUMBERS = (0x00, 0x01, 0x7F, 0x80, 0x81, 0x82, 0x84, 0xFE, 0xFF)


def mutated(seeds: Sequence[bytes], chance: Random) -> bytes:
    """One seed with one to eight changes; nothing longer than ``LARGEST``."""
    data = bytearray(chance.choice(seeds) if seeds else b"")
    for _ in range(1 + int(chance.expovariate(0.7))):
        _change(data, seeds, chance)
        del data[LARGEST:]
    return bytes(data)


def _change(data: bytearray, seeds: Sequence[bytes], chance: Random) -> None:
    start = chance.randrange(len(data) + 1)
    end = min(len(data), start + 1 + int(chance.expovariate(0.05)))
    match chance.randrange(8):
        case 0 if start < len(data):
            data[start] ^= 1 << chance.randrange(8)
        case 1 if start < len(data):
            data[start] = chance.choice(_NUMBERS)
        case 2:
            del data[start:]  # truncate
        case 3:
            del data[start:end]
        case 4:
            data[start:start] = data[start:end] * chance.randint(1, 4)  # duplicate
        case 5 if seeds:
            other = chance.choice(seeds)  # splice
            at = chance.randrange(len(other) + 1)
            data[start:end] = other[at : at + chance.randint(0, 200)]
        case 6 if seeds:
            other = chance.choice(seeds)  # the beginning of one, the end of another
            data[start:] = other[chance.randrange(len(other) + 1) :]
        case _:
            data[start:start] = chance.randbytes(chance.randint(1, 8))
