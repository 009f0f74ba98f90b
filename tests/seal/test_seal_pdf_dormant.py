# SPDX-License-Identifier: Apache-2.0
"""Dormant content, one made file for each rule: what is refused, what is told, and where it is said to be."""

from __future__ import annotations

import io
from typing import Any

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keys import KeyKind
from seal import CrossPage, DormantContent, Finding, PdfRefused, Severity, inspect_pdf, seal_pdf
from seal.pdf.dormant.finding import _WORDS

MM = 72 / 25.4
CATALOG = "<< /Type /Catalog /Pages 2 0 R {} >>"
TEXT = b"BT /F 14 Tf 100 300 Td (This is what the document says.) Tj ET"
FONT = "<< /Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>"
WIDE = [95, 290, 300, 320]


def stream(content: bytes, entries: bytes = b"") -> bytes:
    return b"<< %s /Length %d >>\nstream\n%s\nendstream" % (entries, len(content), content)


def form(content: bytes, box: str = "[0 0 205 30]") -> bytes:
    return stream(content, f"/Type /XObject /Subtype /Form /BBox {box} /Resources {FONT}".encode())


def page(annotations: str, kids: str = "") -> bytes:
    return (
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 420 595] /Contents 4 0 R /Resources {FONT} "
        f"/Annots [{annotations}] {kids} >>"
    ).encode()


def annotation(subtype: str, rect: list[int], entries: str = "/AP << /N 9 0 R >>") -> str:
    corners = " ".join(map(str, rect))
    return f"<< /Type /Annot /Subtype /{subtype} /Rect [{corners}] /F 4 {entries} >>"


def document(hand_made: Any, annotations: str, **objects: bytes) -> bytes:
    """A page with text and these annotations; 9 is a white box, 10 a black one, 11 ink that multiplies."""
    ink = (
        b"/Type /XObject /Subtype /Form /BBox [0 0 205 30] "
        b"/Resources << /ExtGState << /M << /BM /Multiply >> >> >>"
    )
    given: dict[int, bytes] = {
        3: page(annotations),
        4: stream(TEXT),
        9: form(b"1 g 0 0 205 30 re f"),
        10: form(b"0 g 0 0 205 30 re f"),
        11: stream(b"/M gs 1 0 0 rg 0 0 205 30 re f", ink),
        **{int(key[1:]): value for key, value in objects.items()},
    }
    if "/V << /Type /Sig" in annotations:
        given[1] = CATALOG.format("/AcroForm << /Fields [14 0 R] >>").encode()
        given[3], given[14] = page("14 0 R"), annotations.encode()
    data: bytes = hand_made(given)
    return data


def codes(data: bytes) -> list[str]:
    return [one.code for one in inspect_pdf(data)]


@pytest.mark.parametrize(
    ("annotations", "expected"),
    [
        (annotation("FreeText", WIDE), "annotation-hides-text"),
        (annotation("Square", WIDE, "/AP << /N 10 0 R >>"), "annotation-hides-text"),
        (annotation("Stamp", WIDE), "annotation-hides-text"),
        (annotation("Highlight", WIDE), "annotation-hides-text"),
        (annotation("Widget", WIDE, "/FT /Tx /T (a) /AP << /N 9 0 R >>"), "annotation-hides-text"),
        (annotation("Widget", WIDE, "/FT /Sig /T (a) /AP << /N 9 0 R >>"), "annotation-hides-text"),
        (annotation("Stamp", WIDE, "/AP << /N 11 0 R >>"), ""),
        (annotation("FreeText", [95, 400, 300, 430]), ""),
        (annotation("Link", WIDE), ""),
        (annotation("Popup", WIDE), ""),
        (annotation("FreeText", WIDE, ""), ""),
    ],
    ids=[
        "box",
        "black",
        "stamp",
        "markup",
        "field",
        "empty signature",
        "seal",
        "beside",
        "link",
        "popup",
        "bare",
    ],
)
def test_hidden_text(hand_made: Any, annotations: str, expected: str) -> None:
    """What covers the text, in whatever colour, is refused; a seal that multiplies with it is not."""
    found = [one for one in inspect_pdf(document(hand_made, annotations)) if one.code != "field-unreadable"]
    assert [one.code for one in found] == ([expected] if expected else [])
    if expected:
        assert found[0].page == 0
        assert found[0].rect_mm == pytest.approx((95 / MM, 275 / MM, 300 / MM, 305 / MM))
        assert "第 1 页" in found[0].zh and "page 1" in found[0].en


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_hidden_text_on_a_turned_page(hand_made: Any, rotation: int) -> None:
    """Found, and told where a reader sees it."""
    data = document(hand_made, "", _3=page(annotation("FreeText", WIDE), f"/Rotate {rotation}"))
    (found,) = inspect_pdf(data)
    assert found.code == "annotation-hides-text"
    assert found.rect_mm == pytest.approx(
        {
            90: (290 / MM, 95 / MM, 320 / MM, 300 / MM),
            180: (120 / MM, 290 / MM, 325 / MM, 320 / MM),
            270: (275 / MM, 120 / MM, 305 / MM, 325 / MM),
        }[rotation]
    )


