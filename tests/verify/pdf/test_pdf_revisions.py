# SPDX-License-Identifier: Apache-2.0
"""What may follow a signed revision: never more than pyHanko allows, and everything that products write.

Files of both kinds come from updates that products made, taken apart and put together again with changes.
"""

from __future__ import annotations

import io
import random
import re
from typing import Any

import pikepdf
import pytest
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields
from pyhanko.sign.validation.dss import DocumentSecurityStore

from verify.pdf.reading import FieldLock
from verify.pdf.revisions import NotComparable, Revisions
from verify.pdf.structure import Document, Kind

from .oracle import allows, objection


def ours(
    data: bytes,
    end: int,
    *,
    seals_follow: bool,
    permission: int | None = None,
    locked: tuple[str, tuple[str, ...]] | None = None,
) -> bool:
    try:
        found = Revisions(data, [end, len(data)]).changes_since(
            end,
            permission=permission,
            locked=None if locked is None else FieldLock(*locked),
            last_seal=len(data) if seals_follow else end,
            last=len(data),
        )
    except NotComparable:
        return False
    return found.allowed


def objects_of(data: bytes, end: int) -> dict[int, bytes]:
    """The objects of all updates after ``end``, as they are written."""
    found: dict[int, bytes] = {}
    for section in Document(data).sections:
        for number, entry in section.entries.items():
            if entry.kind == Kind.PLAIN and entry.place >= end:
                body = data[data.index(b"obj", entry.place) + 3 : data.index(b"endobj", entry.place)]
                found[number] = body.strip()
    return found


@pytest.fixture(scope="module")
def updates(world: Any, plain_pdf: bytes, draft_file: bytes) -> dict[str, tuple[bytes, bytes]]:
    """A signed file, and the same with what a product added."""
    one = world.ecdsa
    once, certified = one.seal(plain_pdf), one.seal(plain_pdf, certify=fields.MDPPerm.FILL_FORMS)
    found = {
        "seal": (once, one.seal(once, "Seal2", box=(300, 100, 420, 220))),
        "seal on a file by hand": (draft_file, one.seal(draft_file, "Seal2", box=(20, 20, 90, 90))),
        "invisible seal": (once, one.seal(once, "Seal2", box=None)),
        "seal after certifying": (certified, one.seal(certified, "Seal2", box=(300, 100, 420, 220))),
        "invisible seal after certifying": (certified, one.seal(certified, "Seal2", box=None)),
    }
    out = io.BytesIO(once)
    DocumentSecurityStore.add_dss(out, None, certs=[one.signer.signing_cert])
    stored = out.getvalue()
    found["store"] = (once, stored)
    out = io.BytesIO(stored)
    DocumentSecurityStore.add_dss(out, None, certs=[world.rsa.signer.signing_cert])
    found["store that grows"] = (stored, out.getvalue())
    writer = IncrementalPdfFileWriter(io.BytesIO(plain_pdf))
    for name in ("Waiting1", "Waiting2"):
        box = (300, 300, 400, 400) if name == "Waiting2" else (10, 10, 90, 90)
        fields.append_signature_field(writer, fields.SigFieldSpec(name, box=box, on_page=1))
    out = io.BytesIO()
    writer.write(out)
    first = one.seal(out.getvalue(), "Waiting1", box=(10, 10, 90, 90))
    found["field that waited"] = (first, one.seal(first, "Waiting2", box=(300, 300, 400, 400)))
    return found


@pytest.fixture(scope="session")
def draft_file(world: Any) -> bytes:
    from .conftest import Draft

    return Draft().sealed(world.ecdsa)


NAMES = (
    "seal",
    "seal on a file by hand",
    "invisible seal",
    "store",
    "store that grows",
    "field that waited",
)


@pytest.mark.parametrize("name", NAMES)
def test_what_products_add_is_explained(updates: dict[str, tuple[bytes, bytes]], name: str) -> None:
    signed, more = updates[name]
    assert allows(more, len(signed), seals_follow=True)
    assert ours(more, len(signed), seals_follow=True)
    assert ours(more, len(signed), seals_follow=False) == name.startswith("store")


