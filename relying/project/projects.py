# SPDX-License-Identifier: Apache-2.0
"""Projects: the record, its numbers, its parties and its public card.

A project number has 16 digits: division (6), date yyMMdd (6), project type (2), sequence (2); a permit
number has 18: division, date yyyyMMdd, sequence, class (domain.md section 3.4).  The class of a permit is
the type of its project (01 housing, 02 municipal works), so the second follows from the first.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from relying import Body, Face, Field, FieldKind, Host, RecordKind, Refusal, Row, View

PARTIES: Mapping[str, tuple[str, str]] = {
    "survey": ("勘察单位", "Survey"),
    "design": ("设计单位", "Design"),
    "construction": ("施工单位", "Construction"),
    "supervision": ("监理单位", "Supervision"),
}
"""The parties that a permit names beside the owner (建设单位)."""

TYPES: Mapping[str, str] = {"01": "房屋建筑工程", "02": "市政基础设施工程", "99": "其他工程"}

_NUMBER = re.compile(r"([0-9]{6})([0-9]{2})([0-9]{2})([0-9]{2})(01|02|99)([0-9]{2})\Z")


def permit_number(project_no: str) -> str:
    """The permit number that belongs to a checked project number."""
    return f"{project_no[:6]}20{project_no[6:12]}{project_no[14:16]}{project_no[12:14]}"


def unit_name(host: Host, uscc: str) -> str:
    """The name of an enterprise, or its bare code when nobody here knows it."""
    known = host.lookup("subject", uscc) if host.lookup is not None else None
    return str(known["name"]) if known is not None else uscc


def check_project(_host: Host, body: Body) -> None:
    """The number has the national layout and holds a real date."""
    match = _NUMBER.match(str(body["project_no"]))
    try:
        if match is None:
            raise ValueError
        date(2000 + int(match[2]), int(match[3]), int(match[4]))
    except ValueError:
        raise Refusal(
            field="project_no",
            rule="项目编号为16位:6位行政区划、6位日期(年月日)、2位类型(01/02/99)、2位顺序号 / 16 digits",
            todo="请填写平台生成的项目编号,如 5101061705080101 / use the number given by the platform",
        ) from None


PROJECT = RecordKind(
    name="project",
    zh="工程项目",
    key="project_no",
    fields=(
        Field("project_no", "项目编号", "Project number", max_length=16),
        Field("name", "工程名称", "Name", max_length=100),
        Field("owner", "建设单位", "Owner's credit code", FieldKind.USCC),
        Field("address", "建设地址", "Address", max_length=100, required=False),
        *(
            Field(name, zh, f"{en} enterprise's credit code", FieldKind.USCC, required=False)
            for name, (zh, en) in PARTIES.items()
        ),
    ),
    check=check_project,
)


def read_project(host: Host, parameters: Mapping[str, str]) -> Face | None:
    """The public card of one project: its number, name and parties."""
    assert host.records is not None
    record = host.records.get("project", parameters.get("project_no", ""))
    if record is None:
        return None
    body = record.body
    parties = tuple(
        Row(zh, unit_name(host, str(body[name])), en) for name, (zh, en) in PARTIES.items() if name in body
    )
    return Face(
        title="工程项目信息卡",
        subtitle="Project card",
        number=record.key,
        rows=(
            Row("工程名称", str(body["name"]), "Name"),
            Row("工程类型", TYPES[record.key[12:14]], "Type"),
            Row("建设单位", unit_name(host, str(body["owner"])), "Owner"),
            *parties,
        ),
    )


PROJECT_VIEW = View(name="project", zh="工程项目信息卡", parameters=("project_no",), read=read_project)
