# SPDX-License-Identifier: Apache-2.0
"""Recovery agents: K of N different ones approve, each with a key of their own.  K below 2 does not exist."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from keys import KeysError, PublicKey

from ..errors import CentreMisconfigured, KeyCentreRefused
from ..requests import Approval, to_be_signed

FEWEST = 2
MOST = 32


@dataclass(frozen=True, slots=True)
class Agent:
    """Somebody whose signature counts; a certificate counts while it is valid."""

    name: str
    public_key: PublicKey
    not_before: datetime | None = None
    not_after: datetime | None = None

    def counts(self, at: datetime) -> bool:
        return (self.not_before is None or self.not_before <= at) and (
            self.not_after is None or at <= self.not_after
        )


@dataclass(frozen=True, slots=True)
class Agents:
    """``needed`` of ``known``.  Raises :class:`CentreMisconfigured` for any way to need fewer than two."""

    needed: int
    known: tuple[Agent, ...] = ()

    def __post_init__(self) -> None:
        if self.needed < FEWEST:
            raise CentreMisconfigured(
                "[recovery] needed", f"至少 {FEWEST} 人 at least {FEWEST}", f"write needed = {FEWEST}"
            )
        if len(self.known) > MOST:
            raise CentreMisconfigured("[recovery] agents", f"at most {MOST} agents", "name fewer")
        if self.known and len(self.known) < self.needed:
            raise CentreMisconfigured(
                "[recovery] agents", f"{len(self.known)} agents, {self.needed} needed", "name more agents"
            )
        for what in ({one.name for one in self.known}, {one.public_key.key_id for one in self.known}):
            if len(what) != len(self.known):
                raise CentreMisconfigured(
                    "[recovery] agents", "一人列了两次 one agent is listed twice", "remove one"
                )

    def require_approved(
        self, request: bytes, approvals: Sequence[Approval], *, at: datetime
    ) -> tuple[str, ...]:
        """Names of the agents that approved exactly this request.

        Raises :class:`KeyCentreRefused`; one bad approval refuses all, so that nobody hides among good ones.
        """
        if not self.known:
            raise KeyCentreRefused("agents-missing")
        by_name = {one.name: one for one in self.known}
        message, approved = to_be_signed(request), set[str]()
        for approval in approvals:
            agent = by_name.get(approval.agent)
            if agent is None:
                raise KeyCentreRefused("approval-unknown-agent")
            if agent.name in approved:
                raise KeyCentreRefused("approval-twice")
            if not agent.counts(at):
                raise KeyCentreRefused("agent-expired")
            try:
                agent.public_key.verify(approval.signature, message)
            except KeysError:
                raise KeyCentreRefused("approval-invalid") from None
            approved.add(agent.name)
        if len(approved) < self.needed:
            raise KeyCentreRefused("approvals-insufficient")
        return tuple(sorted(approved))
