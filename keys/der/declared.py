# SPDX-License-Identifier: Apache-2.0
"""The one wrapper of ``cryptography.hazmat.asn1``: structures declared as classes, at native speed.

Its interface is young and may change between versions; whoever declares a structure imports from here. It
reads and writes strict DER only (a SET OF must be sorted), so it serves what we write and what must be
strict; for what others wrote use the slicer of :mod:`keys.der`.
"""

from __future__ import annotations

from typing import TypeVar

from cryptography.hazmat.asn1 import (
    TLV,
    BitString,
    Default,
    Explicit,
    GeneralizedTime,
    IA5String,
    Implicit,
    Null,
    PrintableString,
    SetOf,
    Size,
    UTCTime,
    Variant,
    decode_der,
    encode_der,
    sequence,
)
from cryptography.hazmat.asn1 import set as set_
from cryptography.x509 import ObjectIdentifier

from ..errors import DerMalformed

_Structure = TypeVar("_Structure")


def encode(value: object) -> bytes:
    """DER of a declared structure.  Raises :class:`DerMalformed`."""
    try:
        return encode_der(value)
    except (ValueError, TypeError, OverflowError) as error:
        raise DerMalformed(f"cannot be encoded: {error}") from error


def decode(structure: type[_Structure], data: bytes) -> _Structure:
    """The structure that these bytes, all of them, are.  Raises :class:`DerMalformed`."""
    try:
        return decode_der(structure, data)
    except (ValueError, TypeError, OverflowError) as error:
        raise DerMalformed(f"not a {structure.__name__}: {error}") from error


__all__ = [
    "TLV",
    "BitString",
    "Default",
    "Explicit",
    "GeneralizedTime",
    "IA5String",
    "Implicit",
    "Null",
    "ObjectIdentifier",
    "PrintableString",
    "SetOf",
    "Size",
    "UTCTime",
    "Variant",
    "decode",
    "encode",
    "sequence",
    "set_",
]
