# SPDX-License-Identifier: Apache-2.0
"""What cannot be read is refused by the name of its field; limits hold; no bytes raise anything else."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asn1crypto import core
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keys import Digest
from verify import (
    Indication,
    SesMalformed,
    Trust,
    check_seal,
    check_ses_signature,
    is_ses_signature,
    parse_seal,
    parse_ses_signature,
)

AT = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)


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


EXTENSION = tlv(0x30, oid("1.2.3"), b"\x01\x01\x00", tlv(0x04, b"x"))
SEALS: list[tuple[str, dict[str, Any]]] = [
    ("SES_Header.ID", {"header": tlv(0x30, tlv(0x16, b"EX"), integer(4), tlv(0x16, b"Y"))}),
    ("SES_Header", {"header": tlv(0x30, tlv(0x16, b"ES"))}),
    ("SES_Header", {"header": tlv(0x31, tlv(0x16, b"ES"))}),
    ("SES_Header.version", {"header": tlv(0x30, tlv(0x16, b"ES"), tlv(0x04, b"4"), tlv(0x16, b"Y"))}),
    ("esID", {"code": integer(5)}),
    ("esID", {"code": tlv(0x16, b"51\x0051")}),
    ("SES_ESPropertyInfo.type", {"type": integer(2**60)}),
    ("SES_ESPropertyInfo.type", {"type": b"\x02\x00"}),
    ("SES_ESPropertyInfo.createDate", {"end": b""}),
    ("SES_ESPropertyInfo", {"end": tlv(0x18, b"20270101000000Z") * 3}),
    ("SES_ESPropertyInfo.validEnd", {"end": tlv(0x18, b"2027")}),
    ("SES_ESPropertyInfo.validEnd", {"end": tlv(0x18, b"20271301000000Z")}),
    ("SES_ESPropertyInfo.validEnd", {"end": tlv(0x18, b"00010101000000+2359")}),
    ("SES_ESPropertyInfo.validEnd", {"end": tlv(0x18, b"20270101000000+9900")}),
    ("SES_ESPropertyInfo.validEnd", {"end": tlv(0x18, "2027010100000٠Z".encode())}),
    ("SES_ESPropertyInfo.createDate", {"created": integer(7)}),
    ("certList", {"cert_list": tlv(0x04, b"x")}),
    ("certList", {"cert_list": tlv(0x30, tlv(0x05))}),
    ("certList", {"cert_list": tlv(0x30, tlv(0x04, b"") * 1025)}),
    ("SES_ESPictrueInfo.data", {"picture": tlv(0x16, b"x")}),
    ("SES_SealInfo.extDatas", {"extensions": tlv(0x05)}),
    ("SES_SealInfo.extDatas", {"extensions": tlv(0x30, EXTENSION * 65)}),
    ("SES_SealInfo.extDatas", {"extensions": tlv(0x30, tlv(0x30, integer(1), tlv(0x04, b"x")))}),
    ("SES_SealInfo.extDatas", {"extensions": tlv(0x30, tlv(0x30, oid("1.2.3"), integer(1), tlv(0x04)))}),
    ("SES_SealInfo.extDatas", {"extensions": tlv(0x30, tlv(0x30, oid("1.2.3"), b"\x01\x00", tlv(0x04)))}),
    ("SES_SealInfo.extDatas", {"extensions": tlv(0x30, tlv(0x30, b"\x06\x01\x80", tlv(0x04)))}),
    ("SES_SealInfo.extDatas", {"extensions": tlv(0x04, b"x")}),
    ("SESeal.cert", {"certificate": tlv(0x16, b"x")}),
    ("SESeal.signAlgID", {"algorithm": tlv(0x04, b"x")}),
    (
        "SESeal.signAlgID",
        {"algorithm": tlv(0x30, oid("1.2.840.113549.1.1.10"), tlv(0x30, integer(1)))},
    ),
    ("SESeal.signedValue", {"value": lambda value: tlv(0x16, value)}),
    ("SESeal.signedValue", {"value": lambda _: tlv(0x03)}),
    ("SESeal.timeStamp", {"stamp": lambda _: tlv(0x05)}),
    ("SESeal", {"stamp": lambda _: tlv(0x05) * 2}),
    ("SESeal", {"wrap": lambda der: der + b"\x00"}),
    ("SESeal", {"wrap": lambda der: tlv(0x04, der, b"\x00")}),
    ("SESeal", {"wrap": lambda der: tlv(0x04, tlv(0x04, der))}),
    ("SESeal", {"wrap": lambda der: b"\x30\x80" + der[4:] + b"\x00\x00"}),
    ("SESeal", {"wrap": lambda _: tlv(0x30, tlv(0x30), tlv(0x04), tlv(0x03, b"\x00"))}),
]


@pytest.mark.parametrize(("name", "changes"), SEALS)
def test_seals(bench: Any, name: str, changes: dict[str, Any]) -> None:
    made = bench.seal(**changes).dump()
    with pytest.raises(SesMalformed) as caught:
        parse_seal(made)
    assert caught.value.field == name
    report = bench.look(made)
    assert report.indication is Indication.TOTAL_FAILED
    assert report.reasons[0].code == "SES_MALFORMED"
    signed = bench.check(bench.signature(made))
    assert signed.reasons[0].code == "SES_MALFORMED"


SIGNATURES: list[tuple[str, dict[str, Any]]] = [
    ("TBS_Sign.version", {"stated": tlv(0x04, b"4")}),
    ("TBS_Sign.timeInfo", {"at": tlv(0x18, b"now")}),
    ("TBS_Sign.dataHash", {"data_hash": tlv(0x05)}),
    ("TBS_Sign.propertyInfo", {"property_info": integer(1)}),
    ("TBS_Sign.extDatas", {"extensions": tlv(0xA1, tlv(0x30))}),
    ("TBS_Sign", {"extensions": tlv(0xA0, tlv(0x30)) * 2}),
    ("SES_Signature.timeStamp", {"stamp": lambda _: tlv(0xA0)}),
    ("SES_Signature.timeStamp", {"stamp": lambda _: tlv(0xA1, tlv(0x03, b"\x00"))}),
    ("SES_Signature", {"trailer": tlv(0x05) * 2}),
    ("SES_Signature.signature", {"value": lambda _: tlv(0x05)}),
]


@pytest.mark.parametrize(("name", "changes"), SIGNATURES)
def test_signatures(bench: Any, name: str, changes: dict[str, Any]) -> None:
    made = bench.signature(**changes).dump()
    with pytest.raises(SesMalformed) as caught:
        parse_ses_signature(made)
    assert caught.value.field == name
    assert bench.check(made).reasons[0].code == "SES_MALFORMED"


def test_three_elements_are_nothing(bench: Any) -> None:
    made = bench.signature(version=1)
    with pytest.raises(SesMalformed):
        parse_ses_signature(made.but(trailer=tlv(0x05)).dump())
    with pytest.raises(SesMalformed, match=r"TBS_Sign"):
        parse_ses_signature(made.but(certificate=tlv(0xA0, tlv(0x30))).dump())


def test_sizes(bench: Any) -> None:
    """2 MB for a seal, 4 MB for a signature; neither is read before its size is known."""
    large = bench.seal(picture=tlv(0x04, bytes(1_900_000))).dump()
    assert len(parse_seal(large).picture.data) == 1_900_000
    assert bench.check(bench.signature(large)).indication is Indication.TOTAL_PASSED
    too_large = bench.seal(picture=tlv(0x04, bytes(2 * 1024 * 1024))).dump()
    with pytest.raises(SesMalformed, match="at most"):
        parse_seal(too_large)
    with pytest.raises(SesMalformed, match="at most"):
        parse_ses_signature(bench.signature(too_large).dump())
    with pytest.raises(SesMalformed, match="at most"):
        parse_ses_signature(tlv(0x30, bytes(4 * 1024 * 1024)))
    # What only fills /Contents is no part of it.
    small = bench.signature().dump()
    assert parse_ses_signature(small + bytes(5 * 1024 * 1024), padded=True).der == small


def test_depth() -> None:
    """However deep it nests, only the known elements are walked."""
    deep = b""
    for _ in range(5000):
        deep = tlv(0x30, deep)
    for data in (deep, tlv(0x30, deep, deep), tlv(0x30, deep, deep, deep, deep)):
        with pytest.raises(SesMalformed):
            parse_seal(data)
        with pytest.raises(SesMalformed):
            parse_ses_signature(data)
        assert not is_ses_signature(data)


def never_raises(data: bytes) -> None:
    for parse in (parse_seal, parse_ses_signature):
        try:
            parse(data)
        except SesMalformed as error:
            assert error.field
            assert error.rule
    is_ses_signature(data)
    trust = Trust(source="test")
    assert check_seal(data, trust=trust, at=AT).indication is not Indication.TOTAL_PASSED
    report = check_ses_signature(
        data, trust=trust, at=AT, content_digest=lambda one: Digest(one, bytes(one.size)), padded=True
    )
    assert report.indication is not Indication.TOTAL_PASSED
    assert report.to_json()


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    never_raises(data)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_damage(bench: Any, data: st.DataObject) -> None:
    """Octets replaced, inserted and cut out of something that was right."""
    version = data.draw(st.sampled_from([1, 4, 5]))
    made = bytearray(_made(bench, version))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(made) - 1))
        act = data.draw(st.sampled_from(["set", "insert", "cut"]))
        if act == "set":
            made[at] = data.draw(st.integers(0, 255))
        elif act == "insert":
            made[at:at] = data.draw(st.binary(min_size=1, max_size=4))
        else:
            del made[at : at + data.draw(st.integers(1, 4))]
    never_raises(bytes(made))


_MADE: dict[int, bytes] = {}


def _made(bench: Any, version: int) -> bytes:
    if version not in _MADE:
        small = bench.seal(version=version, picture=tlv(0x04, b"\x89PNG"))
        _MADE[version] = bench.signature(small, version=version).dump()
    return _MADE[version]


@pytest.mark.parametrize("version", [1, 4, 5])
def test_every_end(bench: Any, version: int) -> None:
    made = _made(bench, version)
    for end in range(0, len(made), 7):
        with pytest.raises(SesMalformed):
            parse_ses_signature(made[:end])


def headers(data: bytes) -> list[int]:
    """Offsets of tags and lengths of all elements, found by asn1crypto."""
    found: list[int] = []

    def walk(at: int, end: int) -> None:
        while at < end:
            start = at
            tag, length, at = data[at], data[at + 1], at + 2
            if length & 0x80:
                count = length & 0x7F
                length, at = int.from_bytes(data[at : at + count]), at + count
            found.extend(range(start, at))
            if tag & 0x20:
                walk(at, at + length)
            at += length

    walk(0, len(data))
    return found


@pytest.mark.slow
@pytest.mark.parametrize(("version", "stamped"), [(1, False), (4, False), (4, True), (5, True)])
def test_no_flipped_byte_passes(bench: Any, version: int, stamped: bool) -> None:
    """Every tag and length, every octet of what is small, and a sample of the rest.

    Nothing in a seal signature is uncovered: certificate and algorithm of the signer are bound by the seal's
    list and by the signature, the time stamp by its own.  Octets that count unused bits are told, not judged.
    """
    order: dict[str, Any] = {"stamp": bench.stamp(AT - timedelta(minutes=59))} if stamped else {}
    small = bench.seal(version=version, picture=tlv(0x04, b"\x89PNG"))
    made = bench.signature(small, version=version, **order).dump()
    assert bench.check(made).indication is Indication.TOTAL_PASSED
    chosen = random.Random(version)
    places = set(headers(made)) | set(chosen.sample(range(len(made)), 40))
    survivors = []
    for at in sorted(places):
        flipped = made[:at] + bytes([made[at] ^ (1 << chosen.randrange(8))]) + made[at + 1 :]
        report = bench.check(flipped)
        if report.indication is Indication.TOTAL_PASSED:
            survivors.append((at, report.facts["deviations"]))
    told = {"BITS_UNUSED", "TIMESTAMP_IMPLICIT", "OCTETS_FOR_BITS", "BITS_FOR_OCTETS", "TIMESTAMP_UNTAGGED"}
    assert all(set(codes) <= told and codes for _, codes in survivors), survivors
    assert len(survivors) <= 6


def test_flipped_seal(bench: Any) -> None:
    made = bench.seal(picture=tlv(0x04, b"\x89PNG")).dump()
    chosen = random.Random(5)
    survivors = []
    for at in sorted({*headers(made), *chosen.sample(range(len(made)), 40)}):
        flipped = made[:at] + bytes([made[at] ^ (1 << chosen.randrange(8))]) + made[at + 1 :]
        report = bench.look(flipped)
        if report.indication is Indication.TOTAL_PASSED:
            survivors.append(report.facts["deviations"])
    assert all(codes in (["BITS_UNUSED"], ["OCTETS_FOR_BITS"]) for codes in survivors), survivors
    assert len(survivors) <= 2
