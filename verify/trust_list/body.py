# SPDX-License-Identifier: Apache-2.0
"""What a trust list says: ``{sequence, issued, next_update, publisher, hosts, anchors, …}``.

Signed is ``yinxin/trust-list/v1``, a line feed, and the body in canonical JSON: a signature for another
purpose can never be one for a list. Certificates, lists and keys are base64 of DER; times are UTC with whole
seconds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from keys import KeyKind, KeysError, parse_public_key

from ..canonical import Json, JsonMalformed, canonical_json
from ..errors import VerifyError
from ..trust import LogKey, QrKey
from ..x509 import Certificate, Crl, parse_certificate, parse_crl
from .errors import TrustListInvalid
from .members import as_bytes, as_list, as_number, as_object, as_text, as_time, text_of, time_of

FORMAT = "yinxin-trust-list/1"
CONTEXT = b"yinxin/trust-list/v1\n"
QR_KINDS = {"SM2": KeyKind.SM2, "ES256": KeyKind.P256}
SEAL_MAKERS = "seal_makers"
"""Optional: lists that were published before it existed do not have it."""
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_MEMBERS = {
    "sequence",
    "issued",
    "next_update",
    "publisher",
    "hosts",
    "anchors",
    "intermediates",
    "crls",
    "qr_keys",
    "log_keys",
}
_QR_MEMBERS = {
    "kid",
    "algorithm",
    "spki",
    "authority",
    "kinds",
    "sign_from",
    "sign_until",
    "revoked_at",
}
_LOG_MEMBERS = {"name", "algorithm", "key"}
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class TrustListSignature:
    """A signature over ``TrustListBody.signed_bytes()`` by the default scheme of its certificate's key."""

    certificate: Certificate
    signature: bytes


@dataclass(frozen=True, slots=True)
class TrustListBody:
    """``sequence`` rises with every list of a ``publisher``; after ``next_update`` nothing passes with it."""

    sequence: int
    issued: datetime
    next_update: datetime
    publisher: str
    hosts: tuple[str, ...]
    anchors: tuple[Certificate, ...]
    intermediates: tuple[Certificate, ...]
    crls: tuple[Crl, ...]
    qr_keys: tuple[QrKey, ...]
    log_keys: tuple[LogKey, ...]
    seal_makers: tuple[str, ...] | None = None
    """SHA-256 of the certificates that may make seals; ``None``: the list does not say, and has no member."""

    def __post_init__(self) -> None:
        as_number(self.sequence, "sequence")
        as_text(self.publisher, "publisher")
        if self.next_update <= self.issued:
            raise TrustListInvalid(field="next_update", rule="must be later than issued")
        if not self.anchors:
            raise TrustListInvalid(field="anchors", rule="at least one")
        for number, key in enumerate(self.qr_keys):
            if QR_KINDS.get(key.algorithm) is not key.public_key.kind:
                raise TrustListInvalid(
                    field=f"qr_keys[{number}]", rule="SM2 or ES256, and a key of that kind"
                )
        for number, log_key in enumerate(self.log_keys):
            _require_log_key(log_key, f"log_keys[{number}]")

    def to_json(self) -> dict[str, Json]:
        makers: dict[str, Json] = (
            {} if self.seal_makers is None else {SEAL_MAKERS: list[Json](self.seal_makers)}
        )
        return {
            **makers,
            "sequence": self.sequence,
            "issued": time_of(self.issued),
            "next_update": time_of(self.next_update),
            "publisher": self.publisher,
            "hosts": list(self.hosts),
            "anchors": [text_of(one.der) for one in self.anchors],
            "intermediates": [text_of(one.der) for one in self.intermediates],
            "crls": [text_of(one.der) for one in self.crls],
            "qr_keys": [_qr_key_json(one) for one in self.qr_keys],
            "log_keys": [
                {"name": one.name, "algorithm": one.algorithm, "key": text_of(one.key)}
                for one in self.log_keys
            ],
        }

    def signed_bytes(self) -> bytes:
        """What every signature of the list is over.  Raises :class:`TrustListInvalid`."""
        try:
            return CONTEXT + canonical_json(self.to_json())
        except JsonMalformed as error:
            raise TrustListInvalid(field="list", rule=str(error)) from error

    def encode(self, signatures: Sequence[TrustListSignature]) -> bytes:
        """The file with these signatures; they are not verified.  Raises :class:`TrustListInvalid`."""
        value: dict[str, Json] = {
            "format": FORMAT,
            "list": self.to_json(),
            "signatures": [
                {"certificate": text_of(one.certificate.der), "signature": text_of(one.signature)}
                for one in signatures
            ],
        }
        try:
            return canonical_json(value)
        except JsonMalformed as error:
            raise TrustListInvalid(field="list", rule=str(error)) from error


