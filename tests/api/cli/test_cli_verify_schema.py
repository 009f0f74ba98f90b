# SPDX-License-Identifier: Apache-2.0
"""What ``yinxin verify`` gives beside its answer: the schema of it, and one page of paper."""

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


def test_a_report_on_one_page(yinxin: Callable[..., Any], made: Path, tmp_path: Path) -> None:
    """Sealed by the service whose lists were believed; never by it for what others say is to be trusted."""
    listed, sealed, bare = (tmp_path / name for name in ("list.json", "sealed.pdf", "bare.pdf"))
    service = open_service(made)
    listed.write_bytes(service.publisher.current())
    service.close()
    ran = yinxin("verify", listed, "--data", made, "--report-pdf", sealed)
    assert ran.code == 0
    assert "sealed report → " in ran.err
    assert yinxin("verify", sealed, "--data", made).code == 0
    ran = yinxin("verify", listed, "--trust", listed, "--data", made, "--report-pdf", bare)
    assert ran.code == 0
    assert "未盖章" in ran.err
    (found,) = yinxin("verify", bare, "--data", made, "--json").json
    assert [one["code"] for one in found["reasons"]] == ["NOT_SEALED"]
    again = yinxin("verify", listed, "--data", made, "--report-pdf", sealed)
    assert again.code == 64
    assert yinxin("verify", listed, listed, "--data", made, "--report-pdf", tmp_path / "x.pdf").code == 64
