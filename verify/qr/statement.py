# SPDX-License-Identifier: Apache-2.0
"""The QR text "IR1": an address that any camera opens, and after ``#`` a signed statement in digits.

``HTTPS://<HOST>/R/<ID>#<DIGITS>``. The part after ``#`` never reaches a server. Its bytes are: 1 byte
algorithm (1 ES256, 2 SM2 with SM3, 3 both), 4 bytes key id, the payload, and ``r || s`` (64 bytes). Signed
are the constant, the host in lower case, a zero byte, algorithm and key id, and the payload: a statement is
worth nothing under another host or in another protocol. SM2 uses the user id 1234567812345678.

With algorithm 3 two keys sign the same bytes: key ids and signatures of SM2 first, then of ES256.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from .digits import from_digits, to_digits
from .document_id import document_id_bytes
from .errors import QrMalformed, QrNotOurs
from .payload import QrFacts, encode_payload, parse_payload, require_stated
from .signature import RAW_SIZE, require_range

CONTEXT = "诚信记录单/QR/v1".encode()
DUAL = "DUAL"
ALGORITHMS = {"ES256": 1, "SM2": 2, DUAL: 3}
PARTS = {"ES256": ("ES256",), "SM2": ("SM2",), DUAL: ("SM2", "ES256")}
"""Which keys sign under each name, in the order of their ids and signatures."""
KID_BYTES = 4
LONGEST_TEXT = 2048
_NAMES = {number: name for name, number in ALGORITHMS.items()}
_HOST = re.compile(
    r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*(?::[0-9]{1,5})?", re.ASCII
)
_KID = re.compile(r"(?:[0-9a-f]{8}){1,2}", re.ASCII)
_ADDRESS = re.compile(
    r"(https?)://([^/?#@\s]+)/r/([0-9a-z]+)(?:#(.*))?", re.ASCII | re.IGNORECASE | re.DOTALL
)
_LOOPBACK = ("localhost", "127.0.0.1")


@dataclass(frozen=True, slots=True)
class QrStatement:
    """What an authority states about one document, and where it is published.

    ``digest`` is over the canonical record (SHA-256, whole or its first 16 bytes). Without ``facts`` it is
    tier T1, with them T2.
    """

    host: str  # lower case, with the port if it is not the usual one
    id: str
    kind: str
    digest: bytes
    issued: date
    valid_until: date | None = None
    log_index: int | None = None
    facts: QrFacts | None = None

    def __post_init__(self) -> None:
        require_host(self.host)
        require_stated(self)

    def signed_bytes(self, algorithm: str, kid: str) -> bytes:
        """The exact message that the key signs, or both.  ``kid``: 8 digits, 16 for ``DUAL``."""
        return CONTEXT + self.host.encode("ascii") + b"\x00" + _header(algorithm, kid) + encode_payload(self)

    def encode(self, algorithm: str, kid: str, signature: bytes, *, scheme: str = "HTTPS") -> str:
        """The text of the code.  ``signature`` is raw ``r || s``, twice for ``DUAL``; ``HTTP`` is only for a
        loopback host.
        """
        envelope = _header(algorithm, kid) + encode_payload(self) + signature
        _require_signature(signature, algorithm)
        _require_scheme(scheme.lower(), self.host)
        return f"{scheme.upper()}://{self.host.upper()}/R/{self.id}#{to_digits(envelope)}"


@dataclass(frozen=True, slots=True)
class SignedQr:
    """A statement as read: well-formed, but *not* verified."""

    statement: QrStatement
    algorithm: str
    kid: str
    signature: bytes  # raw r || s, twice for DUAL
    url: str  # without the signed part
    message: bytes  # what is signed, cut from the code

    def signed_bytes(self) -> bytes:
        return self.message

    @property
    def parts(self) -> tuple[tuple[str, str, bytes], ...]:
        """Algorithm, key id and ``r || s`` of each signature."""
        return tuple(
            (
                algorithm,
                self.kid[2 * KID_BYTES * at : 2 * KID_BYTES * (at + 1)],
                self.signature[RAW_SIZE * at : RAW_SIZE * (at + 1)],
            )
            for at, algorithm in enumerate(PARTS[self.algorithm])
        )


def qr_key_id(spki: bytes) -> str:
    """The usual key id: first four bytes of SHA-256 over SubjectPublicKeyInfo.  Collisions are allowed."""
    return hashlib.sha256(spki).hexdigest()[: 2 * KID_BYTES]


@lru_cache(maxsize=1024)
def require_host(host: str) -> None:
    """A host name in lower case, with an optional port."""
    if len(host) > 120 or not _HOST.fullmatch(host):
        raise QrMalformed(field="host", rule="a host name in lower case, with a port if need be")


def parse_address(text: str) -> tuple[str, str, str, str]:
    """Scheme, host and document id of the address (lower, lower, upper case), and what follows ``#``.

    Raises :class:`QrNotOurs` when the text is not the address of a document.
    """
    match = _ADDRESS.fullmatch(text) if len(text) <= LONGEST_TEXT and text.isascii() else None
    if match is None:
        raise QrNotOurs("not the address of a document: HTTPS://HOST/R/ID")
    scheme, host, document_id, fragment = match.groups()
    scheme, host, document_id = scheme.lower(), host.lower(), document_id.upper()
    require_host(host)
    document_id_bytes(document_id)
    _require_scheme(scheme, host)
    return scheme, host, document_id, fragment or ""


def parse_qr(text: str) -> SignedQr:
    """Structure only: nothing is verified.  Raises :class:`QrMalformed` or :class:`QrNotOurs`."""
    scheme, host, document_id, fragment = parse_address(text)
    if not fragment:
        raise QrNotOurs("an address without a signed statement")
    envelope = from_digits(fragment)
    algorithm = _NAMES.get(envelope[0])
    if algorithm is None:
        raise QrMalformed(
            field="algorithm", rule=f"number {envelope[0]} is not 1 (ES256), 2 (SM2) or 3 (both)"
        )
    signers = len(PARTS[algorithm])
    head, tail = 1 + KID_BYTES * signers, RAW_SIZE * signers
    if len(envelope) <= head + tail:
        raise QrMalformed(field="digits", rule="too short for a signed statement")
    kid = envelope[1:head].hex()
    read = parse_payload(envelope[head:-tail])
    if read[0] != document_id:
        raise QrMalformed(field="id", rule="the address and the statement name different documents")
    signature = envelope[-tail:]
    _require_signature(signature, algorithm)
    statement = QrStatement(host, *read)
    message = CONTEXT + host.encode("ascii") + b"\x00" + envelope[:-tail]
    return SignedQr(statement, algorithm, kid, signature, f"{scheme}://{host}/r/{document_id}", message)


def _header(algorithm: str, kid: str) -> bytes:
    if algorithm not in ALGORITHMS:
        raise QrMalformed(field="algorithm", rule="ES256, SM2 or DUAL")
    if not _KID.fullmatch(kid) or len(kid) != 2 * KID_BYTES * len(PARTS[algorithm]):
        raise QrMalformed(field="kid", rule="eight hexadecimal digits for each key, lower case")
    return bytes([ALGORITHMS[algorithm]]) + bytes.fromhex(kid)


def _require_signature(signature: bytes, algorithm: str) -> None:
    parts = PARTS[algorithm]
    if len(signature) != RAW_SIZE * len(parts):
        raise QrMalformed(field="signature", rule=f"{RAW_SIZE * len(parts)} bytes, not {len(signature)}")
    for at, part in enumerate(parts):
        require_range(signature[RAW_SIZE * at : RAW_SIZE * (at + 1)], part)


def _require_scheme(scheme: str, host: str) -> None:
    if scheme != "https" and (scheme != "http" or host.split(":")[0] not in _LOOPBACK):
        raise QrMalformed(field="scheme", rule="HTTPS (HTTP only on this machine itself)")
