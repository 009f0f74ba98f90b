# SPDX-License-Identifier: Apache-2.0
"""A ceremony: authorities made exactly as a file says, and a transcript of what was made.

Keys of roots are made and used in a vault of their own, which the running service never opens.  The same
file again changes nothing but lists that are due; another file may add authorities and never contradicts what
is there.  Killed anywhere, the next run goes on: keys are found by label, certificates by authority.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select

from ca import Ceremony, CeremonyAuthority, SubjectName, profile
from keys import Signer, Vault
from verify import Json, parse_crl

from ..database.tables_authority import authorities as table
from ..ledger import Transaction
from . import authorities, store
from .errors import CeremonyContradicted, NoSuchAuthority
from .issuing import Plan, Rows, certify_all
from .model import AuthorityRow, whole_second
from .own import digest_of, own_key
from .ports import CertificatePorts

FORMAT = "yinxin-ceremony-transcript/1"


def hold(ports: CertificatePorts, ceremony: Ceremony, offline: Vault, *, by: str) -> dict[str, Json] | None:
    """Make what is missing; the transcript, or ``None`` when nothing was.  ``offline``: the vault of roots.

    Raises :class:`CeremonyContradicted` before anything is made.
    """
    with ports.database.read() as connection:
        _require_agreement(connection, ceremony)
        known = {one.name for one in authorities.listed(connection)}
    roots = {one.name for one in ceremony.authorities if one.role == "root"}

    def signer(name: str) -> Signer:
        return (offline if name in roots else ports.vault).signer(name)

    missing = [one for one in ceremony.authorities if one.name not in known]
    for wanted in (
        [one for one in missing if one.name in roots],
        [one for one in missing if one.name not in roots],
    ):
        plans = [
            _plan(ports, ceremony, one, offline if one.name in roots else ports.vault, by) for one in wanted
        ]
        certify_all(ports, plans, also=_recording(plans), signer=signer)
    return _publish(ports, ceremony, signer, by=by)


def _require_agreement(connection: Connection, ceremony: Ceremony) -> None:
    """What is there is what the file says, in everything that certificates depend on."""
    known = {one.name: one for one in authorities.listed(connection)}
    for wanted in ceremony.authorities:
        found = known.get(wanted.name)
        if found is None:
            continue
        for name in ("family", "purpose", "issuer", "partitions", "null_parameters"):
            if getattr(found, name) != getattr(wanted, name):
                raise CeremonyContradicted(wanted.name, name)
        made = store.authority_certificate(connection, wanted.name)
        if made.public_key.kind is not wanted.key:
            raise CeremonyContradicted(wanted.name, "key")
        if made.subject.common_name != wanted.subject:
            raise CeremonyContradicted(wanted.name, "subject")


def _plan(
    ports: CertificatePorts, ceremony: Ceremony, wanted: CeremonyAuthority, vault: Vault, by: str
) -> Plan:
    authority, at = ports.authority, whole_second(ports.clock())
    key = own_key(vault, wanted.name, wanted.key)
    return Plan(
        profile=profile(wanted.role),
        subject=SubjectName(wanted.subject, organization=authority.name, uscc=authority.uscc),
        public_key=key,
        issuer=wanted.issuer,
        holder=authority.uscc,
        holder_name=authority.name,
        order_digest=digest_of(wanted.name, key),
        by=by,
        key_label=wanted.name,
        not_after=wanted.until(at),
        founding=AuthorityRow(
            name=wanted.name,
            family=wanted.family,
            purpose=wanted.purpose,
            issuer=wanted.issuer,
            partitions=wanted.partitions,
            null_parameters=wanted.null_parameters,
            ceremony_sha256=ceremony.sha256,
            created_at=at,
        ),
    )


def _recording(plans: Sequence[Plan]) -> Callable[[Transaction, Rows], None]:
    """Writes the rows of authorities beside their certificates."""

    def record(tx: Transaction, rows: Rows) -> None:
        made = {row["key_label"] for row in rows}
        highest = tx.connection.execute(select(func.max(table.c.position))).scalar()
        position = 0 if highest is None else int(highest) + 1
        for plan in plans:
            row = plan.founding
            if row is None or row.name not in made:
                continue
            values: dict[str, Any] = {
                "name": row.name,
                "position": position,
                "family": row.family,
                "purpose": row.purpose,
                "issuer": row.issuer,
                "partitions": row.partitions,
                "null_parameters": row.null_parameters,
                "ceremony_sha256": row.ceremony_sha256,
                "created_at": row.created_at,
            }
            position += 1
            tx.connection.execute(insert(table).values(values))
            tx.commit_row(
                "authorities",
                row.name,
                authorities.committed(values),
                kind="authority.made",
                body={"name": row.name, "purpose": row.purpose, "issuer": row.issuer},
            )

    return record


def _publish(
    ports: CertificatePorts, ceremony: Ceremony, signer: Callable[[str], Signer], *, by: str
) -> dict[str, Json] | None:
    """First lists of new authorities, and lists of roots that are due; with the transcript in the ledger."""
    stale = set(ports.status.stale())
    due = [one for one in ceremony.authorities if one.name in stale]
    if not due:
        return None
    intent = ports.intents.open("crl.issue", {"issuers": [one.name for one in due]})
    try:
        with ports.ledger.transaction() as tx:
            for one in due:
                if one.role == "root":
                    ports.status.publish_offline(tx, one.name, signer(one.name))
                else:
                    ports.status.publish(tx, {one.name: frozenset(range(one.partitions))})
            transcript = _transcript(ports, tx.connection, ceremony, at=whole_second(ports.clock()), by=by)
            tx.append("ceremony.held", transcript)
            ports.intents.close(tx, intent, "issued")
    except Exception as error:
        ports.intents.fail(intent, type(error).__name__)
        raise
    return transcript


def _transcript(
    ports: CertificatePorts, connection: Connection, ceremony: Ceremony, *, at: datetime, by: str
) -> dict[str, Json]:
    """Public facts only: whoever has the file can hold the transcript against it, and against the log."""
    told: list[Json] = []
    for one in ceremony.authorities:
        made = store.authority_certificate(connection, one.name)
        told.append(
            {
                "name": one.name,
                "issuer": one.issuer,
                "purpose": one.purpose,
                "serial": f"{made.serial:x}",
                "fingerprint": made.fingerprint,
                "key_id": made.public_key.key_id.hex(),
                "crl_number": parse_crl(ports.status.current(connection, one.name)).number,
            }
        )
    return {
        "format": FORMAT,
        "ceremony": ceremony.name,
        "ceremony_sha256": ceremony.sha256,
        "date": ceremony.date.isoformat(),
        "witnesses": list(ceremony.witnesses),
        "held_at": at.isoformat().replace("+00:00", "Z"),
        "by": by,
        "authorities": told,
    }


def root_signer(offline: Vault, name: str) -> Signer:
    """The key of a root; raises :class:`NoSuchAuthority` when this vault does not have it."""
    if name not in offline.labels():
        raise NoSuchAuthority(name)
    return offline.signer(name)
