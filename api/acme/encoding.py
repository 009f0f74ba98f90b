# SPDX-License-Identifier: Apache-2.0
"""Base64url as JOSE writes it (RFC 7515 section 2): no padding, and one text for each value."""

from __future__ import annotations

import base64
import binascii
import re

_ALPHABET = re.compile(r"[A-Za-z0-9_-]*\Z")


def to_base64url(content: bytes) -> str:
    """Without padding."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode("ascii")


def from_base64url(text: object) -> bytes:
    """The bytes; ``ValueError`` for anything that :func:`to_base64url` would not have written."""
    if not isinstance(text, str) or not _ALPHABET.match(text):
        raise ValueError("not base64url")
    try:
        content = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        raise ValueError("not base64url") from None
    if to_base64url(content) != text:
        raise ValueError("not canonical base64url")
    return content
