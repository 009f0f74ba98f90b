# SPDX-License-Identifier: Apache-2.0
"""Encodings of keys and signatures: PEM, PKCS#8 plain and encrypted, PKCS#12, pairs of numbers."""

from __future__ import annotations

from .pairs import encode_pair, parse_pair
from .pbes2 import decrypt, encrypt, passphrase_bytes
from .pem import CERTIFICATE, ENCRYPTED_PRIVATE_KEY, PRIVATE_KEY, encode_pem, looks_like_pem, parse_pem
from .pkcs8 import PrivateKeyInfo, parse_private_key_info, parse_sm2_scalar
from .pkcs12 import Pkcs12, encode_pkcs12, parse_pkcs12
from .traditional import TRADITIONAL_LABELS, as_pkcs8, refuse_old_encryption

__all__ = [
    "CERTIFICATE",
    "ENCRYPTED_PRIVATE_KEY",
    "PRIVATE_KEY",
    "TRADITIONAL_LABELS",
    "Pkcs12",
    "PrivateKeyInfo",
    "as_pkcs8",
    "decrypt",
    "encode_pair",
    "encode_pem",
    "encode_pkcs12",
    "encrypt",
    "looks_like_pem",
    "parse_pair",
    "parse_pem",
    "parse_pkcs12",
    "parse_private_key_info",
    "parse_sm2_scalar",
    "passphrase_bytes",
    "refuse_old_encryption",
]
