# SPDX-License-Identifier: Apache-2.0
"""Signatures of type ``Sign``: without a seal, in the three forms that are in use (standards.md section 3.6).

A   GB/T 35275 SignedData around the digest of Signature.xml, no attributes: the digest is what was signed.
B   SignedData without content, with signed attributes whose messageDigest is that digest.
C   the bare signature value over Signature.xml: it brings no certificate, so nobody can tell who signed.

The structure is read loosely (attributes in any order, object identifiers of PKCS #7 or GB/T 35275); what was
signed is always the octets as they came, with the SM2 user id 1234567812345678.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from keys import Digest, HashAlgorithm, KeysError, SignatureInvalid, digest, parse_hash, parse_scheme
from keys.der import (
    INTEGER,
    OCTET_STRING,
    OID,
    SEQUENCE,
    SET,
    Tlv,
    as_integer,
    as_oid,
    expect,
    integer,
    read_only,
    sequence,
)

from ..canonical import Json
from ..errors import VerifyError
from ..pdf.findings import Finding, failed, judged, unsure
from ..report import SignatureReport, SubIndication
from ..trust import Trust
from ..x509 import Certificate, Crl, Purpose, check_certificate, parse_certificate, parse_crl

FORMAT = "OFD Sign"
LARGEST = 4 * 1024 * 1024
MOST_CERTIFICATES = 32
_SIGNED_DATA = ("1.2.156.10197.6.1.4.2.2", "1.2.840.113549.1.7.2")
_MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
_CONTEXT_0, _CONTEXT_1, _KEY_ID = 0xA0, 0xA1, 0x80

_NO_CERTIFICATE = unsure(
    SubIndication.NO_SIGNING_CERTIFICATE_FOUND,
    "NO_SIGNING_CERTIFICATE",
    "签名不带证书,无法得知由谁签署",
    "the signature carries no certificate: nobody can tell who signed",
)


class _Misshapen(VerifyError):
    """Not the structure that was expected."""


@dataclass(frozen=True, slots=True)
class _Signed:
    content: bytes | None
    certificates: tuple[bytes, ...]
    lists: tuple[bytes, ...]
    issuer: bytes
    serial: int
    key_id: bytes
    digest_algorithm: bytes
    attributes: bytes | None  # as they stand, with their implicit tag
    message_digest: bytes | None
    signature_algorithm: bytes
    signature: bytes


def check_plain_signature(
    value: bytes,
    *,
    trust: Trust,
    at: datetime,
    content: bytes,
    content_digest: Callable[[HashAlgorithm], Digest],
) -> SignatureReport:
    """The verdict on a signature value over ``content`` (the octets of Signature.xml).  Never raises."""
    if value[:2] == b"\x30\x80":
        return _report(
            "", [_shape("不支持不定长编码", "indefinite lengths (BER) are not supported", sure=False)]
        )
    try:
        if len(value) > LARGEST:
            raise _Misshapen("too large")
        parts = read_only(value, lenient=True).children()
        if [one.tag for one in parts] == [INTEGER, INTEGER]:
            return _report("C", [_NO_CERTIFICATE])
        signed = _signed_data(parts)
    except (KeysError, _Misshapen) as error:
        return _report("", [_shape("签名数据不合格式", f"not a signature that is known here: {error}")])
    form = "B" if signed.attributes is not None else "A"
    certificates, lists = _carried(signed)
    certificate = _signer(signed, (*certificates, *trust.intermediates, *trust.anchors))
    if certificate is None:
        return _report(form, [*_content_findings(signed, content, content_digest), _NO_CERTIFICATE])
    found = _content_findings(signed, content, content_digest)
    facts: dict[str, Json] = {}
    if not found:
        found = _value_findings(signed, certificate, content, facts)
    facts["intact"] = not found
    path = check_certificate(
        certificate, trust, at, purpose=Purpose.SEAL, intermediates=certificates, crls=lists
    )
    return judged(f"{FORMAT} {form}", path, found, {**facts, "form": form})


def _report(form: str, found: Sequence[Finding]) -> SignatureReport:
    return judged(f"{FORMAT} {form}".strip(), None, found, {"form": form} if form else {})


def _shape(zh: str, en: str, *, sure: bool = True) -> Finding:
    return (failed if sure else unsure)(SubIndication.FORMAT_FAILURE, "CMS_MALFORMED", zh, en)


def _signed_data(parts: Sequence[Tlv]) -> _Signed:
    if len(parts) != 2 or parts[0].tag != OID or as_oid(parts[0]) not in _SIGNED_DATA:
        raise _Misshapen("neither SignedData nor a bare signature value")
    (body,) = _some(parts[1], _CONTEXT_0, 1, 1)
    members = list(_some(body, SEQUENCE, 4, 6))
    encapsulated = _some(members[2], SEQUENCE, 1, 2)
    content = None
    if len(encapsulated) == 2:
        (inner,) = _some(encapsulated[1], _CONTEXT_0, 1, 1)
        content = expect(inner, OCTET_STRING).content
    rest = members[3:]
    certificates: Sequence[Tlv] = rest.pop(0).children() if rest[0].tag == _CONTEXT_0 else ()
    lists: Sequence[Tlv] = rest.pop(0).children() if rest and rest[0].tag == _CONTEXT_1 else ()
    if len(rest) != 1 or len(certificates) > MOST_CERTIFICATES or len(lists) > MOST_CERTIFICATES:
        raise _Misshapen("one set of signers, at most 32 certificates and lists")
    (signer,) = _some(rest[0], SET, 1, 1)
    return _signer_info(signer, content, certificates, lists)


def _signer_info(
    signer: Tlv, content: bytes | None, certificates: Sequence[Tlv], lists: Sequence[Tlv]
) -> _Signed:
    members = list(_some(signer, SEQUENCE, 5, 7))
    sid = members[1]
    issuer, serial, key_id = b"", 0, b""
    if sid.tag == _KEY_ID:
        key_id = sid.content
    else:
        name, number = _some(sid, SEQUENCE, 2, 2)
        issuer, serial = name.raw, as_integer(number)
    digest_algorithm = expect(members[2], SEQUENCE).raw
    rest = members[3:]
    attributes = rest.pop(0) if rest[0].tag == _CONTEXT_0 else None
    if len(rest) not in (2, 3) or (len(rest) == 3 and rest[2].tag != _CONTEXT_1):
        raise _Misshapen("SignerInfo does not end with the signature value")
    return _Signed(
        content=content,
        certificates=tuple(one.raw for one in certificates),
        lists=tuple(one.raw for one in lists),
        issuer=issuer,
        serial=serial,
        key_id=key_id,
        digest_algorithm=digest_algorithm,
        attributes=None if attributes is None else attributes.raw,
        message_digest=None if attributes is None else _message_digest(attributes),
        signature_algorithm=expect(rest[0], SEQUENCE).raw,
        signature=expect(rest[1], OCTET_STRING).content,
    )


def _message_digest(attributes: Tlv) -> bytes:
    """The one messageDigest.  Raises :class:`_Misshapen`."""
    found = []
    for one in attributes.children():
        kind, values = _some(one, SEQUENCE, 2, 2)
        if as_oid(kind) == _MESSAGE_DIGEST:
            (value,) = _some(values, SET, 1, 1)
            found.append(expect(value, OCTET_STRING).content)
    if len(found) != 1:
        raise _Misshapen("signed attributes hold one messageDigest")
    return found[0]


def _some(tlv: Tlv, tag: int, least: int, most: int) -> tuple[Tlv, ...]:
    found = expect(tlv, tag).children()
    if not least <= len(found) <= most:
        raise _Misshapen(f"{least} to {most} elements, not {len(found)}")
    return found


def _carried(signed: _Signed) -> tuple[tuple[Certificate, ...], tuple[Crl, ...]]:
    """What cannot be read is left out: if the path needed it, the path is not found."""
    certificates: list[Certificate] = []
    lists: list[Crl] = []
    for encoded in signed.certificates:
        try:
            certificates.append(parse_certificate(encoded))
        except VerifyError:
            continue
    for encoded in signed.lists:
        try:
            lists.append(parse_crl(encoded))
        except VerifyError:
            continue
    return tuple(certificates), tuple(lists)


def _signer(signed: _Signed, known: Sequence[Certificate]) -> Certificate | None:
    for one in known:
        if signed.key_id:
            if one.subject_key_id == signed.key_id:
                return one
        elif (one.issuer.der, one.serial) == (signed.issuer, signed.serial):
            return one
    return None


def _content_findings(
    signed: _Signed, content: bytes, content_digest: Callable[[HashAlgorithm], Digest]
) -> list[Finding]:
    """What was signed must be Signature.xml, or its digest."""
    try:
        algorithm = parse_hash(signed.digest_algorithm)
    except KeysError as error:
        return [_not_allowed(error)]
    expected = content_digest(algorithm).value
    inside = signed.content
    good = inside is None or inside in (expected, base64.b64encode(expected), content)
    if signed.message_digest is not None:
        if inside is None or inside == content:
            good = good and signed.message_digest == expected
        else:
            good = good and signed.message_digest == digest(algorithm, inside).value
    if good:
        return []
    return [
        failed(
            SubIndication.HASH_FAILURE,
            "CONTENT_ALTERED",
            "签名描述文件被改动:摘要与签名时不一致",
            "Signature.xml was altered: its digest is not the signed one",
        )
    ]


def _value_findings(
    signed: _Signed, certificate: Certificate, content: bytes, facts: dict[str, Json]
) -> list[Finding]:
    if signed.attributes is not None:
        message = b"\x31" + signed.attributes[1:]
    else:
        message = signed.content if signed.content is not None else content
    key = certificate.public_key
    try:
        scheme = parse_scheme(
            signed.signature_algorithm, key.kind, digest=parse_hash(signed.digest_algorithm)
        )
        key.verify(_der(signed.signature), message, scheme)
    except SignatureInvalid:
        return [
            failed(
                SubIndication.SIG_CRYPTO_FAILURE,
                "SIGNATURE_INVALID",
                "签名值验证失败",
                "the signature value does not verify",
            )
        ]
    except KeysError as error:
        return [_not_allowed(error)]
    facts["algorithm"] = scheme.name
    return []


def _der(signature: bytes) -> bytes:
    """SM2 values come as DER, or as ``r || s``."""
    if len(signature) != 64 or _is_der(signature):
        return signature
    return sequence(integer(int.from_bytes(signature[:32])), integer(int.from_bytes(signature[32:])))


def _is_der(signature: bytes) -> bool:
    try:
        parts = read_only(signature).children()
    except KeysError:
        return False
    return [one.tag for one in parts] == [INTEGER, INTEGER]


def _not_allowed(error: KeysError) -> Finding:
    return unsure(
        SubIndication.CRYPTO_CONSTRAINTS_FAILURE,
        "ALGORITHM_NOT_ALLOWED",
        "签名算法或摘要算法不允许,或与密钥不相配",
        f"an algorithm that is not allowed, or not with this key: {error}",
    )
