# SPDX-License-Identifier: Apache-2.0
"""No byte of a sealed file can change unnoticed: every region, sampled."""

from __future__ import annotations

import random
import re
from typing import Any

import pytest

from keys import KeyKind
from verify import Indication, Unreadable

KINDS = [KeyKind.SM2, KeyKind.RSA2048, KeyKind.P256]


def passes(own: Any, data: bytes) -> bool:
    try:
        return own.check(data).indication is Indication.TOTAL_PASSED
    except Unreadable:
        return False


def flipped(data: bytes, at: int, mask: int = 1) -> bytes:
    return data[:at] + bytes([data[at] ^ mask]) + data[at + 1 :]


def regions(base: bytes, sealed: bytes) -> dict[str, range]:
    (value,) = re.finditer(rb"/Contents (<[0-9a-f]+>)", sealed)
    gap, resume = value.span(1)
    numbers = sealed.rindex(b"/ByteRange", 0, gap)
    return {
        "document": range(len(base)),
        "new objects": range(len(base), numbers),
        "byte range": range(numbers, gap),
        "value": range(gap, resume),
        "after the value": range(resume, len(sealed)),
    }


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("certify", [True, False], ids=["certified", "sealed"])
def test_flipped_bytes(
    authority: Any, permit: bytes, place: Any, sealed_by: Any, kind: KeyKind, certify: bool
) -> None:
    """Evidence inside the value is not signed, but without it nothing passes: those flips count too."""
    own = authority(kind)
    sealed = sealed_by(permit, own, place=place, certify=certify)
    assert passes(own, sealed)
    chosen = random.Random(7)
    for name, region in regions(permit, sealed).items():
        places = region if len(region) <= 60 else sorted(chosen.sample(region, 60))
        survivors = [at for at in places if passes(own, flipped(sealed, at))]
        assert survivors == [], (name, [sealed[at - 20 : at + 20] for at in survivors])


@pytest.mark.parametrize("kind", KINDS)
def test_every_byte_after_the_value(authority: Any, permit: bytes, sealed_by: Any, kind: KeyKind) -> None:
    """Cross-references and trailer of the sealed revision, one bit at a time."""
    own = authority(kind)
    sealed = sealed_by(permit, own)
    after = regions(permit, sealed)["after the value"]
    assert [at for at in after if passes(own, flipped(sealed, at, 1 << (at % 8)))] == []


def test_bytes_added_or_removed(authority: Any, permit: bytes, place: Any, sealed_by: Any) -> None:
    """Inserted, removed or appended bytes: never passed."""
    own = authority(KeyKind.SM2)
    sealed = sealed_by(permit, own, place=place, certify=True)
    chosen = random.Random(11)
    for at in sorted(chosen.sample(range(len(sealed) - 1), 80)):
        assert not passes(own, sealed[:at] + sealed[at + 1 :])
        assert not passes(own, sealed[:at] + b" " + sealed[at:])
    for tail in (b"x", b"%", b"\n%%EOF\n", b"5 0 obj\n<< >>\nendobj\n"):
        assert not passes(own, sealed + tail)
    for end in range(len(permit), len(sealed), 97):
        assert not passes(own, sealed[:end])


def test_first_of_two_seals(authority: Any, permit: bytes, place: Any, sealed_by: Any) -> None:
    """A change below the first seal breaks both; a change in the second revision spares nobody's verdict."""
    own = authority(KeyKind.SM2)
    once = sealed_by(permit, own, place=place)
    twice = sealed_by(once, own)
    chosen = random.Random(13)
    for at in sorted(chosen.sample(range(len(twice)), 80)):
        assert not passes(own, flipped(twice, at))


def test_value_moved_to_another_document(authority: Any, permit: bytes, resaved: Any, sealed_by: Any) -> None:
    """The signature value of one file is worth nothing in another one of the same shape."""
    own = authority(KeyKind.RSA2048)
    first, second = sealed_by(permit, own, reason="甲"), sealed_by(permit, own, reason="乙")
    pattern = re.compile(rb"/Contents <[0-9a-f]+>")
    (value,) = pattern.findall(first)
    assert not passes(own, pattern.sub(value, second))
