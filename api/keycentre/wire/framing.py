# SPDX-License-Identifier: Apache-2.0
"""One message on a stream: four bytes of length, big-endian, then so many bytes.

The length is believed only up to the limit, and bytes are taken as they come: a peer that announces much and
sends little costs nothing but its deadline.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ..errors import WireMalformed

LARGEST_REQUEST: Final = 1024 * 1024
LARGEST_ANSWER: Final = 4 * 1024 * 1024
_HEAD: Final = 4
_PIECE: Final = 64 * 1024


def frame(payload: bytes, *, most: int) -> bytes:
    """The message as it travels.  Raises :class:`WireMalformed` for one that the other side would refuse."""
    if not 0 < len(payload) <= most:
        raise WireMalformed(f"a message has 1 to {most} bytes")
    return len(payload).to_bytes(_HEAD) + payload


def read_frame(receive: Callable[[int], bytes], *, most: int) -> bytes | None:
    """The next message; nothing when the stream ended before one began.

    ``receive(n)`` gives 1 to n bytes, or none at the end.  Raises :class:`WireMalformed`, and whatever
    ``receive`` raises at its deadline.
    """
    head = _exactly(receive, _HEAD)
    if not head:
        return None
    if len(head) < _HEAD:
        raise WireMalformed("the stream ended inside the length")
    size = int.from_bytes(head)
    if not 0 < size <= most:
        raise WireMalformed(f"a message has 1 to {most} bytes, not {size}")
    payload = _exactly(receive, size)
    if len(payload) < size:
        raise WireMalformed("the stream ended inside a message")
    return payload


def _exactly(receive: Callable[[int], bytes], size: int) -> bytes:
    found = bytearray()
    while len(found) < size:
        piece = receive(min(size - len(found), _PIECE))
        if not piece:
            break
        found += piece
    return bytes(found)
