# SPDX-License-Identifier: Apache-2.0
"""Signatures by another rule, or by a mistake: named, and never a pass."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import core
from gmssl import sm3
from gmssl.sm2 import CryptSM2

from keys import KeyKind, SoftwareKey, parse_private_key
from verify import Indication, SubIndication
from verify.ses.diagnosis import _abscissa

SEALS = json.loads(
    (Path(__file__).resolve().parents[2] / "vectors" / "sm2" / "published_seal.json").read_text("utf-8")
)
UNSURE, FAILED = Indication.INDETERMINATE, Indication.TOTAL_FAILED
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
D = "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8"  # GB/T 32918.5, not a secret


def tlv(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    size = len(content)
    head = bytes([size]) if size < 0x80 else bytes([0x80 | (size.bit_length() + 7) // 8])
    long = b"" if size < 0x80 else size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([tag]) + head + long + content


def inside(der: bytes) -> bytes:
    """The content of a SEQUENCE."""
    value: bytes = core.Sequence.load(der).contents
    return value


def ending(certificate: bytes, algorithm: bytes) -> bytes:
    return certificate + algorithm


OTHERS: list[tuple[str, int, Callable[[bytes, bytes, bytes], bytes]]] = [
    ("C 0119-2018", 4, lambda tbs, certificate, algorithm: tlv(0x30, inside(tbs), certificate, algorithm)),
    ("GM/T 0031-2014", 4, lambda tbs, certificate, algorithm: tlv(0x30, tbs, certificate, algorithm)),
    ("C 0119-2018", 5, lambda tbs, certificate, algorithm: tlv(0x30, inside(tbs), certificate, algorithm)),
    (
        "GB/T 38540-2020",
        1,
        lambda tbs, certificate, algorithm: tlv(0x30, inside(tbs)[: -len(ending(certificate, algorithm))]),
    ),
]


@pytest.mark.parametrize(("rule", "version", "content"), OTHERS)
def test_signature_by_another_rule(any_bench: Any, rule: str, version: int, content: Any) -> None:
    report = any_bench.check(any_bench.signature(version=version, content=content))
    assert (report.indication, report.sub_indication) == (UNSURE, SubIndication.SIG_CONSTRAINTS_FAILURE)
    assert report.reasons[0].code == "SIGNED_BY_OTHER_RULE"
    assert report.facts["rule"] == rule
    assert report.facts["intact"] is False


@pytest.mark.parametrize(
    ("version", "rule", "content"),
    [
        (4, "C 0119-2018", lambda info, certificate, algorithm: tlv(0x30, info, certificate, algorithm)),
        (5, "C 0119-2018", lambda info, certificate, algorithm: tlv(0x30, info, certificate, algorithm)),
        (1, "GB/T 38540-2020", lambda info, _certificate, _algorithm: info),
    ],
)
def test_seal_by_another_rule(bench: Any, version: int, rule: str, content: Any) -> None:
    report = bench.look(bench.seal(version=version, content=content))
    assert (report.indication, report.sub_indication) == (UNSURE, SubIndication.SIG_CONSTRAINTS_FAILURE)
    assert report.reasons[0].code == "SEAL_SIGNED_BY_OTHER_RULE"
    assert report.facts["seal"]["rule"] == rule


def test_published_vectors_by_plain_integers() -> None:
    for one in SEALS:
        key, e = bytes.fromhex(one["key"]), int(one["e"], 16)
        pair = core.SequenceOf.load(bytes.fromhex(one["signature"]), spec=core.Integer)
        r, s = (int(number.native) for number in pair)
        point = (int.from_bytes(key[1:33]), int.from_bytes(key[33:]), 1)
        x = _abscissa(point, r, s)
        assert x is not None
        assert (e + x) % N == r
        assert _abscissa(point, s, r) != x
        assert _abscissa(point, 0, s) is _abscissa(point, r, N) is None
        assert _abscissa(point, r, N - r) is None


def hashed(data: bytes) -> bytes:
    return bytes.fromhex(sm3.sm3_hash(list(data)))


CURVE = bytes.fromhex(
    "fffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffc"
    "28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93"
    "32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7"
    "bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0"
)


def za(user_id: bytes, point: bytes) -> bytes:
    return hashed((8 * len(user_id)).to_bytes(2) + user_id + CURVE + point)


def pair(r: bytes, s: bytes) -> bytes:
    numbers = (core.Integer(int.from_bytes(one)).dump() for one in (r, s))
    return tlv(0x30, *numbers)


class Mistaken:
    """The example key of the standard, used as other products do; gmssl signs."""

    def __init__(self) -> None:
        self.key = CryptSM2(private_key=D, public_key="")
        point = self.key._kg(int(D, 16), self.key.ecc_table["g"])
        self.point = bytes.fromhex(point)
        self.key.public_key = point

    def raw(self, e: bytes) -> bytes:
        return bytes.fromhex(self.key.sign(e, "1a" * 31))

    def mistake(self, name: str) -> Callable[[bytes], bytes]:
        def sign(content: bytes) -> bytes:
            standard = hashed(za(b"1234567812345678", self.point) + content)
            e = {
                "EMPTY_USER_ID": hashed(za(b"", self.point) + content),
                "NO_USER_DIGEST": hashed(content),
                "DOUBLE_DIGEST": hashed(za(b"1234567812345678", self.point) + hashed(content)),
            }.get(name, standard)
            value = self.raw(e)
            r, s = value[:32], value[32:]
            if name == "SWAPPED":
                return pair(s, r)
            if name == "NUMBERS_SPELLED_WRONG":
                return tlv(0x30, tlv(0x02, b"\x00\x00", r), tlv(0x02, b"\x00\x00", s))
            return pair(r, s)

        return sign


@pytest.mark.parametrize(
    "name", ["EMPTY_USER_ID", "NO_USER_DIGEST", "DOUBLE_DIGEST", "SWAPPED", "NUMBERS_SPELLED_WRONG"]
)
def test_mistakes(bench: Any, name: str, certified: Callable[[str, SoftwareKey], Any]) -> None:
    mistaken = Mistaken()
    key = parse_private_key(_pkcs8(mistaken.point))
    assert key.public_key.kind is KeyKind.SM2
    holder = certified("用错标识的单位", key)
    own = bench.with_signer(holder)
    good = own.check(own.signature())
    assert good.indication is Indication.TOTAL_PASSED, good.reasons
    report = own.check(own.signature(sign=mistaken.mistake(name)))
    assert (report.indication, report.sub_indication) == (FAILED, SubIndication.SIG_CRYPTO_FAILURE)
    assert report.reasons[0].code == f"SIGNATURE_{name}"
    assert report.facts["rule"] == ""
    maker = bench.with_maker(holder)
    seal = maker.seal()
    plain = seal.dump()
    assert maker.look(plain).indication is Indication.TOTAL_PASSED
    wrong = seal.but(value=lambda _: tlv(0x03, b"\x00", mistaken.mistake(name)(seal.info())))
    report = maker.look(wrong)
    assert (report.indication, report.sub_indication) == (FAILED, SubIndication.SEAL_MAKER_SIG_FAILURE)
    assert report.reasons[0].code == f"SEAL_SIGNATURE_{name}"


def _pkcs8(point: bytes) -> bytes:
    algorithm = tlv(
        0x30,
        core.ObjectIdentifier("1.2.840.10045.2.1").dump(),
        core.ObjectIdentifier("1.2.156.10197.1.301").dump(),
    )
    private = tlv(
        0x30,
        core.Integer(1).dump(),
        tlv(0x04, bytes.fromhex(D)),
        tlv(0xA1, tlv(0x03, b"\x00\x04", point)),
    )
    return tlv(0x30, core.Integer(0).dump(), algorithm, tlv(0x04, private))


def test_mistakes_of_other_families_are_not_looked_for(any_bench: Any) -> None:
    def sign(content: bytes) -> bytes:
        value: bytes = any_bench.signer.key.sign(content + b"x")
        return value

    report = any_bench.check(any_bench.signature(sign=sign))
    assert report.reasons[0].code == "SIGNATURE_INVALID"
