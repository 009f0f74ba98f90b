# SPDX-License-Identifier: Apache-2.0
"""Time stamps: read what is asked and sign the answer (RFC 3161, RFC 5816; GM/T 0033 for SM3 with SM2).

Nothing here reads a clock: whoever calls says what time it is, and sends TIME_NOT_AVAILABLE instead when the
clock cannot be trusted.  Serial numbers come from the caller too, who never gives one twice.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Final

from keys import Digest, HashAlgorithm, KeysError, Signer, der, digest, parse_hash
from verify import (
    Accuracy,
    Certificate,
    Timestamp,
    VerifyError,
    parse_timestamp,
)

from .drafting import EXTENDED_KEY_USAGE, LONGEST_SERIAL, whole_seconds
from .errors import CaError, DraftRefused, IssueFailed
from .issuing import require_signature, require_signer
from .profiles import TIME_STAMPING

LARGEST_TIMESTAMP_REQUEST: Final = 4 * 1024
LONGEST_TEXT: Final = 200
MOST_IN_CHAIN: Final = 4
SIGNED_DATA: Final = "1.2.840.113549.1.7.2"
TST_INFO: Final = "1.2.840.113549.1.9.16.1.4"
CONTENT_TYPE: Final = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST: Final = "1.2.840.113549.1.9.4"
SIGNING_TIME: Final = "1.2.840.113549.1.9.5"
SIGNING_CERTIFICATE_V2: Final = "1.2.840.113549.1.9.16.2.47"
_SIGNS = frozenset({"digitalSignature", "nonRepudiation"})


class TimestampFailure(IntEnum):
    """PKIFailureInfo: the number of the bit (RFC 3161 section 2.4.2)."""

    BAD_ALGORITHM = 0
    BAD_REQUEST = 2
    BAD_DATA_FORMAT = 5
    TIME_NOT_AVAILABLE = 14
    UNACCEPTED_POLICY = 15
    UNACCEPTED_EXTENSION = 16
    ADDITIONAL_INFORMATION_NOT_AVAILABLE = 17
    SYSTEM_FAILURE = 25


class TimestampRefused(CaError):
    """A request that gets no time stamp; ``response`` is the refusal to send."""

    def __init__(self, rule: str, failure: TimestampFailure) -> None:
        super().__init__(f"时间戳请求被拒 / time-stamp request refused: {rule}")
        self.rule, self.failure = rule, failure

    @property
    def response(self) -> bytes:
        return make_timestamp_failure(self.failure, self.rule)


@dataclass(frozen=True, slots=True)
class TimestampRequest:
    """What to stamp.  ``policy``: what was asked for, or ``None`` for whichever the authority has."""

    digest: Digest
    policy: str | None
    nonce: int | None
    wants_certificate: bool


def make_timestamp_request(
    digest: Digest, *, nonce: int, policy: str | None = None, wants_certificate: bool = True
) -> bytes:
    """A TimeStampReq, DER; ``nonce`` is new each time, so that no old answer passes for this one."""
    return der.sequence(
        der.integer(1),
        der.sequence(digest.algorithm.algorithm_identifier(), der.octets(digest.value)),
        b"" if policy is None else der.oid(policy),
        der.integer(nonce),
        der.boolean(True) if wants_certificate else b"",
    )


def parse_timestamp_request(body: bytes, *, policies: Collection[str]) -> TimestampRequest:
    """A TimeStampReq, DER.  ``policies`` are accepted.  Raises :class:`TimestampRefused`."""
    if len(body) > LARGEST_TIMESTAMP_REQUEST:
        raise TimestampRefused(f"at most {LARGEST_TIMESTAMP_REQUEST} bytes", TimestampFailure.BAD_DATA_FORMAT)
    try:
        return _request(der.read_only(body), policies)
    except KeysError as error:
        raise TimestampRefused(str(error), TimestampFailure.BAD_DATA_FORMAT) from error


def make_timestamp_failure(failure: TimestampFailure, text: str = "") -> bytes:
    """A TimeStampResp that rejects; ``text`` tells a person why, at most 200 characters of it."""
    told = der.sequence(der.utf8(_sayable(text))) if text else b""
    return der.sequence(der.sequence(der.integer(2), told, der.named_bits([failure.value])))


def _sayable(text: str) -> str:
    """What a client sent may hold half a character, which UTF-8 cannot carry."""
    return text[:LONGEST_TEXT].encode("utf-8", "replace").decode("utf-8")


def make_timestamp_response(token: bytes) -> bytes:
    """A TimeStampResp that grants this token."""
    return der.sequence(der.sequence(der.integer(0)), token)


def make_timestamp(
    *,
    tsa: Certificate,
    signer: Signer,
    digest: Digest,
    policy: str,
    serial: int,
    at: datetime,
    accuracy: Accuracy | None = None,
    nonce: int | None = None,
    with_certificate: bool = True,
    chain: Sequence[Certificate] = (),
) -> bytes:
    """The token, DER.  Raises :class:`DraftRefused` for what a token cannot say, or :class:`IssueFailed`.

    ``chain``: the authorities between the root and ``tsa``, which travel with its certificate, so that a
    relying party needs the root alone.
    """
    # 1. Refuse what no relying party could use.
    at = whole_seconds("at", at)
    _require_authority(tsa, at)
    _require_numbers(serial, nonce, accuracy)
    _require_chain(tsa, chain)
    require_signer(signer, tsa.public_key, signer.scheme)
    # 2. Write and sign.
    try:
        content = _info(digest, policy, serial, at, accuracy, nonce)
    except KeysError as error:
        raise DraftRefused(
            field="policy",
            rule=f"无法编码 / cannot be encoded: {error}",
            todo="请检查策略 / check the policy",
        ) from error
    attributes = _attributes(tsa, signer.scheme.hash, content, at)
    try:
        signature = signer.sign(attributes)
        carried = tuple(one.der for one in (tsa, *chain)) if with_certificate else ()
        token = _token(tsa, signer, content, attributes, signature, carried)
    except KeysError as error:
        raise IssueFailed("sign", str(error)) from error
    # 3. Reopen as relying parties will; compare, then verify.
    try:
        found = parse_timestamp(token)
    except (VerifyError, KeysError) as error:
        raise IssueFailed("reopen", str(error)) from error
    _compare(found, attributes, signature, (digest, policy, serial, at, accuracy, nonce))
    require_signature(tsa.public_key, signature, attributes, signer.scheme)
    return token


def _request(tlv: der.Tlv, policies: Collection[str]) -> TimestampRequest:
    parts = list(der.expect(tlv, der.SEQUENCE).children())
    if not 2 <= len(parts) <= 6 or der.as_integer(parts.pop(0)) != 1:
        raise TimestampRefused("version 1, an imprint, four more at most", TimestampFailure.BAD_REQUEST)
    imprint = _imprint(parts.pop(0))
    policy = der.as_oid(parts.pop(0)) if parts and parts[0].tag == der.OID else None
    nonce = der.as_integer(parts.pop(0)) if parts and parts[0].tag == der.INTEGER else None
    wanted = bool(parts) and parts[0].tag == der.BOOLEAN and der.as_boolean(parts.pop(0))
    if parts and parts[0].tag == 0xA0:
        raise TimestampRefused("no extension is accepted", TimestampFailure.UNACCEPTED_EXTENSION)
    if parts:
        raise TimestampRefused("members that a request does not have", TimestampFailure.BAD_DATA_FORMAT)
    if policy is not None and policy not in policies:
        raise TimestampRefused(f"policy {policy}", TimestampFailure.UNACCEPTED_POLICY)
    if nonce is not None and nonce.bit_length() > 8 * LONGEST_SERIAL:
        raise TimestampRefused(f"a nonce has at most {LONGEST_SERIAL} bytes", TimestampFailure.BAD_REQUEST)
    return TimestampRequest(imprint, policy, nonce, wanted)


def _imprint(tlv: der.Tlv) -> Digest:
    parts = der.expect(tlv, der.SEQUENCE).children()
    if len(parts) != 2:
        raise TimestampRefused("an algorithm and a digest", TimestampFailure.BAD_DATA_FORMAT)
    value = der.as_octets(parts[1])
    try:
        algorithm = parse_hash(der.expect(parts[0], der.SEQUENCE).raw)
    except KeysError as error:
        raise TimestampRefused(f"digest algorithm: {error}", TimestampFailure.BAD_ALGORITHM) from error
    if len(value) != algorithm.size:
        raise TimestampRefused(
            f"a {algorithm} digest has {algorithm.size} bytes", TimestampFailure.BAD_DATA_FORMAT
        )
    return Digest(algorithm, value)


def _require_authority(tsa: Certificate, at: datetime) -> None:
    alone = der.sequence(der.oid(EXTENDED_KEY_USAGE), der.boolean(True), der.octets(_ALONE))
    if (
        tsa.extended_key_usage != frozenset({TIME_STAMPING})
        or alone not in tsa.tbs
        or tsa.is_ca
        or not _SIGNS & (tsa.key_usage or frozenset())
    ):
        raise DraftRefused(
            field="tsa",
            rule="扩展密钥用途须为关键且仅含时间戳 / extended key usage timeStamping, critical and alone",
            todo="请用tsa模板签发的证书 / use a certificate of profile tsa",
        )
    if not tsa.not_before <= at <= tsa.not_after:
        raise DraftRefused(
            field="tsa",
            rule="时间戳证书不在有效期内 / the certificate of the authority is not valid",
            todo="请换用新证书 / use a new one",
        )


def _require_chain(tsa: Certificate, chain: Sequence[Certificate]) -> None:
    below = tsa
    for one in chain:
        if not one.is_ca or one.subject.der != below.issuer.der or len(chain) > MOST_IN_CHAIN:
            raise DraftRefused(
                field="chain",
                rule="证书链须自时间戳证书的签发机构起逐级向上 / each the issuer of the one before it",
                todo="请按次序给出签发机构证书,不含其他 / give the issuing authorities in order",
            )
        below = one


def _require_numbers(serial: int, nonce: int | None, accuracy: Accuracy | None) -> None:
    if serial <= 0 or serial.bit_length() > 8 * LONGEST_SERIAL:
        raise DraftRefused(
            field="serial",
            rule="序列号为正数,不超过20字节 / positive, at most 20 octets",
            todo="每个时间戳用新序列号 / use a new one for each",
        )
    if nonce is not None and nonce.bit_length() > 8 * LONGEST_SERIAL:
        raise DraftRefused(
            field="nonce",
            rule="随机数不超过20字节 / at most 20 octets",
            todo="请照请求原样返回 / repeat the one of the request",
        )
    if accuracy is not None and not (
        0 <= accuracy.seconds <= 86_400 and 0 <= accuracy.millis <= 999 and 0 <= accuracy.micros <= 999
    ):
        raise DraftRefused(
            field="accuracy",
            rule="精度:秒不超过一天,毫秒、微秒不超过999 / up to a day, millis and micros up to 999",
            todo="请给出时钟的真实精度 / state that of the clock",
        )


def _info(
    imprint: Digest, policy: str, serial: int, at: datetime, accuracy: Accuracy | None, nonce: int | None
) -> bytes:
    return der.sequence(
        der.integer(1),
        der.oid(policy),
        der.sequence(imprint.algorithm.algorithm_identifier(), der.octets(imprint.value)),
        der.integer(serial),
        der.generalized(at),
        b"" if accuracy is None else _accuracy(accuracy),
        b"" if nonce is None else der.integer(nonce),
    )


def _accuracy(accuracy: Accuracy) -> bytes:
    return der.sequence(
        der.integer(accuracy.seconds) if accuracy.seconds else b"",
        der.implicit(0, der.integer(accuracy.millis)) if accuracy.millis else b"",
        der.implicit(1, der.integer(accuracy.micros)) if accuracy.micros else b"",
    )


def _attributes(tsa: Certificate, algorithm: HashAlgorithm, content: bytes, at: datetime) -> bytes:
    """The SET that the key signs."""
    return der.set_of(
        _attribute(CONTENT_TYPE, der.oid(TST_INFO)),
        _attribute(SIGNING_TIME, der.time(at)),
        _attribute(MESSAGE_DIGEST, der.octets(digest(algorithm, content).value)),
        _attribute(SIGNING_CERTIFICATE_V2, der.sequence(der.sequence(_certificate_id(tsa, algorithm)))),
    )


def _certificate_id(tsa: Certificate, algorithm: HashAlgorithm) -> bytes:
    """ESSCertIDv2 (RFC 5035 section 4); SHA-256 is the default and therefore not written."""
    name = der.sequence(der.explicit(4, tsa.issuer.der))
    return der.sequence(
        b"" if algorithm is HashAlgorithm.SHA256 else algorithm.algorithm_identifier(),
        der.octets(digest(algorithm, tsa.der).value),
        der.sequence(name, der.integer(tsa.serial)),
    )


def _attribute(kind: str, value: bytes) -> bytes:
    return der.sequence(der.oid(kind), der.set_of(value))


def _token(
    tsa: Certificate,
    signer: Signer,
    content: bytes,
    attributes: bytes,
    signature: bytes,
    carried: tuple[bytes, ...],
) -> bytes:
    algorithm = signer.scheme.hash.algorithm_identifier()
    info = der.sequence(
        der.integer(1),
        der.sequence(tsa.issuer.der, der.integer(tsa.serial)),
        algorithm,
        der.implicit(0, attributes),
        signer.scheme.algorithm_identifier(),
        der.octets(signature),
    )
    body = der.sequence(
        der.integer(3),
        der.set_of(algorithm),
        der.sequence(der.oid(TST_INFO), der.explicit(0, der.octets(content))),
        der.implicit(0, der.set_of(*carried)) if carried else b"",
        der.set_of(info),
    )
    return der.sequence(der.oid(SIGNED_DATA), der.explicit(0, body))


def _compare(
    found: Timestamp,
    attributes: bytes,
    signature: bytes,
    meant: tuple[Digest, str, int, datetime, Accuracy | None, int | None],
) -> None:
    info, signer = found.info, found.signed.signer
    read = (info.digest, info.policy, info.serial, info.at, info.accuracy, info.nonce)
    same = signer.attributes is not None and signer.attributes.to_be_signed == attributes
    if read != meant or not same or signer.signature != signature:
        raise IssueFailed("compare", "the reader sees something else than was meant")


_ALONE = der.sequence(der.oid(TIME_STAMPING))
