# SPDX-License-Identifier: Apache-2.0
"""Is a certificate revoked?  RFC 5280 section 6.3, with lists of the issuing authority itself only.

The newest usable list decides. Usable means: a key of the authority signed it, that key may sign lists, all
that stands in it is understood, and it is fresh at the time of the check. A list that is not fresh can still
prove a revocation, for that is for ever (all but a hold); it never proves the absence of one. So a newer list
that ran out earlier is heard before an older one that is still fresh: otherwise whoever kept the older one
could hide a revocation behind it.

A delta list is laid over a complete one of the same scope and key (section 5.2.4), and both together are a
list as new as the delta. Alone it still proves a revocation, and nothing else.

On hold is neither good nor revoked: nothing passes while it lasts, and what was signed before it may pass
again after it. The verdict is TRY_LATER (EN 319 102-1 section 5.2.6.4), and a login is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from .certificate import Certificate
from .crl import Crl
from .entries import HOLD, REMOVED, Revoked
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
    """``crl`` is the list that decided; for an unknown status the newest one that is out of date, if any.

    When it is a delta, ``base`` is the complete list under it, if there is one.  ``answered``: no list but an
    OCSP response decided, of this time.
    """

    standing: Standing
    crl: Crl | None = None
    revoked: Revoked | None = None
    base: Crl | None = None
    answered: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Listing:
    """A complete list, a delta over one, or a delta alone."""

    crl: Crl
    base: Crl | None = None

    def entry(self, serial: int) -> Revoked | None:
        found = self.crl.entries.get(serial)
        if self.crl.base is None:
            return found
        if found is not None:
            return None if found.reason == REMOVED else found
        return None if self.base is None else self.base.entries.get(serial)

    @property
    def is_complete(self) -> bool:
        return self.crl.base is None or self.base is not None

    def is_fresh(self, at: datetime) -> bool:
        return self.is_complete and is_fresh(self.crl, at)

    def looks_back(self, certificate: Certificate, at: datetime, known_by: datetime) -> bool:
        """Does it say what stood at an earlier time?  While a certificate lasts, no entry leaves a list."""
        return self.is_complete and at < self.crl.this_update <= min(known_by, certificate.not_after)


def status_of(
    certificate: Certificate,
    issuer: Certificate,
    crls: Iterable[Crl],
    at: datetime,
    *,
    signers: Sequence[Certificate] = (),
    known_by: datetime | None = None,
) -> Status:
    """The status at one moment.

    ``signers``: further certificates of the authority, for another key that signs its lists (section 6.3.3
    (f)); the caller has checked that they lead to the same anchor.  ``known_by``: ``at`` lies in the past,
    and a list that was made after it, up to this moment, tells about it as well.
    """
    listings = _listings(list(_authentic(certificate, (issuer, *signers), crls)))
    fresh = next(
        (
            place
            for place, one in enumerate(listings)
            if one.is_fresh(at) or (known_by is not None and one.looks_back(certificate, at, known_by))
        ),
        None,
    )
    for place, one in enumerate(listings if fresh is None else listings[: fresh + 1]):
        entry = one.entry(certificate.serial)
        if entry is None or entry.at > at:
            continue
        if entry.reason != HOLD:
            return Status(Standing.REVOKED, one.crl, entry, one.base)
        # Newer than the fresh one and the newest of all: nothing at hand says that the hold has ended.
        if fresh is not None and place in (0, fresh):
            return Status(Standing.ON_HOLD, one.crl, entry, one.base)
    if fresh is None:
        return Status(Standing.UNKNOWN, listings[0].crl if listings else None)
    return Status(Standing.GOOD, listings[fresh].crl, None, listings[fresh].base)


def worse_of(first: Status, second: Status | None) -> Status:
    """What two sources say together: any bad word counts, and one good word is enough."""
    if second is None:
        return first
    order = (Standing.REVOKED, Standing.ON_HOLD, Standing.GOOD, Standing.UNKNOWN)
    return min(first, second, key=lambda one: order.index(one.standing))


def is_fresh(crl: Crl, at: datetime) -> bool:
    """A list without an end proves nothing about today."""
    return crl.next_update is not None and crl.this_update <= at <= crl.next_update


def may_sign_lists(issuer: Certificate) -> bool:
    """Key usage cRLSign, unless the certificate does not speak of key usage."""
    return issuer.key_usage is None or "cRLSign" in issuer.key_usage


def completes(delta: Crl, base: Crl) -> bool:
    """May the delta be laid over this list?  Section 5.2.4, conditions (a) to (d).

    The list is not older than what the delta starts from, and older than the delta.  Both speak of the same
    certificates, and name the same key.
    """
    if delta.base is None or base.base is not None or None in (delta.number, base.number):
        return False
    assert delta.number is not None
    assert base.number is not None
    same = (delta.issuer, delta.scope, delta.authority_key_id) == (
        base.issuer,
        base.scope,
        base.authority_key_id,
    )
    return same and delta.base <= base.number < delta.number and base.this_update <= delta.this_update


def _listings(authentic: Sequence[Crl]) -> list[_Listing]:
    """Newest first, as ``authentic`` is; each delta with the newest list that it completes."""
    return [
        _Listing(one, next((base for base in authentic if completes(one, base)), None)) for one in authentic
    ]


def _authentic(
    certificate: Certificate, signers: Sequence[Certificate], crls: Iterable[Crl]
) -> Iterator[Crl]:
    """Newest first.  Lists that only claim to be of this issuer are tried up to ``MOST_FORGED``."""
    able = [one for one in signers if may_sign_lists(one)]
    claimed = [
        (crl, named)
        for crl in dict.fromkeys(crls)
        if not crl.critical_unknown
        and _covers(crl, certificate)
        and (
            named := [
                one for one in able if crl.issuer == one.subject and keys_agree(crl.authority_key_id, one)
            ]
        )
    ]
    forged = 0
    # In this order a revocation can never be lost to the limit and an older, kinder list be found instead.
    for crl, named in sorted(claimed, key=lambda one: _age(one[0]), reverse=True):
        for signer in named:
            if signed_by(crl, signer.public_key):
                yield crl
                break
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
