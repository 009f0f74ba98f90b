# SPDX-License-Identifier: Apache-2.0
"""Time-stamping authorities: a request comes in, a response goes out, and a record stays (RFC 3161).

1. Many requests together: the clock is asked, serial numbers are written down.  2. Each signs by itself.
3. Many together again: digests of the tokens go into the database and, as one entry, into the public log.
4. Only then a token is released.  Killed anywhere, a serial number is spent and nobody holds the token.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Connection

from ca import (
    TimestampFailure,
    TimestampRefused,
    make_timestamp,
    make_timestamp_failure,
    make_timestamp_response,
    parse_timestamp_request,
)
from keys import Digest, HashAlgorithm
from verify import Certificate, parse_certificate

from . import store
from .errors import TimeNotTrusted, TimestampError, TsaUnknown
from .grouping import GroupCommit
from .ports import TimestampPorts

_log = logging.getLogger("yinxin.timestamps")
RANDOM_BYTES: Final = 8
_SHA2: Final = frozenset({HashAlgorithm.SHA256, HashAlgorithm.SHA384, HashAlgorithm.SHA512})
STAMPS: Final[Mapping[str, frozenset[HashAlgorithm]]] = MappingProxyType(
    {"tsa-sm2": frozenset({HashAlgorithm.SM3}), "tsa-rsa": _SHA2}
)
"""Each authority, by the label of its key, and the digests that it stamps: one family from end to end."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    label: str
    digest: Digest


@dataclass(frozen=True, slots=True)
class _Issuer:
    """The certificate in force, read once."""

    certificate: Certificate
    chain: tuple[Certificate, ...]


@dataclass(frozen=True, slots=True)
class _Reserved:
    number: int
    serial: int
    at: datetime
    issuer: _Issuer


