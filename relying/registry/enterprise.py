# SPDX-License-Identifier: Apache-2.0
"""Enterprises: the record that an operator enters, and the public card.

Keyed by the unified social credit code (GB 32100-2015).  The number of a qualification certificate is
letter + issuer level + province + sequence (domain.md section 3.4); the letter must be that of the type.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from relying import Body, Face, Field, FieldKind, Host, Publicity, RecordKind, Refusal, Row, View
from verify import IdentifierInvalid, parse_uscc

TYPES: Mapping[str, str] = {
    "construction": "施工",
    "survey": "勘察",
    "design": "设计",
    "supervision": "监理",
    "owner": "建设单位",
    "drawing_review": "施工图审查",
    "tender_agent": "招标代理",
    "cost_consultant": "造价咨询",
    "testing": "检测",
    "other": "其他",
}
"""Enterprise types of the market (domain.md section 3.5)."""

_LETTERS: Mapping[str, str] = {
    "construction": "CD",  # D construction, C joint design and construction
    "survey": "B",
    "design": "AC",
    "supervision": "E",
    "tender_agent": "F",
    "cost_consultant": "I",
}
"""First letter of a qualification number by type; a type that is missing here holds no such certificate."""

_QUALIFICATION = re.compile(r"[A-Z][123][0-9]{8}\Z")


def check_enterprise(_host: Host, body: Body) -> None:
    """The qualification number has the national shape, and the letter of this type of enterprise."""
    number = body.get("qualification_no")
    if number is None:
        return
    if not _QUALIFICATION.match(str(number)):
        raise Refusal(
            field="qualification_no",
            rule="资质证书编号为1位字母、1位级别(1–3)和8位数字 / letter, level 1-3, eight digits",
            todo="请照资质证书填写,如 D151900001 / copy it from the certificate, such as D151900001",
        )
    letters = _LETTERS.get(str(body["type"]), "")
    if str(number)[0] not in letters:
        raise Refusal(
            field="qualification_no",
            rule=f"首字母与企业类型不符(应为 {'、'.join(letters) or '无'}) / letter does not fit the type",
            todo="请核对企业类型与资质证书编号 / check the type and the certificate number",
        )


def enterprise_publicity(body: Body) -> Publicity:
    """Its card is public, as long as it is entered."""
    return Publicity(subject=str(body["uscc"]))


ENTERPRISE = RecordKind(
    name="enterprise",
    zh="企业",
    key="uscc",
    fields=(
        Field("uscc", "统一社会信用代码", "Unified social credit code", FieldKind.USCC),
        Field("name", "企业名称", "Name", max_length=100),
        Field("type", "企业类型", "Type", FieldKind.CHOICE, choices=TYPES),
        Field(
            "qualification_no",
            "资质证书编号",
            "Qualification certificate number",
            required=False,
            max_length=10,
            hint="无资质的单位(如建设单位)留空",
        ),
    ),
    check=check_enterprise,
    publicity=enterprise_publicity,
)


def read_enterprise(host: Host, parameters: Mapping[str, str]) -> Face | None:
    """The public card of one enterprise; everything on it is public by law."""
    assert host.records is not None
    try:
        uscc = parse_uscc(parameters.get("uscc", ""))
    except IdentifierInvalid:
        return None
    record = host.records.get("enterprise", uscc)
    if record is None:
        return None
    body = record.body
    return Face(
        title="企业信息卡",
        subtitle="Enterprise card",
        rows=(
            Row("企业名称", str(body["name"]), "Name"),
            Row("统一社会信用代码", str(uscc), "Credit code"),
            Row("企业类型", TYPES[str(body["type"])], "Type"),
            Row("资质证书编号", str(body.get("qualification_no", "—")), "Qualification no."),
        ),
    )


ENTERPRISE_VIEW = View(name="enterprise", zh="企业信息卡", parameters=("uscc",), read=read_enterprise)
