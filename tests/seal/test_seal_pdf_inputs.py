# SPDX-License-Identifier: Apache-2.0
"""Which PDFs are sealed and which are refused: each refusal has its code, its words and what to do."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keys import KeyKind
from seal import PdfRefused, SealError, SealRefused

STREAMS = {"object_stream_mode": pikepdf.ObjectStreamMode.generate}
TEXT_FIELD = b"<< /FT /Tx /T (name) /V (value) /Type /Annot /Subtype /Widget /Rect [10 10 90 30] /P 3 0 R >>"


def refusal(sealed_by: Any, data: bytes, own: Any, **options: Any) -> PdfRefused:
    with pytest.raises(PdfRefused) as refused:
        sealed_by(data, own, **options)
    error: PdfRefused = refused.value
    assert error.zh
    assert ";" in error.zh or ";" in error.zh, "says what to do"
    assert error.zh in str(error)
    assert error.en in str(error)
    return error


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "pdf-empty"),
        (b"hello", "pdf-malformed"),
        (b"\n%PDF-1.7\n%%EOF", "pdf-malformed"),
        (b"PK\x03\x04", "pdf-malformed"),
        (b"%PDF-1.7\n", "pdf-truncated"),
        (b"%PDF-1.7\n%%EOF", "pdf-malformed"),
        (b"%PDF-1.7\nstartxref\n9\n%%EOF", "pdf-malformed"),
        (b"%PDF-1.7\nstartxref\n99999999\n%%EOF", "pdf-malformed"),
        (b"%PDF-" + b"x" * (50 * 1024 * 1024), "pdf-too-large"),
    ],
)
def test_not_a_pdf(authority: Any, sealed_by: Any, data: bytes, code: str) -> None:
    assert refusal(sealed_by, data, authority(KeyKind.P256)).code == code


@pytest.mark.parametrize("password", ["", "secret"])
def test_encrypted(authority: Any, permit: bytes, sealed_by: Any, resaved: Any, password: str) -> None:
    """An empty password is encryption too."""
    data = resaved(permit, encryption=pikepdf.Encryption(owner="owner", user=password))
    assert refusal(sealed_by, data, authority(KeyKind.P256)).code == "pdf-encrypted"


def test_cut_anywhere(authority: Any, permit: bytes, sealed_by: Any) -> None:
    """A file whose end is missing is named as incomplete, wherever it was cut."""
    for end in range(20, len(permit) - 8, len(permit) // 40):
        assert refusal(sealed_by, permit[:end], authority(KeyKind.P256)).code == "pdf-truncated"


def test_something_after_the_end(authority: Any, permit: bytes, sealed_by: Any) -> None:
    """White space may follow; anything else is what attacks are made of."""
    own = authority(KeyKind.P256)
    own.passes(sealed_by(permit + b"\n \r\n", own))
    own.passes(sealed_by(permit.rstrip(), own))
    assert refusal(sealed_by, permit + b"<html>", own).code == "pdf-malformed"


def test_damaged_inside(authority: Any, permit: bytes, sealed_by: Any) -> None:
    """What qpdf would repair is refused: two readers may repair it differently."""
    own = authority(KeyKind.P256)
    for before, after in (
        (b"endobj", b"endabj"),
        (b"\nxref\n", b"\nxxef\n"),
        (b"/Type /Pages", b"/Type /Pagex"),
    ):
        assert before in permit
        assert refusal(sealed_by, permit.replace(before, after, 1), own).code == "pdf-malformed"


def test_pages(authority: Any, hand_made: Any, sealed_by: Any) -> None:
    """At least one, at most 2000."""
    own = authority(KeyKind.P256)
    none = hand_made({2: b"<< /Type /Pages /Kids [] /Count 0 >>"})
    assert refusal(sealed_by, none, own).code == "pdf-empty"
    pdf = pikepdf.new()
    for _ in range(2001):
        pdf.add_blank_page()
    out = io.BytesIO()
    pdf.save(out)
    assert refusal(sealed_by, out.getvalue(), own).code == "pdf-too-many-pages"
    del pdf.pages[-1]
    out = io.BytesIO()
    pdf.save(out)
    assert sealed_by(out.getvalue(), own).startswith(out.getvalue())


def test_hybrid(authority: Any, hand_made: Any, sealed_by: Any) -> None:
    """A table and a stream beside each other are two readings of one file."""
    data = hand_made(
        {5: b"<< /Type /XRef /Size 6 /W [1 2 1] /Length 0 >>\nstream\n\nendstream"}, "/XRefStm 15"
    )
    assert refusal(sealed_by, data, authority(KeyKind.P256)).code == "pdf-hybrid"


CATALOG = "<< /Type /Catalog /Pages 2 0 R {} >>"


@pytest.mark.parametrize(
    ("catalog", "objects", "page"),
    [
        ("/OpenAction << /S /JavaScript /JS (app.alert(1)) >>", {}, {}),
        ("/OpenAction << /S /URI /URI (http://a.example/) >>", {}, {}),
        ("/OpenAction 5 0 R", {5: b"<< /S /Launch /F (calc.exe) >>"}, {}),
        ("/OpenAction 5 0 R", {5: b"<< /S /GoTo /D [3 0 R /Fit] /Next << /S /Named /N /Print >> >>"}, {}),
        ("/AA << /WC << /S /GoTo /D [3 0 R /Fit] >> >>", {}, {}),
        ("/Names << /JavaScript << /Names [(a) 5 0 R] >> >>", {5: b"<< >>"}, {}),
        ("/AcroForm << /Fields [] /XFA 5 0 R >>", {5: b"<< /Length 0 >>\nstream\n\nendstream"}, {}),
        ("/NeedsRendering true", {}, {}),
        ("", {}, {"AA": "<< /O << /S /URI /URI (http://a.example/) >> >>"}),
        ("", {}, {"Annots": "[<< /Type /Annot /Subtype /Link /A << /S /J#61vaScript /JS (x) >> >>]"}),
        ("", {5: b"[ [ << /A << /S /SubmitForm /F (http://a.example/) >> >> ] ]"}, {}),
        ("", {5: b"<< /Type /Annot /Subtype /RichMedia /Rect [0 0 9 9] >>"}, {}),
        ("", {5: b"<< /Type /Annot /Subtype /Screen /Rect [0 0 9 9] >>"}, {}),
        ("", {5: b"<< /Length 0 /F (other.bin) >>\nstream\n\nendstream"}, {}),
        ("", {5: b"<< /Subtype /Form /Ref << /F (a.pdf) >> /Length 0 >>\nstream\n\nendstream"}, {}),
        (
            "",
            {5: b"<< /Subtype /Image /Width 1 /Height 1 /Alternates [] /Length 0 >>\nstream\n\nendstream"},
            {},
        ),
        ("", {5: b"<< /S /SetOCGState /State [/ON] >>"}, {}),
        ("", {5: b"<< /S /Hide /T (x) >>"}, {}),
    ],
)
@pytest.mark.parametrize("saved", [None, STREAMS], ids=["table", "streams"])
def test_dormant_content(
    authority: Any,
    hand_made: Any,
    sealed_by: Any,
    resaved: Any,
    catalog: str,
    objects: Any,
    page: Any,
    saved: Any,
) -> None:
    """Whatever may change the shown document later, in plain sight or inside an object stream."""
    reachable = "/Keep [5 0 R]" if objects else ""
    data = hand_made({1: CATALOG.format(f"{catalog} {reachable}").encode(), **objects}, **page)
    if saved:
        data = resaved(data, **saved)
    error = refusal(sealed_by, data, authority(KeyKind.P256))
    assert error.code == "pdf-dormant-content"
    assert error.detail


@pytest.mark.parametrize(
    ("catalog", "page"),
    [
        ("/OpenAction [3 0 R /XYZ null null 0]", {}),
        ("/OpenAction << /S /GoTo /D [3 0 R /Fit] >>", {}),
        (
            "",
            {"Annots": "[<< /Subtype /Link /Rect [0 0 9 9] /A << /S /URI /URI (http://a.example/) >> >>]"},
        ),
        ("/Note (/JavaScript /AA /Launch)", {}),
        ("/Fonts << /AA << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> /JS 4 0 R >>", {}),
        ("/PageLabels << /Nums [0 << /S /D >>] >>", {"Group": "<< /S /Transparency /CS /DeviceRGB >>"}),
        ("/OCProperties << /OCGs [] /D << >> >>", {"UserUnit": "1.5"}),
    ],
)
def test_harmless_content(authority: Any, hand_made: Any, sealed_by: Any, catalog: str, page: Any) -> None:
    """What office software writes every day is sealed."""
    own = authority(KeyKind.P256)
    own.passes(sealed_by(hand_made({1: CATALOG.format(catalog).encode()}, **page), own))


FORMS = {
    "no form": ("", {}),
    "direct form": ("/AcroForm << /Fields [6 0 R] /DA (/F 0 Tf) >>", {}),
    "direct form without fields": ("/AcroForm << /DA (/F 0 Tf) >>", {}),
    "form object": ("/AcroForm 7 0 R", {7: b"<< /Fields [6 0 R] /SigFlags 1 >>"}),
    "form object, fields object": ("/AcroForm 7 0 R", {7: b"<< /Fields 8 0 R >>", 8: b"[6 0 R]"}),
    "all set": ("/AcroForm 7 0 R", {7: b"<< /Fields 8 0 R /SigFlags 3 >>", 8: b"[ 6 0 R ]"}),
    "direct form, fields object": ("/AcroForm << /Fields 8 0 R >>", {8: b"[6 0 R]"}),
}
ANNOTS = {
    "direct": ("[6 0 R]", {}),
    "object": ("9 0 R", {9: b"[6 0 R]"}),
    "none": ("", {}),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("annots", ANNOTS)
@pytest.mark.parametrize("certify", [False, True])
def test_existing_form(
    authority: Any, hand_made: Any, sealed_by: Any, form: str, annots: str, certify: bool
) -> None:
    """Fields and annotations stay; lists that are objects of their own are changed in place."""
    own = authority(KeyKind.P256)
    catalog, objects = FORMS[form]
    listed, more = ANNOTS[annots]
    page = {"Annots": listed} if listed else {}
    text = {6: TEXT_FIELD} if "6 0 R" in catalog + str(objects) + listed + str(more) else {}
    data = hand_made({1: CATALOG.format(catalog).encode(), **text, **objects, **more}, **page)
    sealed = sealed_by(data, own, certify=certify)
    own.passes(sealed)
    with pikepdf.open(io.BytesIO(sealed)) as pdf:
        names = [str(field.T) for field in pdf.Root.AcroForm.Fields]
        assert names == (["name"] if "6 0 R" in catalog + str(objects) else []) + ["Seal1"]
        assert pdf.Root.AcroForm.SigFlags == 3
        assert len(pdf.pages[0].Annots) == (2 if listed else 1)
        assert ("/DA" in pdf.Root.AcroForm) == ("/DA" in catalog)
    if not certify:
        twice = sealed_by(sealed, own)
        own.passes(twice, 2)
        assert [status.bottom_line for status in own.statuses(twice)] == [True, True]


def test_names_in_use(authority: Any, hand_made: Any, sealed_by: Any) -> None:
    """The new field takes a name that nothing has."""
    own = authority(KeyKind.P256)
    objects = {
        1: CATALOG.format("/AcroForm << /Fields [5 0 R 6 0 R] >>").encode(),
        5: b"<< /FT /Tx /T (Seal1) >>",
        6: b"<< /FT /Tx /T <FEFF005300650061006C0032> >>",
    }
    report = own.passes(sealed_by(hand_made(objects), own))
    assert report.signatures[0].facts["field"] == "Seal3"


def test_other_generations(authority: Any, hand_made: Any, sealed_by: Any) -> None:
    """Objects that are written again keep number and generation."""
    own = authority(KeyKind.P256)
    data = hand_made()
    for number in (1, 3):
        data = data.replace(b"%d 0 obj" % number, b"%d 2 obj" % number).replace(
            b"%d 0 R" % number, b"%d 2 R" % number
        )
    table = data.index(b"xref\n")
    entries = data[table:].replace(b"1 1\n", b"1 1\n", 1)
    for number in (1, 3):
        at = entries.index(b"\n%d 1\n" % number) + len(b"\n%d 1\n" % number)
        entries = entries[: at + 11] + b"00002" + entries[at + 16 :]
    sealed = sealed_by(data[:table] + entries, own)
    own.passes(sealed)
    assert b"\n3 2 obj\n" in sealed[len(data) :]


@pytest.mark.parametrize("level", ["/P 1", "/P 2", "/P 3", "", "/P 9"])
@pytest.mark.parametrize("listed", [True, False], ids=["in Perms", "in the field"])
def test_certified_by_others(
    authority: Any, hand_made: Any, sealed_by: Any, level: str, listed: bool
) -> None:
    """Levels 2 and 3 let fields be signed that are there; none lets a new field be added."""
    reference = f"/Reference [<< /TransformMethod /DocMDP /TransformParams << {level} >> >>]"
    form = "/AcroForm << /Fields [5 0 R] /SigFlags 3 >>"
    catalog = f"{form} /Perms << /DocMDP 6 0 R >>" if listed else form
    objects = {
        1: CATALOG.format(catalog).encode(),
        5: b"<< /FT /Sig /T (S) /V 6 0 R >>",
        6: f"<< /Type /Sig /Contents <00> {reference} >>".encode(),
    }
    assert refusal(sealed_by, hand_made(objects), authority(KeyKind.P256)).code == "pdf-certified"


def test_locked_for_good(authority: Any, hand_made: Any, sealed_by: Any) -> None:
    """ISO 32000-2: a signed field may forbid all later changes by its lock."""
    objects = {
        1: CATALOG.format("/AcroForm << /Fields [5 0 R] /SigFlags 3 >>").encode(),
        5: b"<< /FT /Sig /T (S) /V << /Type /Sig /Contents <00> >> /Lock << /Action /All /P 1 >> >>",
    }
    assert refusal(sealed_by, hand_made(objects), authority(KeyKind.P256)).code == "pdf-certified"


def test_more_than_a_verifier_reads(authority: Any, hand_made: Any, sealed_by: Any) -> None:
    """A file that no verifier of ours would open is not made."""
    own = authority(KeyKind.P256)
    for fields in ("<< /FT /Sig /T (S) >>" * 32, "<< /FT /Tx /T (S) >>" * 5000):
        data = hand_made({1: CATALOG.format(f"/AcroForm << /Fields [{fields}] >>").encode()})
        assert refusal(sealed_by, data, own).code == "pdf-too-many-fields"
    deep = "<< /T (a) /Kids [" * 20 + "<< /FT /Tx /T (S) >>" + "] >>" * 20
    data = hand_made({1: CATALOG.format(f"/AcroForm << /Fields [{deep}] >>").encode()})
    assert refusal(sealed_by, data, own).code == "pdf-too-many-fields"


@pytest.mark.parametrize(
    "objects",
    [
        {1: b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields 4 >> >>"},
        {1: b"<< /Type /Catalog /Pages 4 0 R >>"},
        {1: b"[ ]"},
        {2: b"<< /Type /Pages /Kids 4 /Count 1 >>"},
        {3: b"null"},
        {3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Resources << >> /Annots 4 >>"},
    ],
)
def test_odd_structure(authority: Any, hand_made: Any, sealed_by: Any, objects: Any) -> None:
    """Entries of the wrong type are refused, whichever parser minds first."""
    assert refusal(sealed_by, hand_made(objects), authority(KeyKind.P256)).code in (
        "pdf-malformed",
        "pdf-empty",
    )


def test_objects_beyond_the_size(authority: Any, hand_made: Any, sealed_by: Any) -> None:
    """An object that the declared size hides must not be shown by our larger one."""
    data = hand_made({9: b"<< >>"})
    assert b"/Size 10" in data
    refused = refusal(sealed_by, data.replace(b"/Size 10", b"/Size 9 "), authority(KeyKind.P256))
    assert refused.code == "pdf-malformed"


def test_small_stream_that_becomes_huge(authority: Any, hand_made: Any, sealed_by: Any) -> None:
    """An object stream that unpacks beyond the limit is refused, not unpacked."""
    import zlib

    packed = zlib.compress(bytes(300 * 1024 * 1024), 1)
    body = b"<< /Type /ObjStm /N 1 /First 5 /Filter /FlateDecode /Length %d >>\nstream\n" % len(packed)
    pdf = bytearray(b"%PDF-1.7\n")
    offsets = {}
    objects = {
        1: b"<< /Type /Catalog /Pages 2 0 R >>",
        2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Resources << >> >>",
        5: body + packed + b"\nendstream",
    }
    for number, content in objects.items():
        offsets[number] = len(pdf)
        pdf += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(pdf)
    rows = bytearray(b"\x00\x00\x00\x00\x00\xff")
    for number in range(1, 7):
        where = {4: (2, 5, 0), 6: (1, start, 0)}.get(number) or (1, offsets[number], 0)
        rows += bytes([where[0]]) + where[1].to_bytes(4) + bytes([where[2]])
    pdf += b"6 0 obj\n<< /Type /XRef /Size 7 /Root 1 0 R /W [1 4 1] /Length %d >>\nstream\n" % len(rows)
    pdf += bytes(rows) + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % start
    assert len(pdf) < 2_000_000
    assert refusal(sealed_by, bytes(pdf), authority(KeyKind.P256)).code == "pdf-malformed"


@settings(max_examples=150, deadline=None)
@given(place=st.floats(0, 1), size=st.integers(0, 8), junk=st.binary(max_size=8))
def test_any_damage(
    authority: Any, permit: bytes, sealed_by: Any, place: float, size: int, junk: bytes
) -> None:
    """Whatever happened to a file on its way, it is refused in words, or sealed without loss."""
    at = int(place * len(permit))
    data = permit[:at] + junk + permit[at + size :]
    try:
        assert sealed_by(data, authority(KeyKind.P256)).startswith(data)
    except SealError as error:
        assert isinstance(error, SealRefused)
        assert error.zh in str(error)


@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=400))
def test_any_bytes(authority: Any, sealed_by: Any, data: bytes) -> None:
    """No builtin exception leaves the face, whatever the bytes."""
    for one in (data, b"%PDF-1.7\n" + data + b"\nstartxref\n9\n%%EOF"):
        with pytest.raises(PdfRefused):
            sealed_by(one, authority(KeyKind.P256))


def test_files_of_other_products(
    authority: Any, permit: bytes, sealed_by: Any, resaved: Any, tmp_path: Path
) -> None:
    """Classic and stream cross-references, linearised, old versions, other line ends."""
    own = authority(KeyKind.SM2)
    variants = [
        resaved(permit, **STREAMS),
        resaved(permit, linearize=True),
        resaved(permit, linearize=True, **STREAMS),
        resaved(permit, force_version="1.4", object_stream_mode=pikepdf.ObjectStreamMode.disable),
        resaved(permit, min_version="2.0"),
        resaved(permit, qdf=True),
    ]
    for data in variants:
        own.passes(sealed_by(sealed_by(data, own), own), 2)
