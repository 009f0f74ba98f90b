# SPDX-License-Identifier: Apache-2.0
"""Accounts, and people with keys and certificates of their own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from api.certificates import CertificatePorts, CertificateService, IssuedCertificate, IssueOrder
from ca import SubjectName, make_request
from keys import KeyKind, SoftwareKey, generate_key


@dataclass(frozen=True)
class Held:
    """A key on its holder's side, the certificate for it, and the account."""

    key: SoftwareKey
    certificate: IssuedCertificate
    account_id: str

    @property
    def der(self) -> bytes:
        return self.certificate.der


class Identity:
    """Accounts and certificates over one fresh database, initialised as ``yinxin init`` does."""

    def __init__(self, ports: CertificatePorts) -> None:
        self.ports, self.accounts, self.clock = ports, ports.accounts, ports.clock
        self.certificates = CertificateService(ports)

    def key(self, subject: str, kind: KeyKind) -> SoftwareKey:
        """The key behind the orders for this subject."""
        return key_of(subject, kind)

    def order(self, subject: str, kind: KeyKind, *, account_id: str, **more: Any) -> IssueOrder:
        request = request_of(subject, kind)
        facts = {"profile": "person", "holder": subject, "holder_name": f"样例{subject}", **more}
        return IssueOrder(request=request, account_id=account_id, **facts)

    def person(
        self, subject: str = "H01", kind: KeyKind = KeyKind.SM2, *, roles: str = "applicant", agency: str = ""
    ) -> Held:
        """Somebody with an account, a key and a certificate."""
        account = self.accounts.add(
            name=f"样例{subject}", subject=subject, roles=frozenset({roles}), agency=agency, by="test"
        )
        order = self.order(subject, kind, account_id=account.account_id)
        issued = self.certificates.issue(order, by="test")
        return Held(key_of(subject, kind), issued, account.account_id)


@cache
def request_of(subject: str, kind: KeyKind) -> bytes:
    """The same bytes each time: SM2 signatures differ."""
    return make_request(key_of(subject, kind), SubjectName(f"样例{subject}"))


@cache
def key_of(name: str, kind: KeyKind) -> SoftwareKey:
    """One key for each name, made for this run."""
    return generate_key(kind)
