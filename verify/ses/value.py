# SPDX-License-Identifier: Apache-2.0
"""The signature value: under the standard's rule, else what other rule or mistake explains it.

One rule counts.  The ones before GB/T 38540-2020 signed other octets; a signature under them is told as that
and is no pass (standards.md sections 1.8 and 11).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from keys import KeyKind, KeysError, Scheme, SignatureInvalid, default_scheme, parse_scheme
from keys.der import integer, oid, read_only, sequence

from ..errors import VerifyError
from ..report import SubIndication
from ..x509 import Certificate, CertificateUnsupported, parse_certificate
from ..x509.findings import Finding, failed, unsure
from .deviations import Deviation
from .diagnosis import WORDS, mistake_in
from .model import ElectronicSeal, SesSignature, Signed

STANDARDS: Final = {1: "GM/T 0031-2014", 4: "GB/T 38540-2020", 5: "GM/T 0031-2025"}
SUPERSEDED: Final = "C 0119-2018"
_RAW_SIZE: Final = 64
_PAIRS: Final = frozenset({KeyKind.SM2, KeyKind.P256})


@dataclass(frozen=True, slots=True)
class Value:
    """What became of a signature value.  ``rule``: under which it verifies; empty when under none."""

    certificate: Certificate | None
    scheme: Scheme | None
    rule: str
    finding: Finding | None
    odd: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Speech:
    """Of whom the findings speak."""

    prefix: str
    sub: SubIndication
    zh: str
    en: str


_MAKER: Final = _Speech("SEAL_", SubIndication.SEAL_MAKER_SIG_FAILURE, "印章的制章", "the maker's")
_SIGNER: Final = _Speech("", SubIndication.SIG_CRYPTO_FAILURE, "签章", "the seal")


def seal_value(seal: ElectronicSeal) -> Value:
    """The maker's signature on a seal."""
    maker = seal.maker

    def others() -> Iterator[tuple[str, bytes]]:
        if seal.version == 1:
            yield STANDARDS[4], seal.info
        else:
            yield SUPERSEDED, sequence(seal.info, maker.certificate_raw, maker.algorithm_raw)

    return _value(maker, STANDARDS[seal.version], others, _MAKER)


def signature_value(signature: SesSignature) -> Value:
    """The signer's signature on TBS_Sign."""
    signed = signature.signed

    def others() -> Iterator[tuple[str, bytes]]:
        # Read once already, in lengths of any spelling: the same elements, without the header around them.
        elements = read_only(signed.content, lenient=True).content
        ending = signed.certificate_raw + signed.algorithm_raw
        if signature.version == 1:
            yield STANDARDS[4], sequence(elements[: -len(ending)] if elements.endswith(ending) else elements)
        else:
            yield SUPERSEDED, sequence(elements, ending)
            yield STANDARDS[1], sequence(signed.content, ending)

    return _value(signed, STANDARDS[signature.version], others, _SIGNER)


Others = Callable[[], Iterator[tuple[str, bytes]]]
"""What other rules sign; asked for only when the right rule does not hold."""


def _value(signed: Signed, standard: str, others: Others, speech: _Speech) -> Value:
    try:
        certificate = parse_certificate(signed.certificate)
    except CertificateUnsupported as error:
        return Value(None, None, "", _not_allowed(speech, str(error)))
    except VerifyError as error:
        return Value(None, None, "", _no_certificate(speech, str(error)))
    try:
        scheme = _scheme(signed.algorithm, certificate.public_key.kind)
    except KeysError as error:
        return Value(certificate, None, "", _not_allowed(speech, str(error)))
    value, odd = _spelled(signed.signature, certificate)
    if _verifies(certificate, value, signed.content, scheme):
        return Value(certificate, scheme, standard, None, odd)
    for rule, content in others():
        if _verifies(certificate, value, content, scheme):
            return Value(certificate, scheme, rule, _superseded(speech, rule), odd)
    return Value(certificate, scheme, "", _wrong(speech, signed, certificate), odd)


def _verifies(certificate: Certificate, value: bytes, content: bytes, scheme: Scheme) -> bool:
    try:
        certificate.public_key.verify(value, content, scheme)
    except SignatureInvalid:
        return False
    return True


@lru_cache(maxsize=64)
def _scheme(algorithm: str, kind: KeyKind) -> Scheme:
    """Raises a :class:`KeysError` for what is not on the allow-list, or not with a key of this kind."""
    identifier = sequence(oid(algorithm))
    try:
        return parse_scheme(identifier, kind)
    except KeysError:
        if kind is not KeyKind.SM2:
            raise
        # "SM2-1" names the key system alone; with SM2 there is one digest that it can mean.
        return parse_scheme(identifier, kind, digest=default_scheme(kind).hash)


def _spelled(signature: bytes, certificate: Certificate) -> tuple[bytes, tuple[str, ...]]:
    """DER; 64 octets of ``r || s`` become that, for the verification alone."""
    if certificate.public_key.kind not in _PAIRS or len(signature) != _RAW_SIZE:
        return signature, ()
    if signature[0] == 0x30 and signature[1] == _RAW_SIZE - 2:
        return signature, ()
    half = _RAW_SIZE // 2
    numbers = (int.from_bytes(signature[:half]), int.from_bytes(signature[half:]))
    return sequence(*(integer(number) for number in numbers)), (Deviation.SIGNATURE_RAW,)


def _superseded(speech: _Speech, rule: str) -> Finding:
    return unsure(
        SubIndication.SIG_CONSTRAINTS_FAILURE,
        f"{speech.prefix}SIGNED_BY_OTHER_RULE",
        f"{speech.zh}签名只按 {rule} 的签名范围成立,与其自身版本的规则不符,请要求重新签章或制章",
        f"{speech.en} signature verifies only over what {rule} signs, not under the rule of its own version: "
        "ask for a new one",
    )


def _wrong(speech: _Speech, signed: Signed, certificate: Certificate) -> Finding:
    mistake = mistake_in(certificate.public_key, signed.signature, signed.content)
    if mistake is None:
        return failed(
            speech.sub,
            f"{speech.prefix}SIGNATURE_INVALID",
            f"{speech.zh}签名值验证失败:被改动或系伪造,请勿采信",
            f"{speech.en} signature value does not verify: it was altered or forged, do not rely on it",
        )
    zh, en = WORDS[mistake]
    return failed(
        speech.sub,
        f"{speech.prefix}SIGNATURE_{mistake.value}",
        f"{speech.zh}签名值不合标准:{zh};请要求按标准重新签名",
        f"{speech.en} signature value is not by the standard: {en}; ask for one that is",
    )


def _not_allowed(speech: _Speech, detail: str) -> Finding:
    return unsure(
        SubIndication.CRYPTO_CONSTRAINTS_FAILURE,
        f"{speech.prefix}ALGORITHM_NOT_ALLOWED",
        f"{speech.zh}签名的算法不允许,或与其证书的密钥不相配",
        f"{speech.en} signature uses an algorithm that is not allowed, or not with this key: {detail}",
    )


def _no_certificate(speech: _Speech, detail: str) -> Finding:
    return failed(
        SubIndication.FORMAT_FAILURE,
        f"{speech.prefix}CERTIFICATE_MALFORMED",
        f"{speech.zh}签名所附证书不合格式",
        f"the certificate with {speech.en} signature is not well-formed: {detail}",
    )
