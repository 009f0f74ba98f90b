# SPDX-License-Identifier: Apache-2.0
"""How often one address may use the doors that are open to everybody: two token buckets for each address.

One for files that are checked, which cost seconds, one for pages, lists and log, which cost milliseconds.  A
bucket holds a minute's worth and fills evenly.  Whoever is logged in, and every other door, is left alone.
"""

from __future__ import annotations

import math
import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Final

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from ..problems import Problem

MOST_ADDRESSES: Final = 50_000
"""The one that was quiet longest is forgotten first: its bucket is full again, or somebody has that many."""
CHECKS: Final = re.compile(r"/verify|/api/v1/verify(/.*)?|/api/v1/status/receipt|/status")
READS: Final = re.compile(
    r"/[rR]/.*|/verify(/.*)?|/log/.*|/crl/.*|/certificates/.*|/status(/.*)?|/relying/.*|/offline/.*"
    r"|/[a-z-]+\.json|/api/v1/status|/api/v1/documents/[^/]+",
    re.DOTALL,  # an address with a line feed in it is the same door
)
WITNESSES: Final = "/log/cosignatures"
"""Taken from anybody; looking at signature lines costs what a page costs."""


@dataclass(frozen=True, slots=True)
class Rates:
    """How many a minute for one address; 0: as many as it likes."""

    checks: int
    reads: int


class Buckets:
    """Token buckets by address.  For one event loop."""

    def __init__(self, per_minute: int, clock: Callable[[], float]) -> None:
        self._most, self._clock = per_minute, clock
        self._kept: OrderedDict[str, tuple[float, float]] = (
            OrderedDict()
        )  # tokens, and when they were counted

    def wait(self, address: str) -> int:
        """Take one; 0 when there was one, otherwise the seconds after which there will be."""
        if not self._most:
            return 0
        now, rate = self._clock(), self._most / 60
        tokens, at = self._kept.pop(address, (float(self._most), now))
        tokens = min(float(self._most), tokens + (now - at) * rate)
        taken = tokens >= 1
        self._kept[address] = (tokens - taken, now)
        if len(self._kept) > MOST_ADDRESSES:
            self._kept.popitem(last=False)
        return 0 if taken else max(1, math.ceil((1 - tokens) / rate))


class RateLimit:
    """Answers 429 with Retry-After (RFC 6585 section 4) before anything is read or done."""

    def __init__(self, app: ASGIApp, rates: Rates, clock: Callable[[], float]) -> None:
        self.app = app
        self._checks, self._reads = Buckets(rates.checks, clock), Buckets(rates.reads, clock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        buckets = self._buckets(scope)
        wait = 0 if buckets is None else buckets.wait(address_of(scope))
        if not wait:
            await self.app(scope, receive, send)
            return
        from .answers import respond

        await respond(Request(scope), too_often(wait))(scope, receive, send)

    def _buckets(self, scope: Scope) -> Buckets | None:
        if scope["type"] != "http":
            return None
        if scope["method"] == "POST":
            if scope["path"] == WITNESSES:
                return self._reads
            return self._checks if CHECKS.fullmatch(scope["path"]) else None
        return self._reads if READS.fullmatch(scope["path"]) else None


def address_of(scope: Scope) -> str:
    """Who asks: one IPv4 address, or the 64 leading bits of IPv6 that one connection has to itself."""
    client = scope.get("client")
    text = client[0] if client else ""
    try:
        address = ip_address(text)
    except ValueError:
        return text
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(IPv6Address(int(address) >> 64 << 64))
    return str(address)


def too_often(wait: int) -> Problem:
    """What to do about it."""
    return Problem(
        429,
        "too-many-requests",
        "访问过于频繁",
        f"请在 {wait} 秒后重试;需要大量查验时,请下载公开名单与日志,用命令行工具在本机查验,不受次数限制。"
        f" Asked too often: try again in {wait} s. To check many files, fetch the public lists and check on"
        " your own machine with the command line, which has no such limit.",
        retry_after=wait,
    )