def test_hidden_picture(hand_made: Any) -> None:
    """A box over a drawing is told, not refused: scanned pages have no letters to ask for."""
    lines = b" ".join(b"%d 300 m %d 315 l S" % (x, x) for x in range(100, 300, 6))
    data = document(hand_made, annotation("FreeText", WIDE), _4=stream(lines))
    (found,) = inspect_pdf(data)
    assert (found.code, found.severity) == ("annotation-hides-picture", Severity.WARN)


def test_seal_of_another_product(hand_made: Any) -> None:
    """A signed field with a white picture is told: whoever sealed before answers for it."""
    field = "/FT /Sig /T (a) /V << /Type /Sig /Contents <00> >> /AP << /N 9 0 R >>"
    (found,) = inspect_pdf(document(hand_made, annotation("Widget", WIDE, field)))
    assert found.severity is Severity.WARN


@pytest.mark.parametrize(
    ("rects", "expected"),
    [
        (([50, 400, 150, 430], [60, 405, 160, 435]), 1),
        (([50, 400, 150, 430], [60, 410, 70, 420]), 1),
        (([50, 400, 150, 430], [151, 400, 250, 430]), 0),
        (([50, 400, 150, 430], [148, 400, 250, 430]), 0),
        (([50, 400, 150, 430], [50, 431, 150, 460]), 0),
    ],
)
def test_overlapping(hand_made: Any, rects: Any, expected: int) -> None:
    """One of two annotations that lie over each other may be taken away later."""
    both = " ".join(annotation("FreeText", rect) for rect in rects)
    assert codes(document(hand_made, both)) == ["annotations-overlap"] * expected
    marked = annotation("FreeText", rects[0]) + annotation("Underline", rects[1])
    assert codes(document(hand_made, marked)) == []


@pytest.mark.parametrize(
    ("flags", "expected"),
    [(4 + 32, "annotation-only-printed"), (2, "annotation-hidden"), (32, ""), (4, "")],
)
def test_flags(hand_made: Any, flags: int, expected: str) -> None:
    one = annotation("FreeText", [50, 400, 150, 430]).replace("/F 4", f"/F {flags}")
    assert codes(document(hand_made, one)) == ([expected] if expected else [])


VALUE = b"/Tx BMC q BT /F 10 Tf 0 g 2 10 Td (%s) Tj ET Q EMC"
BOX = "[50 400 255 430]"


def field(entries: str) -> str:
    return f"<< /Type /Annot /Subtype /Widget /Rect {BOX} /F 4 {entries} >>"


CHECK = "/FT /Btn /T (c) /AP << /N << /Yes 9 0 R /Off 10 0 R >> >>"


