# SPDX-License-Identifier: Apache-2.0
"""Signatures in two spellings: DER (r, s) as keys sign, and raw 64 bytes as the QR code carries them."""

from __future__ import annotations

from keys import KeysError
from keys.der import as_integer, integer, read_only, sequence

from .errors import QrMalformed

HALF = 32
RAW_SIZE = 2 * HALF
# Group orders: SM2 (GB/T 32918.5-2017 annex A) and P-256 (FIPS 186-5, SP 800-186).
ORDERS = {
    "SM2": 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123,
    "ES256": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
}


def raw_signature(der: bytes) -> bytes:
    """``r || s``, 32 bytes each, from DER.  Raises :class:`QrMalformed`."""
    try:
        parts = read_only(der).children()
        numbers = [as_integer(part) for part in parts]
    except KeysError as error:
        raise QrMalformed(field="signature", rule=f"not a DER signature: {error}") from error
    if len(numbers) != 2 or any(not 0 <= n < 1 << 8 * HALF for n in numbers):
        raise QrMalformed(field="signature", rule="two numbers of at most 32 bytes")
    if sequence(*(integer(n) for n in numbers)) != der:
        raise QrMalformed(field="signature", rule="not in its one DER spelling")
    return b"".join(n.to_bytes(HALF) for n in numbers)


def der_signature(raw: bytes) -> bytes:
    """DER ``SEQUENCE { r, s }`` from ``r || s``.  Raises :class:`QrMalformed`."""
    r, s = _halves(raw)
    return sequence(integer(r), integer(s))


def require_range(raw: bytes, algorithm: str) -> None:
    """Both numbers from 1 to the order of the group minus 1: zero would verify anything in a careless
    verifier.
    """
    if not all(0 < n < ORDERS[algorithm] for n in _halves(raw)):
        raise QrMalformed(field="signature", rule="r and s from 1 to the group order minus 1")


def _halves(raw: bytes) -> tuple[int, int]:
    if len(raw) != RAW_SIZE:
        raise QrMalformed(field="signature", rule=f"{RAW_SIZE} bytes, not {len(raw)}")
    return int.from_bytes(raw[:HALF]), int.from_bytes(raw[HALF:])
