# SPDX-License-Identifier: Apache-2.0
"""The suspicious re-reader: no list is released that was not read back from its bytes, by the verifier.

It knows the authority's certificate and the list that is out now, and believes nothing else: not the number
that was meant, not the rows that were read.  A revocation that the published list states may not vanish, not
even when the database no longer knows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from keys import KeysError
from verify import Certificate, Crl, VerifyError, parse_crl

from .errors import ListDoubted

HOLD = "certificateHold"
REMOVED = "removeFromCRL"
Entries = Mapping[int, tuple[datetime, str]]
"""Since when and why, by serial number."""


@dataclass(frozen=True, slots=True)
class Published:
    """What is out now in the place of a new list: number, time, and the list."""

    number: int
    this_update: datetime
    der: bytes


def require_releasable(
    encoded: bytes, *, authority: Certificate, url: str, expected: Entries, before: Published | None
) -> Crl:
    """A complete list, or the one of a partition.  Raises :class:`ListDoubted`."""
    found = _genuine(encoded, authority, url, before)
    if found.base is not None:
        raise ListDoubted("scope", "a delta")
    if _entries(found) != dict(expected):
        raise ListDoubted("entries")
    if before is not None:
        _nothing_vanished(_read(before.der), found)
    return found


def require_delta(
    encoded: bytes,
    *,
    authority: Certificate,
    base: bytes,
    complete: Entries,
    before: Published | None,
) -> Crl:
    """A delta: over its base it must say what the complete list of this moment says."""
    found, under = _genuine(encoded, authority, "", before), _read(base)
    if found.base is None or under.number is None or found.base != under.number:
        raise ListDoubted("scope", "not a delta over this base")
    merged = _entries(under)
    for serial, one in found.entries.items():
        if one.reason == REMOVED:
            if merged.pop(serial, (None, ""))[1] != HOLD:
                raise ListDoubted("vanished", f"{serial:x}")
        else:
            merged[serial] = (one.at, one.reason)
    if merged != dict(complete):
        raise ListDoubted("delta")
    return found


def _genuine(encoded: bytes, authority: Certificate, url: str, before: Published | None) -> Crl:
    found = _read(encoded)
    if found.issuer != authority.subject or found.authority_key_id != authority.subject_key_id:
        raise ListDoubted("issuer")
    try:
        authority.public_key.verify(found.signature, found.tbs, found.scheme)
    except KeysError as error:
        raise ListDoubted("signature", str(error)) from error
    if found.critical_unknown:
        raise ListDoubted("critical", ", ".join(found.critical_unknown))
    if found.scope.urls != ((url,) if url else ()):
        raise ListDoubted("scope", ", ".join(found.scope.urls) or "all certificates")
    if found.number is None or (before is not None and found.number <= before.number):
        raise ListDoubted("number", str(found.number))
    if found.next_update is None or found.next_update <= found.this_update:
        raise ListDoubted("time")
    if before is not None and found.this_update < before.this_update:
        raise ListDoubted("time", f"{found.this_update} before {before.this_update}")
    return found


def _nothing_vanished(before: Crl, after: Crl) -> None:
    for serial, was in before.entries.items():
        if was.reason == HOLD:
            continue  # a hold ends, and is then not listed any more
        now = after.entries.get(serial)
        if now is None or now.at > was.at or now.reason == HOLD:
            raise ListDoubted("vanished", f"{serial:x}")


def _read(encoded: bytes) -> Crl:
    try:
        return parse_crl(encoded)
    except VerifyError as error:
        raise ListDoubted("unreadable", str(error)) from error


def _entries(found: Crl) -> dict[int, tuple[datetime, str]]:
    return {serial: (one.at, one.reason) for serial, one in found.entries.items()}
