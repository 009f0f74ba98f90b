# SPDX-License-Identifier: Apache-2.0
"""QR codes of documents: identifiers, the signed statement "IR1", and its check without the server."""

from __future__ import annotations

from .check import check_qr
from .document_id import group_document_id, new_document_id, normalize_document_id
from .errors import QrError, QrMalformed, QrNotOurs
from .payload import QrFacts
from .signature import der_signature, raw_signature
from .standing import standing_told
from .statement import QrStatement, SignedQr, parse_address, parse_qr, qr_key_id

__all__ = [
    "QrError",
    "QrFacts",
    "QrMalformed",
    "QrNotOurs",
    "QrStatement",
    "SignedQr",
    "check_qr",
    "der_signature",
    "group_document_id",
    "new_document_id",
    "normalize_document_id",
    "parse_address",
    "parse_qr",
    "qr_key_id",
    "raw_signature",
    "standing_told",
]
