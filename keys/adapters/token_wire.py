# SPDX-License-Identifier: Apache-2.0
"""What service and token process say to each other: JSON objects, each after its length in four octets.

A request has ``id``, ``op`` and ``wait`` (seconds that it may queue); its answer has ``ok``, or ``error`` (a
code) and ``detail``. Octets travel as base64. Messages to be signed do not travel: their digests do.
"""

from __future__ import annotations

import base64
import json
import socket
import time
from typing import Any, Final

from ..errors import KeysError

LARGEST: Final = 1024 * 1024
Message = dict[str, Any]


class WireBroken(KeysError):
    """The connection ended, or what came is no message.  Stays between the two ends."""


def send(connection: socket.socket, message: Message) -> None:
    """Raises OSError."""
    data = json.dumps(message, separators=(",", ":")).encode("ascii")
    connection.sendall(len(data).to_bytes(4) + data)


def receive(connection: socket.socket, deadline: float | None = None) -> Message | None:
    """One message, or nothing at the end.  Raises TimeoutError, OSError, :class:`WireBroken`."""
    head = _exactly(connection, 4, deadline)
    if head is None:
        return None
    size = int.from_bytes(head)
    body = _exactly(connection, size, deadline) if size <= LARGEST else None
    try:
        message = json.loads(body) if body is not None else None
    except (ValueError, RecursionError):
        message = None
    if not isinstance(message, dict):
        raise WireBroken("no message")
    return message


def octets(text: object) -> bytes:
    """The octets of a base64 field.  Raises :class:`WireBroken`."""
    try:
        return base64.b64decode(text if isinstance(text, str) else "?", validate=True)
    except ValueError:
        raise WireBroken("no base64") from None


def text(content: bytes) -> str:
    """Octets as base64."""
    return base64.b64encode(content).decode("ascii")


def _exactly(connection: socket.socket, size: int, deadline: float | None) -> bytes | None:
    data = bytearray()
    while len(data) < size:
        if deadline is not None:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            connection.settimeout(left)
        part = connection.recv(min(size - len(data), 65536))
        if not part:
            if not data:
                return None
            raise WireBroken("ended within a message")
        data += part
    return bytes(data)
