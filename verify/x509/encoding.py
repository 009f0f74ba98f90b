# SPDX-License-Identifier: Apache-2.0
"""DER as it came, or out of exactly one PEM block (RFC 7468)."""

from __future__ import annotations

import base64
import binascii
import re

from .errors import X509Error

# One class for everything inside: two that overlap would make a block without an end cost its square.
_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]{1,40})-----([A-Za-z0-9+/=\s]*)-----END \1-----")
_BEGIN = b"-----BEGIN "


def der_of(encoded: bytes, *, labels: tuple[bytes, ...], largest: int) -> bytes:
    """Raises :class:`X509Error` for what is too large, for another PEM block, and for more than one."""
    der = encoded
    if not encoded.startswith(b"\x30"):
        if len(encoded) > 2 * largest:  # base64 and line ends
            raise X509Error(f"larger than {largest} bytes")
        blocks = _BLOCK.findall(encoded)
        if len(blocks) != 1 or encoded.count(_BEGIN) != 1 or blocks[0][0] not in labels:
            raise X509Error(f"neither DER nor one PEM block {labels[0].decode('ascii')}")
        try:
            der = base64.b64decode(b"".join(blocks[0][1].split()), validate=True)
        except (binascii.Error, ValueError):
            raise X509Error("the PEM block is not base64") from None
    if len(der) > largest:
        raise X509Error(f"larger than {largest} bytes")
    return der
