# SPDX-License-Identifier: Apache-2.0
"""The authorities of this service: which there are, and which of them issues what.

A later ceremony may add an authority for the same purpose: the newest one issues, the older ones go on
answering for what they issued.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from ca import Profile
from keys import KeyKind
from verify import Certificate, Json, parse_certificate

from ..database.tables_authority import authorities as table
from ..database.tables_identity import certificates, stored_time
from .errors import NoSuchAuthority, NotInitialised
from .model import AuthorityRow, hierarchy_of


@dataclass(frozen=True, slots=True)
class InForce:
    """An authority with its certificate."""

    row: AuthorityRow
    certificate: Certificate
    certificate_id: str


class Authorities:
    """Every authority whose certificate is in force, at one moment of the database."""

    def __init__(self, found: Mapping[str, InForce]) -> None:
        self._found = found

    def __iter__(self) -> Iterator[InForce]:
        """In the order of their ceremonies: each after its issuer."""
        return iter(self._found.values())

    def get(self, name: str) -> InForce:
        """One; raises :class:`NotInitialised`."""
        found = self._found.get(name)
        if found is None:
            raise NotInitialised(name)
        return found

    def issuing(self, profile: Profile, kind: KeyKind, at: datetime) -> str:
        """The name of the authority that certifies such a key; raises :class:`NotInitialised`."""
        family, purpose = hierarchy_of(kind).value, profile.purpose
        names = [
            one.row.name
            for one in self
            if (one.row.family, one.row.purpose) == (family, purpose) and one.certificate.not_after > at
        ]
        if not purpose or not names:
            raise NotInitialised(f"{purpose or profile.name}-{family}")
        return names[-1]


def in_force(connection: Connection) -> Authorities:
    """All of them."""
    query = (
        select(table, certificates.c.der, certificates.c.id.label("certificate_id"))
        .join(certificates, certificates.c.key_label == table.c.name)
        .where(certificates.c.revoked_at.is_(None))
        .order_by(table.c.position, certificates.c.issued_at)
    )
    return Authorities(
        {
            row.name: InForce(_row(row), parse_certificate(bytes(row.der)), row.certificate_id)
            for row in connection.execute(query)
        }
    )


def listed(connection: Connection) -> tuple[AuthorityRow, ...]:
    """Every authority there ever was, each after its issuer."""
    return tuple(_row(row) for row in connection.execute(select(table).order_by(table.c.position)))


def get_authority(connection: Connection, name: str) -> AuthorityRow:
    """One; raises :class:`NoSuchAuthority`."""
    row = connection.execute(select(table).where(table.c.name == name)).one_or_none()
    if row is None:
        raise NoSuchAuthority(name)
    return _row(row)


def committed(values: Mapping[str, Any]) -> dict[str, Json]:
    """The row as the ledger commits to it."""
    return {**values, "created_at": stored_time(values["created_at"])}


def committed_authorities(connection: Connection) -> Iterator[tuple[str, dict[str, Json]]]:
    """Every stored authority, for the check of the database against the ledger."""
    for row in connection.execute(select(table)):
        yield row.name, committed(row._asdict())


def _row(row: Row[Any]) -> AuthorityRow:
    return AuthorityRow(
        name=row.name,
        family=row.family,
        purpose=row.purpose,
        issuer=row.issuer,
        partitions=row.partitions,
        null_parameters=row.null_parameters,
        ceremony_sha256=row.ceremony_sha256,
        created_at=row.created_at,
    )
