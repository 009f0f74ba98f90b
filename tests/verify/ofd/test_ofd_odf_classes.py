# SPDX-License-Identifier: Apache-2.0
"""The published attack classes of signed ODF, the nearest relative of OFD, carried over to OFD.

Certificate doubling, certificate validation, signature upgrade, time-stamp wrapping, direct key material.  An
SES value holds one certificate where XML signatures may hold many, so some classes have several forms here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from keys import HashAlgorithm, digest
from verify import Indication, parse_certificate

from .conftest import integer, moment, oid, seal_of, tlv
from .test_ofd_attacks import LISTING, VALUE, codes, failed


@dataclass(frozen=True)
class Guise:
    """The key of one with the certificate of another."""

    key: Any
    der: bytes


def value_of(
    seal: bytes, content: bytes, path: str, key: Any, certificates: tuple[bytes, ...], *rest: bytes
) -> bytes:
    """A seal signature whose every part can be chosen; ``certificates`` stand one behind the other."""
    data_hash = digest(HashAlgorithm.SM3, content).value
    body = tlv(
        0x30, integer(4), seal, moment(-0.1), tlv(0x03, b"\x00", data_hash), tlv(0x16, f"/{path}".encode())
    )
    value: bytes = key.sign(body)
    return tlv(0x30, body, *certificates, oid(key.scheme.oid), tlv(0x03, b"\x00", value), *rest)


PATH = "Doc_0/Signs/Sign_0/Signature.xml"


def _doubled(workshop: Any, *order: str) -> Callable[[bytes], bytes]:
    holders = {"signer": workshop.sealing.signer, "stranger": workshop.stranger}
    wrapped = tuple(tlv(0x04, holders[one].der) for one in order)
    key = workshop.stranger.key
    return lambda content: value_of(workshop.sealing.seal, content, PATH, key, wrapped)


@pytest.mark.parametrize("order", [("signer", "stranger"), ("stranger", "signer")], ids="-then-".join)
def test_certificate_doubling(workshop: Any, order: tuple[str, str]) -> None:
    """Two certificates: one to be shown, another whose key signed."""
    report = workshop.check(workshop.sealed(value=_doubled(workshop, *order)))
    failed(report, "SES_MALFORMED")
    assert report.signatures[0].facts.get("signer") is None


def test_certificate_doubling_inside_one_field(workshop: Any) -> None:
    """Both in the one field: what is behind the first is no part of a certificate."""
    both = tlv(0x04, workshop.sealing.signer.der, workshop.stranger.der)
    key = workshop.stranger.key
    files = workshop.sealed(
        value=lambda content: value_of(workshop.sealing.seal, content, PATH, key, (both,))
    )
    failed(workshop.check(files), "CERTIFICATE_MALFORMED")


def test_the_certificate_of_another_beside_a_value_of_ones_own(workshop: Any) -> None:
    guise = Guise(workshop.stranger.key, workshop.sealing.signer.der)
    failed(workshop.check(workshop.sealed(signer=guise)), "SIGNATURE_INVALID")


def test_certificate_validation(workshop: Any) -> None:
    """A seal made by its own user, who says in it that it may use it: nobody appointed that maker.

    Who may make seals is for the verifier's trust; where it does not say so, the report tells that.
    """
    own = seal_of(workshop.stranger, workshop.stranger, workshop.picture)
    files = workshop.sealed(signer=workshop.stranger, seal=own)
    appointed = parse_certificate(workshop.maker.der).fingerprint
    strict = replace(workshop, trust=replace(workshop.trust, seal_makers=(appointed,)))
    assert strict.check(workshop.sealed()).indication is Indication.TOTAL_PASSED
    report = strict.check(files)
    assert report.indication is Indication.INDETERMINATE
    assert "SEAL_MAKER_NOT_APPOINTED" in codes(report)
    assert "SEAL_MAKER_NOT_RESTRICTED" in codes(workshop.check(files))


def test_certificate_of_an_authority_that_nobody_trusts(workshop: Any) -> None:
    """Complete in itself, its chain included: but no anchor is at its end."""
    bare = replace(workshop, trust=replace(workshop.trust, anchors=()))
    report = bare.check(workshop.sealed())
    assert report.indication is Indication.INDETERMINATE
    assert {"CHAIN_UNTRUSTED", "MAKER_CHAIN_UNTRUSTED"} <= codes(report)


def test_certificate_validation_of_a_seal_that_names_another_maker(workshop: Any) -> None:
    forged = seal_of(Guise(workshop.stranger.key, workshop.maker.der), workshop.stranger, workshop.picture)
    failed(workshop.check(workshop.sealed(signer=workshop.stranger, seal=forged)), "SEAL_SIGNATURE_INVALID")


@pytest.mark.parametrize("form", ["form_a", "form_b"])
@pytest.mark.parametrize("to", [b'Type="Seal"', b""], ids=["seal", "no-type"])
def test_signature_upgrade(workshop: Any, form: str, to: bytes) -> None:
    """A plain signature, genuine by itself, listed as a seal."""
    files = workshop.sealed(kind="Sign", value=getattr(workshop, form))
    assert workshop.check(files).indication is Indication.TOTAL_PASSED
    files[LISTING] = files[LISTING].replace(b'Type="Sign"', to)
    failed(workshop.check(files), "SES_MALFORMED")


def test_timestamp_wrapping(workshop: Any) -> None:
    """Something that is called a time stamp proves no time, and the signature with it does not pass."""
    signer = workshop.sealing.signer
    stamp = tlv(0xA0, tlv(0x03, b"\x00", tlv(0x30, oid("1.2.840.113549.1.7.2"))))
    files = workshop.sealed(
        value=lambda content: value_of(
            workshop.sealing.seal, content, PATH, signer.key, (tlv(0x04, signer.der),), stamp
        )
    )
    report = workshop.check(files)
    failed(report, "TIMESTAMP_MALFORMED")
    assert report.signatures[0].facts["time_proof"] == "claimed"


def test_direct_key_material(workshop: Any) -> None:
    """A bare public key where the certificate belongs: it verifies, and belongs to nobody."""
    key = workshop.stranger.key
    bare = tlv(0x04, key.public_key.spki)
    files = workshop.sealed(
        value=lambda content: value_of(workshop.sealing.seal, content, PATH, key, (bare,))
    )
    report = workshop.check(files)
    failed(report, "CERTIFICATE_MALFORMED")
    assert report.signatures[0].facts.get("signer") is None


def test_the_same_builder_makes_a_signature_that_passes(workshop: Any) -> None:
    """So that what fails above fails for its trick alone."""
    signer = workshop.sealing.signer
    files = workshop.sealed(
        value=lambda content: value_of(
            workshop.sealing.seal, content, PATH, signer.key, (tlv(0x04, signer.der),)
        )
    )
    assert VALUE in files
    assert workshop.check(files).indication is Indication.TOTAL_PASSED
