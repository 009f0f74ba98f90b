# SPDX-License-Identifier: Apache-2.0
"""What time ends: orders that waited too long, and what is left of those that came to nothing.

Whatever was proven or issued stays: the public log commits to it.
"""

from __future__ import annotations

from sqlalchemy import delete, select, update

from ..database.tables_acme import acme_authorizations as proofs
from ..database.tables_acme import acme_challenges as challenges
from ..database.tables_acme import acme_orders as orders
from .model import OrderStatus
from .ports import AcmePorts

_AT_A_TIME = 200


def sweep_orders(ports: AcmePorts) -> int:
    """Orders past their time become invalid; those that came to nothing a month ago go.  How many went."""
    now = ports.clock()
    waiting = (OrderStatus.PENDING.value, OrderStatus.READY.value)
    proven = select(proofs.c.order_id).where(proofs.c.proven_at.is_not(None))
    with ports.database.write() as connection:
        connection.execute(
            update(orders)
            .where(orders.c.status.in_(waiting), orders.c.expires_at <= now)
            .values(status=OrderStatus.INVALID.value)
        )
        old = list(
            connection.execute(
                select(orders.c.id)
                .where(
                    orders.c.status == OrderStatus.INVALID.value,
                    orders.c.expires_at <= now - ports.limits.kept,
                    orders.c.id.not_in(proven),
                )
                .limit(_AT_A_TIME)
            ).scalars()
        )
        theirs = select(proofs.c.id).where(proofs.c.order_id.in_(old))
        connection.execute(delete(challenges).where(challenges.c.authorization_id.in_(theirs)))
        connection.execute(delete(proofs).where(proofs.c.order_id.in_(old)))
        connection.execute(delete(orders).where(orders.c.id.in_(old)))
    return len(old)
