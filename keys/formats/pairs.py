# SPDX-License-Identifier: Apache-2.0
"""Signatures that are two numbers: DER ``SEQUENCE { r INTEGER, s INTEGER }`` in its one spelling.

Checked before any provider sees a signature, so that the answer never depends on the provider: 1 <= r, s < n,
shortest integers, nothing that follows (GB/T 32918.2 clause 7.1 steps B1 and B2; FIPS 186-5 section 6.4.2).
"""

from __future__ import annotations

from ..der import SEQUENCE, as_integer, expect, integer, read_only, sequence
from ..errors import DerMalformed, SignatureInvalid


def parse_pair(signature: bytes, order: int) -> tuple[int, int]:
    """Both numbers.  Raises :class:`SignatureInvalid`."""
    found = _short_pair(signature)
    if found is not None and 1 <= found[0] < order and 1 <= found[1] < order:
        return found
    try:
        parts = expect(read_only(signature), SEQUENCE).children()
        numbers = [as_integer(part) for part in parts]
    except DerMalformed as error:
        raise SignatureInvalid(f"not a DER signature: {error}") from error
    if len(numbers) != 2 or not all(1 <= number < order for number in numbers):
        raise SignatureInvalid("two numbers from 1 to the group order minus 1")
    return numbers[0], numbers[1]


def _short_pair(signature: bytes) -> tuple[int, int] | None:
    """The numbers where every length is one byte, by their places; written again they must be the same bytes.

    Nearly every signature is such a one; all others, and every wrong one, take the reader's way.
    """
    if len(signature) < 8 or signature[3] + 6 > len(signature):
        return None
    middle = 4 + signature[3]
    r, s = int.from_bytes(signature[4:middle]), int.from_bytes(signature[middle + 2 :])
    return (r, s) if encode_pair(r, s) == signature else None


def encode_pair(r: int, s: int) -> bytes:
    """DER of both numbers."""
    return sequence(integer(r), integer(s))
