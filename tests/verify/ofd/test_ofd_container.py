# SPDX-License-Identifier: Apache-2.0
"""ZIP and XML: one buffer is one package whoever reads it, and nothing in it can exhaust the reader."""

from __future__ import annotations

import struct
import zlib
from dataclasses import replace
from typing import Any

import pytest

from verify import Indication, OfdMalformed, Unreadable, check_file, read_ofd

CONTENT = "Doc_0/Pages/Page_0/Content.xml"


def refused(data: bytes, place: str = "") -> None:
    with pytest.raises(OfdMalformed) as caught:
        package = read_ofd(data)
        for name in package.entries:
            package.read(name)
    assert place in str(caught.value)


def test_entries_are_seen_as_they_stand(workshop: Any) -> None:
    files = workshop.sealed()
    package = read_ofd(workshop.pack(files))
    assert list(package.entries) == list(files)
    for name, content in files.items():
        entry = package.entries[name]
        assert package.read(name) == content
        assert zlib.decompress(package.packed(name), -15) == content
        assert (entry.method, entry.crc, entry.size) == (8, zlib.crc32(content), len(content))
        assert entry.packed_size == len(package.packed(name))
        assert package.data[entry.header :].startswith(b"PK\x03\x04")


def test_stored_entries_descriptors_folders_and_names(workshop: Any) -> None:
    """Kinds of packages that are in circulation."""
    entries = workshop.entries(workshop.sealed())
    kind = type(entries[0])
    stored = [replace(one, method=0) for one in entries]
    described = [replace(one, descriptor=True, flags=0x0808) for one in entries]
    half_flagged = [replace(one, local_flags=0x0800) for one in entries]
    with_folders = [kind(b"Doc_0/", b"", method=0), *entries]
    absolute = [replace(one, name=b"/" + one.name) for one in entries]
    for made in (stored, described, half_flagged, with_folders, absolute):
        report = workshop.check(workshop.zipped(made))
        assert report.indication is Indication.TOTAL_PASSED
    assert read_ofd(workshop.zipped(absolute)).container.deviations == ["ZIP_NAME_ABSOLUTE"]


@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
def test_chinese_names_of_old_writers(workshop: Any, encoding: str) -> None:
    entries = workshop.entries(workshop.files)
    entries.append(type(entries[0])("附件.txt".encode(encoding), b"x"))
    package = read_ofd(workshop.zipped(entries))
    assert "附件.txt" in package.entries
    assert package.container.deviations == ["ZIP_NAME_ENCODING"]


def _bent(workshop: Any, **changes: Any) -> bytes:
    """The second entry bent."""
    entries = workshop.entries(workshop.files)
    entries[1] = replace(entries[1], **changes)
    return bytes(workshop.zipped(entries))


@pytest.mark.parametrize(
    "changes",
    [
        {"local_name": b"Doc_1/Document.xml"},
        {"local_flags": 0x0002 | 0x0008},
        {"flags": 0x0001},
        {"flags": 0x0040},
        {"flags": 0x2000},
        {"flags": 0x0020},
        {"method": 12},
        {"method": 99},
        {"size": 5},
        {"size": 10**6},
        {"size": 0xFFFFFFFF},
        {"local_size": 7},
        {"crc": 1},
        {"packed": b"\xff\xff\xff"},
        {"packed": zlib.compress(b"x")[2:-4] + b"trailing"},
        {"outside": 0xA1FF0000},
        {"after": b"hidden"},
        {"extra": struct.pack("<HHQ", 1, 8, 5)},
        {"extra": struct.pack("<HH5s", 0x7075, 5 + 5, b"\x01\x00\x00\x00\x00") + b"other"},
        {"local_extra": struct.pack("<HH5s", 0x7075, 5 + 5, b"\x01\x00\x00\x00\x00") + b"other"},
        {"local_extra": b"\x01\x00\xff\xff"},
        {"name": b"../../evil"},
        {"name": b"Doc_0/../OFD.xml"},
        {"name": b"Doc_0\\Document.xml"},
        {"name": b"C:/Document.xml"},
        {"name": b"Doc_0//Document.xml"},
        {"name": b""},
        {"name": b"Doc_0/Document\x00.xml"},
        {"name": b"OFD.xml"},
        {"name": b"ofd.XML"},
        {"name": "ＯＦＤ.xml".encode(), "flags": 0x0800},
        {"name": b"OFD.xml/inside"},
        {"name": b"\xff\xfe", "flags": 0x0800},
        {"name": b"\xff\xff\xff\xff"},
        {"name": "a\u202eb".encode(), "flags": 0x0800},
        {"name": b"x" * 2000},
    ],
    ids=lambda changes: "-".join(f"{name}={str(value)[:18]}" for name, value in changes.items()),
)
def test_a_bent_entry(workshop: Any, changes: dict[str, Any]) -> None:
    refused(_bent(workshop, **changes))


