# SPDX-License-Identifier: Apache-2.0
"""What a trust list says: ``{sequence, issued, next_update, expires, publisher, hosts, anchors, …}``.

Signed is ``yinxin/trust-list/v2``, a line feed, and the body in canonical JSON: a signature for another
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
from ..trust import DocumentStatusSource, LogKey, QrKey
from ..x509 import Certificate, Crl, parse_certificate, parse_crl
from .errors import TrustListInvalid
from .members import as_bytes, as_list, as_number, as_object, as_text, as_time, text_of, time_of

FORMAT = "yinxin-trust-list/2"
CONTEXT = b"yinxin/trust-list/v2\n"
QR_KINDS = {"SM2": KeyKind.SM2, "ES256": KeyKind.P256}
LONGEST_AGE = 366 * 86_400
"""Seconds: the longest that a list of document states may be said to serve."""
MOST_WITNESSES = 100
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_MEMBERS = {
    "sequence",
    "issued",
    "next_update",
    "expires",
    "publisher",
    "hosts",
    "anchors",
    "intermediates",
    "crls",
    "qr_keys",
    "log_keys",
    "witnesses",
    "quorum",
    "document_status",
    "seal_makers",
}
_QR_MEMBERS = {
    "kid",
    "algorithm",
    "spki",
    "authority",
    "authorities",
    "kinds",
    "sign_from",
    "sign_until",
    "revoked_at",
    "revocation_reason",
    "dual_from",
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
    """``sequence`` rises with every list of a ``publisher``.

    After ``next_update`` a newer one is due, and whoever checks says so; after ``expires`` nothing passes.
    """

    sequence: int
    issued: datetime
    next_update: datetime
    expires: datetime
    publisher: str
    hosts: tuple[str, ...]
    anchors: tuple[Certificate, ...]
    intermediates: tuple[Certificate, ...]
    crls: tuple[Crl, ...]
    qr_keys: tuple[QrKey, ...]
    log_keys: tuple[LogKey, ...]
    witnesses: tuple[LogKey, ...] = ()
    quorum: int = 0
    """How many of the witnesses must have cosigned a checkpoint; 0 while there are none."""
    document_status: DocumentStatusSource | None = None
    seal_makers: tuple[str, ...] | None = None
    """SHA-256 of the certificates that may make seals; ``None``: the list leaves it to its anchors."""

    def __post_init__(self) -> None:
        as_number(self.sequence, "sequence")
        as_text(self.publisher, "publisher")
        if self.next_update <= self.issued:
            raise TrustListInvalid(field="next_update", rule="must be later than issued")
        if self.expires < self.next_update:
            raise TrustListInvalid(field="expires", rule="must not be before next_update")
        if not self.anchors:
            raise TrustListInvalid(field="anchors", rule="at least one")
        for number, key in enumerate(self.qr_keys):
            _require_qr_key(key, f"qr_keys[{number}]")
        for number, log_key in enumerate(self.log_keys):
            _require_log_key(log_key, f"log_keys[{number}]")
        for number, log_key in enumerate(self.witnesses):
            _require_log_key(log_key, f"witnesses[{number}]")
        if not 0 <= self.quorum <= len({one.name for one in self.witnesses}) <= MOST_WITNESSES:
            raise TrustListInvalid(field="quorum", rule="from 0 to the number of witnesses")

    def to_json(self) -> dict[str, Json]:
        source = self.document_status
        return {
            "sequence": self.sequence,
            "issued": time_of(self.issued),
            "next_update": time_of(self.next_update),
            "expires": time_of(self.expires),
            "publisher": self.publisher,
            "hosts": list(self.hosts),
            "anchors": [text_of(one.der) for one in self.anchors],
            "intermediates": [text_of(one.der) for one in self.intermediates],
            "crls": [text_of(one.der) for one in self.crls],
            "qr_keys": [_qr_key_json(one) for one in self.qr_keys],
            "log_keys": [_log_key_json(one) for one in self.log_keys],
            "witnesses": [_log_key_json(one) for one in self.witnesses],
            "quorum": self.quorum,
            "document_status": None
            if source is None
            else {"address": source.address, "max_age": source.max_age},
            "seal_makers": None if self.seal_makers is None else list[Json](self.seal_makers),
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
    members = as_object(value, "list", _MEMBERS)
    makers = members["seal_makers"]
    return TrustListBody(
        sequence=as_number(members["sequence"], "sequence"),
        issued=as_time(members["issued"], "issued"),
        next_update=as_time(members["next_update"], "next_update"),
        expires=as_time(members["expires"], "expires"),
        publisher=as_text(members["publisher"], "publisher"),
        hosts=as_list(members["hosts"], "hosts", as_text),
        anchors=as_list(members["anchors"], "anchors", as_certificate),
        intermediates=as_list(members["intermediates"], "intermediates", as_certificate),
        crls=as_list(members["crls"], "crls", _crl),
        qr_keys=as_list(members["qr_keys"], "qr_keys", _qr_key),
        log_keys=as_list(members["log_keys"], "log_keys", _log_key),
        witnesses=as_list(members["witnesses"], "witnesses", _log_key),
        quorum=as_number(members["quorum"], "quorum"),
        document_status=_source(members["document_status"], "document_status"),
        seal_makers=None if makers is None else as_list(makers, "seal_makers", _fingerprint),
    )


def _source(value: Json, field: str) -> DocumentStatusSource | None:
    if value is None:
        return None
    members = as_object(value, field, {"address", "max_age"})
    address = as_text(members["address"], f"{field}.address")
    if not address.startswith(("https://", "http://")):
        raise TrustListInvalid(field=f"{field}.address", rule="an address on the web")
    age = as_number(members["max_age"], f"{field}.max_age")
    if not 0 < age <= LONGEST_AGE:
        raise TrustListInvalid(field=f"{field}.max_age", rule=f"1 to {LONGEST_AGE} seconds")
    return DocumentStatusSource(address, age)


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
    revoked, dual = members["revoked_at"], members["dual_from"]
    why = members["revocation_reason"]
    return QrKey(
        kid=as_text(members["kid"], f"{field}.kid"),
        algorithm=as_text(members["algorithm"], f"{field}.algorithm"),
        public_key=_parsed(parse_public_key, as_bytes(members["spki"], f"{field}.spki"), f"{field}.spki"),
        authority=as_text(members["authority"], f"{field}.authority"),
        kinds=as_list(members["kinds"], f"{field}.kinds", as_text),
        sign_from=as_time(members["sign_from"], f"{field}.sign_from"),
        sign_until=as_time(members["sign_until"], f"{field}.sign_until"),
        revoked_at=None if revoked is None else as_time(revoked, f"{field}.revoked_at"),
        authorities=as_list(members["authorities"], f"{field}.authorities", as_text),
        dual_from=None if dual is None else as_time(dual, f"{field}.dual_from"),
        revocation_reason="" if why == "" else as_text(why, f"{field}.revocation_reason"),
    )


def _qr_key_json(key: QrKey) -> dict[str, Json]:
    return {
        "kid": key.kid,
        "algorithm": key.algorithm,
        "spki": text_of(key.public_key.spki),
        "authority": key.authority,
        "authorities": list(key.authorities or ()),
        "kinds": list(key.kinds),
        "sign_from": time_of(key.sign_from),
        "sign_until": time_of(key.sign_until),
        "revoked_at": None if key.revoked_at is None else time_of(key.revoked_at),
        "revocation_reason": key.revocation_reason,
        "dual_from": None if key.dual_from is None else time_of(key.dual_from),
    }


def _require_qr_key(key: QrKey, field: str) -> None:
    if QR_KINDS.get(key.algorithm) is not key.public_key.kind:
        raise TrustListInvalid(field=field, rule="SM2 or ES256, and a key of that kind")
    if key.authorities is None:
        raise TrustListInvalid(field=f"{field}.authorities", rule="the bodies that it may name, or none")


def _log_key(value: Json, field: str) -> LogKey:
    members = as_object(value, field, _LOG_MEMBERS)
    return LogKey(
        name=as_text(members["name"], f"{field}.name"),
        algorithm=as_text(members["algorithm"], f"{field}.algorithm"),
        key=as_bytes(members["key"], f"{field}.key"),
    )


def _log_key_json(key: LogKey) -> dict[str, Json]:
    return {"name": key.name, "algorithm": key.algorithm, "key": text_of(key.key)}


def _require_log_key(key: LogKey, field: str) -> None:
    if key.algorithm == "ed25519" and len(key.key) == 32:
        return
    if key.algorithm == "sm2" and _parsed(parse_public_key, key.key, field).kind is KeyKind.SM2:
        return
    raise TrustListInvalid(field=field, rule="ed25519 with 32 bytes, or sm2 with SubjectPublicKeyInfo")
