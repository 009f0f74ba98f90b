# SPDX-License-Identifier: Apache-2.0
"""Flip each byte of all records of the ZIP file, a sample of what is packed, and bytes of each file inside.

Nothing passes but what is provably outside: times and attributes in ZIP headers, which no reader shows.
"""

from __future__ import annotations

import struct
from typing import Any

import pytest

from verify import Indication, Unreadable, read_ofd

LISTING = "Doc_0/Signs/Signatures.xml"


@pytest.fixture(scope="module")
def small(workshop: Any) -> dict[str, bytes]:
    return dict(
        workshop.sealed(workshop.plain(1), seal=workshop.seal(picture=b"\x89PNG\r\n\x1a\n" + bytes(40)))
    )


def passes(workshop: Any, data: bytes) -> bool:
    try:
        return workshop.check(data).indication is Indication.TOTAL_PASSED
    except Unreadable:
        return False


def fields(data: bytes) -> tuple[set[int], set[int]]:
    """Offsets of version, time and attribute fields in ZIP headers; of what is packed between them."""
    found: set[int] = set()
    packings: set[int] = set()
    at = 0
    while data[at : at + 4] == b"PK\x03\x04":
        found |= {*range(at + 4, at + 6), *range(at + 10, at + 14)}
        packed, names, extras = struct.unpack_from("<L4x2H", data, at + 18)
        at += 30 + names + extras + packed
        packings |= {*range(at - packed, at)}
    while data[at : at + 4] == b"PK\x01\x02":
        found |= {*range(at + 4, at + 8), *range(at + 12, at + 16), *range(at + 36, at + 42)}
        names, extras, comments = struct.unpack_from("<3H", data, at + 28)
        at += 46 + names + extras + comments
    assert data[at : at + 4] == b"PK\x05\x06"
    return found, packings


@pytest.mark.slow
def test_each_byte_of_the_file(workshop: Any, small: dict[str, bytes]) -> None:
    data = workshop.pack(small)
    assert passes(workshop, data)
    free, packings = fields(data)
    for at in range(len(data)):
        if at in packings and at % 5:
            continue
        other = data[:at] + bytes([data[at] ^ (0x01 if at % 2 else 0x80)]) + data[at + 1 :]
        if at not in free and passes(workshop, other):
            # The last bits of a packed stream stand for nothing: what is unpacked is the same.
            package = read_ofd(other)
            assert {name: package.read(name) for name in package.entries} == small, at


@pytest.mark.slow
def test_bytes_of_each_file_inside(workshop: Any, small: dict[str, bytes]) -> None:
    """The list of signatures is free while seals may still follow; what it says must still hold."""
    for name, content in small.items():
        step = 1 if name == LISTING else 37
        survived = [
            at
            for at in range(0, len(content), step)
            if passes(workshop, workshop.pack({**small, name: _flipped(content, at)}))
        ]
        if name == LISTING:
            # Identifiers and the highest of them are no part of a verdict.
            assert [content[: at + 1][-40:] for at in survived if not _harmless(content, at)] == []
        else:
            # An octet that counts the unused bits of a whole octet is told, not judged (decision 0018).
            told = [workshop.check({**small, name: _flipped(content, at)}) for at in survived]
            assert all(one.signatures[0].facts["deviations"] == ["BITS_UNUSED"] for one in told), name
            assert len(told) <= 1, name


def _flipped(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 0x01]) + content[at + 1 :]


def _harmless(content: bytes, at: int) -> bool:
    """In the declaration, in MaxSignId, in a prefix, in ID, or in a Type that is the default."""
    text = content.decode()
    if at < text.index("?>") + 3 or "MaxSignId" in text[max(0, at - 12) : at + 12]:
        return True
    token = text[max(text.rfind(" ", 0, at), text.rfind("\n", 0, at)) + 1 :].split(" ")[0]
    return token.startswith(("ID=", "Type=", "xmlns:"))


def test_each_byte_of_the_names(workshop: Any, small: dict[str, bytes]) -> None:
    """A file that is renamed is missing where it is needed, or case alone changed and it is still found."""
    for name in small:
        for at in range(len(name)):
            other = name[:at] + chr(ord(name[at]) ^ 0x01) + name[at + 1 :]
            if other in small:
                continue
            files = {other if one == name else one: content for one, content in small.items()}
            assert not passes(workshop, workshop.pack(files)), other
