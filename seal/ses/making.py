# SPDX-License-Identifier: Apache-2.0
"""Make a seal (制章): GB/T 38540-2020 clause 6 byte for byte, GM/T 0031-2025 on demand.

The maker signs SES_SealInfo and nothing else.  Times are GeneralizedTime in UTC, certListType is 1, no
extensions.  What was made is read back by the verifier before it leaves.
"""

from __future__ import annotations

from typing import Final

from keys import KeysError, Scheme, Signer, allowed
from keys.der import bits, explicit, generalized, ia5, integer, octets, oid, sequence, utf8
from verify import Certificate, SesMalformed, parse_seal

from ..errors import SignatureMismatch, SignerMismatch
from ..timestamping import Timestamper, signature_token
from .errors import SesRefused
from .facts import SealFacts

VERSIONS: Final = (4, 5)
_CERTIFICATES: Final = 1
_SIGNS: Final = frozenset({"digitalSignature", "nonRepudiation"})


def make_seal(
    facts: SealFacts,
    maker: Signer,
    *,
    maker_certificate: Certificate,
    version: int = 4,
    timestamper: Timestamper | None = None,
) -> bytes:
    """The seal file (``.esl``).

    ``timestamper``: for version 5 alone, a token over the signature value.  Raises :class:`SesRefused`,
    :class:`~seal.SignerMismatch`, and what the signer and the time-stamping authority raise.
    """
    if version not in VERSIONS:
        raise SesRefused("seal-facts-malformed", "version 4 or 5")
    if timestamper is not None and version != VERSIONS[1]:
        raise SesRefused("seal-facts-malformed", "only a seal of version 5 has a time stamp")
    _require_maker(facts, maker_certificate)
    scheme = bare_scheme(maker, maker_certificate)
    info = seal_info(facts, version)
    signature = maker.sign(info)
    try:
        maker_certificate.public_key.verify(signature, info, scheme)
    except KeysError as error:
        raise SignatureMismatch from error
    token = None if timestamper is None else signature_token(signature, scheme.hash, timestamper)
    made = sequence(
        info,
        octets(maker_certificate.der),
        oid(scheme.oid),
        bits(signature),
        b"" if token is None else explicit(0, bits(token)),
    )
    _require_same(made, facts, version)
    return made


def seal_info(facts: SealFacts, version: int) -> bytes:
    """SES_SealInfo, the octets that the maker signs."""
    return sequence(
        sequence(ia5("ES"), integer(version), ia5(facts.vendor)),
        ia5(facts.code),
        sequence(
            integer(facts.type),
            utf8(facts.name),
            integer(_CERTIFICATES),
            sequence(*(octets(one.der) for one in facts.certificates)),
            generalized(facts.created),
            generalized(facts.valid_from),
            generalized(facts.valid_until),
        ),
        sequence(
            ia5(facts.picture_type),
            octets(facts.picture),
            integer(facts.width_mm),
            integer(facts.height_mm),
        ),
    )


def bare_scheme(signer: Signer, certificate: Certificate) -> Scheme:
    """The scheme of a signer that holds the certificate's key.  Raises :class:`~seal.SignerMismatch`.

    A seal names its algorithm by a bare OID, so a scheme with parameters of its own (RSA-PSS) has no place.
    """
    scheme = signer.scheme
    key = certificate.public_key
    if signer.public_key != key or not allowed(key.kind, scheme) or len(scheme.parameters) > len(b"\x05\x00"):
        raise SignerMismatch
    return scheme


def may_sign(certificate: Certificate) -> bool:
    """Key usage digitalSignature or nonRepudiation, where the certificate speaks of it; no authority."""
    uses = certificate.key_usage
    return not certificate.is_ca and (uses is None or bool(uses & _SIGNS))


def _require_maker(facts: SealFacts, certificate: Certificate) -> None:
    if not may_sign(certificate):
        raise SesRefused("seal-maker-unfit", "key usage")
    if not certificate.not_before <= facts.created <= certificate.not_after:
        raise SesRefused("seal-maker-unfit", "not valid when the seal is made")


def _require_same(made: bytes, facts: SealFacts, version: int) -> None:
    """The verifier's reader finds what was to be written, and nothing odd."""
    try:
        found = parse_seal(made)
    except SesMalformed as error:
        raise SesRefused(
            "seal-too-large" if "at most" in error.rule else "seal-malformed", str(error)
        ) from error
    same = (
        found.version == version
        and not found.deviations
        and (found.code, found.vendor, found.name) == (facts.code, facts.vendor, facts.name)
        and found.signers == tuple(one.der for one in facts.certificates)
        and found.picture.data == facts.picture
    )
    if not same:
        raise SesRefused("seal-malformed", "not what was to be written")
