# SPDX-License-Identifier: Apache-2.0
"""The one way to signed certificates, for one or for hundreds.

1. reserve serial numbers · 2. draft · 3. lint · 4. announce (intents) · 5. sign · 6. reopen and compare ·
7. record (rows, entries, ends of the intents) · 8. release

Steps 1, 4 and 7 are one transaction each, however many certificates there are.  Killed before 4, serial
numbers are spent and nothing else happened.  Killed after it, open intents tell what may have been signed,
and nobody holds it.  Killed after 7, the same orders bring the certificates back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from ca import Linted, Profile, SubjectName, draft, issue, lint, new_serial
from keys import PublicKey, Signer
from verify import Certificate, Json, parse_certificate

from ..database.tables_identity import serials
from ..ledger import Intent, Transaction
from . import store
from .authorities import Authorities, in_force
from .model import AUTHORITY, SIGN, AuthorityRow, IssuedCertificate, whole_second
from .ports import CertificatePorts

RANDOM_BYTES = 16
_ATTEMPTS = 3

Rows: TypeAlias = Sequence[dict[str, Any]]
With: TypeAlias = Callable[[Transaction, Rows], None]
"""What else belongs into the transaction of step 7, given the rows that are new."""


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
    usage: str = SIGN
    bundle_id: str | None = None
    replaces: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    """What else the draft says: alternative names, identifiers."""
    founding: AuthorityRow | None = None
    """The authority that this makes: a root is in no table yet when it signs itself."""

    @property
    def self_signed(self) -> bool:
        """A root signs itself."""
        return self.key_label == self.issuer


@dataclass(frozen=True, slots=True)
class _Prepared:
    plan: Plan
    linted: Linted
    partition: int


def certify(ports: CertificatePorts, plan: Plan, *, also: With | None = None) -> IssuedCertificate:
    """Issue one certificate and return it only when it is recorded."""
    return certify_all(ports, [plan], also=also)[0]


def certify_all(
    ports: CertificatePorts,
    plans: Sequence[Plan],
    *,
    also: With | None = None,
    signer: Callable[[str], Signer] | None = None,
) -> tuple[IssuedCertificate, ...]:
    """Issue all of them or none; in the order of the plans, each with another digest of its order.

    ``signer``: where the keys of the issuers are, when not in the vault of the service.
    """
    if not plans:
        return ()
    at = whole_second(ports.clock())
    with ports.database.read() as connection:
        above = in_force(connection)
    signers = {name: (signer or ports.vault.signer)(name) for name in sorted({one.issuer for one in plans})}
    # 1. A serial number is spent even if everything after fails.
    numbers = _reserve(ports, plans, at)
    # 2. and 3. Lint the very bytes that would be signed.
    prepared = [
        _prepare(ports, plan, above, signers[plan.issuer], number, at)
        for plan, number in zip(plans, numbers, strict=True)
    ]
    # 4. Evidence before the signature.
    intents = ports.intents.open_all("certificate.issue", [_facts(one) for one in prepared])
    try:
        # 5. and 6. Sign; ca reopens and compares.
        rows = [
            _row(ports, one, parse_certificate(issue(one.linted, signers[one.plan.issuer])), at)
            for one in prepared
        ]
        # 7. Rows, entries and ends of the intents: together or not at all.
        with ports.ledger.transaction() as tx:
            made = _record(ports, tx, rows, intents, also)
    except Exception as error:
        ports.intents.fail_all(intents, type(error).__name__)
        raise
    # 8. Released.
    return made


def _reserve(ports: CertificatePorts, plans: Sequence[Plan], at: datetime) -> list[int]:
    for attempt in range(_ATTEMPTS):
        numbers = [new_serial(ports.authority.prefix + ports.random(RANDOM_BYTES)) for _ in plans]
        rows = [
            {"issuer": plan.issuer, "serial": f"{number:x}", "reserved_at": at}
            for plan, number in zip(plans, numbers, strict=True)
        ]
        try:
            with ports.database.write() as connection:
                connection.execute(insert(serials), rows)
        except IntegrityError:
            # 128 random bits do not repeat; a broken source of randomness does.
            if attempt == _ATTEMPTS - 1:
                raise
            continue
        return numbers
    raise AssertionError("unreachable")


def _prepare(
    ports: CertificatePorts, plan: Plan, above: Authorities, signer: Signer, serial: int, at: datetime
) -> _Prepared:
    issuer: Certificate | None = None
    says: dict[str, Any]
    if plan.self_signed:
        partition = 0
        says = {"null_parameters": plan.founding is None or plan.founding.null_parameters}
    else:
        found = above.get(plan.issuer)
        issuer, partition = found.certificate, found.row.partition(serial)
        says = {
            "crl_url": ports.authority.crl_url(found.row, serial),
            # Nobody asks a responder about itself.
            "ocsp_url": "" if plan.profile.no_check else ports.authority.ocsp_url(found.row),
            "issuer_url": ports.authority.issuer_url(found.row),
            "null_parameters": found.row.null_parameters,
        }
    drafted = draft(
        plan.profile,
        subject=plan.subject,
        public_key=plan.public_key,
        issuer=issuer,
        scheme=signer.scheme,
        serial=serial,
        not_before=at,
        not_after=_end(plan, issuer, at),
        **says,
        **plan.facts,
    )
    return _Prepared(plan, lint(drafted, second=ports.second_lint), partition)


def _end(plan: Plan, issuer: Certificate | None, at: datetime) -> datetime:
    usual = plan.profile.until(at, issuer)
    return usual if plan.not_after is None else min(usual, plan.not_after)


def _facts(one: _Prepared) -> dict[str, Json]:
    return {
        "issuer": one.plan.issuer,
        "serial": f"{one.linted.draft.serial:x}",
        "profile": one.plan.profile.name,
        "tbs_sha256": hashlib.sha256(one.linted.tbs).hexdigest(),
    }


def _record(
    ports: CertificatePorts, tx: Transaction, rows: Rows, intents: Sequence[Intent], also: With | None
) -> tuple[IssuedCertificate, ...]:
    """Another process may have taken the same orders meanwhile; then what was signed here is thrown away."""
    digests = [row["order_digest"] for row in rows]
    meanwhile = store.find_by_orders(tx.connection, digests, rows[0]["issued_at"])
    fresh = [row for row in rows if row["order_digest"] not in meanwhile]
    store.insert_certificates(tx, fresh)
    if also is not None:
        also(tx, fresh)
    outcome = {True: "issued-meanwhile", False: "issued"}
    for known in (True, False):
        ended = [
            intent for intent, digest in zip(intents, digests, strict=True) if (digest in meanwhile) is known
        ]
        ports.intents.close_all(tx, ended, outcome[known])
    made = {row["order_digest"]: store.as_certificate(row) for row in fresh}
    return tuple(meanwhile.get(digest) or made[digest] for digest in digests)


def _row(ports: CertificatePorts, one: _Prepared, made: Certificate, at: datetime) -> dict[str, Any]:
    plan = one.plan
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
        "bundle_id": plan.bundle_id,
        "usage": AUTHORITY if plan.profile.ca else plan.usage,
        "partition": one.partition,
        "held_at": None,
        "held_by": None,
        "invalidity_date": None,
        "replaces": plan.replaces,
    }
