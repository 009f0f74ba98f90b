# SPDX-License-Identifier: Apache-2.0
"""Changes of the document security store: ISO 32000-2 section 12.8.4.3, EN 319 142-1 section 5.4.2.2.

Lists may grow and shrink, as PAdES permits; entries for single signatures stay as they are once written.
"""

from __future__ import annotations

import re
from typing import Final

from ..structure import Name, Ref, Stream, Value, same
from .step import Spot, Unexplained, Update, array, dictionary

_STREAMS: Final = ("Certs", "CRLs", "OCSPs")
_OF_ONE: Final = ("Cert", "CRL", "OCSP")
_KEYS: Final = frozenset((*_STREAMS, "Type", "VRI"))
_KEYS_OF_ONE: Final = frozenset((*_OF_ONE, "Type", "TU", "TS"))
_HASH = re.compile(r"[A-Z0-9]{40}")


def store_changed(update: Update, old_root: dict[str, Value], new_root: dict[str, Value], spot: Spot) -> None:
    """Raises :class:`Unexplained`."""
    was, now, inner = update.entry("DSS", old_root, new_root, spot)
    old, new = dictionary(was, "DSS"), dictionary(now, "DSS")
    if not new and now is None:
        return
    if new.keys() - _KEYS or not isinstance(new.get("Type"), Name | None):
        raise Unexplained("DSS has entries that it must not have")
    for key in _STREAMS:
        _, streams, _ = update.entry(key, old, new, inner)
        _require_streams(update, array(streams, key), key)
    was, now, inner = update.entry("VRI", old, new, inner)
    before, after = dictionary(was, "VRI"), dictionary(now, "VRI")
    for key, value in before.items():
        if key not in after or not same(value, after[key]):
            raise Unexplained(f"the entry {key:.40} of VRI was changed")
    for key in after.keys() - before.keys():
        _new_entry(update, key, after[key])


def _new_entry(update: Update, key: str, value: Value) -> None:
    if not _HASH.fullmatch(key):
        raise Unexplained("VRI has a key that is no hash")
    if isinstance(value, Ref) and value.number not in update.new:
        raise Unexplained("a new entry of VRI is an object that had another use")
    entry = update.after.resolved(value)
    if not isinstance(entry, dict) or entry.keys() - _KEYS_OF_ONE:
        raise Unexplained("an entry of VRI has entries that it must not have")
    for name in _OF_ONE:
        _require_streams(update, array(update.after.resolved(entry.get(name)), name), name)
    if isinstance(entry.get("TS"), Ref):
        _require_streams(update, [entry["TS"]], "TS")


def _require_streams(update: Update, streams: list[Value], what: str) -> None:
    for one in streams:
        if not isinstance(one, Ref) or not isinstance(update.after.value(one.number), Stream):
            raise Unexplained(f"{what} holds something else than streams")
