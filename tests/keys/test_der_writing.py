# SPDX-License-Identifier: Apache-2.0
"""Writers: what they write is read back, byte for byte as another implementation writes it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest
from asn1crypto import core
from hypothesis import given, settings
from hypothesis import strategies as st

from keys import DerMalformed, der
from keys.der import declared

MANY = settings(max_examples=300, deadline=None)
MOMENTS = st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29), timezones=st.just(UTC))
OIDS = st.builds(
    lambda top, second, rest: ".".join(map(str, (top, second, *rest))),
    st.integers(0, 2),
    st.integers(0, 39),
    st.lists(st.integers(0, 2**120), max_size=6),
)


@given(st.integers() | st.integers(-(2**600), 2**600))
@MANY
def test_integers(number: int) -> None:
    """Shortest two's complement."""
    encoded = der.integer(number)
    assert der.as_integer(der.read_only(encoded)) == number
    assert encoded == core.Integer(number).dump()


@given(OIDS)
@MANY
def test_identifiers(dotted: str) -> None:
    """Base 128 in its shortest form."""
    encoded = der.oid(dotted)
    assert der.as_oid(der.read_only(encoded)) == dotted
    assert encoded == core.ObjectIdentifier(dotted).dump()


@given(st.sets(st.integers(0, 40)))
@MANY
def test_named_bits(numbers: set[int]) -> None:
    """No trailing zero bits."""
    encoded = der.named_bits(numbers)
    assert der.as_named_bits(der.read_only(encoded)) == numbers
    assert encoded[-1] != 0 or not numbers


@given(MOMENTS)
@MANY
def test_times(moment: datetime) -> None:
    """Whole seconds come back; the type changes with the year 2050 (RFC 5280 section 4.1.2.5)."""
    encoded = der.time(moment)
    assert der.as_time(der.read_only(encoded)) == moment.replace(microsecond=0)
    assert (encoded[0] == der.UTC_TIME) == (1950 <= moment.year <= 2049)
    assert der.as_time(der.read_only(der.generalized(moment))) == moment.replace(microsecond=0)


@given(st.text(max_size=300))
@MANY
def test_text(text: str) -> None:
    """Any text without NUL goes through UTF8String; the other types refuse what they cannot hold."""
    for writer in (der.utf8, der.ia5, der.printable):
        try:
            encoded = writer(text)
        except DerMalformed:
            assert writer is not der.utf8 or "\x00" in text or not text.isprintable()
            continue
        assert der.as_text(der.read_only(encoded)) == text


@given(st.binary(max_size=400), st.integers(0, 30))
@MANY
def test_tags_and_lengths(content: bytes, number: int) -> None:
    """EXPLICIT wraps, IMPLICIT renames and keeps the form."""
    inner = der.octets(content)
    assert inner == core.OctetString(content).dump()
    wrapped = der.read_only(der.explicit(number, inner))
    assert (wrapped.tag, wrapped.content) == (0xA0 | number, inner)
    assert der.as_octets(der.read_only(der.implicit(number, inner)), tag=0x80 | number) == content
    assert der.read_only(der.implicit(number, der.sequence(inner))).tag == 0xA0 | number
    assert der.as_bits(der.read_only(der.bits(content))) == content


@given(st.lists(st.binary(max_size=6).map(der.octets), max_size=6))
@MANY
def test_set_of_is_sorted(parts: list[bytes]) -> None:
    """X.690 clause 11.6."""
    children = der.read_only(der.set_of(*parts)).children()
    assert [child.raw for child in children] == sorted(parts)


def test_small_values() -> None:
    """The ones without a parameter to vary."""
    assert (der.null(), der.boolean(True), der.boolean(False), der.enumerated(4)) == (
        bytes.fromhex("0500"),
        bytes.fromhex("0101ff"),
        bytes.fromhex("010100"),
        bytes.fromhex("0a0104"),
    )
    assert der.sequence().hex() == "3000"
    assert der.bits(b"\xa0", 5).hex() == "030205a0"
    assert der.sequence(b"\x05\x00" * 100)[:4].hex() == "3081c805"


@pytest.mark.parametrize(
    "write",
    [
        lambda: der.printable("印信"),
        lambda: der.printable("a@b"),
        lambda: der.ia5("印信"),
        lambda: der.utf8("a\x00b"),
        lambda: der.utf8("\ud800"),
        lambda: der.oid("1"),
        lambda: der.oid("1.40"),
        lambda: der.oid("3.1"),
        lambda: der.oid("1.02"),
        lambda: der.oid(""),
        lambda: der.oid("1.2.-3"),
        lambda: der.bits(b"\xff", 1),
        lambda: der.bits(b"", 1),
        lambda: der.bits(b"\x00", 8),
        lambda: der.named_bits([-1]),
        lambda: der.named_bits([10**9]),
        lambda: der.time(datetime(2026, 8, 1)),
        lambda: der.generalized(datetime(2026, 8, 1)),
        lambda: der.time(datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=8)))),
        lambda: der.explicit(31, b""),
        lambda: der.implicit(0, b""),
    ],
)
def test_values_without_an_encoding(write: Callable[[], bytes]) -> None:
    """Refused when written, not discovered when read."""
    with pytest.raises(DerMalformed):
        write()


def test_zone_is_converted() -> None:
    """Beijing time is written in UTC."""
    beijing = datetime(2026, 8, 1, 8, 30, tzinfo=timezone(timedelta(hours=8)))
    assert der.time(beijing) == der.time(datetime(2026, 8, 1, 0, 30, tzinfo=UTC))


@declared.sequence
class Pair:
    """A declared structure, for the wrapper."""

    r: int
    s: int


@given(st.integers(), st.integers())
@MANY
def test_declared_structures_agree_with_the_writers(r: int, s: int) -> None:
    """Two ways to the same bytes."""
    encoded = declared.encode(Pair(r=r, s=s))
    assert encoded == der.sequence(der.integer(r), der.integer(s))
    found = declared.decode(Pair, encoded)
    assert (found.r, found.s) == (r, s)


@given(st.binary(max_size=12))
@MANY
def test_declared_structures_refuse(data: bytes) -> None:
    """One exception for any bytes."""
    try:
        pair = declared.decode(Pair, data)
    except DerMalformed:
        return
    assert declared.encode(pair) == data


def test_declared_structures_refuse_to_write() -> None:
    """A value of the wrong type."""
    with pytest.raises(DerMalformed):
        declared.encode(Pair(r="one", s=2))  # type: ignore[arg-type]
