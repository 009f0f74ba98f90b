# SPDX-License-Identifier: Apache-2.0
"""The fictional agencies, enterprises, persons, projects and conduct that the demo works with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

TYPES = {
    "施工": "construction",
    "勘察": "survey",
    "设计": "design",
    "监理": "supervision",
    "建设单位": "owner",
    "施工图审查": "drawing_review",
    "招标代理": "tender_agent",
    "检测": "testing",
}
KINDS = {
    "注册执业人员": "registered",
    "技术职称人员": "titled",
    "现场管理人员": "site_staff",
    "技术工人": "worker",
}
RSA_HOLDERS = frozenset({"E02", "H02"})
"""Everybody else has an SM2 certificate."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """Rows by key, such as ``A3``, ``E01``, ``H10``, ``P1``, ``B3``."""

    agencies: Mapping[str, Mapping[str, str]]
    enterprises: Mapping[str, Mapping[str, str]]
    persons: Mapping[str, Mapping[str, str]]
    projects: Mapping[str, Mapping[str, str]]
    conduct: Mapping[str, Mapping[str, str]]

    def uscc(self, key: str) -> str:
        """Credit code of an agency or enterprise."""
        return (self.agencies.get(key) or self.enterprises[key])["uscc"]

    def name(self, key: str) -> str:
        """Name of anybody."""
        for group in (self.agencies, self.enterprises, self.persons):
            if key in group:
                return group[key]["name"]
        raise KeyError(key)

    def enterprise_record(self, key: str) -> dict[str, str]:
        """The body of ``registry/enterprise``."""
        row = self.enterprises[key]
        body = {"uscc": row["uscc"], "name": row["name"], "type": TYPES[row["type"]]}
        return {**body, "qualification_no": row["qualification"]} if row["qualification"] else body

    def person_record(self, key: str) -> dict[str, str]:
        """The body of ``registry/person``."""
        row = self.persons[key]
        return {
            "key": key,
            "name": row["name"],
            "id_no": row["id_no"],
            "kind": KINDS[row["kind"]],
            "employer": self.uscc(row["employer"]),
        }

    def project_record(self, key: str) -> dict[str, str]:
        """The body of ``project/project``."""
        row = self.projects[key]
        parties = {name: self.uscc(row[name]) for name in ("survey", "design", "construction", "supervision")}
        return {
            "project_no": row["project_no"],
            "name": row["name"],
            "owner": self.uscc(row["owner"]),
            "address": row["address"],
            **parties,
        }

    def conduct_record(self, key: str) -> dict[str, str]:
        """The body of ``credit/conduct``."""
        row = self.conduct[key]
        copied = ("kind", "code", "text", "decided", "public_from", "public_until")
        body = {name: row[name] for name in copied}
        body |= {"key": key, "subject": self.uscc(row["subject"]), "authority": self.name(row["authority"])}
        if row["kind"] == "bad":
            body["decision_no"] = f"演示罚决字〔{row['decided'][:4]}〕{key}号"
        return body

    def permit_application(self, key: str) -> dict[str, str]:
        """The data of form ``permit_application`` for one project, addressed to its agency."""
        row = self.projects[key]
        parties = {name: self.uscc(row[name]) for name in ("survey", "design", "construction", "supervision")}
        return {
            "agency": self.uscc(row["agency"]),
            "project_no": row["project_no"],
            "address": row["address"],
            "scale": row["scale"],
            "period": row["period"],
            "price": row["price"],
            **parties,
            "survey_lead": self.name("H05"),
            "design_lead": self.name("H08"),
            "construction_lead": self.name("H01"),
            "supervision_lead": self.name("H07"),
        }


@cache
def dataset() -> Dataset:
    """The data set that is shipped with the service."""
    raw = json.loads(files(__package__).joinpath("dataset.json").read_text("utf-8"))
    return Dataset(**{group: {row["key"]: row for row in rows} for group, rows in raw.items()})
