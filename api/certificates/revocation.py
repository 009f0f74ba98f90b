# SPDX-License-Identifier: Apache-2.0
"""Revocation and revocation lists.

A certificate that is revoked and a list that says so appear in one transaction: there is no moment at which
the service knows and the public list does not.  Numbers of an issuer's lists strictly rise, and so do their
times, whatever the clock does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from ca import Revocation, RevocationReason, make_crl
from verify import Json

from ..database.tables_identity import crls as table
from ..database.tables_identity import stored_time
from ..ledger import Transaction
from . import store
from .errors import NoSuchAuthority, RevocationRefused
from .model import AUTHORITIES, IssuedCertificate, whole_second
from .ports import CertificatePorts

TERM = timedelta(days=7)
_REASONS = {reason.value for reason in RevocationReason} - {RevocationReason.CERTIFICATE_HOLD.value}


def revoke(ports: CertificatePorts, certificate_id: str, reason: str, *, by: str) -> IssuedCertificate:
    """Revoke for good and publish a new list; revoking again changes nothing."""
    if reason not in _REASONS:
        raise RevocationRefused("reason-unknown")
    with ports.database.read() as connection:
        found = store.get_certificate(connection, certificate_id)
    if found.revoked_at is not None:
        return found
    if found.issuer == found.key_label:
        raise RevocationRefused("root-not-revocable")
    intent = ports.intents.open(
        "certificate.revoke",
        {"certificate_id": certificate_id, "issuer": found.issuer, "serial": found.serial, "reason": reason},
    )
    try:
        with ports.ledger.transaction() as tx:
            found = store.get_certificate(tx.connection, certificate_id)
            if found.revoked_at is not None:
                ports.intents.close(tx, intent, "revoked-meanwhile")
                return found
            at = max(whole_second(ports.clock()), found.not_before)
            ended = {"revoked_at": at, "revoked_by": by, "reason": reason}
            _publish(ports, tx, found.issuer, also=_entry(found, at, reason))
            found = store.mark_revoked(
                tx,
                certificate_id,
                ended,
                {
                    "certificate_id": certificate_id,
                    "issuer": found.issuer,
                    "serial": found.serial,
                    "fingerprint": found.fingerprint,
                    "reason": reason,
                },
            )
            ports.intents.close(tx, intent, "revoked")
            return found
    except Exception as error:
        ports.intents.fail(intent, type(error).__name__)
        raise


def refresh(ports: CertificatePorts) -> tuple[str, ...]:
    """A new list for every authority whose list is missing or past half of its term; which ones."""
    names = stale(ports)
    for name in names:
        intent = ports.intents.open("crl.issue", {"issuer": name})
        try:
            with ports.ledger.transaction() as tx:
                _publish(ports, tx, name)
                ports.intents.close(tx, intent, "issued")
        except Exception as error:
            ports.intents.fail(intent, type(error).__name__)
            raise
    return names


def stale(ports: CertificatePorts) -> tuple[str, ...]:
    """Authorities whose list is missing or past half of its term."""
    at = ports.clock()
    with ports.database.read() as connection:
        return tuple(
            name
            for name in AUTHORITIES
            if store.find_by_label(connection, name) is not None
            and ((row := _newest(connection, name)) is None or at >= _half(row))
        )


def current_crl(connection: Connection, name: str) -> bytes:
    """The list in force; raises :class:`NoSuchAuthority`."""
    row = _newest(connection, name) if name in AUTHORITIES else None
    if row is None:
        raise NoSuchAuthority(name)
    return bytes(row.der)


def committed(values: dict[str, Any]) -> dict[str, Json]:
    """The row as the ledger commits to it."""
    times: dict[str, Json] = {name: stored_time(values[name]) for name in ("this_update", "next_update")}
    return {**values, **times, "der": bytes(values["der"]).hex()}


def committed_crls(connection: Connection) -> Iterator[tuple[str, dict[str, Json]]]:
    """Every stored list, for the check of the database against the ledger."""
    for row in connection.execute(select(table)):
        yield _key(row.issuer, row.number), committed(row._asdict())


def _publish(ports: CertificatePorts, tx: Transaction, name: str, *, also: Revocation | None = None) -> None:
    """Sign, store and record the next list of one authority; the caller announced it."""
    before = _newest(tx.connection, name)
    entries = [
        _entry(one, one.revoked_at, one.reason)
        for one in store.revoked_by(tx.connection, name)
        if one.revoked_at is not None and one.reason is not None
    ]
    if also is not None:
        entries.append(also)
    # A clock that was set back must not let an older list look newer.
    moments = [whole_second(ports.clock()), *(one.at for one in entries)]
    this_update = max([*moments, before.this_update] if before is not None else moments)
    number = 1 if before is None else before.number + 1
    values: dict[str, Any] = {
        "issuer": name,
        "number": number,
        "der": make_crl(
            issuer=store.authority_certificate(tx.connection, name),
            signer=ports.vault.signer(name),
            number=number,
            this_update=this_update,
            next_update=this_update + TERM,
            revoked=entries,
        ),
        "this_update": this_update,
        "next_update": this_update + TERM,
    }
    tx.connection.execute(insert(table).values(values))
    tx.commit_row(
        "crls",
        _key(name, number),
        committed(values),
        kind="crl.issued",
        body={"issuer": name, "number": number, "sha256": hashlib.sha256(values["der"]).hexdigest()},
    )


def _key(issuer: str, number: int) -> str:
    return f"{issuer}/{number}"


def _entry(one: IssuedCertificate, at: datetime, reason: str) -> Revocation:
    return Revocation(int(one.serial, 16), at, RevocationReason(reason))


def _newest(connection: Connection, name: str) -> Row[Any] | None:
    query = select(table).where(table.c.issuer == name).order_by(table.c.number.desc()).limit(1)
    return connection.execute(query).one_or_none()


def _half(row: Row[Any]) -> datetime:
    middle: datetime = row.this_update + (row.next_update - row.this_update) / 2
    return middle
