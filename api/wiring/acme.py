# SPDX-License-Identifier: Apache-2.0
"""ACME wired: what of the service it may use, and the way out of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from ca import AlternativeName
from keys import Vault

from ..accounts import AccountBook
from ..acme import PROFILE, Acme, AcmePorts, Outbound, Reach, Resolver, ServerOrder
from ..certificates import CertificateService, IssuedCertificate, IssueOrder
from ..database import Database
from ..ledger import Ledger
from ..settings import Settings

BY = "acme"
NONCE_SECRET, BINDING_SECRET = "acme-nonce", "acme-binding"
_SECRET_SIZE = 32


def make_acme(
    settings: Settings,
    *,
    database: Database,
    ledger: Ledger,
    vault: Vault,
    accounts: AccountBook,
    certificates: CertificateService,
    clock: Callable[[], datetime],
    random: Callable[[int], bytes],
) -> Acme:
    """The ACME server of these settings."""

    def issue(order: ServerOrder) -> IssuedCertificate:
        return certificates.issue(
            IssueOrder(
                profile=PROFILE,
                request=order.request,
                account_id=order.account_id,
                holder=order.holder,
                holder_name=order.holder_name,
                valid_until=order.valid_until,
                alternative_names=tuple(AlternativeName("dns", one) for one in order.names),
            ),
            by=BY,
        )

    resolver = Resolver(settings.acme_dns_servers, dict(settings.acme_resolve))
    return Acme(
        AcmePorts(
            database=database,
            ledger=ledger,
            certificates=certificates,
            issue=issue,
            accounts=accounts,
            outside=Outbound(resolver, Reach(settings.acme_allow_private, settings.acme_http_port)),
            base=settings.public_url,
            authority=(settings.authority_uscc, settings.authority_name),
            nonce_secret=vault.create_secret(NONCE_SECRET, _SECRET_SIZE),
            binding_secret=vault.create_secret(BINDING_SECRET, _SECRET_SIZE),
            clock=clock,
            random=random,
            pause=time.sleep,
            caa_identity=settings.acme_caa_identity,
        )
    )
