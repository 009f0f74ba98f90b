# SPDX-License-Identifier: Apache-2.0
"""What a seal leaves open: certification levels, locks, fields for those who sign later, all in order."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys import KeyKind
from seal import (
    Appearance,
    EmptyField,
    FieldLock,
    LockAction,
    MarkRefused,
    OnField,
    PdfRefused,
    Permission,
    Placement,
    PlacementRefused,
    SealError,
    add_signature_fields,
    seal_pdf,
)

AT = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)
PARTIES = (
    EmptyField("First", Placement(0, 20, 20, 40, 40)),
    EmptyField("Second", Placement(0, 20, 70, 40, 40)),
    EmptyField("乙方", Placement(0, 20, 120, 40, 40)),
)
ALL = FieldLock(LockAction.ALL)


@pytest.fixture(scope="module")
def own(authority: Any) -> Any:
    return authority(KeyKind.P256)


@pytest.fixture(scope="module")
def form(permit: bytes) -> bytes:
    """A document with three fields to sign."""
    return add_signature_fields(permit, PARTIES)


@pytest.fixture(scope="module")
def sealed(own: Any, appearance: Appearance) -> Any:
    def seal(data: bytes, placement: Any = None, **options: Any) -> bytes:
        return seal_pdf(
            data,
            own.key,
            sealing=own.sealing,
            at=AT,
            placement=placement,
            appearance=appearance,
            reason="",
            **options,
        )

    return seal


def valid(own: Any, data: bytes, signatures: int) -> None:
    """Our verifier and pyHanko's."""
    own.passes(data, signatures)
    assert [status.bottom_line for status in own.statuses(data)] == [True] * signatures


def test_fields_to_come(form: bytes, permit: bytes, own: Any) -> None:
    assert form.startswith(permit)
    with pikepdf.open(io.BytesIO(form)) as pdf:
        assert [str(one.T) for one in pdf.Root.AcroForm.Fields] == ["First", "Second", "乙方"]
        assert pdf.Root.AcroForm.SigFlags == 1
        assert "/V" not in pdf.Root.AcroForm.Fields[0]
    assert [reason.code for reason in own.check(form).reasons] == ["NOT_SEALED"]


@pytest.mark.parametrize("level", [Permission.FILL_FORMS, Permission.ANNOTATE])
def test_certified_and_signed_in_order(own: Any, form: bytes, sealed: Any, level: Permission) -> None:
    """The issuer certifies, two parties sign the fields that were there: every signature stays valid."""
    data = sealed(form, OnField("First"), certify=level)
    report = own.passes(data)
    assert report.signatures[0].facts["permission"] == level
    for count, name in enumerate(("乙方", "Second"), 2):
        data = sealed(data, OnField(name))
        valid(own, data, count)
    for mark in (None, Placement(0, 80, 20, 20, 20)):
        with pytest.raises(PdfRefused) as refused:
            sealed(data, mark)
        assert refused.value.code == "pdf-certified"


def test_certified_for_good(form: bytes, sealed: Any) -> None:
    data = sealed(form, OnField("First"), certify=True)
    for mark in (None, OnField("Second")):
        with pytest.raises(PdfRefused) as refused:
            sealed(data, mark)
        assert refused.value.code == "pdf-certified"


def test_certified_field_takes_no_other_marks(form: bytes, sealed: Any) -> None:
    data = sealed(form, OnField("First"), certify=Permission.FILL_FORMS)
    with pytest.raises(MarkRefused) as refused:
        sealed(data, [OnField("Second"), Placement(0, 80, 20, 20, 20)])
    assert refused.value.code == "marks-on-certified"


def test_lock_of_some_fields(own: Any, form: bytes, sealed: Any) -> None:
    """What the first signature locked is refused; what it left open is signed."""
    data = sealed(form, OnField("First"), lock=FieldLock(LockAction.INCLUDE, ("Second",)))
    valid(own, data, 1)
    with pytest.raises(MarkRefused) as refused:
        sealed(data, OnField("Second"))
    assert refused.value.code == "field-locked"
    assert "Second" in str(refused.value)
    valid(own, sealed(data, OnField("乙方")), 2)
    valid(own, sealed(data, Placement(0, 80, 20, 20, 20)), 2)


def test_lock_of_all_but_some(own: Any, form: bytes, sealed: Any) -> None:
    data = sealed(form, OnField("First"), lock=FieldLock(LockAction.EXCLUDE, ("乙方",)))
    for mark in (OnField("Second"), Placement(0, 80, 20, 20, 20), None):
        with pytest.raises(MarkRefused) as refused:
            sealed(data, mark)
        assert refused.value.code == "field-locked"
    valid(own, sealed(data, OnField("乙方")), 2)


