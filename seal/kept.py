# SPDX-License-Identifier: Apache-2.0
"""Read back what was kept between preparing and completing: typed members of plain JSON, nothing executed."""

from __future__ import annotations

from keys import Digest, HashAlgorithm, KeysError
from verify import Json

from .errors import StateMalformed


def kept_digest(state: dict[str, Json]) -> Digest:
    """Members ``digest_algorithm`` and ``digest``.  Raises :class:`StateMalformed`."""
    try:
        return Digest(HashAlgorithm(str(state.get("digest_algorithm"))), kept_bytes(state, "digest"))
    except (ValueError, KeysError) as error:
        raise StateMalformed("digest") from error


def kept_bytes(state: dict[str, Json], name: str) -> bytes:
    """A hexadecimal member.  Raises :class:`StateMalformed`."""
    value = state.get(name)
    if not isinstance(value, str):
        raise StateMalformed(name)
    try:
        return bytes.fromhex(value)
    except ValueError as error:
        raise StateMalformed(name) from error
