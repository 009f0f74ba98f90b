# SPDX-License-Identifier: Apache-2.0
"""What the facts of a check show by themselves, before any reason is heard."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

from ..canonical import Json
from .model import AspectName, AspectStatus

_A = AspectName
_PASSED, _OPEN, _NONE = AspectStatus.PASSED, AspectStatus.INDETERMINATE, AspectStatus.NOT_APPLICABLE


class Kind(StrEnum):
    """What was checked, as far as it matters for what can be asked of it."""

    SIGNATURE = "signature"  # with a certificate: CMS, JWS, in a PDF or an OFD, with or without a seal
    STAMP = "stamp"
    RECORD = "record"  # RFC 4998
    SEAL = "seal"  # by itself
    CERTIFICATE = "certificate"  # or a list, or an answer about one
    STATEMENT = "statement"  # a key of the trust list signed: QR, checkpoint
    LIST = "list"  # of trust, of seals


_SIGNED_BY_KEY: Final = ("IR1", "C2SP")
_ASKED: Final[Mapping[Kind, frozenset[AspectName]]] = {
    Kind.SIGNATURE: frozenset(_A) - {_A.SEAL, _A.TIMESTAMP, _A.AUTHORITY},
    Kind.STAMP: frozenset(_A) - {_A.SEAL, _A.AUTHORITY},
    Kind.RECORD: frozenset({_A.INTEGRITY, _A.COVERAGE, _A.TIME, _A.TIMESTAMP, _A.CONSTRAINTS}),
    Kind.SEAL: frozenset({_A.INTEGRITY, _A.SIGNER, _A.CHAIN, _A.REVOCATION, _A.SEAL, _A.CONSTRAINTS}),
    Kind.CERTIFICATE: frozenset({_A.INTEGRITY, _A.SIGNER, _A.CHAIN, _A.REVOCATION, _A.CONSTRAINTS}),
    Kind.STATEMENT: frozenset({_A.INTEGRITY, _A.COVERAGE, _A.SIGNER, _A.REVOCATION, _A.TIME, _A.CONSTRAINTS}),
    Kind.LIST: frozenset({_A.INTEGRITY, _A.COVERAGE, _A.SIGNER, _A.CHAIN, _A.REVOCATION, _A.CONSTRAINTS}),
}
"""What concerns each; seal, time stamp and authority concern a signature that has them."""
_SEAL_STEPS: Final = ("signer_in_seal", "seal_extensions", "seal_signature", "seal_maker", "seal_period")
_CERTIFIED: Final = (Kind.SIGNATURE, Kind.STAMP, Kind.SEAL, Kind.CERTIFICATE, Kind.LIST)
_GOOD_STATUS: Final = ("good", "anchor")


def kind_of(format: str, facts: Mapping[str, Json]) -> Kind:
    if format == "RFC 3161" or facts.get("kind") == "document-time-stamp":
        return Kind.STAMP
    if format == "RFC 4998":
        return Kind.RECORD
    if format.startswith("SES seal"):
        return Kind.SEAL
    if format.startswith(("X.509", "OCSP")):
        return Kind.CERTIFICATE
    if format.startswith(_SIGNED_BY_KEY):
        return Kind.STATEMENT
    return Kind.LIST if format.startswith("yinxin-") else Kind.SIGNATURE


def evidence_of(kind: Kind, facts: Mapping[str, Json], *, passed: bool) -> dict[AspectName, AspectStatus]:
    """``passed``: the whole did, so what its check demands was answered well."""
    shown = dict.fromkeys(_A, _NONE)
    found = _shown(kind, facts)
    for name in _ASKED[kind]:
        shown[name] = _PASSED if passed or found[name] else _OPEN
    shown[_A.TIME] = _time(kind, facts, passed=passed)
    shown[_A.TIMESTAMP] = _stamp(kind, facts, passed=passed)
    if kind is Kind.SIGNATURE:
        shown[_A.AUTHORITY] = _authority(facts, passed=passed)
        if isinstance(facts.get("seal"), dict):
            shown[_A.SEAL] = _PASSED if passed or _seal(facts) else _OPEN
    if kind is Kind.STATEMENT and "origin" in facts:
        shown[_A.TIME] = shown[_A.REVOCATION] = _NONE  # of a log: its keys have no period
    if kind is Kind.CERTIFICATE and "chain" not in facts:
        shown[_A.CHAIN] = _NONE  # an answer about a certificate whose issuer was given
    return shown


def unevidenced(format: str, facts: Mapping[str, Json]) -> tuple[AspectName, ...]:
    """What a pass with these facts would claim without showing: for tests of the checks."""
    kind = kind_of(format, facts)
    found = _shown(kind, facts)
    names = [name for name in _A if name in _ASKED[kind] and name is not _A.TIME and not found[name]]
    if isinstance(facts.get("seal"), dict) and not _seal(facts):
        names.append(_A.SEAL)
    asked = evidence_of(kind, facts, passed=True)
    return tuple(name for name in dict.fromkeys(names) if asked[name] is not _NONE)


def _shown(kind: Kind, facts: Mapping[str, Json]) -> dict[AspectName, bool]:
    intact = _integrity(kind, facts)
    chain = facts.get("maker_chain" if kind is Kind.SEAL else "chain")
    status = facts.get("maker_revocation" if kind is Kind.SEAL else "revocation")
    return {
        _A.INTEGRITY: intact,
        _A.COVERAGE: facts["covers"] != "in part" if "covers" in facts else intact and "id" not in facts,
        _A.SIGNER: _signer(kind, facts),
        _A.CHAIN: isinstance(chain, list) and bool(chain),
        _A.REVOCATION: intact if kind is Kind.STATEMENT else _not_revoked(status, chain),
        _A.TIME: False,
        _A.TIMESTAMP: intact and kind in (Kind.STAMP, Kind.RECORD),
        _A.SEAL: _seal(facts),
        _A.AUTHORITY: False,
        _A.CONSTRAINTS: intact
        and (kind in (Kind.STATEMENT, Kind.RECORD) or bool(chain) or "status" in facts),
    }


def _integrity(kind: Kind, facts: Mapping[str, Json]) -> bool:
    """Was a signature value computed, and right?"""
    if "intact" in facts:
        return facts["intact"] is True
    steps = facts.get("steps")
    if kind is Kind.SEAL:
        return isinstance(steps, dict) and steps.get("seal_signature") == "passed"
    if kind is Kind.STATEMENT:
        return bool(facts.get("authority") or facts.get("signed_by"))
    if kind is Kind.CERTIFICATE:
        return bool(facts.get("chain") or facts.get("responder"))
    if kind is Kind.RECORD:
        return bool(facts.get("proven_time"))
    return "algorithm" in facts


def _signer(kind: Kind, facts: Mapping[str, Json]) -> bool:
    names: Iterable[str] = ("signer",)
    if kind is Kind.SEAL:
        names = ("maker",)
    elif kind is Kind.STATEMENT:
        names = ("authority", "signed_by")
    elif kind is Kind.CERTIFICATE:
        names = ("signer", "responder", "revocation")
    return any(facts.get(name) for name in names)


def _not_revoked(status: Json, chain: Json) -> bool:
    """The certificate and every authority above it; of a list, the authorities that signed it."""
    own = status.get("status") if isinstance(status, dict) else status
    path = chain if isinstance(chain, list) else []
    known = [one.get("revocation") for one in path if isinstance(one, dict)]
    known += [own] if status is not None else []
    return bool(known) and all(one in _GOOD_STATUS for one in known)


def _time(kind: Kind, facts: Mapping[str, Json], *, passed: bool) -> AspectStatus:
    if kind not in (Kind.SIGNATURE, Kind.STAMP, Kind.RECORD, Kind.STATEMENT):
        return _NONE
    if facts.get("proven_time") or (kind is Kind.STAMP and passed):
        return _PASSED
    return _OPEN


def _stamp(kind: Kind, facts: Mapping[str, Json], *, passed: bool) -> AspectStatus:
    if kind in (Kind.STAMP, Kind.RECORD):
        return _PASSED if passed else _OPEN
    if kind is not Kind.SIGNATURE:
        return _NONE
    if facts.get("proven_time"):
        return _PASSED
    one, several = facts.get("timestamp"), facts.get("time_stamps")
    return _OPEN if one or several else _NONE


def _authority(facts: Mapping[str, Json], *, passed: bool) -> AspectStatus:
    """A statement that is signed and well-formed: what it says is what the signer says."""
    if not isinstance(facts.get("authority"), dict):
        return _NONE
    return _PASSED if passed or facts.get("intact") is True else _OPEN


def _seal(facts: Mapping[str, Json]) -> bool:
    steps = facts.get("steps")
    if not isinstance(steps, dict):
        return False
    wanted = [name for name in _SEAL_STEPS if name in steps]
    return bool(wanted) and all(steps[name] == "passed" for name in wanted)
