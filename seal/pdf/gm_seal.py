# SPDX-License-Identifier: Apache-2.0
"""GM.sm2seal: the value is a seal signature (SES_Signature) over the protected bytes.

GM/T 0112-2021 clause 7 and GB/T 38540-2020 clause 7.2.  ``propertyInfo`` names the protected bytes as decimal
numbers of the byte range.  TBS_Sign holds the seal itself, so between the two steps nothing else is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from keys import SM2_SM3, Digest, HashAlgorithm, KeysError
from keys.der import SEQUENCE, as_time, expect, read_only
from verify import Certificate

from ..errors import SignatureMismatch, StateMalformed
from ..ses import PreparedSes, complete_ses, prepare_ses, ses_room

_LONGEST_RANGE: Final = 48


@dataclass(frozen=True, slots=True)
class SealValue:
    """Writes seal signatures of one seal at one time."""

    esl: bytes
    certificate: Certificate
    at: datetime
    authority: bytes | None

    @property
    def algorithm(self) -> HashAlgorithm:
        return HashAlgorithm.SM3

    def room(self, timestamp: int) -> int:
        return ses_room(
            self.esl,
            self.certificate,
            property_info=_LONGEST_RANGE,
            authority=self.authority,
            timestamp=timestamp,
        )

    def to_be_signed(self, content: Digest, byte_range: str) -> bytes:
        return self._prepared(content, byte_range).to_be_signed

    def verify(self, signature: bytes, to_be_signed: bytes) -> None:
        try:
            self.certificate.public_key.verify(signature, to_be_signed, SM2_SM3)
        except KeysError as error:
            raise SignatureMismatch from error

    def encode(self, content: Digest, byte_range: str, signature: bytes, timestamp: bytes | None) -> bytes:
        return complete_ses(self._prepared(content, byte_range), signature, timestamp=timestamp)

    def _prepared(self, content: Digest, byte_range: str) -> PreparedSes:
        return prepare_ses(
            self.esl,
            content=content,
            property_info=byte_range,
            at=self.at,
            certificate=self.certificate,
            authority=self.authority,
        )


def kept_seal(to_be_signed: bytes) -> tuple[bytes, datetime]:
    """Seal and time out of a TBS_Sign that was kept.  Raises :class:`StateMalformed`."""
    try:
        parts = expect(read_only(to_be_signed), SEQUENCE).children()
        return parts[1].raw, as_time(parts[2])
    except (KeysError, IndexError) as error:
        raise StateMalformed("attributes") from error
