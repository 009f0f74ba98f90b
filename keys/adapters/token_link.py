# SPDX-License-Identifier: Apache-2.0
"""The service's end of the token process: starts it, asks it within a deadline, kills it when it hangs.

What may have signed is never asked again by itself. A request whose answer was lost is asked for again under
its id while the very same process lives, which then answers from memory; when the process is gone, the caller
is told that nobody knows (:class:`~keys.TokenOutcomeUnknown`) and decides.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..errors import KeysError, TokenOutcomeUnknown, TokenPinRefused, TokenUnavailable
from . import token_process
from .token_wire import Message, WireBroken, receive, send

COMMAND: Final = (sys.executable, "-m", "keys.adapters.token_process")
_REASONS: Final = {
    token_process.NO_LIBRARY: "python-pkcs11 is not installed: pip install 'yinxin[pkcs11]'",
    token_process.NO_MODULE: "the PKCS#11 module cannot be loaded: correct [vault] token_module",
    token_process.NO_TOKEN: "there is no token of this label, or more than one: is it plugged in?",
    token_process.NO_PIN_FILE: "the PIN file cannot be read or is empty: correct [vault] token_pin_file",
    token_process.FAILED: "the token, or the vendor's library, failed while it was opened: is it plugged in?",
}
_PIN = "the token refused the PIN; it is not tried again until the PIN file changes, for tokens lock"
_SAFE: Final = frozenset({"public", "labels", "health"})
"""Requests that change nothing: asking twice is harmless."""
_log = logging.getLogger("yinxin.keys")


@dataclass(frozen=True, slots=True)
class TokenPlace:
    """Which token, by which module, and where its PIN stands.  ``state`` is a folder of ours."""

    module: Path
    label: str
    pin_file: Path
    state: Path


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds, and how many failures in a row close the way for a while."""

    request: float = 10.0
    start: float = 20.0
    check: float = 2.0
    idle: float = 30.0
    failures: int = 3
    rest: float = 5.0