@pytest.mark.parametrize(
    ("entries", "shown", "expected"),
    [
        ("/FT /Tx /T (sum) /V (100) /AP << /N 12 0 R >>", b"100", ""),
        ("/FT /Tx /T (sum) /V (100) /AP << /N 12 0 R >>", b"1 0 0", ""),
        ("/FT /Tx /T (sum) /V (100) /AP << /N 12 0 R >>", b"100000", "field-shows-other-value"),
        ("/FT /Tx /T (sum) /V (100000) /AP << /N 12 0 R >>", b"100", "field-shows-other-value"),
        ("/FT /Tx /T (sum) /AP << /N 12 0 R >>", b"100", "field-shows-other-value"),
        ("/FT /Tx /T (sum) /V (100) /AP << /N 12 0 R >>", b"", "field-unreadable"),
        ("/FT /Tx /T (sum) /V () /AP << /N 12 0 R >>", b"", ""),
        ("/FT /Tx /T (sum) /V (100)", b"", "field-without-look"),
        ("/FT /Tx /T (sum)", b"", ""),
        ("/FT /Tx /Ff 8192 /T (secret) /V (100) /AP << /N 12 0 R >>", b"***", ""),
        ("/FT /Ch /Ff 131072 /T (o) /V (b) /Opt [[(a) (One)] [(b) (Two)]] /AP << /N 12 0 R >>", b"Two", ""),
        (
            "/FT /Ch /Ff 131072 /T (o) /V (b) /Opt [[(a) (One)] [(b) (Two)]] /AP << /N 12 0 R >>",
            b"One",
            "field-shows-other-value",
        ),
        ("/FT /Ch /T (o) /V (b) /Opt [[(a) (One)] [(b) (Two)]] /AP << /N 12 0 R >>", b"One Two", ""),
        (f"{CHECK} /V /Yes /AS /Yes", b"", ""),
        (f"{CHECK} /V /Off /AS /Off", b"", ""),
        (f"{CHECK} /AS /Off", b"", ""),
        (f"{CHECK} /V /Yes /AS /Off", b"", "field-shows-other-value"),
        (f"{CHECK} /V /Off /AS /Yes", b"", "field-shows-other-value"),
        (f"{CHECK} /AS /Yes", b"", "field-shows-other-value"),
        ("/Parent 13 0 R /AP << /N << /A 9 0 R >> >> /AS /A", b"", ""),
        ("/Parent 13 0 R /AP << /N << /B 9 0 R >> >> /AS /Off", b"", ""),
        ("/Parent 13 0 R /AP << /N << /B 9 0 R >> >> /AS /B", b"", "field-shows-other-value"),
        ("/FT /Btn /Ff 65536 /T (push) /AP << /N 12 0 R >>", b"Press", ""),
    ],
)
def test_field_values(hand_made: Any, entries: str, shown: bytes, expected: str) -> None:
    """A field shows what it holds; its place and name are told."""
    radio = b"<< /FT /Btn /Ff 32768 /T (r) /V /A >>"
    data = document(hand_made, field(entries), _12=form(VALUE % shown), _13=radio)
    found = inspect_pdf(data)
    assert [one.code for one in found] == ([expected] if expected else [])
    if expected and "sum" in entries:
        assert found[0].name == "sum"
        assert found[0].page == 0
        assert "“sum”" in found[0].zh


def test_field_in_chinese(permit: bytes) -> None:
    """Letters are read through the font that shows them."""
    pdf = pikepdf.open(io.BytesIO(permit))
    resources = pdf.pages[0].obj.Resources
    raw = pdf.pages[0].Contents.read_bytes()
    start = raw.index(b"BT")
    drawn = raw[start : raw.index(b"ET", start) + 2]
    look = pdf.make_stream(drawn)
    look["/Type"], look["/Subtype"] = pikepdf.Name.XObject, pikepdf.Name.Form
    look["/BBox"], look["/Resources"] = pikepdf.Array([0, 0, 600, 850]), resources
    for value, expected in (("建筑工程施工许可证", []), ("建筑工程规划许可证", ["field-shows-other-value"])):
        widget = pikepdf.Dictionary(
            Type=pikepdf.Name.Annot,
            Subtype=pikepdf.Name.Widget,
            FT=pikepdf.Name.Tx,
            T="t",
            V=value,
            F=4,
            Rect=pikepdf.Array([10, 10, 12, 12]),
            AP=pikepdf.Dictionary(N=look),
        )
        pdf.pages[0].Annots = pikepdf.Array([pdf.make_indirect(widget)])
        pdf.Root.AcroForm = pikepdf.Dictionary(Fields=pdf.pages[0].Annots)
        out = io.BytesIO()
        pdf.save(out)
        told = [one for one in inspect_pdf(out.getvalue()) if one.code.startswith("field")]
        assert [one.code for one in told] == expected, told


@pytest.mark.parametrize(
    "stray",
    [
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>",
        b"<< /Type /Template /MediaBox [0 0 9 9] >>",
        b"<< /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R >>",
        b"<< /Contents [4 0 R] >>",
    ],
)
@pytest.mark.parametrize("kept", ["", "/Keep 5 0 R"], ids=["unreferenced", "referenced"])
def test_pages_in_reserve(hand_made: Any, stray: bytes, kept: str) -> None:
    """A page that is in no page tree waits for a later update to show it."""
    data = hand_made({1: CATALOG.format(kept).encode(), 5: stray})
    assert [(one.code, one.object) for one in inspect_pdf(data)] == [("page-not-listed", 5)]


LAYER = "/OCProperties << /OCGs [5 0 R] /D << {} >> >>"


