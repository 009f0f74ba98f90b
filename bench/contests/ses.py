# SPDX-License-Identifier: Apache-2.0
"""Seal signatures (GB/T 38540-2020) put together and read, nothing signed or verified, and asn1crypto."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import Any, ClassVar

from asn1crypto import core

from keys import HashAlgorithm, KeyKind, digest
from seal import SealFacts, make_seal, prepare_ses
from seal.ses.sealing import encode_ses
from verify import parse_ses_signature

from ..measure import Contest
from .world import AT, NAME, authority

PATH = "/Doc_0/Signs/Sign_0/Signature.xml"
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(12_000)
USED = AT + timedelta(minutes=1)


class _Header(core.Sequence):  # type: ignore[misc]
    _fields: ClassVar[Any] = [("id", core.IA5String), ("version", core.Integer), ("vid", core.IA5String)]


class _Certificates(core.SequenceOf):  # type: ignore[misc]
    _child_spec = core.OctetString


class _Property(core.Sequence):  # type: ignore[misc]
    _fields: ClassVar[Any] = [
        ("type", core.Integer),
        ("name", core.UTF8String),
        ("list_type", core.Integer),
        ("list", _Certificates),
        ("created", core.GeneralizedTime),
        ("start", core.GeneralizedTime),
        ("end", core.GeneralizedTime),
    ]


class _Picture(core.Sequence):  # type: ignore[misc]
    _fields: ClassVar[Any] = [
        ("type", core.IA5String),
        ("data", core.OctetString),
        ("width", core.Integer),
        ("height", core.Integer),
    ]


class _Info(core.Sequence):  # type: ignore[misc]
    _fields: ClassVar[Any] = [
        ("header", _Header),
        ("id", core.IA5String),
        ("property", _Property),
        ("picture", _Picture),
    ]


class _Seal(core.Sequence):  # type: ignore[misc]
    _fields: ClassVar[Any] = [
        ("info", _Info),
        ("cert", core.OctetString),
        ("algorithm", core.ObjectIdentifier),
        ("value", core.OctetBitString),
    ]


class _Tbs(core.Sequence):  # type: ignore[misc]
    _fields: ClassVar[Any] = [
        ("version", core.Integer),
        ("seal", _Seal),
        ("time", core.GeneralizedTime),
        ("hash", core.OctetBitString),
        ("property", core.IA5String),
    ]


class _Signature(core.Sequence):  # type: ignore[misc]
    _fields: ClassVar[Any] = [
        ("tbs", _Tbs),
        ("cert", core.OctetString),
        ("algorithm", core.ObjectIdentifier),
        ("value", core.OctetBitString),
    ]


@cache
def _seal() -> bytes:
    own = authority(KeyKind.SM2)
    certificate = own.sealing.certificate
    facts = SealFacts(
        code="51010600000003",
        vendor="YINXIN",
        type=1,
        name=NAME,
        certificates=(certificate,),
        created=AT,
        valid_from=AT,
        valid_until=AT + timedelta(days=90),
        picture_type="PNG",
        picture=PICTURE,
        width_mm=42,
        height_mm=42,
    )
    return make_seal(facts, own.seal_key, maker_certificate=certificate)


def ses_build(_quick: bool) -> Contest:
    """Everything but the two signatures: the seal is at hand, its checks were made once."""
    own, esl = authority(KeyKind.SM2), _seal()
    certificate = own.sealing.certificate
    content = digest(HashAlgorithm.SM3, b"Signature.xml")
    value = own.seal_key.sign(b"any")
    seal = _Seal.load(esl)

    def ours() -> bytes:
        prepared = prepare_ses(esl, content=content, property_info=PATH, at=USED, certificate=certificate)
        return encode_ses(prepared, value, None)

    def peer() -> bytes:
        tbs = {"version": 4, "seal": seal, "time": USED, "hash": content.value, "property": PATH}
        made: bytes = _Signature(
            {"tbs": tbs, "cert": certificate.der, "algorithm": "1.2.156.10197.1.501", "value": value}
        ).dump()
        return made

    if ours() != peer():
        raise AssertionError("asn1crypto writes other octets")
    return Contest(
        "ses.build", ours, peers={"asn1crypto": peer}, note="14 KB, without the signature", processor=True
    )


def ses_parse(_quick: bool) -> Contest:
    """Every member that a verifier needs."""
    own, esl = authority(KeyKind.SM2), _seal()
    prepared = prepare_ses(
        esl,
        content=digest(HashAlgorithm.SM3, b"Signature.xml"),
        property_info=PATH,
        at=USED,
        certificate=own.sealing.certificate,
    )
    made = encode_ses(prepared, own.seal_key.sign(prepared.to_be_signed), None)

    def ours() -> tuple[object, ...]:
        found = parse_ses_signature(made)
        seal = found.seal
        return found.signed_at, found.data_hash, seal.code, seal.name, seal.signers[0], seal.picture.data

    def peer() -> tuple[object, ...]:
        tbs = _Signature.load(made, strict=True)["tbs"]
        info = tbs["seal"]["info"]
        return (
            tbs["time"].native,
            tbs["hash"].native,
            info["id"].native,
            info["property"]["name"].native,
            info["property"]["list"][0].native,
            info["picture"]["data"].native,
        )

    if ours() != peer():
        raise AssertionError("asn1crypto reads something else")
    return Contest(
        "ses.parse", ours, peers={"asn1crypto": peer}, note="ours keeps the seal of a batch", processor=True
    )
