# SPDX-License-Identifier: Apache-2.0
"""The key file of a holder: a PEM text with certificates, the holder's first, and the encrypted private key.

``api/pages/static/keyfile.js`` opens it in the browser.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from ..errors import KeyMalformed
from ..formats import CERTIFICATE, ENCRYPTED_PRIVATE_KEY, encode_pem, parse_pem
from .key import SoftwareKey
from .loading import parse_private_key


def write_key_file(
    key: SoftwareKey,
    certificates: Sequence[bytes],
    passphrase: str,
    *,
    random: Callable[[int], bytes] = os.urandom,
) -> bytes:
    """PEM.  Raises :class:`KeyMalformed` when the first certificate is not one of this key."""
    _require_match(key, certificates)
    sections = [(CERTIFICATE, der) for der in certificates]
    sections.append((ENCRYPTED_PRIVATE_KEY, key.encrypted(passphrase, random=random)))
    return encode_pem(sections)


def read_key_file(data: bytes, passphrase: str) -> tuple[SoftwareKey, tuple[bytes, ...]]:
    """The key, and the certificates in order.

    Raises what :func:`~keys.parse_private_key` raises, and :class:`KeyMalformed` when the first certificate
    is not one of this key.
    """
    certificates = tuple(der for label, der in parse_pem(data) if label == CERTIFICATE)
    key = parse_private_key(data, passphrase)
    _require_match(key, certificates)
    return key, certificates


def _require_match(key: SoftwareKey, certificates: Sequence[bytes]) -> None:
    # Certificates are read above us, in ``verify``; that the key's bytes occur in one finds every mix-up.
    if certificates and key.public_key.spki not in certificates[0]:
        raise KeyMalformed("the first certificate is not one of this key")
