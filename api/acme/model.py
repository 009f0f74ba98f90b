# SPDX-License-Identifier: Apache-2.0
"""What ACME speaks of: states (RFC 8555 section 7.1.6), keys, accounts, and how much one account may ask."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

PROFILE = "tls_server"


class AccountStatus(StrEnum):
    """Of an account."""

    VALID = "valid"
    DEACTIVATED = "deactivated"


class OrderStatus(StrEnum):
    """Of an order: pending -> ready -> processing -> valid, and from each of the first three to invalid."""

    PENDING = "pending"
    READY = "ready"
    PROCESSING = "processing"
    VALID = "valid"
    INVALID = "invalid"


class ProofStatus(StrEnum):
    """Of an authorization as it is stored; whether one has expired is seen when it is read."""

    PENDING = "pending"
    VALID = "valid"
    INVALID = "invalid"
    DEACTIVATED = "deactivated"


class ChallengeStatus(StrEnum):
    """Of a challenge."""

    PENDING = "pending"
    PROCESSING = "processing"
    VALID = "valid"
    INVALID = "invalid"


class ChallengeType(StrEnum):
    """How a name is proven."""

    HTTP = "http-01"
    DNS = "dns-01"


@dataclass(frozen=True, slots=True)
class BindingKey:
    """A key that binds ACME accounts to an account or agency of the platform; the MAC secret is not in it."""

    key_id: str
    account_id: str | None
    holder: str
    holder_name: str = field(repr=False)
    domains: tuple[str, ...]
    made_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class MadeKey:
    """A new key with its secret, base64url: this value is the only place where it is ever shown."""

    key: BindingKey
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AcmeAccount:
    """An account of a client."""

    account_id: str
    key_id: str
    jwk: str = field(repr=False)
    thumbprint: str
    contacts: tuple[str, ...] = field(repr=False)
    status: AccountStatus
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is allowed, and how long things live."""

    names: int = 50  # in one order
    accounts: int = 50  # under one binding key
    orders: int = 100  # of one account in one hour
    waiting: int = 100  # orders of one account that wait for proof at one time
    failures: int = 5  # failed proofs of one account for one name in one hour
    order_life: timedelta = timedelta(days=7)
    proof_life: timedelta = timedelta(days=30)
    nonce_life: timedelta = timedelta(hours=1)
    kept: timedelta = timedelta(days=30)  # what came to nothing, after it expired
    certificate_life: timedelta = timedelta(days=90)
