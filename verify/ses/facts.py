# SPDX-License-Identifier: Apache-2.0
"""What a report tells about a seal."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from typing import Any, Final

from keys import Digest, HashAlgorithm, digest

from ..canonical import Json
from ..x509.moments import shown
from .extras import extension_facts
from .model import ElectronicSeal
from .seal import CACHED, LARGEST_CACHED

MOST_LISTED: Final = 32


def seal_facts(seal: ElectronicSeal) -> dict[str, Json]:
    """Digests are over the whole seal as it came, which is the content of the ``.esl`` file."""
    if len(seal.der) > LARGEST_CACHED:
        return _facts(seal)
    # Whoever gets them may change them: nobody else's are the same objects.
    found: dict[str, Any] = json.loads(_written(seal))
    return found


@lru_cache(maxsize=CACHED)
def _written(seal: ElectronicSeal) -> str:
    """The facts of a seal that a batch meets again and again."""
    return json.dumps(_facts(seal))


def _facts(seal: ElectronicSeal) -> dict[str, Json]:
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
        "sha256": seal_digest(seal.der, HashAlgorithm.SHA256).hex,
        "sm3": seal_digest(seal.der, HashAlgorithm.SM3).hex,
    }


def seal_digest(der: bytes, algorithm: HashAlgorithm) -> Digest:
    """Of a whole seal.  A batch of documents bears the same few seals: each is digested once."""
    return _kept(der, algorithm) if len(der) <= LARGEST_CACHED else digest(algorithm, der)


_kept: Final = lru_cache(maxsize=CACHED)(lambda der, algorithm: digest(algorithm, der))
