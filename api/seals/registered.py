# SPDX-License-Identifier: Apache-2.0
"""A seal as everybody may know it: the row of what is used for sealing now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from keys import KeyKind
from relying import Json
from seal import SealDesign

from ..database.tables_sealing import moment_text
from ..database.tables_sealing import seals as table
from .designs import read_design


@dataclass(frozen=True, slots=True)
class RegisteredSeal:
    """One seal that was made."""

    seal_id: str
    holder: str
    holder_name: str
    kind: KeyKind
    certificate_id: str
    design: SealDesign
    svg: str
    made_at: datetime


def registered(row: Row[Any]) -> RegisteredSeal:
    """From its row."""
    return RegisteredSeal(
        seal_id=row.id,
        holder=row.holder,
        holder_name=row.holder_name,
        kind=KeyKind(row.key_kind),
        certificate_id=row.certificate_id,
        design=read_design(row.design),
        svg=row.svg,
        made_at=row.made_at,
    )


def committed_seal(values: dict[str, Any]) -> dict[str, Json]:
    """The row as the ledger commits to it."""
    return {**values, "made_at": moment_text(values["made_at"])}


def committed_seals(connection: Connection) -> Iterator[tuple[str, dict[str, Json]]]:
    """Every stored seal, for the check of the database against the ledger."""
    for row in connection.execute(select(table)):
        yield row.id, committed_seal(row._asdict())