def test_streamed_sizes_in_a_zip64_field_must_be_true(workshop: Any) -> None:
    """Some writers put small sizes there; lies are refused."""
    data = _bent(workshop)
    entry = read_ofd(data).entries["Doc_0/Document.xml"]
    for lie in (0, 1):
        wide = struct.pack("<HHQQ", 1, 16, entry.size + lie, entry.packed_size)
        made = _bent(workshop, local_extra=wide)
        at = made.index(b"PK\x03\x04", 10)
        made = made[: at + 18] + b"\xff" * 8 + made[at + 26 :]
        if lie:
            refused(made)
        else:
            assert read_ofd(made).read("Doc_0/Document.xml")


def test_the_whole_file(workshop: Any) -> None:
    entries = workshop.entries(workshop.files)
    hidden = workshop.pack(workshop.plain(1))
    for data in (
        workshop.zipped(entries, tail=b"x"),
        workshop.zipped(entries, tail=hidden),
        workshop.zipped(entries, prefix=hidden),
        workshop.zipped(entries, prefix=hidden, absolute=False),
        workshop.zipped(entries, prefix=b"x" * 5000),
        workshop.zipped(entries, count=len(entries) + 1),
        workshop.zipped(entries, count=len(entries) - 1),
        workshop.zipped(entries, count=0),
        workshop.zipped(entries, comment=b"PK\x05\x06" + bytes(18)),
        workshop.zipped(entries, twice_listed=0),
        workshop.pack(workshop.files)[:-1],
        workshop.pack(workshop.files)[10:],
        b"PK\x05\x06" + bytes(18),
        b"",
    ):
        refused(data)


def test_a_comment_is_told(workshop: Any) -> None:
    data = workshop.zipped(workshop.entries(workshop.sealed()), comment=b"made by hand")
    report = workshop.check(data)
    assert report.facts["deviations"] == ["ZIP_COMMENT"]


def test_too_many_entries(workshop: Any) -> None:
    files = {**workshop.files, **{f"n{number}": b"" for number in range(1000)}}
    refused(workshop.pack(files), "1000")


def test_too_large_when_unpacked(workshop: Any) -> None:
    """The sizes of the directory are limits: no entry unpacks to more than it says."""
    entries = workshop.entries(workshop.files)
    kind = type(entries[0])
    zeros = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = zeros.compress(bytes(3 * 1024 * 1024)) + zeros.flush()
    bomb = kind(b"bomb.bin", b"", packed=packed, size=3 * 1024 * 1024)
    refused(workshop.zipped([*entries, bomb]), "100")
    quiet = kind(b"bomb.bin", b"", packed=packed, size=1000, crc=0)
    refused(workshop.zipped([*entries, quiet]), "bomb.bin")
    huge = [kind(b"n%d" % n, b"", method=0, packed=b"", size=0) for n in range(3)]
    told = [replace(one, size=80 * 1024 * 1024, method=8, packed=bytes(900_000)) for one in huge]
    refused(workshop.zipped([*entries, *told]), "200 MB")


# XML


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<",
        b"\x00" * 64,
        b"<a><b></a></b>",
        b"<a x='1' x='2'/>",
        b"<a>&lol;</a>",
        b"<!DOCTYPE a [<!ENTITY lol 'x'>]><a>&lol;</a>",
        b"<!DOCTYPE a SYSTEM 'http://example.org/a.dtd'><a/>",
        b"<?xml version='1.0' encoding='UTF-7'?><a/>",
        b"<?xml version='1.0' encoding='GBK'?><a/>",
        b"<?xml version='1.0' encoding='no-such'?><a/>",
        b"<x:a xmlns:x='urn:other'/>",
        b"<x:a/>",
        b"\xff\xfe<\x00a\x00/\x00>\x00x\x00",
        b"<a>" * 100 + b"</a>" * 100,
        b"<a " + b" ".join(b"x%d='1'" % n for n in range(100)) + b"/>",
        "<a>\ud800</a>".encode("utf-8", "surrogatepass"),
        b"<other/>",
    ],
    ids=lambda content: content[:24].decode("latin-1").replace("\x00", "0"),
)
@pytest.mark.parametrize("name", ["OFD.xml", "Doc_0/Signs/Signatures.xml"])
def test_hostile_xml(workshop: Any, name: str, content: bytes) -> None:
    files = workshop.sealed()
    files[name] = content
    with pytest.raises(Unreadable):
        workshop.check(files)


