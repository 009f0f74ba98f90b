# SPDX-License-Identifier: Apache-2.0
"""Did this key sign this certificate or list?  The answer never changes, so it is remembered.

A batch of documents meets the same few authorities again and again: their signatures are verified once.
"""

from __future__ import annotations

from typing import Final, Protocol

from keys import KeysError, PublicKey, Scheme

MOST_REMEMBERED: Final = 4096
_remembered: dict[tuple[str, bytes], bool] = {}


class Signed(Protocol):
    """A certificate or a revocation list."""

    @property
    def fingerprint(self) -> str: ...

    @property
    def tbs(self) -> bytes: ...

    @property
    def signature(self) -> bytes: ...

    @property
    def scheme(self) -> Scheme: ...


def signed_by(signed: Signed, key: PublicKey) -> bool:
    """True when the signature is one of this key, in a scheme that goes with it."""
    # The fingerprint covers signed part, algorithm and signature; the key stands for itself.
    name = (signed.fingerprint, key.spki)
    answer = _remembered.get(name)
    if answer is None:
        if len(_remembered) >= MOST_REMEMBERED:
            _remembered.clear()
        answer = _remembered[name] = _verifies(signed, key)
    return answer


def forget(signed: Signed | None = None) -> None:
    """Lose what is remembered, of one or of all: to measure, and to compare answers with and without it."""
    for name in [one for one in _remembered if signed is None or one[0] == signed.fingerprint]:
        _remembered.pop(name, None)


def _verifies(signed: Signed, key: PublicKey) -> bool:
    try:
        key.verify(signed.signature, signed.tbs, signed.scheme)
    except KeysError:
        return False
    return True
