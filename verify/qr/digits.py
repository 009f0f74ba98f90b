# SPDX-License-Identifier: Apache-2.0
"""Bytes as decimal digits: 7 bytes in 17 digits, which a QR code holds at 98.8 % of the ideal.

A shorter last group of 1..6 bytes takes 3, 5, 8, 10, 13 or 15 digits. One value has one spelling: a group
whose number does not fit its bytes, or a length that no last group has, is refused.
"""

from __future__ import annotations

from .errors import QrMalformed

GROUP_BYTES, GROUP_DIGITS = 7, 17
TAIL_DIGITS = {1: 3, 2: 5, 3: 8, 4: 10, 5: 13, 6: 15, GROUP_BYTES: GROUP_DIGITS}
_TAIL_BYTES = {digits: size for size, digits in TAIL_DIGITS.items()}
_DECIMAL = frozenset("0123456789")


def to_digits(data: bytes) -> str:
    """The digits for these bytes."""
    groups = (data[at : at + GROUP_BYTES] for at in range(0, len(data), GROUP_BYTES))
    return "".join(f"{int.from_bytes(group):0{TAIL_DIGITS[len(group)]}d}" for group in groups)


def from_digits(digits: str) -> bytes:
    """The bytes behind the digits.  Raises :class:`QrMalformed`."""
    if not _DECIMAL.issuperset(digits):
        raise QrMalformed(field="digits", rule="only the digits 0-9")
    data = bytearray()
    for at in range(0, len(digits), GROUP_DIGITS):
        group = digits[at : at + GROUP_DIGITS]
        size = _TAIL_BYTES.get(len(group))
        if size is None:
            raise QrMalformed(field="digits", rule=f"a last group of {len(group)} digits does not exist")
        number = int(group)
        if number >> 8 * size:
            raise QrMalformed(field="digits", rule=f"group at digit {at} is larger than {size} bytes")
        data += number.to_bytes(size)
    return bytes(data)
