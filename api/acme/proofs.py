# SPDX-License-Identifier: Apache-2.0
"""Authorizations and challenges (RFC 8555 sections 7.1.4, 7.1.5, 7.5).

A proven authorization is committed to the public log; from then on it counts only while the log vouches for
it, so that nobody proves a name with an UPDATE.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from verify import Json, canonical_json

from ..database.tables_acme import acme_authorizations as proofs
from ..database.tables_acme import acme_challenges as challenges
from ..database.tables_acme import acme_orders as orders
from ..database.tables_identity import is_id, stored_time
from ..ledger import Transaction, require_vouched
from .encoding import to_base64url
from .errors import AcmeRefused
from .model import ChallengeStatus, ChallengeType, OrderStatus, ProofStatus
from .names import Name
from .ports import AcmePorts

_TOKEN = 32


def open_proof(ports: AcmePorts, connection: Connection, name: Name, *, order: dict[str, Any]) -> str:
    """A pending authorization with its challenges; a wildcard is proven in the DNS only."""
    proof_id = ports.new_id()
    connection.execute(
        insert(proofs).values(
            id=proof_id,
            order_id=order["id"],
            account_id=order["account_id"],
            name=name.base,
            wildcard=name.wildcard,
            status=ProofStatus.PENDING.value,
            created_at=order["created_at"],
            expires_at=order["expires_at"],
            proven_at=None,
        )
    )
    for kind in (ChallengeType.DNS,) if name.wildcard else (ChallengeType.HTTP, ChallengeType.DNS):
        connection.execute(
            insert(challenges).values(
                id=ports.new_id(),
                authorization_id=proof_id,
                type=kind.value,
                token=to_base64url(ports.random(_TOKEN)),
                status=ChallengeStatus.PENDING.value,
                changed_at=order["created_at"],
                error=None,
            )
        )
    return proof_id


def get_proof(connection: Connection, proof_id: str, *, account_id: str) -> Row[Any]:
    """An authorization of this account; raises :class:`AcmeRefused`, also for somebody else's."""
    query = select(proofs).where(proofs.c.id == proof_id, proofs.c.account_id == account_id)
    row = connection.execute(query).one_or_none() if is_id(proof_id) else None
    if row is None:
        raise AcmeRefused("malformed", "there is no such authorization", status=404)
    return row


def get_challenge(connection: Connection, challenge_id: str, *, account_id: str) -> tuple[Row[Any], Row[Any]]:
    """A challenge of this account and its authorization."""
    query = select(challenges).where(challenges.c.id == challenge_id)
    row = connection.execute(query).one_or_none() if is_id(challenge_id) else None
    if row is None:
        raise AcmeRefused("malformed", "there is no such challenge", status=404)
    return row, get_proof(connection, row.authorization_id, account_id=account_id)


def proofs_of(connection: Connection, order_id: str) -> tuple[Row[Any], ...]:
    """The authorizations of an order, in the order of its names."""
    query = select(proofs).where(proofs.c.order_id == order_id).order_by(proofs.c.name, proofs.c.wildcard)
    return tuple(connection.execute(query))


def challenges_of(connection: Connection, proof_id: str) -> tuple[Row[Any], ...]:
    """The challenges of an authorization."""
    query = select(challenges).where(challenges.c.authorization_id == proof_id).order_by(challenges.c.type)
    return tuple(connection.execute(query))


def standing(proof: Row[Any], at: datetime) -> str:
    """The status as clients see it: what has expired says so."""
    ends = proof.status in (ProofStatus.PENDING, ProofStatus.VALID)
    return "expired" if ends and proof.expires_at <= at else str(proof.status)


def require_proven(connection: Connection, proof: Row[Any], at: datetime) -> None:
    """Raise unless the name is proven now, and the public log says so too."""
    if standing(proof, at) != ProofStatus.VALID:
        raise AcmeRefused(
            "unauthorized", "an authorization of this order is not valid any more", name=proof.name
        )
    require_vouched(connection, "acme_authorizations", proof.id, committed(proof._asdict()))


def take_up(ports: AcmePorts, challenge: Row[Any], proof: Row[Any]) -> bool:
    """The client is ready: true if the proof has to be looked at now."""
    now = ports.clock()
    if challenge.status != ChallengeStatus.PENDING:
        return bool(challenge.status == ChallengeStatus.PROCESSING)
    if standing(proof, now) != ProofStatus.PENDING:
        raise AcmeRefused("malformed", f"the authorization is {standing(proof, now)}")
    with ports.database.write() as connection:
        _require_patience(ports, connection, proof, now)
        taken = connection.execute(
            update(challenges)
            .where(challenges.c.id == challenge.id, challenges.c.status == ChallengeStatus.PENDING.value)
            .values(status=ChallengeStatus.PROCESSING.value, changed_at=now)
        )
    return taken.rowcount == 1


def in_processing(connection: Connection) -> tuple[str, ...]:
    """Challenges that somebody has to look at."""
    query = select(challenges.c.id).where(challenges.c.status == ChallengeStatus.PROCESSING.value)
    return tuple(str(one) for one in connection.execute(query).scalars())


