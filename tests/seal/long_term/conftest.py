# SPDX-License-Identifier: Apache-2.0
"""A small world with a history: authorities that end, time-stamping authorities that follow each other."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest

from ca import (
    Revocation,
    RevocationReason,
    SubjectName,
    draft,
    issue,
    lint,
    make_crl,
    make_timestamp,
    new_serial,
    profile,
)
from keys import Digest, HashAlgorithm, KeyKind, SoftwareKey, generate_key
from seal import Evidence, SealingCertificate, seal_pdf
from verify import Accuracy, Certificate, Crl, Report, Trust, check_pdf, parse_certificate, parse_crl

SEALED = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)
_RANDOM = random.Random(20260801)
_LISTS: dict[tuple[str, datetime, tuple[Revocation, ...]], Crl] = {}


@dataclass(frozen=True)
class Holder:
    key: SoftwareKey
    certificate: Certificate
    chain: tuple[Certificate, ...] = ()


@dataclass(frozen=True)
class World:
    """Everything is of one kind of key.  ``tsas``: by the year in which each begins."""

    root: Holder
    issuing: Holder
    seal: Holder
    tsas: dict[int, Holder]
    revoked: tuple[tuple[Certificate, datetime], ...] = ()
    tokens: list[bytes] = field(default_factory=list)

    @property
    def algorithm(self) -> HashAlgorithm:
        return self.seal.key.scheme.hash

    def revoking(self, certificate: Certificate, at: datetime) -> World:
        return replace(self, revoked=(*self.revoked, (certificate, at)))

    def lists(self, at: datetime, issuers: tuple[Holder, ...] = ()) -> tuple[Crl, ...]:
        """The lists that were current at ``at``: a day old, good for a week."""
        return tuple(self._list(one, at) for one in issuers or (self.root, self.issuing))

    def _list(self, issuer: Holder, at: datetime) -> Crl:
        this = at - timedelta(days=1)
        gone = [
            Revocation(certificate.serial, since, RevocationReason.CESSATION_OF_OPERATION)
            for certificate, since in self.revoked
            if since <= this and certificate.issuer == issuer.certificate.subject
        ]
        name = (issuer.certificate.fingerprint, at, tuple(gone))
        if name not in _LISTS:  # a list is signed once: its signature is not the same twice
            encoded = make_crl(
                issuer=issuer.certificate,
                signer=issuer.key,
                number=int(at.timestamp()) // 3600,
                this_update=this,
                next_update=at + timedelta(days=6),
                revoked=gone,
            )
            _LISTS[name] = parse_crl(encoded)
        return _LISTS[name]

    def sealing(self, at: datetime = SEALED) -> SealingCertificate:
        return SealingCertificate(self.seal.certificate, self.seal.chain, self.lists(at))

    def tsa(self, at: datetime) -> Holder:
        return self.tsas[max(year for year in self.tsas if year <= at.year)]

    def stamper(self, at: datetime, tsa: Holder | None = None) -> Callable[[Digest], bytes]:
        holder = tsa or self.tsa(at)

        def stamp(digest: Digest) -> bytes:
            token = make_timestamp(
                tsa=holder.certificate,
                chain=holder.chain,
                signer=holder.key,
                digest=digest,
                policy="1.2.156.10197.1.999.1",
                serial=_RANDOM.getrandbits(64),
                at=at,
                accuracy=Accuracy(seconds=1),
            )
            self.tokens.append(token)
            return token

        return stamp

    def evidence(self, at: datetime) -> Evidence:
        tsa = self.tsa(at)
        return Evidence(
            (self.root.certificate, self.seal.certificate, *self.seal.chain, tsa.certificate, *tsa.chain),
            self.lists(at),
        )

    def trust(self, at: datetime | None = None) -> Trust:
        """The root, and the lists of a time, or none at all."""
        return Trust(
            anchors=(self.root.certificate,), crls=() if at is None else self.lists(at), source="test"
        )

    def sealed(
        self, data: bytes, *, stamped: bool = True, certify: bool = False, at: datetime = SEALED
    ) -> bytes:
        return seal_pdf(
            data,
            self.seal.key,
            sealing=self.sealing(at),
            at=at,
            placement=None,
            appearance=None,
            reason="核发",
            certify=certify,
            timestamper=self.stamper(at + timedelta(seconds=2)) if stamped else None,
        )

    def check(self, data: bytes, at: datetime, *, lists: bool = True) -> Report:
        return check_pdf(data, trust=self.trust(at if lists else None), at=at)


def certify(
    name: str, subject: SubjectName, key: SoftwareKey, issuer: Holder | None, begins: datetime, days: int
) -> Certificate:
    signer = key if issuer is None else issuer.key
    made = draft(
        profile(name),
        subject=subject,
        public_key=key.public_key,
        issuer=None if issuer is None else issuer.certificate,
        scheme=signer.scheme,
        serial=new_serial(_RANDOM.randbytes(16)),
        not_before=begins,
        not_after=begins + timedelta(days=days),
        crl_url="" if issuer is None else "http://ca.example/issuing.crl",
    )
    return parse_certificate(issue(lint(made), signer))


@cache
def _world(kind: KeyKind) -> World:
    keys = [generate_key(kind) for _ in range(10)]
    start = datetime(2026, 1, 1, tzinfo=UTC)
    root = Holder(keys[0], certify("root", SubjectName("测试根"), keys[0], None, start, 9000))
    issuing = Holder(keys[1], certify("issuing", SubjectName("测试签发"), keys[1], root, start, 5470))
    above = (issuing.certificate,)
    name = SubjectName(
        "51010600000003", organization="蜀州市锦北区住房和城乡建设局(演示)", uscc="11510106DEM9A00331"
    )
    seal = Holder(keys[2], certify("seal", name, keys[2], issuing, start, 700), above)
    tsas = {}
    for key, year in zip(keys[3:], (2026, 2028, 2030, 2032, 2034, 2036, 2038), strict=True):
        begins = datetime(year, 1, 1, tzinfo=UTC)
        days = min(1090, (issuing.certificate.not_after - begins).days - 1)
        tsas[year] = Holder(
            key, certify("tsa", SubjectName(f"时间戳 {year}"), key, issuing, begins, days), above
        )
    return World(root, issuing, seal, tsas)


@pytest.fixture(scope="session")
def world() -> Callable[[KeyKind], World]:
    """The world of this kind of key; made once."""
    return _world


@pytest.fixture(scope="session")
def told() -> Callable[[Report], Any]:
    """Everything a report says, for messages of assertions."""
    return lambda report: [
        (one.format, one.indication.value, one.sub_indication, [reason.en for reason in one.reasons])
        for one in report.signatures
    ]
