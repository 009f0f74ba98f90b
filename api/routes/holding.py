# SPDX-License-Identifier: Apache-2.0
"""What a holder does with certificates over HTTP: suspend a lost one at once, resume, renew, end for good.

Every act is on the whole bundle.  Suspending ends the logins of that certificate, so whoever is logged in and
resumes it has shown another certificate of the same account, or is the registration office.  What the office
suspended is resumed by the office.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from fastapi import APIRouter, Response

from ca import PROFILES

from ..accounts import Right
from ..enrolment import (
    RENEWABLE,
    Holding,
    NothingDelivered,
    RenewalRefused,
    SuspendedByAnother,
    approvals_needed,
    may_register,
)
from ..enrolment import rekey as rekeyed
from ..login import Session
from ..wiring import Service
from .access import ServiceOf, SessionOf, require, speaks_for
from .bodies import Base64, Id, RequestBody, moment

router = APIRouter(prefix="/api/v1/certificates", tags=["certificates"])


class Nothing(RequestBody):
    """An empty object."""


class NewKeys(RequestBody):
    """PKCS#10 DER: for the signing key, and for the RSA or ECDSA key of a bundle that has one."""

    request: Base64
    rsa_request: Base64 | None = None


@router.post("/{held_id}/suspend")
def suspend(
    held_id: Id, session: SessionOf, service: ServiceOf, _body: Nothing | None = None
) -> dict[str, object]:
    """A key was lost: nobody accepts its certificates from now on, until they are resumed."""
    return shown(service, act_on(service, session, held_id, "suspend"))


@router.post("/{held_id}/resume")
def resume(
    held_id: Id, session: SessionOf, service: ServiceOf, _body: Nothing | None = None
) -> dict[str, object]:
    """It was found again."""
    return shown(service, act_on(service, session, held_id, "resume"))


@router.post("/{held_id}/renew")
def renew(
    held_id: Id, session: SessionOf, service: ServiceOf, _body: Nothing | None = None
) -> dict[str, object]:
    """New certificates for the same keys."""
    return shown(service, act_on(service, session, held_id, "renew"))


@router.post("/{held_id}/rekey")
def rekey(held_id: Id, body: NewKeys, session: SessionOf, service: ServiceOf) -> dict[str, object]:
    """New keys, for the holder alone: whoever else could ask would choose the key that speaks for them."""
    found = service.holdings.own(held_id, *speaks_for(session))
    made = rekeyed(
        service.certificates,
        found,
        body.request,
        rsa_request=body.rsa_request,
        at=service.clock(),
        by=session.account_id,
    )
    return shown(service, service.holdings.holding(made.certificate_id))


@router.get("/{held_id}/envelope")
def envelope(held_id: Id, session: SessionOf, service: ServiceOf) -> Response:
    """The encryption key under the signing key: SM2EnvelopedKey (GB/T 35276), DER."""
    return _delivered(service, session, held_id, "envelope")


@router.get("/{held_id}/response")
def response(held_id: Id, session: SessionOf, service: ServiceOf) -> Response:
    """Both certificates and the envelope as one CSR response (GM/T 0092), DER."""
    return _delivered(service, session, held_id, "response")


def act_on(
    service: Service,
    session: Session,
    certificate_id: str,
    verb: Literal["suspend", "resume", "renew", "revoke"],
    *,
    reason: str = "cessationOfOperation",
) -> Holding:
    """One act by its holder or by the registration office, on everything that lives and ends together."""
    found = held_by(service, session, certificate_id)
    certificates, by = service.certificates, session.account_id
    if verb == "suspend":
        office = may_register(session.roles) and found.first.account_id != session.account_id
        certificates.suspend(certificate_id, by=by, over=office)
    elif verb == "resume":
        held = any(one.held_at is not None for one in found.members)  # one of them may have expired since
        if held and found.status in ("suspended", "expired") and not may_resume(session, found):
            raise SuspendedByAnother
        certificates.resume(certificate_id, by=by)
    elif verb == "revoke":
        certificates.revoke(certificate_id, reason, by=by)
    else:
        _require_renewable(service, found)
        renewed = certificates.renew(certificate_id, by=by)
        return service.holdings.holding(renewed.certificate_id)
    return service.holdings.holding(certificate_id)


def held_by(service: Service, session: Session, certificate_id: str) -> Holding:
    """A holding of this login, or any for the registration office; others do not exist."""
    if may_register(session.roles):
        found = service.holdings.holding(certificate_id)
        if found.first.key_label is None:
            return found
        require(session, Right.ISSUE_CERTIFICATES)
    return service.holdings.own(certificate_id, *speaks_for(session))


def may_resume(session: Session, found: Holding) -> bool:
    """Whoever suspended it, and the registration office, but nobody there for themselves: what the office
    suspended stays so."""
    mine = found.held_by == session.account_id
    others = may_register(session.roles) and found.first.account_id != session.account_id
    return found.status == "suspended" and (mine or others)


def renewable(found: Holding, at: datetime) -> bool:
    """Does the page offer it?  :func:`act_on` decides."""
    first = found.first
    approvals = approvals_needed(PROFILES[first.profile]) if first.profile in PROFILES else 1
    return approvals < 2 and at >= first.not_after - RENEWABLE


def _require_renewable(service: Service, found: Holding) -> None:
    first = found.first
    if first.profile in PROFILES and approvals_needed(PROFILES[first.profile]) > 1:
        raise RenewalRefused("renewal-needs-approval")
    if found.status != "good":
        raise RenewalRefused("renewal-of-ended")
    if service.clock() < first.not_after - RENEWABLE:
        raise RenewalRefused("renewal-too-early")


def _delivered(service: Service, session: Session, certificate_id: str, what: str) -> Response:
    found = service.holdings.own(certificate_id, *speaks_for(session))
    bundle_id = found.first.bundle_id
    bundle = None if bundle_id is None else service.certificates.bundle(bundle_id)
    content = None
    if bundle is not None:
        content = bundle.envelope if what == "envelope" else bundle.csr_response
    if content is None:
        raise NothingDelivered(certificate_id)
    name = f"{what}-{found.first.serial[:8]}.der"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type="application/octet-stream", headers=headers)


def shown(service: Service, found: Holding) -> dict[str, object]:
    """A holding as answers carry it."""
    return {
        "certificate_id": found.first.certificate_id,
        "bundle_id": found.first.bundle_id,
        "status": found.status,
        "not_after": moment(found.first.not_after),
        "members": [
            {
                "certificate_id": one.certificate_id,
                "usage": one.usage,
                "serial": one.serial,
                "status": one.status(service.clock()),
            }
            for one in found.members
        ],
    }
