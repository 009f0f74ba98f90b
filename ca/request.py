# SPDX-License-Identifier: Apache-2.0
"""Certification requests (PKCS#10, RFC 2986): made for our own keys, and read from anybody's.

Reading proves possession of the key: the signature over the request is checked with the key in it (SM2 with
the user id 1234567812345678).  From a request only key and words of the name are taken; attributes, such as
wished extensions, are never copied into a certificate.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field

from keys import (
    DerMalformed,
    KeyFamily,
    KeysError,
    KeyUnsupported,
    PublicKey,
    Signer,
    der,
    parse_public_key,
    parse_scheme,
)

from .errors import IssueFailed, RequestRefused
from .subject import SubjectName, parse_subject

LARGEST = 16 * 1024
"""An RSA-4096 request in PEM needs about 2 kB."""

_PEM_LABELS = (b"CERTIFICATE REQUEST", b"NEW CERTIFICATE REQUEST")
_NO_NAME = der.sequence()
_ATTRIBUTES = 0xA0  # [0] IMPLICIT SET OF
_AGAIN = "请重新生成PKCS#10请求 / make a new PKCS#10 request"


@dataclass(frozen=True, slots=True)
class Request:
    """A request whose sender holds the private key.  The name is a wish: who grants it checks the person.

    ``subject`` is ``None`` where the request asks for no name at all, as the clients of RFC 8555 do.
    """

    subject: SubjectName | None
    public_key: PublicKey
    der: bytes = field(repr=False)


def make_request(signer: Signer, subject: SubjectName) -> bytes:
    """PKCS#10 for a key of ours, DER.  Raises :class:`IssueFailed` if the key signs something else."""
    info = der.sequence(
        der.integer(0), subject.encode(), signer.public_key.spki, der.implicit(0, der.set_of())
    )
    try:
        signature = signer.sign(info)
    except KeysError as error:
        raise IssueFailed("sign", str(error)) from error
    encoded = der.sequence(info, signer.scheme.algorithm_identifier(), der.bits(signature))
    try:
        parse_request(encoded)
    except RequestRefused as error:
        raise IssueFailed("reopen", str(error)) from error
    return encoded


def parse_request(encoded: bytes) -> Request:
    """Read DER or PEM and verify the proof of possession.  Raises :class:`RequestRefused`."""
    if len(encoded) > LARGEST:
        raise RequestRefused(
            field="request",
            rule=f"请求不超过{LARGEST}字节 / {LARGEST} bytes at most",
            todo="请只发送PKCS#10请求 / send the PKCS#10 request alone",
        )
    plain = _armour_removed(encoded)
    try:
        info, algorithm, signature = _split(plain)
        subject, spki = _read_info(info)
    except KeysError as error:
        raise RequestRefused(
            field="request", rule=f"不是DER编码的PKCS#10 / not PKCS#10 in DER: {error}", todo=_AGAIN
        ) from error
    public_key = _read_key(spki)
    _require_possession(public_key, info, algorithm, signature)
    return Request(None if subject == _NO_NAME else parse_subject(subject), public_key, plain)


def _armour_removed(encoded: bytes) -> bytes:
    lines = encoded.split()
    if not lines or not lines[0].startswith(b"-----BEGIN"):
        return encoded
    text = b" ".join(lines)
    for label in _PEM_LABELS:
        begin, end = b"-----BEGIN %s----- " % label, b" -----END %s-----" % label
        if text.startswith(begin) and text.endswith(end) and text.count(b"-----") == 4:
            break
    else:
        raise RequestRefused(
            field="request",
            rule="PEM须有且只有一个CERTIFICATE REQUEST / exactly one CERTIFICATE REQUEST in the PEM text",
            todo="请发送.csr文件原文 / send the .csr file as it is",
        )
    try:
        return base64.b64decode(text[len(begin) : -len(end)].replace(b" ", b""), validate=True)
    except binascii.Error as error:
        raise RequestRefused(
            field="request", rule=f"Base64有误 / bad Base64: {error}", todo="请重新复制 / copy it again"
        ) from error


def _split(plain: bytes) -> tuple[der.Tlv, bytes, bytes]:
    parts = der.expect(der.read_only(plain), der.SEQUENCE).children()
    if len(parts) != 3:
        raise DerMalformed("a request has three parts")
    info, algorithm, signature = parts
    return der.expect(info, der.SEQUENCE), der.expect(algorithm, der.SEQUENCE).raw, der.as_bits(signature)


def _read_info(info: der.Tlv) -> tuple[bytes, bytes]:
    """Name and key.  Attributes are read for their form only, so that nothing hides behind them."""
    parts = info.children()
    if len(parts) != 4 or der.as_integer(parts[0]) != 0:
        raise DerMalformed("version 1 with name, key and attributes")
    _, subject, spki, attributes = parts
    for attribute in der.expect(attributes, _ATTRIBUTES).children():
        pair = der.expect(attribute, der.SEQUENCE).children()
        if len(pair) != 2:
            raise DerMalformed("an attribute has a type and values")
        der.as_oid(pair[0])
        der.expect(pair[1], der.SET).children()
    return der.expect(subject, der.SEQUENCE).raw, der.expect(spki, der.SEQUENCE).raw


def _read_key(spki: bytes) -> PublicKey:
    try:
        return parse_public_key(spki)
    except KeyUnsupported as error:
        raise RequestRefused(
            field="public_key",
            rule=f"密钥种类不受理 / key not accepted: {error}",
            todo="请用SM2、RSA 2048至4096或P-256、P-384 / use SM2, RSA 2048 to 4096, P-256 or P-384",
        ) from error
    except KeysError as error:
        raise RequestRefused(
            field="public_key", rule=f"公钥有误 / the public key is malformed: {error}", todo=_AGAIN
        ) from error


def _require_possession(key: PublicKey, info: der.Tlv, algorithm: bytes, signature: bytes) -> None:
    try:
        scheme = parse_scheme(algorithm, key.kind)
    except KeysError as error:
        raise RequestRefused(
            field="signature_algorithm",
            rule=f"签名算法不受理 / signature algorithm not accepted: {error}",
            todo="请用SM2/SM3、SHA256withRSA或ECDSA/SHA-256 / use SM2 with SM3, RSA or ECDSA with SHA-256",
        ) from error
    try:
        key.verify(signature, info.raw, scheme)
    except KeysError as error:
        hint = "请用请求中公钥对应的私钥签名 / sign with the private key of the public key in the request"
        if key.family is KeyFamily.SM2:
            # OpenSSL before 4.0 signs with an empty user id unless told otherwise.
            hint = (
                "SM2用户标识须为1234567812345678 / sign with that user id "
                "(openssl req: -sigopt distid:1234567812345678)"
            )
        raise RequestRefused(
            field="signature",
            rule="请求的签名验证不通过,未证明持有私钥 / the signature does not prove possession of the key",
            todo=hint,
        ) from error