@pytest.mark.parametrize("permission", [1, 2, 3])
@pytest.mark.parametrize("name", ["seal after certifying", "invisible seal after certifying", "store"])
def test_what_a_certification_allows(
    updates: dict[str, tuple[bytes, bytes]], name: str, permission: int
) -> None:
    signed, more = updates[name]
    expected = allows(more, len(signed), seals_follow=True, permission=permission)
    assert ours(more, len(signed), seals_follow=True, permission=permission) == expected
    assert expected == (name == "store" or (name.startswith("invisible") and permission > 1))


@pytest.mark.parametrize(
    ("locked", "allowed"),
    [
        (("All", ()), False),
        (("Include", ("Waiting2",)), False),
        (("Include", ("Other",)), True),
        (("Exclude", ("Waiting2",)), True),
        (("Exclude", ("Other",)), False),
    ],
)
def test_what_a_lock_allows(
    updates: dict[str, tuple[bytes, bytes]], locked: tuple[str, tuple[str, ...]], allowed: bool
) -> None:
    signed, more = updates["field that waited"]
    assert allows(more, len(signed), seals_follow=True, locked=locked) == allowed
    assert ours(more, len(signed), seals_follow=True, locked=locked) == allowed


REFERENCE = re.compile(rb"(?<=[ \[])\d{1,2}(?= 0 R)")
KEY = re.compile(rb"/[A-Z][A-Za-z]*")
KEYS = [
    *(b"/Contents", b"/Resources", b"/Kids", b"/Annots", b"/AP", b"/V", b"/FT", b"/T", b"/Rect", b"/Parent"),
    *(b"/Subtype", b"/Type", b"/Fields", b"/AA", b"/Pages", b"/OpenAction", b"/DSS", b"/VRI", b"/Certs"),
]
ADDED = [
    b"/A << /S /JavaScript /JS (x) >>",
    b"/Contents 4 0 R",
    b"/Rotate 90",
    b"/V (x)",
    b"/NeedAppearances true",
    b"/Kids [3 0 R]",
    b"/Parent 2 0 R",
    b"/Annots [3 0 R]",
    b"/FT /Tx",
    b"/Metadata 4 0 R",
    b"/Lock << /Type /SigFieldLock /Action /All >>",
    b"/Note (x)",
]


def changed(dice: random.Random, body: bytes, highest: int) -> bytes:
    """One small change to an object."""
    how = dice.randrange(4)
    pattern = REFERENCE if how == 0 else KEY
    places = [found.span() for found in pattern.finditer(body[:2000])]
    if how < 3 and places:
        start, end = dice.choice(places)
        value = b"%d" % dice.randint(1, highest + 1) if how == 0 else dice.choice([*KEYS, b"/Unknown"])
        return body[:start] + value + body[end:]
    at = body.find(b"<<")
    return body[: at + 2] + b" " + dice.choice(ADDED) + b" " + body[at + 2 :] if at >= 0 else body


@pytest.mark.parametrize("seed", range(4))
def test_never_more_lenient_than_pyhanko(
    updates: dict[str, tuple[bytes, bytes]], incremental: Any, seed: int
) -> None:
    """Updates with one or two objects changed, replaced, left out or added: what we allow, it allows."""
    dice, allowed = random.Random(seed), 0
    for _ in range(40):
        signed, more = updates[dice.choice(NAMES)]
        objects = objects_of(more, len(signed))
        older = objects_of(signed, 0)
        highest = max((*objects, *older))
        for _ in range(dice.choice([1, 1, 1, 2])):
            number = dice.choice([*sorted(objects) * 3, *sorted(older)[:4], highest + 1])
            body = objects.get(number, older.get(number, b"<< /Type /Page >>"))
            if number in objects and dice.randrange(6) == 0:
                del objects[number]
            else:
                objects[number] = changed(dice, body, highest)
        written = incremental(signed, objects or {highest + 1: b"null"})
        rules: Any = {
            "seals_follow": dice.randrange(5) > 0,
            "permission": dice.choice([None, None, None, 1, 2]),
        }
        if ours(written, len(signed), **rules):
            allowed += 1
            said = objection(written, len(signed), **rules)
            assert not said, (said, objects)
    assert 3 < allowed < 37, "the changes say nothing"


