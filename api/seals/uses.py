# SPDX-License-Identifier: Apache-2.0
"""What the holder sees of the uses of a seal, newest first; "not me" (否认) suspends it at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from ..ledger import Transaction
from . import store
from .errors import SealNotUsable
from .lifecycle import SealLives
from .model import Actor, LifeState, SealLife, SealUse, Side
from .ports import SealPorts
from .refusals import SealStepRefused
from .rules import ends_by_incident

NEWEST = 100
_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class NewUse:
    """One act with a seal; ``documents`` of one batch are one use."""

    seal_id: str
    document_type: str
    channel: str  # desk, console, batch, api
    officer: str | None = None
    document_id: str | None = None
    sha256: str | None = None
    documents: int = 1
    edition: int = 0  # of the seal that was opened; 0: not known


def record_use(tx: Transaction, use: NewUse, *, use_id: str, at: datetime) -> None:
    """Note a use in the transaction of the act: after it, the holder sees it.  ``use_id``: 32 hex digits.

    Raises :class:`SealNotUsable` when the seal was suspended or ended since it was opened: then the act must
    not happen.
    """
    life = store.believed_life(tx.connection, use.seal_id)
    if life.state is not LifeState.ACTIVE:
        raise SealNotUsable(
            f"seal-{life.state}",
            seal_id=use.seal_id,
            why_zh="用印过程中印章已停用或缴销",
            why_en="it was suspended or cancelled meanwhile",
        )
    if use.edition not in (0, life.edition):
        raise SealNotUsable(
            "seal-replaced",
            seal_id=use.seal_id,
            why_zh="用印过程中印章已更换",
            why_en="it was replaced by a new one meanwhile",
        )
    store.add_use(
        tx,
        {
            "id": use_id,
            "seal_id": use.seal_id,
            "at": at,
            "officer": use.officer,
            "document_type": use.document_type,
            "document_id": use.document_id,
            "sha256": use.sha256,
            "documents": use.documents,
            "channel": use.channel,
            "denied_at": None,
            "denied_by": None,
        },
    )


class SealUses:
    """Shows uses to the holder, and hears "not me"."""

    def __init__(self, ports: SealPorts, lives: SealLives) -> None:
        self._ports, self._lives = ports, lives

    def of(self, seal_ids: Sequence[str], *, most: int = NEWEST) -> tuple[SealUse, ...]:
        """The newest uses of some seals."""
        with self._ports.database.read() as connection:
            return store.uses(connection, seal_ids, most=most)

    def deny(self, seal_id: str, use_id: str, actor: Actor) -> SealLife:
        """Not me: the use is marked, the seal is suspended by incident.  Again changes nothing.

        A suspension of the holder's becomes one of the office's: whoever stole the login would end it.
        """
        for _ in range(_ATTEMPTS):
            life = self._lives.get(seal_id)
            if Side.HOLDER not in self._lives.sides(life, actor):
                raise SealStepRefused("not-yours")
            with self._ports.database.read() as connection:
                found = store.believed_use(connection, seal_id, use_id)
            if found.denied_at is not None:
                return life
            mark = self._marking(seal_id, use_id, actor)
            try:
                if ends_by_incident(life):
                    return self._lives.suspend_at_once(seal_id, actor, note=use_id, also=mark)
                with self._ports.ledger.transaction() as tx:
                    if not ends_by_incident(store.believed_life(tx.connection, seal_id)):
                        mark(tx)
                        return store.read_life(tx.connection, seal_id)
            except SealStepRefused as error:
                if error.code not in ("statement-expired", "not-possible-now"):
                    raise
            # Somebody took a step of this seal at the same time: look again.
        raise SealStepRefused("statement-expired")

    def _marking(self, seal_id: str, use_id: str, actor: Actor) -> Callable[[Transaction], None]:
        def mark(tx: Transaction) -> None:
            if store.believed_use(tx.connection, seal_id, use_id).denied_at is None:
                store.deny_use(tx, use_id, at=self._ports.clock(), by=actor.account_id)

        return mark
