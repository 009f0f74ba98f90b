# SPDX-License-Identifier: Apache-2.0
"""One world for all tests of packs: a filed submission, the document issued on it, and the pack of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from typing import Any

import pytest

from api.certificates import find_by_label
from api.packs import EvidencePacks, PackPorts, room
from api.publication import PublicationPorts, TrustPublisher
from api.status import ReceiptPorts, StateBook
from ca import make_timestamp
from keys import Digest
from verify import (
    Accuracy,
    EvidencePack,
    PackManifest,
    PackRole,
    Trust,
    check_file,
    parse_certificate,
    parse_evidence_pack,
)

from ..witness.word import cosigned

SERIALS = count(1)
PUBLISHER = "省住房和城乡建设厅(演示)"
AGENCY = "11510106DEM9A00331"


@dataclass(frozen=True)
class World:
    """What tests read; it outlives the rooms that made it, but for ``sealed``, which signs with its key."""

    document: bytes
    submission: bytes
    trust: Trust
    at: datetime
    sealed: Callable[[PackManifest], bytes]

    def again(self, **changes: Any) -> bytes:
        """The pack of the document with another manifest, sealed and stamped by the platform itself."""
        return self.sealed(replace(self.pack.manifest, **changes))

    @property
    def pack(self) -> EvidencePack:
        return parse_evidence_pack(self.document)

    def check(self, data: bytes, **changes: Any) -> Any:
        return check_file(data, trust=changes.get("trust", self.trust), at=changes.get("at", self.at))


def packs_of(rooms: Any) -> EvidencePacks:
    certificates, identity = rooms.identity.certificates, rooms.identity

    def stamp(digest: Digest) -> bytes:
        with rooms.database.read() as connection:
            found = find_by_label(connection, "tsa-sm2")
        assert found is not None
        chain = certificates.chain(found.certificate_id)[:-1]
        return make_timestamp(
            signer=identity.ports.vault.signer("tsa-sm2"),
            tsa=parse_certificate(found.der),
            chain=tuple(parse_certificate(one) for one in chain),
            digest=digest,
            at=rooms.clock(),
            serial=next(SERIALS),
            policy="1.2.156.10260.4.9.1",
            accuracy=Accuracy(1),
        )

    lists = TrustPublisher(
        PublicationPorts(rooms.database, rooms.ledger, rooms.intents, certificates, PUBLISHER, rooms.clock)
    )
    return EvidencePacks(
        PackPorts(
            certificates=certificates,
            ledger=rooms.ledger,
            library=rooms.library,
            submissions=lambda: rooms.submissions,
            receipts=StateBook(ReceiptPorts(rooms.database, rooms.ledger, certificates, rooms.clock, stamp)),
            lists=lambda: [
                (PackRole.TRUST_LIST, "trust-list.json", lists.current()),
                (PackRole.SEAL_STATUS, "seal-status.json", rooms.seal_status.current()),
            ],
            stamp=stamp,
            trust=certificates.trust,
            publisher=PUBLISHER,
            clock=rooms.clock,
        )
    )


KEPT: list[World] = []


@pytest.fixture
def evidence(request: pytest.FixtureRequest, rooms: Any, applicant: Any, officer: Any) -> World:
    """Made by the first test that asks; rooms belong to one test, what they made does not."""
    if not KEPT:
        filed, seal = rooms.filed(applicant), rooms.seal_of()
        rooms.granted(seal, officer)
        issued = rooms.desk.approve(filed.submission_id, seal.seal_id, officer).document_id
        cosigned(rooms.ledger, rooms.clock())
        packs = packs_of(rooms)
        document = packs.of_document(issued)
        submission = packs.of_submission(rooms.submissions.visible(filed.submission_id, agency=AGENCY))
        trust, at = rooms.ports.trust(), rooms.clock()
        forged = {}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(room, "_require_sound", lambda *_args, **_more: None)
            bare = World(document, submission, trust, at, packs._sealed)
            for name, change in request.module.FORGERIES.items():
                forged[name] = bare.again(**change(bare))
        KEPT.append(World(document, submission, trust, at, lambda manifest: forged[manifest.subject.id]))
        request.module.FORGED.update(forged)
    return KEPT[0]
