# SPDX-License-Identifier: Apache-2.0
"""Make a seal signature (签章): GB/T 38540-2020 clause 7.2, in one call or in two steps.

Preparing fixes every byte but the signature value and an optional time stamp; completing checks that value
before it is written.  What lies between is plain typed data.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from keys import Digest, KeyKind, KeysError, Scheme, Signer, digest
from keys.der import (
    BIT_STRING,
    IA5,
    SEQUENCE,
    bits,
    boolean,
    element,
    explicit,
    generalized,
    octets,
    oid,
    sequence,
)
from verify import (
    AUTHORITY_OID,
    AuthorityMalformed,
    Certificate,
    Json,
    VerifyError,
    parse_authority,
    parse_certificate,
)

from ..errors import SignatureMismatch, StateMalformed
from ..kept import kept_bytes, kept_digest
from ..timestamping import Timestamper, signature_token
from .errors import SesRefused
from .making import bare_scheme
from .template import Template, template

FORMAT: Final = "yinxin-prepared-ses/1"
LARGEST: Final = 4 * 1024 * 1024
LONGEST_PROPERTY: Final = 1024
_LONGEST_SIGNATURE: Final = {
    KeyKind.SM2: 72,
    KeyKind.P256: 72,
    KeyKind.P384: 104,
    KeyKind.RSA2048: 256,
    KeyKind.RSA3072: 384,
    KeyKind.RSA4096: 512,
}


@dataclass(frozen=True, slots=True)
class PreparedSes:
    """A seal signature that lacks nothing but its value.

    ``to_be_signed`` is TBS_Sign: exactly what the key signs, under ``scheme``.
    """

    to_be_signed: bytes = field(repr=False)
    certificate: Certificate
    scheme: Scheme
    tail: bytes = field(repr=False)
    content: Digest
    property_info: str
    at: datetime
    authority: bytes | None = field(repr=False)

    def state(self) -> dict[str, Json]:
        """Everything but the seal, as JSON."""
        return {
            "format": FORMAT,
            "certificate": self.certificate.der.hex(),
            "digest_algorithm": self.content.algorithm.value,
            "digest": self.content.value.hex(),
            "property_info": self.property_info,
            "at": self.at.isoformat(),
            "authority": None if self.authority is None else self.authority.hex(),
            "to_be_signed_digest": digest(self.scheme.hash, self.to_be_signed).hex,
        }

    @staticmethod
    def restore(state: Json, esl: bytes) -> PreparedSes:
        """The reverse of :meth:`state`; raises :class:`~seal.StateMalformed` unless ``esl`` is that seal, and
        :class:`SesRefused` when the seal cannot be used."""
        if not isinstance(state, dict) or state.get("format") != FORMAT:
            raise StateMalformed("format")
        property_info, authority = state.get("property_info"), state.get("authority")
        if not isinstance(property_info, str):
            raise StateMalformed("property_info")
        try:
            at = datetime.fromisoformat(str(state.get("at")))
            certificate = parse_certificate(kept_bytes(state, "certificate"))
        except (ValueError, VerifyError) as error:
            raise StateMalformed("at" if isinstance(error, ValueError) else "certificate") from error
        if at.tzinfo is None:
            raise StateMalformed("at")
        prepared = prepare_ses(
            esl,
            content=kept_digest(state),
            property_info=property_info,
            at=at,
            certificate=certificate,
            authority=None if authority is None else kept_bytes(state, "authority"),
        )
        if prepared.state() != state:
            raise StateMalformed("to_be_signed")
        return prepared


def prepare_ses(
    esl: bytes,
    *,
    content: Digest,
    property_info: str,
    at: datetime,
    certificate: Certificate,
    authority: bytes | None = None,
) -> PreparedSes:
    """What the key of ``certificate`` has to sign, to put the seal ``esl`` on what has this digest.

    ``property_info``: in OFD the absolute path of Signature.xml, in PDF the protected byte range.
    ``authority``: the statement of :class:`verify.Authority`, encoded.  Raises :class:`SesRefused`.
    """
    usable = template(esl, certificate)
    return _prepared(usable, content, property_info, at, authority, usable.scheme)


def complete_ses(prepared: PreparedSes, signature: bytes, *, timestamp: bytes | None = None) -> bytes:
    """SES_Signature.  ``timestamp``: a token over the octets of the signature value.

    Raises :class:`~seal.SignatureMismatch` for a wrong signature, :class:`~seal.TimestampUnfit`.
    """
    try:
        prepared.certificate.public_key.verify(signature, prepared.to_be_signed, prepared.scheme)
    except KeysError as error:
        raise SignatureMismatch from error
    if timestamp is not None:
        timestamp = signature_token(signature, prepared.scheme.hash, lambda _: bytes(timestamp or b""))
    return encode_ses(prepared, signature, timestamp)


def seal_ses(
    esl: bytes,
    signer: Signer,
    *,
    content: Digest,
    property_info: str,
    at: datetime,
    certificate: Certificate,
    authority: bytes | None = None,
    timestamper: Timestamper | None = None,
) -> bytes:
    """Prepare, sign, complete.

    Raises what the three raise, :class:`~seal.SignerMismatch`, and what the authority of time raises.
    """
    usable = template(esl, certificate)
    scheme = bare_scheme(signer, certificate)
    prepared = _prepared(usable, content, property_info, at, authority, scheme)
    signature = signer.sign(prepared.to_be_signed)
    token = None if timestamper is None else signature_token(signature, scheme.hash, timestamper)
    return complete_ses(prepared, signature, timestamp=token)


def ses_room(
    esl: bytes,
    certificate: Certificate,
    *,
    property_info: int = LONGEST_PROPERTY,
    authority: bytes | None = None,
    timestamp: int = 0,
) -> int:
    """How many octets :func:`complete_ses` returns at most; nothing is signed to find out.

    ``property_info``: octets of its longest value.  ``timestamp``: octets of the longest token, 0 for none;
    ``TOKEN_ROOM`` of :mod:`seal.timestamping` is a good guess.
    """
    usable = template(esl, certificate)
    hash_size = usable.scheme.hash.size
    body = (
        usable.head
        + generalized(_SOME_TIME)
        + bits(bytes(hash_size))
        + element(IA5, bytes(property_info))
        + _extensions(authority)
    )
    signature = bits(bytes(_LONGEST_SIGNATURE[certificate.public_key.kind]))
    stamp = explicit(0, bits(bytes(timestamp))) if timestamp else b""
    return len(sequence(sequence(body), usable.tail, signature, stamp))


_SOME_TIME: Final = datetime(2000, 1, 1, tzinfo=UTC)


def _prepared(
    usable: Template,
    content: Digest,
    property_info: str,
    at: datetime,
    authority: bytes | None,
    scheme: Scheme,
) -> PreparedSes:
    moment, written = _moment(at)
    usable.require_time(moment)
    if content.algorithm is not scheme.hash:
        raise SesRefused("content-digest-wrong", f"{content.algorithm}, not {scheme.hash}")
    body = (
        usable.head
        + written
        + element(BIT_STRING, b"\x00" + content.value)
        + _property(property_info)
        + (b"" if authority is None else _extensions(authority))
    )
    tail = usable.tail if scheme is usable.scheme else octets(usable.certificate.der) + oid(scheme.oid)
    return PreparedSes(
        element(SEQUENCE, body), usable.certificate, scheme, tail, content, property_info, moment, authority
    )


def encode_ses(prepared: PreparedSes, signature: bytes, timestamp: bytes | None) -> bytes:
    made = element(
        SEQUENCE,
        prepared.to_be_signed
        + prepared.tail
        + element(BIT_STRING, b"\x00" + signature)
        + (b"" if timestamp is None else explicit(0, bits(timestamp))),
    )
    if len(made) > LARGEST:
        raise SesRefused("signature-too-large")
    return made


@lru_cache(maxsize=1024)
def _moment(at: datetime) -> tuple[datetime, bytes]:
    """Whole seconds in UTC, and the GeneralizedTime of that."""
    if at.utcoffset() is None:
        raise SesRefused("seal-outside-period", "the time says no zone")
    whole = at.astimezone(UTC).replace(microsecond=0)
    return whole, generalized(whole)


@lru_cache(maxsize=1024)
def _property(text: str) -> bytes:
    if not text.isascii() or "\x00" in text or len(text) > LONGEST_PROPERTY:
        raise SesRefused("property-malformed", f"at most {LONGEST_PROPERTY} characters")
    return element(IA5, text.encode("ascii"))


@lru_cache(maxsize=256)
def _extensions(authority: bytes | None) -> bytes:
    """``[0] EXPLICIT`` ExtensionDatas with the statement; ``critical`` is written although it is the default.

    ofdrw's reader demands three elements, and no reader minds.
    """
    if authority is None:
        return b""
    try:
        parse_authority(authority)
    except AuthorityMalformed as error:
        raise SesRefused("authority-malformed", str(error)) from error
    return explicit(0, sequence(sequence(oid(AUTHORITY_OID), boolean(False), octets(authority))))
