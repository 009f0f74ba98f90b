# SPDX-License-Identifier: Apache-2.0
"""Certificates and revocation lists written by hand, so that a single rule can be broken.

Every part may be replaced while everything else, the signature included, stays right.  What other programs
write is in ``test_x509_peers``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest

from keys import KeyKind, SoftwareKey, default_scheme, der, generate_key
from verify import Certificate, Crl, Trust, parse_certificate, parse_crl

AT = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)
START, END = AT - timedelta(days=200), AT + timedelta(days=900)
CA_USES, LEAF_USES = (5, 6), (0, 1)


@cache
def key_of(kind: KeyKind, name: str) -> SoftwareKey:
    """One key for a name and kind: making RSA keys is slow."""
    return generate_key(kind)


def name_of(common_name: str, organization: str = "") -> bytes:
    pairs = [("2.5.4.6", der.printable("CN"))]
    pairs += [("2.5.4.10", der.utf8(organization))] if organization else []
    pairs += [("2.5.4.3", der.utf8(common_name))] if common_name else []
    return der.sequence(*(der.set_of(der.sequence(der.oid(kind), value)) for kind, value in pairs))


def extension(identifier: str, value: bytes, *, critical: bool = False) -> bytes:
    return der.sequence(der.oid(identifier), der.boolean(True) if critical else b"", der.octets(value))


@dataclass
class Holder:
    """A key, its certificate, and what it can issue."""

    key: SoftwareKey
    certificate: Certificate

    def certify(self, subject: str, **options: Any) -> Holder:
        """A certificate of this authority."""
        return certify(subject, issuer=self, **options)

    def crl(self, revoked: Mapping[int, tuple[datetime, int]] | Iterable[int] = (), **options: Any) -> Crl:
        """A revocation list of this authority."""
        return parse_crl(crl_der(self, revoked, **options))


def certify(
    subject: str,
    *,
    issuer: Holder | None = None,
    kind: KeyKind = KeyKind.P256,
    key: SoftwareKey | None = None,
    organization: str = "",
    authority: bool = False,
    path_length: int | None = None,
    uses: Iterable[int] | None = None,
    not_before: datetime = START,
    not_after: datetime = END,
    serial: int | None = None,
    extensions: Mapping[str, bytes | None] | None = None,
    raw: Mapping[str, bytes] | None = None,
) -> Holder:
    """``extensions``: replaces (or with ``None`` removes) an extension; ``raw``: see :func:`signed`."""
    own = key or key_of(kind, subject)
    signer = issuer.key if issuer else own
    uses = uses if uses is not None else (CA_USES if authority else LEAF_USES)
    constraints = der.boolean(True) if authority else b""
    constraints += der.integer(path_length) if path_length is not None else b""
    own_id = own.public_key.key_id
    issuer_id = issuer.certificate.subject_key_id or b"" if issuer else own_id
    listed: dict[str, bytes | None] = {
        "2.5.29.19": extension("2.5.29.19", der.sequence(constraints), critical=True),
        "2.5.29.15": extension("2.5.29.15", der.named_bits(uses), critical=True),
        "2.5.29.14": extension("2.5.29.14", der.octets(own_id)),
        "2.5.29.35": extension("2.5.29.35", der.sequence(der.implicit(0, der.octets(issuer_id)))),
        **(extensions or {}),
    }
    present = [one for one in listed.values() if one is not None]
    if serial is None:
        serial = int.from_bytes(hashlib.sha256(subject.encode()).digest()[:9])
    members = {
        "version": der.explicit(0, der.integer(2)),
        "serial": der.integer(serial),
        "algorithm": signer.scheme.algorithm_identifier(),
        "issuer": issuer.certificate.subject.der if issuer else name_of(subject, organization),
        "validity": der.sequence(der.time(not_before), der.time(not_after)),
        "subject": name_of(subject, organization),
        "spki": own.public_key.spki,
        "extensions": der.explicit(3, der.sequence(*present)) if present else b"",
    }
    return Holder(own, parse_certificate(signed(members, signer, raw or {})))


def signed(members: dict[str, bytes], signer: SoftwareKey, raw: Mapping[str, bytes]) -> bytes:
    """``SEQUENCE { tbs, algorithm, signature }``.

    ``raw`` replaces members of tbs by other bytes, and under ``outer`` the algorithm beside the signature.
    """
    changed = {**members, **raw}
    outer = changed.pop("outer", changed["algorithm"])
    tbs = der.sequence(*changed.values())
    return der.sequence(tbs, outer, der.bits(signer.sign(tbs)))


def crl_der(
    issuer: Holder,
    revoked: Mapping[int, tuple[datetime, int]] | Iterable[int] = (),
    *,
    key: SoftwareKey | None = None,
    number: int = 1,
    this_update: datetime = AT - timedelta(days=1),
    next_update: datetime | None = AT + timedelta(days=6),
    extensions: Iterable[bytes] = (),
    entry_extensions: bytes = b"",
    raw: Mapping[str, bytes] | None = None,
) -> bytes:
    """``revoked``: serial numbers, or serial numbers with time and reason code."""
    signer = key or issuer.key
    if not isinstance(revoked, Mapping):
        revoked = {serial: (AT - timedelta(days=2), 0) for serial in revoked}
    entries = b""
    for serial, (moment, reason) in revoked.items():
        own = entry_extensions
        own += extension("2.5.29.21", der.enumerated(reason)) if reason else b""
        entries += der.sequence(der.integer(serial), der.time(moment), der.sequence(own) if own else b"")
    issuer_id = issuer.certificate.subject_key_id or b""
    members = {
        "version": der.integer(1),
        "algorithm": signer.scheme.algorithm_identifier(),
        "issuer": issuer.certificate.subject.der,
        "this_update": der.time(this_update),
        "next_update": der.time(next_update) if next_update else b"",
        "entries": der.sequence(entries) if entries else b"",
        "extensions": der.explicit(
            0,
            der.sequence(
                extension("2.5.29.35", der.sequence(der.implicit(0, der.octets(issuer_id)))),
                extension("2.5.29.20", der.integer(number)),
                *extensions,
            ),
        ),
    }
    return signed(members, signer, raw or {})


@dataclass
class World:
    """Root, issuing authority, a certificate, and a verifier that trusts the root."""

    root: Holder
    issuing: Holder
    leaf: Holder
    trust: Trust = field(default_factory=Trust)

    def trusting(self, *crls: Crl, **changes: Any) -> Trust:
        """The same trust with other lists."""
        return replace(self.trust, crls=crls or self.trust.crls, **changes)


def world_of(kind: KeyKind) -> World:
    root = certify("测试根", kind=kind, authority=True)
    issuing = root.certify("测试签发", kind=kind, authority=True, path_length=0)
    leaf = issuing.certify("川建签章", kind=kind, organization="91510100DEM001017Y四川样例建工集团有限公司")
    trust = Trust(
        anchors=(root.certificate,),
        intermediates=(issuing.certificate,),
        crls=(root.crl(), issuing.crl()),
        source="test",
    )
    return World(root, issuing, leaf, trust)


WORLDS = {kind: cache(world_of) for kind in (KeyKind.SM2, KeyKind.RSA2048, KeyKind.P256)}


@pytest.fixture(params=list(WORLDS), ids=str)
def world(request: pytest.FixtureRequest) -> World:
    """One world for each family of keys."""
    made: World = WORLDS[request.param](request.param)
    return made


@pytest.fixture
def small() -> World:
    """The world of the fastest keys, for rules that do not depend on the family."""
    made: World = WORLDS[KeyKind.P256](KeyKind.P256)
    return made


@pytest.fixture
def sm2() -> World:
    """The world of SM2."""
    made: World = WORLDS[KeyKind.SM2](KeyKind.SM2)
    return made


class Making:
    """The makers, for tests that write something of their own."""

    AT, START, END = AT, START, END
    certify = staticmethod(certify)
    crl_der = staticmethod(crl_der)
    extension = staticmethod(extension)
    name_of = staticmethod(name_of)
    signed = staticmethod(signed)
    key_of = staticmethod(key_of)
    default_scheme = staticmethod(default_scheme)
    Holder = Holder


@pytest.fixture(scope="session")
def making() -> type[Making]:
    return Making
