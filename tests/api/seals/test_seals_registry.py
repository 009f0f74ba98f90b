# SPDX-License-Identifier: Apache-2.0
"""Seals are made once, certified, drawn; what cannot be drawn or certified leaves nothing."""

from __future__ import annotations

from typing import Any

import pytest

from api.seals import NoSuchSeal, SealOrder, SealStepRefused
from keys import KeyKind
from seal import SealDesignRefused
from verify import IdentifierInvalid, Indication, Purpose, check_certificate

A2, A3 = "11510100DEM9A0025F", "11510106DEM9A00331"


def order(**more: Any) -> SealOrder:
    parts: dict[str, Any] = {
        "holder": A2,
        "holder_name": "蜀州市住房和城乡建设局(演示)",
        "name": "蜀州市住房和城乡建设局",
        "line": "业务专用章",
        "code": "51010000000002",
        "kind": KeyKind.SM2,
        **more,
    }
    return SealOrder(**parts)


@pytest.mark.parametrize("kind", [KeyKind.SM2, KeyKind.RSA2048])
def test_made_seal(rooms: Any, kind: KeyKind) -> None:
    """Key in the vault, certificate of the holder, a drawing that says SPECIMEN, a ledger entry."""
    made = rooms.seals.make(order(kind=kind), by="operator")
    assert rooms.seals.get(made.seal_id) == made
    assert rooms.seals.listed(A2) == (made,)
    assert made in rooms.seals.listed()
    assert made.svg.startswith("<svg")
    opened = rooms.seals.open(made.seal_id)
    certificate = opened.sealing.certificate
    assert certificate.public_key == opened.signer.public_key
    assert (certificate.uscc, certificate.subject.common_name) == (A2, "51010000000002")
    verdict = check_certificate(certificate, rooms.ports.trust(), rooms.clock(), purpose=Purpose.SEAL)
    assert verdict.indication is Indication.TOTAL_PASSED
    assert rooms.check().findings == ()


def test_seal_without_a_code_is_allotted_one(rooms: Any) -> None:
    """The division of its holder, then the next number in it; drawn, and the name of its certificate."""
    codes = [rooms.seals.make(order(code=""), by="operator") for _ in range(2)]
    assert [one.design.code for one in codes] == ["51010000000001", "51010000000002"]
    certificate = rooms.seals.open(codes[0].seal_id).sealing.certificate
    assert certificate.subject.common_name == "51010000000001"
    with pytest.raises(SealStepRefused) as refused:
        rooms.seals.make(order(code="51010000000002"), by="operator")
    assert refused.value.code == "code-taken"


@pytest.mark.parametrize(
    ("more", "error", "field"),
    [
        ({"holder": "11510100DEM9A0025X"}, IdentifierInvalid, ""),
        ({"name": "短"}, SealDesignRefused, "name"),
        ({"name": "有 空 白 的 机 关"}, SealDesignRefused, "name"),
        ({"name": "蜀州市🏗建设局"}, SealDesignRefused, "name"),
        ({"line": "一" * 11}, SealDesignRefused, "line"),
        ({"code": "123"}, SealDesignRefused, "code"),
        ({"holder_name": " "}, SealDesignRefused, "holder_name"),
        ({"holder_name": "长" * 61}, SealDesignRefused, "holder_name"),
        ({"holder_name": "a\x00"}, SealDesignRefused, "holder_name"),
    ],
)
def test_refused_before_a_key_exists(
    rooms: Any, more: dict[str, Any], error: type[Exception], field: str
) -> None:
    """Whatever is wrong is found first: no key, no certificate, no row."""
    before, labels = rooms.state(), rooms.vault.labels()
    with pytest.raises(error) as refused:
        rooms.seals.make(order(**more), by="operator")
    assert getattr(refused.value, "field", "") == field
    assert (rooms.state(), rooms.vault.labels()) == (before, labels)


def test_unknown_seal(rooms: Any) -> None:
    """An id that nobody registered."""
    for ask in (rooms.seals.get, rooms.seals.open):
        with pytest.raises(NoSuchSeal):
            ask("0" * 32)


def test_edited_seal_is_found(rooms: Any) -> None:
    """A seal is a protected row: its design cannot be exchanged in silence."""
    made = rooms.seals.make(order(), by="operator")
    rooms.edit("UPDATE seals SET holder_name = 'x' WHERE id = ?", made.seal_id)
    assert [(one.table, one.key) for one in rooms.check().findings] == [("seals", made.seal_id)]
