# SPDX-License-Identifier: Apache-2.0
"""The PKCS#10 request of an order (RFC 8555 section 7.4): only its key is taken from it.

What it wishes for must be what was ordered: the same names, no other kind of name, and no extension that a
server certificate of ours would not have anyway.
"""

from __future__ import annotations

from collections.abc import Iterator

from ca import CaError, Request, parse_request
from keys import KeyKind, KeysError, der

from .errors import AcmeRefused

KINDS = frozenset(
    {KeyKind.RSA2048, KeyKind.RSA3072, KeyKind.RSA4096, KeyKind.P256, KeyKind.P384, KeyKind.SM2}
)
_EXTENSIONS = "1.2.840.113549.1.9.14"
_NAMES, _USAGE, _EXTENDED, _CONSTRAINTS, _KEY_ID = (
    "2.5.29.17",
    "2.5.29.15",
    "2.5.29.37",
    "2.5.29.19",
    "2.5.29.14",
)
_CERT_SIGN, _CRL_SIGN = 5, 6
_PURPOSES = frozenset({"1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"})
_DNS = 0x82  # [2] IMPLICIT IA5String
_ATTRIBUTES = 0xA0


def check_request(encoded: bytes, *, names: frozenset[str], account_spki: bytes) -> Request:
    """The request, if it is one for exactly these names.  Raises :class:`AcmeRefused` (badCSR)."""
    try:
        request = parse_request(encoded)
        if request.der != encoded:
            raise AcmeRefused("badCSR", "the request must be DER, in base64url")
        wished = frozenset(_wished(encoded))
    except (CaError, KeysError, UnicodeError) as error:
        raise AcmeRefused("badCSR", str(error)) from error
    if request.public_key.kind not in KINDS:
        raise AcmeRefused("badCSR", f"keys of kind {request.public_key.kind.value} are not certified")
    if request.public_key.spki == account_spki:
        raise AcmeRefused("badCSR", "the key of the account is not the key of a certificate")
    if request.subject is not None and request.subject.common_name:
        wished |= {request.subject.common_name.lower()}
    if wished != names:
        raise AcmeRefused("badCSR", "the names of the request are not exactly those of the order")
    return request


def _wished(encoded: bytes) -> Iterator[str]:
    """The DNS names that it asks for; refuses what else it may ask for."""
    info = der.read_only(encoded).children()[0]
    attributes = der.expect(info.children()[3], _ATTRIBUTES).children()
    seen: set[str] = set()
    for attribute in attributes:
        kind, values = attribute.children()
        if der.as_oid(kind) != _EXTENSIONS:
            continue  # a challenge password and the like ask for nothing
        for extension in (one for value in values.children() for one in value.children()):
            parts = extension.children()
            oid = der.as_oid(parts[0])
            if oid in seen:
                raise AcmeRefused("badCSR", "an extension is asked for twice")
            seen.add(oid)
            yield from _extension(oid, der.read_only(der.as_octets(parts[-1])))


def _extension(oid: str, value: der.Tlv) -> Iterator[str]:
    if oid == _NAMES:
        for one in der.expect(value, der.SEQUENCE).children():
            if one.tag != _DNS:
                raise AcmeRefused("badCSR", "a name of another kind than dNSName is asked for")
            yield one.content.decode("ascii").lower()
    elif oid == _EXTENDED:
        if not {der.as_oid(one) for one in value.children()} <= _PURPOSES:
            raise AcmeRefused("badCSR", "an extended key usage beyond server and client is asked for")
    elif oid == _USAGE:
        if der.as_named_bits(value) & {_CERT_SIGN, _CRL_SIGN}:
            raise AcmeRefused("badCSR", "the usage of an authority's key is asked for")
    elif oid == _CONSTRAINTS:
        if value.children():
            raise AcmeRefused("badCSR", "to be an authority is asked for")
    elif oid != _KEY_ID:
        raise AcmeRefused("badCSR", f"the extension {oid} is asked for and would not be given")
