# SPDX-License-Identifier: Apache-2.0
"""Keys of logs and witnesses in one line of text: C2SP signed-note verifier keys (vkeys).

``name+hhhhhhhh+base64(type || key)``: name, key id in hexadecimal, type and key.  The type says what the key
signs: heads of its own log, or cosignatures of others'.
"""

from __future__ import annotations

import base64

from ..trust import LogKey
from .cosignature import COSIGNATURE_TYPES
from .errors import NoteMalformed
from .note import SIGNATURE_TYPES, decode_base64, note_key_id

LONGEST = 2000


def encode_witness_key(key: LogKey) -> str:
    """The vkey of a witness.  Raises :class:`NoteMalformed`."""
    return _encode(key, COSIGNATURE_TYPES)


def encode_log_key(key: LogKey) -> str:
    """The vkey of a log.  Raises :class:`NoteMalformed`."""
    return _encode(key, SIGNATURE_TYPES)


def parse_witness_key(text: str) -> LogKey:
    """The witness key in a line.  Raises :class:`NoteMalformed`."""
    return _parse(text, COSIGNATURE_TYPES)


def parse_log_key(text: str) -> LogKey:
    """The log key in a line.  Raises :class:`NoteMalformed`."""
    return _parse(text, SIGNATURE_TYPES)


def _encode(key: LogKey, types: dict[str, bytes]) -> str:
    kind = types.get(key.algorithm)
    if kind is None:
        raise NoteMalformed(f"algorithm {key.algorithm!r} is not known")
    key_id = note_key_id(key.name, kind, key.key).hex()
    return f"{key.name}+{key_id}+{base64.b64encode(kind + key.key).decode('ascii')}"


def _parse(text: str, types: dict[str, bytes]) -> LogKey:
    parts = text.split("+", 2)
    if len(text) > LONGEST or len(parts) != 3:
        raise NoteMalformed("a key is NAME+ID+BASE64")
    name, key_id, encoded = parts
    blob = decode_base64(encoded, 0)
    for algorithm, kind in types.items():
        if blob.startswith(kind):
            key = LogKey(name, algorithm, blob[len(kind) :])
            break
    else:
        raise NoteMalformed("the key is of no known type, or of one that signs something else")
    if algorithm == "ed25519" and len(key.key) != 32:
        raise NoteMalformed("an Ed25519 key is 32 bytes")
    if note_key_id(name, kind, key.key).hex() != key_id:
        raise NoteMalformed("the key id is not that of name and key: a character was changed")
    return key
