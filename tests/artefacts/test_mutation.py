# SPDX-License-Identifier: Apache-2.0
"""Every byte of what passes, changed: nothing passes still, but where the byte is provably outside coverage.

Each of the small artefacts is flipped at every byte, larger ones at every byte of a raster; what still passes
must be inside the ranges that :data:`OUTSIDE` explains, and each explanation must still be needed.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from verify import Indication, Unreadable, read_codes, read_ofd

from .shelf import EXPECTED, Artefact, shelf
from .world import AT, DAY, authorities

GOOD = sorted(name for name, (indication, _) in EXPECTED.items() if indication == "TOTAL-PASSED")
# The raster of what is large or takes long; 1 for everything else.
EVERY = {
    "certified.pdf": 13,
    "closed.ofd": 5,
    "continued.ofd": 7,
    "gm-cms-digest.pdf": 7,
    "gm-cms.pdf": 11,
    "gm-seal.pdf": 31,
    "good.receipt.json": 17,
    "notice.txt": 3,
    "p256-archived.pdf": 499,
    "p256-stamped.pdf": 31,
    "pack.zip": 3,
    "revoked.receipt.json": 19,
    "rsa.pdf": 5,
    "seal-status.json": 5,
    "seal-v1.esl": 11,
    "seal-v5.esl": 7,
    "sm2-content.txt.ers": 7,
    "sm2-content.txt.sig": 11,
    "sm2-form.json": 3,
    "sm2-stamped.pdf": 61,
    "sm2.pdf": 5,
    "stamped.ofd": 5,
    "trust-list.json": 13,
    "two-families.pdf": 41,
    "v5.ofd": 5,
    "whole.ofd": 3,
}
SLOW = {
    *("p256.pdf", "sealed.ofd", "p256-content.txt.ers", "seal-status.json"),
    *("document-status.json", "seal-v4.esl", "seal-v5.esl", "gm-form.json", "sm2-form.json"),
    *EVERY,
}


@dataclass(frozen=True)
class Free:
    """``holds``: whether the flip at an offset provably changes nothing that a signature covers, and why."""

    why: str
    holds: Callable[[Artefact, int], bool]


def flip(data: bytes, at: int) -> int:
    """The byte that stands there instead: another bit at each place."""
    return data[at] ^ 1 << at % 7


def _capital(one: Artefact, at: int) -> bool:
    return bytes([one.data[at]]).isalpha() and flip(one.data, at) == one.data[at] ^ 0x20


def _address(one: Artefact, at: int) -> bool:
    return at < one.data.index(b"#") and _capital(one, at)


def _contents(one: Artefact, at: int) -> bool:
    found = re.finditer(rb"/Contents ?<([0-9A-Fa-f]+)>", one.data)
    return any(at in range(*match.span(1)) for match in found) and _capital(one, at)


def _unstamped(one: Artefact, at: int) -> bool:
    """Who breaks a stamp could leave it out: it is no signed attribute.  The report tells the lower level."""
    before = [part.facts.get("level") for part in one.report().signatures]
    after = [part.facts.get("level") for part in one.report(flipped(one.data, at)).signatures]
    return str(after) < str(before)


def _armour(one: Artefact, at: int) -> bool:
    """White space, and bits of the last character that stand for no octet (RFC 4648 section 3.5)."""
    return _inside_armour(one.data) == _inside_armour(flipped(one.data, at))


def _inside_armour(data: bytes) -> bytes:
    lines = re.search(rb"-----BEGIN [A-Z0-9 ]+-----(.*)-----END", data, re.DOTALL)
    return b"" if lines is None else base64.b64decode(lines[1])


def _picture(one: Artefact, at: int) -> bool:
    return read_codes(flipped(one.data, at)) == read_codes(one.data)


def _unpacked(one: Artefact, at: int) -> bool:
    before, after = read_ofd(one.data), read_ofd(flipped(one.data, at))
    same = {name: before.read(name) for name in before.entries}
    return same == {name: after.read(name) for name in after.entries}


def _unused_bits(one: Artefact, at: int) -> bool:
    """Told, not judged: decision 0018."""
    told = one.report(flipped(one.data, at)).signatures[0].facts.get("deviations")
    return one.data[at] == 0 and isinstance(told, list) and "BITS_UNUSED" in told


def _beside(one: Artefact, at: int) -> bool:
    """Evidence inside a token helps to judge it; the reader has all of it already (RFC 5652 section 5.1)."""
    own = authorities().of(one.name.partition("-")[0])
    held = own.evidence(AT - DAY)
    tsa = own.tsa(AT).certificate
    for der in (part.der for part in (*held.certificates, *held.crls) if part != tsa):
        start = one.data.find(der)
        if start >= 0 and start <= at < start + len(der):
            return True
    return False


def _beside_in_hex(one: Artefact, at: int) -> bool:
    """The same in a PDF, whose /Contents spells the token in hexadecimal digits."""
    own, text = authorities().of(one.name.partition("-")[0].partition(".")[0]), one.data.lower()
    held = own.evidence(AT - DAY)
    tsa = own.tsa(AT).certificate
    for der in (part.der for part in (*held.certificates, *held.crls) if part != tsa):
        digits = der.hex().encode()
        start = text.find(digits)
        while start >= 0:
            if start <= at < start + len(digits):
                return True
            start = text.find(digits, start + 1)
    return False


OUTSIDE: dict[str, tuple[Free, ...]] = {
    ".qr.txt": (Free("scheme, host and path of an address mean the same in capitals", _address),),
    ".pem": (Free("what the armour spells in another way (RFC 7468 section 2): the same octets", _armour),),
    ".png": (Free("pixels and metadata of a picture from which the same signed text is read", _picture),),
    ".pdf": (
        Free("capital letters among the hexadecimal digits of /Contents", _contents),
        Free("a time stamp that is an unsigned attribute", _unstamped),
        Free("certificates and lists that stand beside the signature's own", _beside_in_hex),
        Free("the count of unused bits of a whole octet in a seal", _unused_bits),
    ),
    ".ofd": (
        Free("ZIP metadata and the last bits of a packed stream: the files inside are the same", _unpacked),
        Free("the count of unused bits of a whole octet in a seal", _unused_bits),
    ),
    ".esl": (Free("the count of unused bits of a whole octet", _unused_bits),),
    ".sig": (Free("the count of unused bits of a whole octet", _unused_bits),),
    ".ers": (Free("certificates and lists that stand beside the stamp's own", _beside),),
}


NEEDED = (".qr.txt", ".png", ".ers")
"""Where something must be left, wherever the bytes of this run happen to stand."""


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([flip(data, at)]) + data[at + 1 :]


def passing(one: Artefact, every: int) -> set[int]:
    """Where a flip leaves a file that passes."""
    found = set()
    for at in range(0, len(one.data), every):
        try:
            if one.report(flipped(one.data, at)).indication is Indication.TOTAL_PASSED:
                found.add(at)
        except Unreadable:
            continue
    return found


@pytest.fixture(scope="module")
def artefacts() -> dict[str, Artefact]:
    return {one.name: one for one in shelf()}


def test_there_are_fifty_small_ones() -> None:
    """Flipped at every byte: of all kinds."""
    whole = [name for name in GOOD if name not in EVERY]
    assert len(whole) >= 50
    assert set(EVERY) <= set(GOOD)


@pytest.mark.parametrize(
    "name", [pytest.param(one, marks=[pytest.mark.slow] if one in SLOW else []) for one in GOOD]
)
def test_no_flip_passes(artefacts: dict[str, Artefact], name: str) -> None:
    one, every = artefacts[name], EVERY.get(name, 1)
    left = passing(one, every)
    frees = next((found for suffix, found in OUTSIDE.items() if name.endswith(suffix)), ())
    inside = sorted(at for at in left if not any(free.holds(one, at) for free in frees))
    assert [(at, one.data[max(0, at - 12) : at + 12]) for at in inside] == []
    if every == 1 and frees and name.endswith(NEEDED):
        assert left, f"needed no longer: {frees[0].why}"
