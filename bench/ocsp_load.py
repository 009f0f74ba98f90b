# SPDX-License-Identifier: Apache-2.0
"""Asks one server again and again, in a process of its own: ``python -m bench.ocsp_load PORT CONNECTIONS``.

The first line of its input is a JSON array of pairs, request and expected body, in hexadecimal.  Each further
line ``WHICH COUNT`` opens its connections, asks so often and prints the seconds that the asking took.
Connections are kept meanwhile; each has one request on the way and none is pipelined.
An answer that is not 200 with the very bytes ends it.
"""

from __future__ import annotations

import contextlib
import json
import socket
import sys
import time

OK = b"HTTP/1.1 200 OK\r\n"


def answered(connection: socket.socket, end: bytes) -> None:
    """One answer is read to its end, and is what was expected."""
    got = connection.recv(65536)
    while not got.endswith(end):
        more = connection.recv(65536)
        if not more or len(got) > 65536:
            raise SystemExit(f"another answer: {got[:300]!r}")
        got += more
    if not got.startswith(OK) or got.find(b"\r\n\r\n") != len(got) - len(end):
        raise SystemExit(f"another answer: {got[:300]!r}")


def flood(connections: list[socket.socket], asked: bytes, end: bytes, count: int) -> float:
    """Seconds for ``count`` answers, without the connecting."""
    begun = time.perf_counter()
    for one in connections:
        one.sendall(asked)
    for place in range(count):
        one = connections[place % len(connections)]
        answered(one, end)
        if place + len(connections) < count:
            one.sendall(asked)
    return time.perf_counter() - begun


def main(port: int, count: int) -> None:
    """Follow the input until it ends."""
    pairs = [(bytes.fromhex(asked), bytes.fromhex(body)) for asked, body in json.loads(sys.stdin.readline())]
    for line in sys.stdin:
        which, often = map(int, line.split())
        asked, body = pairs[which]
        with contextlib.ExitStack() as stack:  # the server closes what is silent for a few seconds
            connections = [stack.enter_context(_connected(port)) for _ in range(count)]
            print(flood(connections, asked, b"\r\n\r\n" + body, max(often, count)), flush=True)


def _connected(port: int) -> socket.socket:
    made = socket.create_connection(("127.0.0.1", port), timeout=20)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
