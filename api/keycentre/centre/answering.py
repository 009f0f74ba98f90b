# SPDX-License-Identifier: Apache-2.0
"""One request after the other: authentic, fresh, spent, obeyed — and answered with the centre's signature.

The id is spent in the transaction of the act and stays spent when the act is refused.  An error of ours is
answered by a code alone.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, insert, select

from keys import PublicKey, Signer
from verify import Checkpoint, Json

from ...database import Database
from ..errors import KeyCentreDamaged, KeyCentreRefused, WireMalformed
from ..history import Head, head_statement
from ..requests import LARGEST, MOST_APPROVALS, Approval
from ..wire import Answer, Fields, Request, from_text, open_request, seal_answer, to_text
from . import tables
from .agents import Agents
from .anchor import Anchor, stored_links
from .founding import require_store
from .keeping import Keeping, Step, no_step
from .log import LogWatch
from .ports import HeadKeeper
from .recovering import Asked, Recovering

WINDOW: Final = timedelta(seconds=60)
"""How far a request's time may be from now."""
PAGE: Final = 1000
_KEY = 1024
_PROOF = 256 * 1024
_NOTE = 64 * 1024
_log = logging.getLogger("yinxin.keycentre")


@dataclass(frozen=True, slots=True)
class CentreMeans:
    """What a centre works with."""

    database: Database
    signer: Signer
    storage_key: bytes = field(repr=False)
    anchor_secret: bytes = field(repr=False)
    client: PublicKey
    agents: Agents
    log: LogWatch
    heads: HeadKeeper
    clock: Callable[[], datetime]
    random: Callable[[int], bytes] = field(repr=False)
    step: Step = no_step


