# SPDX-License-Identifier: Apache-2.0
"""Sign what was linted, and release it only after reading it back.

The order matters: whatever is wrong with a key or its device shows before anybody holds the certificate.
"""

from __future__ import annotations

from keys import KeysError, PublicKey, Scheme, Signer, der
from verify import Certificate, VerifyError, parse_certificate

from .errors import IssueFailed, NotLinted
from .linting import Linted


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
    # 3. Reopen as everybody else will, and compare with what was linted and ordered.
    try:
        certificate = parse_certificate(encoded)
    except (VerifyError, KeysError) as error:
        raise IssueFailed("reopen", str(error)) from error
    _compare(linted, certificate, signature)
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


def require_signature(key: PublicKey, signature: bytes, tbs: bytes | memoryview, scheme: Scheme) -> None:
    """A faulty device must not be able to publish a signature that nobody can check."""
    try:
        key.verify(signature, tbs, scheme)
    except KeysError as error:
        raise IssueFailed("signature", str(error)) from error


def _compare(linted: Linted, found: Certificate, signature: bytes) -> None:
    """The bytes are the linted ones, and the reader of relying parties finds in them what was ordered."""
    order = linted.draft
    issuer, profile = order.issuer, order.profile
    pairs: tuple[tuple[str, object, object], ...] = (
        ("tbs", found.tbs, linted.tbs),
        ("signature", found.signature, signature),
        ("serial", found.serial, order.serial),
        ("issuer", found.issuer, found.subject if issuer is None else issuer.subject),
        ("subject", found.subject.attributes, order.subject.attributes),
        ("not_before", found.not_before, order.not_before),
        ("not_after", found.not_after, order.not_after),
        ("public_key", found.public_key, order.public_key),
        ("scheme", found.scheme, order.scheme),
        ("key_usage", found.key_usage, profile.key_usage_of(order.public_key.family)),
        (
            "extended_key_usage",
            found.extended_key_usage or frozenset(),
            frozenset(profile.extended_key_usage),
        ),
        ("is_ca", found.is_ca, profile.ca),
        ("path_length", found.path_length, profile.path_length),
        ("crl_urls", found.crl_urls, (order.crl_url,) if order.crl_url else ()),
        ("critical_unknown", found.critical_unknown, ()),
        ("uscc", found.uscc or "", order.subject.uscc),
    )
    different = [name for name, stated, meant in pairs if stated != meant]
    if different:
        raise IssueFailed("compare", f"differs from what was linted: {', '.join(different)}")