class TokenRefusal(KeysError):
    """The token process said no, for the reason ``code``.  Translated by the vault."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail or code)
        self.code, self.detail = code, detail


class TokenLink:
    """Safe to use from several threads."""

    def __init__(
        self,
        place: TokenPlace,
        *,
        patience: Patience | None = None,
        sessions: int = token_process.SESSIONS,
        command: Sequence[str] = COMMAND,
    ) -> None:
        self._place, self._patience = place, patience or Patience()
        self._command, self._sessions = tuple(command), sessions
        self._lock = threading.Lock()
        self._child: _Child | None = None
        self._failures, self._rests_until, self._trying = 0, 0.0, False

    def ask(self, op: str, **fields: object) -> object:
        """The answer within the deadline, which begins when there is a process.

        Raises :class:`TokenUnavailable` (nothing was done), :class:`TokenOutcomeUnknown` (nobody knows), or
        :class:`TokenRefusal`.
        """
        with self._allowed():
            answer, new = self._asked(op, fields)
            if not new and (answer.get("error") == "no-such-key" or answer.get("ok") == []):
                # A token that was pulled may look empty to a library that was not initialised since, and
                # what was not found was not used: a new process knows.
                self._retire(self._child)
                answer, _ = self._asked(op, fields)
        if "error" in answer:
            raise TokenRefusal(str(answer["error"]), str(answer.get("detail", "")))
        return answer.get("ok")

    def _asked(self, op: str, fields: Message) -> tuple[Message, bool]:
        """The answer, and whether it is the first of its process."""
        child = self._living(time.monotonic() + self._patience.start)
        deadline = time.monotonic() + self._patience.request
        new = not child.proven
        request: Message = {"id": secrets.token_hex(16), "op": op, **fields}
        try:
            answer = child.exchange(request, deadline)
        except TokenUnavailable:
            self._kill(child)
            raise
        except (OSError, WireBroken) as error:
            self._kill(child)
            hung = isinstance(error, TimeoutError)
            why = "did not answer in time and was ended" if hung else "ended before it answered"
            if op in _SAFE:
                raise TokenUnavailable(f"the token process {why}") from error
            raise TokenOutcomeUnknown(
                f"the token process {why}: whether it signed, nobody knows; nobody has the signature"
            ) from error
        if answer.get("error") == "token":
            # Dead sessions, a pulled token: only a new process gets over it (C_Finalize, C_Initialize).
            self._retire(child)
            raise TokenUnavailable(f"the token failed: {answer.get('detail')}")
        return answer, new

    def close(self) -> None:
        """End the process."""
        with self._lock:
            child, self._child = self._child, None
        if child is not None:
            child.kill()

    @property
    def pid(self) -> int | None:
        """The process', while there is one."""
        child = self._child
        return None if child is None else child.process.pid

    # The circuit breaker

    @contextlib.contextmanager
    def _allowed(self) -> Iterator[None]:
        """Refuses at once while the token rests; after that one request tries for all."""
        with self._lock:
            broken = self._failures >= self._patience.failures
            left = self._rests_until - time.monotonic()
            if broken and (left > 0 or self._trying):
                raise TokenUnavailable(
                    f"the token failed {self._failures} times in a row; next try in {max(left, 0):.0f} s"
                )
            self._trying = broken
        try:
            yield
        except (TokenUnavailable, TokenOutcomeUnknown) as error:
            with self._lock:
                self._failures += 1
                self._rests_until = time.monotonic() + self._patience.rest
                self._trying = False
            _log.error("token failed", extra={"event": "token-failed", "code": type(error).__name__})
            raise
        with self._lock:
            self._failures, self._trying = 0, False

    # The process

    def _living(self, deadline: float) -> _Child:
        """A process that is there and, when it was idle for long, still answers."""
        if not self._lock.acquire(timeout=max(0.0, deadline - time.monotonic())):
            raise TokenUnavailable("the token process was not ready in time")
        try:
            child = self._child
            if child is not None and child.process.poll() is None and self._well(child):
                return child
            if child is not None:
                child.kill()
            self._child = None
            self._child = self._start()
            return self._child
        finally:
            self._lock.release()

    def _well(self, child: _Child) -> bool:
        if time.monotonic() - child.answered < self._patience.idle:
            return True
        request: Message = {"id": secrets.token_hex(16), "op": "health"}
        with contextlib.suppress(OSError, WireBroken, TokenUnavailable):
            answer = child.exchange(request, time.monotonic() + self._patience.check)
            return answer.get("error") in (None, "busy")
        return False

    def _start(self) -> _Child:
        with self._one_starts():
            refused, pin = self._place.state / "token-pin-refused.json", _version(self._place.pin_file)
            if pin is not None and _read(refused) == pin:
                raise TokenPinRefused(_PIN)
            child = _Child(self._command, self._place, self._sessions)
            code = child.wait_until_ready(time.monotonic() + self._patience.start)
            if code is None:
                refused.unlink(missing_ok=True)
                return child
            child.kill()
            if code == token_process.PIN_REFUSED:
                refused.write_text(json.dumps(pin), "utf-8")
                raise TokenPinRefused(_PIN)
            why = _REASONS.get(
                code, f"the token process ended by itself ({code})" if code else "no start in time"
            )
            raise TokenUnavailable(why)

    @contextlib.contextmanager
    def _one_starts(self) -> Iterator[None]:
        """One start at a time for all processes: a wrong PIN is tried once."""
        lock = os.open(self._place.state / ".token.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _kill(self, child: _Child) -> None:
        with self._lock:
            if self._child is child:
                self._child = None
        child.kill()

    def _retire(self, child: _Child | None) -> None:
        """No new requests; those that are under way may end."""
        if child is None:
            return
        with self._lock:
            if self._child is child:
                self._child = None
        child.retire()


class _Child:
    """One process and the connections to it."""

    def __init__(self, command: Sequence[str], place: TokenPlace, sessions: int) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="yinxin-token-"))  # 0700
        self._path = self._folder / "token.sock"
        self._lock, self._idle = threading.Lock(), list[socket.socket]()
        self._busy, self._retired = 0, False
        self.proven = False
        self.answered = time.monotonic()
        named = {
            "module": place.module,
            "token": place.label,
            "pin-file": place.pin_file,
            "socket": self._path,
        }
        options = (f"--{name}={value}" for name, value in named.items())
        self.process = subprocess.Popen(  # noqa: S603 (our own interpreter and module; nothing secret in it)
            (*command, *options, f"--sessions={sessions}"),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._end = weakref.finalize(self, _end, self.process, self._folder, self._idle)

    def wait_until_ready(self, deadline: float) -> int | None:
        """Nothing once it takes connections; else its exit code, or 0 for being late."""
        while time.monotonic() < deadline:
            code = self.process.poll()
            if code is not None:
                return code or token_process.FAILED
            with contextlib.suppress(OSError):
                self._idle.append(self._connect())
                return None
            time.sleep(0.02)
        return 0

    def exchange(self, request: Message, deadline: float) -> Message:
        """Ask, and ask again under the same id when the connection is lost and the process is not.

        Raises TimeoutError, OSError and :class:`WireBroken` when a request may have been heard, else
        :class:`TokenUnavailable`.
        """
        with self._lock:
            self._busy += 1
            connection = self._idle.pop() if self._idle else None
        try:
            if connection is None:
                try:
                    connection = self._connect()
                except OSError as error:
                    raise TokenUnavailable("the token process cannot be reached") from error
            try:
                return self._ask(connection, request, deadline)
            except TimeoutError:
                raise
            except (OSError, WireBroken):
                if self.process.poll() is not None or self._dying():
                    raise
                return self._ask(self._connect(), request, deadline)
        finally:
            with self._lock:
                self._busy -= 1
                last = self._retired and self._busy == 0
            if last:
                self.kill()

    def _dying(self) -> bool:
        """A killed process closes its connections a moment before it is gone."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(0.2)
            return True
        return False

    def retire(self) -> None:
        with self._lock:
            self._retired = True
            last = self._busy == 0
        if last:
            self.kill()

    def kill(self) -> None:
        with self._lock:
            self._end()

    def _connect(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.settimeout(1.0)
            connection.connect(str(self._path))
        except OSError:
            connection.close()
            raise
        return connection

    def _ask(self, connection: socket.socket, request: Message, deadline: float) -> Message:
        # What waits for a session gives up before we do, and says so.
        left = deadline - time.monotonic()
        try:
            connection.settimeout(max(0.01, left))
            send(connection, {**request, "wait": max(0.0, left - min(0.5, left / 4))})
            answer = receive(connection, deadline)
            if answer is None:
                raise WireBroken("the connection ended")
        except BaseException:
            connection.close()
            raise
        self.answered, self.proven = time.monotonic(), True
        with self._lock:
            if self._end.alive:
                self._idle.append(connection)
            else:
                connection.close()
        return answer


def _end(process: subprocess.Popen[bytes], folder: Path, idle: list[socket.socket]) -> None:
    process.kill()  # works on a stopped one as well
    if process.stdin is not None:
        with contextlib.suppress(OSError):
            process.stdin.close()
    process.wait()
    while idle:
        idle.pop().close()
    shutil.rmtree(folder, ignore_errors=True)


def _version(path: Path) -> list[int] | None:
    """Tells one PIN file from the next without saying anything about the PIN."""
    try:
        found = path.stat()
    except OSError:
        return None
    return [found.st_mtime_ns, found.st_size, found.st_ino]


def _read(path: Path) -> object:
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
