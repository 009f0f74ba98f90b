# SPDX-License-Identifier: Apache-2.0
"""A seal that may be used by a certificate: checked once, with everything encoded that does not change."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Final

from keys import KeysError, Scheme, default_scheme, parse_scheme
from keys.der import integer, octets, oid, sequence
from verify import (
    Certificate,
    ElectronicSeal,
    SesMalformed,
    VerifyError,
    parse_certificate,
    parse_seal,
    seal_admits,
)

from .errors import SesRefused
from .making import may_sign

KEPT: Final = 256


@dataclass(frozen=True, slots=True)
class Template:
    """``head``: version and seal, as TBS_Sign begins.  ``tail``: what follows it, up to the signature."""

    seal: ElectronicSeal
    certificate: Certificate
    scheme: Scheme
    head: bytes = field(repr=False)
    tail: bytes = field(repr=False)
    first: datetime
    last: datetime
    """The certificate's validity and the seal's at once."""

    def require_time(self, at: datetime) -> None:
        """Both are valid.  Raises :class:`SesRefused`."""
        if self.first <= at <= self.last:
            return
        if not self.seal.valid_from <= at <= self.seal.valid_until:
            raise SesRefused("seal-outside-period")
        raise SesRefused("certificate-outside-period")


@lru_cache(maxsize=KEPT)
def template(esl: bytes, certificate: Certificate) -> Template:
    """GB/T 38540-2020 clause 7.2: verify the seal, and that the certificate is in its list, before signing.

    What does not depend on the time is looked at once for each pair.  Raises :class:`SesRefused`.
    """
    seal = _usable(esl)
    if not may_sign(certificate):
        raise SesRefused("certificate-unfit")
    if not seal_admits(seal, certificate.der):
        raise SesRefused("certificate-not-in-seal")
    scheme = default_scheme(certificate.public_key.kind)
    return Template(
        seal=seal,
        certificate=certificate,
        scheme=scheme,
        head=integer(seal.version) + seal.der,
        tail=octets(certificate.der) + oid(scheme.oid),
        first=max(seal.valid_from, certificate.not_before),
        last=min(seal.valid_until, certificate.not_after),
    )


def _usable(esl: bytes) -> ElectronicSeal:
    try:
        seal = parse_seal(esl)
    except SesMalformed as error:
        raise SesRefused("seal-malformed", str(error)) from error
    if seal.version == 1:
        raise SesRefused("seal-version-unsupported", f"version {seal.stated_version}")
    if seal.der != esl:
        raise SesRefused("seal-malformed", "wrapped")
    try:
        maker = parse_certificate(seal.maker.certificate)
        scheme = parse_scheme(sequence(oid(seal.maker.algorithm)), maker.public_key.kind)
        maker.public_key.verify(seal.maker.signature, seal.maker.content, scheme)
    except (VerifyError, KeysError) as error:
        raise SesRefused("seal-maker-signature-wrong", str(error)) from error
    return seal
