# SPDX-License-Identifier: Apache-2.0
"""Bytes as decimal digits: 7 bytes in 17 digits, which a QR code holds at 98.8 % of the ideal.

A shorter last group of 1..6 bytes takes 3, 5, 8, 10, 13 or 15 digits. One value has one spelling: a group
whose number does not fit its bytes, or a length that no last group has, is refused.
"""

from __future__ import annotations

import re
import struct

from .errors import QrMalformed

GROUP_BYTES, GROUP_DIGITS = 7, 17
TAIL_DIGITS = {1: 3, 2: 5, 3: 8, 4: 10, 5: 13, 6: 15, GROUP_BYTES: GROUP_DIGITS}
_GROUPS = re.compile(f"[0-9]{{{GROUP_DIGITS}}}")
_TAIL_BYTES = {digits: size for size, digits in TAIL_DIGITS.items()}


def to_digits(data: bytes) -> str:
    """The digits for these bytes."""
    groups = (data[at : at + GROUP_BYTES] for at in range(0, len(data), GROUP_BYTES))
    return "".join(f"{int.from_bytes(group):0{TAIL_DIGITS[len(group)]}d}" for group in groups)


def from_digits(digits: str) -> bytes:
    """The bytes behind the digits.  Raises :class:`QrMalformed`."""
    if not digits:
        return b""
    if not (digits.isascii() and digits.isdecimal()):
        raise QrMalformed(field="digits", rule="only the digits 0-9")
    whole, rest = divmod(len(digits), GROUP_DIGITS)
    tail = _TAIL_BYTES.get(rest, 0)
    if rest and not tail:
        raise QrMalformed(field="digits", rule=f"a last group of {rest} digits does not exist")
    numbers = list(map(int, _GROUPS.findall(digits)))
    if numbers and max(numbers) >> 8 * GROUP_BYTES:
        raise QrMalformed(field="digits", rule=f"a group is larger than {GROUP_BYTES} bytes")
    data = bytearray(struct.pack(f">{whole}Q", *numbers))
    del data[::8]  # of eight bytes each the first is zero
    if rest:
        last = int(digits[-rest:])
        if last >> 8 * tail:
            raise QrMalformed(field="digits", rule=f"the last group is larger than {tail} bytes")
        data += last.to_bytes(tail)
    return bytes(data)
