# SPDX-License-Identifier: Apache-2.0
"""What one reader shows and another does not see: parts that were taken away, smuggled in, or told twice.

The signature value is right in every file: whoever signed saw something else than whoever reads.
"""

from __future__ import annotations

from typing import Any

import pytest

from verify import Indication, OfdMalformed

CONTENT = "Doc_0/Pages/Page_0/Content.xml"
TEMPLATE = "Doc_0/Tpls/Tpl_0/Content.xml"
LISTING = "Doc_0/Signs/Signatures.xml"
SIGNATURE = "Doc_0/Signs/Sign_0/Signature.xml"
FONT = "Doc_0/Res/font.ttf"


def codes(report: Any) -> set[str]:
    return {reason.code for one in report.signatures for reason in one.reasons}


def failed(report: Any, code: str) -> None:
    assert report.indication is Indication.TOTAL_FAILED, codes(report)
    assert code in codes(report)


def unsure(report: Any, code: str) -> None:
    assert report.indication is Indication.INDETERMINATE, codes(report)
    assert code in codes(report)


def with_font(workshop: Any) -> dict[str, bytes]:
    files = dict(workshop.plain())
    files["Doc_0/PublicRes.xml"] = workshop.xml(
        "Res",
        '<ofd:Fonts><ofd:Font ID="3"><ofd:FontFile>font.ttf</ofd:FontFile></ofd:Font></ofd:Fonts>',
        ' BaseLoc="Res"',
    )
    files[FONT] = b"\x00\x01\x00\x00 not really a font"
    return files


# Taken away


@pytest.mark.parametrize("name", [CONTENT, TEMPLATE, FONT])
def test_what_was_not_protected_is_taken_away(workshop: Any, name: str) -> None:
    """A gap that is gone leaves a hole: the document still names the file."""
    files = workshop.sealed(with_font(workshop), without=(name,))
    failed(workshop.check(files), "COVERAGE_GAP")
    del files[name]
    report = workshop.check(files)
    unsure(report, "PART_MISSING")
    assert f"/{name}" in report.signatures[0].reasons[0].en


def test_a_list_of_resources_that_is_used_is_taken_away(workshop: Any) -> None:
    files = workshop.sealed(without=("Doc_0/PublicRes.xml",))
    del files["Doc_0/PublicRes.xml"]
    unsure(workshop.check(files), "PART_MISSING")


# Passed off as a file of a signature


def test_a_font_as_the_seal_of_a_plain_signature(workshop: Any) -> None:
    """Type Sign has no seal that anybody compares: naming a font as one must not free it."""

    def named(text: str) -> str:
        seal = f"<ofd:Seal><ofd:BaseLoc>/{FONT}</ofd:BaseLoc></ofd:Seal></ofd:SignedInfo>"
        return text.replace("</ofd:SignedInfo>", seal)

    files = workshop.sealed(
        with_font(workshop), kind="Sign", value=workshop.form_a, edit=named, without=(FONT,)
    )
    failed(workshop.check(files), "COVERAGE_GAP")


def test_a_picture_as_the_value_of_another_signature(workshop: Any) -> None:
    """The signature that names it is broken; the good one must not be told to cover the whole either."""
    files = workshop.sealed(with_font(workshop), without=(FONT,))
    other = SIGNATURE.replace("Sign_0", "Sign_9")
    files[other] = files[SIGNATURE].replace(b"/Doc_0/Signs/Sign_0/SignedValue.dat", f"/{FONT}".encode())
    line = f'<ofd:Signature ID="s900" Type="Seal" BaseLoc="/{other}"/></ofd:Signatures>'.encode()
    files[LISTING] = files[LISTING].replace(b"</ofd:Signatures>", line)
    report = workshop.check(files)
    assert report.indication is Indication.TOTAL_FAILED
    assert [one.indication for one in report.signatures] == [Indication.TOTAL_FAILED] * 2


