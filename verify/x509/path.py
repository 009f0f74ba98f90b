# SPDX-License-Identifier: Apache-2.0
"""Find certification paths: RFC 5280 section 6.1, built backwards from the certificate.

One choice made: anchors come from the verifier's trust, never from the message. A step needs three things:
the names are the same bytes, the key identifiers do not contradict each other, and the signature verifies.
Whether the certificates on a path may stand there is judged in :mod:`.constraints`. Limits keep a
message with many certificates of one name from costing much.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Final, Protocol

from .certificate import Certificate
from .crl import Crl
from .signatures import signed_by

LONGEST_PATH: Final = 5
MOST_PATHS: Final = 8
MOST_CARRIED: Final = 64
MOST_SIGNATURES: Final = 64

Path = tuple[Certificate, ...]
"""From the certificate to the anchor, both included."""


class TrustedMaterial(Protocol):
    """What a path needs of a verifier's trust."""

    @property
    def anchors(self) -> tuple[Certificate, ...]: ...

    @property
    def intermediates(self) -> tuple[Certificate, ...]: ...

    @property
    def crls(self) -> tuple[Crl, ...]: ...

    @property
    def ends(self) -> datetime | None:
        """After it nothing passes."""


@dataclass(slots=True)
class PathSearch:
    """All ways from a certificate to an anchor.

    ``refused``: a certificate whose issuer is known by name, and whose signature does not verify.
    """

    trust: TrustedMaterial
    carried: Sequence[Certificate] = ()
    refused: Certificate | None = None
    _by_subject: dict[bytes, list[Certificate]] = field(default_factory=dict)
    _anchors: frozenset[bytes] = frozenset()
    _signatures: int = 0

    def __post_init__(self) -> None:
        self._anchors = frozenset(one.der for one in self.trust.anchors)
        known = (*self.trust.anchors, *self.trust.intermediates, *self.carried[:MOST_CARRIED])
        for one in dict.fromkeys(known):
            self._by_subject.setdefault(one.subject.der, []).append(one)

    def paths(self, certificate: Certificate) -> Iterator[Path]:
        """Anchors of the verifier first; at most ``MOST_PATHS``."""
        found = self._extend((certificate,))
        for _, path in zip(range(MOST_PATHS), found, strict=False):
            yield path

    def namesakes(self, one: Certificate) -> Iterator[Certificate]:
        """Other certificates of the same name that are at hand, at most ``MOST_PATHS``."""
        others = (other for other in self._by_subject.get(one.subject.der, ()) if other != one)
        return islice(others, MOST_PATHS)

    def _extend(self, path: Path) -> Iterator[Path]:
        last = path[-1]
        if last.der in self._anchors:
            yield path
            return
        if len(path) == LONGEST_PATH:
            return
        for issuer in self._by_subject.get(last.issuer.der, ()):
            if issuer in path or not keys_agree(last.authority_key_id, issuer):
                continue
            self._signatures += 1
            if self._signatures > MOST_SIGNATURES:
                return
            if signed_by(last, issuer.public_key):
                yield from self._extend((*path, issuer))
            elif self.refused is None:
                self.refused = last


def keys_agree(authority_key_id: bytes | None, issuer: Certificate) -> bool:
    """False when both identifiers are there and differ."""
    return None in (authority_key_id, issuer.subject_key_id) or authority_key_id == issuer.subject_key_id
