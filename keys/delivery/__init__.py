# SPDX-License-Identifier: Apache-2.0
"""A holder's encryption key on its way from the key centre: enveloped for the holder's signing key."""

from __future__ import annotations

from .blobs import parse_sdf_blob, parse_skf_blob, write_sdf_blob, write_skf_blob
from .enveloped import SM2EnvelopedKey, envelope_key, open_enveloped_key, parse_enveloped_key
from .response import CsrResponse, parse_csr_response

__all__ = [
    "CsrResponse",
    "SM2EnvelopedKey",
    "envelope_key",
    "open_enveloped_key",
    "parse_csr_response",
    "parse_enveloped_key",
    "parse_sdf_blob",
    "parse_skf_blob",
    "write_sdf_blob",
    "write_skf_blob",
]
