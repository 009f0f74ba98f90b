# SPDX-License-Identifier: Apache-2.0
"""The unix socket between service and key centre, from both ends.

The system limits the address of a socket to about a hundred bytes: a longer path is reached through its
folder's descriptor.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import socket
import time
from collections.abc import Iterator
from pathlib import Path

from ..centre.serving import receiver
from ..errors import CentreMisconfigured, ConnectionBroken, KeyCentreUnavailable, WireMalformed
from ..wire import LARGEST_ANSWER, LARGEST_REQUEST, frame, read_frame

_LONGEST = 100
_BACKLOG = 64


class UnixLink:
    """Asks on a socket.  Nothing is kept open between two questions."""

    def __init__(self, path: Path, *, seconds: float = 5.0) -> None:
        self._path, self._seconds = path, seconds

    def exchange(self, payload: bytes) -> bytes:
        """The answer's payload, within the deadline.

        Raises :class:`ConnectionBroken` when asking again may help, else :class:`KeyCentreUnavailable`.
        """
        deadline = time.monotonic() + self._seconds
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            try:
                connection.settimeout(self._seconds)
                with _address(self._path) as address:
                    connection.connect(address)
                connection.sendall(frame(payload, most=LARGEST_REQUEST))
                answer = read_frame(receiver(connection, deadline), most=LARGEST_ANSWER)
            except TimeoutError as error:
                raise KeyCentreUnavailable("the key centre did not answer in time") from error
            except (OSError, WireMalformed) as error:
                raise ConnectionBroken("the key centre cannot be reached") from error
        if answer is None:
            raise ConnectionBroken("the key centre ended the connection")
        return answer

    def listening(self) -> bool:
        """Does anybody take connections there?"""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(self._seconds)
            try:
                with _address(self._path) as address:
                    connection.connect(address)
            except OSError:
                return False
        return True


@contextlib.contextmanager
def listening(path: Path, *, group: str = "") -> Iterator[socket.socket]:
    """A listening socket that only its owner may use, or a group as well.

    One process listens at a time: a second one raises :class:`CentreMisconfigured`.
    """
    lock = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CentreMisconfigured(
                "[socket] path", "密钥管理中心已在运行 a key centre is running already", "stop it first"
            ) from error
        path.unlink(missing_ok=True)  # left by a process that was killed: nobody else holds the lock
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            before = os.umask(0o177)
            try:
                with _address(path) as address:
                    listener.bind(address)
            finally:
                os.umask(before)
            if group:
                _share(path, group)
            listener.listen(_BACKLOG)
            try:
                yield listener
            finally:
                path.unlink(missing_ok=True)
    finally:
        os.close(lock)


def _share(path: Path, group: str) -> None:
    try:
        shutil.chown(path, group=group)
        path.chmod(0o660)
    except (LookupError, OSError) as error:
        raise CentreMisconfigured(
            "[socket] group", f"the socket cannot be given to {group}", "name a group of this machine"
        ) from error


@contextlib.contextmanager
def _address(path: Path) -> Iterator[str]:
    if len(os.fsencode(path)) <= _LONGEST:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
