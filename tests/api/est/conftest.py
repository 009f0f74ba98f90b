# SPDX-License-Identifier: Apache-2.0
"""Devices over one fresh database, with requests as devices make them."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from api.database import Database
from api.enrolment import EnrolmentPorts, Enrolments, OwnAuthority
from api.est import DeviceOrder, Est, EstPorts, Secret
from api.ledger import Ledger
from ca import SubjectName
from keys import KeyKind, SoftwareKey, der, generate_key
from verify import Certificate, parse_certificate

HOLDER, NAME = "91510100DEM001017Y", "四川样例建工集团有限公司"
OFFICE = "11510000DEM9A0017F"
KEYS: dict[tuple[str, KeyKind], SoftwareKey] = {}


def key_of(name: str, kind: KeyKind = KeyKind.SM2) -> SoftwareKey:
    """One key for each name, made for this run."""
    return KEYS.setdefault((name, kind), generate_key(kind))


def request_of(
    key: SoftwareKey, *, subject: bytes | None = None, attributes: tuple[bytes, ...] = ()
) -> bytes:
    """PKCS#10 with whatever attributes, properly signed."""
    named = SubjectName(NAME, NAME, HOLDER).encode() if subject is None else subject
    wishes = der.implicit(0, der.set_of(*attributes))
    info = der.sequence(der.integer(0), named, key.public_key.spki, wishes)
    return der.sequence(info, key.scheme.algorithm_identifier(), der.bits(key.sign(info)))


def extensions(*pairs: tuple[str, bytes]) -> bytes:
    """An extensionRequest."""
    listed = der.sequence(*(der.sequence(der.oid(kind), der.octets(value)) for kind, value in pairs))
    return der.sequence(der.oid("1.2.840.113549.1.9.14"), der.set_of(listed))


def names(*found: str) -> tuple[str, bytes]:
    """A wish for host names."""
    return "2.5.29.17", der.sequence(*(der.implicit(2, der.ia5(one)) for one in found))


def certificates_in(content: bytes) -> list[Certificate]:
    """The certificates of a PKCS#7 without signature."""
    kind, wrapped = der.read_only(content).children()
    assert der.as_oid(kind) == "1.2.840.113549.1.7.2"
    parts = der.read_only(wrapped.content).children()
    assert [one.tag for one in parts] == [der.INTEGER, der.SET, der.SEQUENCE, 0xA0, der.SET]
    assert (parts[1].content, parts[4].content) == (b"", b"")
    return [parse_certificate(one.raw) for one in parts[3].children()]


@dataclass
class Office:
    """Everything that a test of EST touches."""

    est: Est
    enrolments: Enrolments
    identity: Any
    database: Database
    ledger: Ledger
    clock: Any

    def registered(self, *, by: str = "operator-1", **more: Any) -> Secret:
        order = DeviceOrder(**{"label": "窗口自助机 01", "holder": HOLDER, "holder_name": NAME, **more})
        return self.est.devices.register(order, by=by)

    def enrol(self, secret: Secret, request: bytes, *, label: str | None = None, source: str = "a") -> Any:
        credentials = (secret.device_id, secret.secret)
        return self.est.enrol(label, credentials, base64.b64encode(request), source=source)

    def certificate(self, secret: Secret, request: bytes) -> Certificate:
        (found,) = certificates_in(self.enrol(secret, request))
        return found


@pytest.fixture
def office(
    identity: Any, database: Database, ledger: Ledger, clock: Any, random: Callable[[int], bytes]
) -> Office:
    certificates = identity.certificates
    enrolments = Enrolments(
        EnrolmentPorts(
            database=database,
            ledger=ledger,
            accounts=identity.accounts,
            issuance=OwnAuthority(certificates),
            office=OFFICE,
            clock=clock,
            random=random,
        )
    )
    ports = EstPorts(
        database=database,
        ledger=ledger,
        accounts=identity.accounts,
        certificates=certificates,
        enrolments=enrolments,
        clock=clock,
        random=random,
    )
    return Office(Est(ports), enrolments, identity, database, ledger, clock)
