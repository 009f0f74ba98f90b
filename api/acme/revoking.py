# SPDX-License-Identifier: Apache-2.0
"""Revocation by the account that ordered, by one that proved every name, or by the certificate's own key
(RFC 8555 section 7.6).  The whole certificate is compared, never its serial number alone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from sqlalchemy import select

from ca import RevocationReason
from verify import Json, parse_certificate

from ..certificates import IssuedCertificate
from ..database.tables_acme import acme_authorizations as proofs
from ..database.tables_acme import acme_orders as orders
from ..ledger import RowAltered
from .encoding import from_base64url
from .errors import AcmeRefused
from .jose import Jwk
from .model import AcmeAccount
from .names import parse_name
from .ports import AcmePorts
from .proofs import require_proven

REASONS: Mapping[int, RevocationReason] = MappingProxyType(
    {
        0: RevocationReason("unspecified"),
        1: RevocationReason("keyCompromise"),
        3: RevocationReason("affiliationChanged"),
        4: RevocationReason("superseded"),
        5: RevocationReason("cessationOfOperation"),
    }
)
"""The codes of RFC 5280 section 5.3.1 that a client may give."""


def revoke(
    ports: AcmePorts, payload: dict[str, Json], who: AcmeAccount | Jwk, *, spend: Callable[[], None]
) -> None:
    """Revoke for good; raises :class:`AcmeRefused`.  ``spend`` is called before anything is done."""
    found, order = _found(ports, payload.get("certificate"))
    if isinstance(who, Jwk):
        if parse_certificate(found.der).public_key.spki != who.spki:
            raise AcmeRefused("unauthorized", "this is not the key of the certificate")
        by = "acme-certificate-key"
    else:
        if order.account_id != who.account_id and not _proved_all(ports, who, json.loads(order.identifiers)):
            raise AcmeRefused("unauthorized", "this account neither ordered it nor proved all of its names")
        by = f"acme-{who.account_id}"
    reason = payload.get("reason", 0)
    if isinstance(reason, bool) or not isinstance(reason, int) or reason not in REASONS:
        raise AcmeRefused("badRevocationReason", f"accepted are {sorted(REASONS)}")
    if found.revoked_at is not None:
        raise AcmeRefused("alreadyRevoked")
    spend()
    ports.certificates.revoke(found.certificate_id, REASONS[reason].value, by=by)


def _found(ports: AcmePorts, given: Json) -> tuple[IssuedCertificate, Any]:
    try:
        encoded = from_base64url(given)
    except ValueError:
        raise AcmeRefused("malformed", "certificate is DER in base64url") from None
    found = ports.certificates.by_fingerprint(hashlib.sha256(encoded).hexdigest())
    if found is not None and found.der == encoded:
        query = select(orders.c.account_id, orders.c.identifiers).where(
            orders.c.certificate_id == found.certificate_id
        )
        with ports.database.read() as connection:
            order: Any = connection.execute(query.limit(1)).one_or_none()
        if order is not None:
            return found, order
    raise AcmeRefused("malformed", "no such certificate was issued by ACME here", status=404)


def _proved_all(ports: AcmePorts, who: AcmeAccount, names: list[str]) -> bool:
    now = ports.clock()
    with ports.database.read() as connection:
        for name in map(parse_name, names):
            query = select(proofs).where(
                proofs.c.account_id == who.account_id,
                proofs.c.name == name.base,
                proofs.c.wildcard == name.wildcard,
            )
            for proof in connection.execute(query.order_by(proofs.c.created_at.desc())):
                try:
                    require_proven(connection, proof, now)
                    break
                except (AcmeRefused, RowAltered):
                    continue
            else:
                return False
    return True
