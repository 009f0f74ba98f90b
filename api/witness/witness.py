# SPDX-License-Identifier: Apache-2.0
"""What a witness does with a head: who signed it, what it extends; keep it, sign it (C2SP tlog-witness).

The SM2 cosignature also says that the SM3 tree grew.  Where nobody shows the SM3 tree — the standard request
has no place for it — it is not given, and the Ed25519 one says what it says everywhere.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from keys import Signer
from verify import (
    SHA256_TREE,
    SM3_TREE,
    Checkpoint,
    Fetch,
    LedgerError,
    LogContradicted,
    LogKey,
    NoteSignature,
    SignedNote,
    TileMissing,
    TileReader,
    TreeHash,
    WitnessSubmission,
    add_cosignatures,
    cosignature_line,
    cosignature_message,
    log_key_id,
    parse_checkpoint,
    parse_note,
    require_growth,
    verified_by,
)

from .errors import HeadRefused, LogUnknown, OldSizeWrong, WitnessDamaged


class Keeper(Protocol):
    """What a witness keeps between two looks; see :class:`WitnessFolder`."""

    def kept(self, origin: str) -> str | None: ...
    def keep(self, origin: str, note: str) -> None: ...
    def refuse(self, origin: str, note: str) -> Path: ...


@dataclass(frozen=True, slots=True)
class WitnessKeys:
    """The name of the witness and its two keys."""

    name: str
    ed25519: Ed25519PrivateKey = field(repr=False)
    sm2: Signer = field(repr=False)

    def public(self) -> tuple[LogKey, LogKey]:
        """Ed25519, SM2."""
        return (
            LogKey(self.name, "ed25519", self.ed25519.public_key().public_bytes_raw()),
            LogKey(self.name, "sm2", self.sm2.public_key.spki),
        )


@dataclass(frozen=True, slots=True)
class Seen:
    """A head that was cosigned: the whole note, and the lines of this witness alone."""

    checkpoint: Checkpoint
    note: SignedNote
    lines: tuple[NoteSignature, ...]


class Witness:
    """Watches some logs.  The caller sees to it that it is alone with its :class:`Keeper`."""

    def __init__(
        self, keys: WitnessKeys, logs: Sequence[LogKey], keeper: Keeper, *, clock: Callable[[], datetime]
    ) -> None:
        self.keys, self._logs, self._keeper, self._clock = keys, tuple(logs), keeper, clock

    def look(self, fetch: Fetch) -> Seen:
        """Cosign the newest head of a log that is served as files, if its tiles lead to it from the last one.

        Raises :class:`LogUnknown`, :class:`HeadRefused`, :class:`WitnessDamaged`, and what ``fetch`` raises.
        """
        note, shown = self._known(fetch("checkpoint"))
        kept = self._kept(shown.origin)
        try:
            paths = [_path(fetch, tree, kept, shown) for tree in (SHA256_TREE, SM3_TREE)]
            require_growth(kept, shown, paths[0], paths[1])
        except TileMissing:
            raise  # says nothing about the log yet
        except LedgerError as error:
            raise self._refused(shown.origin, note, error) from error
        return self._cosign(note, shown, sm3=shown.sm3_root is not None)

    def answer(self, sent: WitnessSubmission, fetch: Fetch | None = None) -> Seen:
        """Cosign a head that the log sent (add-checkpoint); ``fetch`` reads its SM3 tiles, where known.

        Raises :class:`LogUnknown`, :class:`OldSizeWrong`, :class:`HeadRefused`, :class:`WitnessDamaged`.
        """
        note, shown = self._known(sent.note)
        kept = self._kept(shown.origin)
        size = 0 if kept is None else kept.size
        if sent.old > shown.size:
            raise HeadRefused("所报大小大于检查点", "the old size is larger than the checkpoint")
        if sent.old != size:
            raise OldSizeWrong(size)
        try:
            if not size and sent.proof:
                raise LogContradicted("多余的证明", "a proof from nothing is empty")
            sm3 = None
            if fetch is not None and shown.sm3_root is not None:
                with contextlib.suppress(TileMissing):
                    sm3 = _path(fetch, SM3_TREE, kept, shown)
            require_growth(kept, shown, sent.proof, sm3)
        except LedgerError as error:
            raise self._refused(shown.origin, note, error) from error
        return self._cosign(note, shown, sm3=sm3 is not None)

    def _known(self, note: str | bytes) -> tuple[SignedNote, Checkpoint]:
        """A head that every key of its log signed, with their lines alone.

        Anybody can add others, which would fill what is kept and leave no room for ours.
        """
        try:
            parsed = parse_note(note)
            shown = parse_checkpoint(parsed.text)
        except LedgerError as error:
            raise LogUnknown("?", str(error)) from error
        keys = [key for key in self._logs if key.name == shown.origin]
        if not keys:
            raise LogUnknown(shown.origin, "this witness does not watch it")
        try:
            signed = verified_by(parsed, keys)
        except LedgerError as error:
            raise LogUnknown(shown.origin, str(error), watched=True) from error
        if len(signed) < len(keys):
            raise LogUnknown(shown.origin, "not all keys of the log signed", watched=True)
        own = {(key.name, log_key_id(key)) for key in keys}
        lines = {(one.name, one.key_id): one for one in parsed.signatures if (one.name, one.key_id) in own}
        return SignedNote(parsed.text, tuple(lines.values())), shown

    def _kept(self, origin: str) -> Checkpoint | None:
        note = self._keeper.kept(origin)
        if note is None:
            return None
        try:
            return parse_checkpoint(parse_note(note).text)
        except LedgerError as error:
            raise WitnessDamaged(origin, str(error)) from error

    def _refused(self, origin: str, note: SignedNote, error: LedgerError) -> HeadRefused:
        path = self._keeper.refuse(origin, note.encode())
        zh, en = getattr(error, "zh", "检查点不能联署"), getattr(error, "en", str(error))
        return HeadRefused(zh, en, evidence=str(path))

    def _cosign(self, note: SignedNote, shown: Checkpoint, *, sm3: bool) -> Seen:
        """Kept first: a signature over something forgotten must not exist."""
        self._keeper.keep(shown.origin, note.encode())
        at = int(self._clock().timestamp())
        message = cosignature_message(note.text, at)
        ed25519, sm2 = self.keys.public()
        lines = [cosignature_line(ed25519, at, self.keys.ed25519.sign(message))]
        if sm3:
            lines.append(cosignature_line(sm2, at, self.keys.sm2.sign(message)))
        cosigned = add_cosignatures(note, lines)
        self._keeper.keep(shown.origin, cosigned.encode())
        return Seen(shown, cosigned, tuple(lines))


def _path(fetch: Fetch, tree: TreeHash, kept: Checkpoint | None, shown: Checkpoint) -> tuple[bytes, ...]:
    """The way from the kept head to the shown one; where none was kept, whether the tiles are the head's."""
    root, before = (
        None if head is None else head.root if tree is SHA256_TREE else head.sm3_root
        for head in (shown, kept)
    )
    if root is None:
        return ()
    reader = TileReader(fetch, shown.size, tree)
    if kept is not None and before is not None and kept.size:
        return reader.consistency(kept.size) if kept.size < shown.size else ()
    if reader.root() != root:
        raise LogContradicted(
            f"{tree.name} 树的文件与检查点不符", f"the {tree.name} tiles lead to another root"
        )
    return ()
