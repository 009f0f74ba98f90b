# SPDX-License-Identifier: Apache-2.0
"""The procedure rooms over a founded database, and what stands in every one of them before a test begins."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from api.approvals import SealMandates, UseRequests, Warrants
from api.database import Database
from api.desk import Desk, DeskPorts, Officer
from api.documents import Issued, Issuing, Library, Means, QrSigner, Sheets, Site
from api.ledger import Intents, Ledger
from api.plugins import EnabledModules, RecordStore
from api.seals import (
    GrantBook,
    SealLives,
    SealPorts,
    SealRegistry,
    SealStatusPublisher,
    SealUses,
    UsableSeal,
)
from api.submissions import SubmissionPorts, Submissions
from relying.credit import PLUGIN as CREDIT
from relying.project import PLUGIN as PROJECT
from relying.registry import PLUGIN as REGISTRY
from seal import SealDesign

from .rooms import A1, A3, NAMES, Enterprise, Rooms, SealVault


def rooms_over(
    identity: Any,
    database: Database,
    ledger: Ledger,
    intents: Intents,
    clock: Any,
    random: Callable[[int], bytes],
    vault: SealVault,
) -> Rooms:
    """Wired as the service wires them; nothing is written."""
    certificates = identity.certificates
    records = RecordStore(database, ledger, clock=clock, publicity=lambda *which: modules.publicity(*which))
    modules = EnabledModules((REGISTRY, PROJECT, CREDIT), records=records.reader, now=clock)
    made_by = {"clock": clock, "random": random}
    seal_ports = SealPorts(
        database=database,
        ledger=ledger,
        intents=intents,
        vault=vault,
        certificates=certificates,
        trust=certificates.trust,
        office=A1,
        publisher="省住房和城乡建设厅(演示)",
        **made_by,
    )
    seal_status = SealStatusPublisher(seal_ports)
    lives = SealLives(seal_ports, seal_status)
    seals = SealRegistry(seal_ports, lives)
    grants = GrantBook(database, ledger, **made_by)
    mandates = SealMandates(
        seal_ports,
        seal=seals.get,
        account=identity.accounts.get,
        evidence=certificates.evidence,
        sides=lambda seal_id, actor: lives.sides(lives.get(seal_id), actor),
        known_types=lambda: ("receipt", "file", *(one.name for one in modules.documents)),
    )
    warrants = Warrants(seal_ports, grants, mandates)
    site = Site("https://yinxin.example", A1, "省住房和城乡建设厅(演示)")

    def platform_seal() -> UsableSeal:
        return UsableSeal(
            seal_id=None,
            holder=site.authority,
            holder_name=site.authority_name,
            design=SealDesign(name="样例省政务服务平台", line="电子签章"),
            signer=certificates.platform_signer(),
            sealing=certificates.platform_sealing(),
        )

    def qr() -> QrSigner:
        kid, signer = certificates.qr_signer("SM2")
        return QrSigner(kid, "SM2", (signer,))

    means = Means(qr=qr, site=site, trust=certificates.trust, random=random)
    issuing = Issuing(database, ledger, intents, means=means)
    ports = SubmissionPorts(
        database=database,
        ledger=ledger,
        modules=modules,
        seals=seals,
        issuing=issuing,
        platform_seal=platform_seal,
        trust=certificates.trust,
        evidence=certificates.evidence,
        certificate_owner=certificates.owner,
        clock=clock,
        random=random,
        minutes_to_sign=30,
    )
    submissions = Submissions(ports)
    desk_ports = DeskPorts(
        ledger=ledger,
        submissions=submissions,
        modules=modules,
        seals=seals,
        warrants=warrants,
        issuing=issuing,
        trust=certificates.trust,
        clock=clock,
    )
    return Rooms(
        identity=identity,
        database=database,
        ledger=ledger,
        intents=intents,
        clock=clock,
        random=random,
        modules=modules,
        records=records,
        vault=vault,
        seals=seals,
        lives=lives,
        seal_status=seal_status,
        seal_uses=SealUses(seal_ports, lives),
        seal_ports=seal_ports,
        grants=grants,
        mandates=mandates,
        warrants=warrants,
        requests=UseRequests(seal_ports, seals, warrants),
        issuing=issuing,
        submissions=submissions,
        desk=Desk(desk_ports),
        library=Library(database, ledger, modules=modules, trust=certificates.trust, clock=clock),
        sheets=Sheets(modules, issuing, ledger=ledger, platform_seal=platform_seal, clock=clock),
        ports=ports,
        desk_ports=desk_ports,
    )


def furnish(made: Rooms) -> None:
    """Enterprises and a project in the registers, and the agency's seal."""
    for uscc, name in NAMES.items():
        made.records.enter(
            "registry", "enterprise", uscc, {"uscc": uscc, "name": name, "type": "other"}, by="test"
        )
    made.project()
    made.seal_of(A3)


def issue_permit(rooms: Rooms, applicant: Enterprise) -> Issued:
    """Applied for, sealed, approved by an officer with a grant."""
    filed, seal, officer = rooms.filed(applicant), rooms.seal_of(), Officer("officer-1", A3)
    rooms.granted(seal, officer)
    issued: Issued = rooms.desk.approve(filed.submission_id, seal.seal_id, officer)
    return issued
