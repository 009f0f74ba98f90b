# SPDX-License-Identifier: Apache-2.0
"""Attacks on sealed OFDs, one file per rule of sealing.md section 5.3.

The signature value is right wherever the attack does not need it to be wrong: only the trick is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from verify import Indication, OfdMalformed, SubIndication, ofd_svg

CONTENT = "Doc_0/Pages/Page_0/Content.xml"
LISTING = "Doc_0/Signs/Signatures.xml"
SIGNATURE = "Doc_0/Signs/Sign_0/Signature.xml"
VALUE = "Doc_0/Signs/Sign_0/SignedValue.dat"
SEAL = "Doc_0/Signs/Sign_0/Seal.esl"


def codes(report: Any) -> set[str]:
    return {reason.code for one in report.signatures for reason in one.reasons} | {
        reason.code for reason in report.reasons
    }


def failed(report: Any, code: str) -> None:
    assert report.indication is Indication.TOTAL_FAILED, codes(report)
    assert code in codes(report)


def unsure(report: Any, code: str) -> None:
    assert report.indication is Indication.INDETERMINATE, codes(report)
    assert code in codes(report)


# What a signature protects


@pytest.mark.parametrize(
    "name",
    [
        CONTENT,
        "Doc_0/Document.xml",
        "Doc_0/PublicRes.xml",
        "Doc_0/Tpls/Tpl_0/Content.xml",
    ],
)
def test_an_altered_file(workshop: Any, name: str) -> None:
    files = workshop.sealed()
    files[name] = files[name].replace(b"20", b"21", 1) if b"20" in files[name] else files[name] + b" "
    failed(workshop.check(files), "REFERENCE_ALTERED")


@pytest.mark.parametrize(
    "name",
    [CONTENT, "Doc_0/Document.xml", "Doc_0/PublicRes.xml", "Doc_0/Tpls/Tpl_0/Content.xml"],
)
def test_a_part_of_the_document_is_not_protected(workshop: Any, name: str) -> None:
    report = workshop.check(workshop.sealed(without=(name,)))
    failed(report, "COVERAGE_GAP")
    assert report.sub_indication is SubIndication.COVERAGE_GAP
    assert f"/{name}" in report.signatures[0].reasons[0].en


def test_a_removed_file(workshop: Any) -> None:
    files = workshop.sealed()
    del files["Doc_0/Tpls/Tpl_0/Content.xml"]
    failed(workshop.check(files), "REFERENCE_ALTERED")


def _more(workshop: Any) -> dict[str, bytes]:
    """A document with everything that a reader can reach."""
    res = (
        '<ofd:Fonts><ofd:Font ID="3" FontName="样例"><ofd:FontFile>font.ttf</ofd:FontFile></ofd:Font>'
        "</ofd:Fonts>"
        '<ofd:MultiMedias><ofd:MultiMedia ID="7" Type="Image"><ofd:MediaFile>logo.png</ofd:MediaFile>'
        "</ofd:MultiMedia></ofd:MultiMedias>"
    )
    files = workshop.plain()
    after = (
        "<ofd:Annotations>Annots/Annotations.xml</ofd:Annotations>"
        "<ofd:CustomTags>Tags/CustomTags.xml</ofd:CustomTags>"
        "<ofd:Attachments>Attachs/Attachments.xml</ofd:Attachments>"
        "<ofd:Extensions>Exts/Extensions.xml</ofd:Extensions>"
    )
    files["Doc_0/Document.xml"] = workshop.document(
        2, '<ofd:TemplatePage ID="5" BaseLoc="Tpls/Tpl_0/Content.xml"/>', after
    )
    files["Doc_0/PublicRes.xml"] = workshop.xml("Res", res, ' BaseLoc="Res"')
    files["Doc_0/Res/font.ttf"] = b"not really a font"
    files["Doc_0/Res/logo.png"] = workshop.picture
    files["Doc_0/Pages/Page_1/PageRes.xml"] = workshop.xml("Res", "", ' BaseLoc="Res"')
    files["Doc_0/Pages/Page_1/Content.xml"] = workshop.page("", "<ofd:PageRes>PageRes.xml</ofd:PageRes>")
    files["Doc_0/Annots/Annotations.xml"] = workshop.xml(
        "Annotations", '<ofd:Page PageID="11"><ofd:FileLoc>Page_0/Annot.xml</ofd:FileLoc></ofd:Page>'
    )
    files["Doc_0/Annots/Page_0/Annot.xml"] = workshop.xml("PageAnnot", "")
    files["Doc_0/Tags/CustomTags.xml"] = workshop.xml(
        "CustomTags", '<ofd:CustomTag NameSpace="x"><ofd:FileLoc>Tag.xml</ofd:FileLoc></ofd:CustomTag>'
    )
    files["Doc_0/Tags/Tag.xml"] = b"<tags/>"
    files["Doc_0/Attachs/Attachments.xml"] = workshop.xml(
        "Attachments",
        '<ofd:Attachment ID="a1" Name="r"><ofd:FileLoc>record.json</ofd:FileLoc></ofd:Attachment>',
    )
    files["Doc_0/Attachs/record.json"] = b"{}"
    files["Doc_0/Exts/Extensions.xml"] = workshop.xml(
        "Extensions", '<ofd:Extension AppName="x"><ofd:ExtendData>data.bin</ofd:ExtendData></ofd:Extension>'
    )
    files["Doc_0/Exts/data.bin"] = b"\x00\x01"
    files["OFD.xml"] = workshop.ofd_xml(
        workshop.body(
            more='<ofd:Versions><ofd:Version ID="v1" Index="1" BaseLoc="Doc_0/V/v1.xml"/></ofd:Versions>'
        )
    )
    files["Doc_0/V/v1.xml"] = workshop.xml(
        "DocVersion",
        '<ofd:FileList><ofd:File ID="f1">/Doc_0/V/Content.xml</ofd:File></ofd:FileList>'
        "<ofd:DocRoot>Document.xml</ofd:DocRoot>",
    )
    files["Doc_0/V/Content.xml"] = workshop.page("")
    files["Doc_0/V/Document.xml"] = workshop.document(0)
    return files


def test_everything_that_is_reached_is_demanded(workshop: Any) -> None:
    files = _more(workshop)
    assert workshop.check(workshop.sealed(files)).indication is Indication.TOTAL_PASSED
    for name in files:
        if name != "OFD.xml":
            report = workshop.check(workshop.sealed(files, without=(name,)))
            failed(report, "COVERAGE_GAP")
            assert f"/{name}" in report.signatures[0].reasons[0].en, name


def test_a_file_that_nothing_reaches_is_told(workshop: Any) -> None:
    files = {**workshop.sealed(), "note.bin": b"anything"}
    report = workshop.check(files)
    assert report.indication is Indication.TOTAL_PASSED
    assert report.signatures[0].facts["not_protected"] == ["/note.bin"]


def test_a_file_whose_name_is_mentioned_counts_as_reached(workshop: Any) -> None:
    files = workshop.plain()
    files[CONTENT] = files[CONTENT].replace(b"</ofd:Page>", b"<!-- see NOTE.bin --></ofd:Page>")
    failed(workshop.check({**workshop.sealed(files), "note.bin": b"anything"}), "COVERAGE_GAP")


def test_a_missing_file_is_put_in_place_after_sealing(workshop: Any) -> None:
    """Many writers name a resource file that is not there and not used: whoever adds it later may use it."""
    files = {**workshop.plain(1), CONTENT: workshop.page("")}
    fonts = files.pop("Doc_0/PublicRes.xml")
    sealed = workshop.sealed(files)
    assert workshop.check(sealed).indication is Indication.TOTAL_PASSED
    failed(workshop.check({**sealed, "Doc_0/PublicRes.xml": fonts}), "COVERAGE_GAP")


def test_a_page_that_claims_to_be_a_seal(workshop: Any) -> None:
    """Files of signatures need no protection; that a second signature names a page as its seal frees none."""
    files = workshop.sealed(without=(CONTENT,))
    listing = files[LISTING].decode()
    fake = (
        '<ofd:Signature ID="s900" Type="Seal" BaseLoc="/Doc_0/Signs/Sign_9/Signature.xml"/></ofd:Signatures>'
    )
    files[LISTING] = listing.replace("</ofd:Signatures>", fake).encode()
    files["Doc_0/Signs/Sign_9/Signature.xml"] = (
        files[SIGNATURE].decode().replace(f"/{SEAL}</ofd:BaseLoc>", f"/{CONTENT}</ofd:BaseLoc>")
    ).encode()
    report = workshop.check(files)
    assert report.signatures[0].sub_indication is SubIndication.COVERAGE_GAP
    failed(report, "SEAL_FILE_DIFFERS")


def test_another_document_that_nobody_signed(workshop: Any) -> None:
    files = workshop.sealed()
    evil = {n.replace("Doc_0/", "Doc_9/"): c for n, c in workshop.files.items() if "Doc_0/" in n}
    root = workshop.ofd_xml(workshop.body("Doc_9"), workshop.body("Doc_0", signatures=True))
    failed(workshop.check({**files, **evil, "OFD.xml": root}), "DOCUMENT_NOT_SIGNED")
    # Covered by a signature, still not signed itself.
    both = {**workshop.files, **evil, "OFD.xml": root}
    failed(workshop.check(workshop.sealed(both)), "DOCUMENT_NOT_SIGNED")


def test_ofd_xml_that_is_free_points_elsewhere(workshop: Any) -> None:
    files = workshop.sealed(without=("OFD.xml",))
    other = workshop.document(1)
    root = files["OFD.xml"].replace(b"<ofd:DocRoot>Doc_0/Document.xml", b"<ofd:DocRoot>Doc_0/Other.xml")
    report = workshop.check({**files, "OFD.xml": root, "Doc_0/Other.xml": other})
    failed(report, "COVERAGE_GAP")


def test_a_version_slipped_into_a_free_ofd_xml(workshop: Any) -> None:
    files = workshop.sealed(without=("OFD.xml",))
    version = (
        b'<ofd:Versions><ofd:Version ID="v" Current="true" BaseLoc="Doc_0/Document.xml"/></ofd:Versions>'
    )
    files["OFD.xml"] = files["OFD.xml"].replace(b"<ofd:Signatures>", version + b"<ofd:Signatures>")
    unsure(workshop.check(files), "OFD_XML_NOT_PROTECTED")


# References


@pytest.mark.parametrize("method", ["MD5", "md5", "", "SHA1", "SHA-1"])
def test_broken_digests_never_pass(workshop: Any, broken_digest: Callable[..., Any], method: str) -> None:
    name = "sha1" if "1" in method else "md5"
    files = workshop.sealed(method=method, compute=broken_digest(name))
    unsure(workshop.check(files), "CHECK_METHOD_WEAK")
    files[CONTENT] += b" "
    failed(workshop.check(files), "REFERENCE_ALTERED")


def test_an_unknown_check_method_is_no_alteration(workshop: Any) -> None:
    unsure(workshop.check(workshop.sealed(method="1.2.156.10197.1.401.2")), "CHECK_METHOD_UNKNOWN")


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ("same", "REFERENCE_TWICE"),
        ("case", "REFERENCE_TWICE"),
        ("/Doc_0/Pages/../Pages/Page_0/Content.xml", "REFERENCE_AMBIGUOUS"),
        ("\\Doc_0\\Document.xml", "REFERENCE_AMBIGUOUS"),
        ("/Doc_0/Pages/Page%5F0/Content.xml", "REFERENCE_ALTERED"),
        ("/Doc_0/nowhere.xml", "REFERENCE_ALTERED"),
        ("/../../etc/passwd", "REFERENCE_AMBIGUOUS"),
    ],
)
def test_reference_tricks(workshop: Any, more: str, code: str) -> None:
    path = {"same": f"/{CONTENT}", "case": f"/{CONTENT.upper()}"}.get(more, more)
    extra = f'<ofd:Reference FileRef="{path}"><ofd:CheckValue>AAAA</ofd:CheckValue></ofd:Reference>'
    failed(workshop.check(workshop.sealed(more_references=extra)), code)


def test_a_relative_reference_with_two_readings(workshop: Any) -> None:
    files = {**workshop.plain(), "Doc_0/Signs/Sign_0/OFD.xml": b"<other/>"}
    report = workshop.check(
        workshop.sealed(files, reference=lambda name: name.removeprefix("Doc_0/Signs/Sign_0/"))
    )
    failed(report, "REFERENCE_AMBIGUOUS")


def test_a_signature_over_nothing(workshop: Any) -> None:
    everything = (*workshop.files, SEAL, "OFD.xml")
    failed(workshop.check(workshop.sealed(without=everything)), "NOTHING_REFERENCED")


# The signature and its seal


def test_an_altered_signature_xml(workshop: Any) -> None:
    files = workshop.sealed()
    files[SIGNATURE] = files[SIGNATURE].replace(b'Boundary="120 200', b'Boundary="020 200')
    failed(workshop.check(files), "CONTENT_ALTERED")


def test_only_white_space_in_signature_xml(workshop: Any) -> None:
    files = workshop.sealed()
    files[SIGNATURE] += b"\n"
    failed(workshop.check(files), "CONTENT_ALTERED")


def test_the_value_of_another_document(workshop: Any) -> None:
    files, other = workshop.sealed(), workshop.sealed(workshop.plain(1))
    files[VALUE] = other[VALUE]
    failed(workshop.check(files), "CONTENT_ALTERED")


def test_a_seal_file_that_is_another_seal(workshop: Any) -> None:
    """Genuine itself, and named by the references: but not the one inside the signature."""
    failed(workshop.check(workshop.sealed(seal_file=workshop.seal())), "SEAL_FILE_DIFFERS")


def test_a_seal_swapped_after_sealing(workshop: Any) -> None:
    files = workshop.sealed()
    files[SEAL] = workshop.seal()
    report = workshop.check(files)
    failed(report, "SEAL_FILE_DIFFERS")
    failed(report, "REFERENCE_ALTERED")


def test_a_signer_who_is_not_in_the_seal(workshop: Any) -> None:
    report = workshop.check(workshop.sealed(signer=workshop.stranger))
    assert report.indication is Indication.TOTAL_FAILED
    assert report.sub_indication is SubIndication.SIGNER_NOT_IN_SEAL


def test_an_unknown_type_is_not_skipped(workshop: Any) -> None:
    files = workshop.sealed()
    files[LISTING] = files[LISTING].replace(b'Type="Seal"', b'Type="Lock"')
    failed(workshop.check(files), "SIGNATURE_TYPE_UNKNOWN")


def test_a_seal_signature_under_type_sign(workshop: Any) -> None:
    """Two elements at the top are no reason to take it for something else."""
    files = workshop.sealed()
    files[LISTING] = files[LISTING].replace(b'Type="Seal"', b'Type="Sign"')
    failed(workshop.check(files), "CMS_MALFORMED")


@pytest.mark.parametrize("form", ["form_a", "form_b"])
def test_a_plain_signature_over_something_else(workshop: Any, form: str) -> None:
    files = workshop.sealed(kind="Sign", value=lambda content: getattr(workshop, form)(b"something else"))
    failed(workshop.check(files), "CONTENT_ALTERED")


def test_a_plain_signature_that_does_not_verify(workshop: Any) -> None:
    def broken(message: bytes) -> bytes:
        return bytes(workshop.stranger.key.sign(message))

    files = workshop.sealed(kind="Sign", value=lambda content: workshop.form_b(content, sign=broken))
    failed(workshop.check(files), "SIGNATURE_INVALID")


def test_attributes_are_not_passed_off_as_content(workshop: Any) -> None:
    """A signature over attributes, shown as one over a content that has their octets."""

    def swapped(content: bytes) -> bytes:
        made = workshop.cms(workshop.sealing.signer, content, gbt=True)
        attributes = made.signed_attributes()
        length = len(attributes)
        message = b"\x31\x82" + length.to_bytes(2) + attributes
        value = workshop.sealing.signer.key.sign(message)
        return bytes(made.but(enclosed=message, with_attributes=False, sign=lambda _: value).dump())

    failed(workshop.check(workshop.sealed(kind="Sign", value=swapped)), "CONTENT_ALTERED")


def test_a_plain_signature_without_certificate(workshop: Any) -> None:
    files = workshop.sealed(kind="Sign", value=lambda content: workshop.form_b(content, certificates=()))
    unsure(workshop.check(files), "NO_SIGNING_CERTIFICATE")


def test_a_plain_signature_of_a_stranger(workshop: Any) -> None:
    """Signed with a key of a certificate that it carries: but nobody trusts who certified it."""
    from dataclasses import replace

    bare = replace(workshop, trust=replace(workshop.trust, anchors=(), intermediates=()))
    report = bare.check(workshop.sealed(kind="Sign", value=workshop.form_a))
    assert report.indication is Indication.INDETERMINATE
    assert report.sub_indication is SubIndication.NO_CERTIFICATE_CHAIN_FOUND


@pytest.mark.parametrize("name", [SIGNATURE, VALUE])
def test_parts_of_a_signature_that_are_missing(workshop: Any, name: str) -> None:
    files = workshop.sealed()
    del files[name]
    assert workshop.check(files).indication is Indication.TOTAL_FAILED


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("</ofd:SignedInfo>", "</ofd:SignedInfo><ofd:SignedInfo/>"),
        ("<ofd:SignedValue>", "<ofd:SignedValue>/OFD.xml</ofd:SignedValue><ofd:SignedValue>"),
        ("</ofd:References>", "</ofd:References><ofd:References CheckMethod='SM3'/>"),
        ("</ofd:Seal>", "</ofd:Seal><ofd:Seal><ofd:BaseLoc>/OFD.xml</ofd:BaseLoc></ofd:Seal>"),
        ('Boundary="120 200 42 42"', 'Boundary="120 200 42"'),
        ('Boundary="120 200 42 42"', 'Boundary="120 200 42 NaN"'),
        ('Boundary="120 200 42 42"', 'Boundary="120 200 42 42" Clip="1 2 3"'),
    ],
)
def test_a_description_with_two_readings(workshop: Any, old: str, new: str) -> None:
    """The digest is right: whoever signs such a thing gets no yes either."""
    failed(workshop.check(workshop.sealed(edit=lambda text: text.replace(old, new))), "SIGNATURE_MALFORMED")


def test_elements_of_another_namespace_are_not_ours(workshop: Any) -> None:
    """A reader by local names takes them for ours, a strict one does not: no yes to that."""
    evil = '<x:StampAnnot xmlns:x="urn:other" ID="s7" PageRef="12" Boundary="0 0 42 42"/></ofd:SignedInfo>'
    files = workshop.sealed(edit=lambda text: text.replace("</ofd:SignedInfo>", evil))
    unsure(workshop.check(files), "FOREIGN_NAMESPACE")


def test_a_removed_signature_is_seen_where_the_list_is_protected(workshop: Any) -> None:
    files = workshop.sealed(workshop.sealed(), whole=True)
    listing = files[LISTING].decode()
    start = listing.index("<ofd:Signature ")
    files[LISTING] = (listing[:start] + listing[listing.index("<ofd:Signature ", start + 1) :]).encode()
    failed(workshop.check(files), "REFERENCE_ALTERED")


def test_an_earlier_signature_that_was_removed_breaks_the_later_one(workshop: Any) -> None:
    files = workshop.sealed(workshop.sealed())
    for name in (SIGNATURE, VALUE, SEAL):
        del files[name]
    failed(workshop.check(files), "REFERENCE_ALTERED")


# What it may cost


def test_thousands_of_stamps_of_one_seal(workshop: Any) -> None:
    stamps = '<ofd:StampAnnot ID="s2" PageRef="11" Boundary="120 200 42 42"/>' * 11_000
    files = workshop.sealed(stamps=stamps)
    report = workshop.check(files)
    assert report.indication is Indication.TOTAL_PASSED
    assert report.signatures[0].facts["stamps_total"] == 11_000
    assert len(report.signatures[0].facts["stamps"]) == 200
    assert ofd_svg(workshop.pack(files), 0).count("<use") < 300


def test_too_many_of_anything(workshop: Any) -> None:
    many = '<ofd:StampAnnot ID="s2" PageRef="11" Boundary="120 200 42 42"/>' * 13_000
    failed(workshop.check(workshop.sealed(stamps=many)), "SIGNATURE_MALFORMED")
    more = '<ofd:Reference FileRef="/OFD.xml"><ofd:CheckValue>AAAA</ofd:CheckValue></ofd:Reference>' * 2_001
    failed(workshop.check(workshop.sealed(more_references=more)), "SIGNATURE_MALFORMED")
    files = workshop.sealed()
    line = b'<ofd:Signature BaseLoc="/Doc_0/Signs/Sign_0/Signature.xml"/>'
    files[LISTING] = files[LISTING].replace(b"</ofd:Signatures>", line * 101 + b"</ofd:Signatures>")
    with pytest.raises(OfdMalformed):
        workshop.check(files)
    bodies = [workshop.body(signatures=True)] * 65
    with pytest.raises(OfdMalformed):
        workshop.check({**workshop.sealed(), "OFD.xml": workshop.ofd_xml(*bodies)})


def test_more_strange_files_than_can_be_looked_for(workshop: Any) -> None:
    """They count as reached: a gap is the answer that does no harm."""
    files = {**workshop.sealed(), **{f"note{n}.bin": b"x" for n in range(70)}}
    failed(workshop.check(files), "COVERAGE_GAP")
