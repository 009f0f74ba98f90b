# SPDX-License-Identifier: Apache-2.0
"""The certificate authority of this service, as enrolment uses it."""

from __future__ import annotations

from collections.abc import Callable

from ca import AlternativeName

from ..certificates import BundleOrder, CertificateService, IssueOrder
from .model import Enrolment, Shape
from .ports import Outcome


class OwnAuthority:
    """Fills :class:`~api.enrolment.ports.Issuance`."""

    def __init__(
        self, certificates: CertificateService, *, key_centre: Callable[[], bool] = lambda: False
    ) -> None:
        self._certificates, self._key_centre = certificates, key_centre

    def bundles(self) -> bool:
        """Is the key centre there?"""
        return self._key_centre()

    def issue(self, found: Enrolment, *, by: str) -> Outcome:
        """One certificate or a bundle, for the facts that were approved."""
        if found.shape is Shape.BUNDLE:
            bundle = self._certificates.issue_bundle(
                BundleOrder(
                    profile=found.profile,
                    sign_request=found.request,
                    rsa_request=found.rsa_request,
                    holder=found.holder,
                    holder_name=found.holder_name,
                    account_id=found.account_id,
                ),
                by=by,
                approved=True,
            )
            return Outcome(bundle.members[0].certificate_id, bundle.bundle_id)
        made = self._certificates.issue_approved(
            IssueOrder(
                profile=found.profile,
                request=found.request,
                holder=found.holder,
                holder_name=found.holder_name,
                account_id=found.account_id,
                alternative_names=_names(found.names),
            ),
            by=by,
        )
        return Outcome(certificate_id=made.certificate_id)

    def withdraw(self, outcome: Outcome, *, by: str) -> None:
        """Revoke what nobody may use."""
        if outcome.certificate_id is not None:
            self._certificates.revoke(outcome.certificate_id, "cessationOfOperation", by=by)


def _names(names: tuple[str, ...]) -> tuple[AlternativeName, ...]:
    parts = [name.split(":", 1) for name in names]
    kinds = {
        kind: [AlternativeName(kind, value) for each, value in parts if each == kind]
        for kind in ("dns", "ip", "email")
    }
    return tuple(name for found in kinds.values() for name in found)
