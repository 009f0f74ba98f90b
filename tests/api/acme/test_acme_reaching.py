# SPDX-License-Identifier: Apache-2.0
"""The way out of the service: what a stranger names is looked up, judged, and fetched within limits."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import dns.message
import dns.rrset
import pytest

from api.acme import Authorization, Outbound, Reach, Resolver, Unproven, reaching, split_server
from api.acme.reaching import LARGEST, is_public

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
PATH = "/.well-known/acme-challenge/x"


@contextmanager
def serving(answer: bytes | Callable[[socket.socket, bytes], None]) -> Iterator[tuple[int, list[bytes]]]:
    """A server on loopback that answers every connection the same way; its port, and what it was asked."""
    asked: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                request = connection.recv(4096)
                asked.append(request)
                try:
                    if callable(answer):
                        answer(connection, request)
                    else:
                        connection.sendall(answer)
                except OSError:
                    pass

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1], asked
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def http(body: bytes = b"", status: str = "200 OK", *more: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *more, "", ""]
    return "\r\n".join(lines).encode() + body


def outbound(port: int = 80, *, private: bool = True, **fixed: str) -> Outbound:
    names = {"host.test": "127.0.0.1", **{name.replace("_", "."): one for name, one in fixed.items()}}
    return Outbound(Resolver((), names), Reach(private, port))


def unproven(code: str, act: Callable[[], Any]) -> Unproven:
    with pytest.raises(Unproven) as caught:
        act()
    assert caught.value.code == code, caught.value
    return caught.value


def test_a_page() -> None:
    with serving(http(b"hello\n")) as (port, asked):
        assert outbound(port).page("host.test", PATH) == b"hello\n"
    assert asked[0].startswith(f"GET {PATH} HTTP/1.1\r\nHost: host.test:{port}\r\n".encode())


def test_a_chunked_page() -> None:
    body = CHUNKED + b"5\r\nhello\r\n0\r\n\r\n"
    with serving(body) as (port, _):
        assert outbound(port).page("host.test", PATH) == b"hello"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (http(status="404 Not Found"), "incorrectResponse"),
        (http(status="204 No Content"), "incorrectResponse"),
        (http(b"x" * (LARGEST + 1)), "incorrectResponse"),
        (
            CHUNKED + b"a000\r\n" + b"x" * 40960,
            "incorrectResponse",
        ),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 20000, "connection"),
        (b"SSH-2.0-OpenSSH\r\n", "connection"),
        (b"", "connection"),
        (http(status="302 Found"), "incorrectResponse"),
    ],
)
def test_answers_that_prove_nothing(answer: bytes, code: str) -> None:
    with serving(answer) as (port, _):
        unproven(code, lambda: outbound(port).page("host.test", PATH))


def test_the_next_address_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Resolver, "addresses", lambda _self, _name: ("127.0.0.2", "127.0.0.1"))
    with serving(http(b"hello")) as (port, _):
        assert outbound(port).page("host.test", PATH) == b"hello"


def test_one_private_address_among_public_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be the one that is tried when the others do not answer."""
    monkeypatch.setattr(Resolver, "addresses", lambda _self, _name: ("192.0.32.7", "10.0.0.1"))
    unproven("connection", lambda: outbound(private=False).page("host.test", PATH))


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert unproven("connection", lambda: outbound(port).page("host.test", PATH)).again


