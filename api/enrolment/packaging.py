# SPDX-License-Identifier: Apache-2.0
"""Issued certificates as files that other programs open: PEM with chain, and PKCS#7 without signatures.

The PKCS#7 is the degenerate SignedData of RFC 5652 section 5.1 (RFC 2315 section 9.1): no signer, the
certificates in their chain order.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence

from keys import der

_SIGNED_DATA, _DATA = "1.2.840.113549.1.7.2", "1.2.840.113549.1.7.1"


def pem(certificates: Sequence[bytes]) -> str:
    """One CERTIFICATE section for each."""
    return "".join(_section(one) for one in certificates)


def pkcs7(certificates: Sequence[bytes]) -> bytes:
    """Certificates only, DER."""
    content = der.sequence(
        der.integer(1),
        der.set_of(),
        der.sequence(der.oid(_DATA)),
        der.implicit(0, der.sequence(*certificates)),
        der.set_of(),
    )
    return der.sequence(der.oid(_SIGNED_DATA), der.explicit(0, content))


def _section(encoded: bytes) -> str:
    body = base64.b64encode(encoded).decode("ascii")
    lines = [body[at : at + 64] for at in range(0, len(body), 64)]
    return "\n".join(("-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""))
