# SPDX-License-Identifier: Apache-2.0
"""The rooms of document states, and the trust of the service with what its lists say."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import cached_property

from verify import DocumentStatusList, SealStatusList, Trust

from ..certificates import CertificateService
from ..database import Database
from ..documents import Site
from ..ledger import Intents, Ledger
from ..seals import SealStatusPublisher
from ..settings import Settings
from ..standings import DocumentStandings, DocumentStatusPublisher, StandingPorts

_Kept = tuple[Trust, SealStatusList | None, DocumentStatusList | None, Trust]


class StandingRooms:
    """Part of the wired service."""

    settings: Settings
    site: Site
    database: Database
    ledger: Ledger
    intents: Intents
    certificates: CertificateService
    seal_status: SealStatusPublisher
    clock: Callable[[], datetime]
    _kept_trust: _Kept | None = None

    @cached_property
    def _standing_ports(self) -> StandingPorts:
        return StandingPorts(
            database=self.database,
            ledger=self.ledger,
            intents=self.intents,
            certificates=self.certificates,
            trust=self.certificates.trust,
            publisher=self.settings.authority_name,
            log=f"{self.site.host}/log",
            clock=self.clock,
            random=secrets.token_bytes,
        )

    @cached_property
    def document_status(self) -> DocumentStatusPublisher:
        """The public list of how documents stand."""
        return DocumentStatusPublisher(self._standing_ports)

    @cached_property
    def document_standings(self) -> DocumentStandings:
        """Changes of how documents stand."""
        return DocumentStandings(self._standing_ports, self.document_status)

    def trust(self) -> Trust:
        """What this service trusts now, and how seals and documents stand."""
        trust, seals = self.certificates.trust(), self.seal_status.known()
        documents = self.document_status.known()
        kept = self._kept_trust
        if kept is None or kept[0] is not trust or kept[1] is not seals or kept[2] is not documents:
            whole = replace(trust, seal_status=seals, document_status=documents)
            kept = self._kept_trust = (trust, seals, documents, whole)
        return kept[3]
