# SPDX-License-Identifier: Apache-2.0
"""The two keys of the log and the notes that they sign (C2SP signed-note, tlog-checkpoint).

Ed25519 is what every C2SP verifier knows; SM2 stands beside it.  A head counts only with both.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from keys import Signer
from verify import (
    Checkpoint,
    LedgerError,
    LogKey,
    SignedNote,
    check_checkpoint,
    log_key_id,
    note_signature,
    sm3_extension,
)

from .errors import LogDamaged


@dataclass(frozen=True, slots=True)
class LogSigners:
    """Who signs the heads of the log ``origin``; ``ed25519`` is the 32-byte private key."""

    origin: str
    ed25519: bytes = field(repr=False)
    sm2: Signer = field(repr=False)


class HeadSigner:
    """Signs heads, and recognises those that it signed."""

    def __init__(self, signers: LogSigners) -> None:
        self._origin, self._sm2 = signers.origin, signers.sm2
        self._ed25519 = Ed25519PrivateKey.from_private_bytes(signers.ed25519)
        public = self._ed25519.public_key().public_bytes_raw()
        self.keys = (
            LogKey(signers.origin, "ed25519", public),
            LogKey(signers.origin, "sm2", signers.sm2.public_key.spki),
        )
        for key in self.keys:
            log_key_id(key)  # an origin that cannot name a key is refused now, not at the first entry

    def sign(self, size: int, root: bytes, sm3_root: bytes) -> str:
        """The signed note of one head."""
        text = Checkpoint(self._origin, size, root, (sm3_extension(sm3_root),)).text()
        message = text.encode("utf-8")
        signatures = (self._ed25519.sign(message), self._sm2.sign(message))
        lines = tuple(note_signature(key, one) for key, one in zip(self.keys, signatures, strict=True))
        return SignedNote(text, lines).encode()

    def require(self, note: str, *, fast: bool = False) -> Checkpoint:
        """The head that both our keys signed (``fast``: Ed25519 alone).  Raises :class:`LogDamaged`."""
        keys = self.keys[:1] if fast else self.keys
        try:
            return check_checkpoint(note, keys, require=len(keys))
        except LedgerError as error:
            raise LogDamaged(f"its newest checkpoint is not signed by this service: {error}") from error
