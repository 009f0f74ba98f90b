# SPDX-License-Identifier: Apache-2.0
"""The process that holds a PKCS#11 token: ``python -m keys.adapters.token_process``.

A vendor's library may hang, crash or keep dead sessions; here it can do so without the service, which kills
this process and starts another. The PIN is read from a file and tried once: a token locks after a few tries.
Answers are kept by the id of their request, so that a lost answer is fetched and not signed again.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import secrets
import socket
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from ..algorithms import CURVE_OIDS, RSA_BITS, RSA_OID, KeyKind
from ..algorithms import EC_PUBLIC_KEY_OID as EC_OID
from ..der import bits, integer, null, oid, read_only, sequence
from ..errors import DerMalformed, KeysError
from .token_library import LibraryFailed, load
from .token_wire import Message, WireBroken, octets, receive, send, text

NO_LIBRARY, NO_MODULE, NO_TOKEN, PIN_REFUSED, NO_PIN_FILE, FAILED = 10, 11, 12, 13, 15, 16
"""Exit codes, each one reason why there is no token."""
SESSIONS: Final = 8
_KEPT: Final = 4096
_LARGEST_PIN: Final = 255
_SIZES: Final = {kind: size for size, kind in RSA_BITS.items()}


class Refused(KeysError):
    """An answer that is no; ``code`` is for the other end.  Never leaves this process as an exception."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(detail or code)
        self.code, self.detail = code, detail


class Sessions:
    """Sessions of one login, opened when they are needed, as many as the token allows."""

    def __init__(self, token: Any, first: Any, most: int) -> None:
        self._token, self._most = token, most
        self._idle, self._opened = [first], 1
        self._changed = threading.Condition()

    @contextlib.contextmanager
    def one(self, deadline: float) -> Iterator[Any]:
        """A session of one's own.  Raises :class:`Refused` (busy) when none became free in time."""
        session = self._take(deadline)
        try:
            yield session
        finally:
            with self._changed:
                self._idle.append(session)
                self._changed.notify()

    def _take(self, deadline: float) -> Any:
        import pkcs11

        with self._changed:
            while not self._idle:
                if self._opened < self._most:
                    try:
                        session = self._token.open(rw=True)
                    except pkcs11.exceptions.SessionCount:
                        self._most = self._opened  # the token's own limit
                        continue
                    self._opened += 1
                    return session
                if not self._changed.wait(deadline - time.monotonic()) and time.monotonic() >= deadline:
                    raise Refused("busy", f"all {self._most} sessions of the token were in use")
            return self._idle.pop()


