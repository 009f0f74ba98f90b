# SPDX-License-Identifier: Apache-2.0
"""Where the seal shows in an OFD: cross-page numbers as known answers, keywords, every page."""

from __future__ import annotations

import io
import zipfile
from typing import Any
from xml.etree import ElementTree

import pytest

from seal import (
    AtKeyword,
    Corner,
    CrossPage,
    Edge,
    EveryPage,
    MarkRefused,
    OfdRefused,
    OnField,
    Placement,
    PlacementRefused,
)

from .conftest import Sealer, foreign, page_count

NS = "{http://www.ofdspec.org/2016}"
A4_AREA = "<ofd:Area><ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox></ofd:Area>"


def stamps(data: bytes) -> list[dict[str, str]]:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        root = ElementTree.fromstring(package.read("Doc_0/Signs/Sign_0/Signature.xml"))
    return [dict(one.attrib) for one in root.iter(f"{NS}StampAnnot")]


def boxes(data: bytes) -> list[list[float]]:
    return [[float(part) for part in one["Boundary"].split()] for one in stamps(data)]


def test_right_edge_known_answer(sealer: Sealer) -> None:
    """The numbers of a public file with a 40 mm seal over five pages of 210 mm."""
    sealed = sealer.seal(foreign(pages=5), CrossPage(40, 40))
    sealer.passes(sealed)
    found = stamps(sealed)
    assert [one["PageRef"] for one in found] == ["10", "11", "12", "13", "14"]
    assert [box[0] for box in boxes(sealed)] == [202, 194, 186, 178, 170]
    assert {tuple(box[1:]) for box in boxes(sealed)} == {(128.5, 40, 40)}
    assert [one["Clip"] for one in found] == [
        "0 0 8 40",
        "8 0 8 40",
        "16 0 8 40",
        "24 0 8 40",
        "32 0 8 40",
    ]
    assert [one["ID"] for one in found] == ["s002", "s003", "s004", "s005", "s006"]


def test_left_edge_known_answer(sealer: Sealer) -> None:
    """x = -slice (n-1-i), clip from slice (n-1-i): the first page has the last slice."""
    sealed = sealer.seal(foreign(pages=5, area=A4_AREA), CrossPage(40, 40, edge=Edge.LEFT, top_mm=100))
    assert [box[0] for box in boxes(sealed)] == [-32, -24, -16, -8, 0]
    assert [one["Clip"] for one in stamps(sealed)] == [
        "32 0 8 40",
        "24 0 8 40",
        "16 0 8 40",
        "8 0 8 40",
        "0 0 8 40",
    ]
    assert {box[1] for box in boxes(sealed)} == {100}


def test_facing_pages(sealer: Sealer) -> None:
    """Left half at the right edge, right half at the left edge of the next page."""
    sealed = sealer.seal(foreign(pages=4), CrossPage(40, 40, edge=Edge.FACING))
    assert [(box[0], one["Clip"]) for box, one in zip(boxes(sealed), stamps(sealed), strict=True)] == [
        (190, "0 0 20 40"),
        (-20, "20 0 20 40"),
    ] * 2


@pytest.mark.parametrize("edge", [Edge.RIGHT, Edge.LEFT])
@pytest.mark.parametrize("pages", [2, 3, 7, 20, 21, 41])
def test_slices_join(sealer: Sealer, edge: Edge, pages: int) -> None:
    """Slices of a group cover the seal without gap or overlap, none too narrow, each flush with its edge."""
    sealed = sealer.seal(foreign(pages=pages), CrossPage(40, 40, edge=edge, most_pages=10))
    parts = [[float(one) for one in stamp["Clip"].split()] for stamp in stamps(sealed)]
    assert len(parts) == pages and all(part[2] >= 2 for part in parts)
    for box, part in zip(boxes(sealed), parts, strict=True):
        if edge is Edge.RIGHT:
            assert box[0] + part[0] + part[2] == pytest.approx(210, abs=2e-3)
        else:
            assert box[0] + part[0] == pytest.approx(0, abs=2e-3)
    assert sum(part[2] for part in parts) == pytest.approx(
        40 * round(sum(p[2] for p in parts) / 40), abs=0.02
    )


def test_pages_of_several_sizes(sealer: Sealer) -> None:
    """Each page by its own width; the box of the page moves the place with it."""
    area = "<ofd:Area><ofd:PhysicalBox>5 7 297 420</ofd:PhysicalBox></ofd:Area>"
    sealed = sealer.seal(foreign(pages=2, area=area), CrossPage(40, 40))
    assert [box[:2] for box in boxes(sealed)] == [[5 + 277, 7 + 190], [5 + 257, 7 + 190]]
    (box,) = boxes(sealer.seal(foreign(area=area), Placement(0, 10, 20, 30, 30)))
    assert box == [15, 27, 30, 30]


