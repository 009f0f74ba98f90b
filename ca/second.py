# SPDX-License-Identifier: Apache-2.0
"""The port for a lint by somebody else, which the wiring fills when one is installed."""

from __future__ import annotations

from typing import Protocol

from .drafting import Draft
from .errors import Finding


class SecondLint(Protocol):
    """Judges certificates beside our own rules; its findings refuse a draft as ours do."""

    def judges(self, order: Draft) -> bool:
        """Does it know the algorithms of this one?"""

    def certificate(self, encoded: bytes) -> tuple[Finding, ...]:
        """What it holds against a certificate; the signature is one that no key made."""
