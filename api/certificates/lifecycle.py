# SPDX-License-Identifier: Apache-2.0
"""Suspend, resume, revoke: for a certificate alone, or for all members of its bundle at once.

The new state and the lists that say so appear in one transaction.  RFC 5280 section 5.3.1: only a suspension
ends; a revocation is final.  Its reason may still become keyCompromise, when the truth comes out later; that
reason never becomes another one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import Connection, Row

from ca import RevocationReason
from keys import Signer
from verify import Json

from ..ledger import Transaction
from . import authorities, store
from .errors import RevocationRefused
from .model import IssuedCertificate, whole_second
from .ports import CertificatePorts

Members: TypeAlias = Sequence[Row[Any]]
Decision: TypeAlias = Callable[[Members, datetime], dict[str, Any] | None]
"""The new values of every member, or ``None`` when nothing is to change."""

KEY_COMPROMISE = RevocationReason.KEY_COMPROMISE.value
_REASONS = {reason.value for reason in RevocationReason} - {RevocationReason.CERTIFICATE_HOLD.value}


def suspend(ports: CertificatePorts, which: str, *, by: str, over: bool = False) -> IssuedCertificate:
    """Put on hold; suspending again changes nothing.

    ``over``: unless somebody else did it, whose suspension becomes this one.  Whoever suspends may resume,
    so a holder must not be ahead of the office.
    """

    def decide(members: Members, at: datetime) -> dict[str, Any] | None:
        if any(one.revoked_at is not None for one in members):
            raise RevocationRefused("revoked-already")
        if all(one.held_at is not None for one in members):
            return {"held_by": by} if over and any(one.held_by != by for one in members) else None
        return {"held_at": at, "held_by": by}

    return _change(ports, which, decide, act="suspend", kind="certificate.suspended", facts={})


def resume(ports: CertificatePorts, which: str, *, by: str) -> IssuedCertificate:
    """End a suspension; nothing else ends.  What is not suspended stays as it is."""

    def decide(members: Members, at: datetime) -> dict[str, Any] | None:
        del at
        if any(one.revoked_at is not None for one in members):
            raise RevocationRefused("revoked-already")
        if all(one.held_at is None for one in members):
            return None
        return {"held_at": None, "held_by": by}  # who spoke last

    return _change(ports, which, decide, act="resume", kind="certificate.resumed", facts={})


def revoke(
    ports: CertificatePorts,
    which: str,
    reason: str,
    *,
    by: str,
    invalidity_date: datetime | None = None,
    offline: Callable[[str], Signer] | None = None,
) -> IssuedCertificate:
    """Revoke for good; revoking again changes nothing, unless the reason becomes keyCompromise.

    ``offline``: the keys of the roots, for the certificate of an issuing authority.
    """
    if reason not in _REASONS:
        raise RevocationRefused("reason-unknown")
    since = _invalidity(ports, invalidity_date)
    decide = revoking(reason, by=by, invalidity_date=since)
    facts: dict[str, Json] = {"reason": reason}
    if since is not None:
        facts["invalidity_date"] = since.isoformat()
    return _change(
        ports, which, decide, act="revoke", kind="certificate.revoked", facts=facts, offline=offline
    )


def revoking(reason: str, *, by: str, invalidity_date: datetime | None = None) -> Decision:
    """What revocation makes of the members."""

    def decide(members: Members, at: datetime) -> dict[str, Any] | None:
        if invalidity_date is not None and any(invalidity_date < one.not_before for one in members):
            raise RevocationRefused("invalidity-before-issuance")
        if any(one.revoked_at is None for one in members):
            return {"revoked_at": at, "revoked_by": by, "reason": reason, "invalidity_date": invalidity_date}
        if reason == KEY_COMPROMISE and any(one.reason != KEY_COMPROMISE for one in members):
            return {"reason": reason, "invalidity_date": invalidity_date}
        return None

    return decide


def apply(
    ports: CertificatePorts,
    tx: Transaction,
    members: Members,
    new: dict[str, Any],
    *,
    kind: str,
    facts: dict[str, Json],
    offline: Callable[[str], Signer] | None = None,
) -> None:
    """Write the new state of all members, then the lists that say so: within the caller's transaction."""
    store.require_believed(tx.connection, members)
    changed: dict[str, set[int]] = {}
    for row in members:
        values = dict(new)
        if values.get("revoked_at") is not None:
            values["revoked_at"] = max(values["revoked_at"], row.not_before)
        if values.get("held_at") is not None:
            values["held_at"] = max(values["held_at"], row.not_before)
        store.change(tx, row, values, kind=kind, more=facts)
        changed.setdefault(row.issuer, set()).add(row.partition)
    _publish(ports, tx, changed, offline)


def _publish(
    ports: CertificatePorts,
    tx: Transaction,
    changed: Mapping[str, AbstractSet[int]],
    offline: Callable[[str], Signer] | None,
) -> None:
    here = {}
    for name, partitions in changed.items():
        if authorities.get_authority(tx.connection, name).root:
            if offline is None:
                raise RevocationRefused("authority-offline")
            ports.status.publish_offline(tx, name, offline(name))
        else:
            here[name] = partitions
    if here:
        ports.status.publish(tx, here)


def _change(
    ports: CertificatePorts,
    which: str,
    decide: Decision,
    *,
    act: str,
    kind: str,
    facts: dict[str, Json],
    offline: Callable[[str], Signer] | None = None,
) -> IssuedCertificate:
    at = whole_second(ports.clock())
    with ports.database.read() as connection:
        members = store.living_together(connection, which)
        _require_changeable(_roots(connection), members, act, offline)
        if decide(members, at) is None:
            return _named(members, which)
    intent = ports.intents.open(f"certificate.{act}", {"certificates": [one.id for one in members], **facts})
    try:
        with ports.ledger.transaction() as tx:
            members = store.living_together(tx.connection, which)
            new = decide(members, at)
            if new is None:
                ports.intents.close(tx, intent, "done-meanwhile")
            else:
                apply(ports, tx, members, new, kind=kind, facts=facts, offline=offline)
                ports.intents.close(tx, intent, "done")
            return _named(store.living_together(tx.connection, which), which)
    except Exception as error:
        ports.intents.fail(intent, type(error).__name__)
        raise


def _roots(connection: Connection) -> frozenset[str]:
    """Names of the offline authorities."""
    return frozenset(one.name for one in authorities.listed(connection) if one.root)


def _require_changeable(
    roots: frozenset[str], members: Members, act: str, offline: Callable[[str], Signer] | None
) -> None:
    for one in members:
        if one.issuer == one.key_label:
            raise RevocationRefused("root-not-revocable")
        if one.issuer in roots and (offline is None or act != "revoke"):
            raise RevocationRefused("authority-offline")


def _named(members: Members, which: str) -> IssuedCertificate:
    """The certificate that was named, or the signing one of the bundle that was."""
    found = next((one for one in members if one.id == which), members[0])
    return store.certificate_of(found)


def _invalidity(ports: CertificatePorts, stated: datetime | None) -> datetime | None:
    if stated is None:
        return None
    if stated.tzinfo is None or stated > ports.clock():
        raise RevocationRefused("invalidity-refused")
    try:
        return whole_second(stated)
    except OverflowError:  # the first hours of the year 1, in a zone east of here
        raise RevocationRefused("invalidity-before-issuance") from None
