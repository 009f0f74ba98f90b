# SPDX-License-Identifier: Apache-2.0
"""The slicer and the values: original bytes kept, one spelling, no builtin exception for any bytes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keys import DerMalformed
from keys.der import (
    BIT_STRING,
    INTEGER,
    OCTET_STRING,
    SEQUENCE,
    Tlv,
    as_bits,
    as_boolean,
    as_enumerated,
    as_integer,
    as_named_bits,
    as_octets,
    as_oid,
    as_text,
    as_time,
    expect,
    read,
    read_only,
)

READERS: list[Callable[[Tlv], Any]] = [
    as_integer,
    as_enumerated,
    as_boolean,
    as_octets,
    as_bits,
    as_named_bits,
    as_oid,
    as_text,
    as_time,
]


def tlv(text: str) -> Tlv:
    return read_only(bytes.fromhex(text))


def walk(one: Tlv) -> None:
    """Slices fit together: the children are exactly the content, offsets count in the whole."""
    assert one.end - one.start == len(one.raw)
    assert one.raw.endswith(one.content)
    if one.constructed:
        children = one.children()
        assert b"".join(child.raw for child in children) == one.content
        edges = [one.end - len(one.content), *(child.end for child in children)]
        assert [child.start for child in children] == edges[:-1]
        assert edges[-1] == one.end
        for child in children:
            walk(child)


def test_offsets_count_in_what_was_read_first() -> None:
    """Two elements; the second is read at its offset."""
    data = bytes.fromhex("050030080201050403aabbcc")
    one = read(data, 2)
    assert (one.start, one.end, one.tag, one.constructed) == (2, 12, SEQUENCE, True)
    number, octets = one.children()
    assert (number.start, number.raw.hex(), octets.start, octets.end) == (4, "020105", 7, 12)
    assert expect(octets, OCTET_STRING).content.hex() == "aabbcc"
    walk(one)
    assert read(data).end == 2


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "cut off"),
        ("30", "cut off"),
        ("0401", "cut off"),
        ("048201", "cut off"),
        ("0480aa0000", "indefinite"),
        ("04817f" + "00" * 127, "shorter"),
        ("0482007f" + "00" * 127, "shorter"),
        ("0485" + "0100000000", "out of range"),
        ("04847fffffff", "cut off"),
        ("1f8101", "above 30"),
        ("050000", "nothing may follow"),
    ],
)
def test_malformed_elements(text: str, why: str) -> None:
    """X.690 clause 10.1: the length is definite and has one spelling."""
    with pytest.raises(DerMalformed, match=why):
        tlv(text)


def test_lenient_lengths() -> None:
    """Definite, but longer than needed: read, never rewritten, inside as well as outside."""
    data = bytes.fromhex("3082000704820003aabbcc")
    with pytest.raises(DerMalformed):
        read_only(data)
    one = read_only(data, lenient=True)
    assert one.raw == data
    assert as_octets(one.children()[0]).hex() == "aabbcc"
    walk(one)


@pytest.mark.parametrize("offset", [-1, 3, 100])
def test_offset_outside(offset: int) -> None:
    """No offset leaves the data."""
    with pytest.raises(DerMalformed):
        read(b"\x05\x00", offset)


def test_primitive_has_no_children() -> None:
    """An octet string is not opened by chance."""
    with pytest.raises(DerMalformed, match="primitive"):
        tlv("04020500").children()
    with pytest.raises(DerMalformed, match="0x02 expected, 0x05 found"):
        expect(tlv("0500"), INTEGER)


@pytest.mark.parametrize(
    ("reader", "text", "value"),
    [
        (as_integer, "020100", 0),
        (as_integer, "02017f", 127),
        (as_integer, "02020080", 128),
        (as_integer, "020180", -128),
        (as_integer, "0202ff7f", -129),
        (as_enumerated, "0a0104", 4),
        (as_boolean, "0101ff", True),
        (as_boolean, "010100", False),
        (as_octets, "0402cafe", b"\xca\xfe"),
        (as_bits, "030300cafe", b"\xca\xfe"),
        (as_named_bits, "03020780", frozenset({0})),
        (as_named_bits, "030206c0", frozenset({0, 1})),
        (as_named_bits, "0303078080", frozenset({0, 8})),
        (as_named_bits, "030100", frozenset()),
        (as_oid, "06082a811ccf55018375", "1.2.156.10197.1.501"),
        (as_oid, "0603883703", "2.999.3"),
        (as_oid, "060127", "0.39"),
        (as_text, "0c06e58db0e4bfa1", "印信"),
        (as_text, "13024142", "AB"),
        (as_text, "1606e58db0e4bfa1", "印信"),
        (as_text, "1e0453704fe1", "印信"),
        (as_text, "1401e9", "é"),
        (as_time, "170d3439313233313233353935395a", datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC)),
        (as_time, "170d3530303130313030303030305a", datetime(1950, 1, 1, tzinfo=UTC)),
        (as_time, "180f32303530303130313030303030305a", datetime(2050, 1, 1, tzinfo=UTC)),
    ],
)
def test_values(reader: Callable[[Tlv], Any], text: str, value: object) -> None:
    """Examples whose encodings are known."""
    assert reader(tlv(text)) == value


@pytest.mark.parametrize(
    ("reader", "text"),
    [
        (as_integer, "0200"),
        (as_integer, "02020001"),
        (as_integer, "0202ff80"),
        (as_integer, "0a0101"),
        (as_boolean, "010101"),
        (as_boolean, "0100"),
        (as_bits, "0300"),
        (as_bits, "03020780"),
        (as_named_bits, "03020701"),
        (as_named_bits, "03020880"),
        (as_named_bits, "030107"),
        (as_oid, "0600"),
        (as_oid, "060188"),
        (as_oid, "06032a8001"),
        (as_oid, "0616" + "2a" + "ff" * 20 + "01"),
        (as_text, "0c01ff"),
        (as_text, "1e0141"),
        (as_text, "1e02d800"),
        (as_text, "0c03610062"),
        (as_text, "040161"),
        (as_time, "170b323630383031303030305a"),
        (as_time, "170d3236303233303030303030305a"),
        (as_time, "170d3236303830313030303036305a"),
        (as_time, "1811323032363038303130303030303030302b3038"),
        (as_time, "180f30303030303130313030303030305a"),
        (as_time, "1810323032363038303130303030302e355a"),
    ],
)
def test_malformed_values(reader: Callable[[Tlv], Any], text: str) -> None:
    """A second spelling, a value that does not exist, another type."""
    with pytest.raises(DerMalformed):
        reader(tlv(text))


def test_implicit_fields_name_their_tag() -> None:
    """A context tag in place of the universal one."""
    assert as_octets(tlv("8002cafe"), tag=0x80) == b"\xca\xfe"
    assert as_integer(tlv("810105"), tag=0x81) == 5
    with pytest.raises(DerMalformed):
        as_octets(tlv("8002cafe"))


def test_unused_bits_of_foreign_signatures() -> None:
    """Some makers write another octet of unused bits; only the lenient reader takes it."""
    one = tlv("030307cafe")
    assert expect(one, BIT_STRING) is one
    assert as_bits(one, lenient=True) == b"\xca\xfe"


@given(st.binary(max_size=80))
@settings(max_examples=400, deadline=None)
def test_any_bytes(data: bytes) -> None:
    """Whatever the bytes: a value or DerMalformed, and slices that fit together."""
    for lenient in (False, True):
        try:
            one = read(data, lenient=lenient)
            walk(one)
        except DerMalformed:
            continue
        for reader in READERS:
            try:
                reader(one)
            except DerMalformed:
                continue


@given(st.sampled_from([1, 2, 3, 4, 6, 10, 12, 19, 20, 22, 23, 24, 30]), st.binary(max_size=24))
@settings(max_examples=600, deadline=None)
def test_any_content(tag: int, content: bytes) -> None:
    """The same, aimed at the readers of values."""
    one = read_only(bytes((tag, len(content))) + content)
    for reader in READERS:
        try:
            reader(one)
        except DerMalformed:
            continue


@given(st.integers(0, 90), st.integers(1, 255))
@settings(max_examples=300, deadline=None)
def test_flipped_bytes(at: int, change: int) -> None:
    """A public key with any byte changed is sliced or refused."""
    spki = bytearray.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d034200" + "04" + "5a" * 64)
    spki[at] ^= change
    try:
        walk(read_only(bytes(spki)))
    except DerMalformed:
        return
