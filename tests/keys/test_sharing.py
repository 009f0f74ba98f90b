# SPDX-License-Identifier: Apache-2.0
"""Shared secrets: the field of AES against its standard, the sharing against arithmetic done another way."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keys.sharing import combine, inverse, multiply, split


def test_field_of_the_standard() -> None:
    """FIPS 197 section 4.2: {57}*{83} = {c1}, {57}*{13} = {fe}, and the powers of x from section 4.2.1."""
    assert multiply(0x57, 0x83) == 0xC1
    assert multiply(0x57, 0x13) == 0xFE
    assert [multiply(0x57, 1 << n) for n in range(5)] == [0x57, 0xAE, 0x47, 0x8E, 0x07]
    assert inverse(0x53) == 0xCA


def test_whole_field() -> None:
    """Against multiplication by logarithms: generator 3, whose powers are all that is not zero."""
    power = [1]
    for _ in range(254):
        x = power[-1]
        power.append(x ^ ((x << 1) ^ (0x11B if x & 0x80 else 0)))
    log = {value: n for n, value in enumerate(power)}
    assert len(log) == 255
    for a, b in itertools.product(range(256), repeat=2):
        assert multiply(a, b) == (power[(log[a] + log[b]) % 255] if a and b else 0)
    assert inverse(0) == 0
    assert all(multiply(a, inverse(a)) == 1 for a in range(1, 256))


def test_known_shares() -> None:
    """f(x) = 57 + 83 x by hand: f(1) = d4, f(2) = 57 ^ 1d = 4a, and f(57) = 57 ^ c1 = 96."""
    shares = split(b"\x57", threshold=2, count=0x57, random=lambda size: b"\x83" * size)
    assert (shares[1], shares[2], shares[0x57]) == (b"\xd4", b"\x4a", b"\x96")
    assert combine({1: b"\xd4", 0x57: b"\x96"}) == b"\x57"


@given(data=st.data(), secret=st.binary(min_size=1, max_size=40))
@settings(max_examples=60, deadline=None)
def test_any_enough(data: st.DataObject, secret: bytes) -> None:
    """Any k of n give the secret back, in any order, and more than k as well."""
    count = data.draw(st.integers(2, 12))
    threshold = data.draw(st.integers(2, count))
    shares = split(secret, threshold=threshold, count=count)
    some = data.draw(st.permutations(sorted(shares)))
    for number in range(threshold, count + 1):
        assert combine({index: shares[index] for index in some[:number]}) == secret


def test_fewer_say_nothing() -> None:
    """With one share of two, every secret is as likely as every other: each leaves one coefficient."""
    seen = Counter(
        secret
        for secret in range(0, 256, 8)
        for coefficient in range(256)
        if split(bytes([secret]), threshold=2, count=2, random=lambda n, c=coefficient: bytes([c] * n))[1]  # type: ignore[misc]
        == b"\x2a"
    )
    assert seen == Counter(range(0, 256, 8))


@pytest.mark.parametrize(("threshold", "count"), [(1, 3), (0, 0), (4, 3), (2, 256), (2, 1)])
def test_numbers_that_share_nothing(threshold: int, count: int) -> None:
    """One of n would be n copies."""
    with pytest.raises(ValueError, match="threshold"):
        split(b"x", threshold=threshold, count=count)


def test_shares_that_do_not_go_together() -> None:
    """Lengths and places."""
    for shares in ({1: b"a", 2: b"ab"}, {0: b"a", 1: b"b"}, {256: b"a"}, {}):
        with pytest.raises(ValueError, match="shares of one secret"):
            combine(shares)
