# SPDX-License-Identifier: Apache-2.0
"""One JSON object a line; no text of an exception, no number of a person."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from api.logs import JsonLines, configure_logs, masked

ID_NUMBER = "110101199001011237"
LOG = logging.getLogger("yinxin.test")


@pytest.fixture
def lines() -> Iterator[Any]:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    stream = io.StringIO()
    configure_logs(stream)

    def read() -> list[dict[str, Any]]:
        return [json.loads(line) for line in stream.getvalue().splitlines()]

    yield read
    root.handlers[:] = before
    root.setLevel(level)


def test_a_line(lines: Any) -> None:
    LOG.info("served", extra={"path": "/r/ABC", "status": 200, "ms": 1.5, "code": "ok"})
    (line,) = lines()
    assert line.pop("at").endswith("+00:00")
    assert line == {
        "level": "info",
        "logger": "yinxin.test",
        "message": "served",
        "path": "/r/ABC",
        "status": 200,
        "ms": 1.5,
        "code": "ok",
    }


def test_what_is_not_listed_is_left_out(lines: Any) -> None:
    LOG.info("served", extra={"holder_name": "李样一", "body": {"id": ID_NUMBER}})
    (line,) = lines()
    assert set(line) == {"at", "level", "logger", "message"}


def test_an_exception_is_its_type_and_places(lines: Any) -> None:
    try:
        try:
            raise KeyError(f"李样一 {ID_NUMBER}")
        except KeyError as inner:
            raise ValueError(f"李样一 {ID_NUMBER}") from inner
    except ValueError:
        LOG.exception("unexpected error")
    (line,) = lines()
    assert [one["type"] for one in line["exception"]] == ["builtins.ValueError", "builtins.KeyError"]
    assert "test_logs.py" in line["exception"][0]["at"][0]
    text = json.dumps(line, ensure_ascii=False)
    assert "李样一" not in text
    assert ID_NUMBER not in text


def test_numbers_of_persons_are_masked(lines: Any) -> None:
    LOG.warning("seen %s and 13800138000", ID_NUMBER, extra={"path": f"/x/{ID_NUMBER}"})
    (line,) = lines()
    assert line["message"] == "seen 110*************** and 138********"
    assert line["path"] == "/x/110***************"


@pytest.mark.parametrize(
    "text", ["entry 12345678901", "sha256 1" + "0" * 63, "2026-07-01", "91510100DEM001017Y"]
)
def test_other_numbers_stay(text: str) -> None:
    assert masked(text) == text


def test_libraries_say_their_constant_words_only(lines: Any) -> None:
    """Nobody here knows what they put into their arguments."""
    logging.getLogger("somebody.else").warning("parameters %s", {"name": "李样一"})
    assert lines()[0]["message"] == "parameters %s"


def test_one_record_is_one_line(lines: Any) -> None:
    LOG.info("two\nlines")
    LOG.info("long " + "x" * 10_000)
    first, second = lines()
    assert first["message"] == "two\nlines"
    assert len(second["message"]) == 500


def test_wrong_arguments_lose_no_line() -> None:
    record = logging.LogRecord("yinxin.test", logging.INFO, "x.py", 1, "wrong %d", ("arguments",), None)
    assert json.loads(JsonLines().format(record))["message"] == "wrong %d"


def test_configured_twice_logs_once(lines: Any) -> None:
    other = io.StringIO()
    configure_logs(other)
    LOG.info("once")
    assert lines() == []
    assert len(other.getvalue().splitlines()) == 1
    assert sum(isinstance(one.formatter, JsonLines) for one in logging.getLogger().handlers) == 1
