# SPDX-License-Identifier: Apache-2.0
"""A recovery: all is judged before the key is opened; the history grows in the same transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from verify import canonical_json, parse_log_proof

from ..errors import KeyCentreRefused
from ..history import Head, Link, link_sha256
from ..requests import LONGEST, Approval, RecoveryRequest, parse_recovery_request, request_sha256
from ..wire import to_text
from . import tables
from .agents import Agents
from .keeping import Keeping, Step
from .log import LogWatch
from .stored import stored_bytes


@dataclass(frozen=True, slots=True)
class Asked:
    """What the service brings."""

    key_id: str
    request: bytes
    approvals: tuple[Approval, ...]
    proof: bytes
    consistency: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Recovering:
    """The rules of a recovery, drills included."""

    keeping: Keeping
    agents: Agents
    log: LogWatch
    clock: Callable[[], datetime]
    step: Step

    def recover(self, connection: Connection, asked: Asked, head: Head) -> tuple[bytes, Head]:
        """The envelope, and the head of the history with this recovery in it.

        The same request again brings the same envelope: its answer may have got lost.
        """
        request = parse_recovery_request(asked.request)
        digest = request_sha256(asked.request)
        before = connection.execute(
            select(tables.recoveries.c.envelope).where(tables.recoveries.c.request_sha256 == digest)
        ).scalar_one_or_none()
        if before is not None:
            return stored_bytes(before), head
        agents = self._judge(connection, request, asked)
        self.step("recover:judged")
        envelope = self.keeping.recovered(connection, request.key_id, request.recipient)
        self.step("recover:enveloped")
        link = Link(
            index=head.size,
            previous=head.sha256,
            at=self.clock(),
            purpose=request.purpose,
            key_id=request.key_id,
            request_sha256=digest,
            recipient_sha256=hashlib.sha256(request.recipient).hexdigest(),
            agents=agents,
        ).encode()
        connection.execute(
            insert(tables.recoveries).values(
                link_index=head.size,
                link=link,
                request_sha256=digest,
                request=asked.request,
                approvals=_told(asked.approvals),
                proof=asked.proof,
                envelope=envelope,
            )
        )
        self.step("recover:recorded")
        return envelope, Head(head.size + 1, link_sha256(link))

    def _judge(self, connection: Connection, request: RecoveryRequest, asked: Asked) -> tuple[str, ...]:
        now = self.clock()
        if request.key_id != asked.key_id:
            raise KeyCentreRefused("recovery-key-differs")
        self.keeping.require_key(connection, request.key_id)
        if request.expires <= now:
            raise KeyCentreRefused("recovery-expired")
        if request.expires > now + LONGEST:
            raise KeyCentreRefused("recovery-too-long")
        agents = self.agents.require_approved(asked.request, asked.approvals, at=now)
        checkpoint = self.log.require_in_log(asked.proof, asked.request, request.key_id, at=now)
        note = parse_log_proof(asked.proof).checkpoint
        self.log.advance(connection, checkpoint, asked.consistency, note=note)
        return agents


def _told(approvals: Sequence[Approval]) -> str:
    return canonical_json(
        [{"agent": one.agent, "signature": to_text(one.signature)} for one in approvals]
    ).decode()
