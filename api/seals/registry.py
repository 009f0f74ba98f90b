# SPDX-License-Identifier: Apache-2.0
"""The seals that are used: listed, and opened for one use while they are good.

A seal is a drawing, a key in the vault that nobody exports, a certificate of profile ``seal`` for that key,
and the made seal (``.esl``) that names the certificate (国办发〔2025〕33号: code, holder, maker, validity,
status).  A specimen stays a specimen: every design here carries 样章 SPECIMEN.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

from sqlalchemy import select

from keys import KeyKind
from seal import SealDesign
from verify import parse_seal

from ..database.tables_sealing import seals as table
from . import store
from .errors import NoSuchSeal, SealNotUsable
from .lifecycle import SealLives
from .model import LifeState, SealApplication, SealLife, SealType
from .ports import SealPorts, UsableSeal
from .registered import RegisteredSeal, registered

_STATES = {
    LifeState.MADE: ("尚未启用", "not in use yet"),
    LifeState.SUSPENDED: ("已停用", "suspended"),
    LifeState.CANCELLED: ("已缴销", "cancelled"),
    LifeState.DESTROYED: ("已销毁", "destroyed"),
}


@dataclass(frozen=True, slots=True)
class SealOrder:
    """What an operator asks for on the short way."""

    holder: str
    holder_name: str
    name: str  # the arc text
    line: str
    code: str  # 14 digits, or empty to be allotted one
    kind: KeyKind
    type: SealType = SealType.SPECIAL


class SealRegistry:
    """Lists and opens seals."""

    def __init__(self, ports: SealPorts, lives: SealLives) -> None:
        self._ports, self._lives = ports, lives

    def make(self, order: SealOrder, *, by: str) -> RegisteredSeal:
        """The operator's short way: the same steps with the same entries, each of which says that one person
        took it.  Raises what the design or the code violates."""
        application = SealApplication(
            holder=order.holder,
            holder_name=order.holder_name,
            type=order.type,
            design=SealDesign(name=order.name, line=order.line, code=order.code),
            kind=order.kind,
            code=order.code,
        )
        return self.get(self._lives.shortcut(application, by=by).seal_id)

    def get(self, seal_id: str) -> RegisteredSeal:
        """One seal; raises :class:`NoSuchSeal`."""
        with self._ports.database.read() as connection:
            row = connection.execute(select(table).where(table.c.id == seal_id)).one_or_none()
        if row is None:
            raise NoSuchSeal(seal_id)
        return registered(row)

    def listed(self, holder: str | None = None) -> tuple[RegisteredSeal, ...]:
        """Every seal that was made, or those of one holder, oldest first."""
        query = select(table).order_by(table.c.made_at, table.c.id)
        if holder is not None:
            query = query.where(table.c.holder == holder)
        with self._ports.database.read() as connection:
            return tuple(registered(row) for row in connection.execute(query))

    def open(self, seal_id: str) -> UsableSeal:
        """The seal with its signer, while it is in use and within its period.

        Callers authorise first: :mod:`.grants`.  Raises :class:`NoSuchSeal`, :class:`SealNotUsable` with the
        reason and since when, :class:`~api.ledger.RowAltered` when the log does not vouch for its state.
        """
        one, at = self.get(seal_id), self._ports.clock()
        with self._ports.database.read() as connection:
            life = store.believed_life(connection, seal_id)
            if life.state is LifeState.ACTIVE:
                made = store.believed_edition(connection, seal_id, life.edition)
            else:
                since = store.steps(connection, seal_id)[-1].at
        if life.state is not LifeState.ACTIVE:
            self._refuse(seal_id, f"seal-{life.state}", *_since(life, since))
        if not made.valid_from <= at <= made.valid_until:
            told = f"{made.valid_until:%Y-%m-%d}"
            self._refuse(
                seal_id,
                "seal-expired",
                f"印章有效期至 {told},须重新制章",
                f"it was valid until {told}: re-make it",
            )
        sealing = self._ports.certificates.sealing(made.certificate_id)
        if sealing.certificate.der not in parse_seal(made.esl).signers:
            # standards.md section 12, trap 14: a seal names concrete certificates.
            self._refuse(
                seal_id,
                "certificate-not-in-seal",
                "证书已更换而印章未重新制作",
                "its certificate was renewed and the seal was not made anew",
            )
        return UsableSeal(
            seal_id=one.seal_id,
            holder=life.holder,
            holder_name=life.holder_name,
            design=made.design,
            signer=self._ports.vault.signer(made.key_label),
            sealing=sealing,
            esl=made.esl,
            code=life.code,
            edition=life.edition,
        )

    def _refuse(self, seal_id: str, code: str, why_zh: str, why_en: str) -> NoReturn:
        with self._ports.ledger.transaction() as tx:
            tx.append(
                "seal.refused", {"seal_id": seal_id, "officer": None, "document_type": "", "code": code}
            )
        raise SealNotUsable(code, seal_id=seal_id, why_zh=why_zh, why_en=why_en)


def _since(life: SealLife, at: datetime) -> tuple[str, str]:
    zh, en = _STATES.get(life.state, ("不在使用中", "not in use"))
    told = f"{at:%Y-%m-%dT%H:%M:%SZ}"
    return f"{zh}(自 {told})", f"{en} since {told}"
