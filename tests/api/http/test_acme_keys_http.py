# SPDX-License-Identifier: Apache-2.0
"""The operator's keys for ACME over HTTP: shown once, listed without their secret, ended."""

from __future__ import annotations

from typing import Any


def test_a_key_is_made_listed_and_ended(site: Any) -> None:
    http = site.operator.http
    made = http.post("/api/v1/acme/keys", json={"domains": ["Gov.Test", "*.gov.test"]})
    assert made.status_code == 201
    facts = made.json()
    assert facts["domains"] == ["gov.test"]
    assert len(facts["mac_key"]) == 43
    assert facts["directory"] == f"{site.url}/acme/directory"
    (listed,) = [
        one for one in http.get("/api/v1/acme/keys").json()["keys"] if one["key_id"] == facts["key_id"]
    ]
    assert "mac_key" not in listed
    ended = http.delete(f"/api/v1/acme/keys/{facts['key_id']}").json()
    assert ended["ended_at"]
    assert http.delete(f"/api/v1/acme/keys/{facts['key_id']}").json() == ended


def test_for_whom_it_is(site: Any) -> None:
    """An account names its holder itself; a person holds no server certificate."""
    http, accounts = site.operator.http, site.stage.accounts
    wrong = http.post("/api/v1/acme/keys", json={"domains": ["gov.test"], "account_id": accounts["H01"]})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "holder")
    unknown = http.post("/api/v1/acme/keys", json={"domains": ["gov.test"], "account_id": "0" * 32})
    assert unknown.status_code == 404
    organisation = {"holder": "91510100DEM001017Y", "holder_name": "示例建工有限公司"}
    made = http.post("/api/v1/acme/keys", json={"domains": ["gov.test"], **organisation})
    assert made.json()["holder"] == organisation["holder"]
    missing = http.post("/api/v1/acme/keys", json={"domains": []})
    assert missing.status_code == 422
