# SPDX-License-Identifier: Apache-2.0
"""Seals and seal signatures written with a small DER writer, every part of which a test may bend."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asn1crypto import algos, core, crl, x509

from keys import Digest, HashAlgorithm, SoftwareKey, digest
from verify import SignatureReport, Trust, check_seal, check_ses_signature, parse_certificate, parse_crl

AT = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)
CONTENT = "施工许可证(样例)".encode()
PATH = "/Doc_0/Signs/Sign_0/Signature.xml"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 2
SM2_SM3 = "1.2.156.10197.1.501"


def tlv(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    size = len(content)
    head = bytes([size]) if size < 0x80 else bytes([0x80 | (size.bit_length() + 7) // 8])
    long = b"" if size < 0x80 else size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([tag]) + head + long + content


def oid(dotted: str) -> bytes:
    return bytes(core.ObjectIdentifier(dotted).dump())


def integer(number: int) -> bytes:
    return bytes(core.Integer(number).dump())


def time(moment: datetime) -> bytes:
    return tlv(0x18, f"{moment:%Y%m%d%H%M%SZ}".encode())


def utc(moment: datetime) -> bytes:
    return tlv(0x17, f"{moment:%y%m%d%H%M%SZ}".encode())


def bits(content: bytes, unused: int = 0) -> bytes:
    return tlv(0x03, bytes([unused]), content)


def raw(der: bytes) -> bytes:
    """``r || s`` of a DER signature."""
    pair = core.SequenceOf.load(der, spec=core.Integer)
    return b"".join(int(one.native).to_bytes(32) for one in pair)


@dataclass(frozen=True)
class Seal:
    """A seal that is right, but for what a test replaces.  Elements are given encoded."""

    maker: Any
    signers: tuple[bytes, ...]
    version: int = 4
    code: bytes = tlv(0x16, b"51010600000003")
    vendor: bytes = tlv(0x16, b"YINXIN")
    header: bytes | None = None
    type: bytes = integer(1)
    name: bytes = tlv(0x0C, "锦北区住建局(样章)".encode())
    list_type: bytes = integer(1)
    cert_list: bytes | None = None
    created: bytes = time(AT - timedelta(days=100))
    start: bytes = time(AT - timedelta(days=100))
    end: bytes = time(AT + timedelta(days=300))
    picture_type: bytes = tlv(0x16, b"PNG")
    picture: bytes = tlv(0x04, PNG)
    width: bytes = integer(42)
    height: bytes = integer(42)
    extensions: bytes = b""
    certificate: bytes | None = None
    algorithm: bytes | None = None
    value: Callable[[bytes], bytes] = bits
    content: Callable[[bytes, bytes, bytes], bytes] | None = None
    stamp: Callable[[bytes], bytes] | None = None
    wrap: Callable[[bytes], bytes] = bytes
    wrap_info: Callable[[bytes], bytes] = bytes

    def but(self, **changes: Any) -> Seal:
        return replace(self, **changes)

    def info(self) -> bytes:
        cert_list = self.cert_list
        if cert_list is None:
            cert_list = tlv(0x30, *(tlv(0x04, one) for one in self.signers))
        header = self.header or tlv(0x30, tlv(0x16, b"ES"), integer(self.version), self.vendor)
        own = tlv(
            0x30,
            self.type,
            self.name,
            self.list_type,
            cert_list,
            self.created,
            self.start,
            self.end,
        )
        picture = tlv(0x30, self.picture_type, self.picture, self.width, self.height)
        return tlv(0x30, header, self.code, own, picture, self.extensions)

    def dump(self) -> bytes:
        info = self.info()
        certificate = self.certificate or tlv(0x04, self.maker.der)
        algorithm = self.algorithm or oid(self.maker.key.scheme.oid)
        content = info
        if self.content is not None:
            content = self.content(info, certificate, algorithm)
        elif self.version == 1:
            content = tlv(0x30, info, certificate, algorithm)
        value = self.maker.key.sign(content)
        if self.version == 1:
            made = tlv(0x30, info, self.wrap_info(tlv(0x30, certificate, algorithm, self.value(value))))
        else:
            stamp = self.stamp(value) if self.stamp else b""
            made = tlv(0x30, info, certificate, algorithm, self.value(value), stamp)
        return self.wrap(made)


@dataclass(frozen=True)
class Signature:
    """A seal signature that is right, but for what a test replaces."""

    seal: Seal | bytes
    signer: Any
    version: int = 4
    stated: bytes | None = None
    at: bytes = time(AT - timedelta(hours=1))
    data_hash: bytes | None = None
    property_info: bytes = tlv(0x16, PATH.encode())
    extensions: bytes = b""
    certificate: bytes | None = None
    algorithm: bytes | None = None
    value: Callable[[bytes], bytes] = bits
    content: Callable[[bytes, bytes, bytes], bytes] | None = None
    sign: Callable[[bytes], bytes] | None = None
    stamp: Callable[[bytes], bytes] | None = None
    trailer: bytes = b""

    def but(self, **changes: Any) -> Signature:
        return replace(self, **changes)

    def digest(self, algorithm: HashAlgorithm) -> Digest:
        return digest(algorithm, CONTENT)

    def tbs(self) -> bytes:
        certificate, algorithm = self._ending()
        data_hash = self.data_hash
        if data_hash is None:
            data_hash = bits(self.digest(self.signer.key.scheme.hash).value)
        seal = self.seal if isinstance(self.seal, bytes) else self.seal.dump()
        return tlv(
            0x30,
            self.stated or integer(self.version),
            seal,
            self.at if self.version != 1 or self.at[0] != 0x18 else bits(self.at[2:]),
            data_hash,
            self.property_info,
            self.extensions,
            certificate + algorithm if self.version == 1 else b"",
        )

    def _ending(self) -> tuple[bytes, bytes]:
        certificate = self.certificate or tlv(0x04, self.signer.der)
        return certificate, self.algorithm or oid(self.signer.key.scheme.oid)

    def dump(self) -> bytes:
        tbs = self.tbs()
        certificate, algorithm = self._ending()
        content = tbs if self.content is None else self.content(tbs, certificate, algorithm)
        value = (self.sign or self.signer.key.sign)(content)
        stamp = self.stamp(value) if self.stamp else b""
        if self.version == 1:
            return tlv(0x30, tbs, self.value(value), self.trailer)
        return tlv(0x30, tbs, certificate, algorithm, self.value(value), stamp, self.trailer)


@dataclass(frozen=True)
class Bench:
    """An authority, a seal maker, a signer, and what a verifier trusts."""

    authority: Any
    maker: Any
    signer: Any
    cms: Callable[..., Any]
    trusted: dict[str, Any] = field(default_factory=dict)

    def seal(self, **changes: Any) -> Seal:
        version = changes.get("version", 4)
        if version == 1:
            days = (("created", -100), ("start", -100), ("end", 300))
            times = {name: utc(AT + timedelta(days=day)) for name, day in days}
            changes = {"list_type": b"", **times, **changes}
        return Seal(self.maker, (self.signer.der,)).but(**changes)

    def signature(self, seal: Seal | bytes | None = None, **changes: Any) -> Signature:
        version = changes.get("version", 4)
        return Signature(seal or self.seal(version=version), self.signer).but(**changes)

    def trust(self, **changes: Any) -> Trust:
        serials = changes.pop("revoked", ())
        known = self.authority.trust(*serials)
        issuing = parse_certificate(self.authority.issuing.der)
        trust: Trust = replace(known, intermediates=(issuing,), **changes)
        return trust

    def check(self, made: Signature | bytes, *, at: datetime = AT, **more: Any) -> SignatureReport:
        der = made if isinstance(made, bytes) else made.dump()
        trust = more.pop("trust", None) or self.trust()
        more.setdefault("property_info", PATH)
        return check_ses_signature(
            der, trust=trust, at=at, content_digest=lambda one: digest(one, CONTENT), **more
        )

    def look(self, made: Seal | bytes, *, at: datetime = AT, trust: Trust | None = None) -> SignatureReport:
        der = made if isinstance(made, bytes) else made.dump()
        return check_seal(der, trust=trust or self.trust(), at=at)

    def with_signer(self, signer: Any) -> Bench:
        return replace(self, signer=signer)

    def with_maker(self, maker: Any) -> Bench:
        return replace(self, maker=maker)

    def time(self, moment: datetime) -> bytes:
        return time(moment)

    def stamp(self, moment: datetime) -> Callable[[bytes], bytes]:
        """The element for a time stamp of that moment."""
        return lambda value: tlv(0xA0, bits(self.token(value, moment)))

    def token(self, value: bytes, at: datetime, *, purposes: tuple[str, ...] = ("time_stamping",)) -> bytes:
        """A time stamp over these octets."""
        tsa = self.authority.holder("时间戳", purposes=purposes)
        over = digest(tsa.key.scheme.hash, value)
        info = tlv(
            0x30,
            integer(1),
            oid("1.3.6.1.4.1.99999.1"),
            tlv(0x30, over.algorithm.algorithm_identifier(), tlv(0x04, over.value)),
            integer(77),
            time(at),
        )
        oids = {"signed_data": "1.2.840.113549.1.7.2", "data": "1.2.840.113549.1.9.16.1.4"}
        order = {"enclosed": info, "oids": oids, "version": 3, "certificates": (tsa.der,)}
        made: bytes = self.cms(tsa, info).but(**order).dump()
        return made


def bench_of(authority: Any, cms: Any) -> Bench:
    return Bench(authority, authority.holder("制章系统"), authority.holder("锦北区住建局"), cms)


@pytest.fixture(params=["sm2", "rsa", "ecdsa"])
def any_bench(request: pytest.FixtureRequest, authorities: Any, cms: Any) -> Bench:
    """One of each family of keys."""
    return bench_of(authorities[request.param], cms)


@pytest.fixture
def bench(authorities: Any, cms: Any) -> Bench:
    """SM2."""
    return bench_of(authorities["sm2"], cms)


@pytest.fixture(scope="session")
def lists_of() -> Callable[..., tuple[Any, ...]]:
    """Revocation lists of an authority as they stood at some moment, with nobody in them."""

    def make(authority: Any, at: datetime) -> tuple[Any, ...]:
        found = []
        for issuer in (authority.root, authority.issuing):
            body = crl.TbsCertList(
                {
                    "version": "v2",
                    "signature": algos.SignedDigestAlgorithm.load(issuer.key.scheme.algorithm_identifier()),
                    "issuer": issuer.certificate.subject,
                    "this_update": x509.Time({"utc_time": at - timedelta(days=1)}),
                    "next_update": x509.Time({"utc_time": at + timedelta(days=6)}),
                    "crl_extensions": [{"extn_id": "crl_number", "extn_value": 1}],
                }
            ).dump()
            value = issuer.key.sign(body)
            algorithm = issuer.key.scheme.algorithm_identifier()
            found.append(parse_crl(tlv(0x30, body, algorithm, bits(value))))
        return tuple(found)

    return make


@pytest.fixture
def certified(authorities: Any) -> Callable[[str, SoftwareKey], Any]:
    """A holder of a key that is given."""

    def make(name: str, key: SoftwareKey) -> Any:
        known = authorities["sm2"]
        like = known.holder("样例单位")
        module = sys.modules[type(known).__module__]
        der = module.certify(name, key, known.issuing, usage=("digital_signature", "non_repudiation"))
        return replace(like, key=key, der=der)

    return make
