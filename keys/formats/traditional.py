# SPDX-License-Identifier: Apache-2.0
"""Private keys without PKCS#8 around them: RSAPrivateKey (RFC 8017 A.1.2) and ECPrivateKey (RFC 5915, SEC 1).

Only read, and only plain: the old encryption of their PEM form derives its key with one round of MD5.
"""

from __future__ import annotations

import re
from typing import Final

from ..algorithms import CURVES, EC_PUBLIC_KEY_OID, RSA_OID
from ..der import (
    INTEGER,
    OCTET_STRING,
    OID,
    SEQUENCE,
    as_integer,
    as_oid,
    expect,
    integer,
    null,
    octets,
    oid,
    read_only,
    sequence,
)
from ..errors import DerMalformed, KeyMalformed, KeyUnsupported

TRADITIONAL_LABELS: Final = frozenset({"RSA PRIVATE KEY", "EC PRIVATE KEY", "SM2 PRIVATE KEY"})
_CURVE = 0xA0
_OLD_ENCRYPTION = re.compile(rb"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----[ \t]*\r?\n[ \t]*Proc-Type:")


def refuse_old_encryption(pem: bytes) -> None:
    """Raises :class:`KeyUnsupported` for RFC 1421 headers, with the way out."""
    if _OLD_ENCRYPTION.search(pem):
        raise KeyUnsupported(
            "this key is encrypted in the old PEM way (Proc-Type): convert it to PKCS#8 first, "
            "with: openssl pkcs8 -topk8 -v2 aes-256-cbc"
        )


def as_pkcs8(der: bytes) -> bytes:
    """The same key as a PrivateKeyInfo; what is neither of both comes back as it is.

    Raises :class:`KeyMalformed` or :class:`KeyUnsupported`.
    """
    try:
        parts = expect(read_only(der), SEQUENCE).children()
        if len(parts) < 2 or parts[0].tag != INTEGER:
            return der
        if parts[1].tag == INTEGER:
            if as_integer(parts[0]) != 0:
                raise KeyUnsupported("RSA keys have two primes")
            return sequence(integer(0), sequence(oid(RSA_OID), null()), octets(der))
        if parts[1].tag != OCTET_STRING:
            return der
        curves = [part.children() for part in parts[2:] if part.tag == _CURVE]
        if len(curves) != 1 or len(curves[0]) != 1:
            raise DerMalformed("an ECPrivateKey on its own names its curve")
        if curves[0][0].tag != OID:
            raise KeyUnsupported("curves are named, not described")
        curve = as_oid(curves[0][0])
    except DerMalformed as error:
        raise KeyMalformed(f"not a private key: {error}") from error
    if curve not in CURVES:
        raise KeyUnsupported(f"curve {curve} is not on the allow-list")
    return sequence(integer(0), sequence(oid(EC_PUBLIC_KEY_OID), oid(curve)), octets(der))
