# SPDX-License-Identifier: Apache-2.0
"""The published schema: valid itself, the same in the documents, and strict where a report must be."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from verify import Indication, Reason, Report, SignatureReport, SubIndication, report_schema

HERE = Path(__file__).parents[2]
VALIDATOR = jsonschema.Draft202012Validator(report_schema())


def made(indication: Indication = Indication.TOTAL_PASSED) -> dict[str, Any]:
    sub = None if indication is Indication.TOTAL_PASSED else SubIndication.TRY_LATER
    part = SignatureReport("CMS", indication, sub, (Reason("CERTIFICATE_NOT_NAMED", "中", "en"),), {"x": 1})
    return Report("pdf", indication, sub, (part,), (), {"pages": 1}).to_json()


def test_the_schema_is_one() -> None:
    """Of draft 2020-12."""
    jsonschema.Draft202012Validator.check_schema(report_schema())


def test_the_published_copy_is_this_one() -> None:
    """``yinxin verify --schema > docs/schemas/report-1.json`` makes it again."""
    kept = (HERE / "docs" / "schemas" / "report-1.json").read_text(encoding="utf-8")
    assert json.loads(kept) == report_schema()


@pytest.mark.parametrize("indication", list(Indication))
def test_reports_conform(indication: Indication) -> None:
    """Of each verdict; with the name of the file beside, as the service and the command line give it."""
    VALIDATOR.validate({"file": "a.pdf", **made(indication)})


def test_what_cannot_be_read_conforms() -> None:
    """It has no indication, and says why."""
    unread = {
        "format": "yinxin-report/1",
        "file": "a",
        "kind": "unreadable",
        "indication": None,
        "sub_indication": None,
        "signatures": [],
        "reasons": [],
        "facts": {},
        "error": "文件是空的 the file is empty",
    }
    VALIDATOR.validate(unread)
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate({**unread, "kind": "pdf"})


def broken() -> list[tuple[str, dict[str, Any]]]:
    found = []

    def add(name: str, change: Any) -> None:
        one = copy.deepcopy(made())
        change(one)
        found.append((name, one))

    first = "signatures"
    add("no aspects", lambda one: one[first][0].pop("aspects"))
    add("one aspect less", lambda one: one[first][0]["aspects"].pop())
    add("another order", lambda one: one[first][0]["aspects"].reverse())
    add("a pass with a failed aspect", lambda one: one[first][0]["aspects"][0].update(status="failed"))
    add("a pass with a sub-indication", lambda one: one.update(sub_indication="REVOKED"))
    add("a failure without one", lambda one: one.update(indication="TOTAL-FAILED"))
    add(
        "a pass over a failed part", lambda one: one[first][0].update(made(Indication.TOTAL_FAILED)[first][0])
    )
    add("a verdict of its own", lambda one: one.update(indication="PASSED"))
    add("a code in small letters", lambda one: one["reasons"].append({"code": "x", "zh": "", "en": ""}))
    add("another format", lambda one: one.update(format="yinxin-report/2"))
    return found


@pytest.mark.parametrize(("name", "report"), broken(), ids=[name for name, _ in broken()])
def test_what_is_no_report_is_refused(name: str, report: dict[str, Any]) -> None:
    """The rules of the verdict stand in the schema too."""
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate(report)
