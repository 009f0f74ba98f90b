# SPDX-License-Identifier: Apache-2.0
"""OCSP responses (RFC 6960): read them, and judge what they say about one certificate."""

from __future__ import annotations

from .cert_id import CertId, cert_id, read_cert_id
from .check import check_ocsp_response
from .errors import OcspMalformed
from .evidence import ocsp_statuses
from .response import (
    OcspResponse,
    OcspSingle,
    OcspStanding,
    parse_ocsp_response,
)

__all__ = [
    "CertId",
    "OcspMalformed",
    "OcspResponse",
    "OcspSingle",
    "OcspStanding",
    "cert_id",
    "check_ocsp_response",
    "ocsp_statuses",
    "parse_ocsp_response",
    "read_cert_id",
]