@pytest.mark.parametrize(
    ("settings_", "usage", "expected"),
    [
        ("", "", []),
        ("/OFF [5 0 R]", "", ["layer-off"]),
        ("/BaseState /OFF", "", ["layer-off"]),
        ("/BaseState /OFF /ON [5 0 R]", "", []),
        ("/AS [<< /Event /Print /OCGs [5 0 R] /Category [/Print] >>]", "/Print << /PrintState /ON >>", []),
        (
            "/AS [<< /Event /Print /OCGs [5 0 R] /Category [/Print] >>]",
            "/Print << /PrintState /OFF >>",
            ["layer-changes"],
        ),
        (
            "/OFF [5 0 R] /AS [<< /Event /View /OCGs [5 0 R] /Category [/View] >>]",
            "/View << /ViewState /ON >>",
            ["layer-changes", "layer-off"],
        ),
        (
            "/AS [<< /Event /View /OCGs [5 0 R] /Category [/Zoom] >>]",
            "/Zoom << /min 2 >>",
            ["layer-depends-on-viewer"],
        ),
        ("", "/Print << /PrintState /OFF >>", []),
    ],
)
def test_layers(hand_made: Any, settings_: str, usage: str, expected: list[str]) -> None:
    """A layer that differs between screen and paper is refused, one that is off is told."""
    layer = f"<< /Type /OCG /Name (secret) /Usage << {usage} >> >>".encode()
    data = hand_made({1: CATALOG.format(LAYER.format(settings_)).encode(), 5: layer})
    found = inspect_pdf(data)
    assert [one.code for one in found] == expected
    assert all(one.object == 5 and one.name == "secret" for one in found)


def test_files_inside(hand_made: Any, permit: bytes) -> None:
    files = "/Names << /EmbeddedFiles << /Names [(a.pdf) 5 0 R] >> >>"
    specification = b"<< /Type /Filespec /F (a.pdf) >>"
    (found,) = inspect_pdf(hand_made({1: CATALOG.format(files).encode(), 5: specification}))
    assert (found.code, found.name, found.severity) == ("embedded-file", "a.pdf", Severity.WARN)
    portfolio = files + " /Collection << /Type /Collection >>"
    assert codes(hand_made({1: CATALOG.format(portfolio).encode(), 5: specification})) == [
        "portfolio",
        "embedded-file",
    ]
    assert inspect_pdf(permit) == ()


def test_action_with_its_place(hand_made: Any) -> None:
    """A script behind a button is told with the page, the place and the object."""
    button = "<< /Type /Annot /Subtype /Widget /FT /Btn /Ff 65536 /Rect [50 400 150 430] /A 5 0 R >>"
    data = document(hand_made, button, _5=b"<< /S /JavaScript /JS (this.print()) >>")
    (found,) = inspect_pdf(data)
    assert (found.code, found.page, found.object) == ("script", 0, 5)
    assert found.rect_mm == pytest.approx((50 / MM, 165 / MM, 150 / MM, 195 / MM))


def test_refusal_names_the_places(authority: Any, hand_made: Any, sealed_by: Any) -> None:
    """The error carries the findings, and says the first of them in both languages."""
    own = authority(KeyKind.P256)
    data = document(hand_made, annotation("FreeText", WIDE), _5=b"<< /S /Launch /F (calc.exe) >>")
    with pytest.raises(DormantContent) as refused:
        sealed_by(data, own)
    error = refused.value
    assert [one.code for one in error.findings] == ["starts-program", "annotation-hides-text"]
    assert error.code == "pdf-dormant-content"
    for text in (error.zh, str(error)):
        assert "第 1 页" in text and "遮挡文字的批注" in text
    assert "page 1" in error.en and "34 mm from the left" in error.en


def test_whoever_inspected_may_seal(authority: Any, hand_made: Any, appearance: Any) -> None:
    """What was looked at before is not looked at again."""
    own = authority(KeyKind.P256)
    data = document(hand_made, annotation("FreeText", WIDE))
    sealed = seal_pdf(
        data,
        own.key,
        sealing=own.sealing,
        at=own.sealing.certificate.not_before,
        placement=None,
        appearance=None,
        reason="",
        inspected=True,
    )
    assert sealed.startswith(data)


def test_warnings_do_not_stop_a_seal(authority: Any, hand_made: Any, sealed_by: Any) -> None:
    own = authority(KeyKind.P256)
    data = document(hand_made, field("/FT /Tx /T (sum) /V (100)"))
    assert [one.severity for one in inspect_pdf(data)] == [Severity.WARN]
    own.passes(sealed_by(data, own))