def conclude(ports: AcmePorts, challenge_id: str, failure: AcmeRefused | None) -> None:
    """Write down how a proof went: challenge, authorization and order, in one transaction."""
    now = ports.clock()
    with ports.ledger.transaction() as tx:
        joined = challenges.join(proofs, proofs.c.id == challenges.c.authorization_id)
        query = (
            select(challenges.c.authorization_id)
            .select_from(joined)
            .where(
                challenges.c.id == challenge_id,
                challenges.c.status == ChallengeStatus.PROCESSING.value,
                proofs.c.status == ProofStatus.PENDING.value,
            )
        )
        proof_id = tx.connection.execute(query).scalar_one_or_none()
        status = ChallengeStatus.INVALID if failure or proof_id is None else ChallengeStatus.VALID
        error = None if failure is None else canonical_json(failure.as_json()).decode()
        tx.connection.execute(
            update(challenges)
            .where(challenges.c.id == challenge_id, challenges.c.status == ChallengeStatus.PROCESSING.value)
            .values(status=status.value, changed_at=now, error=error)
        )
        if proof_id is None:
            return  # the authorization ended meanwhile, by another challenge or by the client
        if status is ChallengeStatus.VALID:
            _prove(ports, tx, proof_id, now)
        else:
            tx.connection.execute(
                update(proofs).where(proofs.c.id == proof_id).values(status=ProofStatus.INVALID.value)
            )
        settle_order(tx.connection, proof_id, failure)


def deactivate(ports: AcmePorts, proof: Row[Any]) -> None:
    """The client gives an authorization up (RFC 8555 section 7.5.2)."""
    if proof.status not in (ProofStatus.PENDING, ProofStatus.VALID):
        raise AcmeRefused("malformed", f"the authorization is {proof.status}")
    with ports.ledger.transaction() as tx:
        ended = {"status": ProofStatus.DEACTIVATED.value}
        tx.connection.execute(update(proofs).where(proofs.c.id == proof.id).values(ended))
        row = tx.connection.execute(select(proofs).where(proofs.c.id == proof.id)).one()
        if row.proven_at is not None:
            require_vouched(tx.connection, "acme_authorizations", proof.id, committed(proof._asdict()))
            _commit(tx, row, "authorization.ended")
        settle_order(tx.connection, proof.id, None)


def settle_order(connection: Connection, proof_id: str, failure: AcmeRefused | None) -> None:
    """What the state of an authorization means for its order while that is still waiting."""
    order_id = connection.execute(select(proofs.c.order_id).where(proofs.c.id == proof_id)).scalar_one()
    found = {row.status for row in proofs_of(connection, order_id)}
    changed: dict[str, Any] = {}
    if found == {ProofStatus.VALID.value}:
        changed = {"status": OrderStatus.READY.value}
    elif found & {ProofStatus.INVALID.value, ProofStatus.DEACTIVATED.value}:
        changed = {"status": OrderStatus.INVALID.value}
        if failure is not None:
            changed["error"] = canonical_json(failure.as_json()).decode()
    if changed:
        waiting = (OrderStatus.PENDING.value, OrderStatus.READY.value)
        connection.execute(
            update(orders).where(orders.c.id == order_id, orders.c.status.in_(waiting)).values(changed)
        )


def challenge_json(challenge: Row[Any], url: str) -> dict[str, Json]:
    """A challenge as clients see it."""
    told: dict[str, Json] = {
        "type": challenge.type,
        "url": url,
        "status": challenge.status,
        "token": challenge.token,
    }
    if challenge.status == ChallengeStatus.VALID:
        told["validated"] = stamp(challenge.changed_at)
    if challenge.error is not None:
        told["error"] = json.loads(challenge.error)
    return told


def stamp(moment: datetime) -> str:
    """A time as RFC 3339 writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def committed(values: dict[str, Any]) -> dict[str, Json]:
    """The row as the ledger commits to it."""
    names = ("created_at", "expires_at", "proven_at")
    return {**values, **{name: stored_time(values[name]) for name in names}}


def committed_acme_authorizations(connection: Connection) -> Iterator[tuple[str, dict[str, Json]]]:
    """Every authorization that was ever proven, for the check of the database against the ledger."""
    for row in connection.execute(select(proofs).where(proofs.c.proven_at.is_not(None))):
        yield row.id, committed(row._asdict())


def _prove(ports: AcmePorts, tx: Transaction, proof_id: str, now: datetime) -> None:
    tx.connection.execute(
        update(proofs)
        .where(proofs.c.id == proof_id)
        .values(status=ProofStatus.VALID.value, proven_at=now, expires_at=now + ports.limits.proof_life)
    )
    row = tx.connection.execute(select(proofs).where(proofs.c.id == proof_id)).one()
    _commit(tx, row, "authorization.proven")


def _commit(tx: Transaction, row: Row[Any], kind: str) -> None:
    body: dict[str, Json] = {"acme_authorization_id": row.id}
    tx.commit_row("acme_authorizations", row.id, committed(row._asdict()), kind=kind, body=body)


def _require_patience(ports: AcmePorts, connection: Connection, proof: Row[Any], now: datetime) -> None:
    hour = timedelta(hours=1)
    joined = challenges.join(proofs, proofs.c.id == challenges.c.authorization_id)
    query = (
        select(func.count())
        .select_from(joined)
        .where(
            proofs.c.account_id == proof.account_id,
            proofs.c.name == proof.name,
            challenges.c.status == ChallengeStatus.INVALID.value,
            challenges.c.changed_at > now - hour,
        )
    )
    if connection.execute(query).scalar_one() >= ports.limits.failures:
        raise AcmeRefused(
            "rateLimited", "too many failed proofs of this name", name=proof.name, retry_after=3600
        )