class Timestamps:
    """Safe to share between threads; several processes may work on one database."""

    def __init__(self, ports: TimestampPorts) -> None:
        self._ports = ports
        self._reserving: GroupCommit[_Wanted, _Reserved | Exception] = GroupCommit(self._reserve)
        self._recording: GroupCommit[tuple[int, str], int] = GroupCommit(self._record)
        self._issuers: dict[str, _Issuer] = {}

    def answer(self, label: str, body: bytes) -> bytes:
        """The response to a request, whatever the bytes and whatever goes wrong."""
        try:
            request = parse_timestamp_request(body, policies=(self._ports.policy,))
            token = self.stamp(
                label, request.digest, nonce=request.nonce, with_certificate=request.wants_certificate
            )
            return make_timestamp_response(token)
        except TimestampRefused as refused:
            return refused.response
        except TimeNotTrusted as refused:
            _log.error("no time stamps: %s", refused.en, extra={"code": refused.code})
            return make_timestamp_failure(
                TimestampFailure.TIME_NOT_AVAILABLE, f"{refused.zh} / {refused.en} ({refused.code})"
            )
        except TimestampError as refused:
            return make_timestamp_failure(TimestampFailure.SYSTEM_FAILURE, f"{refused.zh} / {refused.en}")
        except Exception as error:
            # The last resort of a protocol that has its own words for failure.
            _log.error("a time stamp failed", exc_info=error, extra={"tsa": label})
            return make_timestamp_failure(
                TimestampFailure.SYSTEM_FAILURE, "时间戳服务暂不可用 / the authority cannot answer now"
            )

    def stamp(
        self, label: str, digest: Digest, *, nonce: int | None = None, with_certificate: bool = True
    ) -> bytes:
        """One token, DER, for a digest of ours or of anybody's.  Durable before it returns.

        Raises :class:`TimestampRefused` for a digest that this authority does not stamp,
        :class:`TimeNotTrusted`, :class:`TsaUnknown`, :class:`TooManyWaiting`, or what signing raises.
        """
        ports = self._ports
        if label not in STAMPS:
            raise TsaUnknown(label)
        if digest.algorithm not in STAMPS[label]:
            known = ", ".join(sorted(STAMPS[label]))
            raise TimestampRefused(f"digest algorithm: {known} only", TimestampFailure.BAD_ALGORITHM)
        # 1. A serial number, written down; it is spent even if everything after fails.
        reserved = self._reserving.submit(_Wanted(label, digest))
        if isinstance(reserved, Exception):
            raise reserved
        # 2. Sign, reopen, compare.
        token = make_timestamp(
            tsa=reserved.issuer.certificate,
            chain=reserved.issuer.chain,
            signer=ports.vault.signer(label),
            digest=digest,
            policy=ports.policy,
            serial=reserved.serial,
            at=reserved.at,
            accuracy=ports.accuracy,
            nonce=nonce,
            with_certificate=with_certificate,
        )
        # 3. Durable and in the public log before anybody has it.
        self._recording.submit((reserved.number, hashlib.sha256(token).hexdigest()))
        return token

    def available(self, label: str) -> bool:
        """Has this authority a key and a certificate in force?"""
        with self._ports.database.read() as connection:
            try:
                self._issuer(connection, label)
            except TsaUnknown:
                return False
        return label in self._ports.vault.labels()

    def _reserve(self, wanted: Sequence[_Wanted]) -> list[_Reserved | Exception]:
        """Numbers rise over all authorities; an authority that cannot stamp does not stop the other."""
        ports, answers, rows = self._ports, list[_Reserved | Exception](), list[dict[str, Any]]()
        with ports.database.write() as connection:
            number = store.newest_number(connection)
            ready = {one: self._ready(connection, one) for one in {each.label for each in wanted}}
            for one in wanted:
                found = ready[one.label]
                if isinstance(found, Exception):
                    answers.append(found)
                    continue
                issuer, at = found
                number += 1
                # Rising, never twice, and not to be guessed: a restored backup does not repeat one either.
                serial = number << 8 * RANDOM_BYTES | int.from_bytes(ports.random(RANDOM_BYTES))
                rows.append(self._row(one, issuer, number, serial, at))
                answers.append(_Reserved(number, serial, at, issuer))
            if rows:
                store.reserve(connection, rows)
        return answers

    def _ready(self, connection: Connection, label: str) -> tuple[_Issuer, datetime] | Exception:
        try:
            issuer = self._issuer(connection, label)
            newest = store.newest_time(connection, issuer.certificate.fingerprint)
            # Whole seconds, downwards, as the token says it; the stated accuracy allows for it.
            return issuer, self._ports.clock.now(newest=newest).replace(microsecond=0)
        except (TsaUnknown, TimeNotTrusted) as refused:
            return refused

    def _row(
        self, wanted: _Wanted, issuer: _Issuer, number: int, serial: int, at: datetime
    ) -> dict[str, Any]:
        return {
            "number": number,
            "authority": wanted.label,
            "certificate": issuer.certificate.fingerprint,
            "serial": f"{serial:x}",
            "policy": self._ports.policy,
            "digest_algorithm": wanted.digest.algorithm.value,
            "digest": wanted.digest.hex,
            "stamped_at": at,
            "token_sha256": None,
            "batch": None,
        }

    def _record(self, tokens: Sequence[tuple[int, str]]) -> list[int]:
        with self._ports.ledger.transaction() as tx:
            index = store.record(tx, dict(tokens))
        return [index] * len(tokens)

    def _issuer(self, connection: Connection, label: str) -> _Issuer:
        found = self._ports.certificate(connection, label)
        if found is None or found.held_at is not None:
            raise TsaUnknown(label)
        known = self._issuers.get(label)
        if known is None or known.certificate.fingerprint != found.fingerprint:
            chain = self._ports.issuers(found.certificate_id)
            known = _Issuer(parse_certificate(found.der), tuple(parse_certificate(one) for one in chain))
            self._issuers[label] = known
        return known
