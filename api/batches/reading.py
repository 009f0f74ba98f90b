# SPDX-License-Identifier: Apache-2.0
"""Rows of CSV (RFC 4180, UTF-8) and JSONL as they arrive: line by line, never the whole input in memory.

One line is one row: a field that holds a line break is refused, as in every form.  JSON is read in one way
only (no fractions, no name twice), like everything else that is sealed.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from enum import StrEnum

from relying import Json
from verify import JsonMalformed, parse_json

from .errors import BatchOrderRefused
from .model import Problem, RawRow

LONGEST_LINE = 64 * 1024
"""Bytes of one row."""
_MOST_COLUMNS = 200
_BOM = b"\xef\xbb\xbf"


class RowFormat(StrEnum):
    """How rows arrive."""

    CSV = "csv"
    JSONL = "jsonl"


class RowReader:
    """Takes bytes in any pieces, gives rows.  ``first_line``: the number of the first line of this delivery.

    Raises :class:`BatchOrderRefused` for what is wrong with the input as a whole.
    """

    def __init__(self, form: RowFormat, *, first_line: int = 1) -> None:
        self._form, self._line = form, first_line
        self._rest = b""
        self._head: tuple[str, ...] | None = None
        self._start = True
        self._skipping = False

    def feed(self, data: bytes) -> list[RawRow]:
        """The rows that are complete now."""
        lines = (self._rest + data).split(b"\n")
        self._rest = lines.pop()
        rows = list(self._rows(lines))
        if len(self._rest) > LONGEST_LINE:
            # Refused when its end comes; until then nothing of it is kept.
            self._skipping, self._rest = True, b""
        return rows

    def finish(self) -> list[RawRow]:
        """What the last line without an end holds."""
        rest, self._rest = self._rest, b""
        return list(self._rows([rest])) if rest.strip() or self._skipping else []

    def _rows(self, lines: Iterable[bytes]) -> Iterator[RawRow]:
        for raw in lines:
            number, self._line = self._line, self._line + 1
            if self._skipping or len(raw) > LONGEST_LINE:
                self._skipping = False
                yield _bad(number, "row", f"一行最多 {LONGEST_LINE} 字节 / at most {LONGEST_LINE} bytes", "")
                continue
            line = raw.removesuffix(b"\r")
            if self._start:
                line, self._start = line.removeprefix(_BOM), False
            try:
                text = line.decode("utf-8")
            except UnicodeDecodeError:
                yield _bad(
                    number,
                    "row",
                    "不是 UTF-8 编码 / not UTF-8",
                    "请在表格软件中另存为“CSV UTF-8” / save the sheet as “CSV UTF-8”",
                )
                continue
            if not text.strip():
                continue
            if self._form is RowFormat.JSONL:
                yield _json_row(number, line)
            elif self._head is None:
                self._head = _head(text)
            else:
                yield _csv_row(number, text, self._head)


def _json_row(number: int, line: bytes) -> RawRow:
    try:
        value = parse_json(line)
    except JsonMalformed as error:
        return _bad(number, "row", f"不是严格的 JSON / not strict JSON: {error.rule}", "")
    if not isinstance(value, dict):
        return _bad(number, "row", "每行应为一个 JSON 对象 / one JSON object for each line", "")
    return RawRow(number, value)


def _head(text: str) -> tuple[str, ...]:
    names = tuple(one.strip() for one in _cells(text) or ())
    if not names or len(names) > _MOST_COLUMNS or "" in names or len(set(names)) != len(names):
        raise BatchOrderRefused(
            "header",
            "CSV 首行应列出各不相同的字段名 / the first line names the fields, each once",
            "请在首行写字段名,例如 holder,project_no / put the names of the fields there",
        )
    return names


def _csv_row(number: int, text: str, head: tuple[str, ...]) -> RawRow:
    cells = _cells(text)
    if cells is None:
        return _bad(
            number,
            "row",
            "引号不成对,或字段内有换行 / quotes do not match, or a field holds a line break",
            "每行一条记录;字段中的引号写两次 / one row for each line; double a quote inside a field",
        )
    if len(cells) != len(head):
        return _bad(
            number,
            "row",
            f"应有 {len(head)} 列,现有 {len(cells)} 列 / {len(head)} columns expected, {len(cells)} found",
            "",
        )
    values: dict[str, Json] = {name: cell for name, cell in zip(head, cells, strict=True) if cell != ""}
    return RawRow(number, values)


def _cells(text: str) -> list[str] | None:
    try:
        rows = list(csv.reader([text], strict=True))
    except csv.Error:
        return None
    return rows[0] if len(rows) == 1 else None


def _bad(number: int, field: str, rule: str, todo: str) -> RawRow:
    fix = "请改正后重新提交这一行 / correct this line and send it again"
    return RawRow(number, {}, (Problem(field, rule, todo or fix),))
