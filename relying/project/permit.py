# SPDX-License-Identifier: Apache-2.0
"""The construction permit: what it states, and what changed since it was issued.

Face of domain.md section 4.3.  The permit belongs to the owner (建设单位) of the project; whoever applies
must be a party of it.  A second permit for the same project carries the same serial: the core gives it the
next version and marks the older one as superseded (domain.md section 4.2).
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from relying import Body, Composition, DocumentType, Face, Host, Order, Record, Refusal, Row

from .application import PERSONS
from .projects import PARTIES, permit_number, unit_name

_CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")


def compose_permit(host: Host, order: Order) -> Composition:
    """The permit for one sealed application."""
    assert host.records is not None
    data = order.data
    project = host.records.get("project", str(data["project_no"]))
    if project is None:
        raise Refusal(
            field="project_no",
            rule="平台没有这个项目编号 / no project with this number",
            todo="请先登记工程项目 / enter the project first",
        )
    _require_party(project, order.holder)
    owner = str(project.body["owner"])
    number = permit_number(project.key)
    issued_on = order.at.astimezone(_CHINA).date()
    record: Body = {
        **{name: value for name, value in data.items() if name != "agency"},
        "permit_no": number,
        "name": project.body["name"],
        "owner": owner,
        "applicant": order.holder,
        "issuer": order.issuer,
        "issued_on": issued_on.isoformat(),
        "project_version": project.version,
    }
    return Composition(
        face=_face(host, record),
        record=record,
        serial=number,
        holder=owner,
        holder_name=unit_name(host, owner),
    )


def _require_party(project: Record, applicant: str) -> None:
    parties = {str(project.body[name]) for name in ("owner", *PARTIES) if name in project.body}
    if applicant not in parties:
        raise Refusal(
            field="project_no",
            rule="申请单位不是该工程的建设单位或参建单位 / the applicant is no party of this project",
            todo="请由该工程的建设单位或参建单位申请 / let the owner or a party of the project apply",
        )


def _face(host: Host, record: Body) -> Face:
    units = tuple(Row(zh, unit_name(host, str(record[name])), en) for name, (zh, en) in PARTIES.items())
    persons = tuple(Row(zh, str(record[name]), en) for name, (zh, en) in PERSONS.items())
    return Face(
        title="建筑工程施工许可证",
        subtitle="Construction Permit",
        number=str(record["permit_no"]),
        rows=(
            Row("建设单位", unit_name(host, str(record["owner"])), "Owner"),
            Row("工程名称", str(record["name"]), "Project"),
            Row("项目编号", str(record["project_no"]), "Project number"),
            Row("建设地址", str(record["address"]), "Address"),
            Row("建设规模", str(record["scale"]), "Scale"),
            Row("合同工期", str(record["period"]), "Contract period"),
            Row("合同价格", f"{record['price']} 万元", "Contract price"),
            *units,
            *persons,
            Row("备注", str(record.get("remarks", "—")), "Remarks"),
        ),
        paragraphs=(
            "经审查,本建筑工程符合施工条件,准予施工。",
            "未取得本证擅自施工的属违法建设;本证不得伪造、涂改、转让。工程停工、复工及内容变更须向发证机关报告。",
        ),
    )


def permit_changes(host: Host, record: Body, _now: datetime) -> tuple[str, ...]:
    """Whether the project record was updated after the permit was issued."""
    assert host.records is not None
    project = host.records.get("project", str(record["project_no"]))
    if project is None or project.version == record["project_version"]:
        return ()
    updated = project.entered_at.astimezone(_CHINA).date()
    return (f"工程项目登记信息已于 {updated.isoformat()} 更新(第{project.version}版)",)


CONSTRUCTION_PERMIT = DocumentType(
    name="construction_permit",
    zh="建筑工程施工许可证",
    en="Construction permit",
    code="001",
    compose=compose_permit,
    changes=permit_changes,
)
