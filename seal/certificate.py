# SPDX-License-Identifier: Apache-2.0
"""With what a seal is made: the certificate, and the evidence that travels inside every sealed file."""

from __future__ import annotations

from dataclasses import dataclass

from keys import Scheme, Signer, allowed
from verify import Certificate, Crl

from .errors import SignerMismatch


@dataclass(frozen=True, slots=True)
class SealingCertificate:
    """The certificate whose key seals, its issuers below the root, and the current revocation lists.

    Chain and lists go into the file, so that it can be checked for as long as the lists are fresh by whoever
    trusts the root and has no network.
    """

    certificate: Certificate
    chain: tuple[Certificate, ...] = ()
    crls: tuple[Crl, ...] = ()


def usable_scheme(signer: Signer, sealing: SealingCertificate) -> Scheme:
    """The scheme of a signer that holds the certificate's key.  Raises :class:`SignerMismatch`."""
    public_key = sealing.certificate.public_key
    if signer.public_key != public_key or not allowed(public_key.kind, signer.scheme):
        raise SignerMismatch
    return signer.scheme
