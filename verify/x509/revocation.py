# SPDX-License-Identifier: Apache-2.0
"""Is a certificate revoked?  RFC 5280 section 6.3, with complete lists of the issuer itself only.

The newest usable list decides. Usable means: the issuer's key signed it, the issuer may sign lists, all that
stands in it is understood, and it is fresh at the time of the check. A list that is not fresh can still prove
a revocation, for that is for ever (all but a hold); it never proves the absence of one. So a newer list that
ran out earlier is heard before an older one that is still fresh: otherwise whoever kept the older one could
hide a revocation behind it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from .certificate import Certificate
from .crl import Crl
from .entries import HOLD, Revoked
from .path import keys_agree
from .signatures import signed_by

MOST_FORGED: Final = 64
"""Lists whose signature fails before no further one is tried: each costs a verification.  More than a message
may carry, so that nobody makes a good seal undecided by adding lists to it."""


class Standing(StrEnum):
    """What is known about the status of a certificate."""

    GOOD = "good"
    REVOKED = "revoked"
    ON_HOLD = "on-hold"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Status:
    """``crl`` is the list that decided; for an unknown status the newest one that is out of date, if any."""

    standing: Standing
    crl: Crl | None = None
    revoked: Revoked | None = None


def status_of(certificate: Certificate, issuer: Certificate, crls: Iterable[Crl], at: datetime) -> Status:
    """The status at one moment."""
    authentic = list(_authentic(certificate, issuer, crls))
    fresh = next((crl for crl in authentic if is_fresh(crl, at)), None)
    for crl in authentic if fresh is None else authentic[: authentic.index(fresh) + 1]:
        entry = crl.entries.get(certificate.serial)
        if entry is None or entry.at > at:
            continue
        if entry.reason != HOLD:
            return Status(Standing.REVOKED, crl, entry)
        if crl is fresh:
            return Status(Standing.ON_HOLD, crl, entry)
    if fresh is None:
        return Status(Standing.UNKNOWN, authentic[0] if authentic else None)
    return Status(Standing.GOOD, fresh)


def is_fresh(crl: Crl, at: datetime) -> bool:
    """A list without an end proves nothing about today."""
    return crl.next_update is not None and crl.this_update <= at <= crl.next_update


def may_sign_lists(issuer: Certificate) -> bool:
    """Key usage cRLSign, unless the certificate does not speak of key usage."""
    return issuer.key_usage is None or "cRLSign" in issuer.key_usage


def _authentic(certificate: Certificate, issuer: Certificate, crls: Iterable[Crl]) -> Iterator[Crl]:
    """Newest first.  Lists that only claim to be of this issuer are tried up to ``MOST_FORGED``."""
    if not may_sign_lists(issuer):
        return
    claimed = [
        crl
        for crl in dict.fromkeys(crls)
        if crl.issuer == issuer.subject
        and not crl.critical_unknown
        and keys_agree(crl.authority_key_id, issuer)
        and _covers(crl, certificate)
    ]
    forged = 0
    # In this order a revocation can never be lost to the limit and an older, kinder list be found instead.
    for crl in sorted(claimed, key=_age, reverse=True):
        if signed_by(crl, issuer.public_key):
            yield crl
            continue
        forged += 1
        if forged == MOST_FORGED:
            return


def _covers(crl: Crl, certificate: Certificate) -> bool:
    scope = crl.scope
    if (scope.only_users and certificate.is_ca) or (scope.only_authorities and not certificate.is_ca):
        return False
    return not scope.urls or not set(scope.urls).isdisjoint(certificate.crl_urls)


def _age(crl: Crl) -> tuple[datetime, int]:
    return crl.this_update, crl.number or 0
