# SPDX-License-Identifier: Apache-2.0
"""What is not sealed, because no reader could be sure afterwards of what was sealed."""

from __future__ import annotations

import io
import zipfile

import pytest

from seal import OfdRefused

from .conftest import Sealer, foreign

RESOURCES = "Doc_0/PublicRes.xml"


def files(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return {name: package.read(name) for name in package.namelist()}


def zipped(entries: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in entries.items():
            package.writestr(name, content)
    return out.getvalue()


def refused(sealer: Sealer, entries: dict[str, bytes], code: str = "ofd-malformed") -> None:
    with pytest.raises(OfdRefused) as found:
        sealer.seal(zipped(entries))
    assert found.value.code == code, found.value


@pytest.mark.parametrize(
    ("mark", "more"),
    [
        (b"<ofd:DocRoot>", b"<ofd:DocRoot>Doc_0/Other.xml</ofd:DocRoot><ofd:DocRoot>"),
        (b"<ofd:DocRoot>", b"<ofd:Signatures/><ofd:DocRoot>"),
        (b"<ofd:DocRoot>", b'<x:DocRoot xmlns:x="urn:x">Doc_0/Other.xml</x:DocRoot><ofd:DocRoot>'),
    ],
)
def test_an_entrance_with_two_readings(sealer: Sealer, mark: bytes, more: bytes) -> None:
    entries = files(foreign())
    entries["OFD.xml"] = entries["OFD.xml"].replace(mark, more, 1)
    refused(sealer, entries)


def test_a_part_that_is_missing(sealer: Sealer, permit: bytes) -> None:
    """Whoever brings it later decides what is shown."""
    entries = files(permit)
    font = next(name for name in entries if name.lower().endswith((".ttf", ".otf")))
    del entries[font]
    refused(sealer, entries)


def test_a_type_in_a_page(sealer: Sealer) -> None:
    entries = files(foreign())
    page = next(name for name in entries if name.endswith("Content.xml"))
    entries[page] = b"<!DOCTYPE x>" + entries[page].partition(b"?>")[2].lstrip()
    refused(sealer, entries)


def test_more_files_than_are_read(sealer: Sealer) -> None:
    """The package itself is read; with the files of a signature it would not be."""
    entries = files(foreign())
    entries |= {f"Doc_0/more/{number}.bin": b"" for number in range(998 - len(entries))}
    refused(sealer, entries, "ofd-too-large")