@pytest.mark.parametrize("pages", [1, 2])
def test_too_few_pages(sealer: Sealer, pages: int) -> None:
    """A cross-page seal needs two pages."""
    with pytest.raises(MarkRefused) as refused:
        sealer.seal(foreign(pages=pages), CrossPage(40, 40, skip=pages - 1))
    assert refused.value.code == "cross-page-too-few-pages"
    with pytest.raises(PlacementRefused):
        sealer.seal(foreign(pages=2), CrossPage(40, 40, top_mm=280))


def test_every_page(sealer: Sealer, booklet: bytes) -> None:
    """From a corner inwards, on each page or on some."""
    count = page_count(booklet)
    assert count > 2
    sealed = sealer.seal(booklet, EveryPage(10, 20, 30, 30, Corner.BOTTOM_RIGHT))
    sealer.passes(sealed)
    assert boxes(sealed) == [[170, 247, 30, 30]] * count
    some = sealer.seal(booklet, EveryPage(10, 20, 30, 30, pages=(2, 0, 2)))
    assert boxes(some) == [[10, 20, 30, 30]] * 2
    assert len({one["PageRef"] for one in stamps(some)}) == 2


def test_several_marks_are_one_signature(sealer: Sealer, booklet: bytes) -> None:
    """Place, keyword and cross-page together."""
    sealed = sealer.seal(
        booklet, Placement(0, 20, 20, 40, 40), AtKeyword("锦北区住房", 40, 40), CrossPage(40, 40)
    )
    sealer.passes(sealed)
    assert len(stamps(sealed)) == 2 + page_count(booklet)


def test_keyword(sealer: Sealer, permit: bytes) -> None:
    """Centred on the word, whatever its objects and blanks; moved; kept on the page."""
    (box,) = boxes(sealer.seal(foreign(), AtKeyword("章 处", 20, 20)))
    # 盖章处: cells of 4 mm from x = 20 on a baseline at y = 34.
    assert box[0] + 10 == pytest.approx(24 + 4, abs=0.1)
    assert box[1] + 10 == pytest.approx(32.5, abs=1.5)
    (moved,) = boxes(sealer.seal(foreign(), AtKeyword("章 处", 20, 20, dx_mm=7, dy_mm=-3)))
    assert moved[0] == pytest.approx(box[0] + 7, abs=2e-3) and moved[1] == pytest.approx(box[1] - 3, abs=2e-3)
    (kept,) = boxes(sealer.seal(foreign(), AtKeyword("盖", 80, 80)))
    assert kept[:2] == [0, 0]
    # Our own pages: print has full-width punctuation, the text has what was typed; both are found.
    for word in ("住房和城乡建设局(演示)", "住房和城乡建设局\uff08演示\uff09", "<A&B>"):
        sealer.passes(sealer.seal(permit, AtKeyword(word, 40, 40)))


def test_keyword_occurrences(sealer: Sealer) -> None:
    """The first, the last, every one, one that is not there."""
    data = foreign(pages=3)
    assert [
        one["PageRef"] for one in stamps(sealer.seal(data, AtKeyword("盖章处", 20, 20, occurrence=-1)))
    ] == ["12"]
    assert len(stamps(sealer.seal(data, AtKeyword("盖章处", 20, 20, occurrence=None)))) == 3
    assert len(stamps(sealer.seal(data, AtKeyword("盖章处", 20, 20, occurrence=None, pages=(1,))))) == 1
    for mark, code in (
        (AtKeyword("没有", 20, 20), "keyword-missing"),
        (AtKeyword("盖章处", 20, 20, occurrence=3), "keyword-occurrence-missing"),
    ):
        with pytest.raises(MarkRefused) as refused:
            sealer.seal(data, mark)
        assert refused.value.code == code
    with pytest.raises(PlacementRefused):
        sealer.seal(data, AtKeyword("盖章处", 20, 20, pages=(7,)))


@pytest.mark.parametrize("mark", [OnField("a")])
def test_no_fields(sealer: Sealer, mark: Any) -> None:
    """That is a thing of PDF."""
    with pytest.raises(OfdRefused) as refused:
        sealer.seal(foreign(), mark)
    assert refused.value.code == "ofd-no-fields"


def test_limits(sealer: Sealer) -> None:
    """So many places and no more."""
    with pytest.raises(MarkRefused) as refused:
        sealer.seal(foreign(), *([Placement(0, 1, 1, 5, 5)] * 4001))
    assert refused.value.code == "marks-too-many"
