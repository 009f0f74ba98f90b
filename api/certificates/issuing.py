# SPDX-License-Identifier: Apache-2.0
"""The one way to a signed certificate: reserve, draft, lint, announce, sign, reopen, record, release.

Killed before the announcement, a serial number is spent and nothing else happened.  Killed after it, an open
intent tells what may have been signed, and nobody holds it.  Killed after the last transaction, the same
order brings the certificate back.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from ca import Profile, SubjectName, draft, issue, lint, new_serial
from keys import PublicKey
from verify import Certificate, parse_certificate

from ..database.tables_identity import serials
from . import store
from .model import IssuedCertificate, whole_second
from .ports import CertificatePorts

RANDOM_BYTES = 16
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Plan:
    """A checked order, or a certificate for a key of our own."""

    profile: Profile
    subject: SubjectName
    public_key: PublicKey
    issuer: str  # name of the authority that signs; of itself, for a root
    holder: str
    holder_name: str
    order_digest: str
    by: str
    key_label: str | None = None
    account_id: str | None = None
    not_after: datetime | None = None  # None: the profile's own term

    @property
    def self_signed(self) -> bool:
        """A root signs itself."""
        return self.key_label == self.issuer


def certify(ports: CertificatePorts, plan: Plan) -> IssuedCertificate:
    """Issue one certificate and return it only when it is recorded."""
    at = whole_second(ports.clock())
    issuer = None if plan.self_signed else _issuer(ports, plan.issuer)
    signer = ports.vault.signer(plan.issuer)
    # 1. A serial is spent even if everything after fails.
    serial = _reserve(ports, plan.issuer, at)
    # 2. Lint the very bytes that would be signed.
    linted = lint(
        draft(
            plan.profile,
            subject=plan.subject,
            public_key=plan.public_key,
            issuer=issuer,
            scheme=signer.scheme,
            serial=serial,
            not_before=at,
            not_after=_end(plan, issuer, at),
            crl_url="" if plan.self_signed else ports.authority.crl_url(plan.issuer),
        )
    )
    # 3. Evidence before the signature.
    intent = ports.intents.open(
        "certificate.issue",
        {
            "issuer": plan.issuer,
            "serial": f"{serial:x}",
            "profile": plan.profile.name,
            "tbs_sha256": hashlib.sha256(linted.tbs).hexdigest(),
        },
    )
    try:
        # 4. Sign; ca reopens and compares.
        encoded = issue(linted, signer)
        # 5. Row, entry and end of the intent: together or not at all.
        values = _row(ports, plan, parse_certificate(encoded), at)
        with ports.ledger.transaction() as tx:
            meanwhile = store.find_by_order(tx.connection, plan.order_digest, at)
            if meanwhile is not None:
                # Another process took the same order; what was signed here is thrown away.
                ports.intents.close(tx, intent, "issued-meanwhile")
                return meanwhile
            store.insert_certificate(tx, values)
            ports.intents.close(tx, intent, "issued")
            return store.get_certificate(tx.connection, values["id"])
    except Exception as error:
        ports.intents.fail(intent, type(error).__name__)
        raise


def _issuer(ports: CertificatePorts, name: str) -> Certificate:
    with ports.database.read() as connection:
        return store.authority_certificate(connection, name)


def _end(plan: Plan, issuer: Certificate | None, at: datetime) -> datetime:
    usual = plan.profile.until(at, issuer)
    return usual if plan.not_after is None else min(usual, plan.not_after)


def _reserve(ports: CertificatePorts, issuer: str, at: datetime) -> int:
    for attempt in range(_ATTEMPTS):
        serial = new_serial(ports.random(RANDOM_BYTES))
        try:
            with ports.database.write() as connection:
                connection.execute(
                    insert(serials).values(issuer=issuer, serial=f"{serial:x}", reserved_at=at)
                )
        except IntegrityError:
            # 128 random bits do not repeat; a broken source of randomness does.
            if attempt == _ATTEMPTS - 1:
                raise
            continue
        return serial
    raise AssertionError("unreachable")


def _row(ports: CertificatePorts, plan: Plan, made: Certificate, at: datetime) -> dict[str, Any]:
    return {
        "id": ports.random(16).hex(),
        "issuer": plan.issuer,
        "serial": f"{made.serial:x}",
        "profile": plan.profile.name,
        "key_label": plan.key_label,
        "account_id": plan.account_id,
        "holder": plan.holder,
        "holder_name": plan.holder_name,
        "order_digest": plan.order_digest,
        "key_id": plan.public_key.key_id.hex(),
        "fingerprint": made.fingerprint,
        "der": made.der,
        "not_before": made.not_before,
        "not_after": made.not_after,
        "issued_at": at,
        "issued_by": plan.by,
        "revoked_at": None,
        "revoked_by": None,
        "reason": None,
    }
