# SPDX-License-Identifier: Apache-2.0
"""Revocation lists: version 2; complete, about one partition, or a delta (RFC 5280 section 5).

Entries are sorted by serial number, so the same state always gives the same bytes to sign.  CRLNumber and
authority key id are always there.  Numbers come from the caller, who keeps them rising.  Lists too long to be
held as objects are written by :mod:`.long_crl`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Final

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

DELTA_INDICATOR: Final = "2.5.29.27"
INVALIDITY_DATE: Final = "2.5.29.24"
DISTRIBUTION_POINT: Final = "2.5.29.28"
FRESHEST: Final = "2.5.29.46"
REMOVED: Final = "removeFromCRL"
_REMOVED_CODE = 8


class RevocationReason(StrEnum):
    """CRLReason, RFC 5280 section 5.3.1.  ``removeFromCRL`` is no reason to give: see :class:`Resumed`."""

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
    invalidity_date: datetime | None = None
    """Since when the key is thought to have been out of its holder's hands: before ``at``, if known."""


@dataclass(frozen=True, slots=True)
class Resumed:
    """A certificate that was on hold in the base of a delta list and is good again (``removeFromCRL``)."""

    serial: int
    at: datetime


@dataclass(frozen=True, slots=True)
class ListKind:
    """What a list is about: everything of its issuer, unless it says otherwise.

    ``base``: number of the complete list that a delta starts from.  ``url``: distribution point of the one
    partition that the list is about, as it stands in its certificates.  ``freshest``: where the deltas are.
    """

    base: int | None = None
    url: str = ""
    freshest: str = ""


WHOLE: Final = ListKind()


def make_crl(
    *,
    issuer: Certificate,
    signer: Signer,
    number: int,
    this_update: datetime,
    next_update: datetime,
    revoked: Iterable[Revocation],
    resumed: Iterable[Resumed] = (),
    kind: ListKind = WHOLE,
) -> bytes:
    """The list, DER.  Raises :class:`DraftRefused` for what a list cannot say, or :class:`IssueFailed`."""
    # 1. Refuse what no relying party could use.
    updates = whole_seconds("this_update", this_update), whole_seconds("next_update", next_update)
    entries = _sorted([*map(_entry, revoked), *map(_removal, resumed)], updates[0])
    require_sense(issuer, number, updates, kind)
    if kind.base is None and any(one.reason == REMOVED for one in entries):
        raise DraftRefused(
            field="resumed",
            rule="removeFromCRL 只用于增量列表 / removeFromCRL belongs to delta lists alone",
            todo="完整列表中直接去掉即可 / leave it out of a complete list",
        )
    require_signer(signer, issuer.public_key, signer.scheme)
    # 2. Write and sign.
    try:
        before, after = frame(issuer, signer.scheme, number, updates, kind)
        listed = (
            der.sequence(*(one.encode() for one in entries)) if entries else b""
        )  # an empty list is absent
        tbs = der.sequence(before, listed, after)
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
    _compare(found, issuer, number, updates, entries, kind)
    require_signature(issuer.public_key, signature, tbs, signer.scheme)
    return encoded


@dataclass(frozen=True, slots=True)
class _Entry:
    """One line of a list."""

    serial: int
    at: datetime
    reason: str
    extensions: bytes

    def encode(self) -> bytes:
        return der.sequence(der.integer(self.serial), der.time(self.at), self.extensions)


def _entry(one: Revocation) -> _Entry:
    at = whole_seconds("revoked.at", one.at)
    since = one.invalidity_date
    if since is not None and (since := whole_seconds("revoked.invalidity_date", since)) > at:
        raise DraftRefused(
            field="revoked.invalidity_date",
            rule="失效时间不晚于吊销时间 / the key was lost before it was revoked, not after",
            todo="请核对失效时间,不知道则留空 / check it, or leave it out",
        )
    return _Entry(one.serial, at, one.reason.value, entry_extensions(one.reason, since))


def _removal(one: Resumed) -> _Entry:
    return _Entry(one.serial, whole_seconds("resumed.at", one.at), REMOVED, _REMOVAL)


def _sorted(given: Iterable[_Entry], this_update: datetime) -> Sequence[_Entry]:
    entries = sorted(given, key=lambda one: one.serial)
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


def require_sense(
    issuer: Certificate, number: int, updates: tuple[datetime, datetime], kind: ListKind
) -> None:
    """Who may say it, in which order, and about what.  Raises :class:`DraftRefused`."""
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
    if not issuer.not_before <= updates[0] < updates[1]:
        raise DraftRefused(
            field="next_update",
            rule="下次更新须晚于本次更新,本次更新不早于签发者证书 / issuer, this, then next update",
            todo="请检查时钟 / check the clock",
        )
    if kind.base is not None and not 0 <= kind.base < number:
        raise DraftRefused(
            field="base",
            rule="增量列表的基准编号须小于本次编号 / a delta starts from a lower number",
            todo="请先发布完整列表 / publish a complete list first",
        )
    if kind.base is not None and kind.freshest:
        raise DraftRefused(
            field="freshest",
            rule="增量列表不再指向增量列表 / a delta does not point to deltas",
            todo="只在完整列表中写明 / state it in complete lists only",
        )


def frame(
    issuer: Certificate,
    scheme: Scheme,
    number: int,
    updates: tuple[datetime, datetime],
    kind: ListKind,
) -> tuple[bytes, bytes]:
    """What stands before and behind the entries.  Raises :class:`~keys.DerMalformed`."""
    before = (
        der.integer(1),  # version 2
        scheme.algorithm_identifier(),
        issuer.subject.der,
        der.time(updates[0]),
        der.time(updates[1]),
    )
    extensions = (
        authority_key_id(issuer_key_id(issuer, issuer.public_key)),
        extension(CRL_NUMBER, der.integer(number)),
        b"" if kind.base is None else extension(DELTA_INDICATOR, der.integer(kind.base), critical=True),
        extension(DISTRIBUTION_POINT, der.sequence(_point(kind.url)), critical=True) if kind.url else b"",
        extension(FRESHEST, der.sequence(der.sequence(_point(kind.freshest)))) if kind.freshest else b"",
    )
    return b"".join(before), der.explicit(0, der.sequence(*extensions))


def _point(url: str) -> bytes:
    """DistributionPointName under its tag: a CHOICE, so explicit; the name in it is implicit."""
    return der.explicit(0, der.implicit(0, der.sequence(der.implicit(6, der.ia5(url)))))


@lru_cache(maxsize=64)
def entry_extensions(reason: RevocationReason, invalidity_date: datetime | None = None) -> bytes:
    """Empty when there is nothing to say: RFC 5280 section 5.3.1 leaves ``unspecified`` out."""
    listed = b""
    if reason is not RevocationReason.UNSPECIFIED:
        listed += extension(REASON_CODE, der.enumerated(REASON_CODES[reason]))
    if invalidity_date is not None:
        listed += extension(INVALIDITY_DATE, der.generalized(invalidity_date))
    return der.sequence(listed) if listed else b""


_REMOVAL = der.sequence(extension(REASON_CODE, der.enumerated(_REMOVED_CODE)))


def _compare(
    found: Crl,
    issuer: Certificate,
    number: int,
    updates: tuple[datetime, datetime],
    entries: Sequence[_Entry],
    kind: ListKind,
) -> None:
    different = [
        name
        for name, same in (
            ("issuer", found.issuer == issuer.subject),
            ("number", found.number == number),
            ("base", found.base == kind.base),
            ("scope", found.scope.urls == ((kind.url,) if kind.url else ())),
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