def parse_body(value: Json) -> TrustListBody:
    """Raises :class:`TrustListInvalid`."""
    told = isinstance(value, dict) and SEAL_MAKERS in value
    members = as_object(value, "list", _MEMBERS | {SEAL_MAKERS} if told else _MEMBERS)
    return TrustListBody(
        sequence=as_number(members["sequence"], "sequence"),
        issued=as_time(members["issued"], "issued"),
        next_update=as_time(members["next_update"], "next_update"),
        publisher=as_text(members["publisher"], "publisher"),
        hosts=as_list(members["hosts"], "hosts", as_text),
        anchors=as_list(members["anchors"], "anchors", as_certificate),
        intermediates=as_list(members["intermediates"], "intermediates", as_certificate),
        crls=as_list(members["crls"], "crls", _crl),
        qr_keys=as_list(members["qr_keys"], "qr_keys", _qr_key),
        log_keys=as_list(members["log_keys"], "log_keys", _log_key),
        seal_makers=as_list(members[SEAL_MAKERS], SEAL_MAKERS, _fingerprint) if told else None,
    )


def _fingerprint(value: Json, field: str) -> str:
    found = as_text(value, field)
    if not _SHA256.fullmatch(found):
        raise TrustListInvalid(field=field, rule="SHA-256 of a certificate, 64 lower-case hex digits")
    return found


def as_certificate(value: Json, field: str) -> Certificate:
    """A certificate in base64 of DER."""
    return _parsed(parse_certificate, as_bytes(value, field), field)


def _crl(value: Json, field: str) -> Crl:
    return _parsed(parse_crl, as_bytes(value, field), field)


def _parsed(parse: Callable[[bytes], _T], encoded: bytes, field: str) -> _T:
    try:
        return parse(encoded)
    except (VerifyError, KeysError) as error:
        raise TrustListInvalid(field=field, rule=str(error)) from error


def _qr_key(value: Json, field: str) -> QrKey:
    members = as_object(value, field, _QR_MEMBERS)
    revoked = members["revoked_at"]
    return QrKey(
        kid=as_text(members["kid"], f"{field}.kid"),
        algorithm=as_text(members["algorithm"], f"{field}.algorithm"),
        public_key=_parsed(parse_public_key, as_bytes(members["spki"], f"{field}.spki"), f"{field}.spki"),
        authority=as_text(members["authority"], f"{field}.authority"),
        kinds=as_list(members["kinds"], f"{field}.kinds", as_text),
        sign_from=as_time(members["sign_from"], f"{field}.sign_from"),
        sign_until=as_time(members["sign_until"], f"{field}.sign_until"),
        revoked_at=None if revoked is None else as_time(revoked, f"{field}.revoked_at"),
    )


def _qr_key_json(key: QrKey) -> dict[str, Json]:
    return {
        "kid": key.kid,
        "algorithm": key.algorithm,
        "spki": text_of(key.public_key.spki),
        "authority": key.authority,
        "kinds": list(key.kinds),
        "sign_from": time_of(key.sign_from),
        "sign_until": time_of(key.sign_until),
        "revoked_at": None if key.revoked_at is None else time_of(key.revoked_at),
    }


def _log_key(value: Json, field: str) -> LogKey:
    members = as_object(value, field, _LOG_MEMBERS)
    return LogKey(
        name=as_text(members["name"], f"{field}.name"),
        algorithm=as_text(members["algorithm"], f"{field}.algorithm"),
        key=as_bytes(members["key"], f"{field}.key"),
    )


def _require_log_key(key: LogKey, field: str) -> None:
    if key.algorithm == "ed25519" and len(key.key) == 32:
        return
    if key.algorithm == "sm2" and _parsed(parse_public_key, key.key, field).kind is KeyKind.SM2:
        return
    raise TrustListInvalid(field=field, rule="ed25519 with 32 bytes, or sm2 with SubjectPublicKeyInfo")
