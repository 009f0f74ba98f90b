# SPDX-License-Identifier: Apache-2.0
"""Encodings of keys and signatures: PEM, PKCS#8 plain and encrypted, pairs of numbers."""

from __future__ import annotations

from .pairs import encode_pair, parse_pair
from .pbes2 import decrypt, encrypt, passphrase_bytes
from .pem import CERTIFICATE, ENCRYPTED_PRIVATE_KEY, PRIVATE_KEY, encode_pem, looks_like_pem, parse_pem
from .pkcs8 import PrivateKeyInfo, parse_private_key_info, parse_sm2_scalar

__all__ = [
    "CERTIFICATE",
    "ENCRYPTED_PRIVATE_KEY",
    "PRIVATE_KEY",
    "PrivateKeyInfo",
    "decrypt",
    "encode_pair",
    "encode_pem",
    "encrypt",
    "looks_like_pem",
    "parse_pair",
    "parse_pem",
    "parse_private_key_info",
    "parse_sm2_scalar",
    "passphrase_bytes",
]
