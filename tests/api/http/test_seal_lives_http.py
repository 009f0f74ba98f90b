# SPDX-License-Identifier: Apache-2.0
"""A seal's life over HTTP: signed steps, plain forms, the public files, and what everybody may see."""

from __future__ import annotations

import base64
import re
from itertools import count
from typing import Any

import httpx
import pytest

from api.demo.client import Refused, encoded
from api.routes.access import COOKIE
from verify import Indication, check_seal_status, load_trust, parse_seal

NUMBERS = count(1)


def application(site: Any, **more: Any) -> dict[str, Any]:
    facts = site.stage.facts
    return {
        "holder": facts.uscc("A3"),
        "holder_name": facts.name("A3"),
        "type": "special",
        "design": {"name": facts.name("A3").removesuffix("(演示)"), "line": f"样例{next(NUMBERS)}专用章"},
        **more,
    }


def signed(site: Any, what: dict[str, Any]) -> dict[str, Any]:
    """Prepared by the service, signed by H10's key here, completed."""
    client, holder = site.login("H10"), site.holder("H10")
    prepared = client.post("/api/v1/seal-steps/prepare", what)
    signature = holder.signer.sign(base64.b64decode(prepared["to_be_signed"]))
    body = {**prepared, "certificate": encoded(holder.certificate), "signature": encoded(signature)}
    answer: dict[str, Any] = client.post("/api/v1/seal-steps", body)
    assert client.post("/api/v1/seal-steps", body) == answer
    return answer


@pytest.fixture
def seal(site: Any) -> dict[str, Any]:
    """One in use, every step by whoever it is for."""
    made = signed(site, {"application": application(site)})
    path = f"/api/v1/seals/{made['seal_id']}/steps"
    for step in ("approve", "make"):
        site.operator.post(path, {"step": step})
    found = signed(site, {"seal_id": made["seal_id"], "step": {"step": "activate"}})
    assert (found["state"], found["edition"]) == ("active", 1)
    return found


def test_public_files(site: Any, seal: dict[str, Any]) -> None:
    """The made seal, its page, and the signed list that speaks of it, all without a login."""
    client = site.stage.client()
    esl = client.fetch(f"/api/v1/seals/{seal['seal_id']}/seal.esl")
    assert parse_seal(esl).code == seal["code"]
    document = client.fetch("/seal-status.json")
    trust = load_trust([("list", client.fetch("/trust-list.json"))], site.service.clock())
    report = check_seal_status(document, trust=trust, at=site.service.clock())
    assert report.indication is Indication.TOTAL_PASSED, report.reasons
    assert seal["editions"][0]["esl_sha256"].encode() in document
    page = client.page(f"/seals/{seal['seal_id']}")
    assert seal["code"] in page
    assert "使用中" in page
    assert site.stage.facts.persons["H10"]["name"] not in page, "who took a step is for insiders"
    assert site.service.check_ledger().findings == ()


def test_plain_forms(site: Any, seal: dict[str, Any]) -> None:
    """Without any script: the keeper suspends and resumes by the forms of the page."""
    token = site.login("H10").http.headers["authorization"].removeprefix("Bearer ")
    path = f"/seals/{seal['seal_id']}"
    with httpx.Client(base_url=site.url, trust_env=False, cookies={COOKIE: token}) as browser:
        page = browser.get(path, headers={"Accept": "text/html"}).text
        (csrf,) = set(re.findall(r'name="csrf" value="([0-9a-f]+)"', page))
        missing = browser.post(f"{path}/steps", data={"csrf": csrf, "step": "suspend"})
        assert missing.status_code == 422
        for step, shown in (("suspend", "已停用"), ("resume", "使用中")):
            sent = {"csrf": csrf, "step": step, "note": "印章管理员变更"}
            assert browser.post(f"{path}/steps", data=sent).status_code == 303
            assert shown in browser.get(path, headers={"Accept": "text/html"}).text
        for other in ("/seals", "/seals/apply"):
            assert browser.get(other, headers={"Accept": "text/html"}).status_code == 200


@pytest.mark.parametrize(
    "design",
    [
        {},
        {"name": "样例机关", "specimen": False},
        {"name": "样例机关", "surprise": "x"},
        {"name": "样例机关", "shape": "star"},
        {"name": "样例机关", "diameter_mm": "wide"},
        {"name": 7},
    ],
)
def test_designs_that_are_none(site: Any, design: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        site.login("H10").post("/api/v1/seal-applications", application(site, design=design))
    assert refused.value.status == 422


def test_one_person_does_not_do_it_all(site: Any) -> None:
    """The operator who applied on a body's behalf does not approve; nobody else's keeper activates."""
    made = site.operator.post("/api/v1/seal-applications", application(site, design={"name": "样例机关"}))
    with pytest.raises(Refused) as refused:
        site.operator.post(f"/api/v1/seals/{made['seal_id']}/steps", {"step": "approve"})
    assert (refused.value.status, refused.value.code) == (403, "another-person")
    waiting = site.operator.get("/api/v1/seal-applications")["waiting"]
    assert made["seal_id"] in {one["seal_id"] for one in waiting}