class Token:
    """What the token is asked for."""

    def __init__(self, sessions: Sessions, slot: Any) -> None:
        self._sessions, self._slot = sessions, slot
        self._creating = threading.Lock()

    def sign(self, label: str, mechanism: str, data: bytes, deadline: float) -> bytes:
        """RSA: the octets of PKCS #1; ECDSA: r and s, each as long as the order, as tokens have it."""
        from pkcs11 import MGF, Mechanism, ObjectClass

        chosen = {
            "rsa": (Mechanism.RSA_PKCS, None),
            "pss-sha256": (Mechanism.RSA_PKCS_PSS, (Mechanism.SHA256, MGF.SHA256, 32)),
            "ecdsa": (Mechanism.ECDSA, None),
        }.get(mechanism)
        if chosen is None:
            raise Refused("unsupported", f"no mechanism {mechanism!r}")
        with self._sessions.one(deadline) as session:
            key = _found(session, label, ObjectClass.PRIVATE_KEY)
            return bytes(key.sign(data, mechanism=chosen[0], mechanism_param=chosen[1]))

    def public(self, label: str, deadline: float) -> bytes:
        """The SubjectPublicKeyInfo of a key."""
        from pkcs11 import ObjectClass

        with self._sessions.one(deadline) as session:
            return _spki(_found(session, label, ObjectClass.PUBLIC_KEY))

    def labels(self, deadline: float) -> list[str]:
        """The labels of all private keys."""
        from pkcs11 import Attribute, ObjectClass

        with self._sessions.one(deadline) as session:
            found = session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY})
            return sorted({str(one.label) for one in found})

    def create(self, label: str, kind: KeyKind, deadline: float) -> bytes:
        """A key that stays: sensitive, not extractable, for signatures alone."""
        from pkcs11 import Attribute, KeyType, MechanismFlag, ObjectClass

        options: dict[str, Any] = {
            "id": secrets.token_bytes(16),
            "label": label,
            "store": True,
            "capabilities": MechanismFlag.SIGN | MechanismFlag.VERIFY,
            "private_template": {
                Attribute.SENSITIVE: True,
                Attribute.EXTRACTABLE: False,
                Attribute.PRIVATE: True,
            },
        }
        with self._creating, self._sessions.one(deadline) as session:
            if list(session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.LABEL: label})):
                raise Refused("label-taken")
            if kind in _SIZES:
                public, _ = session.generate_keypair(KeyType.RSA, _SIZES[kind], **options)
            else:
                curve = {Attribute.EC_PARAMS: oid(CURVE_OIDS[kind])}
                parameters = session.create_domain_parameters(KeyType.EC, curve, local=True)
                public, _ = parameters.generate_keypair(**options)
            return _spki(public)

    def destroy(self, label: str, deadline: float) -> int:
        """Every object under the label; how many there were."""
        from pkcs11 import Attribute, ObjectClass

        with self._creating, self._sessions.one(deadline) as session:
            number = 0
            for kind in (ObjectClass.PRIVATE_KEY, ObjectClass.PUBLIC_KEY):
                for found in list(session.get_objects({Attribute.CLASS: kind, Attribute.LABEL: label})):
                    found.destroy()
                    number += 1
        if not number:
            raise Refused("no-such-key")
        return number

    def health(self, deadline: float) -> dict[str, str]:
        """Asks the token itself: its slot, and a search in a session."""
        from pkcs11 import Attribute, ObjectClass

        with self._sessions.one(deadline) as session:
            token = self._slot.get_token()
            search = {Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.LABEL: "no such label"}
            list(session.get_objects(search))
        return {
            "label": str(token.label),
            "maker": str(token.manufacturer_id),
            "model": str(token.model),
            "serial": token.serial.decode("ascii", "replace").strip(),
        }


class Answers:
    """Does each request once, and remembers the answer of the newest few thousand."""

    def __init__(self, answer: Callable[[Message], Message]) -> None:
        self._answer = answer
        self._lock = threading.Lock()
        self._known: OrderedDict[str, tuple[threading.Event, Message]] = OrderedDict()

    def to(self, request: Message) -> Message:
        """The answer, made now or before."""
        name = str(request.get("id"))
        with self._lock:
            done, answer = self._known.get(name, (None, {}))
            if done is None:
                mine = threading.Event()
                self._known[name] = (mine, answer)
                while len(self._known) > _KEPT:
                    self._known.popitem(last=False)
        if done is not None:
            done.wait()
            return answer
        try:
            answer.update(self._answer(request))
        finally:
            mine.set()
        return answer


def answer_with(token: Token, instance: str) -> Callable[[Message], Message]:
    """Answers one request, whatever it holds."""
    import pkcs11

    def answer(request: Message) -> Message:
        try:
            return {"ok": _do(token, request), "instance": instance}
        except Refused as refused:
            code, detail = refused.code, refused.detail
        except (WireBroken, KeyError, TypeError, ValueError) as error:
            code, detail = "malformed", type(error).__name__
        except pkcs11.exceptions.PKCS11Error as error:
            code, detail = "token", type(error).__name__
        return {"error": code, "detail": detail, "instance": instance}

    return answer


def _do(token: Token, request: Message) -> object:
    deadline = time.monotonic() + float(request["wait"])
    match request["op"]:
        case "sign":
            data = octets(request["data"])
            return text(token.sign(str(request["label"]), str(request["mechanism"]), data, deadline))
        case "public":
            return text(token.public(str(request["label"]), deadline))
        case "labels":
            return token.labels(deadline)
        case "create":
            return text(token.create(str(request["label"]), KeyKind(request["kind"]), deadline))
        case "destroy":
            return token.destroy(str(request["label"]), deadline)
        case "health":
            return token.health(deadline)
    raise Refused("unsupported", "no such request")