PAGE = (
    b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] /Contents 4 0 R %s"
    b" /Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>"
)
CATALOG = b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [%s] /SigFlags 3 >> %s >>"
NEW_FIELD = b"<< /Type /Annot /Subtype /Widget /FT /Sig /T (New) %s /P 3 0 R /F 132 /Rect [0 0 0 0] >>"
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><a>%s</a></x:xmpmeta>'


def xmp(text: bytes) -> bytes:
    return b"<< /Type /Metadata /Subtype /XML /Length %d >>\nstream\n%s\nendstream" % (len(text), text)


EARLIER = xmp(XMP % b"1")
TRICKS: dict[str, tuple[dict[int, bytes], dict[int, bytes]]] = {
    "an object that was named before it existed": (
        {3: PAGE % b"/Annots [5 0 R 9 0 R]"},
        {9: NEW_FIELD % b""},
    ),
    "a list of annotations that is also the page tree": (
        {2: b"<< /Type /Pages /Kids 7 0 R /Count 1 >>", 3: PAGE % b"/Annots 7 0 R", 7: b"[3 0 R]"},
        {1: CATALOG % (b"5 0 R 9 0 R", b""), 7: b"[3 0 R 9 0 R]", 9: NEW_FIELD % b""},
    ),
    "a catalog that a page draws with": (
        {
            1: CATALOG % (b"5 0 R", b"/Metadata 7 0 R"),
            3: PAGE.replace(b"/Font <<", b"/XObject 1 0 R /Font <<") % b"",
            7: EARLIER,
        },
        {1: CATALOG % (b"5 0 R", b"/Metadata 9 0 R"), 9: xmp(XMP % b"2")},
    ),
    "metadata that a page draws": (
        {
            1: CATALOG % (b"5 0 R", b"/Metadata 7 0 R"),
            3: PAGE.replace(b"/Font <<", b"/XObject << /X 7 0 R >> /Font <<") % b"",
            7: EARLIER,
        },
        {7: xmp(XMP % b"2")},
    ),
    "metadata that is something else": (
        {1: CATALOG % (b"5 0 R", b"/Metadata 7 0 R"), 7: EARLIER},
        {7: xmp(b"0 0 300 300 re f")},
    ),
    "metadata with entities": (
        {1: CATALOG % (b"5 0 R", b"/Metadata 7 0 R"), 7: EARLIER},
        {7: xmp(b'<!DOCTYPE x [<!ENTITY e "e">]>' + XMP % b"&e;")},
    ),
    "a new field with an action": (
        {},
        {
            1: CATALOG % (b"5 0 R 9 0 R", b""),
            9: NEW_FIELD % b"/AA << /E << /S /JavaScript /JS (x) >> >>",
        },
    ),
    "a new field of an old name": (
        {},
        {1: CATALOG % (b"5 0 R 9 0 R", b""), 9: (NEW_FIELD % b"").replace(b"(New)", b"(Seal)")},
    ),
    "a new field that is another annotation": (
        {},
        {
            1: CATALOG % (b"5 0 R 9 0 R", b""),
            3: PAGE % b"/Annots [5 0 R 9 0 R]",
            9: (NEW_FIELD % b"").replace(b"/Widget", b"/FreeText"),
        },
    ),
    "the order of annotations": (
        {3: PAGE % b"/Annots [5 0 R 7 0 R]", 7: b"<< /Type /Annot /Subtype /Text /Rect [0 0 9 9] >>"},
        {3: PAGE % b"/Annots [7 0 R 5 0 R]"},
    ),
    "an entry for one signature": (
        {1: CATALOG % (b"5 0 R", b"/DSS << /VRI << /%s << /TU (a) >> >> >>" % (b"A" * 40))},
        {1: CATALOG % (b"5 0 R", b"/DSS << /VRI << /%s << /TU (b) >> >> >>" % (b"A" * 40))},
    ),
    "a store with something else in it": (
        {},
        {1: CATALOG % (b"5 0 R", b"/DSS << /Certs [3 0 R] >>")},
    ),
    "a value that is no signature": (
        {1: CATALOG % (b"5 0 R 7 0 R", b""), 7: NEW_FIELD % b""},
        {7: NEW_FIELD % b"/V 9 0 R", 9: b"<< /Type /Font >>"},
    ),
    "a value that was there": (
        {1: CATALOG % (b"5 0 R 7 0 R", b""), 7: NEW_FIELD % b""},
        {7: NEW_FIELD % b"/V 6 0 R"},
    ),
}


