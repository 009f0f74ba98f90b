# SPDX-License-Identifier: Apache-2.0
"""The request that agents sign and the log names: canonical JSON ``yinxin-key-recovery/1``.

Agents sign ``yinxin/key-recovery/v1`` and these bytes with their own keys.  The log's entry names their
SHA-256; the random id in them keeps reason and requester from being guessed.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from verify import Json, JsonMalformed, canonical_json, parse_json

from .errors import KeyCentreRefused, WireMalformed
from .wire import Fields, moment, to_text

FORMAT: Final = "yinxin-key-recovery/1"
REQUESTED: Final = "key_recovery.requested"
"""Kind of the entry in the public log."""
COMPLETED: Final = "key_recovery.completed"
LONGEST: Final = timedelta(days=30)
LARGEST: Final = 8 * 1024
MOST_APPROVALS: Final = 32
_CONTEXT = b"yinxin/key-recovery/v1\n"


class Purpose(StrEnum):
    """Why a key is recovered.  Both go the same way."""

    RECOVERY = "recovery"
    DRILL = "drill"


@dataclass(frozen=True, slots=True)
class RecoveryRequest:
    """What is asked for."""

    recovery_id: str
    key_id: str
    purpose: Purpose
    reason: str
    requester: str
    recipient: bytes
    """SubjectPublicKeyInfo of the SM2 key that the envelope will be for."""
    expires: datetime

    def encode(self) -> bytes:
        """Raises :class:`KeyCentreRefused` for text without canonical form."""
        try:
            return canonical_json(
                {
                    "format": FORMAT,
                    "id": self.recovery_id,
                    "key_id": self.key_id,
                    "purpose": self.purpose.value,
                    "reason": self.reason,
                    "requester": self.requester,
                    "recipient": to_text(self.recipient),
                    "expires": moment(self.expires),
                }
            )
        except JsonMalformed as error:
            raise KeyCentreRefused("recovery-malformed") from error


def parse_recovery_request(data: bytes) -> RecoveryRequest:
    """Only the one spelling.  Raises :class:`KeyCentreRefused` with ``recovery-malformed``."""
    try:
        fields = Fields(parse_json(data, max_bytes=LARGEST))
        stated = fields.text("format", most=40)
        made = RecoveryRequest(
            recovery_id=fields.hexadecimal("id", size=16),
            key_id=fields.hexadecimal("key_id", size=16),
            purpose=Purpose(fields.text("purpose", most=8)),
            reason=fields.text("reason", most=500),
            requester=fields.text("requester", most=64),
            recipient=fields.data("recipient", most=1024),
            expires=fields.time("expires"),
        )
        fields.end()
    except (WireMalformed, JsonMalformed, ValueError) as error:
        raise KeyCentreRefused("recovery-malformed") from error
    if stated != FORMAT or made.encode() != data:
        raise KeyCentreRefused("recovery-malformed")
    return made


def to_be_signed(request: bytes) -> bytes:
    """What an agent signs to approve."""
    return _CONTEXT + request


def request_sha256(request: bytes) -> str:
    """What the entry in the log names."""
    return hashlib.sha256(request).hexdigest()


def entry_body(request: bytes, key_id: str) -> dict[str, Json]:
    """The public entry: nothing about who, for whom, or why."""
    return {"key_id": key_id, "request_sha256": request_sha256(request)}


@dataclass(frozen=True, slots=True)
class Approval:
    """One agent's signature over :func:`to_be_signed`."""

    agent: str
    signature: bytes
