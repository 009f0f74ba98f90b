# SPDX-License-Identifier: Apache-2.0
"""One page fetched from a host that a stranger named (RFC 8555 section 8.3): the only way out of the service.

What is looked up is what is connected to: no second look-up in between.  Addresses that are not public,
ports other than 80 and 443, long answers, slow answers and long chains of redirects end the fetch.  A
certificate at the end of a redirect to https proves nothing yet and is not checked.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin, urlsplit

import h11

from .names import why_no_name
from .ports import Authorization, Unproven
from .resolving import Resolver

REDIRECTS = 10
SECONDS = 10.0
LARGEST = 8 * 1024
_LONGEST_URL = 2000
_HTTP, _HTTPS = 80, 443
_MOVED = frozenset({301, 302, 303, 307, 308})
_NAT64 = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))
_PIECE = 4096
_ADDRESSES = 4


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a validation may go.  ``http_port`` stands in for 80 where private addresses are allowed."""

    allow_private: bool = False
    http_port: int = _HTTP


@dataclass(frozen=True, slots=True)
class _Target:
    secure: bool
    host: str
    port: int
    path: str

    @property
    def header(self) -> str:
        usual = _HTTPS if self.secure else _HTTP
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == usual else f"{host}:{self.port}"


class Outbound:
    """Fetches pages and TXT records for validations.  Safe to share between threads."""

    def __init__(
        self, resolver: Resolver, reach: Reach, *, tick: Callable[[], float] = time.monotonic
    ) -> None:
        self._resolver, self._reach, self._tick = resolver, reach, tick

    def texts(self, name: str) -> tuple[bytes, ...]:
        """The TXT records of a name."""
        return self._resolver.texts(name)

    def authorizations(self, name: str) -> tuple[Authorization, ...]:
        """The CAA records that hold for a name."""
        return self._resolver.authorizations(name)

    def page(self, name: str, path: str) -> bytes:
        """What ``http://name/path`` answers with 200, redirects followed.  Raises :class:`Unproven`."""
        target = _Target(False, name, self._reach.http_port, path)
        ends = self._tick() + SECONDS
        for _ in range(REDIRECTS + 1):
            status, location, body = self._fetch(target, ends)
            if status == 200:
                return body
            if status not in _MOVED or not location:
                raise Unproven("incorrectResponse", f"{target.host} answered with status {status}")
            target = self._next(target, location)
        raise Unproven("connection", f"more than {REDIRECTS} redirects")

    def _next(self, before: _Target, location: str) -> _Target:
        here = f"{'https' if before.secure else 'http'}://{before.header}{before.path}"
        try:
            # Whoever redirects may write letters that no address has.
            parts = urlsplit(urljoin(here, location))
            port = parts.port
        except ValueError:
            raise Unproven("connection", "a redirect to something that is no address") from None
        _require_plain(parts, location)
        secure, host = parts.scheme == "https", (parts.hostname or "").rstrip(".")
        port = port or (_HTTPS if secure else _HTTP)
        if port not in (_HTTP, _HTTPS, self._reach.http_port):
            raise Unproven("connection", f"a redirect to port {port}; only 80 and 443 are asked")
        if why_no_name(host) and not (self._reach.allow_private and _is_address(host)):
            raise Unproven("connection", "a redirect to something that is no public host name")
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return _Target(secure, host, port, path)

    def _fetch(self, target: _Target, ends: float) -> tuple[int, str, bytes]:
        addresses = self._addresses(target.host)
        try:
            with contextlib.ExitStack() as stack:
                wire = stack.enter_context(self._connected(addresses, target.port, ends))
                if target.secure:
                    wire.settimeout(self._left(ends))
                    wire = stack.enter_context(_tls().wrap_socket(wire, server_hostname=target.host))
                return self._talk(wire, target, ends)
        except ssl.SSLError as error:
            raise Unproven("connection", f"{target.host}: TLS fails", again=True) from error
        except (OSError, UnicodeError) as error:
            raise Unproven("connection", f"{target.host}: {type(error).__name__}", again=True) from error
        except h11.ProtocolError as error:
            raise Unproven("connection", f"{target.host} does not speak HTTP") from error

    def _talk(self, wire: socket.socket, target: _Target, ends: float) -> tuple[int, str, bytes]:
        talk = h11.Connection(h11.CLIENT, max_incomplete_event_size=LARGEST)
        headers = [
            ("Host", target.header),
            ("User-Agent", "yinxin-acme/1"),
            ("Accept", "*/*"),
            ("Connection", "close"),
        ]
        request = h11.Request(method="GET", target=target.path, headers=headers)
        wire.settimeout(self._left(ends))
        wire.sendall(talk.send(request) or b"")
        wire.sendall(talk.send(h11.EndOfMessage()) or b"")
        status, location, body = 0, "", b""
        while True:
            event = talk.next_event()
            if event is h11.NEED_DATA:
                wire.settimeout(self._left(ends))
                talk.receive_data(wire.recv(_PIECE))
            elif isinstance(event, h11.Response):
                status = event.status_code
                location = next((v.decode("latin-1") for k, v in event.headers if k == b"location"), "")
                if status != 200:
                    return status, location, b""
            elif isinstance(event, h11.Data):
                body += bytes(event.data)
                if len(body) > LARGEST:
                    raise Unproven(
                        "incorrectResponse", f"{target.host} answers with more than {LARGEST} bytes"
                    )
            elif isinstance(event, h11.EndOfMessage | h11.ConnectionClosed):
                return status, location, body

    def _connected(self, addresses: tuple[str, ...], port: int, ends: float) -> socket.socket:
        """To the first address that answers; each has its share of the time that is left."""
        for number, one in enumerate(addresses, 1):
            share = self._left(ends) / (len(addresses) - number + 1)
            try:
                return socket.create_connection((one, port), timeout=share)
            except OSError:
                if number == len(addresses):
                    raise
        raise AssertionError("unreachable")

    def _addresses(self, host: str) -> tuple[str, ...]:
        """The addresses to connect to, if every one of them may be connected to."""
        found = (host,) if _is_address(host) else self._resolver.addresses(host)
        if not self._reach.allow_private:
            for one in found:
                if not is_public(one):
                    raise Unproven("connection", f"{host} is at an address that is not public")
        return found[:_ADDRESSES]

    def _left(self, ends: float) -> float:
        left = ends - self._tick()
        if left <= 0:
            raise TimeoutError
        return left


def is_public(text: str) -> bool:
    """May a validation connect there?  Nothing that leads back into our network, however it is written."""
    address = ipaddress.ip_address(text)
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if inner is not None or any(address in one for one in _NAT64) or address.is_site_local:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _require_plain(parts: SplitResult, location: str) -> None:
    if parts.scheme not in ("http", "https") or parts.username is not None or len(location) > _LONGEST_URL:
        raise Unproven("connection", "a redirect to something that is no plain http address")
    if not location.isascii() or any(one <= " " or one == "\x7f" for one in location):
        raise Unproven("connection", "a redirect with characters that no address has")


def _tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
