# SPDX-License-Identifier: Apache-2.0
"""The key centre as the service sees it: signed questions, answers believed only with the centre's signature.

Every verb may be repeated: the same reference is the same key, the same request the same envelope. So a
connection that broke is asked again with a fresh request, until the patience ends.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from keys import KeysError, PublicKey, Signer, parse_public_key
from verify import Json, canonical_json

from ..certificates import EscrowedKey
from .errors import ConnectionBroken, KeyCentreRefused, KeyCentreUnavailable, WireMalformed
from .history import FORMAT, Head
from .model import CentreStatus, KnownAgent
from .requests import Approval
from .wire import Answer, Fields, Request, open_answer, seal_request, to_text

PATIENCE: Final = 10.0
"""Seconds in which a centre that just died may come back."""
_PAUSE: Final = 0.1
_KEY = 1024
_ENVELOPE = 4096


class Link(Protocol):
    """Carries one payload there and one back."""

    def exchange(self, payload: bytes) -> bytes:
        """Raises :class:`KeyCentreUnavailable`, and :class:`ConnectionBroken` when asking again may help."""


@dataclass(frozen=True, slots=True)
class CentreAccess:
    """How the service reaches its centre and knows it."""

    link: Link
    signer: Signer
    centre: PublicKey
    clock: Callable[[], datetime]
    random: Callable[[int], bytes]
    patience: float = PATIENCE
    start: Callable[[], None] | None = None
    """Called when nobody answers: an embedded centre is started by it."""


class RemoteKeyCentre:
    """Implements the certificate service's port ``KeyCentre``.  Safe to share between threads."""

    def __init__(self, access: CentreAccess) -> None:
        self._access = access
        self._lock = threading.Lock()
        self._head = Head()

    def make_key(self, reference: str, to: PublicKey | None = None) -> EscrowedKey:
        """The encryption key of this reference, made when there is none.

        ``to``: the holder's signing key, the only one that it will be delivered to without a recovery.
        Raises :class:`KeyCentreUnavailable` or :class:`KeyCentreRefused`.
        """
        bound = None if to is None else to_text(to.spki)
        fields = self._ask("make_key", {"reference": reference, "to": bound})
        return _escrowed(fields)

    def deliver(self, key_id: str, to: PublicKey) -> bytes:
        """DER SM2EnvelopedKey for the holder's signing key.  Raises as :meth:`make_key`."""
        return _envelope(self._ask("deliver", {"key_id": key_id, "to": to_text(to.spki)}))

    def recover(
        self,
        key_id: str,
        request: bytes,
        *,
        approvals: Sequence[Approval],
        proof: bytes,
        consistency: Sequence[bytes],
    ) -> bytes:
        """DER SM2EnvelopedKey for the recipient of an approved request that is in the public log."""
        told: list[Json] = [{"agent": one.agent, "signature": to_text(one.signature)} for one in approvals]
        steps: list[Json] = [to_text(step) for step in consistency]
        body: dict[str, Json] = {
            "key_id": key_id,
            "request": to_text(request),
            "approvals": told,
            "proof": to_text(proof),
            "consistency": steps,
        }
        return _envelope(self._ask("recover", body))

    def witness(self, note: str, consistency: Sequence[bytes]) -> int:
        """Show the centre a head of the public log that extends the one it saw; its size.

        Asked once, without patience: this is for idle moments.
        """
        steps: list[Json] = [to_text(step) for step in consistency]
        fields, _ = self._answered("witness", {"note": note, "consistency": steps}, patience=0.0)
        return fields.number("size")

    def status(self, *, patience: float | None = None) -> CentreStatus:
        """Agents, and what the centre has seen of the log."""
        fields, head = self._answered("status", {}, patience=patience)
        needed = fields.number("needed", most=1000)
        agents = tuple(_agent(one) for one in fields.items("agents", most=1000))
        log = fields.members("log")
        size = 0 if log is None else Fields(log).number("size")
        return CentreStatus(needed, agents, size, head)

    def head(self) -> Head:
        """The newest head of the history that an answer carried."""
        with self._lock:
            return self._head

    def history(self) -> bytes:
        """The file ``yinxin-key-recoveries/1`` with every recovery there was."""
        links: list[Json] = []
        while True:
            fields, head = self._answered("history", {"start": len(links)})
            page, signature = fields.items("links", most=10**6), fields.text("signature", most=1400)
            links.extend(page)
            if len(links) >= head.size or not page:
                break
        return canonical_json(
            {
                "format": FORMAT,
                "links": links,
                "head": {"size": head.size, "sha256": head.sha256},
                "signature": signature,
            }
        )

    def _ask(self, verb: str, body: Mapping[str, Json]) -> Fields:
        return self._answered(verb, body)[0]

    def _answered(
        self, verb: str, body: Mapping[str, Json], *, patience: float | None = None
    ) -> tuple[Fields, Head]:
        deadline = time.monotonic() + (self._access.patience if patience is None else patience)
        known = self.head()
        while True:
            try:
                answer = self._once(verb, body)
                break
            except ConnectionBroken:
                if time.monotonic() + _PAUSE >= deadline:
                    raise
                if self._access.start is not None:
                    self._access.start()
                time.sleep(_PAUSE)
        head = Head(answer.head_size, answer.head_sha256)
        self._require_grown(known, head)
        if answer.result is None:
            raise KeyCentreRefused(answer.refused or "centre-failed")
        return Fields(dict(answer.result)), head

    def _once(self, verb: str, body: Mapping[str, Json]) -> Answer:
        access = self._access
        request = Request(access.random(16).hex(), access.clock(), verb, body)
        try:
            payload = seal_request(request, access.signer)
        except WireMalformed:
            raise KeyCentreRefused("request-malformed") from None
        try:
            return open_answer(access.link.exchange(payload), access.centre, request=payload)
        except WireMalformed as error:
            raise KeyCentreUnavailable("the answer cannot be read") from error

    def _require_grown(self, known: Head, head: Head) -> None:
        """A history never gets shorter than it was before the question, nor becomes another one."""
        with self._lock:
            if head.size < known.size or (head.size == self._head.size and head != self._head):
                raise KeyCentreRefused("history-lost")
            if head.size > self._head.size:
                self._head = head


def _escrowed(fields: Fields) -> EscrowedKey:
    try:
        key_id, spki = fields.hexadecimal("key_id", size=16), fields.data("spki", most=_KEY)
        parse_public_key(spki)
    except (WireMalformed, KeysError) as error:
        raise KeyCentreUnavailable("the answer cannot be read") from error
    return EscrowedKey(key_id, spki)


def _envelope(fields: Fields) -> bytes:
    try:
        return fields.data("envelope", most=_ENVELOPE)
    except WireMalformed as error:
        raise KeyCentreUnavailable("the answer cannot be read") from error


def _agent(value: Json) -> KnownAgent:
    fields = Fields(value)
    return KnownAgent(fields.text("name", most=64), parse_public_key(fields.data("spki", most=_KEY)))
