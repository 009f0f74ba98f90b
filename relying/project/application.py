# SPDX-License-Identifier: Apache-2.0
"""The application for a construction permit, sealed by the applicant (R-026).

Fields are those of the permit's face (domain.md section 4.3).  What the project record already states —
name, owner, parties — is not asked again, or must agree with it: fill once.
"""

from __future__ import annotations

from decimal import Decimal

from relying import Body, Field, FieldKind, Form, Host, Refusal, Slot

from .projects import PARTIES

PERSONS = {
    "survey_lead": ("勘察单位项目负责人", "Survey lead"),
    "design_lead": ("设计单位项目负责人", "Design lead"),
    "construction_lead": ("施工单位项目负责人", "Construction lead"),
    "supervision_lead": ("总监理工程师", "Chief supervisor"),
}
"""The four responsible persons that a permit names; their names are published with it by law."""


def check_application(host: Host, body: Body) -> None:
    """The project exists and is within scope, the price is one, the parties agree with it."""
    assert host.records is not None
    project_no = str(body["project_no"])
    record = host.records.get("project", project_no)
    if record is None:
        raise Refusal(
            field="project_no",
            rule="平台没有这个项目编号 / no project with this number",
            todo="请先登记工程项目,或核对编号 / enter the project first, or check the number",
        )
    if not project_no.startswith("51") or project_no[12:14] not in ("01", "02"):
        raise Refusal(
            field="project_no",
            rule="只受理省内房屋建筑(01)和市政(02)工程 / housing (01) and municipal works (02) only",
            todo="其他工程请向其主管部门申请 / apply to the authority in charge of other works",
        )
    if Decimal(str(body["price"])) <= 0:
        raise Refusal(
            field="price",
            rule="合同价格须大于零 / must be more than zero",
            todo="请以万元填写合同价格 / give the price in units of 10,000 yuan",
        )
    for name, (zh, _) in PARTIES.items():
        if name in record.body and record.body[name] != body[name]:
            raise Refusal(
                field=name,
                rule=f"与工程项目登记的{zh}不一致 / differs from the project record",
                todo="请填写项目登记的单位,或先更新项目登记 / use that unit, or update the project first",
            )


PERMIT_APPLICATION = Form(
    name="permit_application",
    zh="建筑工程施工许可申请表",
    en="Application for a construction permit",
    fields=(
        Field("agency", "受理机关", "Agency addressed", FieldKind.USCC, hint="发证机关的统一社会信用代码"),
        Field("project_no", "项目编号", "Project number", max_length=16),
        Field("address", "建设地址", "Address", max_length=100),
        Field("scale", "建设规模", "Scale", max_length=100, hint="如:总建筑面积 36500.00 平方米"),
        Field("period", "合同工期", "Contract period", max_length=50, hint="如:780 日历天"),
        Field("price", "合同价格(万元)", "Contract price (10,000 yuan)", FieldKind.DECIMAL, max_length=16),
        *(
            Field(name, zh, f"{en} enterprise's credit code", FieldKind.USCC)
            for name, (zh, en) in PARTIES.items()
        ),
        *(Field(name, zh, en, max_length=20) for name, (zh, en) in PERSONS.items()),
        Field("remarks", "备注", "Remarks", required=False, max_length=200),
    ),
    slots=(
        Slot("land_approval", "土地批准文件", "Land approval"),
        Slot("drawing_review", "施工图审查合格书", "Drawing review certificate"),
    ),
    check=check_application,
    issues="construction_permit",
)