def _found(session: Any, label: str, kind: Any) -> Any:
    import pkcs11

    try:
        return session.get_key(label=label, object_class=kind)
    except pkcs11.exceptions.NoSuchKey:
        raise Refused("no-such-key") from None
    except pkcs11.exceptions.MultipleObjectsReturned:
        raise Refused("ambiguous", "several keys on the token have this label") from None


def _spki(key: Any) -> bytes:
    from pkcs11 import Attribute, KeyType

    if key.key_type == KeyType.RSA:
        numbers = (int.from_bytes(key[one]) for one in (Attribute.MODULUS, Attribute.PUBLIC_EXPONENT))
        return sequence(sequence(oid(RSA_OID), null()), bits(sequence(*map(integer, numbers))))
    if key.key_type != KeyType.EC:
        raise Refused("unsupported", "neither RSA nor elliptic curve")
    try:
        point = read_only(key[Attribute.EC_POINT]).content
    except DerMalformed:
        point = key[Attribute.EC_POINT]  # some tokens leave the OCTET STRING away
    return sequence(sequence(oid(EC_OID), key[Attribute.EC_PARAMS]), bits(point))


def open_token(module: str, label: str, pin_file: Path, most: int) -> Token:
    """Log in, once.  Leaves this process with the exit code of the reason when that does not work."""
    try:
        import pkcs11
    except ImportError:
        sys.exit(NO_LIBRARY)
    try:
        pin = pin_file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        sys.exit(NO_PIN_FILE)
    if not 1 <= len(pin) <= _LARGEST_PIN:
        sys.exit(NO_PIN_FILE)
    wrong = pkcs11.exceptions
    if not Path(module).is_file():
        sys.exit(NO_MODULE)
    try:
        library, threads = load(module)
    except LibraryFailed:
        sys.exit(FAILED)
    except (RuntimeError, OSError, AttributeError, ValueError):  # no library, or none of PKCS#11
        sys.exit(NO_MODULE)
    try:
        token = library.get_token(token_label=label)
        first = token.open(rw=True, user_pin=pin)
    except (wrong.NoSuchToken, wrong.MultipleTokensReturned, wrong.TokenNotPresent):
        sys.exit(NO_TOKEN)
    except (wrong.PinIncorrect, wrong.PinInvalid, wrong.PinLenRange, wrong.PinLocked, wrong.PinExpired):
        sys.exit(PIN_REFUSED)
    except wrong.PKCS11Error:
        sys.exit(FAILED)
    # One session, one thread at a time, for a library that cannot lock.
    return Token(Sessions(token, first, most if threads else 1), token.slot)


def serve(listener: socket.socket, answers: Answers) -> None:
    """A thread for each connection, for ever."""
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=_converse, args=(connection, answers), daemon=True).start()


def _converse(connection: socket.socket, answers: Answers) -> None:
    with connection, contextlib.suppress(OSError, WireBroken):
        while (request := receive(connection)) is not None:
            send(connection, answers.to(request))


def end_with_parent() -> None:
    """Leave when the other end of standard input is closed, whatever became of our parent."""

    def wait() -> None:
        while os.read(0, 1024):
            pass
        os._exit(0)

    threading.Thread(target=wait, name="parent", daemon=True).start()


def main(arguments: Sequence[str] | None = None) -> None:
    """Names of files come in, nothing secret."""
    parser = argparse.ArgumentParser(prog="python -m keys.adapters.token_process")
    for name in ("--module", "--token", "--pin-file", "--socket"):
        parser.add_argument(name, required=True)
    parser.add_argument("--sessions", type=int, default=SESSIONS)
    given = parser.parse_args(arguments)
    end_with_parent()
    token = open_token(given.module, given.token, Path(given.pin_file), given.sessions)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        os.umask(0o177)
        listener.bind(given.socket)
        listener.listen(128)
        serve(listener, Answers(answer_with(token, secrets.token_hex(8))))


if __name__ == "__main__":
    main()
