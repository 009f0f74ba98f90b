# SPDX-License-Identifier: Apache-2.0
"""The published log and its witnesses."""

from __future__ import annotations

import secrets
from functools import cached_property

from ..database import Database
from ..ledger import Ledger, LogPublisher, LogSigners
from ..settings import Settings
from .clock import now


def open_ledger(settings: Settings, database: Database, signers: LogSigners, *, inspecting: bool) -> Ledger:
    """The log over its database, with the witnesses of the settings."""
    return Ledger(
        database,
        signers=signers,
        clock=now,
        random=secrets.token_bytes,
        inspecting=inspecting,
        witnesses=settings.log_witnesses,
        quorum=settings.log_quorum,
    )


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
        self.ledger.take_cosignatures(note)
        self.log_publisher.publish()
