# SPDX-License-Identifier: Apache-2.0
"""Was a certificate good at a time in the past?  EN 319 102-1 section 5.6.2.1, simplified and fail-closed.

Two moments.  ``at``: when the key is proven to have been used.  ``held_at``: when certificates and lists are
proven to have existed, not before ``at``.  Demanded are

1. a path of which every certificate was valid and not revoked at ``at``, as lists say that existed at
   ``held_at``: fresh at ``at``, or made between the two while the certificate lasted;
2. at ``held_at`` every issuer on it still valid and not revoked: an authority whose key was lost, or whose
   time was over, could have made certificates and lists with any date;
3. nothing else that is at hand, however new, says that one of them was revoked at that time.

The standard slides a control time along the path instead; each step of it that could pass where this does not
needs evidence older than what is demanded here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from ..canonical import Json
from ..report import SignatureReport
from .certificate import Certificate
from .check import FORMAT, GOOD, StatusSource, no_path, path_facts, path_statuses, status_findings
from .constraints import Purpose, issuers_valid, path_findings
from .crl import Crl
from .facts import holder_facts
from .findings import Finding, judged
from .path import Path, PathSearch, TrustedMaterial
from .revocation import Standing, Status

_SILENT = Status(Standing.GOOD)
"""Stands where nothing is to be said."""


def check_past_certificate(
    certificate: Certificate,
    trust: TrustedMaterial,
    at: datetime,
    *,
    held_at: datetime,
    purpose: Purpose,
    intermediates: Sequence[Certificate] = (),
    crls: Sequence[Crl] = (),
    statuses: StatusSource | None = None,
    heard: Sequence[Crl] = (),
    heard_statuses: StatusSource | None = None,
) -> SignatureReport:
    """The verdict on a certificate at ``at``, with evidence of ``held_at``; lists of ``trust`` are none.

    ``crls`` and ``statuses`` existed at ``held_at``; ``heard`` are all that are at hand, which may only speak
    against.  Whether the trust itself is still current is for the caller.
    """
    search = PathSearch(trust, intermediates)
    facts: dict[str, Json] = {"signer": holder_facts(certificate), "chain": []}
    best: SignatureReport | None = None
    for path in search.paths(certificate):
        known = path_statuses(path, search, crls, at, statuses, known_by=held_at)
        found = [
            *path_findings(path, at, purpose),
            *status_findings(path, known),
            *_issuers(path, search, crls, held_at, statuses),
            *_contradicted(path, search, heard, (at, held_at), heard_statuses),
        ]
        report = judged(FORMAT, found, GOOD, {**facts, **path_facts(path, known)})
        if best is None or report.sub_indication is None:
            best = report
        if report.sub_indication is None:
            break
    return no_path(certificate, search, facts) if best is None else best


def _issuers(
    path: Path, search: PathSearch, crls: Sequence[Crl], held_at: datetime, statuses: StatusSource | None
) -> Iterator[Finding]:
    yield from issuers_valid(path, held_at)
    if len(path) > 1:
        later = path_statuses(path[1:], search, crls, held_at, statuses)
        # One place is left free, so that the reasons speak of authorities.
        yield from status_findings(path, [_SILENT, *later])


def _contradicted(
    path: Path,
    search: PathSearch,
    heard: Sequence[Crl],
    moments: tuple[datetime, datetime],
    statuses: StatusSource | None,
) -> Iterator[Finding]:
    at, held_at = moments
    said = path_statuses(path, search, heard, at, statuses)[:1]
    said += path_statuses(path[1:], search, heard, held_at, statuses)
    bad = (Standing.REVOKED, Standing.ON_HOLD)
    yield from status_findings(path, [one if one.standing in bad else _SILENT for one in said])
