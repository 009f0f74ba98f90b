# SPDX-License-Identifier: Apache-2.0
"""Private keys in memory: make, read, write, sign."""

from __future__ import annotations

from .key import SoftwareKey, generate_key
from .key_file import read_key_file, write_key_file
from .loading import parse_private_key
from .pkcs12 import read_pkcs12, write_pkcs12

__all__ = [
    "SoftwareKey",
    "generate_key",
    "parse_private_key",
    "read_key_file",
    "read_pkcs12",
    "write_key_file",
    "write_pkcs12",
]
