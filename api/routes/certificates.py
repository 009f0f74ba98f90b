# SPDX-License-Identifier: Apache-2.0
"""Certificates: issued from a PKCS#10 request, shown, revoked; issuers and CRLs as public files."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response

from ..certificates import IssuedCertificate, IssueOrder
from .access import Right, ServiceOf, SessionOf, require, speaks_for
from .bodies import Base64, Id, Moment, RequestBody, Short, moment, to_base64

router = APIRouter(tags=["certificates"])
Name = Annotated[str, Path(pattern=r"^[a-z0-9-]{1,40}$")]


class NewCertificate(RequestBody):
    """An order; ``request`` is PKCS#10 DER."""

    profile: Short
    request: Base64
    account_id: Id | None = None
    holder: Short
    holder_name: Short
    valid_until: Moment | None = None


class Revocation(RequestBody):
    """Why a certificate ends (RFC 5280 section 5.3.1)."""

    reason: Short
    invalid_since: Moment | None = None  # since when the key was out of hand


@router.post("/api/v1/certificates", status_code=201)
def issue(body: NewCertificate, session: SessionOf, service: ServiceOf) -> dict[str, object]:
    """Issue one certificate; the same order twice gives the same certificate."""
    require(session, Right.ISSUE_CERTIFICATES)
    order = IssueOrder(
        profile=body.profile,
        request=body.request,
        account_id=body.account_id,
        holder=body.holder,
        holder_name=body.holder_name,
        valid_until=body.valid_until,
    )
    made = service.certificates.issue(order, by=session.account_id)
    return shown(service, made)


@router.get("/api/v1/certificates/{certificate_id}")
def show(certificate_id: Id, session: SessionOf, service: ServiceOf) -> dict[str, object]:
    """One certificate, for the operator and its owner."""
    found = service.certificates.get(certificate_id)
    if found.account_id != session.account_id:
        require(session, Right.ISSUE_CERTIFICATES)
    return shown(service, found)


@router.post("/api/v1/certificates/{certificate_id}/revoke")
def revoke(certificate_id: Id, body: Revocation, session: SessionOf, service: ServiceOf) -> dict[str, object]:
    """Revoke for good, by the operator or the holder; a new CRL is out when this answers."""
    if not service.holdings.is_own(certificate_id, *speaks_for(session)):
        require(session, Right.ISSUE_CERTIFICATES)
    ended = service.certificates.revoke(
        certificate_id, body.reason, by=session.account_id, invalidity_date=body.invalid_since
    )
    return shown(service, ended)


@router.get("/certificates/{name}.cer")
def issuer(name: Name, service: ServiceOf) -> Response:
    """The certificate of one issuer."""
    return Response(
        service.certificates.issuer_file(name),
        media_type="application/pkix-cert",
        headers={"Cache-Control": "public, max-age=86400"},
    )


def shown(service: ServiceOf, one: IssuedCertificate) -> dict[str, object]:
    """A certificate as answers carry it."""
    return {
        "certificate_id": one.certificate_id,
        "serial": one.serial,
        "profile": one.profile,
        "holder": one.holder,
        "state": "revoked" if one.revoked_at else "issued",
        "not_after": moment(one.not_after),
        "revoked_at": moment(one.revoked_at),
        "certificate": to_base64(one.der),
        "chain": [to_base64(issuer) for issuer in service.certificates.chain(one.certificate_id)],
    }