def test_slow_answers_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A byte now and then keeps nobody waiting beyond the limit."""
    monkeypatch.setattr(reaching, "SECONDS", 0.5)

    def drip(connection: socket.socket, _request: bytes) -> None:
        for one in b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100:
            connection.sendall(bytes([one]))
            time.sleep(0.05)

    with serving(drip) as (port, _):
        started = time.monotonic()
        unproven("connection", lambda: outbound(port).page("host.test", PATH))
        assert time.monotonic() - started < 2


def test_redirects_are_followed_ten_times() -> None:
    def answer(connection: socket.socket, request: bytes) -> None:
        step = int(request.split(b" ")[1].rsplit(b"/", 1)[1] or b"0")
        content = http(b"end") if step == 10 else http(b"", "302 Found", f"Location: /{step + 1}")
        connection.sendall(content)

    with serving(answer) as (port, asked):
        assert outbound(port).page("host.test", "/0") == b"end"
        assert len(asked) == 11

    with serving(http(b"", "301 Moved Permanently", "Location: /again")) as (port, asked):
        unproven("connection", lambda: outbound(port).page("host.test", "/"))
        assert len(asked) == 11


@pytest.mark.parametrize(
    "location",
    [
        "http://host.test:22/",
        "http://host.test:8080/",
        "https://host.test:8443/",
        "ftp://host.test/",
        "file:///etc/passwd",
        "gopher://host.test/",
        "http://user:secret@host.test/",
        "http://localhost/",
        "http://[::1",
        "http://host.test:99999/",
        "http://host.test/\u00e9",
        "http://" + "a" * 3000 + ".test/",
        "//metadata/",
    ],
)
def test_redirects_that_are_not_followed(location: str) -> None:
    with serving(http(b"", "302 Found", f"Location: {location}").decode().encode("latin-1")) as (port, asked):
        unproven("connection", lambda: outbound(port).page("host.test", PATH))
        assert len(asked) == 1


def test_a_redirect_to_an_address_needs_a_private_network() -> None:
    def answer(connection: socket.socket, request: bytes) -> None:
        here = connection.getsockname()[1]
        moved = http(b"", "302 Found", f"Location: http://127.0.0.1:{here}/x")
        connection.sendall(http(b"end") if request.startswith(b"GET /x ") else moved)

    with serving(answer) as (port, _):
        assert outbound(port).page("host.test", "/") == b"end"
    closed = outbound(private=False)
    target = reaching._Target(False, "host.test", 80, "/")
    for one in ("http://127.0.0.1/", "http://[::1]/", "http://169.254.169.254/latest", "http://2130706433/"):
        with pytest.raises(Unproven):
            closed._next(target, one)


def test_private_addresses_are_not_connected_to() -> None:
    """Also where only one of several is private: it is the one that would be tried next time."""
    with serving(http(b"secret")) as (port, asked):
        closed = Outbound(Resolver((), {"host.test": "127.0.0.1"}), Reach(False, port))
        unproven("connection", lambda: closed.page("host.test", PATH))
        assert asked == []


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.255.255.254",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "255.255.255.255",
        "224.0.0.1",
        "192.0.2.1",
        "198.18.0.1",
        "240.0.0.1",
        "::",
        "::1",
        "fe80::1",
        "fc00::1",
        "fec0::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "64:ff9b::7f00:1",
        "64:ff9b::808:808",
        "2002:7f00:1::",
        "2001:0:7f00:1::",
        "2001:db8::1",
    ],
)
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "114.114.114.114", "2400:3200::1", "2606:4700::1111"])
def test_addresses_that_are(address: str) -> None:
    assert is_public(address)


# The DNS


@contextmanager
def naming(**answers: Any) -> Iterator[str]:
    """A name server on loopback; the address of it as the settings write it."""
    wire = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    wire.bind(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                query, client = wire.recvfrom(4096)
            except OSError:
                return
            if not query:
                return
            asked = dns.message.from_wire(query)
            question = asked.question[0]
            answer = dns.message.make_response(asked)
            kind = dns.rdatatype.to_text(question.rdtype)
            found = answers.get(kind, {}).get(question.name.to_text(omit_final_dot=True))
            if found == "broken":
                answer.set_rcode(dns.rcode.SERVFAIL)
            elif found:
                answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *found))
            elif found is None and kind == "A":
                answer.set_rcode(dns.rcode.NXDOMAIN)
            wire.sendto(answer.to_wire(), client)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{wire.getsockname()[1]}"
    finally:
        wire.sendto(b"", wire.getsockname())
        thread.join(5)
        wire.close()


def test_names_are_looked_up() -> None:
    records = {"_acme-challenge.host.test": ('"one"', '"in " "pieces"')}
    with naming(TXT=records, A={"host.test": ("192.0.2.1",)}, AAAA={"host.test": ("2001:db8::1",)}) as server:
        resolver = Resolver((server,))
        assert resolver.addresses("host.test") == ("192.0.2.1", "2001:db8::1")
        assert set(resolver.texts("_acme-challenge.host.test")) == {b"one", b"in pieces"}
        assert resolver.texts("host.test") == ()
        assert unproven("dns", lambda: resolver.addresses("none.test")).again


def test_authorizations_of_the_closest_domain() -> None:
    records = {"corp.test": ('0 issue "yinxin.example"',), "test": ('0 issue ";"',)}
    with naming(CAA=records) as server:
        resolver = Resolver((server,))
        for name in ("corp.test", "a.b.corp.test"):
            assert resolver.authorizations(name) == (Authorization(0, "issue", "yinxin.example"),)
        assert resolver.authorizations("other.test") == (Authorization(0, "issue", ";"),)
        assert resolver.authorizations("other.example") == ()


def test_a_broken_name_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.acme.resolving.SECONDS", 1.0)
    with naming(TXT={"host.test": "broken"}) as server:
        assert unproven("dns", lambda: Resolver((server,)).texts("host.test")).again


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("192.0.2.53", ("192.0.2.53", 53)),
        ("192.0.2.53:5353", ("192.0.2.53", 5353)),
        ("2001:db8::53", ("2001:db8::53", 53)),
        ("[2001:db8::53]:5353", ("2001:db8::53", 5353)),
    ],
)
def test_servers(text: str, found: tuple[str, int]) -> None:
    assert split_server(text) == found


@pytest.mark.parametrize(
    "text", ["", "host", "192.0.2.53:0", "192.0.2.53:x", "[2001:db8::53]:99999", "1.2.3"]
)
def test_servers_that_are_none(text: str) -> None:
    with pytest.raises(ValueError):
        split_server(text)