class Centre:
    """Answers requests.  Refuses to start (:class:`KeyCentreDamaged`) over a history that lost its end."""

    def __init__(self, means: CentreMeans) -> None:
        self._means = means
        self._turn = threading.Lock()
        self._keeping = Keeping(means.storage_key, means.clock, means.random, means.step)
        self._recovering = Recovering(self._keeping, means.agents, means.log, means.clock, means.step)
        self._anchor = Anchor(means.heads, means.anchor_secret, means.log)
        require_store(means.database)
        with means.database.read() as connection:
            self._head = self._anchor.require(connection)
            self._seen = means.log.seen(connection)
        self._anchor.keep(self._head, self._seen)  # it may be one act behind

    def answer(self, payload: bytes) -> bytes:
        """The signed answer to any bytes."""
        result: Mapping[str, Json] | None = None
        refused: str | None = None
        with self._turn:
            try:
                result = self._obey(open_request(payload, self._means.client))
            except KeyCentreRefused as error:
                refused = error.code
            except WireMalformed:
                refused = "request-malformed"
            except KeyCentreDamaged as error:
                refused = "centre-damaged"
                _log.error("the key centre's store is damaged", exc_info=error)
            except Exception as error:
                # Nobody learns more than that; the transaction is gone, and the next question may do better.
                refused = "centre-failed"
                _log.error("the key centre failed", exc_info=error)
            if refused is not None:
                _log.warning("refused", extra={"code": refused})
            made = Answer(
                request_sha256=hashlib.sha256(payload).hexdigest(),
                result=result,
                refused=refused,
                head_size=self._head.size,
                head_sha256=self._head.sha256,
            )
            return seal_answer(made, self._means.signer)

    def _obey(self, request: Request) -> Mapping[str, Json]:
        means = self._means
        now = means.clock()
        if abs(request.at - now) > WINDOW:
            raise KeyCentreRefused("request-stale")
        act = _VERBS.get(request.verb)
        refusal: KeyCentreRefused | WireMalformed | None = None
        result: Mapping[str, Json] = {}
        head, seen = self._head, self._seen
        with means.database.write() as connection:
            _spend(connection, request, now)
            means.step(f"{request.verb}:spent")
            inner = connection.begin_nested()
            try:
                if act is None:
                    raise KeyCentreRefused("verb-unknown")
                result, head = act(self, connection, Fields(dict(request.body)))
                seen = means.log.seen(connection)
                inner.commit()
            except (KeyCentreRefused, WireMalformed) as error:
                inner.rollback()
                refusal = error
        if refusal is not None:
            raise refusal
        means.step(f"{request.verb}:committed")
        if (head, seen) != (self._head, self._seen):
            self._head, self._seen = head, seen
            self._anchor.keep(head, seen)
            means.step(f"{request.verb}:kept")
        return result

    # Verbs: each takes all of its fields before it does anything.

    def _make_key(self, connection: Connection, fields: Fields) -> tuple[Mapping[str, Json], Head]:
        reference = fields.text("reference")
        bound = fields.data_or_none("to", most=_KEY)
        fields.end()
        if not reference.isascii() or not reference.isprintable():
            raise KeyCentreRefused("reference-malformed")
        key_id, spki = self._keeping.make(connection, reference, bound)
        return {"key_id": key_id, "spki": to_text(spki)}, self._head

    def _deliver(self, connection: Connection, fields: Fields) -> tuple[Mapping[str, Json], Head]:
        key_id, to = fields.hexadecimal("key_id", size=16), fields.data("to", most=_KEY)
        fields.end()
        return {"envelope": to_text(self._keeping.deliver(connection, key_id, to))}, self._head

    def _recover(self, connection: Connection, fields: Fields) -> tuple[Mapping[str, Json], Head]:
        asked = Asked(
            key_id=fields.hexadecimal("key_id", size=16),
            request=fields.data("request", most=LARGEST),
            approvals=tuple(_approval(one) for one in fields.items("approvals", most=MOST_APPROVALS)),
            proof=fields.data("proof", most=_PROOF),
            consistency=tuple(_hash(one) for one in fields.items("consistency", most=128)),
        )
        fields.end()
        envelope, head = self._recovering.recover(connection, asked, self._head)
        return {"envelope": to_text(envelope)}, head

    def _witness(self, connection: Connection, fields: Fields) -> tuple[Mapping[str, Json], Head]:
        note = fields.text("note", most=_NOTE)
        consistency = tuple(_hash(one) for one in fields.items("consistency", most=128))
        fields.end()
        head = self._means.log.witness(connection, note, consistency)
        return {"size": head.size}, self._head

    def _status(self, _connection: Connection, fields: Fields) -> tuple[Mapping[str, Json], Head]:
        fields.end()
        agents = self._means.agents
        known: list[Json] = [{"name": one.name, "spki": to_text(one.public_key.spki)} for one in agents.known]
        seen = self._seen
        log: Json = None if seen is None else _checkpoint(seen)
        return {"needed": agents.needed, "agents": known, "log": log}, self._head

    def _history(self, connection: Connection, fields: Fields) -> tuple[Mapping[str, Json], Head]:
        start = fields.number("start", most=2**31)
        fields.end()
        links: list[Json] = [to_text(one) for one in stored_links(connection, start, PAGE)]
        signature = self._means.signer.sign(head_statement(self._head))
        return {"links": links, "signature": to_text(signature)}, self._head


_VERBS: Mapping[str, Callable[[Centre, Connection, Fields], tuple[Mapping[str, Json], Head]]] = {
    "make_key": Centre._make_key,
    "deliver": Centre._deliver,
    "recover": Centre._recover,
    "witness": Centre._witness,
    "status": Centre._status,
    "history": Centre._history,
}


def _spend(connection: Connection, request: Request, now: datetime) -> None:
    """An id is good for one request; ids outside the window cannot come again and are forgotten."""
    spent = tables.spent
    connection.execute(delete(spent).where(spent.c.at < now - 2 * WINDOW))
    if connection.execute(select(spent.c.id).where(spent.c.id == request.id)).one_or_none() is not None:
        raise KeyCentreRefused("request-replayed")
    connection.execute(insert(spent).values(id=request.id, at=request.at))


def _approval(value: Json) -> Approval:
    fields = Fields(value)
    made = Approval(fields.text("agent", most=64), fields.data("signature", most=_KEY))
    fields.end()
    return made


def _hash(value: Json) -> bytes:
    if not isinstance(value, str):
        raise WireMalformed("consistency: base64 texts")
    return from_text(value, most=32)


def _checkpoint(seen: Checkpoint) -> Json:
    return {"size": seen.size, "root": seen.root.hex()}
