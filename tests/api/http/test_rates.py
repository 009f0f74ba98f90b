# SPDX-License-Identifier: Apache-2.0
"""Public doors and how often one address may use them."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from fastapi import FastAPI

from api.confined import ChecksBusy
from api.problems import problem_of
from api.routes.rates import CHECKS, MOST_ADDRESSES, READS, Buckets, RateLimit, Rates, address_of


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


async def reached(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def ask(
    limit: RateLimit, method: str, path: str, address: str = "192.0.2.1", accept: str = ""
) -> tuple[int, Any]:
    """Status, and headers with the body."""
    sent: list[Any] = []
    headers = [(b"accept", accept.encode())]
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "client": (address, 1),
        "headers": headers,
        "query_string": b"",
        "root_path": "",
        "scheme": "http",
        "server": ("x", 80),
        "app": FastAPI(),
    }

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    asyncio.run(limit(scope, receive, send))
    return sent[0]["status"], (dict(sent[0]["headers"]), b"".join(one.get("body", b"") for one in sent[1:]))


def test_a_bucket() -> None:
    """A minute's worth at once, then as fast as it fills; nobody else is touched."""
    clock = Clock()
    buckets = Buckets(6, clock)
    assert [buckets.wait("a") for _ in range(7)] == [0] * 6 + [10]
    assert buckets.wait("b") == 0
    clock.now = 9
    assert buckets.wait("a") == 1
    clock.now = 10
    assert [buckets.wait("a"), buckets.wait("a")] == [0, 10]
    clock.now = 10_000
    assert [buckets.wait("a") for _ in range(7)] == [0] * 6 + [10]


def test_no_limit() -> None:
    assert {Buckets(0, Clock()).wait("a") for _ in range(1000)} == {0}


def test_addresses_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory ends; the ones that were quiet longest go first."""
    assert MOST_ADDRESSES == 50_000
    monkeypatch.setattr("api.routes.rates.MOST_ADDRESSES", 2)
    buckets = Buckets(1, Clock())
    assert [buckets.wait(one) for one in ("a", "b", "c", "c", "a")] == [0, 0, 0, 60, 0]


def test_the_answer() -> None:
    """429, when to come back, what to do instead; a page for people."""
    limit = RateLimit(reached, Rates(checks=1, reads=1), Clock())
    assert ask(limit, "POST", "/api/v1/verify")[0] == 200
    status, (headers, body) = ask(limit, "POST", "/api/v1/verify")
    assert (status, headers[b"retry-after"], headers[b"content-type"]) == (
        429,
        b"60",
        b"application/problem+json",
    )
    problem = json.loads(body)
    assert (problem["code"], problem["status"]) == ("too-many-requests", 429)
    assert "60 秒" in problem["detail"] and "command line" in problem["detail"]
    assert ask(limit, "GET", "/R/04HMASW9NF6YY093")[0] == 200  # another bucket
    status, (headers, body) = ask(limit, "GET", "/R/04HMASW9NF6YY093", accept="text/html")
    assert (status, b"<h1>" in body, headers[b"retry-after"]) == (429, True, b"60")
    assert ask(limit, "GET", "/R/04HMASW9NF6YY093", address="192.0.2.2")[0] == 200


@pytest.mark.parametrize(
    ("method", "path", "limited"),
    [
        ("POST", "/verify", True),
        ("POST", "/api/v1/verify", True),
        ("GET", "/verify", True),
        ("GET", "/verify/code", True),
        ("GET", "/log/checkpoint", True),
        ("GET", "/log/tile/0/000", True),
        ("GET", "/trust-list.json", True),
        ("GET", "/seal-status.json", True),
        ("GET", "/document-status.json", True),
        ("GET", "/crl/root-sm2.crl", True),
        ("GET", "/api/v1/documents/04HMASW9NF6YY093", True),
        ("GET", "/R/04HMASW9NF6YY093\n", True),
        ("GET", "/verify/\n", True),
        ("POST", "/log/cosignatures", True),
        ("GET", "/healthz", False),
        ("GET", "/static/yinxin.css", False),
        ("POST", "/login", False),
        ("GET", "/api/v1/submissions", False),
        ("GET", "/api/v1/documents/04HMASW9NF6YY093/evidence-pack", False),
        ("POST", "/tsa/sm2", False),
    ],
)
def test_doors(method: str, path: str, limited: bool) -> None:
    assert any(doors.fullmatch(path) for doors in (CHECKS, READS)) is limited or method == "POST"
    limit = RateLimit(reached, Rates(checks=1, reads=1), Clock())
    assert [ask(limit, method, path)[0] for _ in range(2)] == [200, 429 if limited else 200]


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2::9", "2001:db8:1:2::"),
        ("unix", "unix"),
    ],
)
def test_who_asks(address: str, counted: str) -> None:
    assert address_of({"client": (address, 1)}) == counted
    assert address_of({"client": None}) == ""


def test_busy_checks_say_when() -> None:
    problem = problem_of(ChecksBusy(10))
    assert (problem.status, problem.code, problem.retry_after) == (429, "checks-busy", 10)
