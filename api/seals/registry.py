# SPDX-License-Identifier: Apache-2.0
"""The seals of agencies: made once, listed, and opened for one use.

A seal is a drawing, a key in the vault that nobody exports, and a certificate of profile ``seal`` for that
key (国办发〔2025〕33号: code, holder, maker, validity, status).  A specimen stays a specimen: every design
here carries 样章 SPECIMEN.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from ca import SubjectName, make_request
from keys import KeyKind, Vault
from relying import Json
from seal import SealDesign, SealDesignRefused, draw_seal, drawing_svg
from verify import canonical_json, parse_uscc

from ..database import Database
from ..database.tables_sealing import moment_text
from ..database.tables_sealing import seals as table
from ..ledger import Ledger
from .errors import NoSuchSeal
from .ports import SealCertificates, UsableSeal

_LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class RegisteredSeal:
    """One seal as everybody may know it."""

    seal_id: str
    holder: str
    holder_name: str
    kind: KeyKind
    certificate_id: str
    design: SealDesign
    svg: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class SealOrder:
    """What an operator asks for."""

    holder: str
    holder_name: str
    name: str  # the arc text
    line: str
    code: str
    kind: KeyKind


class SealRegistry:
    """Makes, lists and opens seals."""

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        *,
        vault: Vault,
        certificates: SealCertificates,
        clock: Callable[[], datetime],
        random: Callable[[int], bytes],
    ) -> None:
        self._database, self._ledger = database, ledger
        self._vault, self._certificates = vault, certificates
        self._clock, self._random = clock, random

    def make(self, order: SealOrder, *, by: str) -> RegisteredSeal:
        """Draw, create the key, certify it, register.  Raises what the design or the code violates."""
        # 1. Refuse what cannot be drawn before a key exists.
        holder = str(parse_uscc(order.holder))
        _check_holder_name(order.holder_name)
        design = SealDesign(name=order.name, line=order.line, code=order.code)
        svg = drawing_svg(draw_seal(design))
        # 2. The key never leaves the vault; a crash from here on leaves an unused key, nothing else.
        seal_id = self._random(16).hex()
        label = f"seal-{seal_id}"
        self._vault.create_key(label, order.kind)
        signer = self._vault.signer(label)
        subject = SubjectName(
            common_name=order.code or order.name, organization=order.holder_name, uscc=holder
        )
        certificate_id = self._certificates.certify_seal(
            make_request(signer, subject), holder=holder, holder_name=order.holder_name, by=by
        )
        # 3. The row and its ledger entry appear together.
        values: dict[str, Any] = {
            "id": seal_id,
            "holder": holder,
            "holder_name": order.holder_name,
            "key_kind": order.kind.value,
            "key_label": label,
            "certificate_id": certificate_id,
            "design": canonical_json(
                {"name": design.name, "line": design.line, "code": design.code}
            ).decode(),
            "svg": svg,
            "made_at": self._clock(),
            "made_by": by,
        }
        with self._ledger.transaction() as tx:
            tx.connection.execute(insert(table).values(values))
            tx.commit_row(
                "seals",
                seal_id,
                committed(values),
                kind="seal.made",
                body={"seal_id": seal_id, "holder": holder, "certificate_id": certificate_id},
            )
        return self.get(seal_id)

    def get(self, seal_id: str) -> RegisteredSeal:
        """One seal; raises :class:`NoSuchSeal`."""
        with self._database.read() as connection:
            row = connection.execute(select(table).where(table.c.id == seal_id)).one_or_none()
        if row is None:
            raise NoSuchSeal(seal_id)
        return _seal(row)

    def listed(self, holder: str | None = None) -> tuple[RegisteredSeal, ...]:
        """Every seal, or those of one holder, oldest first."""
        query = select(table).order_by(table.c.made_at, table.c.id)
        if holder is not None:
            query = query.where(table.c.holder == holder)
        with self._database.read() as connection:
            return tuple(_seal(row) for row in connection.execute(query))

    def open(self, seal_id: str) -> UsableSeal:
        """The seal with its signer.  Callers authorise first: :mod:`.grants`."""
        one = self.get(seal_id)
        return UsableSeal(
            seal_id=one.seal_id,
            holder=one.holder,
            holder_name=one.holder_name,
            design=one.design,
            signer=self._vault.signer(f"seal-{seal_id}"),
            sealing=self._certificates.sealing(one.certificate_id),
        )


def _check_holder_name(name: str) -> None:
    if not name.strip() or len(name) > _LONGEST_NAME or not name.isprintable():
        raise SealDesignRefused(
            field="holder_name",
            rule=f"机构名称为1–{_LONGEST_NAME}个字符 / 1-{_LONGEST_NAME} characters",
            todo="请填写持有印章的机构名称 / give the name of the agency",
        )


def committed(values: dict[str, Any]) -> dict[str, Json]:
    """The row as the ledger commits to it."""
    return {**values, "made_at": moment_text(values["made_at"])}


def committed_seals(connection: Connection) -> Iterator[tuple[str, dict[str, Json]]]:
    """Every stored seal, for the check of the database against the ledger."""
    for row in connection.execute(select(table)):
        yield row.id, committed(row._asdict())


def _seal(row: Row[Any]) -> RegisteredSeal:
    return RegisteredSeal(
        seal_id=row.id,
        holder=row.holder,
        holder_name=row.holder_name,
        kind=KeyKind(row.key_kind),
        certificate_id=row.certificate_id,
        design=SealDesign(**json.loads(row.design)),
        svg=row.svg,
        made_at=row.made_at,
    )
