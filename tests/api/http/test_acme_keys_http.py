# SPDX-License-Identifier: Apache-2.0
"""The operator's keys for ACME over HTTP: shown once, listed without their secret, ended."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.types import Message

from api.routes.application import create_app


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


def test_a_large_body_is_not_taken_in(site: Any) -> None:
    """What no client sends is refused while it comes, not when megabytes of it are in memory."""
    taken: list[int] = []
    told: list[Message] = []

    async def receive() -> Message:
        taken.append(64 * 1024)
        return {"type": "http.request", "body": b"x" * taken[-1], "more_body": len(taken) < 100}

    async def send(message: Message) -> None:
        told.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/acme/new-order",
        "raw_path": b"/acme/new-order",
        "query_string": b"",
        "headers": [(b"host", b"localhost"), (b"content-type", b"application/jose+json")],
        "client": ("192.0.2.1", 4000),
    }
    asyncio.run(create_app(site.service)(scope, receive, send))
    assert told[0]["status"] == 413
    assert len(taken) < 4
