# SPDX-License-Identifier: Apache-2.0
"""Seal at a level of EN 319 142-1 with the service's own time-stamping authorities.

SM2 seals are stamped by the SM2 authority over SM3, all others by the RSA one over SHA-2: a file stays within
one family of algorithms from end to end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from keys import Digest, HashAlgorithm, KeyKind
from seal import Evidence, Level, SealingCertificate, Timestamper, extend_pdf

LEVELS: Final = ("B-B", "B-T", "B-LT", "B-LTA")
_SM2, _RSA = ("tsa-sm2", HashAlgorithm.SM3), ("tsa-rsa", HashAlgorithm.SHA256)


@dataclass(frozen=True, slots=True)
class PreservingPorts:
    """``stamp``: a token of one authority, by the label of its key.

    ``authority``: what shows later that its certificate was good, the root included.
    """

    stamp: Callable[[str, Digest], bytes]
    authority: Callable[[str], Evidence]
    clock: Callable[[], datetime]


class Preserving:
    """Time stamps and evidence for sealed files."""

    def __init__(self, ports: PreservingPorts) -> None:
        self._ports = ports

    def now(self) -> datetime:
        """The clock of the time stamps."""
        return self._ports.clock()

    def stamper(self, kind: KeyKind, level: str) -> Timestamper | None:
        """Who stamps signatures of this kind of key; nobody at level B-B."""
        if level == "B-B":
            return None
        label, _ = family(kind)  # P-384 signs over SHA-384, which the RSA authority stamps as well
        return lambda digest: self._ports.stamp(label, digest)

    def extended(self, pdf: bytes, sealing: SealingCertificate, level: str) -> bytes:
        """The sealed file with what this level asks for beyond the signature's own time stamp."""
        if level in ("B-B", "B-T"):
            return pdf
        label, algorithm = family(sealing.certificate.public_key.kind)
        own = Evidence((sealing.certificate, *sealing.chain), sealing.crls)
        return extend_pdf(
            pdf,
            evidence=own.with_(self._ports.authority(label)),
            timestamper=lambda digest: self._ports.stamp(label, digest),
            algorithm=algorithm,
            at=self._ports.clock(),
            level=Level(level),
        )


@dataclass(frozen=True, slots=True)
class AtLevel:
    """All files at one level, as the operator set it."""

    preserving: Preserving
    level: str

    def stamper(self, sealing: SealingCertificate) -> Timestamper | None:
        """Who stamps this seal's signatures."""
        return self.preserving.stamper(sealing.certificate.public_key.kind, self.level)

    def extended(self, pdf: bytes, sealing: SealingCertificate) -> bytes:
        """The sealed file with what the level asks for."""
        return self.preserving.extended(pdf, sealing, self.level)

    def now(self) -> datetime:
        """The clock of the time stamps."""
        return self.preserving.now()


def family(kind: KeyKind) -> tuple[str, HashAlgorithm]:
    """Which authority stamps what this kind of key sealed, and over which digest."""
    return _SM2 if kind is KeyKind.SM2 else _RSA
