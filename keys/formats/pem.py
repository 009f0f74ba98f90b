# SPDX-License-Identifier: Apache-2.0
"""PEM (RFC 7468): labelled base64 between two lines; text outside is ignored, as the RFC allows."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable

from ..errors import KeyMalformed

CERTIFICATE = "CERTIFICATE"
PRIVATE_KEY = "PRIVATE KEY"
ENCRYPTED_PRIVATE_KEY = "ENCRYPTED PRIVATE KEY"
LARGEST = 4 * 1024 * 1024
_BEGIN, _END, _DASHES = "-----BEGIN ", "-----END ", "-----"
_LINE = 64


def looks_like_pem(data: bytes) -> bool:
    """A PEM file says BEGIN somewhere; no key in DER does."""
    return _BEGIN.encode() in data


def parse_pem(data: bytes) -> tuple[tuple[str, bytes], ...]:
    """Label and content of each section in order.  Raises :class:`KeyMalformed`."""
    if len(data) > LARGEST:
        raise KeyMalformed(f"a PEM file is at most {LARGEST} bytes")
    found: list[tuple[str, bytes]] = []
    label: str | None = None
    body: list[str] = []
    for line in data.decode("utf-8", "replace").splitlines():
        line = line.strip()
        if line.startswith(_BEGIN) and line.endswith(_DASHES):
            if label is not None:
                raise KeyMalformed(f"PEM section {label} has no end")
            label, body = line[len(_BEGIN) : -len(_DASHES)], []
        elif label is not None and line == f"{_END}{label}{_DASHES}":
            found.append((label, _decoded(label, "".join(body))))
            label = None
        elif label is not None:
            body.append(line)
    if label is not None:
        raise KeyMalformed(f"PEM section {label[:80]} has no end")
    return tuple(found)


def encode_pem(sections: Iterable[tuple[str, bytes]]) -> bytes:
    """The PEM text of labelled contents."""
    lines: list[str] = []
    for label, content in sections:
        text = base64.b64encode(content).decode("ascii")
        lines.append(f"{_BEGIN}{label}{_DASHES}")
        lines.extend(text[at : at + _LINE] for at in range(0, len(text), _LINE))
        lines.append(f"{_END}{label}{_DASHES}")
    return "".join(line + "\n" for line in lines).encode("ascii")


def _decoded(label: str, text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise KeyMalformed(f"PEM section {label[:80]} is not base64") from None
