# SPDX-License-Identifier: Apache-2.0
"""The certificate authority of this service, as enrolment uses it."""

from __future__ import annotations

from ..certificates import CertificateService, IssueOrder
from .errors import BundlesUnavailable
from .model import Enrolment, Shape
from .ports import Outcome


class OwnAuthority:
    """Fills :class:`~api.enrolment.ports.Issuance`."""

    def __init__(self, certificates: CertificateService) -> None:
        self._certificates = certificates

    def bundles(self) -> bool:
        """Is the key centre there?"""
        return False

    def issue(self, found: Enrolment, *, by: str) -> Outcome:
        """One certificate or a bundle, for the facts that were approved."""
        if found.shape is Shape.BUNDLE:
            raise BundlesUnavailable
        made = self._certificates.issue(
            IssueOrder(
                profile=found.profile,
                request=found.request,
                holder=found.holder,
                holder_name=found.holder_name,
                account_id=found.account_id,
            ),
            by=by,
        )
        return Outcome(certificate_id=made.certificate_id)

    def withdraw(self, outcome: Outcome, *, by: str) -> None:
        """Revoke what nobody may use."""
        if outcome.certificate_id is not None:
            self._certificates.revoke(outcome.certificate_id, "cessationOfOperation", by=by)
