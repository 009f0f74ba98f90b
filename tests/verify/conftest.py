# SPDX-License-Identifier: Apache-2.0
"""An authority in miniature, written with asn1crypto and a small DER writer: nothing of ours writes here.

Keys are of any kind that ``keys`` knows, so SM2 and RSA walk the same tests.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from asn1crypto import algos, core, crl, keys, x509

from keys import HashAlgorithm, KeyKind, Scheme, SoftwareKey, default_scheme, digest, generate_key
from verify import Trust, parse_certificate, parse_crl

from .conforming import every_report_conforms

__all__ = ["every_report_conforms"]

AT = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)
START, END = AT - timedelta(days=200), AT + timedelta(days=900)
RFC = {"signed_data": "1.2.840.113549.1.7.2", "data": "1.2.840.113549.1.7.1"}
GBT = {"signed_data": "1.2.156.10197.6.1.4.2.2", "data": "1.2.156.10197.6.1.4.2.1"}


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


@cache
def new_key(kind: KeyKind, name: str) -> SoftwareKey:
    """One key for each name in a test run: RSA keys are slow to make."""
    assert name
    return generate_key(kind)


@dataclass(frozen=True)
class Holder:
    """A key with its certificate, and the certificates between it and the root."""

    key: SoftwareKey
    der: bytes
    chain: tuple[bytes, ...]

    @property
    def certificate(self) -> Any:
        return x509.Certificate.load(self.der)


@dataclass(frozen=True)
class Authority:
    """Root and issuing certificate of one kind of key."""

    name: str
    root: Holder
    issuing: Holder

    def holder(
        self,
        subject: str = "四川样例建工集团有限公司",
        *,
        kind: KeyKind | None = None,
        days: int = 900,
        usage: Sequence[str] = ("digital_signature", "non_repudiation"),
        purposes: Sequence[str] = (),
    ) -> Holder:
        key = new_key(kind or self.issuing.key.public_key.kind, subject + self.name)
        der = certify(subject, key, self.issuing, usage=usage, days=days, purposes=purposes)
        return Holder(key, der, (self.issuing.der,))

    def list_signer(self, subject: str = "信任列表") -> Holder:
        """Certified for trust lists and nothing else (id-tsl-kp-tslSigning)."""
        return self.holder(subject, purposes=("0.4.0.2231.3.0",))

    def crls(self, *serials: int, fresh: bool = True) -> tuple[bytes, bytes]:
        return revocations(self.root, (), fresh), revocations(self.issuing, serials, fresh)

    def trust(self, *serials: int, **changes: Any) -> Trust:
        """The root and two fresh lists; intermediates travel with the signatures."""
        known = Trust(
            anchors=(parse_certificate(self.root.der),),
            crls=tuple(parse_crl(one) for one in self.crls(*serials)),
            source="test",
        )
        return replace(known, **changes)


def certify(
    subject: str,
    key: SoftwareKey,
    issuer: Holder | None,
    *,
    usage: Sequence[str],
    ca: bool = False,
    days: int = 900,
    purposes: Sequence[str] = (),
) -> bytes:
    """A certificate; self-signed without an issuer."""
    signer = key if issuer is None else issuer.key
    issuer_name = named(subject) if issuer is None else issuer.certificate.subject
    algorithm = algos.SignedDigestAlgorithm.load(signer.scheme.algorithm_identifier())
    extensions = [
        {"extn_id": "basic_constraints", "critical": True, "extn_value": {"ca": ca}},
        {"extn_id": "key_usage", "critical": True, "extn_value": set(usage)},
        {"extn_id": "key_identifier", "extn_value": key.public_key.key_id},
        {
            "extn_id": "authority_key_identifier",
            "extn_value": {"key_identifier": signer.public_key.key_id},
        },
    ]
    if purposes:
        extensions.append({"extn_id": "extended_key_usage", "critical": True, "extn_value": list(purposes)})
    tbs = x509.TbsCertificate(
        {
            "version": "v3",
            "serial_number": int.from_bytes(hashlib.sha256(subject.encode()).digest()[:9]) >> 1,
            "signature": algorithm,
            "issuer": issuer_name,
            "validity": {
                "not_before": x509.Time({"utc_time": START}),
                "not_after": x509.Time({"utc_time": START + timedelta(days=200 + days)}),
            },
            "subject": named(subject),
            "subject_public_key_info": keys.PublicKeyInfo.load(key.public_key.spki),
            "extensions": extensions,
        }
    ).dump()
    value = signer.sign(tbs)
    return tlv(0x30, tbs, signer.scheme.algorithm_identifier(), tlv(0x03, b"\x00", value))


def named(common_name: str) -> Any:
    return x509.Name.build({"country_name": "CN", "common_name": common_name})


def revocations(issuer: Holder, serials: Sequence[int], fresh: bool) -> bytes:
    shift = timedelta(0) if fresh else timedelta(days=30)
    body: dict[str, Any] = {
        "version": "v2",
        "signature": algos.SignedDigestAlgorithm.load(issuer.key.scheme.algorithm_identifier()),
        "issuer": issuer.certificate.subject,
        "this_update": x509.Time({"utc_time": AT - timedelta(days=1) - shift}),
        "next_update": x509.Time({"utc_time": AT + timedelta(days=6) - shift}),
        "crl_extensions": [
            {"extn_id": "crl_number", "extn_value": 1},
            {
                "extn_id": "authority_key_identifier",
                "extn_value": {"key_identifier": issuer.key.public_key.key_id},
            },
        ],
    }
    if serials:
        body["revoked_certificates"] = [
            {"user_certificate": serial, "revocation_date": x509.Time({"utc_time": AT - timedelta(days=2)})}
            for serial in serials
        ]
    tbs = crl.TbsCertList(body).dump()
    return tlv(0x30, tbs, issuer.key.scheme.algorithm_identifier(), tlv(0x03, b"\x00", issuer.key.sign(tbs)))


def make_authority(kind: KeyKind, name: str) -> Authority:
    root_key, issuing_key = new_key(kind, f"{name}根"), new_key(kind, f"{name}签发")
    usage = ("key_cert_sign", "crl_sign")
    root = Holder(root_key, certify(f"{name}根", root_key, None, usage=usage, ca=True), ())
    issuing = certify(f"{name}签发", issuing_key, root, usage=usage, ca=True)
    return Authority(name, root, Holder(issuing_key, issuing, ()))


def attribute(name: str, *values: bytes) -> bytes:
    return tlv(0x30, oid(name), tlv(0x31, *sorted(values)))


def signing_certificate(der: bytes) -> bytes:
    """SigningCertificateV2 with SHA-256, which DER leaves out as the default."""
    return tlv(0x30, tlv(0x30, tlv(0x30, tlv(0x04, hashlib.sha256(der).digest()))))


@dataclass(frozen=True)
class Cms:
    """A detached SignedData, every part of which a test may replace.  ``None`` leaves a part out."""

    holder: Holder
    content: bytes
    oids: dict[str, str]
    scheme: Scheme
    version: int = 1
    digest_identifier: bytes | None = None
    listed_digests: bytes | None = None  # content of digestAlgorithms
    signature_identifier: bytes | None = None
    enclosed: bytes | None = None
    by_key_id: bool = False
    certificates: tuple[bytes, ...] | None = None
    crls: tuple[bytes, ...] = ()
    attributes: dict[str, tuple[bytes, ...]] | None = None  # replaced or, when empty, left out
    with_attributes: bool = True
    sort: bool = True
    unsigned: tuple[bytes, ...] = ()
    signers: int = 1
    sign: Callable[[bytes], bytes] | None = None

    def but(self, **changes: Any) -> Cms:
        return replace(self, **changes)

    @property
    def hash(self) -> HashAlgorithm:
        return self.scheme.hash

    def signed_attributes(self) -> bytes:
        """The content of the SET."""
        wanted = {
            "1.2.840.113549.1.9.3": (oid(self.oids["data"]),),
            "1.2.840.113549.1.9.4": (tlv(0x04, digest(self.hash, self.content).value),),
            "1.2.840.113549.1.9.5": (tlv(0x17, f"{AT:%y%m%d%H%M%SZ}".encode()),),
            "1.2.840.113549.1.9.16.2.47": (signing_certificate(self.holder.der),),
            **(self.attributes or {}),
        }
        encoded = [attribute(name, *values) for name, values in wanted.items() if values]
        return b"".join(sorted(encoded) if self.sort else sorted(encoded, reverse=True))

    def signer_info(self) -> bytes:
        certificate = self.holder.certificate
        sid = tlv(0x30, certificate.issuer.dump(), integer(certificate.serial_number))
        if self.by_key_id:
            sid = tlv(0x80, self.holder.key.public_key.key_id)
        attributes = self.signed_attributes()
        message = tlv(0x31, attributes) if self.with_attributes else self.content
        value = (self.sign or self.holder.key.sign)(message)
        return tlv(
            0x30,
            integer(3 if self.by_key_id else 1),
            sid,
            self.digest_identifier or self.hash.algorithm_identifier(),
            tlv(0xA0, attributes) if self.with_attributes else b"",
            self.signature_identifier or self.scheme.algorithm_identifier(),
            tlv(0x04, value),
            tlv(0xA1, *sorted(self.unsigned)) if self.unsigned else b"",
        )

    def dump(self) -> bytes:
        digests = self.listed_digests
        if digests is None:
            digests = self.digest_identifier or self.hash.algorithm_identifier()
        certificates = self.certificates
        if certificates is None:
            certificates = (self.holder.der, *self.holder.chain)
        enclosed = b"" if self.enclosed is None else tlv(0xA0, tlv(0x04, self.enclosed))
        body = tlv(
            0x30,
            integer(3 if self.by_key_id and self.version == 1 else self.version),
            tlv(0x31, digests),
            tlv(0x30, oid(self.oids["data"]), enclosed),
            tlv(0xA0, *sorted(certificates)) if certificates else b"",
            tlv(0xA1, *sorted(self.crls)) if self.crls else b"",
            tlv(0x31, *(self.signer_info() for _ in range(self.signers))),
        )
        return tlv(0x30, oid(self.oids["signed_data"]), tlv(0xA0, body))


@pytest.fixture(scope="session")
def sm2_authority() -> Authority:
    return make_authority(KeyKind.SM2, "国密")


@pytest.fixture(scope="session")
def rsa_authority() -> Authority:
    return make_authority(KeyKind.RSA2048, "测试")


@pytest.fixture(scope="session")
def ecdsa_authority() -> Authority:
    return make_authority(KeyKind.P256, "椭圆")


@pytest.fixture(scope="session")
def authorities(sm2_authority: Authority, rsa_authority: Authority, ecdsa_authority: Authority) -> Any:
    """By the names that tests are parametrised with."""
    return {"sm2": sm2_authority, "rsa": rsa_authority, "ecdsa": ecdsa_authority}


@pytest.fixture(scope="session")
def cms() -> Callable[..., Cms]:
    """``cms(holder, content)``: a CMS that is right, to be bent with ``.but(...)``."""

    def make(holder: Holder, content: bytes, *, gbt: bool = False, **changes: Any) -> Cms:
        scheme = changes.pop("scheme", default_scheme(holder.key.public_key.kind))
        return Cms(holder, content, GBT if gbt else RFC, scheme, **changes)

    return make
