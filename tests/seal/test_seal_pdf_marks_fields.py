# SPDX-License-Identifier: Apache-2.0
"""Marks on signature fields that others left for it."""

from __future__ import annotations

import io
from typing import Any

import pikepdf
import pytest

from keys import KeyKind
from seal import (
    MarkRefused,
    OnField,
    Placement,
)

from .papers import (
    BLUE,
    GREEN,
    MM,
    RED,
    WHITE,
    colour,
    flag_at,
    pictures,
    sealed,
)

FIELD = (
    "/AcroForm << /Fields [5 0 R] /SigFlags 1 >>",
    b"<< /FT /Sig /T (Sign here) /Type /Annot /Subtype /Widget /Rect [100 100 300 200] /F 4 /P 3 0 R %s >>",
)
CATALOG = "<< /Type /Catalog /Pages 2 0 R {} >>"


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_on_a_field(authority: Any, hand_made: Any, rotation: int) -> None:
    """The seal fills the rectangle of the field, undistorted, upright; nothing else is added."""
    own = authority(KeyKind.P256)
    objects = {1: CATALOG.format(FIELD[0]).encode(), 5: FIELD[1] % b""}
    data = hand_made(objects, Annots="[5 0 R]", Rotate=str(rotation))
    done = sealed(data, own, OnField("Sign here"))
    report = own.passes(done)
    assert report.signatures[0].facts["field"] == "Sign here"
    assert [status.bottom_line for status in own.statuses(done)] == [True]
    (shown,) = pictures(done)
    # The middle of the field as shown, in points; the square seal is as high as the short side.
    x, y = {0: (200, 445), 90: (150, 200), 180: (220, 150), 270: (445, 220)}[rotation]
    size = 100 / MM
    assert flag_at(shown, x / MM - size / 2, y / MM - size / 2, size) == [RED, BLUE, GREEN]
    assert (
        colour(
            shown,
            x / MM + (60 / MM if rotation in (0, 180) else 0),
            y / MM + (0 if rotation in (0, 180) else 60 / MM),
        )
        == WHITE
    )
    with pikepdf.open(io.BytesIO(done)) as pdf:
        assert len(pdf.Root.AcroForm.Fields) == 1
        assert pdf.Root.AcroForm.SigFlags == 3
        assert len(pdf.pages[0].Annots) == 1


def test_on_a_field_with_a_widget_below(authority: Any, hand_made: Any) -> None:
    own = authority(KeyKind.P256)
    objects = {
        1: CATALOG.format(FIELD[0]).encode(),
        5: b"<< /FT /Sig /T (S) /Kids [6 0 R] >>",
        6: b"<< /Type /Annot /Subtype /Widget /Rect [100 100 300 200] /F 4 /Parent 5 0 R /P 3 0 R >>",
    }
    done = sealed(hand_made(objects, Annots="[6 0 R]"), own, OnField("S"))
    own.passes(done)
    assert flag_at(pictures(done)[0], 150 / MM, 395 / MM, 100 / MM) == [RED, BLUE, GREEN]
    assert [status.bottom_line for status in own.statuses(done)] == [True]


def test_on_a_field_after_another_seal(authority: Any, hand_made: Any) -> None:
    """The field was there when the first seal was put: filling it is what it is for."""
    own = authority(KeyKind.P256)
    objects = {1: CATALOG.format(FIELD[0]).encode(), 5: FIELD[1] % b""}
    first = sealed(hand_made(objects, Annots="[5 0 R]"), own, Placement(0, 10, 10, 20, 20))
    second = sealed(first, own, OnField("Sign here"))
    own.passes(second, 2)
    assert [status.bottom_line for status in own.statuses(second)] == [True, True]
    with pytest.raises(MarkRefused) as refused:
        sealed(first, own, [OnField("Sign here"), Placement(0, 10, 50, 20, 20)])
    assert refused.value.code == "marks-on-certified"


def test_field_and_other_marks(authority: Any, hand_made: Any) -> None:
    own = authority(KeyKind.P256)
    objects = {1: CATALOG.format(FIELD[0]).encode(), 5: FIELD[1] % b""}
    done = sealed(
        hand_made(objects, Annots="[5 0 R]"), own, [Placement(0, 10, 10, 20, 20), OnField("Sign here")]
    )
    own.passes(done)
    assert flag_at(pictures(done)[0], 10, 10, 20) == [RED, BLUE, GREEN]


@pytest.mark.parametrize(
    ("objects", "name", "code"),
    [
        ({}, "Other", "field-missing"),
        ({5: FIELD[1] % b"/V << /Type /Sig /Contents <00> >>"}, "Sign here", "field-signed"),
        (
            {5: b"<< /T (a) /Kids [6 0 R] >>", 6: b"<< /FT /Sig /T (b) /Parent 5 0 R >>"},
            "a.b",
            "field-nested",
        ),
        ({5: b"<< /FT /Sig /T (S) /Kids [<< >> << >>] >>"}, "S", "field-nested"),
        ({5: FIELD[1] % b"/SV << /Ff 8 /Reasons [(x)] >>"}, "Sign here", "field-demands-more"),
        (
            {5: FIELD[1] % b"/SV << /Ff 2 /SubFilter [/adbe.pkcs7.detached] >>"},
            "Sign here",
            "field-demands-more",
        ),
        ({5: FIELD[1] % b"/SV << /Cert << /Ff 1 >> >>"}, "Sign here", "field-demands-more"),
        ({5: FIELD[1] % b"/SV << /MDP << /P 1 >> >>"}, "Sign here", "field-demands-more"),
    ],
)
def test_field_that_cannot_be_used(
    authority: Any, hand_made: Any, objects: Any, name: str, code: str
) -> None:
    given = {1: CATALOG.format(FIELD[0]).encode(), 5: FIELD[1] % b"", **objects}
    with pytest.raises(MarkRefused) as refused:
        sealed(hand_made(given, Annots="[5 0 R]"), authority(KeyKind.P256), OnField(name))
    assert refused.value.code == code
    assert name in str(refused.value)


def test_field_whose_demands_are_met(authority: Any, hand_made: Any) -> None:
    own = authority(KeyKind.P256)
    demand = b"/SV << /Ff 3 /Filter /Adobe.PPKLite /SubFilter [/ETSI.CAdES.detached] >>"
    objects = {1: CATALOG.format(FIELD[0]).encode(), 5: FIELD[1] % demand}
    done = sealed(hand_made(objects, Annots="[5 0 R]"), own, OnField("Sign here"))
    own.passes(done)
    assert [status.bottom_line for status in own.statuses(done)] == [True]