@pytest.mark.parametrize("trick", TRICKS)
def test_tricks(world: Any, draft: Any, incremental: Any, trick: str) -> None:
    """Objects with two uses, and additions that are more than they seem."""
    before, after = TRICKS[trick]
    draft.objects = before
    signed = draft.sealed(world.ecdsa)
    assert not ours(incremental(signed, after), len(signed), seals_follow=True)


GOOD: dict[str, tuple[dict[int, bytes], dict[int, bytes]]] = {
    "metadata": (
        {1: CATALOG % (b"5 0 R", b"/Metadata 7 0 R"), 7: EARLIER},
        {7: xmp(XMP % b"2")},
    ),
    "the same written again": ({}, {3: PAGE % b"/Annots [5 0 R]", 8: b"(nobody asks for this)"}),
    "extensions": ({}, {1: CATALOG % (b"5 0 R", b"/Extensions << /ESIC << /BaseVersion /1.7 >> >>")}),
}


@pytest.mark.parametrize("what", GOOD)
def test_what_says_nothing(world: Any, draft: Any, incremental: Any, what: str) -> None:
    """Updates that no reader could show."""
    before, after = GOOD[what]
    draft.objects = {3: PAGE % b"/Annots [5 0 R]", **before}
    signed = draft.sealed(world.ecdsa)
    assert allows(incremental(signed, after), len(signed), seals_follow=False)
    assert ours(incremental(signed, after), len(signed), seals_follow=False)


def test_an_entry_that_leads_back(world: Any, draft: Any, incremental: Any) -> None:
    """An update whose table names older bytes: an earlier version of an object, or one inside a stream."""
    draft.objects = {
        7: b"<< /Length 60 >>\nstream\n4 0 obj << /Length 3 >> stream\nq Q\nendstream endobj".ljust(95)
        + b"\nendstream"
    }
    signed = draft.sealed(world.ecdsa)
    more = incremental(signed, {8: b"null"})
    table = more.index(b"8 1\n", len(signed))
    inside = signed.index(b"4 0 obj << /Length 3")
    led_back = more[:table] + b"4 1\n%010d" % inside + more[table + 14 :]
    assert not ours(led_back, len(signed), seals_follow=True)
    assert ours(more, len(signed), seals_follow=True)


def test_each_revision_is_compared_once(
    world: Any, plain_pdf: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twice the signatures cost twice the comparisons, not four times."""
    from verify.pdf import revisions

    data, counted, ends = plain_pdf, list[int](), list[int]()
    for number in range(6):
        data = world.ecdsa.seal(data, f"Seal{number}", box=(10, 10 + 50 * number, 60, 50 + 50 * number))
        ends.append(len(data))
    explain = revisions.explain
    monkeypatch.setattr(revisions, "explain", lambda *given: counted.append(1) or explain(*given))
    found = Revisions(data, ends)
    for end in ends:
        assert found.changes_since(
            end, permission=None, locked=None, last_seal=len(data), last=len(data)
        ).allowed
    assert len(counted) == 5


def test_packed_updates(world: Any, plain_pdf: bytes) -> None:
    """Object streams and cross-reference streams, before and after."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(plain_pdf)) as pdf:
        pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    once = world.ecdsa.seal(out.getvalue())
    twice = world.ecdsa.seal(once, "Seal2", box=(300, 100, 420, 220))
    assert allows(twice, len(once), seals_follow=True)
    assert ours(twice, len(once), seals_follow=True)
