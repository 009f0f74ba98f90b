# SPDX-License-Identifier: Apache-2.0
"""Layout: everything is on paper, whole, inside the frame, and nothing lies on anything else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seal import (
    BlockTooTall,
    GlyphMissing,
    Layout,
    PageError,
    SheetContent,
    SheetTable,
    TableTooWide,
    TableUneven,
    lay_out,
)
from seal.pages.model import POINT_MM, Line, Page, QrCode, Rect, Text
from seal.pages.qr import symbol_of
from seal.pages.style import BOTTOM, FRAME, LEFT, PAGE_HEIGHT, PAGE_WIDTH, RIGHT, TOP
from seal.pages.text import clean, text_width

COLUMNS = ("代码", "内容", "认定机关及文号", "决定日期", "公开至")
ROW = (
    "D1-2-05",
    "允许其他单位或个人以本单位名义承揽工程,情节一般,已责令改正并处罚款",
    "蜀州市住房和城乡建设局(演示) 蜀建罚字〔2026〕第1号",
    "2026-06-15",
    "2027-06-15",
)
SHEET = SheetContent(
    title="从业企业诚信记录单",
    subtitle="Credit Record Sheet",
    number="JL2026112300000001",
    rows=(("名称", "四川样例建工集团有限公司"), ("统一社会信用代码", "91510100DEM001017Y")),
    tables=(SheetTable("不良行为记录", COLUMNS, (ROW,), "无公开的不良行为记录。"),),
    paragraphs=("本单只列出截至上述时间依法公开的信用信息,不代表对企业或人员的评价;以扫码结果为准。",),
    ecert_id="1.2.156.3005.2.11510000DEM9A0017F004.11510000DEM9A0017F.JL2026112300000001.001.L",
    document_id="0123-4567-89AB-CDEF",
    short_url="https://yinxin.example.gov.cn/r/0123456789ABCDEF",
    qr_text="HTTPS://YINXIN.EXAMPLE.GOV.CN/R/0123456789ABCDEF#" + "7" * 600,
    issuer_name="省住房和城乡建设厅(演示)",
    issue_date="2026年11月23日",
    watermark="样章 SPECIMEN",
    footer="yinxin.example.gov.cn · 以扫码结果为准",
)

Box = tuple[float, float, float, float]


def box(text: Text) -> Box:
    em = text.size_pt * POINT_MM
    width = text_width(text.text, text.font, text.size_pt) + text.spacing_mm * (len(text.text) - 1)
    return text.x_mm, text.y_mm - 0.86 * em, text.x_mm + width, text.y_mm + 0.1 * em


def overlap(one: Box, two: Box, slack: float = 0.05) -> bool:
    return (
        one[0] < two[2] - slack
        and two[0] < one[2] - slack
        and one[1] < two[3] - slack
        and two[1] < one[3] - slack
    )


def texts(page: Page) -> list[Text]:
    return [item for item in page.items if isinstance(item, Text)]


def typed(layout: Layout) -> str:
    return "".join(text.typed or text.text for page in layout.pages for text in texts(page)).replace(" ", "")


def check_sheet(layout: Layout) -> None:
    """What must hold on every sheet, whatever it states."""
    for page in layout.pages:
        boxes = [box(text) for text in texts(page)]
        for text, place in zip(texts(page), boxes, strict=True):
            hang = 0.5 * text.size_pt * POINT_MM  # the blank half of a closing mark
            if text.y_mm < PAGE_HEIGHT - FRAME:
                assert place[0] >= LEFT - 0.01 and place[2] <= RIGHT + hang + 0.01
                assert place[1] > TOP - 2 and place[3] < BOTTOM + 2
            else:
                assert place[0] > 5 and place[2] < PAGE_WIDTH - 5 and place[3] < PAGE_HEIGHT - 2
        for one, two in combinations(boxes, 2):
            assert not overlap(one, two), (one, two)
        for line in (item for item in page.items if isinstance(item, Line) and item.x1_mm == item.x2_mm):
            rule = (line.x1_mm, line.y1_mm, line.x1_mm, line.y2_mm)
            for text, place in zip(texts(page), boxes, strict=True):
                ink = (place[0], place[1], place[2] - 0.5 * text.size_pt * POINT_MM, place[3])
                assert not (ink[0] < rule[0] < ink[2] and rule[1] < ink[3] and ink[1] < rule[3]), text.text
    seal = layout.seal_position
    assert seal.page == len(layout.pages) - 1
    stamp = (seal.x_mm, seal.y_mm, seal.x_mm + seal.width_mm, seal.y_mm + seal.height_mm)
    assert stamp[0] > FRAME and stamp[2] < PAGE_WIDTH - FRAME and stamp[3] <= BOTTOM
    last = layout.pages[-1]
    for code in (item for item in last.items if isinstance(item, QrCode)):
        side = symbol_of(code.text).side_mm(code.module_mm)
        quiet = (code.x_mm, code.y_mm, code.x_mm + side, code.y_mm + side)
        assert code.module_mm >= 0.5
        assert not overlap(quiet, stamp)
        assert not any(overlap(quiet, box(text)) for text in texts(last))
        assert quiet[0] > FRAME + 2 and quiet[3] < PAGE_HEIGHT - FRAME - 2


def test_permit_fills_one_page() -> None:
    """Sixteen rows, two sentences: one page, with issuer and date under the seal, below its middle."""
    permit = replace(
        SHEET,
        title="建筑工程施工许可证",
        rows=tuple((f"项目{i}", "样例置业发展有限公司") for i in range(16)),
        tables=(),
    )
    layout = lay_out(permit)
    check_sheet(layout)
    assert len(layout.pages) == 1
    seal = layout.seal_position
    assert (seal.width_mm, seal.height_mm) == (42.0, 42.0)
    middle = (seal.x_mm + 21, seal.y_mm + 21)
    for wanted in (permit.issuer_name, permit.issue_date):
        found = next(text for text in texts(layout.pages[0]) if (text.typed or text.text) == wanted)
        left, _, right, bottom = box(found)
        assert (left + right) / 2 == pytest.approx(middle[0], abs=0.1)
        assert middle[1] < bottom < middle[1] + 21


@pytest.mark.parametrize("count", [0, 1, 7, 12, 13, 14, 15, 40, 200])
def test_tables_repeat_their_header_on_every_page(count: int) -> None:
    """The rows are all there, in order, each page of the table begins with its header."""
    rows = tuple((f"D1-{i:03}", *ROW[1:]) for i in range(count))
    layout = lay_out(replace(SHEET, tables=(SheetTable("不良行为记录", COLUMNS, rows, "无公开记录。"),)))
    check_sheet(layout)
    codes = [text.text for page in layout.pages for text in texts(page) if text.text.startswith("D1-")]
    assert codes == [row[0] for row in rows]
    for page in layout.pages:
        words = [text.text for text in texts(page)]
        if any(word.startswith("D1-") for word in words):
            assert words.count("认定机关及文号") == 1
    assert ("无公开记录。" in typed(layout)) == (count == 0)
    assert f"共{len(layout.pages)}页" in typed(layout)


@pytest.mark.parametrize("count", range(5, 24))
def test_the_foot_never_stands_alone(count: int) -> None:
    """GB/T 9704: a page with nothing but a seal could be put behind any document."""
    rows = tuple((f"D1-{i:03}", *ROW[1:]) for i in range(count))
    layout = lay_out(replace(SHEET, tables=(SheetTable("不良行为记录", COLUMNS, rows),)))
    check_sheet(layout)
    body = [text for text in texts(layout.pages[-1]) if TOP + 4 < text.y_mm < layout.seal_position.y_mm - 2]
    assert body


def test_a_value_of_several_pages_is_printed_whole() -> None:
    """Nothing is cut: the row goes on, with its label repeated."""
    value = "".join(f"第{i}段说明文字," for i in range(1500))
    layout = lay_out(replace(SHEET, rows=(("说明", value), ("后续", "样例"))))
    check_sheet(layout)
    assert len(layout.pages) > 3
    value_texts = "".join(
        text.typed or text.text for page in layout.pages for text in texts(page) if text.size_pt in (10, 10.5)
    )
    assert value in value_texts.replace("说明(续)", "")
    assert "说明(续)" in typed(layout)


def test_a_cell_of_several_pages_keeps_its_header() -> None:
    """The same inside a table."""
    layout = lay_out(
        replace(
            SHEET, tables=(SheetTable("表", ("代码", "内容"), (("A", "样例文字。" * 1500), ("B", "短"))),)
        )
    )
    check_sheet(layout)
    for page in layout.pages[1:]:
        assert "内容" in [text.text for text in texts(page)]


def test_further_pages_name_their_document() -> None:
    """A loose page is known by title, number and id."""
    layout = lay_out(replace(SHEET, paragraphs=("样例文字。" * 1200,)))
    for page in layout.pages[1:]:
        words = " ".join(text.text for text in texts(page))
        assert SHEET.title in words and SHEET.number in words and SHEET.document_id in words


def test_every_page_says_specimen_and_is_framed() -> None:
    """The watermark is drawn first, beneath everything; it is lettering, not text."""
    layout = lay_out(replace(SHEET, paragraphs=("样例文字。" * 800,)))
    for page in layout.pages:
        assert type(page.items[0]).__name__ == "Path"
        assert [type(item) for item in page.items[1:3]] == [Rect, Rect]
    assert type(lay_out(replace(SHEET, watermark="")).pages[0].items[0]) is Rect


def test_without_code_there_is_no_code() -> None:
    """A document without a QR statement keeps its id and address."""
    layout = lay_out(replace(SHEET, qr_text=None))
    check_sheet(layout)
    assert not any(isinstance(item, QrCode) for item in layout.pages[0].items)
    assert "0123-4567-89AB-CDEF" in typed(layout)


def test_the_least_document() -> None:
    """A title alone is still a page with a place for the seal."""
    check_sheet(lay_out(SheetContent(title="证明")))


def refused() -> Iterator[tuple[SheetContent, type[PageError]]]:
    yield replace(SHEET, tables=(SheetTable("表", ("一", "二"), (("a",),)),)), TableUneven
    yield replace(SHEET, tables=(SheetTable("表", (), ()),)), TableTooWide
    yield replace(SHEET, tables=(SheetTable("表", ("列",) * 40, ()),)), TableTooWide
    yield replace(SHEET, tables=(SheetTable("表", ("很长的列名" * 400, "二"), ()),)), BlockTooTall
    yield replace(SHEET, title="样例标题" * 200), BlockTooTall
    yield replace(SHEET, footer="样例页脚" * 100), BlockTooTall
    yield replace(SHEET, issuer_name="样例机关" * 100), BlockTooTall
    yield replace(SHEET, rows=(("名称", "\U0001f600"),)), GlyphMissing


@pytest.mark.parametrize(("content", "error"), refused(), ids=lambda v: getattr(v, "__name__", ""))
def test_what_cannot_be_printed_whole_is_refused(content: SheetContent, error: type[PageError]) -> None:
    """An error that says what to do, instead of a page that lies."""
    with pytest.raises(error) as caught:
        lay_out(content)
    assert " / " in str(caught.value)


words = st.text(st.sampled_from("施工许可证样例、。,;()《》“”—ABCxyz0189-/. \n"), max_size=60)
cells = st.one_of(words, st.just("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"))


@st.composite
def sheets(draw: st.DrawFn) -> SheetContent:
    count = draw(st.integers(1, 7))
    columns = tuple(draw(st.lists(words, min_size=count, max_size=count)))
    rows = draw(st.lists(st.tuples(*[cells] * count), max_size=12))
    return replace(
        SHEET,
        title=draw(words),
        subtitle=draw(words),
        number=draw(words),
        rows=tuple(draw(st.lists(st.tuples(words, words), max_size=8))),
        tables=(SheetTable(draw(words), columns, tuple(rows), draw(words)),),
        paragraphs=tuple(draw(st.lists(words, max_size=4))),
        issuer_name=draw(words),
    )


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(sheets())
def test_any_content_is_laid_out_or_refused(content: SheetContent) -> None:
    """No other exception, nothing lost, nothing over anything else."""
    try:
        layout = lay_out(content)
    except PageError:
        return
    check_sheet(layout)
    found = typed(layout)
    for _, value in content.rows:
        for line in clean(value).split("\n"):
            assert line.replace(" ", "")[:12] in found
