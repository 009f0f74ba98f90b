# SPDX-License-Identifier: Apache-2.0
"""Persons of the market: registered, titled, site staff and workers (notice 169, 二(二)).

The citizen ID number (GB 11643-1999) is personal data.  The core checks its digit and birth date before
this module sees it; nothing here shows it whole.  Keyed by a subject key, because an ID number must never
travel in an address, a log or a document number.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from relying import Body, Field, FieldKind, Host, RecordKind, Refusal

KINDS: Mapping[str, str] = {
    "registered": "注册执业人员",
    "titled": "技术职称人员",
    "site_staff": "现场管理人员",
    "worker": "技术工人",
}

_KEY = re.compile(r"[A-Z][A-Z0-9]{1,15}\Z")


def check_person(host: Host, body: Body) -> None:
    """A key that cannot be taken for a credit code; one person, one record."""
    assert host.records is not None
    key = str(body["key"])
    if not _KEY.match(key):
        raise Refusal(
            field="key",
            rule="人员编号为大写字母开头的2–16位大写字母或数字 / 2-16 capitals or digits, a letter first",
            todo="请填写平台人员编号,如 H01;不得使用身份证号 / such as H01, never an ID number",
        )
    others = [other for other in host.records.find("person", id_no=str(body["id_no"])) if other.key != key]
    if others:
        raise Refusal(
            field="id_no",
            rule="该公民身份号码已登记在另一人员编号下 / this ID number is already entered under another key",
            todo="请在原人员编号下更新 / update the existing person",
        )


PERSON = RecordKind(
    name="person",
    zh="人员",
    key="key",
    fields=(
        Field("key", "人员编号", "Person key", max_length=16),
        Field("name", "姓名", "Name", max_length=50, personal=True),
        Field("id_no", "公民身份号码", "Citizen ID number", FieldKind.RESIDENT_ID, personal=True),
        Field("kind", "人员类别", "Kind", FieldKind.CHOICE, choices=KINDS),
        Field("employer", "所在单位", "Employer's credit code", FieldKind.USCC, required=False),
    ),
    check=check_person,
)
