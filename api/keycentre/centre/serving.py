# SPDX-License-Identifier: Apache-2.0
"""Listens: one connection, one request, one answer; each within a deadline, a bounded number at a time."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import time
from collections.abc import Callable
from typing import Final

from ..errors import WireMalformed
from ..wire import LARGEST_ANSWER, LARGEST_REQUEST, frame, read_frame
from .answering import Centre

SECONDS: Final = 5.0
"""For a request to arrive whole, and again for its answer to be taken."""
MOST_AT_ONCE: Final = 32
_POLL: Final = 0.2
_log = logging.getLogger("yinxin.keycentre")


class CentreServer:
    """Serves one centre on a listening socket until :meth:`stop`."""

    def __init__(self, centre: Centre, listener: socket.socket, *, seconds: float = SECONDS) -> None:
        self._centre, self._listener, self._seconds = centre, listener, seconds
        self._places = threading.BoundedSemaphore(MOST_AT_ONCE)
        self._stopped = threading.Event()

    def serve(self) -> None:
        """Until stopped.  A connection that fails ends alone."""
        self._listener.settimeout(_POLL)
        while not self._stopped.is_set():
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            except OSError:
                if self._stopped.is_set():
                    return
                _log.exception("cannot accept a connection")
                time.sleep(_POLL)
                continue
            if not self._places.acquire(blocking=False):
                connection.close()  # the client asks again
                continue
            threading.Thread(target=self._attend, args=(connection,), daemon=True).start()

    def stop(self) -> None:
        """Take no more connections."""
        self._stopped.set()

    def _attend(self, connection: socket.socket) -> None:
        try:
            with connection, contextlib.suppress(OSError, WireMalformed):
                payload = read_frame(
                    receiver(connection, time.monotonic() + self._seconds), most=LARGEST_REQUEST
                )
                if payload is not None:
                    answer = self._centre.answer(payload)
                    connection.settimeout(self._seconds)
                    connection.sendall(frame(answer, most=LARGEST_ANSWER))
        except Exception:
            _log.exception("a connection failed")
        finally:
            self._places.release()


def receiver(connection: socket.socket, deadline: float) -> Callable[[int], bytes]:
    """Receives until the deadline (of the monotonic clock), however slowly the bytes come.

    What it returns raises :class:`TimeoutError`.
    """

    def receive(size: int) -> bytes:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        connection.settimeout(left)
        return connection.recv(size)

    return receive
