# SPDX-License-Identifier: Apache-2.0
"""A re-key: new keys for what somebody holds, without the registration office.

The words of the new certificates are those of the old ones; a request brings a key and the proof that its
sender holds it.  A new key is no longer term: unless it is time to renew, the end stays where it was.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from ca import PROFILES, restate
from keys import KeyFamily
from verify import parse_certificate

from ..certificates import BundleOrder, CertificateService, IssuedCertificate, IssueOrder
from .errors import RenewalRefused
from .holdings import Holding
from .rules import approvals_needed

RENEWABLE = timedelta(days=90)
"""How long before its end a certificate may be renewed."""
_VALIDATED = frozenset({"tls_server", "device"})
"""Their names are proven anew for every order, over ACME and EST."""


def rekey(
    certificates: CertificateService,
    found: Holding,
    request: bytes,
    *,
    rsa_request: bytes | None,
    at: datetime,
    by: str,
    by_office: bool = False,
) -> IssuedCertificate:
    """New keys for a whole holding; what they replace is superseded at once.

    Raises :class:`RenewalRefused`, and what :meth:`CertificateService.rekey` raises.
    """
    first = found.first
    if first.profile in _VALIDATED:
        raise RenewalRefused("rekey-over-protocol")
    if first.profile in PROFILES and approvals_needed(PROFILES[first.profile]) > 1:
        raise RenewalRefused("renewal-needs-approval")
    if first.account_id is None and not by_office:
        # Whoever acts for a body today would leave with a key that speaks for it tomorrow.
        raise RenewalRefused("rekey-of-body")
    if found.status != "good":
        raise RenewalRefused("renewal-of-ended")
    families = {parse_certificate(one.der).public_key.family for one in found.members}
    beside = first.bundle_id is not None and families != {KeyFamily.SM2}
    if beside is not (rsa_request is not None):
        raise RenewalRefused("rekey-other-keys")
    order = _order(found, request, rsa_request, at)
    return certificates.rekey(first.bundle_id or first.certificate_id, order, by=by)


def _order(
    found: Holding, request: bytes, rsa_request: bytes | None, at: datetime
) -> IssueOrder | BundleOrder:
    first = found.first
    said = restate(parse_certificate(first.der))
    end = first.not_after
    if first.profile in PROFILES:
        full = PROFILES[first.profile].until(at)
        end = full if at >= end - RENEWABLE else min(end, full)
    if first.bundle_id is not None:
        return BundleOrder(
            profile=first.profile,
            sign_request=request,
            holder=first.holder,
            holder_name=first.holder_name,
            rsa_request=rsa_request,
            account_id=first.account_id,
            valid_until=end,
            identifiers=said.identifiers,
        )
    return IssueOrder(
        profile=first.profile,
        request=request,
        holder=first.holder,
        holder_name=first.holder_name,
        account_id=first.account_id,
        valid_until=end,
        alternative_names=said.alternative_names,
        identifiers=said.identifiers,
    )