def test_lock_of_a_new_field(own: Any, form: bytes, sealed: Any) -> None:
    """The lock stands in the field and in the signature; a level of its own ends it for the document."""
    data = sealed(form, Placement(0, 80, 20, 20, 20), lock=ALL)
    valid(own, data, 1)
    with pikepdf.open(io.BytesIO(data)) as pdf:
        field = pdf.Root.AcroForm.Fields[3]
        assert field.Lock.objgen != (0, 0)
        assert field.Lock.Action == "/All"
        (reference,) = field.V.Reference
        assert reference.TransformMethod == "/FieldMDP"
        assert reference.Data.objgen == pdf.Root.objgen
    with pytest.raises(MarkRefused):
        sealed(data, OnField("Second"))
    for level in Permission:
        data = sealed(form, lock=FieldLock(LockAction.INCLUDE, ("First",), level))
        own.passes(data)
        with pytest.raises(PdfRefused):
            sealed(data, Placement(0, 80, 20, 20, 20))


def test_lock_that_a_field_brings(own: Any, permit: bytes, sealed: Any) -> None:
    """Whoever made the form decided what the signature locks."""
    lock = FieldLock(LockAction.INCLUDE, ("Second",))
    form = add_signature_fields(permit, [EmptyField("First", lock=lock), *PARTIES[1:]])
    data = sealed(form, OnField("First"))
    valid(own, data, 1)
    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert pdf.Root.AcroForm.Fields[0].V.Reference[0].TransformMethod == "/FieldMDP"
    with pytest.raises(MarkRefused) as refused:
        sealed(data, OnField("Second"))
    assert refused.value.code == "field-locked"
    with pytest.raises(MarkRefused) as refused:
        sealed(form, OnField("First"), lock=ALL)
    assert refused.value.code == "field-demands-more"


def test_certified_with_a_lock(own: Any, form: bytes, sealed: Any) -> None:
    """Both transforms in one signature."""
    lock = FieldLock(LockAction.INCLUDE, ("Second",))
    data = sealed(form, OnField("First"), certify=Permission.FILL_FORMS, lock=lock)
    valid(own, data, 1)
    with pytest.raises(MarkRefused):
        sealed(data, OnField("Second"))
    valid(own, sealed(data, OnField("乙方")), 2)


def test_no_fields_after_a_seal(form: bytes, sealed: Any) -> None:
    with pytest.raises(MarkRefused) as refused:
        add_signature_fields(sealed(form), [EmptyField("Late")])
    assert refused.value.code == "fields-after-seal"


@pytest.mark.parametrize("name", ["First", "", " ", "a.b", "a\nb"])
def test_names_that_cannot_be(form: bytes, name: str) -> None:
    with pytest.raises(MarkRefused) as refused:
        add_signature_fields(form, [EmptyField(name)])
    assert refused.value.code == "field-name-unusable"


def test_too_many_fields(permit: bytes) -> None:
    for fields in ([], [EmptyField(f"F{number}") for number in range(32)]):
        with pytest.raises(MarkRefused) as refused:
            add_signature_fields(permit, fields)
        assert refused.value.code == "marks-too-many"


def test_locks_without_sense() -> None:
    for action, names in ((LockAction.ALL, ("x",)), (LockAction.INCLUDE, ()), (LockAction.EXCLUDE, ())):
        with pytest.raises(PlacementRefused):
            FieldLock(action, names)


@pytest.mark.parametrize(
    "lock",
    [
        b"<< /Action /Include >>",
        b"<< /Action /What /Fields [(Other)] >>",
        b"<< /Action /Include /Fields [7 (Other)] >>",
        b"<< /P 9 >>",
        b"<< >>",
        b"[ ]",
    ],
)
def test_odd_locks(own: Any, hand_made: Any, sealed: Any, lock: bytes) -> None:
    """A lock that we cannot read locks everything, or the file is refused; never a stack trace."""
    objects = {
        1: b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [5 0 R] /SigFlags 3 >> >>",
        5: b"<< /FT /Sig /T (S) /V << /Type /Sig /Contents <00> >> /Lock %s >>" % lock,
    }
    try:
        sealed(hand_made(objects), Placement(0, 10, 10, 20, 20))
    except SealError as error:
        assert error.code in ("field-locked", "pdf-malformed")  # type: ignore[attr-defined]
    else:
        assert b"/Include" in lock


@given(
    action=st.sampled_from([LockAction.INCLUDE, LockAction.EXCLUDE]),
    names=st.lists(st.text("ab.", min_size=1, max_size=3), min_size=1, max_size=3),
    name=st.text("ab.", min_size=1, max_size=4),
)
def test_what_a_lock_holds(action: LockAction, names: list[str], name: str) -> None:
    """A field that a lock names by its full name is held, or left open, whatever else it names."""
    lock = FieldLock(action, tuple(names))
    if name in names:
        assert lock.holds(name) == (action is LockAction.INCLUDE)
    elif not any(name.startswith(one) for one in names):
        assert lock.holds(name) == (action is LockAction.EXCLUDE)
