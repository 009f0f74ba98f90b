# SPDX-License-Identifier: Apache-2.0
"""The published log and its witnesses."""

from __future__ import annotations

from functools import cached_property

from ..ledger import Ledger, LogPublisher
from ..settings import Settings


class LogRooms:
    """Part of the wired service."""

    settings: Settings
    ledger: Ledger

    @cached_property
    def log_publisher(self) -> LogPublisher:
        """Keeps the folder of static files at what the database holds."""
        return self.ledger.publisher(self.settings.log_folder)

    def take_cosignatures(self, note: bytes) -> None:
        """Cosignatures that a witness sent: kept, and published with the head.

        Raises :class:`CosignatureRefused`.
        """
        self.ledger.take_cosignatures(note, self.settings.log_witnesses)
        self.log_publisher.publish()
