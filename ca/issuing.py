# SPDX-License-Identifier: Apache-2.0
"""Sign what was linted, and release it only after reading it back.

The order matters: whatever is wrong with a key or its device shows before anybody holds the certificate.
"""

from __future__ import annotations

from keys import KeysError, PublicKey, Scheme, Signer, der
from verify import Certificate, VerifyError, parse_certificate

from .errors import IssueFailed, NotLinted
from .linting import Linted

COMPARED = (
    "tbs",
    "serial",
    "issuer",
    "subject",
    "not_before",
    "not_after",
    "public_key",
    "scheme",
    "key_usage",
    "extended_key_usage",
    "is_ca",
    "path_length",
    "subject_key_id",
    "authority_key_id",
    "crl_urls",
    "critical_unknown",
    "uscc",
)


def issue(linted: Linted, signer: Signer) -> bytes:
    """The certificate, DER.  Raises :class:`NotLinted`, :class:`AlreadySigned` or
    :class:`IssueFailed`; then nothing was released."""
    if not isinstance(linted, Linted):
        raise NotLinted
    draft = linted.draft
    # 1. The right key: the wrong one would make a certificate that no path leads to.
    require_signer(signer, draft.issuer_key, draft.scheme)
    # 2. Exactly the bytes that were linted.
    linted.spend()
    encoded, signature = signed(linted.tbs, signer, draft.scheme, algorithm=draft.algorithm)
    # 3. Reopen as everybody else will, and compare with what was linted.
    try:
        certificate = parse_certificate(encoded)
    except (VerifyError, KeysError) as error:
        raise IssueFailed("reopen", str(error)) from error
    _compare(linted.certificate, certificate, signature)
    # 4. The signature, with the key that relying parties have.
    require_signature(draft.issuer_key, signature, certificate.tbs, draft.scheme)
    return encoded


def signed(
    tbs: bytes, signer: Signer, scheme: Scheme, *, algorithm: bytes | None = None
) -> tuple[bytes, bytes]:
    """``SEQUENCE { tbs, algorithm, signature }`` and the signature in it."""
    try:
        signature = signer.sign(tbs)
        written = algorithm or scheme.algorithm_identifier()
        return der.sequence(tbs, written, der.bits(signature)), signature
    except KeysError as error:
        raise IssueFailed("sign", str(error)) from error


def require_signer(signer: Signer, key: PublicKey, scheme: Scheme) -> None:
    """The signer holds the key that the issuer's certificate names, and signs as the draft says."""
    if signer.public_key != key:
        raise IssueFailed("signer", f"holds key {signer.public_key.key_id.hex()}, not {key.key_id.hex()}")
    if signer.scheme != scheme:
        raise IssueFailed("signer", f"signs with {signer.scheme.name}, the draft says {scheme.name}")


def require_signature(key: PublicKey, signature: bytes, tbs: bytes, scheme: Scheme) -> None:
    """A faulty device must not be able to publish a signature that nobody can check."""
    try:
        key.verify(signature, tbs, scheme)
    except KeysError as error:
        raise IssueFailed("signature", str(error)) from error


def _compare(meant: Certificate, found: Certificate, signature: bytes) -> None:
    different = [name for name in COMPARED if getattr(meant, name) != getattr(found, name)]
    if found.signature != signature:
        different.append("signature")
    if different:
        raise IssueFailed("compare", f"differs from what was linted: {', '.join(different)}")
