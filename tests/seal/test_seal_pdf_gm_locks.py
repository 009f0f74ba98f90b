# SPDX-License-Identifier: Apache-2.0
"""GM profiles and locks: what a GM signature certifies or locks holds for every profile that follows."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pikepdf
import pytest
from PIL import Image

from keys import KeyKind
from seal import (
    Appearance,
    EmptyField,
    FieldLock,
    LockAction,
    MarkRefused,
    OnField,
    PdfProfile,
    PdfRefused,
    Permission,
    Placement,
    SealFacts,
    add_signature_fields,
    make_seal,
    seal_pdf,
)
from verify import Indication, check_pdf

AT = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)
PROFILES = [PdfProfile.GM_CMS, PdfProfile.GM_CMS_DIGEST, PdfProfile.GM_SEAL]
ELSEWHERE = Placement(0, 80, 20, 20, 20)


@pytest.fixture(scope="module")
def form(permit: bytes) -> bytes:
    """A document with two fields to sign."""
    fields = [
        EmptyField(name, Placement(0, 20, 20 + 50 * n, 40, 40)) for n, name in enumerate(("甲方", "乙方"))
    ]
    return add_signature_fields(permit, fields)


@pytest.fixture(scope="module")
def sealed(authority: Any, appearance: Appearance) -> Any:
    """Sealed with SM2 under a profile; the seal is made by the same key."""
    own = authority(KeyKind.SM2)
    out = io.BytesIO()
    Image.new("RGBA", (40, 40), (255, 0, 0, 128)).save(out, "PNG")
    facts = SealFacts(
        code="51010600000003",
        vendor="YINXIN",
        type=1,
        name="蜀州市锦北区住房和城乡建设局(演示)",
        certificates=(own.sealing.certificate,),
        created=AT - timedelta(days=1),
        valid_from=AT - timedelta(days=1),
        valid_until=AT + timedelta(days=200),
        picture_type="PNG",
        picture=out.getvalue(),
        width_mm=40,
        height_mm=40,
    )
    esl = make_seal(facts, own.key, maker_certificate=own.sealing.certificate)

    def seal(data: bytes, profile: PdfProfile, placement: Any, **options: Any) -> bytes:
        return seal_pdf(
            data,
            own.key,
            sealing=own.sealing,
            at=AT,
            placement=placement,
            appearance=appearance,
            reason="",
            profile=profile,
            esl=esl if profile is PdfProfile.GM_SEAL else None,
            **options,
        )

    return seal


@pytest.fixture(scope="module")
def passes(authority: Any) -> Any:
    own = authority(KeyKind.SM2)
    trust = replace(own.trust, intermediates=own.sealing.chain, crls=own.sealing.crls)

    def check(data: bytes, signatures: int) -> None:
        report = check_pdf(data, trust=trust, at=AT + timedelta(minutes=1))
        assert report.indication is Indication.TOTAL_PASSED, report
        assert len(report.signatures) == signatures

    return check


@pytest.mark.parametrize("profile", PROFILES)
def test_certified_for_good(sealed: Any, passes: Any, form: bytes, profile: PdfProfile) -> None:
    data = sealed(form, profile, OnField("甲方"), certify=Permission.NO_CHANGES)
    passes(data, 1)
    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert "/DocMDP" in pdf.Root.Perms
    for later in PdfProfile:
        with pytest.raises(PdfRefused):
            sealed(data, later, OnField("乙方"))


@pytest.mark.parametrize("second", list(PdfProfile))
@pytest.mark.parametrize("first", PROFILES)
def test_certified_and_signed_in_order(
    sealed: Any, passes: Any, form: bytes, first: PdfProfile, second: PdfProfile
) -> None:
    """Level 2 leaves the field that was there to another profile, and nothing beside it."""
    data = sealed(form, first, OnField("甲方"), certify=Permission.FILL_FORMS)
    with pytest.raises(MarkRefused):
        sealed(data, second, [OnField("乙方"), ELSEWHERE])
    passes(sealed(data, second, OnField("乙方")), 2)


@pytest.mark.parametrize("second", list(PdfProfile))
@pytest.mark.parametrize("first", PROFILES)
def test_a_lock_holds_across_profiles(
    sealed: Any, passes: Any, form: bytes, first: PdfProfile, second: PdfProfile
) -> None:
    lock = FieldLock(LockAction.INCLUDE, ("乙方",))
    data = sealed(form, first, OnField("甲方"), lock=lock)
    passes(data, 1)
    with pytest.raises(MarkRefused) as refused:
        sealed(data, second, OnField("乙方"))
    assert refused.value.code == "field-locked"
    passes(sealed(data, second, ELSEWHERE), 2)
