# SPDX-License-Identifier: Apache-2.0
"""May this certificate use this seal?  GB/T 38540-2020 clause 7.3 (c)."""

from __future__ import annotations

from typing import Final

from keys import HashAlgorithm, digest

from .model import ElectronicSeal

_DIGESTS: Final = {
    name: algorithm for algorithm in HashAlgorithm for name in (algorithm.value.upper(), algorithm.oid)
}
"""Names and identifiers: no text says which of them a CertDigestObj carries."""


def seal_admits(seal: ElectronicSeal, certificate: bytes) -> bool:
    """Is the certificate (DER) in the seal's list, byte for byte or by a digest that may be used?"""
    if certificate in seal.signers:
        return True
    for named, value in seal.signer_digests:
        algorithm = _DIGESTS.get(named.strip().upper().replace("-", ""))
        if algorithm is not None and digest(algorithm, certificate).value == value:
            return True
    return False
