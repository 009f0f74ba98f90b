# SPDX-License-Identifier: Apache-2.0
"""Certificate policies (RFC 5280 section 4.2.1.4): under which rules a certificate was issued.

The OID is the operating authority's own, from its registered arc, with the address of its practice statement
beside it; this house has none to give, so none is written unless it is ordered.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from keys import DerMalformed, KeysError, der

from .errors import DraftRefused

CERTIFICATE_POLICIES: Final = "2.5.29.32"
_CPS: Final = "1.3.6.1.5.5.7.2.1"
_ANY_POLICY: Final = "2.5.29.32.0"
_URL = re.compile(r"https?://[!-~]{1,200}\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class CertificatePolicy:
    """One policy.  Raises :class:`DraftRefused`."""

    oid: str
    statement_url: str = ""

    def __post_init__(self) -> None:
        try:
            good = self.oid != _ANY_POLICY and bool(der.oid(self.oid))
        except KeysError:
            good = False
        if not good:
            raise DraftRefused(
                field="policies",
                rule="须为自有的策略OID / an object identifier of one's own",
                todo="请填注册的OID / give the registered one",
            )
        if self.statement_url and not _URL.match(self.statement_url):
            raise DraftRefused(
                field="policies",
                rule="CPS地址为HTTP地址 / the statement has an HTTP address",
                todo="请改正地址 / correct the address",
            )


@lru_cache(maxsize=64)
def policies_value(policies: tuple[CertificatePolicy, ...]) -> bytes:
    """The value of the extension."""
    return der.sequence(*map(_information, policies))


def read_policies(value: bytes) -> tuple[CertificatePolicy, ...]:
    """The policies of an extension.  Raises :class:`DraftRefused` or :class:`keys.DerMalformed`."""
    found = []
    for information in der.expect(der.read_only(value), der.SEQUENCE).children():
        parts = der.expect(information, der.SEQUENCE).children()
        if len(parts) not in (1, 2):
            raise DerMalformed("a policy and its qualifiers")
        url = ""
        if len(parts) == 2:
            (qualifier,) = _exactly(1, der.expect(parts[1], der.SEQUENCE))
            kind, text = _exactly(2, der.expect(qualifier, der.SEQUENCE))
            if der.as_oid(kind) != _CPS:
                raise DerMalformed("only the address of a statement")
            url = der.as_text(der.expect(text, der.IA5))
        found.append(CertificatePolicy(der.as_oid(parts[0]), url))
    return tuple(found)


def _information(policy: CertificatePolicy) -> bytes:
    if not policy.statement_url:
        return der.sequence(der.oid(policy.oid))
    qualifier = der.sequence(der.oid(_CPS), der.ia5(policy.statement_url))
    return der.sequence(der.oid(policy.oid), der.sequence(qualifier))


def _exactly(count: int, tlv: der.Tlv) -> tuple[der.Tlv, ...]:
    parts = tlv.children()
    if len(parts) != count:
        raise DerMalformed("another number of parts")
    return parts
