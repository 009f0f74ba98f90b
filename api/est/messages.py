# SPDX-License-Identifier: Apache-2.0
"""The bodies of EST: Base64 in and out, certificates in a PKCS#7 without signature, wished-for attributes.

RFC 7030 sections 4.1.3, 4.2 and 4.5.2 with the corrections of RFC 8951: white space in Base64 means nothing,
and no Content-Transfer-Encoding has to be looked at.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from keys import KeyFamily, PublicKey, der

from ..certificates import Hierarchy
from .errors import EstRefused, NoSuchFamily

LARGEST_BODY = 32 * 1024
PKCS7_DATA, PKCS7_SIGNED = "1.2.840.113549.1.7.1", "1.2.840.113549.1.7.2"
EC_KEY, RSA_KEY = "1.2.840.10045.2.1", "1.2.840.113549.1.1.1"
SM2_CURVE, P256 = "1.2.156.10197.1.301", "1.2.840.10045.3.1.7"
SM2_SM3, RSA_SHA256, ECDSA_SHA256 = "1.2.156.10197.1.501", "1.2.840.113549.1.1.11", "1.2.840.10045.4.3.2"
LABELS: Mapping[str, Hierarchy] = MappingProxyType({"sm2": Hierarchy.SM2, "rsa": Hierarchy.RSA})


def hierarchies_of(label: str | None) -> tuple[Hierarchy, ...]:
    """What a label means; both without one.  Raises :class:`NoSuchFamily`."""
    if label is None:
        return tuple(Hierarchy)
    if label not in LABELS:
        raise NoSuchFamily
    return (LABELS[label],)


def hierarchy_of(key: PublicKey) -> Hierarchy:
    """Where a key is certified; ECDSA keys under RSA."""
    return Hierarchy.SM2 if key.family is KeyFamily.SM2 else Hierarchy.RSA


def read_body(body: bytes) -> bytes:
    """The bytes behind a Base64 body.  Raises :class:`EstRefused`."""
    if len(body) > LARGEST_BODY:
        raise EstRefused("body-not-base64")
    try:
        found = base64.b64decode(b"".join(body.split()), validate=True)
    except (binascii.Error, ValueError):
        raise EstRefused("body-not-base64") from None
    if not found:
        raise EstRefused("body-not-base64")
    return found


def written(content: bytes) -> bytes:
    """Base64 in lines, as every client reads it."""
    return base64.encodebytes(content)


def certs_only(certificates: Sequence[bytes]) -> bytes:
    """A SignedData that signs nothing and carries certificates (RFC 5272 section 4.1)."""
    body = der.sequence(
        der.integer(1),
        der.set_of(),
        der.sequence(der.oid(PKCS7_DATA)),
        der.implicit(0, der.set_of(*certificates)),
        der.set_of(),
    )
    return der.sequence(der.oid(PKCS7_SIGNED), der.explicit(0, body))


def wished(hierarchies: Sequence[Hierarchy]) -> bytes:
    """CsrAttrs: which keys and signatures a request may have.  Names are registered, not asked for."""
    wishes: list[bytes] = []
    if Hierarchy.SM2 in hierarchies:
        wishes += [_attribute(EC_KEY, der.oid(SM2_CURVE)), der.oid(SM2_SM3)]
    if Hierarchy.RSA in hierarchies:
        wishes += [_attribute(EC_KEY, der.oid(P256)), der.oid(ECDSA_SHA256)]
        wishes += [_attribute(RSA_KEY, der.integer(3072)), der.oid(RSA_SHA256)]
    return der.sequence(*wishes)


def _attribute(kind: str, value: bytes) -> bytes:
    return der.sequence(der.oid(kind), der.set_of(value))
