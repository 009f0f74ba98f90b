# SPDX-License-Identifier: Apache-2.0
"""The room that makes evidence packs, from the other rooms."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from verify import PackRole, Trust

from ..certificates import CertificateService
from ..documents import Library
from ..ledger import Ledger
from ..packs import EvidencePacks, PackPorts
from ..publication import TrustPublisher
from ..seals import SealStatusPublisher
from ..settings import Settings
from ..standings import DocumentStatusPublisher
from ..status import StateBook
from ..submissions import Submissions
from ..timestamps import Timestamps


class Rooms(Protocol):
    """What packs are made from."""

    settings: Settings
    certificates: CertificateService
    ledger: Ledger
    publisher: TrustPublisher
    seal_status: SealStatusPublisher
    timestamps: Timestamps

    @property
    def library(self) -> Library: ...
    @property
    def submissions(self) -> Submissions: ...
    @property
    def state_book(self) -> StateBook: ...
    @property
    def document_status(self) -> DocumentStatusPublisher: ...
    def trust(self) -> Trust: ...
    def clock(self) -> datetime: ...


def packs_of(rooms: Rooms) -> EvidencePacks:
    """With the public lists as they are at that moment, and stamped by this service."""

    def lists() -> Sequence[tuple[PackRole, str, bytes]]:
        return (
            (PackRole.TRUST_LIST, "trust-list.json", rooms.publisher.current()),
            (PackRole.SEAL_STATUS, "seal-status.json", rooms.seal_status.current()),
            (PackRole.DOCUMENT_STATUS, "document-status.json", rooms.document_status.current()),
        )

    return EvidencePacks(
        PackPorts(
            certificates=rooms.certificates,
            ledger=rooms.ledger,
            library=rooms.library,
            submissions=lambda: rooms.submissions,
            receipts=rooms.state_book,
            lists=lists,
            stamp=lambda digest: rooms.timestamps.stamp("tsa-sm2", digest),
            trust=rooms.trust,
            publisher=rooms.settings.authority_name,
            clock=rooms.clock,
        )
    )
