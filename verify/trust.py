# SPDX-License-Identifier: Apache-2.0
"""What a verifier trusts.  It comes from configuration or a signed trust list, never from what is checked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from keys import PublicKey

from .document_states import DocumentStatusList
from .seal_states import SealStatusList
from .x509 import Certificate, Crl


@dataclass(frozen=True, slots=True)
class LogKey:
    """A key that signs checkpoints of the public log, or cosigns them as a witness.

    ``key``: 32 raw bytes for ``ed25519``, SubjectPublicKeyInfo for ``sm2``.
    """

    name: str  # the origin line of its log
    algorithm: str
    key: bytes


@dataclass(frozen=True, slots=True)
class QrKey:
    """A key that signs statements in QR codes, and what it may sign when: body, kind of document, period."""

    kid: str  # eight lower-case hexadecimal digits
    algorithm: str  # "SM2" or "ES256"
    public_key: PublicKey
    authority: str
    """Name of the body that holds the key."""
    kinds: tuple[str, ...]
    sign_from: datetime
    sign_until: datetime
    revoked_at: datetime | None
    """From then on nothing that it signs is believed; what the log held before is."""
    authorities: tuple[str, ...] | None = None
    """Codes of the bodies that its statements may name; ``None``: this trust does not say, and all may be."""
    dual_from: datetime | None = None
    """From then on it signs only together with a key of the other algorithm."""
    revocation_reason: str = ""


@dataclass(frozen=True, slots=True)
class DocumentStatusSource:
    """Where the list of document states is published, and how old it may be before that is said."""

    address: str
    max_age: int
    """Seconds."""


@dataclass(frozen=True, slots=True)
class Trust:
    """Anchors are believed; intermediates and revocation lists only help to find and to check a path.

    ``next_update``: after it a fresher list is due, which is said; after ``expires`` nothing passes.
    ``seal_status``, ``document_status``: how seals and documents stood when; their own time passes apart from
    that of the trust.
    ``seal_makers``: SHA-256 (lower-case hexadecimal) of the certificates that may make seals; ``None``:
    whoever an anchor vouches for, as GB/T 38540 has it.
    ``witnesses``: who cosigns checkpoints of the log; ``quorum`` of them are asked for.
    """

    anchors: tuple[Certificate, ...] = ()
    intermediates: tuple[Certificate, ...] = ()
    crls: tuple[Crl, ...] = ()
    qr_keys: tuple[QrKey, ...] = ()
    log_keys: tuple[LogKey, ...] = ()
    hosts: tuple[str, ...] = ()
    issued: datetime | None = None
    next_update: datetime | None = None
    sequence: int | None = None
    source: str = ""
    seal_status: SealStatusList | None = None
    seal_makers: tuple[str, ...] | None = None
    expires: datetime | None = None
    witnesses: tuple[LogKey, ...] = ()
    quorum: int = 0
    document_status: DocumentStatusList | None = None
    document_status_source: DocumentStatusSource | None = None

    @property
    def ends(self) -> datetime | None:
        """After it nothing passes; without ``expires`` a trust that is due for renewal is over."""
        return self.expires if self.expires is not None else self.next_update