@pytest.mark.parametrize("kind", ["Annotations", "Attachments", "CustomTags"])
def test_the_open_list_of_signatures_as_part_of_the_document(workshop: Any, kind: str) -> None:
    """It stays open while seals may follow, so nothing in it may be shown."""
    files = workshop.plain()
    files["Doc_0/Document.xml"] = workshop.document(
        2,
        '<ofd:TemplatePage ID="5" BaseLoc="Tpls/Tpl_0/Content.xml"/>',
        f"<ofd:{kind}>/Doc_0/A.xml</ofd:{kind}>",
    )
    files["Doc_0/A.xml"] = workshop.xml(
        kind, f'<ofd:Page PageID="11"><ofd:FileLoc>/{LISTING}</ofd:FileLoc></ofd:Page>'
    )
    failed(workshop.check(workshop.sealed(files)), "COVERAGE_GAP")


# Smuggled in


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Logo%41.png", "LogoA.png"),
        ("&#76;ogoA.png", "LogoA.png"),
        ("Logo&amp;A.png", "Logo&A.png"),
        ("&#76;ogo%41.png", "LogoA.png"),
        ("LogoA.png", "Logo%41.png"),
    ],
)
def test_a_name_that_is_resolved_in_another_way(workshop: Any, written: str, name: str) -> None:
    """In an element that nobody knows, a path that some readers may resolve."""
    files = workshop.plain()
    files[CONTENT] = files[CONTENT].replace(
        b"</ofd:Page>", f"<ofd:Sound>{written}</ofd:Sound></ofd:Page>".encode()
    )
    failed(workshop.check({**workshop.sealed(files), name: b"anything"}), "COVERAGE_GAP")


@pytest.mark.parametrize("name", ["Encryptions.xml", "OFDEntries.xml", "Doc_0/encryptions.XML"])
def test_files_that_readers_look_for_by_name(workshop: Any, name: str) -> None:
    """GM/T 0099: no path leads to them, and they change what is shown."""
    failed(workshop.check({**workshop.sealed(), name: b"<Encryptions/>"}), "COVERAGE_GAP")


def test_an_open_ofd_xml_and_a_second_document(workshop: Any) -> None:
    """Protected, but never shown to whoever signed: the open OFD.xml could name it any time."""
    files = {**workshop.plain(), "Doc_0/Other.xml": workshop.document(1)}
    unsure(workshop.check(workshop.sealed(files, without=("OFD.xml",))), "OFD_XML_NOT_PROTECTED")


def test_a_type_behind_many_blanks(workshop: Any) -> None:
    """A page whose file has no usual name, in a file that is protected as a whole."""
    files = workshop.plain()
    outside = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>'
    files["Doc_0/Pages/Page_0/Content"] = b" " * 200 + outside + files.pop(CONTENT).partition(b"\n")[2]
    files["Doc_0/Document.xml"] = files["Doc_0/Document.xml"].replace(
        b"Page_0/Content.xml", b"Page_0/Content"
    )
    failed(workshop.check(workshop.sealed(files)), "XML_DTD")


# Told twice


@pytest.mark.parametrize(
    ("name", "mark", "more"),
    [
        ("OFD.xml", "<ofd:DocRoot>", "<ofd:DocRoot>Doc_0/Other.xml</ofd:DocRoot>"),
        ("OFD.xml", "<ofd:DocInfo>", "<ofd:DocInfo><ofd:DocID>1</ofd:DocID></ofd:DocInfo>"),
        ("OFD.xml", "</ofd:DocInfo>", "<ofd:CustomDatas/><ofd:CustomDatas/>"),
        ("Doc_0/Document.xml", "<ofd:Pages>", '<ofd:Pages><ofd:Page ID="11" BaseLoc="O.xml"/></ofd:Pages>'),
        ("Doc_0/Document.xml", "<ofd:CommonData>", "<ofd:CommonData/>"),
    ],
)
def test_elements_that_stand_twice(workshop: Any, name: str, mark: str, more: str) -> None:
    """One reader takes the first, another the last; all of it is protected."""
    files = {**workshop.plain(), "Doc_0/Other.xml": workshop.document(1), "Doc_0/O.xml": workshop.page("")}
    files[name] = files[name].replace(mark.encode(), more.encode() + mark.encode())
    if mark == "<ofd:DocRoot>":
        files[name] = files[name].replace(b"<ofd:DocRoot>Doc_0/Other", b"<ofd:DocRoot>/Doc_0/Other")
    unsure(workshop.check(workshop.sealed(files)), "ELEMENT_TWICE")


# Signatures that were copied or moved


