# SPDX-License-Identifier: Apache-2.0
"""Who signed: find the certificate that the signature names, among those it carries and those we know."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from keys import KeysError, digest, parse_hash

from ..errors import VerifyError
from ..report import SubIndication
from ..trust import Trust
from ..x509 import Certificate, CertificateUnsupported, Crl, parse_certificate, parse_crl
from .attributes import CertificateId, SignedAttributes
from .errors import failed, unsure
from .signed_data import SignedData, SignerId


@dataclass(frozen=True, slots=True)
class Carried:
    """The certificates and lists inside a signature that we can read.

    ``unsupported``: another certificate uses a key or an algorithm that is not on the allow-list.
    """

    certificates: tuple[Certificate, ...]
    crls: tuple[Crl, ...]
    unsupported: bool


def carried_by(signed: SignedData) -> Carried:
    """What is unreadable is left out: if the path needed it, the path is not found."""
    certificates: list[Certificate] = []
    crls: list[Crl] = []
    unsupported = False
    for encoded in signed.certificates:
        try:
            certificates.append(parse_certificate(encoded))
        except VerifyError as error:
            unsupported |= isinstance(error, CertificateUnsupported)
    for encoded in signed.crls:
        with suppress(VerifyError):
            crls.append(parse_crl(encoded))
    return Carried(tuple(certificates), tuple(crls), unsupported)


def signing_certificate(signed: SignedData, carried: Carried, trust: Trust) -> Certificate:
    """The certificate that ``sid`` names.  Raises :class:`Refused` when there is none."""
    known = (*carried.certificates, *trust.intermediates, *trust.anchors)
    named = [one for one in known if _is(signed.signer.sid, one)]
    attributes = signed.signer.attributes
    if attributes is not None and attributes.certificate is not None:
        # Two certificates may carry one name and number; the signer said by digest which one is meant.
        named = _bound(attributes.certificate, named) or named
    if named:
        return named[0]
    if carried.unsupported:
        raise unsure(
            SubIndication.CRYPTO_CONSTRAINTS_FAILURE,
            "CERTIFICATE_ALGORITHM",
            "签名证书使用了不允许的密钥或算法",
            "the signing certificate uses a key or an algorithm that is not allowed",
        )
    raise unsure(
        SubIndication.NO_SIGNING_CERTIFICATE_FOUND,
        "NO_SIGNING_CERTIFICATE",
        "找不到签名证书",
        "the signing certificate is neither in the signature nor in the trust list",
    )


def require_bound(attributes: SignedAttributes, certificate: Certificate) -> None:
    """The certificate must be the one that the signer named by digest.  Raises :class:`Refused`.

    Without it, one signature could be shown under another certificate for the same key.
    """
    if attributes.by_sha1:
        raise unsure(
            SubIndication.CRYPTO_CONSTRAINTS_FAILURE,
            "SIGNING_CERTIFICATE_SHA1",
            "签名以 SHA-1 摘要指明证书,不予采信",
            "the signature names its certificate by SHA-1 (signing-certificate, version 1)",
        )
    named = attributes.certificate
    if named is None:
        return
    try:
        parse_hash(named.algorithm)
    except KeysError as error:
        raise unsure(
            SubIndication.CRYPTO_CONSTRAINTS_FAILURE,
            "SIGNING_CERTIFICATE_DIGEST",
            "签名以不允许的摘要算法指明证书",
            f"the signature names its certificate by a digest that is not allowed: {error}",
        ) from error
    if not _bound(named, [certificate]):
        raise failed(
            SubIndication.SIG_CONSTRAINTS_FAILURE,
            "SIGNING_CERTIFICATE_MISMATCH",
            "所附证书不是签名者指明的证书",
            "the certificate is not the one that the signer named",
        )


def _is(sid: SignerId, certificate: Certificate) -> bool:
    if sid.key_id:
        return certificate.subject_key_id == sid.key_id
    return (certificate.issuer.der, certificate.serial) == (sid.issuer, sid.serial)


def _bound(named: CertificateId, certificates: Sequence[Certificate]) -> list[Certificate]:
    try:
        algorithm = parse_hash(named.algorithm)
    except KeysError:
        return []
    return [
        one
        for one in certificates
        if digest(algorithm, one.der).value == named.value and named.serial in (None, one.serial)
    ]
