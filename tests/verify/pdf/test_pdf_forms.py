# SPDX-License-Identifier: Apache-2.0
"""Ordinary fields that are filled in after a seal: only as its certification says, and always by name."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from typing import Any

import pytest

from verify import Indication, Report, check_pdf
from verify.pdf.reading import FieldLock
from verify.pdf.revisions import NotComparable, Revisions

from .conftest import AT, check_both_ways, update
from .oracle import objection
from .test_pdf_attack_classes import HELVETICA, PAGE, drawn
from .test_pdf_revisions import changed, objects_of

PASSED, FAILED = Indication.TOTAL_PASSED, Indication.TOTAL_FAILED
CATALOG = (
    b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [5 0 R 10 0 R 12 0 R 13 0 R 20 0 R] /SigFlags 3 >>"
    b" /Perms << /DocMDP 6 0 R >> >>"
)
WIDGET = b"<< /Type /Annot /Subtype /Widget /P 3 0 R /F 4 "
TEXT = WIDGET + b"/FT /Tx /T (amount) /V (%s) /Rect [20 100 280 140] /AP << /N %d 0 R >> >>"
CHECK = (
    WIDGET
    + b"/FT /Btn /T (agreed) /V /%s /AS /%s /Rect [20 20 40 40] /AP << /N << /Yes 15 0 R /Off 16 0 R >> >> >>"
)
GROUP = b"<< /FT /Btn /Ff 32768 /T (kind) /V /%s /Kids [14 0 R 17 0 R] >>"
BUTTON = WIDGET + b"/Parent 13 0 R /AS /%s /Rect [%d 50 70 70] /AP << /N << /%s 15 0 R /Off 16 0 R >> >> >>"
UNIT = b"<< /T (unit) /Kids [21 0 R] >>"
NAME = WIDGET + b"/FT /Tx /Parent 20 0 R /T <FEFF540D> %s /Rect [20 160 280 180] %s >>"
FORM: dict[int, bytes] = {
    1: CATALOG,
    3: PAGE % (b"5 0 R 10 0 R 12 0 R 14 0 R 17 0 R 21 0 R", HELVETICA),
    10: TEXT % (b"100", 11),
    11: drawn(b"100"),
    12: CHECK % (b"Off", b"Off"),
    13: GROUP % b"A",
    14: BUTTON % (b"A", 50, b"A"),
    15: drawn(b"x"),
    16: drawn(b""),
    17: BUTTON % (b"Off", 60, b"B"),
    20: UNIT,
    21: NAME % (b"", b""),
}
FILLED: dict[str, tuple[list[str], dict[int, bytes]]] = {
    "text": (["amount"], {10: TEXT % (b"999999", 30), 30: drawn(b"999999")}),
    "the shadow with its own font": (
        ["amount"],
        {10: TEXT % (b"9", 30), 30: drawn(b"9").replace(HELVETICA, b"31 0 R"), 31: HELVETICA},
    ),
    "a box": (["agreed"], {12: CHECK % (b"Yes", b"Yes")}),
    "a part of a field": (["unit.名"], {21: NAME % (b"/V (x)", b"/AP << /N 30 0 R >>"), 30: drawn(b"x")}),
    "two": (
        ["amount", "agreed"],
        {10: TEXT % (b"9", 30), 30: drawn(b"9"), 12: CHECK % (b"Yes", b"Yes")},
    ),
}


def form(draft: Any, permission: int | None, more: str = "", **changed: bytes) -> Any:
    """A certified form; without a level a seal as any other."""
    rule = (
        ""
        if permission is None
        else "<< /Type /SigRef /TransformMethod /DocMDP /TransformParams"
        f" << /Type /TransformParams /V /1.2 /P {permission} >> >>"
    )
    objects = {**FORM, **{int(name[1:]): body for name, body in changed.items()}}
    if permission is None:
        objects[1] = objects[1].replace(b"/Perms << /DocMDP 6 0 R >>", b"")
    entries = f"{draft.entries} /Reference [{rule} {more}]" if rule or more else draft.entries
    return replace(draft, entries=entries, objects=objects)


def lock(action: str, *names: str) -> str:
    listed = " ".join(f"({name})" for name in names)
    return (
        "<< /Type /SigRef /TransformMethod /FieldMDP /TransformParams"
        f" << /Type /TransformParams /V /1.2 /Action /{action} /Fields [{listed}] >> >>"
    )


def filled_in(data: bytes, objects: dict[int, bytes]) -> bytes:
    """An update of at least as many objects as there were."""
    size = max(int(one) for one in re.findall(rb"/Size (\d+)", data))
    return update(data, {size: b"null", **objects})


def codes(report: Report) -> set[str]:
    return {reason.code for part in (report, *report.signatures) for reason in part.reasons}


@pytest.fixture(scope="module")
def sealed(world: Any) -> dict[int | None, bytes]:
    from .conftest import Draft

    return {level: form(Draft(), level).sealed(world.ecdsa) for level in (None, 1, 2, 3)}


@pytest.mark.parametrize("what", FILLED)
@pytest.mark.parametrize("level", [None, 1, 2, 3])
def test_filled_in(world: Any, sealed: dict[int | None, bytes], level: int | None, what: str) -> None:
    """Where the certification allows it, and nowhere else; named either way, and first of all."""
    names, after = FILLED[what]
    report = check_both_ways(filled_in(sealed[level], after), world)
    assert report.signatures[0].facts["changed_fields"] == names
    if level in (2, 3):
        assert report.indication is PASSED
        assert [one.code for one in report.reasons] == ["FORM_FILLED"]
        assert all(name in report.reasons[0].zh and name in report.reasons[0].en for name in names)
    else:
        assert report.indication is FAILED
        found = next(one for one in report.signatures[0].reasons if one.code == "MODIFIED_AFTER_SEAL")
        assert all(name in found.zh for name in names)


def test_what_the_fields_say_before(world: Any, sealed: dict[int | None, bytes]) -> None:
    """A form that nobody filled in has nothing to tell."""
    for data in sealed.values():
        report = check_both_ways(data, world)
        assert report.indication is PASSED
        assert "changed_fields" not in report.signatures[0].facts


@pytest.mark.parametrize(
    ("locked", "allowed"),
    [
        (("All",), False),
        (("Include", "amount"), False),
        (("Include", "agreed"), True),
        (("Exclude", "amount"), True),
        (("Exclude", "agreed"), False),
        (("Unknown",), False),
    ],
)
def test_a_lock_beside_the_certification(
    world: Any, draft: Any, locked: tuple[str, ...], allowed: bool
) -> None:
    data = form(draft, 2, lock(*locked)).sealed(world.ecdsa)
    report = check_pdf(filled_in(data, FILLED["text"][1]), trust=world.trust, at=AT)
    assert (report.indication is PASSED) == allowed, codes(report)


def test_the_lock_that_the_field_asks_for(world: Any, draft: Any) -> None:
    """Of the signature field itself: its signer should have said so again."""
    asked = draft.parts()[5].replace(b" /F 132", b" /F 132 /Lock << /Type /SigFieldLock /Action /All >>")
    data = form(draft, 2, _5=asked).sealed(world.ecdsa)
    report = check_pdf(filled_in(data, FILLED["text"][1]), trust=world.trust, at=AT)
    assert report.indication is FAILED


def test_a_certification_that_the_catalog_does_not_name(world: Any, draft: Any) -> None:
    data = form(draft, 2, _1=CATALOG.replace(b"/Perms << /DocMDP 6 0 R >>", b"")).sealed(world.ecdsa)
    report = check_pdf(filled_in(data, FILLED["text"][1]), trust=world.trust, at=AT)
    assert report.indication is FAILED


def test_filled_in_and_sealed_again(world: Any, sealed: dict[int | None, bytes]) -> None:
    """The course of a form: certified, filled in, sealed by who filled it in.  Then nothing more."""
    data = world.rsa.seal(filled_in(sealed[2], FILLED["text"][1]), "Next", box=None)
    report = check_both_ways(data, world)
    assert [one.indication for one in report.signatures] == [PASSED, PASSED], codes(report)
    assert [one.facts.get("changed_fields") for one in report.signatures] == [["amount"], None]
    more = filled_in(data, {12: CHECK % (b"Yes", b"Yes")})
    report = check_both_ways(more, world)
    assert [one.indication for one in report.signatures] == [PASSED, FAILED]
    assert [one.facts["changed_fields"] for one in report.signatures] == [["amount", "agreed"], ["agreed"]]
    assert "FORM_FILLED" not in {one.code for one in report.reasons}


NEW = {30: drawn(b"9")}
TRICKS: dict[str, tuple[dict[int, bytes], dict[int, bytes]]] = {
    "another appearance, the old value": ({}, {10: TEXT % (b"100", 30), **NEW}),
    "another value, the old appearance": ({}, {10: TEXT % (b"9", 11)}),
    "the appearance written again": ({}, {11: drawn(b"9")}),
    "both written again": ({}, {10: TEXT % (b"9", 11), 11: drawn(b"9")}),
    "an appearance that was another's": ({}, {10: TEXT % (b"9", 15)}),
    "another place": ({}, {10: (TEXT % (b"9", 30)).replace(b"[20 100", b"[0 0"), **NEW}),
    "another name": ({}, {10: (TEXT % (b"9", 30)).replace(b"amount", b"amounts"), **NEW}),
    "hidden": ({}, {10: (TEXT % (b"9", 30)).replace(b"/F 4", b"/F 6"), **NEW}),
    "a script": ({}, {10: (TEXT % (b"9", 30)).replace(b"/F 4", b"/F 4 /AA << /K << >> >>"), **NEW}),
    "the value removed": ({}, {10: (TEXT % (b"9", 30)).replace(b"/V (9)", b""), **NEW}),
    "a value that is a signature": ({}, {10: (TEXT % (b"9", 30)).replace(b"/V (9)", b"/V 6 0 R"), **NEW}),
    "a layer": ({}, {10: TEXT % (b"9", 30), 30: NEW[30].replace(b"/BBox", b"/OC << >> /BBox")}),
    "no box": ({}, {10: TEXT % (b"9", 30), 30: NEW[30].replace(b"/BBox [0 0 260 40]", b"")}),
    "from another file": (
        {},
        {
            10: TEXT % (b"9", 30),
            30: NEW[30].replace(b"/Font <<", b"/XObject << /X 31 0 R >> /Font <<"),
            31: NEW[30].replace(b"/BBox", b"/Ref << /F (x.pdf) /Page 0 >> /BBox"),
        },
    ),
    "an annotation beside it": (
        {},
        {
            **FILLED["text"][1],
            3: FORM[3].replace(b"21 0 R]", b"21 0 R 31 0 R]"),
            31: b"<< /Type /Annot /Subtype /Square /Rect [0 0 9 9] >>",
        },
    ),
    "the text of the page beside it": ({}, {**FILLED["text"][1], 4: drawn(b"other")}),
    "read-only": ({10: FORM[10].replace(b"/F 4", b"/F 4 /Ff 1")}, {}),
    "read-only above": ({20: UNIT.replace(b"/T", b"/Ff 1 /T")}, {}),
    "rich text": ({10: FORM[10].replace(b"/F 4", b"/F 4 /RV (100)")}, {}),
    "a push button": ({12: FORM[12].replace(b"/F 4", b"/F 4 /Ff 65536")}, {}),
    "a second form": ({1: CATALOG.replace(b"/SigFlags", b"/XFA (x) /SigFlags")}, {}),
    "not in the list of fields": ({1: CATALOG.replace(b" 10 0 R", b"")}, {}),
    "not in the list of kids": ({20: UNIT.replace(b"[21 0 R]", b"[]")}, {}),
    "a name that decodes in two ways": ({10: FORM[10].replace(b"(amount)", b"(am\x80unt)")}, {}),
    "a name with a dot": ({10: FORM[10].replace(b"(amount)", b"(a.b)")}, {}),
    "another state than the value": ({}, {12: CHECK % (b"Yes", b"Off")}),
    "one of several": (
        {},
        {13: GROUP % b"B", 14: BUTTON % (b"Off", 50, b"A"), 17: BUTTON % (b"B", 60, b"B")},
    ),
    "two of several": ({}, {13: GROUP % b"B", 17: BUTTON % (b"B", 60, b"B")}),
    "none of several": ({}, {14: BUTTON % (b"Off", 50, b"A")}),
    "a page draws with it": ({3: FORM[3].replace(b"/Font <<", b"/XObject << /X 10 0 R >> /Font <<")}, {}),
}


@pytest.mark.parametrize("trick", TRICKS)
def test_more_than_filling_in(world: Any, draft: Any, trick: str) -> None:
    """On a form that may be filled in: what is done beside it, or instead."""
    before, after = TRICKS[trick]
    data = form(draft, 2, **{f"_{number}": body for number, body in before.items()}).sealed(world.ecdsa)
    if not after:  # what would be allowed, were it not for what the form says
        (number,) = (set(before) & {10, 12}) or ({21} if 20 in before else {10})
        after = dict(next(one for _, one in FILLED.values() if number in one))
        swapped = ((b"(100)", b"(9)"), (b"11 0 R", b"30 0 R"), (b"/V /Off /AS /Off", b"/V /Yes /AS /Yes"))
        for number in after.keys() & before.keys():
            after[number] = before[number]
            for old, new in swapped:
                after[number] = after[number].replace(old, new)
    assert allowed_by_us(filled_in(data, FILLED["a box"][1]), len(data)) or before
    assert not allowed_by_us(filled_in(data, after), len(data))
    report = check_pdf(filled_in(data, after), trust=world.trust, at=AT)
    assert report.signatures[0].indication is not PASSED


def allowed_by_us(data: bytes, end: int, permission: int = 2, locked: Any = None) -> bool:
    try:
        return (
            Revisions(data, [end, len(data)])
            .changes_since(
                end,
                permission=permission,
                locked=None if locked is None else FieldLock(*locked),
                last_seal=end,
                last=end,
                certified=True,
            )
            .allowed
        )
    except NotComparable:
        return False


@pytest.mark.parametrize("what", FILLED)
def test_pyhanko_allows_it_too(sealed: dict[int | None, bytes], what: str) -> None:
    data = filled_in(sealed[2], FILLED[what][1])
    rules: Any = {"seals_follow": True, "permission": 2, "filling": True}
    assert objection(data, len(sealed[2]), **rules) == ""


@pytest.mark.parametrize("seed", range(3))
def test_never_more_lenient_than_pyhanko(sealed: dict[int | None, bytes], seed: int) -> None:
    """Filling in, with one or two objects changed, replaced, left out or added: what we allow, it allows."""
    dice, count = random.Random(seed), 0
    older = objects_of(sealed[2], 0)
    for _ in range(40):
        objects = dict(FILLED[dice.choice([*FILLED])][1])
        for _ in range(dice.choice([0, 1, 1, 2])):
            number = dice.choice([*sorted(objects) * 3, *sorted(set(older) - {6})])
            if number in objects and dice.randrange(6) == 0 and len(objects) > 1:
                del objects[number]
            else:
                body = objects.get(number, older.get(number, b"<< >>"))
                objects[number] = changed(dice, body, 31)
        written = filled_in(sealed[2], objects)
        rules: Any = {"permission": dice.choice([1, 2, 3])}
        rules["locked"] = dice.choice([None, None, ("Include", ("amount",)), ("Exclude", ("kind", "unit"))])
        if allowed_by_us(written, len(sealed[2]), **rules):
            count += 1
            said = objection(written, len(sealed[2]), seals_follow=True, filling=True, **rules)
            assert not said, (said, objects)
    assert 3 < count < 37, "the changes say nothing"
