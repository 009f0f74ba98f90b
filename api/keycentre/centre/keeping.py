# SPDX-License-Identifier: Apache-2.0
"""Escrowed keys: made, kept under the storage key, and given out as envelopes only.

The wrapped key is AES-256-GCM with key id, reference, public key and bound signing key as associated data: a
row that was edited, or a wrapped key that was put into another row, does not open.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeAlias

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, Row, insert, select, update

from keys import KeyKind, KeysError, PublicKey, SoftwareKey, envelope_key, generate_key, parse_private_key
from keys import parse_public_key as parse_key
from verify import canonical_json

from ..errors import KeyCentreDamaged, KeyCentreRefused
from ..wire import to_text
from . import tables
from .stored import bytes_or_none, stored_bytes

STORAGE_KEY_SIZE: Final = 32
_NONCE: Final = 12
Step: TypeAlias = Callable[[str], None]


def no_step(_name: str) -> None:
    """Called between any two steps of an act; tests end the process there."""


@dataclass(frozen=True, slots=True)
class Keeping:
    """The keys of one centre."""

    storage_key: bytes = field(repr=False)
    clock: Callable[[], datetime]
    random: Callable[[int], bytes] = field(repr=False)
    step: Step = no_step

    def make(self, connection: Connection, reference: str, bound: bytes | None) -> tuple[str, bytes]:
        """Key id and public key; the same for the same reference."""
        if bound is not None:
            _recipient(bound)
        row = connection.execute(
            select(tables.keys).where(tables.keys.c.reference == reference)
        ).one_or_none()
        if row is not None:
            self._open(row)  # what does not open is not handed out as a key that one could certify
            if bound is not None and bound != bytes_or_none(row.bound):
                raise KeyCentreRefused("holder-differs")
            return str(row.key_id), stored_bytes(row.spki)
        key = generate_key(KeyKind.SM2, random=self.random)
        self.step("make:generated")
        key_id, spki = self.random(16).hex(), key.public_key.spki
        connection.execute(
            insert(tables.keys).values(
                key_id=key_id,
                reference=reference,
                spki=spki,
                bound=bound,
                wrapped=self._wrap(key, _context(key_id, reference, spki, bound)),
                made_at=self.clock(),
            )
        )
        self.step("make:stored")
        return key_id, spki

    def deliver(self, connection: Connection, key_id: str, to: bytes) -> bytes:
        """The envelope of the first delivery; the same bytes whenever it is asked for again."""
        row = _row(connection, key_id)
        recipient = _recipient(to)
        bound = bytes_or_none(row.bound)
        if bound is not None and bound != to:
            raise KeyCentreRefused("delivery-needs-recovery")
        key = self._open(row)
        if row.envelope is not None and bound is not None:
            return stored_bytes(row.envelope)
        envelope = envelope_key(key, recipient, random=self.random).encode()
        self.step("deliver:enveloped")
        values: dict[str, Any] = {"envelope": envelope, "delivered_at": self.clock()}
        if bound is None:  # from now on it is this holder's key, and the wrapped key says so too
            context = _context(key_id, row.reference, stored_bytes(row.spki), to)
            values.update(bound=to, wrapped=self._wrap(key, context))
        connection.execute(update(tables.keys).where(tables.keys.c.key_id == key_id).values(values))
        self.step("deliver:stored")
        return envelope

    def recovered(self, connection: Connection, key_id: str, recipient: bytes) -> bytes:
        """A new envelope for somebody else; whoever calls has judged the request."""
        to = _recipient(recipient)
        return envelope_key(self._open(_row(connection, key_id)), to, random=self.random).encode()

    def require_key(self, connection: Connection, key_id: str) -> None:
        """Raises :class:`KeyCentreRefused`."""
        _row(connection, key_id)

    def _wrap(self, key: SoftwareKey, context: bytes) -> bytes:
        nonce = self.random(_NONCE)
        return nonce + AESGCM(self.storage_key).encrypt(nonce, key.pkcs8(), context)

    def _open(self, row: Row[Any]) -> SoftwareKey:
        wrapped, spki = stored_bytes(row.wrapped), stored_bytes(row.spki)
        context = _context(row.key_id, row.reference, spki, bytes_or_none(row.bound))
        try:
            plain = AESGCM(self.storage_key).decrypt(wrapped[:_NONCE], wrapped[_NONCE:], context)
            key = parse_private_key(plain)
        except (InvalidTag, ValueError, KeysError):
            raise KeyCentreDamaged(f"the row of key {row.key_id} does not open") from None
        if key.public_key.spki != spki:
            raise KeyCentreDamaged(f"the row of key {row.key_id} holds another key")
        return key


def _row(connection: Connection, key_id: str) -> Row[Any]:
    row = connection.execute(select(tables.keys).where(tables.keys.c.key_id == key_id)).one_or_none()
    if row is None:
        raise KeyCentreRefused("key-unknown")
    return row


def _recipient(spki: bytes) -> PublicKey:
    try:
        key = parse_key(spki)
    except KeysError:
        raise KeyCentreRefused("recipient-unsuitable") from None
    if key.kind is not KeyKind.SM2:
        raise KeyCentreRefused("recipient-unsuitable")
    return key


def _context(key_id: str, reference: str, spki: bytes, bound: bytes | None) -> bytes:
    return canonical_json(
        {
            "format": "yinxin-escrowed-key/1",
            "key_id": key_id,
            "reference": reference,
            "spki": to_text(spki),
            "bound": None if bound is None else to_text(bound),
        }
    )
