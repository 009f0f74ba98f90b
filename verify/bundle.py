# SPDX-License-Identifier: Apache-2.0
"""Certificates and revocation lists in one file: PEM (RFC 7468) with any number of either, or one in DER.

Text between PEM blocks is ignored, as in every bundle of certificates. A block of another kind is refused:
what somebody hands over as public material must not quietly hold a private key.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

from .errors import VerifyError
from .x509 import Certificate, Crl, parse_certificate, parse_crl

LARGEST_BUNDLE = 32 * 1024 * 1024
MOST_BLOCKS = 500
_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]{1,40})-----([A-Za-z0-9+/=\s]*)-----END \1-----")
_BEGIN = re.compile(rb"-----BEGIN ([A-Z0-9 ]{1,40})-----")
_CERTIFICATES = (b"CERTIFICATE", b"X509 CERTIFICATE")


class BundleMalformed(VerifyError):
    """Neither a certificate nor a revocation list.  ``rule`` says why, in Chinese and English."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


@dataclass(frozen=True, slots=True)
class Bundle:
    """In the order of the file."""

    certificates: tuple[Certificate, ...]
    crls: tuple[Crl, ...]


def is_pem(data: bytes) -> bool:
    """Does this look like PEM, whatever stands in it?"""
    return _BEGIN.search(data[:65536]) is not None


def parse_bundle(data: bytes) -> Bundle:
    """Raises :class:`BundleMalformed`."""
    if len(data) > LARGEST_BUNDLE:
        raise BundleMalformed(
            f"文件超过 {LARGEST_BUNDLE // 1024**2} MB larger than {LARGEST_BUNDLE // 1024**2} MB"
        )
    return _pem(data) if is_pem(data) else _der(data)


def _pem(data: bytes) -> Bundle:
    blocks = _BLOCK.findall(data)
    if any(label.endswith(b"PRIVATE KEY") for label in _BEGIN.findall(data)):
        raise BundleMalformed("文件含有私钥,请勿提交或上传 the file holds a private key: never hand it over")
    if not blocks or len(blocks) != len(_BEGIN.findall(data)):
        raise BundleMalformed("PEM 不完整 a PEM block is not complete")
    if len(blocks) > MOST_BLOCKS:
        raise BundleMalformed(f"PEM 块超过 {MOST_BLOCKS} 个 more than {MOST_BLOCKS} PEM blocks")
    certificates: list[Certificate] = []
    crls: list[Crl] = []
    for label, text in blocks:
        try:
            der = base64.b64decode(b"".join(text.split()), validate=True)
        except (binascii.Error, ValueError):
            raise BundleMalformed("PEM 内容不是 base64 a PEM block is not base64") from None
        if label in _CERTIFICATES:
            certificates.append(_certificate(der))
        elif label == b"X509 CRL":
            crls.append(_crl(der))
        else:
            name = label.decode("ascii")
            raise BundleMalformed(
                f"不支持的 PEM 内容 {name} PEM of this kind is neither a certificate nor a revocation list"
            )
    return Bundle(tuple(certificates), tuple(crls))


def _der(data: bytes) -> Bundle:
    try:
        return Bundle((_certificate(data),), ())
    except BundleMalformed as error:
        try:
            return Bundle((), (parse_crl(data),))
        except VerifyError:
            raise error from None


def _certificate(der: bytes) -> Certificate:
    try:
        return parse_certificate(der)
    except VerifyError as error:
        raise BundleMalformed(f"证书无法读取 the certificate cannot be read: {error}") from error


def _crl(der: bytes) -> Crl:
    try:
        return parse_crl(der)
    except VerifyError as error:
        raise BundleMalformed(f"吊销列表无法读取 the revocation list cannot be read: {error}") from error
