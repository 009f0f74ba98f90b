# SPDX-License-Identifier: Apache-2.0
"""Sealed OFDs that are right, in every spelling that is in circulation, and what the report tells of them."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from keys import HashAlgorithm, digest
from verify import Indication, SubIndication, check_file


def codes(report: Any) -> list[str]:
    return [reason.code for reason in report.reasons]


def test_a_sealed_document_passes(workshop: Any) -> None:
    report = workshop.check(workshop.sealed())
    (seal,) = report.signatures
    assert report.indication is Indication.TOTAL_PASSED, [codes(seal), seal.facts]
    assert report.kind == "ofd"
    assert report.facts["title"] == "施工许可证"
    assert report.facts["pages"] == 2
    assert seal.facts["protection"] == "continue"
    assert seal.facts["covers"] == "whole document"
    assert seal.facts["seal"]["name"] == "锦北区住建局(样章)"
    assert seal.facts["not_protected"] == []
    assert seal.facts["stamps"] == [{"page": 1, "boundary_mm": ["120", "200", "42", "42"], "clip_mm": None}]


def test_the_content_decides_what_a_file_is(workshop: Any) -> None:
    """Whatever its name, and with the octets that some vendors write before it."""
    data = workshop.pack(workshop.sealed())
    report = check_file(data, trust=workshop.trust, at=_at(workshop), name="文件.pdf")
    assert (report.kind, report.indication) == ("ofd", Indication.TOTAL_PASSED)
    for absolute in (True, False):
        entries = workshop.entries(workshop.sealed())
        prefixed = workshop.zipped(entries, prefix=b"KRC\x00" * 5, absolute=absolute)
        report = check_file(prefixed, trust=workshop.trust, at=_at(workshop))
        assert report.indication is Indication.TOTAL_PASSED
        assert report.facts["deviations"] == ["ZIP_PREFIX"]


def test_a_seal_file_and_a_seal_signature_by_themselves(workshop: Any) -> None:
    files = workshop.sealed()
    seal = check_file(files["Doc_0/Signs/Sign_0/Seal.esl"], trust=workshop.trust, at=_at(workshop))
    assert (seal.kind, seal.indication) == ("seal", Indication.TOTAL_PASSED)
    value = files["Doc_0/Signs/Sign_0/SignedValue.dat"]
    alone = check_file(value, trust=workshop.trust, at=_at(workshop))
    assert (alone.kind, alone.sub_indication) == ("ses", SubIndication.SIGNED_DATA_NOT_FOUND)
    content = files["Doc_0/Signs/Sign_0/Signature.xml"]
    whole = check_file(
        value, trust=workshop.trust, at=_at(workshop), content=lambda one: digest(one, content)
    )
    assert whole.indication is Indication.TOTAL_PASSED


def test_several_seals_pass_and_each_covers_those_before(workshop: Any) -> None:
    files = workshop.sealed()
    files = workshop.sealing.add(files)
    report = workshop.check(workshop.sealed(files, whole=True))
    assert report.indication is Indication.TOTAL_PASSED
    assert [one.facts["protection"] for one in report.signatures] == ["continue", "continue", "whole"]
    assert report.signatures[2].facts["references"] > report.signatures[0].facts["references"]


def test_a_seal_after_whole_protection_breaks_it(workshop: Any) -> None:
    files = workshop.sealing.add(workshop.sealed(whole=True))
    report = workshop.check(files)
    first, second = report.signatures
    assert report.indication is Indication.TOTAL_FAILED
    assert first.sub_indication is SubIndication.HASH_FAILURE
    assert "/Doc_0/Signs/Signatures.xml" in first.reasons[0].en
    assert second.indication is Indication.TOTAL_PASSED


def test_no_signature_is_no_yes(workshop: Any) -> None:
    for files in (
        workshop.files,
        {**workshop.files, "OFD.xml": workshop.ofd_xml(workshop.body(signatures=True))},
    ):
        report = workshop.check(files)
        assert report.sub_indication is SubIndication.SIGNED_DATA_NOT_FOUND
        assert codes(report) == ["NOT_SEALED"]


@pytest.mark.parametrize(
    "changes",
    [
        {"method": "SM3"},
        {"method": "sm3"},
        {"id": "{}"},
        {"id": "{:03d}"},
        {"max_ids": 2},
        {"max_ids": 0},
        {"relative": True},
        {"reference": lambda name: name},
        {"value_name": "SignValue.dat"},
        {"seal_file": None},
        {"seal_first": True},
        {"type_attribute": False},
        {"method": "SHA256", "compute": lambda data: hashlib.sha256(data).digest()},
        {"method": "SHA-256", "compute": lambda data: hashlib.sha256(data).digest()},
        {"method": "2.16.840.1.101.3.4.2.1", "compute": lambda data: hashlib.sha256(data).digest()},
        {"edit": lambda text: text.replace("http://www.ofdspec.org/2016", "http://www.ofdspec.org")},
        {"edit": lambda text: text.replace("ofd:", "").replace("xmlns:ofd=", "about=")},
        {"edit": lambda text: text.replace("><", ">\n  <")},
        {"edit": lambda text: text.replace("20260801014400Z", "2026-08-01 09:44:00")},
        {"path": "id-1"},
    ],
    ids=lambda changes: ",".join(changes) + str(len(str(changes.get("method", "")))),
)
def test_spellings_in_circulation(workshop: Any, changes: dict[str, Any]) -> None:
    report = workshop.check(workshop.sealed(**changes))
    assert report.indication is Indication.TOTAL_PASSED, [
        (codes(one), one.facts.get("deviations")) for one in report.signatures
    ]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"id": "{}"}, "SIGNATURE_ID_NUMERIC"),
        ({"max_ids": 2}, "MAX_SIGN_ID_TWICE"),
        ({"reference": lambda name: name}, "REFERENCE_MISSING_SLASH"),
        ({"reference": lambda name: f"/{name.upper()}"}, "REFERENCE_WRONG_CASE"),
    ],
)
def test_deviations_are_told(workshop: Any, changes: dict[str, Any], code: str) -> None:
    (seal,) = workshop.check(workshop.sealed(**changes)).signatures
    assert seal.indication is Indication.TOTAL_PASSED
    assert code in seal.facts["deviations"]


def test_a_path_in_the_wrong_case_still_leads_to_its_template(workshop: Any) -> None:
    more = '<ofd:TemplatePage ID="5" BaseLoc="TPLS/Tpl_0/Content.xml"/>'
    files = {**workshop.files, "Doc_0/Document.xml": workshop.document(2, more)}
    assert workshop.check(workshop.sealed(files)).indication is Indication.TOTAL_PASSED
    bare = workshop.sealed(files, without=("Doc_0/Tpls/Tpl_0/Content.xml",))
    assert workshop.check(bare).sub_indication is SubIndication.COVERAGE_GAP


@pytest.mark.parametrize("form", ["form_a", "form_b"])
def test_signatures_without_a_seal(workshop: Any, form: str) -> None:
    files = workshop.sealed(kind="Sign", value=getattr(workshop, form))
    (signature,) = workshop.check(files).signatures
    assert signature.indication is Indication.TOTAL_PASSED, codes(signature)
    assert signature.format == f"OFD Sign {form[-1].upper()}"
    assert signature.facts["signer"]["common_name"] == "锦北区住建局"


def test_the_digest_as_text_is_form_a_too(workshop: Any) -> None:
    files = workshop.sealed(kind="Sign", value=lambda content: workshop.form_a(content, text=True))
    assert workshop.check(files).indication is Indication.TOTAL_PASSED


def test_attributes_in_any_order_and_raw_values(workshop: Any) -> None:
    from asn1crypto import core

    def raw(message: bytes) -> bytes:
        pair = core.SequenceOf.load(workshop.sealing.signer.key.sign(message), spec=core.Integer)
        return b"".join(int(one.native).to_bytes(32) for one in pair)

    for changes in ({"sort": False}, {"sign": raw}):
        files = workshop.sealed(
            kind="Sign", value=lambda content, changes=changes: workshop.form_b(content, **changes)
        )
        assert workshop.check(files).indication is Indication.TOTAL_PASSED


def test_a_bare_value_says_nothing_about_who_signed(workshop: Any) -> None:
    (signature,) = workshop.check(workshop.sealed(kind="Sign", value=workshop.form_c)).signatures
    assert signature.sub_indication is SubIndication.NO_SIGNING_CERTIFICATE_FOUND
    assert signature.indication is Indication.INDETERMINATE


def test_a_closing_signature_after_seals(workshop: Any) -> None:
    """The last signature, without a seal, locks the list of signatures."""
    files = workshop.sealed(workshop.sealed(), kind="Sign", value=workshop.form_a, whole=True)
    report = workshop.check(files)
    assert report.indication is Indication.TOTAL_PASSED
    assert report.signatures[1].facts["protection"] == "whole"
    shorter = files["Doc_0/Signs/Signatures.xml"].decode()
    first = shorter.index("<ofd:Signature ")
    files["Doc_0/Signs/Signatures.xml"] = (
        shorter[:first] + shorter[shorter.index("<ofd:Signature ", first + 1) :]
    ).encode()
    assert workshop.check(files).indication is Indication.TOTAL_FAILED


def test_two_documents_each_sealed(workshop: Any) -> None:
    parts = [name for name in workshop.files if "Doc_0" in name]
    second = {name.replace("Doc_0/", "Doc_1/"): workshop.files[name] for name in parts}
    root = workshop.ofd_xml(workshop.body("Doc_0", signatures=True), workshop.body("Doc_1", signatures=True))
    files = {**workshop.files, **second, "OFD.xml": root}
    one = workshop.sealed(files, without=tuple(second))
    both = workshop.sealed(one, folder="Doc_1")
    report = workshop.check(both)
    assert report.indication is Indication.TOTAL_PASSED, [codes(one) for one in report.signatures]
    assert report.facts["documents"] == 2
    assert [one.facts["document"] for one in report.signatures] == [1, 2]


def test_metadata_is_told_when_it_is_protected(workshop: Any) -> None:
    info = '<ofd:CustomDatas><ofd:CustomData Name="证照编号">5101-1</ofd:CustomData></ofd:CustomDatas>'
    files = {**workshop.files, "OFD.xml": workshop.ofd_xml(workshop.body(info=info))}
    report = workshop.check(workshop.sealed(files))
    assert report.facts["metadata"] == {"证照编号": "5101-1"}
    signed = workshop.sealed(files, without=("OFD.xml",))
    bare = workshop.check(signed)
    assert "metadata" not in bare.facts
    assert bare.indication is Indication.INDETERMINATE
    assert codes(bare.signatures[0])[0] == "OFD_XML_NOT_PROTECTED"


def test_a_bare_ofd_xml_is_harmless_when_it_only_points(workshop: Any) -> None:
    """It is rewritten when a first signature is added: without metadata it can only point at signed files."""
    report = workshop.check(workshop.sealed(without=("OFD.xml",)))
    assert report.indication is Indication.TOTAL_PASSED
    assert "title" not in report.facts


def _at(workshop: Any) -> Any:
    from datetime import UTC, datetime

    return datetime(2026, 8, 1, 4, 0, tzinfo=UTC)


def test_sm3_is_what_we_compute(workshop: Any) -> None:
    """A known answer, so that maker and checker cannot err together: SM3 of "abc" (GB/T 32905 A.1)."""
    assert digest(HashAlgorithm.SM3, b"abc").hex.startswith("66c7f0f462eeedd9")
    assert workshop.sealing.compute(b"abc").hex().startswith("66c7f0f462eeedd9")
