# SPDX-License-Identifier: Apache-2.0
"""What travels with a file to judge it later, and what proves since when it has existed.

ETSI EN 319 102-1 section 5.6.2.3 (proofs of existence).  Nothing here is believed: certificates, lists and
responses count as far as an anchor of the verifier vouches for them.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from ..errors import VerifyError
from ..x509 import Certificate, Crl, parse_certificate, parse_crl

MOST_CERTIFICATES: Final = 256
MOST_LISTS: Final = 256
MOST_RESPONSES: Final = 64


@dataclass(frozen=True, slots=True)
class Material:
    """Certificates, revocation lists and OCSP responses (DER)."""

    certificates: tuple[Certificate, ...] = ()
    crls: tuple[Crl, ...] = field(default=(), repr=False)
    ocsps: tuple[bytes, ...] = field(default=(), repr=False)

    def with_(self, other: Material) -> Material:
        """Both, each thing once."""
        return Material(
            tuple(dict.fromkeys((*self.certificates, *other.certificates))),
            tuple(dict.fromkeys((*self.crls, *other.crls))),
            tuple(dict.fromkeys((*self.ocsps, *other.ocsps))),
        )

    @property
    def is_empty(self) -> bool:
        return not (self.certificates or self.crls or self.ocsps)


@dataclass(frozen=True, slots=True)
class Proof:
    """At ``at`` all this existed: what is being judged, what it carries, and ``material``.

    ``by`` names the time stamp that proves it, which has itself been judged.
    """

    at: datetime
    material: Material
    by: str


def material_of(
    certificates: Iterable[bytes] = (), crls: Iterable[bytes] = (), ocsps: Iterable[bytes] = ()
) -> Material:
    """From DER.  What is unreadable or beyond the limits is left out: if it was needed, nothing passes."""
    read_certificates: list[Certificate] = []
    read_crls: list[Crl] = []
    for one in list(certificates)[:MOST_CERTIFICATES]:
        with suppress(VerifyError):
            read_certificates.append(parse_certificate(one))
    for one in list(crls)[:MOST_LISTS]:
        with suppress(VerifyError):
            read_crls.append(parse_crl(one))
    return Material(tuple(read_certificates), tuple(read_crls), tuple(ocsps)[:MOST_RESPONSES])
