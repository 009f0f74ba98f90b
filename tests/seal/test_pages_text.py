# SPDX-License-Identifier: Apache-2.0
"""Line breaking: nothing cut, nothing over the edge, punctuation where it belongs (CLREQ 3.1.3)."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seal.pages.errors import GlyphMissing
from seal.pages.fonts import glyph_of
from seal.pages.model import POINT_MM, FontName
from seal.pages.text import break_lines, clean, full_width, text_width

SERIF = FontName.SERIF
SIZE = 10.5
EM = SIZE * POINT_MM

characters = st.sampled_from(
    "施工许可证样例花园一期、。》」《「“”——……\uff0c\uff1b\uff1a\uff1f\uff01\uff08\uff09ABCxyz0189 -/.:,()\n"
)


def broken(text: str, ems: float) -> list[str]:
    return [line.text for line in break_lines(text, SERIF, SIZE, ems * EM)]


def test_closing_punctuation_never_begins_a_line() -> None:
    """避头: the character before the mark goes down with it, unless the mark may hang."""
    assert broken("样例花园。一期工程", 4.5) == ["样例花园。", "一期工程"]  # hangs half an em
    assert broken("样例花园\uff01\uff1f一期", 4.5) == ["样例花", "园\uff01\uff1f一", "期"]


def test_opening_punctuation_never_ends_a_line() -> None:
    """避尾."""
    assert broken("样例花\uff08一期\uff09工程", 4) == ["样例花", "\uff08一期\uff09", "工程"]


def test_punctuation_beside_chinese_is_drawn_full_width() -> None:
    """What is drawn changes, what was typed does not: copied text equals the record."""
    pairs = {
        "信息,不代表": "信息\uff0c不代表",
        "10:00:00,无记录": "10:00:00\uff0c无记录",
        "建设局(演示)": "建设局\uff08演示\uff09",
        "签名(SM2)有效": "签名\uff08SM2\uff09有效",
        "f(x), 12,000; 10:30": "f(x), 12,000; 10:30",
        ")(": ")(",
    }
    assert {typed: full_width(typed) for typed in pairs} == pairs
    lines = break_lines("建设局(演示),样例。", SERIF, SIZE, 5 * EM)
    assert "".join(line.typed for line in lines) == "建设局(演示),样例。"
    assert all(line.width_mm == pytest.approx(text_width(line.text, SERIF, SIZE)) for line in lines)


def test_dashes_stay_together() -> None:
    """—— and …… are one mark each."""
    for mark in ("——", "……"):
        for lines in (broken(f"{'样' * n}{mark}工程一期", 6) for n in range(9)):
            assert [line for line in lines if line.count(mark[0]) % 2] == []


def test_latin_words_stay_whole() -> None:
    """A word that fits on a line of its own is not divided; dates stay together."""
    assert broken("截至2026-11-23公开", 5.5) == ["截至", "2026-11-23", "公开"]
    assert broken("the quick brown fox", 5) == ["the quick", "brown fox"]


def test_long_tokens_wrap() -> None:
    """A digest or address wider than the line is divided, after a separator where there is one."""
    digest = "0123456789abcdef" * 4
    lines = broken(digest, 8)
    assert "".join(lines) == digest and len(lines) > 3
    assert broken("https://yinxin.example/r/ABCDEFGH", 12)[0].endswith("/")


def test_new_lines_are_kept_and_spaces_at_ends_are_not() -> None:
    """A value may have several lines; blank ends of lines are not set."""
    assert broken("第一行 \r\n 第二行\n\n末行", 20) == ["第一行", "第二行", "", "末行"]


def test_empty_text_is_one_empty_line() -> None:
    """An empty cell is still a cell."""
    assert broken("", 10) == [""]


def test_indent_applies_to_the_first_line_only() -> None:
    """首行缩进 two characters."""
    lines = break_lines("一二三四五六七八九十", SERIF, SIZE, 6 * EM, first_indent_mm=2 * EM)
    assert [line.text for line in lines] == ["一二三四", "五六七八九十"]


def test_invisible_characters_are_not_drawn() -> None:
    """Zero-width and direction marks cannot change what a reader sees."""
    assert clean("样\u200b例\u202e建\ufeff工\u00a0A\tB") == "样例建工 A B"


@pytest.mark.parametrize("text", ["\x00", "样例\U0001f600", "\ud800", "a\x07b"])
def test_missing_glyphs_are_named(text: str) -> None:
    """Never a box or a gap on an official document: the error names the code points."""
    with pytest.raises(GlyphMissing) as caught:
        break_lines(text, SERIF, SIZE, 50)
    assert all(f"U+{ord(c):04X}" in str(caught.value) for c in caught.value.characters)
    assert set(caught.value.characters) <= set(text)


def test_all_missing_glyphs_are_named_at_once() -> None:
    """One round for the person who has to correct them."""
    with pytest.raises(GlyphMissing) as caught:
        break_lines("甲\U0001f600乙\U0001f601丙\U0001f600", SERIF, SIZE, 50)
    assert caught.value.characters == "\U0001f600\U0001f601"


def test_common_characters_are_all_drawn() -> None:
    """GB 2312 level 1 and 2, and every CJK unified ideograph of the basic block and extension A."""
    gb = bytes(b for a in range(0xB0, 0xF8) for c in range(0xA1, 0xFF) for b in (a, c)).decode(
        "gb2312", "ignore"
    )
    for code in (*map(ord, gb), *range(0x4E00, 0x9FA6), *range(0x3400, 0x4DB6)):
        assert glyph_of(chr(code), SERIF).cid and glyph_of(chr(code), FontName.SANS).cid


@settings(max_examples=300, deadline=None)
@given(text=st.text(characters, max_size=120), ems=st.integers(2, 30))
def test_nothing_is_lost_and_nothing_overflows(text: str, ems: int) -> None:
    """Every visible character appears, in order; a line exceeds its room by half an em of blank at most."""
    lines = break_lines(text, SERIF, SIZE, ems * EM)
    assert "".join(line.typed for line in lines).replace(" ", "") == clean(text).replace(" ", "").replace(
        "\n", ""
    )
    for line in lines:
        assert len(line.text) == len(line.typed)
        assert line.width_mm <= (ems + 0.5) * EM + 1e-6
        assert line.width_mm == pytest.approx(text_width(line.text, SERIF, SIZE))


@settings(max_examples=200, deadline=None)
@given(
    st.text(st.sampled_from("样例建工一期、。\uff0c\uff09》\uff08《AB1"), min_size=1, max_size=80),
    st.integers(8, 20),
)
def test_kinsoku_holds_wherever_it_can(text: str, ems: int) -> None:
    """A line begins with a closing mark only if the line before had no other place to break."""
    closing, opening = "、。\uff0c\uff09》", "\uff08《"
    lines = [line.text for line in break_lines(text, SERIF, SIZE, ems * EM)]
    for above, below in pairwise(lines):
        if below[:1] and below[0] in closing:
            places = [
                (a, b)
                for a, b in pairwise(above)
                if a not in opening and b not in closing and not (a + b).isascii()
            ]
            assert places == []
