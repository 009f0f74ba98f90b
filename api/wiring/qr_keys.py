# SPDX-License-Identifier: Apache-2.0
"""The keys of QR codes in operation: which of them sign, and how they change."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property

from verify import QrKey

from ..certificates import CertificateService
from ..documents import QrSigner
from ..publication import TrustPublisher
from ..settings import Settings

_ALGORITHMS = {"sm2": ("SM2",), "es256": ("ES256",), "dual": ("SM2", "ES256")}


class QrKeys:
    """Signs with the key of now, and publishes each change of keys.  Safe to share between threads."""

    def __init__(self, certificates: CertificateService, publisher: TrustPublisher, codes: str) -> None:
        self._certificates, self._publisher, self._codes = certificates, publisher, codes

    def signer(self) -> QrSigner:
        """What signs a code now: one key, or one of each algorithm."""
        names = _ALGORITHMS[self._codes]
        dual = len(names) > 1
        parts = [self._certificates.qr_signer(name, dual=dual) for name in names]
        return QrSigner(
            kid="".join(kid for kid, _ in parts),
            algorithm="DUAL" if dual else names[0],
            signers=tuple(signer for _, signer in parts),
        )

    def listed(self) -> tuple[QrKey, ...]:
        """Every key that there ever was, oldest first."""
        return self._certificates.trust().qr_keys

    def rotate(self, algorithm: str, *, dual: bool = False, by: str) -> QrKey:
        """A new key; the one before may sign for 30 days more.  Raises :class:`QrKeyRefused`."""
        publish = self._publisher.publish
        return self._certificates.rotate_qr_key(algorithm, publish=publish, dual=dual, by=by)

    def revoke(self, kid: str, *, reason: str, by: str, since: datetime | None = None) -> QrKey:
        """End a key from a time on; raises :class:`QrKeyRefused`."""
        publish = self._publisher.publish
        return self._certificates.revoke_qr_key(kid, publish=publish, since=since, reason=reason, by=by)


class QrRooms:
    """Part of the wired service."""

    settings: Settings
    certificates: CertificateService
    publisher: TrustPublisher

    @cached_property
    def qr_keys(self) -> QrKeys:
        """Keys of QR codes."""
        return QrKeys(self.certificates, self.publisher, self.settings.documents_codes)
