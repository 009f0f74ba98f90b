# SPDX-License-Identifier: Apache-2.0
"""The word of an INSECURE witness under the newest head of a log."""

from __future__ import annotations

from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from api.ledger import Ledger
from verify import LogKey, add_cosignatures, cosignature_line, cosignature_message, parse_note

_KEY = Ed25519PrivateKey.from_private_bytes(bytes(31) + b"W")
WITNESS = LogKey("witness.example/INSECURE-test", "ed25519", _KEY.public_key().public_bytes_raw())


def cosigned(ledger: Ledger, at: datetime) -> int:
    """Cosign the newest head, let the log take it, and go on by one entry; the size that was cosigned."""
    note, size, seconds = parse_note(ledger.checkpoint()), ledger.size(), int(at.timestamp())
    line = cosignature_line(WITNESS, seconds, _KEY.sign(cosignature_message(note.text, seconds)))
    ledger.take_cosignatures(add_cosignatures(note, [line]).encode(), [WITNESS])
    with ledger.transaction() as tx:
        tx.append("test.act", {})
    return size
