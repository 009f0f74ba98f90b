# SPDX-License-Identifier: Apache-2.0
"""The CMS value by independent paths: asn1crypto for structure, gmssl and cryptography for signatures."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asn1crypto import cms, core
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.serialization import load_der_public_key
from gmssl.sm2 import CryptSM2

from keys import RSA_PSS_SHA256, KeyKind, digest, parse_private_key
from keys.der import read_only
from seal import SealingCertificate, complete_pdf, prepare_form, prepare_pdf, seal_pdf
from seal.cms import cms_writer

AT = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)
KINDS = [KeyKind.SM2, KeyKind.RSA2048, KeyKind.P256, KeyKind.P384]
SM3, SM2_SM3 = "1.2.156.10197.1.401", "1.2.156.10197.1.501"
SHA256 = "2.16.840.1.101.3.4.2.1"


def value_of(sealed: bytes) -> bytes:
    (digits,) = re.findall(rb"/Contents <([0-9a-f]+)>", sealed)
    padded = bytes.fromhex(digits.decode())
    return padded[: 4 + int.from_bytes(padded[2:4])]


def protected(sealed: bytes) -> bytes:
    (numbers,) = re.findall(rb"/ByteRange \[([0-9 ]+)\]", sealed)
    start, gap, resume, rest = (int(one) for one in numbers.split())
    assert (start, resume + rest) == (0, len(sealed))
    return sealed[:gap] + sealed[resume:]


def signer_of(der: bytes) -> tuple[Any, Any]:
    content = cms.ContentInfo.load(der, strict=True)
    assert content["content_type"].native == "signed_data"
    (signer,) = content["content"]["signer_infos"]
    return content["content"], signer


@pytest.mark.parametrize("kind", KINDS)
def test_structure(authority: Any, permit: bytes, sealed_by: Any, kind: KeyKind) -> None:
    """RFC 5652: version 1, detached, one signer by issuer and number, evidence inside, nothing unsigned."""
    own = authority(kind)
    der = value_of(sealed_by(permit, own))
    signed, signer = signer_of(der)
    assert signed["version"].native == "v1"
    assert signed["encap_content_info"]["content_type"].native == "data"
    assert signed["encap_content_info"]["content"].native is None
    assert {one.chosen.dump() for one in signed["certificates"]} == {
        own.sealing.certificate.der,
        *(one.der for one in own.sealing.chain),
    }
    assert {one.chosen.dump() for one in signed["crls"]} == {one.der for one in own.sealing.crls}
    assert signer["version"].native == "v1"
    assert signer["sid"].chosen["serial_number"].native == own.sealing.certificate.serial
    assert signer["sid"].chosen["issuer"].dump() == own.sealing.certificate.issuer.der
    assert signer["unsigned_attrs"].native is None
    assert signer["signature_algorithm"].dump() == own.key.scheme.algorithm_identifier()
    assert signer["digest_algorithm"].dump() == own.key.scheme.hash.algorithm_identifier()


def attributes_of(signer: Any) -> dict[str, bytes]:
    found = {}
    for one in signer["signed_attrs"]:
        (value,) = one["values"]
        found[one["type"].dotted] = value.dump()
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_signed_attributes(authority: Any, permit: bytes, sealed_by: Any, kind: KeyKind) -> None:
    """ETSI EN 319 142-1 section 6.3: content type, digest, certificate; the time stands in the dictionary."""
    own = authority(kind)
    sealed = sealed_by(permit, own)
    _, signer = signer_of(value_of(sealed))
    found = attributes_of(signer)
    assert set(found) == {
        "1.2.840.113549.1.9.3",
        "1.2.840.113549.1.9.4",
        "1.2.840.113549.1.9.16.2.47",
    }
    digested = digest(own.key.scheme.hash, protected(sealed)).value
    assert core.OctetString.load(found["1.2.840.113549.1.9.4"]).native == digested
    hashed = digest(own.key.scheme.hash, own.sealing.certificate.der).value
    assert found["1.2.840.113549.1.9.16.2.47"].endswith(hashed)
    (identifier,) = read_only(found["1.2.840.113549.1.9.16.2.47"]).children()[0].children()
    # The hash of the default algorithm stands alone: DER leaves a DEFAULT out.
    assert len(identifier.children()) == (1 if own.key.scheme.hash.oid == SHA256 else 2)


@pytest.mark.parametrize("kind", KINDS)
def test_attributes_are_signed_in_der_order(authority: Any, permit: bytes, kind: KeyKind) -> None:
    """What the key signs is the SET that stands in the file, with its own tag."""
    own = authority(kind)
    made = prepare_pdf(permit, sealing=own.sealing, at=AT, placement=None, appearance=None, reason="")
    sealed = complete_pdf(made, own.key.sign(made.attributes), sealing=own.sealing)
    _, signer = signer_of(value_of(sealed))
    assert b"\x31" + signer["signed_attrs"].dump()[1:] == made.attributes
    parts = [part.raw for part in read_only(made.attributes).children()]
    assert parts == sorted(parts)


def test_sm2_by_gmssl(authority: Any, permit: bytes, sealed_by: Any) -> None:
    """Another implementation of SM2, with the standard user identifier; SM3 from hashlib or OpenSSL."""
    own = authority(KeyKind.SM2)
    sealed = sealed_by(permit, own)
    _, signer = signer_of(value_of(sealed))
    assert signer["signature_algorithm"]["algorithm"].dotted == SM2_SM3
    assert signer["digest_algorithm"]["algorithm"].dotted == SM3
    attributes = b"\x31" + signer["signed_attrs"].dump()[1:]
    point = own.sealing.certificate.public_key.spki[-64:]
    numbers = core.SequenceOf.load(signer["signature"].native, spec=core.Integer).native
    raw = b"".join(one.to_bytes(32) for one in numbers)
    peer = CryptSM2(private_key="", public_key="")
    peer.public_key = point.hex()  # the constructor strips zeros and fours
    assert peer.verify_with_sm3(raw.hex(), attributes)
    assert not peer.verify_with_sm3(raw.hex(), attributes + b"x")
    state = hashes.Hash(hashes.SM3())
    state.update(protected(sealed))
    assert state.finalize() in attributes


def test_rsa_and_ecdsa_by_cryptography(authority: Any, permit: bytes, sealed_by: Any) -> None:
    for kind in (KeyKind.RSA2048, KeyKind.P256):
        own = authority(kind)
        _, signer = signer_of(value_of(sealed_by(permit, own)))
        attributes = b"\x31" + signer["signed_attrs"].dump()[1:]
        key: Any = load_der_public_key(own.sealing.certificate.public_key.spki)
        how = (
            [padding.PKCS1v15(), hashes.SHA256()] if kind is KeyKind.RSA2048 else [ec.ECDSA(hashes.SHA256())]
        )
        key.verify(signer["signature"].native, attributes, *how)
        assert hashlib.sha256(protected(sealed_by(permit, own))).digest()


@pytest.mark.parametrize("kind", [KeyKind.SM2, KeyKind.P256, KeyKind.P384])
def test_room_for_the_longest_signature(authority: Any, permit: bytes, kind: KeyKind) -> None:
    """Two hundred signatures of every length fit, and the room is not larger than the longest of them."""
    own = authority(kind)
    writer = cms_writer(own.sealing, own.key.scheme)
    content = digest(own.key.scheme.hash, b"")
    attributes = writer.attributes(content)
    sizes = {len(writer.encode(attributes, own.key.sign(attributes))) for _ in range(200)}
    assert max(sizes) <= writer.longest() <= max(sizes) + 4


def test_certificates_once(authority: Any) -> None:
    """A chain that repeats the certificate is written once; without lists there is no empty set of them."""
    own = authority(KeyKind.P256)
    one = own.sealing.certificate
    writer = cms_writer(SealingCertificate(one, (one, one)), own.key.scheme)
    attributes = writer.attributes(digest(own.key.scheme.hash, b""))
    signed, _ = signer_of(writer.encode(attributes, b"x"))
    assert len(signed["certificates"]) == 1
    assert signed["crls"].native is None


def test_signer_with_another_scheme(authority: Any, permit: bytes) -> None:
    """The scheme of the signer counts: RSASSA-PSS is written with all its parameters and passes."""
    own = authority(KeyKind.RSA2048)

    class Pss:
        public_key, scheme = own.key.public_key, RSA_PSS_SHA256

        def sign(self, message: bytes) -> bytes:
            from cryptography.hazmat.primitives.serialization import load_der_private_key

            key: Any = load_der_private_key(own.key.pkcs8(), None)
            return bytes(key.sign(message, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256()))

    sealed = seal_pdf(permit, Pss(), sealing=own.sealing, at=AT, placement=None, appearance=None, reason="")
    own.passes(sealed)
    assert parse_private_key(own.key.pkcs8()).public_key == own.key.public_key


@pytest.mark.parametrize("kind", KINDS)
def test_forms_carry_the_time(authority: Any, kind: KeyKind) -> None:
    """CAdES: outside a PDF the signing time is a signed attribute, in whole seconds and UTC."""
    own = authority(kind)
    beijing = AT.astimezone().replace(microsecond=999) + timedelta(0)
    made = prepare_form({"a": 1}, sealing=own.sealing, at=beijing)
    attributes = cms.CMSAttributes.load(b"\x31" + made.attributes[1:])
    times = [one["values"][0].native for one in attributes if one["type"].native == "signing_time"]
    assert times == [AT]
