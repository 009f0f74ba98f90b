# SPDX-License-Identifier: Apache-2.0
"""The unified social credit code in a certificate.

GB/T 20518-2018 extension 1.2.156.10260.4.1.4, else in front of the name in O, as on national seal
certificates. Authorities wrap the extension in different ways; only a code whose check character fits
counts.
"""

from __future__ import annotations

from keys import DerMalformed
from keys.der import OCTET_STRING, as_text, read_only

from ..identifiers import IdentifierInvalid, parse_uscc

SIZE = 18
_DEEPEST = 4
_CONTEXT = 0x80


def code_of(extension: bytes | None, organization: str) -> str | None:
    """The code, or ``None`` when neither place has a valid one."""
    for text in (_unwrapped(extension) if extension else "", organization[:SIZE]):
        try:
            if parse_uscc(text) == text:
                return text
        except IdentifierInvalid:
            continue
    return None


def _unwrapped(value: bytes) -> str:
    """The text inside explicit or implicit context tags, an OCTET STRING, any string type, or nothing."""
    for _ in range(_DEEPEST):
        if len(value) == SIZE and value.isascii() and value.isalnum():
            return value.decode("ascii")
        try:
            tlv = read_only(value)
            if not tlv.constructed and tlv.tag & 0xC0 != _CONTEXT and tlv.tag != OCTET_STRING:
                return as_text(tlv)
        except DerMalformed:
            return ""
        value = tlv.content
    return ""