def test_hostile_xml_where_a_signature_is_described(workshop: Any) -> None:
    files = workshop.sealed()
    for content in (b"", b"<!DOCTYPE a><a/>", b"<Signature/>", b"<a>" * 100):
        files["Doc_0/Signs/Sign_0/Signature.xml"] = content
        assert workshop.check(files).indication is Indication.TOTAL_FAILED


def test_a_type_in_a_page_that_is_signed(workshop: Any) -> None:
    """The signer's own: still no yes, for readers would expand it differently."""
    files = workshop.plain()
    files[CONTENT] = b"<!DOCTYPE ofd:Page [<!ENTITY a 'b'>]>" + files[CONTENT].split(b"?>", 1)[1].strip()
    report = workshop.check(workshop.sealed(files))
    assert [reason.code for reason in report.reasons] == ["XML_DTD"]
    assert report.indication is Indication.TOTAL_FAILED
    files[CONTENT] = files[CONTENT].decode().encode("utf-16")
    assert workshop.check(workshop.sealed(files)).indication is Indication.TOTAL_FAILED


def test_identifiers_that_stand_twice(workshop: Any) -> None:
    files = workshop.sealed()
    twice = dict(files)
    twice["Doc_0/Document.xml"] = files["Doc_0/Document.xml"].replace(b'ID="12"', b'ID="011"')
    with pytest.raises(OfdMalformed):
        workshop.check(twice)
    listing = workshop.sealed(files)
    listing["Doc_0/Signs/Signatures.xml"] = listing["Doc_0/Signs/Signatures.xml"].replace(b"s011", b"s001")
    with pytest.raises(OfdMalformed):
        workshop.check(listing)


def test_other_zip_files_are_named_as_such(workshop: Any) -> None:
    word = workshop.pack({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w/>"})
    with pytest.raises(Unreadable, match="OFD"):
        check_file(word, trust=workshop.trust, at=_at())
    with pytest.raises(Unreadable):
        check_file(workshop.pack({"ofd.xml.txt": b"x"}), trust=workshop.trust, at=_at())


def _at() -> Any:
    from datetime import UTC, datetime

    return datetime(2026, 8, 1, 4, 0, tzinfo=UTC)


def test_more_xml_than_is_read(workshop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is left out of memory is parsed again, and the whole is bounded."""
    from verify.ofd import package as room

    crowd = b"<a>" + b"<b/>" * 300 + b" " * 4096 + b"</a>"  # larger than what packages share
    files = {**workshop.files, **{f"n{number}.xml": crowd for number in range(9)}}
    monkeypatch.setattr(room, "MOST_KEPT", 500)
    package = read_ofd(workshop.pack(files))
    found = [package.xml(f"n{number}.xml") for number in (0, 1, 0, 1)]
    assert [found[0] is found[2], found[1] is found[3]] == [True, False]
    monkeypatch.setattr(room, "MOST_PARSED", 20_000)
    package = read_ofd(workshop.pack(files))
    with pytest.raises(OfdMalformed, match="of XML"):
        for number in range(9):
            package.xml(f"n{number}.xml")


def test_text_in_many_pieces_costs_no_more(workshop: Any) -> None:
    """Entities and elements cut text into pieces; joining them one by one would take minutes."""
    for inner in ("&amp;" * 400_000, "a<ofd:x/>" * 100_000, "a<!---->" * 200_000):
        files = workshop.plain(1)
        files[CONTENT] = workshop.page(f"<ofd:TextObject>{inner}</ofd:TextObject>")
        stored = [replace(one, method=0) for one in workshop.entries(files)]
        root = read_ofd(workshop.zipped(stored)).xml(CONTENT).root
        assert sum(1 for _ in root.walk()) < 400_000
