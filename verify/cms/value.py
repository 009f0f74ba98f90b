# SPDX-License-Identifier: Apache-2.0
"""The signature value: digest of the content, then the signature over the signed attributes.

RFC 5652 section 5.6; for SM2, GB/T 35275: the message digest is plain SM3 of the content, the signature over
the attributes takes the signer's Z value with the user id 1234567812345678.
"""

from __future__ import annotations

from collections.abc import Callable

from keys import Digest, HashAlgorithm, KeysError, Scheme, SignatureInvalid, parse_hash, parse_scheme

from ..report import SubIndication
from ..x509 import Certificate
from .attributes import SignedAttributes
from .errors import Refused, failed, unsure
from .signed_data import SignedData, SignerInfo


def require_attributes(signed: SignedData) -> SignedAttributes:
    """Raises :class:`Refused` for a signature of a shape that we do not judge."""
    if not signed.detached:
        raise failed(
            SubIndication.FORMAT_FAILURE,
            "CONTENT_ENCLOSED",
            "签名自带内容,不是分离式签名",
            "the signature carries content of its own: it is not detached",
        )
    if signed.signer.attributes is None:
        raise unsure(
            SubIndication.SIG_CONSTRAINTS_FAILURE,
            "NO_SIGNED_ATTRIBUTES",
            "签名没有签名属性,不予采信",
            "the signature has no signed attributes",
        )
    return signed.signer.attributes


def require_content(
    signer: SignerInfo, attributes: SignedAttributes, content_digest: Callable[[HashAlgorithm], Digest]
) -> HashAlgorithm:
    """The content must be what was signed.  Raises :class:`Refused`."""
    try:
        algorithm = parse_hash(signer.digest_algorithm.raw)
    except KeysError as error:
        raise _not_allowed(error) from error
    if content_digest(algorithm).value != attributes.message_digest:
        raise failed(
            SubIndication.HASH_FAILURE,
            "CONTENT_ALTERED",
            "内容被改动:摘要与签名时不一致",
            "the content was altered: its digest is not the signed one",
        )
    return algorithm


def require_signature(
    signer: SignerInfo, attributes: SignedAttributes, algorithm: HashAlgorithm, certificate: Certificate
) -> Scheme:
    """The signature must verify with the key of the certificate.  Raises :class:`Refused`."""
    key = certificate.public_key
    try:
        # rsaEncryption and SM2-1 name only the key system: the digest beside them says the rest.
        scheme = parse_scheme(signer.signature_algorithm.raw, key.kind, digest=algorithm)
    except KeysError as error:
        raise _not_allowed(error) from error
    try:
        key.verify(signer.signature, attributes.to_be_signed, scheme)
    except SignatureInvalid as error:
        raise failed(
            SubIndication.SIG_CRYPTO_FAILURE,
            "SIGNATURE_INVALID",
            "签名值验证失败",
            "the signature value does not verify",
        ) from error
    except KeysError as error:
        raise _not_allowed(error) from error
    return scheme


def _not_allowed(error: KeysError) -> Refused:
    return unsure(
        SubIndication.CRYPTO_CONSTRAINTS_FAILURE,
        "ALGORITHM_NOT_ALLOWED",
        "签名算法或摘要算法不允许,或与密钥不相配",
        f"an algorithm that is not allowed, or not with this key: {error}",
    )
