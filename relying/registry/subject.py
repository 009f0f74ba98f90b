# SPDX-License-Identifier: Apache-2.0
"""The ``subject`` lookup: who stands behind a credit code or a person key.

Answers what other modules may print: never an ID number whole (domain.md section 4.4, "must not show").
"""

from __future__ import annotations

from relying import Body, Host
from verify import mask_resident_id

from .enterprise import TYPES
from .person import KINDS


def subject(host: Host, key: str) -> Body | None:
    """``{kind, name, …}`` of one enterprise or person, or ``None`` when nobody is entered under ``key``."""
    assert host.records is not None
    enterprise = host.records.get("enterprise", key)
    if enterprise is not None:
        body = enterprise.body
        answer: Body = {
            "kind": "enterprise",
            "key": key,
            "name": body["name"],
            "type": body["type"],
            "type_zh": TYPES[str(body["type"])],
        }
        if "qualification_no" in body:
            answer["qualification_no"] = body["qualification_no"]
        return answer
    person = host.records.get("person", key)
    if person is None:
        return None
    body = person.body
    answer = {
        "kind": "person",
        "key": key,
        "name": body["name"],
        "type": body["kind"],
        "type_zh": KINDS[str(body["kind"])],
        "id_no_masked": mask_resident_id(str(body["id_no"])),
    }
    if "employer" in body:
        answer["employer"] = body["employer"]
    return answer
