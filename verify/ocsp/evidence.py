# SPDX-License-Identifier: Apache-2.0
"""Kept OCSP responses as evidence of status at some moment: RFC 6960, ETSI EN 319 142-1 section 5.4.2.2.

A response says what stood from ``thisUpdate`` to ``nextUpdate``, and, made later while the certificate
lasted, what stood before.  A revocation it proves for ever.  What is unreadable, of somebody else or not
understood says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime

from ..x509 import Certificate, Crl
from ..x509.entries import HOLD
from ..x509.revocation import Standing, Status
from .errors import OcspMalformed
from .responder import named_responders, responder_findings, signed_response
from .response import OcspResponse, OcspSingle, OcspStanding, parse_ocsp_response

MOST_RESPONSES = 64


def ocsp_statuses(
    responses: Sequence[bytes], crls: Sequence[Crl], *, known_by: datetime | None = None
) -> Callable[[Certificate, Certificate, datetime], Status | None]:
    """A :data:`verify.x509.StatusSource`.

    ``crls``: where the status of a responder without id-pkix-ocsp-nocheck is looked up.  ``known_by``: a
    response made after the moment that is asked about counts up to this one.
    """
    parsed = []
    for one in responses[:MOST_RESPONSES]:
        with suppress(OcspMalformed):
            found = parse_ocsp_response(one)
            if found.status == "successful" and not found.critical_unknown:
                parsed.append(found)
    genuine: dict[tuple[int, str], bool] = {}

    def answer(certificate: Certificate, issuer: Certificate, at: datetime) -> Status | None:
        best: Status | None = None
        for number, found in enumerate(parsed):
            for single in _about(found, certificate, issuer):
                status = _status(single, certificate, at, known_by)
                if status is None:
                    continue
                name = (number, issuer.fingerprint)
                if name not in genuine:
                    genuine[name] = _is_genuine(found, issuer, crls, max(at, single.this_update))
                if genuine[name] and (best is None or status.standing is not Standing.GOOD):
                    best = status
                if best is not None and best.standing is Standing.REVOKED:
                    return best
        return best

    return answer


def _about(found: OcspResponse, certificate: Certificate, issuer: Certificate) -> Iterator[OcspSingle]:
    for single in found.singles:
        same = single.cert_id.serial == certificate.serial and single.cert_id.is_of(issuer)
        if same and not single.critical_unknown:
            yield single


def _status(
    single: OcspSingle, certificate: Certificate, at: datetime, known_by: datetime | None
) -> Status | None:
    revoked = single.revoked
    if revoked is not None and revoked.at <= at:
        standing = Standing.ON_HOLD if revoked.reason == HOLD else Standing.REVOKED
        return Status(standing, revoked=revoked, answered=single.this_update)
    if single.standing is OcspStanding.UNKNOWN:
        return None
    fresh = single.next_update is not None and single.this_update <= at <= single.next_update
    later = known_by is not None and at < single.this_update <= min(known_by, certificate.not_after)
    # Revoked, but after the moment that is asked about, is good at that moment.
    return Status(Standing.GOOD, answered=single.this_update) if fresh or later else None


def _is_genuine(found: OcspResponse, issuer: Certificate, crls: Sequence[Crl], at: datetime) -> bool:
    return any(
        signed_response(found, one.public_key) and not any(responder_findings(one, issuer, crls, at))
        for one in named_responders(found, issuer)
    )
