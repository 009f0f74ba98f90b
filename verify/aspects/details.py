# SPDX-License-Identifier: Apache-2.0
"""The few facts that stand beside each aspect, as short texts: for people, in pages and on paper."""

from __future__ import annotations

from collections.abc import Mapping

from ..canonical import Json
from .evidence import Kind
from .model import AspectName

_A = AspectName
_Texts = dict[str, str]


def details_of(kind: Kind, facts: Mapping[str, Json]) -> dict[AspectName, _Texts]:
    """By aspect; what the facts do not tell is left out."""
    maker = kind is Kind.SEAL
    holder = _inner(facts, "maker" if maker else "signer")
    revocation = _inner(facts, "maker_revocation" if maker else "revocation")
    listed = _inner(revocation, "list")
    return {
        _A.INTEGRITY: _texts(facts, algorithm="algorithm"),
        _A.COVERAGE: _texts(facts, covers="covers"),
        _A.SIGNER: _texts(holder, organization="organization", name="common_name", uscc="uscc")
        or _texts(facts, organization="authority", name="origin"),
        _A.CHAIN: _texts(holder, issuer="issuer", valid_from="not_before", valid_until="not_after"),
        _A.REVOCATION: {
            **_texts(revocation, status="status", since="revoked_at", reason="reason"),
            **_texts(listed, list_issued="this_update", list_until="next_update"),
            **_texts(_inner(revocation, "ocsp"), answered="this_update"),
        },
        _A.TIME: _time(facts),
        _A.TIMESTAMP: _stamp(facts),
        _A.SEAL: {
            **_texts(
                _inner(facts, "seal"),
                name="name",
                code="code",
                status="status",
                valid_from="valid_from",
                valid_until="valid_until",
            ),
            **_texts(_inner(facts, "maker"), maker="common_name"),
        },
        _A.AUTHORITY: _authority(_inner(facts, "authority")),
        _A.CONSTRAINTS: _texts(facts, level="level"),
    }


def _time(facts: Mapping[str, Json]) -> _Texts:
    claimed = _texts(facts, claimed="claimed_time") or _texts(facts, claimed="signing_time")
    stated = _texts(facts, claimed="time") or _texts(facts, claimed="issued")
    proven = facts.get("proven_time")
    if isinstance(proven, dict):
        return {**(claimed or stated), **_texts(proven, proven="time", by="by")}
    return {**(claimed or stated), **_texts(facts, proven="proven_time")}


def _stamp(facts: Mapping[str, Json]) -> _Texts:
    one = _inner(facts, "timestamp")
    several = facts.get("time_stamps")
    if not one and isinstance(several, list) and several and isinstance(several[0], dict):
        one = several[0]
    if not one:
        return {}
    authority = one.get("authority")
    named = authority if isinstance(authority, dict) else {"common_name": authority}
    return {**_texts(one, time="time"), **_texts(named, authority="common_name")}


def _authority(stated: Mapping[str, Json]) -> _Texts:
    """Which grounds the statement names; the whole of it stands in the facts."""
    found = _texts(stated, officer="officer", agency="agency", case="case", document_type="document_type")
    for name in ("grant", "mandate"):
        found |= _texts(_inner(stated, name), **{name: "id"})
    approvals = stated.get("approvals")
    if isinstance(approvals, list) and approvals and isinstance(approvals[0], dict):
        found |= _texts(approvals[0], approval="id")
    return found


def _inner(facts: Mapping[str, Json], name: str) -> Mapping[str, Json]:
    value = facts.get(name)
    return value if isinstance(value, dict) else {}


def _texts(facts: Mapping[str, Json], **names: str) -> _Texts:
    return {name: value for name, one in names.items() if isinstance(value := facts.get(one), str) and value}
