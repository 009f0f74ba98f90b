# SPDX-License-Identifier: Apache-2.0
"""The document time stamps of a file, judged from the newest to the oldest, and what they prove.

ISO 32000-2 section 12.8.5, EN 319 142-1 section 5.4.3, EN 319 102-1 section 5.6.3: the newest holds today,
each older one at the time of the next.  What a time stamp covers existed at its time: signatures, older time
stamps, and whatever of the security store stands in the bytes that it digests.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from keys import Digest, HashAlgorithm

from ..long_term import Material, Proof, Situation, check_stamp
from ..report import SignatureReport
from ..trust import Trust
from .coverage import Coverage
from .reading import SignatureField
from .validation_data import SecurityStore

RFC_3161: Final = "ETSI.RFC3161"
Digests = Callable[[HashAlgorithm], Digest]


class TimeStamps:
    """Of one file.  :meth:`judge` is asked from the newest to the oldest, :meth:`around` afterwards."""

    def __init__(self, data: bytes, *, trust: Trust, at: datetime, store: SecurityStore | None) -> None:
        self._data, self._trust, self._at, self._store = data, trust, at, store
        self._material = Material() if store is None else store.material()
        self._proofs: list[tuple[Coverage, Proof]] = []  # the newest first

    @property
    def material(self) -> Material:
        """All that the security store holds."""
        return self._material

    def around(self, coverage: Coverage) -> Situation:
        """From where whatever has this place in the file is judged."""
        proofs = tuple(proof for stamp, proof in reversed(self._proofs) if coverage.end <= stamp.gap)
        return Situation(self._trust, self._at, self._material, proofs)

    def judge(
        self, field: SignatureField, coverage: Coverage, content: Digests, *, in_place: bool
    ) -> SignatureReport:
        """The verdict on one; when it is a pass and ``in_place``, what it covers is proven from here on."""
        report, proven = check_stamp(coverage.der, content, self.around(coverage))
        if proven is not None and in_place:
            self._proofs.append((coverage, Proof(proven, self._covered(coverage), field.name)))
        return report

    def _covered(self, coverage: Coverage) -> Material:
        if self._store is None:
            return Material()
        ranges = ((0, coverage.gap), (coverage.resume, coverage.end))
        return self._store.material(self._data, ranges)


def is_time_stamp(field: SignatureField) -> bool:
    """By sub-filter: the type is checked with the rest of its form."""
    return field.sub_filter == RFC_3161
