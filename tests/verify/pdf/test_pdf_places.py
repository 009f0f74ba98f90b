# SPDX-License-Identifier: Apache-2.0
"""Where a seal stands on its page, as the page is shown; and a seal over what was there before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pikepdf
import pytest

from verify import Indication, Report
from verify.pdf.places import Places

from .conftest import check_both_ways

PASSED = Indication.TOTAL_PASSED


def codes(report: Report) -> list[set[str]]:
    return [{reason.code for reason in one.reasons} for one in report.signatures]


def test_each_seal_says_where_it_stands(world: Any, plain_pdf: bytes) -> None:
    """Millimetres from the top left of the page, to a tenth; what nobody sees stands nowhere."""
    once = world.ecdsa.seal(plain_pdf, box=(100, 100, 220, 220))
    data = world.rsa.seal(once, "Seal2", box=None)
    report = check_both_ways(data, world)
    assert report.signatures[0].facts["places"] == [
        {"page": 1, "left_mm": "35.3", "top_mm": "219.4", "width_mm": "42.3", "height_mm": "42.3"}
    ]
    assert report.signatures[1].facts["places"] == []


def test_a_later_seal_over_text(world: Any, plain_pdf: bytes) -> None:
    """Told of the seal below, and no fault; beside the text nothing is told."""
    once = world.ecdsa.seal(plain_pdf)
    over = world.rsa.seal(once, "Seal2", box=(50, 690, 200, 740))
    report = check_both_ways(over, world)
    assert report.indication is PASSED
    assert [one.indication for one in report.signatures] == [PASSED, PASSED]
    assert ["LATER_SEAL_OVER_CONTENT" in one for one in codes(report)] == [True, False]
    assert [one.deviations for one in report.signatures] == [("LATER_SEAL_OVER_CONTENT",), ()]
    assert "第 1 页" in next(
        one.zh for one in report.signatures[0].reasons if one.code == "LATER_SEAL_OVER_CONTENT"
    )
    beside = check_both_ways(world.rsa.seal(once, "Seal2", box=(300, 100, 420, 220)), world)
    assert "LATER_SEAL_OVER_CONTENT" not in set.union(*codes(beside))


def placed(**entries: Any) -> list[tuple[float, ...]]:
    """Of a field 20 by 10 points, 30 from the left and 40 from the bottom of a page of 200 by 100 points."""
    pdf = pikepdf.new()
    pages = pdf.make_indirect(pikepdf.Dictionary(MediaBox=[0, 0, 200, 100]))
    widget = {"Subtype": pikepdf.Name.Widget, "FT": pikepdf.Name.Sig, "T": "a", "Rect": [30, 40, 50, 50]}
    own = {key: entries.pop(key) for key in ("F", "Rect", "FT") if key in entries}
    field = pdf.make_indirect(pikepdf.Dictionary(**{**widget, **own}))
    places = Places()
    places.note(field, pikepdf.Dictionary(Parent=pages, **entries), 3)
    found = places.of(field.objgen)
    assert all(one.page == 3 for one in found)
    return [tuple(round(x * 72 / 25.4) for x in (one.left, one.top, one.width, one.height)) for one in found]


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ({}, (30, 50, 20, 10)),
        ({"Rect": [50, 50, 30, 40]}, (30, 50, 20, 10)),
        ({"Rotate": 90}, (40, 30, 10, 20)),
        ({"Rotate": 180}, (150, 40, 20, 10)),
        ({"Rotate": -90}, (50, 150, 10, 20)),
        ({"CropBox": [10, 10, 100, 90]}, (20, 40, 20, 10)),
        ({"CropBox": [-10, 0, 900, 90]}, (30, 40, 20, 10)),
        ({"UserUnit": 2}, (60, 100, 40, 20)),
    ],
)
def test_as_the_page_is_shown(entries: dict[str, Any], expected: tuple[int, ...]) -> None:
    """Turned, cropped and scaled pages; boxes come down the page tree."""
    assert placed(**entries) == [expected]


@pytest.mark.parametrize(
    "entries",
    [
        {"F": 2},
        {"F": 32},
        {"Rect": [30, 40, 30, 50]},
        {"Rect": [30, 40, 50]},
        {"Rect": ["a", 40, 50, 50]},
        {"Rect": [10**15, 0, 1, 1]},
        {"MediaBox": [0, 0, 0, 0]},
        {"FT": "Sig"},
    ],
)
def test_what_is_not_shown_stands_nowhere(entries: dict[str, Any]) -> None:
    assert placed(**entries) == []


def test_damage_changes_no_verdict(
    world: Any, draft: Any, incremental: Callable[[bytes, dict[int, bytes]], bytes]
) -> None:
    """A place that cannot be read is none."""
    draft.objects = {5: draft.parts()[5].replace(b"[0 0 0 0]", b"[(a) << >> null true]")}
    report = check_both_ways(draft.sealed(world.ecdsa), world)
    assert report.signatures[0].facts["places"] == []
