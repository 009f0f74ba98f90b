# SPDX-License-Identifier: Apache-2.0
"""Who is at the other end of the connection, before a proxy's word about somebody behind it is believed.

``X-Forwarded-For`` replaces the address of the peer by the one that a proxy on this machine reports.  Whether
a header with a verified client certificate (RFC 9440) is believed depends on the peer itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address, ip_network

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

PEER = "yinxin.peer"


class PeerNoted:
    """Outermost: writes the address of the peer where nothing overwrites it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            client = scope.get("client")
            scope[PEER] = client[0] if client else ""
        await self.app(scope, receive, send)


def came_from(request: Request, networks: Iterable[str]) -> bool:
    """Is the peer of this connection in one of these networks?"""
    try:
        peer = ip_address(request.scope.get(PEER, ""))
    except ValueError:
        return False  # a local socket, or nobody knows
    mapped = getattr(peer, "ipv4_mapped", None)
    return any((mapped or peer) in ip_network(one) for one in networks)
