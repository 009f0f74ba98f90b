# SPDX-License-Identifier: Apache-2.0
"""What a report tells about a seal."""

from __future__ import annotations

import hashlib
from typing import Final

from keys import HashAlgorithm, digest

from ..canonical import Json
from ..x509.moments import shown
from .extras import extension_facts
from .model import ElectronicSeal

MOST_LISTED: Final = 32


def seal_facts(seal: ElectronicSeal) -> dict[str, Json]:
    """Digests are over the whole seal as it came, which is the content of the ``.esl`` file."""
    signers: list[Json] = [hashlib.sha256(one).hexdigest() for one in seal.signers[:MOST_LISTED]]
    return {
        "code": seal.code,
        "name": seal.name,
        "type": seal.type,
        "vendor": seal.vendor,
        "version": seal.version,
        "stated_version": seal.stated_version,
        "created": shown(seal.created),
        "valid_from": shown(seal.valid_from),
        "valid_until": shown(seal.valid_until),
        "picture": {
            "type": seal.picture.type,
            "width_mm": seal.picture.width,
            "height_mm": seal.picture.height,
            "size": len(seal.picture.data),
        },
        "signers": len(seal.signers) + len(seal.signer_digests),
        "signer_fingerprints": signers,
        "extensions": extension_facts(seal.extensions),
        "deviations": [*seal.deviations],
        "sha256": hashlib.sha256(seal.der).hexdigest(),
        "sm3": digest(HashAlgorithm.SM3, seal.der).hex,
    }
