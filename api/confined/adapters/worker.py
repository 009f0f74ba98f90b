# SPDX-License-Identifier: Apache-2.0
"""The other process: has everything loaded, and for each file makes a child that is bound, checks and ends.

One file, one child: what a hostile file breaks is gone with it, and the next file meets nothing of it.
Making a child costs milliseconds, loading the verifier a second.  This process itself never looks at a file.
"""

from __future__ import annotations

import contextlib
import gc
import io
import os
import pickle
import signal
import socket
import sys
from datetime import UTC, datetime

from keys import Digest, HashAlgorithm, KeyKind, digest, generate_key
from verify import Trust, Unreadable, certificate_report, check_file

from ..limits import confine
from ..parcels import (
    BROKEN,
    CHECK,
    ENDED,
    LARGEST_ANSWER,
    TRUST,
    UNREADABLE,
    VERDICT,
    Order,
    WireBroken,
    exactly,
    pack_report,
    receive,
    send,
)

MOST_TRUST = 1024 * 1024 * 1024
_NO_MEMORY = 3
"""How a child ends that wanted more memory than it may have."""
_LOADED_LATER = ("pikepdf", "pypdfium2", "zxingcpp", "PIL.Image", "PIL.PngImagePlugin", "PIL.JpegImagePlugin")


def work() -> int:
    """Serve one wire until the other side closes it."""
    _warm()
    wire = socket.socket(fileno=os.dup(0))
    trust = Trust()
    gc.collect()
    gc.freeze()
    try:
        while True:
            kind, content = receive(wire, MOST_TRUST)
            if kind == TRUST:
                trust = pickle.loads(content)  # noqa: S301 (from the service)
                _know(trust)
                gc.freeze()
            elif kind == CHECK and not _checked(wire, trust, pickle.loads(content)):  # noqa: S301
                return 0
    except (WireBroken, OSError):
        return 0


def _warm() -> None:
    """What would otherwise be done once in every child: libraries loaded, SM2 chosen by its self-test."""
    for name in _LOADED_LATER:
        with contextlib.suppress(ImportError):
            __import__(name)
    for kind in (KeyKind.SM2, KeyKind.P256):
        key = generate_key(kind)
        key.public_key.verify(key.sign(b"warm"), b"warm")
    with contextlib.suppress(Unreadable):
        check_file(b"%PDF-1.7 nothing", trust=Trust(), at=datetime.now(UTC))


def _know(trust: Trust) -> None:
    """Signatures of the authorities are verified here, once for all children."""
    for one in (*trust.anchors, *trust.intermediates):
        certificate_report(one, trust, datetime.now(UTC))


def _checked(wire: socket.socket, trust: Trust, order: Order) -> bool:
    """Have one file checked and the answer sent.  Says whether the wire can be used again."""
    if not hasattr(os, "fork"):  # Windows: only the waiting process keeps the time
        send(wire, *_answer(wire, trust, order))
        return True
    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(out)
        os._exit(_child(wire, into, trust, order))
    os.close(into)
    with os.fdopen(out, "rb") as pipe:
        told = pipe.read(LARGEST_ANSWER + 1)
    _, status = os.waitpid(child, 0)
    if status == 0 and told[:1] in (VERDICT, UNREADABLE):
        send(wire, told[:1], told[1:])
        return True
    limited = os.waitstatus_to_exitcode(status) in (_NO_MEMORY, -signal.SIGXCPU, -signal.SIGALRM)
    # How it ended is all there is to say; what it left unread on the wire makes the wire useless.
    send(wire, ENDED if limited else BROKEN, str(status).encode("ascii"))
    return False


def _child(wire: socket.socket, into: int, trust: Trust, order: Order) -> int:
    try:
        kind, content = _answer(wire, trust, order, alone=True)
        with os.fdopen(into, "wb") as pipe:
            pipe.write(kind + content)
    except MemoryError:
        return _NO_MEMORY
    except BaseException:
        return 1
    return 0


def _answer(wire: socket.socket, trust: Trust, order: Order, *, alone: bool = False) -> tuple[bytes, bytes]:
    """``alone``: this process ends with the answer, and gives up the wire before it looks at the file: who
    is taken over by a file must not write the answer about the next one."""
    data = exactly(wire, order.size)
    beside = None if order.beside is None else exactly(wire, order.beside)
    if alone:
        wire.close()
        os.close(0)
    confine(order.limits)

    def about(algorithm: HashAlgorithm) -> Digest:
        return digest(algorithm, beside or b"")

    try:
        report = check_file(
            data,
            trust=trust,
            at=order.at,
            name=order.name,
            content=None if beside is None else about,
            codes=order.codes,
        )
    except Unreadable as error:
        return UNREADABLE, str(error).encode("utf-8", "backslashreplace")
    return VERDICT, pack_report(report)


if __name__ == "__main__":
    sys.stdout = sys.stderr = io.StringIO()  # libraries that talk have nobody to talk to
    sys.exit(work())
