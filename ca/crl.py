# SPDX-License-Identifier: Apache-2.0
"""Revocation lists: version 2, complete, RFC 5280 section 5.

Entries are sorted by serial number, so the same state always gives the same bytes to sign.  CRLNumber and
authority key id are always there.  Numbers come from the caller, who keeps them rising.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache

from keys import KeysError, Scheme, Signer, der
from verify import Certificate, Crl, VerifyError, parse_crl

from .drafting import (
    CRL_NUMBER,
    LONGEST_SERIAL,
    REASON_CODE,
    authority_key_id,
    extension,
    issuer_key_id,
    whole_seconds,
)
from .errors import DraftRefused, IssueFailed
from .issuing import require_signature, require_signer, signed


class RevocationReason(StrEnum):
    """CRLReason, RFC 5280 section 5.3.1; ``removeFromCRL`` belongs to delta lists, which we do not make."""

    UNSPECIFIED = "unspecified"
    KEY_COMPROMISE = "keyCompromise"
    CA_COMPROMISE = "cACompromise"
    AFFILIATION_CHANGED = "affiliationChanged"
    SUPERSEDED = "superseded"
    CESSATION_OF_OPERATION = "cessationOfOperation"
    CERTIFICATE_HOLD = "certificateHold"
    PRIVILEGE_WITHDRAWN = "privilegeWithdrawn"


REASON_CODES = {
    RevocationReason.UNSPECIFIED: 0,
    RevocationReason.KEY_COMPROMISE: 1,
    RevocationReason.CA_COMPROMISE: 2,
    RevocationReason.AFFILIATION_CHANGED: 3,
    RevocationReason.SUPERSEDED: 4,
    RevocationReason.CESSATION_OF_OPERATION: 5,
    RevocationReason.CERTIFICATE_HOLD: 6,
    RevocationReason.PRIVILEGE_WITHDRAWN: 9,
}


@dataclass(frozen=True, slots=True)
class Revocation:
    """One certificate that is no longer good, since when and why."""

    serial: int
    at: datetime
    reason: RevocationReason = RevocationReason.UNSPECIFIED


def make_crl(
    *,
    issuer: Certificate,
    signer: Signer,
    number: int,
    this_update: datetime,
    next_update: datetime,
    revoked: Iterable[Revocation],
) -> bytes:
    """The list, DER.  Raises :class:`DraftRefused` for what a list cannot say, or :class:`IssueFailed`."""
    # 1. Refuse what no relying party could use.
    this_update = whole_seconds("this_update", this_update)
    next_update = whole_seconds("next_update", next_update)
    entries = _sorted(revoked, this_update)
    _require_sense(issuer, number, this_update, next_update)
    require_signer(signer, issuer.public_key, signer.scheme)
    # 2. Write and sign.
    try:
        tbs = _tbs(issuer, signer.scheme, number, (this_update, next_update), entries)
    except KeysError as error:
        raise DraftRefused(
            field="crl", rule=f"无法编码 / cannot be encoded: {error}", todo="请检查输入 / check the input"
        ) from error
    encoded, signature = signed(tbs, signer, signer.scheme)
    # 3. Reopen as relying parties will; compare, then verify.
    try:
        found = parse_crl(encoded)
    except (VerifyError, KeysError) as error:
        raise IssueFailed("reopen", str(error)) from error
    if found.tbs != tbs or found.signature != signature or found.critical_unknown:
        raise IssueFailed("compare", "the reader sees other bytes, or a critical extension")
    _compare(found, issuer, number, (this_update, next_update), entries)
    require_signature(issuer.public_key, signature, tbs, signer.scheme)
    return encoded


def _sorted(revoked: Iterable[Revocation], this_update: datetime) -> Sequence[Revocation]:
    entries = sorted(
        (Revocation(one.serial, whole_seconds("revoked.at", one.at), one.reason) for one in revoked),
        key=lambda one: one.serial,
    )
    previous = 0
    for one in entries:
        if one.serial <= previous or one.serial.bit_length() >= 8 * LONGEST_SERIAL:
            raise DraftRefused(
                field="revoked.serial",
                rule="序列号为正且不重复,不超过20字节 / positive, at most 20 octets, each once",
                todo="每个证书只列一次 / list each certificate once",
            )
        if one.at > this_update:
            raise DraftRefused(
                field="revoked.at",
                rule="吊销时间不晚于本次更新 / not revoked later than this update",
                todo="请检查时钟 / check the clock",
            )
        previous = one.serial
    return entries


def _require_sense(issuer: Certificate, number: int, this_update: datetime, next_update: datetime) -> None:
    if not issuer.is_ca or "cRLSign" not in (issuer.key_usage or ()):
        raise DraftRefused(
            field="issuer",
            rule="签发者须有cRLSign用法 / the issuer needs key usage cRLSign",
            todo="请用签发机构证书 / use the certificate of an authority",
        )
    if not 0 <= number < 1 << (8 * LONGEST_SERIAL - 1):
        raise DraftRefused(
            field="number",
            rule="CRL编号为非负数,不超过20字节 / not negative, at most 20 octets",
            todo="请用上一编号加一 / use the last number plus one",
        )
    if not issuer.not_before <= this_update < next_update:
        raise DraftRefused(
            field="next_update",
            rule="下次更新须晚于本次更新,本次更新不早于签发者证书 / issuer, this, then next update",
            todo="请检查时钟 / check the clock",
        )


def _tbs(
    issuer: Certificate,
    scheme: Scheme,
    number: int,
    updates: tuple[datetime, datetime],
    entries: Sequence[Revocation],
) -> bytes:
    listed = b"".join(
        der.sequence(der.integer(one.serial), der.time(one.at), _reason(one.reason)) for one in entries
    )
    extensions = der.sequence(
        authority_key_id(issuer_key_id(issuer, issuer.public_key)),
        extension(CRL_NUMBER, der.integer(number)),
    )
    return der.sequence(
        der.integer(1),  # version 2
        scheme.algorithm_identifier(),
        issuer.subject.der,
        der.time(updates[0]),
        der.time(updates[1]),
        der.sequence(listed) if entries else b"",  # an empty list must be absent
        der.explicit(0, extensions),
    )


@lru_cache(maxsize=16)
def _reason(reason: RevocationReason) -> bytes:
    if reason is RevocationReason.UNSPECIFIED:
        return b""  # RFC 5280 section 5.3.1: left out rather than stated
    return der.sequence(extension(REASON_CODE, der.enumerated(REASON_CODES[reason])))


def _compare(
    found: Crl,
    issuer: Certificate,
    number: int,
    updates: tuple[datetime, datetime],
    entries: Sequence[Revocation],
) -> None:
    different = [
        name
        for name, same in (
            ("issuer", found.issuer == issuer.subject),
            ("number", found.number == number),
            ("authority_key_id", found.authority_key_id == issuer_key_id(issuer, issuer.public_key)),
            ("this_update", found.this_update == updates[0]),
            ("next_update", found.next_update == updates[1]),
            ("size", len(found.entries) == len(entries)),
        )
        if not same
    ]
    for one in entries:
        listed = found.entries.get(one.serial)
        if listed is None or listed.at != one.at or listed.reason != one.reason:
            different.append(f"entry {one.serial:x}")
            break
    if different:
        raise IssueFailed("compare", f"differs from what was meant: {', '.join(different)}")