def test_one_signature_listed_twice(workshop: Any) -> None:
    files = workshop.sealed()
    line = f'<ofd:Signature ID="s800" BaseLoc="/{SIGNATURE}"/></ofd:Signatures>'.encode()
    files[LISTING] = files[LISTING].replace(b"</ofd:Signatures>", line)
    failed(workshop.check(files), "SIGNATURE_SHARED")


def test_a_signature_that_was_copied(workshop: Any) -> None:
    """One seal does not become two because somebody copies its files."""
    files = workshop.sealed()
    for part in ("Signature.xml", "SignedValue.dat", "Seal.esl"):
        files[f"Doc_0/Signs/Copy/{part}"] = files[f"Doc_0/Signs/Sign_0/{part}"]
    line = b'<ofd:Signature ID="s800" BaseLoc="/Doc_0/Signs/Copy/Signature.xml"/></ofd:Signatures>'
    files[LISTING] = files[LISTING].replace(b"</ofd:Signatures>", line)
    report = workshop.check(files)
    assert report.indication is not Indication.TOTAL_PASSED
    assert report.signatures[1].indication is not Indication.TOTAL_PASSED


@pytest.mark.parametrize(
    "stated", ["Doc_0/Signs/Sign_1/Signature.xml", "Doc_1/x.xml", "other\\Signature.xml"]
)
def test_property_of_another_file(workshop: Any, stated: str) -> None:
    unsure(workshop.check(workshop.sealed(path=stated)), "PROPERTY_INFO_OTHER_FILE")


@pytest.mark.parametrize("stated", [SIGNATURE, SIGNATURE.upper(), SIGNATURE.replace("_", "%5F")])
def test_property_in_another_spelling(workshop: Any, stated: str) -> None:
    assert workshop.check(workshop.sealed(path=stated)).indication is Indication.TOTAL_PASSED


# One ZIP file that is two


def refused(workshop: Any, data: bytes) -> None:
    with pytest.raises(OfdMalformed):
        workshop.check(data)


@pytest.mark.parametrize(
    "comment",
    [
        b"PK\x05\x06" + bytes(14) + b"\xff\x00" + bytes(8),
        b"x PK\x01\x02 x",
        b"%PDF-1.7\n1 0 obj<<>>endobj",
    ],
)
def test_another_file_in_the_comment(workshop: Any, comment: bytes) -> None:
    """Readers that search backwards for the mark of the end record find the one in the comment."""
    refused(workshop, workshop.zipped(workshop.entries(workshop.sealed()), comment=comment))


def test_another_file_before_the_package(workshop: Any) -> None:
    prefix = b"vendor %PDF-1.7 1 0 obj<<>>endobj trailer<<>>"
    refused(workshop, workshop.zipped(workshop.entries(workshop.sealed()), prefix=prefix))


@pytest.mark.parametrize(
    "name",
    [
        f"{CONTENT}.",
        f"{CONTENT} ",
        "Doc_0./x",
        "Doc_0 /x",
        " Doc_0/x",
        "Doc_0/Pages/Page?0/Content.xml",
        "a*b",
        'a"b',
    ],
)
def test_names_that_become_others_on_a_disk(workshop: Any, name: str) -> None:
    """Many readers unpack to a disk, where such a name loses its end or gets another sign."""
    refused(workshop, workshop.pack({**workshop.sealed(), name: b"<evil/>"}))


def test_a_name_with_two_encodings(workshop: Any) -> None:
    """Its octets are one name in UTF-8 and another in GBK, which another file of the package has."""
    octets = "聽".encode("gbk")
    assert octets.decode("utf-8") != "聽"
    entries = workshop.entries({**workshop.sealed(), "聽": b"signed"})
    first = type(entries[0])
    refused(workshop, workshop.zipped([*entries, first(octets, b"evil")]))


def test_a_stored_entry_without_its_size(workshop: Any) -> None:
    """Who walks the local headers meets the package that lies inside it."""
    inner = workshop.pack({"OFD.xml": b"<evil/>"})
    entries = workshop.entries(workshop.sealed({**workshop.plain(), "Doc_0/a.bin": inner}))
    first = type(entries[0])
    good = [first(e.name, e.content, method=0) if e.content == inner else e for e in entries]
    assert workshop.check(workshop.zipped(good)).indication is Indication.TOTAL_PASSED
    bent = [first(e.name, e.content, method=0, descriptor=True) if e.content == inner else e for e in entries]
    refused(workshop, workshop.zipped(bent))
