# SPDX-License-Identifier: Apache-2.0
"""``yinxin verify --schema`` prints what every answer of ``--json`` conforms to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema

from api.wiring import open_service
from verify import report_schema


def test_the_schema_is_printed_without_any_file(yinxin: Callable[..., Any]) -> None:
    """No trust, no data directory, no file."""
    ran = yinxin("verify", "--schema")
    assert ran.code == 0
    assert ran.json == report_schema()


def test_answers_conform(yinxin: Callable[..., Any], made: Path, tmp_path: Path) -> None:
    """Of something that can be read, and of something that cannot."""
    strange = tmp_path / "strange.bin"
    strange.write_bytes(b"\x00\x01")
    trust = tmp_path / "trust-list.json"
    service = open_service(made)
    trust.write_bytes(service.publisher.current())
    service.close()
    ran = yinxin("verify", trust, strange, "--data", made, "--json")
    assert [one["kind"] for one in ran.json] == ["trust-list", "unreadable"]
    for one in ran.json:
        jsonschema.Draft202012Validator(report_schema()).validate(one)
