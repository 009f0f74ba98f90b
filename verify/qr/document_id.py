# SPDX-License-Identifier: Apache-2.0
"""Document identifiers: 80 random bits in 16 characters that people can type.

Crockford's base 32 (no I, L, O, U); printed in four groups. Not sequential and not the certificate number,
so that nobody can walk through the documents of others.
"""

from __future__ import annotations

import base64
from functools import lru_cache

from .errors import QrMalformed

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 16
ID_BYTES = 10
_SPELLED = frozenset(ALPHABET)
_FROM_BASE_32 = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", ALPHABET.encode())
_AS_BASE_32 = str.maketrans(ALPHABET, "0123456789ABCDEFGHIJKLMNOPQRSTUV")
_AS_TYPED = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})


def new_document_id(random10: bytes) -> str:
    """The identifier that spells ten random bytes."""
    if len(random10) != ID_BYTES:
        raise QrMalformed(field="id", rule=f"made from {ID_BYTES} random bytes, not {len(random10)}")
    return base64.b32encode(random10).translate(_FROM_BASE_32).decode("ascii")


@lru_cache(maxsize=8)
def document_id_bytes(document_id: str) -> bytes:
    """The ten bytes behind an identifier in its one canonical spelling.

    One check asks for the same one in the address, in the statement and for print.
    """
    if not _SPELLED.issuperset(document_id):
        raise QrMalformed(field="id", rule="only 0-9 and A-Z without I, L, O, U")
    if len(document_id) != LENGTH:
        raise QrMalformed(field="id", rule=f"{LENGTH} characters, not {len(document_id)}")
    return int(document_id.translate(_AS_BASE_32), 32).to_bytes(ID_BYTES)


def group_document_id(document_id: str) -> str:
    """As printed: ``ABCD-EFGH-JKMN-PQRS``."""
    document_id_bytes(document_id)
    return "-".join(document_id[at : at + 4] for at in range(0, LENGTH, 4))


def normalize_document_id(typed: str) -> str:
    """What a person typed, as the identifier: any case, hyphens or spaces, O for 0, I or L for 1."""
    if len(typed) > 4 * LENGTH:
        raise QrMalformed(field="id", rule=f"{LENGTH} characters in four groups")
    document_id = typed.upper().translate(_AS_TYPED)
    document_id_bytes(document_id)
    return document_id
