# SPDX-License-Identifier: Apache-2.0
"""QR symbols: small enough for a phone, read back by an independent reader."""

from __future__ import annotations

import pytest
import qrcode
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from seal import QrRefused
from seal.pages.qr import MOST_VERSION, QUIET_MODULES, Symbol, symbol_of

URL = "HTTPS://YINXIN.EXAMPLE.GOV.CN/R/0123456789ABCDEF"  # 48 characters


def picture(symbol: Symbol, scale: int = 4) -> Image.Image:
    side = (symbol.modules + 2 * QUIET_MODULES) * scale
    image = Image.new("L", (side, side), 255)
    for row, column, length in symbol.runs():
        left, top = (column + QUIET_MODULES) * scale, (row + QUIET_MODULES) * scale
        image.paste(0, (left, top, left + length * scale, top + scale))
    return image


def read_back(symbol: Symbol) -> list[str]:
    return [code.text for code in zxingcpp.read_barcodes(picture(symbol), zxingcpp.BarcodeFormat.QRCode)]


@pytest.mark.parametrize(
    ("text", "version"),
    [(URL, 3), (URL + "#" + "7" * 268, 8), (URL + "#" + "7" * 310, 9), (URL + "#" + "7" * 501, 11)],
    ids=["T0", "T1-16", "T1-32", "T2"],
)
def test_version_is_what_mode_switching_gives(text: str, version: int) -> None:
    """verification.md section 2.2: one byte-mode symbol for all would be two or more versions larger."""
    assert symbol_of(text).version == version
    assert read_back(symbol_of(text)) == [text]


@settings(max_examples=25, deadline=None)
@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=300))
def test_any_ascii_text_reads_back(text: str) -> None:
    """What is printed is what was signed."""
    symbol = symbol_of(text)
    assert symbol.version <= MOST_VERSION and symbol.modules == 17 + 4 * symbol.version
    assert read_back(symbol) == [text]


def test_runs_cover_exactly_the_dark_modules() -> None:
    """The vector path is the symbol."""
    symbol = symbol_of(URL)
    dark = {(row, column + i) for row, column, length in symbol.runs() for i in range(length)}
    assert dark == {(y, x) for y, row in enumerate(symbol.rows) for x, one in enumerate(row) if one}


@pytest.mark.parametrize(
    "text", ["", "印信", "A" * 484, "7" * 5000], ids=["empty", "Chinese", "large", "huge"]
)
def test_what_no_phone_reads_is_refused(text: str) -> None:
    """Version 13 at level M is the largest symbol on a sheet (483 alphanumeric characters)."""
    with pytest.raises(QrRefused) as caught:
        symbol_of(text)
    assert caught.value.characters == len(text)


def test_the_largest_symbol_is_still_made() -> None:
    """The bound itself is allowed."""
    assert symbol_of("A" * 483).version == MOST_VERSION


def by_package(text: str) -> tuple[tuple[bool, ...], ...]:
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=0)
    code.add_data(text)
    code.make()
    return tuple(tuple(bool(dark) for dark in row) for row in code.get_matrix())


@settings(max_examples=25, deadline=None)
@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=300))
def test_symbols_are_those_of_the_package(text: str) -> None:
    """Module by module: version, modes, check bytes, places, and which mask of eight."""
    assert symbol_of(text).rows == by_package(text)


@pytest.mark.parametrize("digits", [0, 1, 2, 19, 20, 21, 100, 268, 310, 501])
def test_statements_are_those_of_the_package(digits: int) -> None:
    """An address and a number behind it: both modes, and every version that our documents use."""
    text = URL + "#" + "1234567890" * (digits // 10) + "7" * (digits % 10)
    assert symbol_of(text).rows == by_package(text)


def test_a_larger_symbol_holds_the_same_text() -> None:
    """Where the room is fixed, a short text is drawn as large as a long one."""
    symbol = symbol_of(URL, 8)
    assert symbol.version == 8 and read_back(symbol) == [URL]


def test_the_bitmap_is_the_symbol() -> None:
    """Rows of whole bytes, for formats that draw a picture of one bit."""
    symbol = symbol_of(URL)
    width = len(symbol.bitmap) // symbol.modules
    lines = [
        f"{int.from_bytes(symbol.bitmap[at : at + width]):0{8 * width}b}"
        for at in range(0, len(symbol.bitmap), width)
    ]
    assert [line[: symbol.modules] for line in lines] == list(symbol.lines)
    assert not any("1" in line[symbol.modules :] for line in lines)