def test_our_own_seals_are_no_danger(
    authority: Any, permit: bytes, place: Any, appearance: Any, sealed_by: Any
) -> None:
    """A sealed document, with marks on every page and seals over each other, can be sealed again."""
    own = authority(KeyKind.SM2)
    with pikepdf.open(io.BytesIO(permit)) as pdf:
        pdf.pages.append(pdf.pages[0])
        out = io.BytesIO()
        pdf.save(out)
    data = sealed_by(out.getvalue(), own, place=place)
    for mark in (CrossPage(40, 40), [place, CrossPage(40, 40)]):
        data = seal_pdf(
            data, own.key, sealing=own.sealing, at=own.sealing.crls[0].this_update, placement=mark,
            appearance=appearance, reason="",
        )  # fmt: skip
    assert [one for one in inspect_pdf(data) if one.severity is Severity.REFUSE] == []


def test_many_annotations(hand_made: Any, monkeypatch: Any) -> None:
    """Time stays bounded: more than can be looked at is refused, not skipped."""
    one = annotation("FreeText", [50, 400, 150, 430])
    assert codes(document(hand_made, one * 500))[0] == "annotations-overlap"
    assert codes(document(hand_made, one * 1_001)) == ["annotations-unchecked"]
    monkeypatch.setattr("seal.pdf.dormant.places.MOST_ANNOTATIONS", 500)
    links = annotation("Link", [50, 400, 150, 430])
    assert codes(document(hand_made, links * 500)) == []
    assert codes(document(hand_made, links * 501)) == ["annotations-unchecked"]


def test_many_drawn_pages(hand_made: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("seal.pdf.dormant.annotations.MOST_DRAWN_PAGES", 3)
    one = annotation("FreeText", [50, 400, 150, 430])
    for count, expected in ((3, []), (4, ["annotations-unchecked"])):
        kids = range(20, 20 + count)
        tree = f"<< /Type /Pages /Kids [{' '.join(f'{kid} 0 R' for kid in kids)}] /Count {count} >>"
        pages = {f"_{kid}": page(one) for kid in kids}
        assert codes(document(hand_made, "", _2=tree.encode(), _3=b"null", **pages)) == expected


def test_many_values(hand_made: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("seal.pdf.dormant.values.MOST_VALUES", 3)
    fields = [field("/FT /Tx /V (1) /AP << /N 12 0 R >>").replace("400", str(n)) for n in (10, 100, 200, 350)]
    for count, expected in ((3, []), (4, ["fields-unchecked"])):
        text = " ".join(fields[:count]).replace("430]", "431]")
        assert [
            one for one in codes(document(hand_made, text, _12=form(VALUE % b"1"))) if "field" in one
        ] == (expected)


def test_many_findings(hand_made: Any) -> None:
    """A crowd of harmless findings hides no refusal."""
    crowd = dict.fromkeys(range(5, 500), b"<< /S /GoToR /F (x.pdf) >>")
    data = hand_made({**crowd, 500: b"<< /S /Launch /F (x) >>"})
    found = inspect_pdf(data)
    assert found[0].code == "starts-program"
    assert len(found) == 201


def test_every_finding_has_words() -> None:
    for code, (severity, zh, en) in _WORDS.items():
        one = Finding(code, page=1, rect_mm=(1.0, 2.0, 3.0, 5.0), object=7, name="甲")
        assert one.severity is severity
        assert zh in one.zh and "第 2 页" in one.zh and "对象 7" in one.zh and "甲" in one.zh
        assert en in one.en and "page 2" in one.en and "object 7" in one.en
        assert zh.isprintable() and not zh.isascii() and en.isascii()


JUNK = st.one_of(
    st.none().map(lambda _: "null"),
    st.integers(-9, 9).map(str),
    st.sampled_from(
        ["/X", "(x)", "[]", "<< >>", "[1 2 3 4]", "[(a) 2 3 4]", "9 0 R", "99 0 R", "3 0 R", "true"]
    ),
)


@settings(max_examples=120, deadline=None)
@given(data=st.data())
def test_any_entries(hand_made: Any, data: Any) -> None:
    """Whatever stands where an annotation or a field has its entries: findings, or refused in words."""
    keys = ["Subtype", "Rect", "F", "AP", "AS", "FT", "V", "Ff", "Opt", "T", "Parent", "A", "AA"]
    chosen = data.draw(st.dictionaries(st.sampled_from(keys), JUNK, min_size=1, max_size=6))
    base = {"Subtype": "/Widget", "Rect": "[50 400 150 430]", "AP": "<< /N 9 0 R >>", "FT": "/Tx", **chosen}
    body = " ".join(f"/{key} {value}" for key, value in base.items())
    try:
        inspect_pdf(document(hand_made, f"<< {body} >>"))
    except PdfRefused as error:
        assert error.zh
