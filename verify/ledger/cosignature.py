# SPDX-License-Identifier: Apache-2.0
"""Cosignatures: a witness of another body says which head it saw when, and that it extends all it saw before.

C2SP tlog-cosignature: signature type 0x04, ``u64 timestamp || Ed25519 signature`` over ``cosignature/v1``,
the time and the whole text of the checkpoint.  Its twin of ours signs the same message with SM2 (type 0xff,
identifier ``sm2-sm3-cosignature/v1``, DER).  A cosignature vouches for origin, size and SHA-256 root; for the
SM3 root only witnesses that say so — ours check that it grows as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ..trust import LogKey
from .errors import NoteNotTrusted, QuorumMissing
from .note import (
    NoteSignature,
    SignedNote,
    note_key_id,
    parse_checkpoint,
    signature_verifies,
)

COSIGNATURE_TYPES = {"ed25519": b"\x04", "sm2": b"\xffsm2-sm3-cosignature/v1"}
"""Type identifier for each ``LogKey.algorithm`` of a witness."""

AHEAD = timedelta(minutes=5)
"""How far the clock of a witness may be ahead of ours before its word does not count yet."""

_LATEST = 253_402_300_799  # the last second of the year 9999


@dataclass(frozen=True, slots=True)
class Cosignature:
    """A good cosignature: who, with what algorithm, and when (UTC, whole seconds)."""

    witness: str
    algorithm: str
    at: datetime
    line: NoteSignature


def witness_key_id(key: LogKey) -> bytes:
    """The note key id of a witness key; ``key.name`` is the name of the witness."""
    try:
        return note_key_id(key.name, COSIGNATURE_TYPES[key.algorithm], key.key)
    except KeyError:
        raise NoteNotTrusted(f"witness key algorithm {key.algorithm!r} is not known") from None


def cosignature_message(text: str, at: int) -> bytes:
    """What a witness signs: ``text`` is the text of the checkpoint, ``at`` seconds since 1970."""
    return f"cosignature/v1\ntime {at}\n{text}".encode()


def cosignature_line(key: LogKey, at: int, signature: bytes) -> NoteSignature:
    """The signature line that the holder of ``key`` adds to the note."""
    if not 0 < at <= _LATEST:
        raise NoteNotTrusted("a cosignature has a time")
    return NoteSignature(key.name, witness_key_id(key), at.to_bytes(8) + signature)


def cosignatures(note: SignedNote, witnesses: Sequence[LogKey]) -> tuple[Cosignature, ...]:
    """The cosignatures of listed keys, each key once: the newest.

    Unknown keys are ignored; a listed one whose signature fails refuses the note, as C2SP signed-note has it.
    The log cannot be its own witness.
    """
    origin = note.text.split("\n", 1)[0]
    known = [(key.name, witness_key_id(key), key) for key in witnesses if key.name != origin]
    found: dict[tuple[str, bytes], Cosignature] = {}
    for line in note.signatures:
        keys = [key for name, key_id, key in known if (name, key_id) == (line.name, line.key_id)]
        if not keys:
            continue
        at, signature = int.from_bytes(line.signature[:8]), line.signature[8:]
        message = cosignature_message(note.text, at)
        good = [key for key in keys if signature and signature_verifies(key, signature, message)]
        if not good or not 0 < at <= _LATEST:
            raise NoteNotTrusted(f"the cosignature of {line.name} does not verify", forged=True)
        one = Cosignature(line.name, good[0].algorithm, datetime.fromtimestamp(at, UTC), line)
        before = found.get((line.name, good[0].key))
        if before is None or one.at > before.at:
            found[line.name, good[0].key] = one
    return tuple(found.values())


def agreeing_witnesses(
    note: SignedNote, witnesses: Sequence[LogKey], *, at: datetime
) -> tuple[Cosignature, ...]:
    """The cosignatures that count at ``at``, sorted by name.

    A witness counts when it signed with every algorithm that is listed for it and its clock is not ahead of
    ours.  One key under two names is one witness: the message does not name who signs.
    """
    found = [one for one in cosignatures(note, witnesses) if one.at <= at + AHEAD]
    counted: list[Cosignature] = []
    used: set[bytes] = set()
    for name in sorted({one.witness for one in found}):
        listed = [key for key in witnesses if key.name == name]
        mine = [one for one in found if one.witness == name]
        if {key.algorithm for key in listed} - {one.algorithm for one in mine}:
            continue
        if used & {key.key for key in listed}:
            continue
        used |= {key.key for key in listed}
        counted += mine
    return tuple(counted)


def require_quorum(
    note: SignedNote, witnesses: Sequence[LogKey], quorum: int, *, at: datetime
) -> tuple[Cosignature, ...]:
    """The cosignatures that count, of at least ``quorum`` witnesses.

    Raises :class:`QuorumMissing`, and :class:`NoteNotTrusted` for a listed key whose signature fails.
    """
    found = agreeing_witnesses(note, witnesses, at=at)
    names = tuple(dict.fromkeys(one.witness for one in found))
    if len(names) < quorum:
        raise QuorumMissing(names, quorum)
    return found


def add_cosignatures(note: SignedNote, lines: Sequence[NoteSignature]) -> SignedNote:
    """The same note with more signature lines; a key that signed before is replaced by its newer line."""
    parse_checkpoint(note.text)
    fresh = {(line.name, line.key_id): line for line in lines}
    kept = [one for one in note.signatures if (one.name, one.key_id) not in fresh]
    return SignedNote(note.text, (*kept, *fresh.values()))
