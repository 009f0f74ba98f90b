# SPDX-License-Identifier: Apache-2.0
"""The permit: its application, its number, its face, and what changed since."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from relying import Body, Order, Refusal
from relying.project import PLUGIN
from relying.project.projects import permit_number

(PROJECT,) = PLUGIN.records
(APPLICATION,) = PLUGIN.forms
(PERMIT,) = PLUGIN.documents
AT = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)
A3, E01, E07 = "11510106DEM9A00331", "91510100DEM001017Y", "91510106DEM001076Q"
P1: Body = {
    "project_no": "5101061705080101",
    "name": "样例花园一期",
    "owner": E07,
    "survey": "91510105DEM001041P",
    "design": "91510107DEM00105XC",
    "construction": E01,
    "supervision": "91510100DEM0010687",
}
DATA: Body = {
    "agency": A3,
    "project_no": "5101061705080101",
    "address": "蜀州市锦北区样例路1号",
    "scale": "总建筑面积 86,420.50 平方米",
    "period": "780 日历天",
    "price": "31250.00",
    **{name: P1[name] for name in ("survey", "design", "construction", "supervision")},
    "survey_lead": "陈样五",
    "design_lead": "周样八",
    "construction_lead": "李样一",
    "supervision_lead": "赵样七",
}


def order(holder: str = E01, **more: Any) -> Order:
    return Order(holder=holder, issuer=A3, data={**DATA, **more}, sequence=1, at=AT)


@pytest.mark.parametrize(
    ("project_no", "permit_no"),
    [
        ("5101061705080101", "510106201705080101"),
        ("5101041706120201", "510104201706120102"),
        ("5101062610120101", "510106202610120101"),
    ],
)
def test_permit_numbers_of_the_samples(project_no: str, permit_no: str) -> None:
    """domain.md 9.4 P1, P2, P8: 6 division + 8 date + 2 sequence + 2 class."""
    assert permit_number(project_no) == permit_no


@pytest.mark.parametrize(
    "number",
    ["", "510106170508010", "51010617050801011", "5101061702300101", "5101061705080301", "51010617050801O1"],
)
def test_project_number_is_checked(shelf: Any, number: str) -> None:
    """Length, real date and type are checked."""
    assert PROJECT.check is not None
    with pytest.raises(Refusal) as refused:
        PROJECT.check(shelf.host(), {**P1, "project_no": number})
    assert refused.value.field == "project_no"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"project_no": "5101041706120201"}, "project_no"),
        ({"price": "0.00"}, "price"),
        ({"price": "-1"}, "price"),
        ({"construction": "91510104DEM001025K"}, "construction"),
    ],
)
def test_application_is_refused_by_field(shelf: Any, change: Body, field: str) -> None:
    """Unknown project, no price, or a party that differs from the project record."""
    assert APPLICATION.check is not None
    shelf.enter("project", "5101061705080101", P1)
    APPLICATION.check(shelf.host(), DATA)
    with pytest.raises(Refusal) as refused:
        APPLICATION.check(shelf.host(), {**DATA, **change})
    assert refused.value.field == field


@pytest.mark.parametrize("number", ["1101051404180101", "5101061705089901"])
def test_application_out_of_scope(shelf: Any, number: str) -> None:
    """R-018: only housing and municipal works in the province."""
    assert APPLICATION.check is not None
    shelf.enter("project", number, {**P1, "project_no": number})
    with pytest.raises(Refusal):
        APPLICATION.check(shelf.host(), {**DATA, "project_no": number})


def test_permit_states_every_field_of_its_face(shelf: Any) -> None:
    """domain.md 4.3: owner, project, address, scale, period, price, four parties, four persons."""
    shelf.enter("project", "5101061705080101", P1)
    names = {E07: "样例置业发展有限公司", E01: "四川样例建工集团有限公司"}
    host = shelf.host(lambda name, key: {"name": names[key]} if name == "subject" and key in names else None)
    made = PERMIT.compose(host, order())
    assert (made.serial, made.holder, made.holder_name) == ("510106201705080101", E07, names[E07])
    shown = {row.zh: row.value for row in made.face.rows}
    assert shown["施工单位"] == names[E01]
    assert shown["设计单位"] == "91510107DEM00105XC"  # nobody knows its name: the code stands for it
    assert shown["总监理工程师"] == "赵样七"
    assert {"建设单位", "工程名称", "建设地址", "建设规模", "合同工期", "合同价格", "备注"} <= shown.keys()
    assert made.record["issued_on"] == "2026-11-24"  # 20:00 UTC is the next day in China


def test_permit_without_the_registry(shelf: Any) -> None:
    """R-C1: no enabled module provides names; the permit shows credit codes."""
    shelf.enter("project", "5101061705080101", P1)
    assert PERMIT.compose(shelf.host(), order()).holder_name == E07


def test_only_a_party_may_apply(shelf: Any) -> None:
    """An enterprise that has no part in the project is refused."""
    shelf.enter("project", "5101061705080101", P1)
    assert PERMIT.compose(shelf.host(), order(E07)).holder == E07
    with pytest.raises(Refusal):
        PERMIT.compose(shelf.host(), order("91510104DEM001025K"))


def test_changes_since_issue(shelf: Any) -> None:
    """Nothing changed until the project record gets a higher version."""
    shelf.enter("project", "5101061705080101", P1)
    record = PERMIT.compose(shelf.host(), order()).record
    assert PERMIT.changes is not None
    assert PERMIT.changes(shelf.host(), record, AT) == ()
    shelf.now = AT + timedelta(days=3)
    shelf.enter("project", "5101061705080101", {**P1, "name": "样例花园一期(更名)"})
    (sentence,) = PERMIT.changes(shelf.host(), record, AT + timedelta(days=4))
    assert "2026-11-27" in sentence
    assert "第2版" in sentence


def test_project_card(shelf: Any) -> None:
    """The public card of a project, and no card for an unknown one."""
    shelf.enter("project", "5101061705080101", P1)
    (view,) = PLUGIN.views
    face = view.read(shelf.host(), {"project_no": "5101061705080101"})
    assert face is not None and face.number == "5101061705080101"
    assert view.read(shelf.host(), {"project_no": "x"}) is None
    assert view.read(shelf.host(), {}) is None
