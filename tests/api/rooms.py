# SPDX-License-Identifier: Apache-2.0
"""The procedure rooms together, an enterprise that files and what it files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from types import MappingProxyType
from typing import Any

from sqlalchemy import select

from api.approvals import APPROVAL_ROWS, SealMandates, UseRequests, Warrants
from api.certificates import IssueOrder
from api.database import Database
from api.database.tables import metadata
from api.desk import Desk, DeskPorts, Officer, protected_rows
from api.documents import Issuing, Library, Sheets
from api.ledger import FindingKind, Intents, Ledger, LedgerFindings, check_ledger
from api.plugins import EnabledModules, RecordStore
from api.seals import (
    LIFE_ROWS,
    GrantBook,
    RegisteredSeal,
    SealLives,
    SealOrder,
    SealPorts,
    SealRegistry,
    SealStatusPublisher,
    SealUses,
    committed_seal_status,
)
from api.submissions import Applicant, Filing, Submission, SubmissionPorts, Submissions
from ca import SubjectName, make_request
from keys import KeyKind, LabelTaken, PublicKey, Signer, SoftwareKey
from seal import SheetContent, lay_out, write_pdf

from .identities import key_of

A1, A2, A3 = "11510000DEM9A0017F", "11510100DEM9A0025F", "11510106DEM9A00331"
E01, E02, E07 = "91510100DEM001017Y", "91510104DEM001025K", "91510106DEM001076Q"
NAMES = {E01: "四川样例建工集团有限公司", E02: "蜀州示范市政工程有限公司", E07: "样例置业发展有限公司"}
PROJECT_NO, PERMIT_NO = "5101061705080101", "510106201705080101"
PARTIES = {
    "survey": "91510105DEM001041P",
    "design": "91510107DEM00105XC",
    "construction": E01,
    "supervision": "91510100DEM0010687",
}
DATA: dict[str, Any] = {
    "agency": A3,
    "project_no": PROJECT_NO,
    "address": "蜀州市锦北区样例路1号",
    "scale": "总建筑面积 86,420.50 平方米",
    "period": "780 日历天",
    "price": "31250.00",
    **PARTIES,
    "survey_lead": "陈样五",
    "design_lead": "周样八",
    "construction_lead": "李样一",
    "supervision_lead": "赵样七",
}


@cache
def attachment(title: str) -> bytes:
    """A PDF as an applicant attaches it."""
    content = SheetContent(title=title, rows=(("说明", "演示附件,内容虚构"),), watermark="样章 SPECIMEN")
    return write_pdf(lay_out(content), title=title, at=datetime(2026, 7, 1, tzinfo=UTC))


FILES = {
    "land_approval": lambda: attachment("土地批准文件"),
    "drawing_review": lambda: attachment("施工图审查合格书"),
}


class SealVault:
    """Keys of seals, in memory: labels repeat from test to test, keys are made once for each kind."""

    def __init__(self, keys: Mapping[str, SoftwareKey] = MappingProxyType({})) -> None:
        self._keys = dict(keys)

    def copy(self) -> SealVault:
        """Another one that begins with the same keys."""
        return SealVault(self._keys)

    def create_key(self, label: str, kind: KeyKind) -> PublicKey:
        if label in self._keys:
            raise LabelTaken(label)
        self._keys[label] = key_of(f"seal {len(self._keys)}", kind)
        return self._keys[label].public_key

    def signer(self, label: str) -> Signer:
        return self._keys[label]

    def destroy_key(self, label: str) -> None:
        self._keys.pop(label, None)

    def labels(self) -> tuple[str, ...]:
        return tuple(self._keys)


@dataclass
class Enterprise:
    """An applicant with a key that never leaves it."""

    applicant: Applicant
    key: SoftwareKey
    certificate: bytes
    certificate_id: str

    def sign(self, prepared: Submission) -> dict[str, bytes]:
        """One signature for each item, over exactly the bytes that were sent."""
        return {item.item_id: self.key.sign(item.to_be_signed or b"") for item in prepared.items}


@dataclass
class Rooms:
    """Everything that a test of the procedure rooms touches."""

    identity: Any
    database: Database
    ledger: Ledger
    intents: Intents
    clock: Any
    random: Callable[[int], bytes]
    modules: EnabledModules
    records: RecordStore
    vault: SealVault
    seals: SealRegistry
    lives: SealLives
    seal_status: SealStatusPublisher
    seal_uses: SealUses
    seal_ports: SealPorts
    grants: GrantBook
    mandates: SealMandates
    warrants: Warrants
    requests: UseRequests
    issuing: Issuing
    submissions: Submissions
    desk: Desk
    library: Library
    sheets: Sheets
    ports: SubmissionPorts
    desk_ports: DeskPorts
    officers: dict[str, Officer] = field(default_factory=dict)

    def enterprise(
        self, uscc: str = E01, kind: KeyKind = KeyKind.SM2, *, account_id: str = "operator-1"
    ) -> Enterprise:
        """An enterprise with its sealing certificate."""
        key, name = key_of(uscc, kind), NAMES[uscc]
        request = make_request(key, SubjectName(common_name=name, organization=name, uscc=uscc))
        order = IssueOrder(profile="enterprise", request=request, holder=uscc, holder_name=name)
        issued = self.identity.certificates.issue(order, by="test")
        return Enterprise(Applicant(account_id, uscc, name), key, issued.der, issued.certificate_id)

    def filing(self, who: Enterprise, **more: Any) -> Filing:
        """A good filing, but for what is said otherwise."""
        parts: dict[str, Any] = {
            "form": "permit_application",
            "data": DATA,
            "certificate": who.certificate,
            "files": {slot: make() for slot, make in FILES.items()},
            **more,
        }
        return Filing(**parts)

    def prepared(self, who: Enterprise, **more: Any) -> Submission:
        return self.submissions.prepare(self.filing(who, **more), who.applicant)

    def filed(self, who: Enterprise, **more: Any) -> Submission:
        """Prepared, signed outside, sealed."""
        prepared = self.prepared(who, **more)
        return self.submissions.seal(prepared.submission_id, who.sign(prepared), who.applicant)

    def seal_of(self, agency: str = A3, kind: KeyKind = KeyKind.SM2) -> RegisteredSeal:
        """The agency's seal of this kind, made on first use."""
        for one in self.seals.listed(agency):
            if one.kind is kind:
                return one
        number = f"{len(self.seals.listed()) + 1:014d}"
        order = SealOrder(agency, "样例市住房和城乡建设局", "样例市住房和城乡建设局", "专用章", number, kind)
        return self.seals.make(order, by="test")

    def granted(self, seal: RegisteredSeal, officer: Officer, *types: str) -> None:
        now = self.clock()
        self.grants.give(
            seal.seal_id,
            officer.account_id,
            document_types=types or ("construction_permit",),
            period=(now - timedelta(minutes=1), now + timedelta(days=30)),
            by="test",
        )

    def project(self, **more: Any) -> None:
        body = {"project_no": PROJECT_NO, "name": "样例花园一期", "owner": E07, **PARTIES, **more}
        self.records.enter("project", "project", PROJECT_NO, body, by="test")

    def state(self) -> dict[str, list[Any]]:
        """Every row of every table: what a refusal must leave as it was."""
        with self.database.read() as connection:
            return {
                table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.c))]
                for table in metadata.sorted_tables
            }

    def edit(self, statement: str, *parameters: Any) -> int:
        """What somebody with the database's password can do."""
        with self.database.write() as connection:
            if connection.dialect.name == "postgresql":
                statement = statement.replace("?", "%s")
            return connection.exec_driver_sql(statement, parameters).rowcount

    def check(self) -> LedgerFindings:
        """The ledger against the rows of these rooms; other rooms' tables are not compared here."""
        rows = {**protected_rows(), **LIFE_ROWS, **APPROVAL_ROWS, "seal_status": committed_seal_status}
        found = check_ledger(self.database, self.ledger.log_keys(), rows)
        kept = [
            one for one in found.findings if one.kind is not FindingKind.NOT_COMPARED or one.table in rows
        ]
        return replace(found, findings=tuple(kept))
