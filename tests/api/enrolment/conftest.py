# SPDX-License-Identifier: Apache-2.0
"""The registration authority over the real certificate authority, with people who apply and decide."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from api.accounts import Role
from api.database import Database
from api.enrolment import (
    PROTECTED,
    EnrolmentOrder,
    EnrolmentPorts,
    Enrolments,
    OwnAuthority,
    Person,
)
from api.ledger import FindingKind, Ledger, check_ledger
from ca import SubjectName, make_request
from keys import KeyKind, generate_key

OFFICE = "11510000DEM9A0017F"
AGENCY, ELSEWHERE = "11510106DEM9A00331", "11510100DEM9A0025F"
E01 = "91510100DEM001017Y"


class Office:
    """Enrolment, and the accounts of whoever takes part."""

    def __init__(self, identity: Any, ports: EnrolmentPorts) -> None:
        self.identity, self.ports = identity, ports
        self.enrolments = Enrolments(ports)

    def person(self, subject: str, *roles: Role, agency: str = "", acts_for: str | None = None) -> Person:
        account = self.identity.accounts.add(
            name=f"样例{subject}", subject=subject, roles=roles, agency=agency, by="test"
        )
        return Person(account.account_id, subject, frozenset(roles), agency, acts_for)

    def applicant(self, subject: str = "H01") -> Person:
        return self.person(subject, Role.APPLICANT)

    def registrar(self, subject: str = "REG1", agency: str = OFFICE) -> Person:
        return self.person(subject, Role.REGISTRAR, agency=agency)

    def operator(self, subject: str = "OP1") -> Person:
        return self.person(subject, Role.OPERATOR)

    def officer(self, subject: str = "H10", agency: str = AGENCY) -> Person:
        return self.person(subject, Role.OFFICER, agency=agency)

    def order(self, who: Person, kind: KeyKind = KeyKind.SM2, **more: Any) -> EnrolmentOrder:
        """A person's own certificate, for signing alone."""
        name = f"样例{who.subject}"
        facts: dict[str, Any] = {
            "profile": "person",
            "request": make_request(generate_key(kind), SubjectName(name)),
            "holder": who.subject,
            "holder_name": name,
            "account_id": who.account_id,
            "bundle": False,
            **more,
        }
        return EnrolmentOrder(**facts)

    def for_unit(self, profile: str, uscc: str, name: str = "样例单位", **more: Any) -> EnrolmentOrder:
        """A certificate for an enterprise or agency."""
        facts: dict[str, Any] = {
            "profile": profile,
            "request": make_request(generate_key(KeyKind.SM2), SubjectName(name, name, uscc)),
            "holder": uscc,
            "holder_name": name,
            "bundle": False,
            **more,
        }
        return EnrolmentOrder(**facts)


def ledger_findings(office: Any) -> list[Any]:
    """What ``yinxin log check`` would say of the tables of this room."""
    found = check_ledger(office.ports.database, office.ports.ledger.log_keys(), PROTECTED)
    return [
        one for one in found.findings if one.kind is not FindingKind.NOT_COMPARED or one.table in PROTECTED
    ]


@pytest.fixture
def office(
    identity: Any, database: Database, ledger: Ledger, clock: Any, random: Callable[[int], bytes]
) -> Office:
    return Office(
        identity,
        EnrolmentPorts(
            database=database,
            ledger=ledger,
            accounts=identity.accounts,
            issuance=OwnAuthority(identity.certificates),
            office=OFFICE,
            clock=clock,
            random=random,
        ),
    )
