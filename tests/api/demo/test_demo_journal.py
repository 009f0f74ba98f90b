# SPDX-License-Identifier: Apache-2.0
"""The journal of the demo: what differs is said, the table stays readable, and the exit code tells."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from api.demo.journal import Journal

STEPS = [
    ("1.1", "两套信任层级 two hierarchies", "SM2 root → 5 CAs, RSA root → 5 CAs"),
    ("3.1", "李样一代表E01登录(SM2) login", "李样一 for 四川样例建工集团有限公司"),
    ("6.1", "四川样例建工集团有限公司诚信记录单 sheet", "2 good, 0 bad"),
    ("7.7", "命令行离线查验 yinxin verify", "18 of 18 TOTAL-PASSED, exit code 0"),
    ("9.1", "改动一个字节 E01.cer", "TOTAL-FAILED CERTIFICATE_CHAIN_GENERAL_FAILURE"),
    ("9.6", "改动一个字节 permit-sm2.log-proof.json", "TOTAL-FAILED HASH_FAILURE"),
]


def journal(columns: int = 80) -> Journal:
    return Journal(Console(file=io.StringIO(), width=columns))


def told(one: Journal) -> str:
    output = one.console.file
    assert isinstance(output, io.StringIO)
    return output.getvalue()


def failing(error: Exception) -> Callable[[], str]:
    def act() -> str:
        raise error

    return act


def test_what_was_expected_passes() -> None:
    one = journal()
    assert one.step("1", "title", "seen", lambda: "seen")
    assert one.passed
    (row,) = one.rows
    assert row.as_json() == {
        "step": "1",
        "title": "title",
        "expected": "seen",
        "seen": "seen",
        "ok": True,
        "seconds": row.as_json()["seconds"],
    }


@pytest.mark.parametrize(
    ("act", "seen"),
    [
        (lambda: "another", "another"),
        (lambda: "", ""),
        (failing(ValueError("broken [/red]")), "ValueError: broken [/red]"),
    ],
)
def test_what_differs_fails(act: Any, seen: str) -> None:
    """One wrong step is enough; it is told in full, also when it raised; later steps still run."""
    one = journal()
    assert not one.step("1", "title [bold]", "expected", act)
    assert one.step("2", "title", "seen", lambda: "seen")
    assert not one.passed
    assert [(row.seen, row.passed) for row in one.rows] == [(seen, False), ("seen", True)]
    assert repr(seen) in told(one)
    assert "title [bold]" in told(one)
    one.console.print(one.table())
    assert "1 不符 differ" in told(one)


def test_no_step_is_no_pass() -> None:
    """A demo that did nothing showed nothing."""
    assert not journal().passed


def test_progress_line_shows_any_title() -> None:
    one = journal()
    one.start()
    assert one.step("1", "[/red]", "x", lambda: "x")
    one.stop()
    one.stop()


@pytest.mark.parametrize("columns", [80, 100, 120, 200])
def test_table_fits(columns: int) -> None:
    """Step, expected, seen and time in every row; at 80 columns no word is broken."""
    one = journal(columns)
    for number, title, expected in STEPS:
        one.step(number, title, expected, lambda expected=expected: expected)  # type: ignore[misc]
    one.console.print(one.table())
    text = told(one)
    assert max(cell_len(line) for line in text.splitlines()) <= columns
    words = [word for _, title, expected in STEPS for word in f"{title} {expected}".split()]
    broken = [word for word in words if word not in text and cell_len(word) <= 28]
    assert broken == []
    assert "CERTIFICATE_CHAIN_GENERAL_FAILURE" in text
    assert text.count("✔") == text.count(" = ") == len(STEPS)
    if columns >= 120:
        assert all(f"{title} " in text and expected in text for _, title, expected in STEPS)


@pytest.mark.parametrize("columns", [40, 60, 80, 120])
def test_table_with_a_difference(columns: int) -> None:
    """Whatever was seen, times stay on the screen."""
    one = journal(columns)
    for number, title, expected in STEPS:
        one.step(number, title, expected, lambda: "Refused: 422 fields-refused: 请按下列说明逐项改正后重试")
    one.console.print(one.table())
    table = told(one).split("Yinxin demo", 1)[1]
    assert max(cell_len(line) for line in table.splitlines()) <= columns
    assert table.count("✘") == len(STEPS)
    assert table.count("0.00") == len(STEPS)
