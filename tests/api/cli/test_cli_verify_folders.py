# SPDX-License-Identifier: Apache-2.0
"""``yinxin verify`` on folders: a line and a count for each file, JSON, CSV; detached files beside theirs."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from api.cli.checking_files import walk
from api.wiring import open_service


@pytest.fixture(scope="module")
def trust(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("trust") / "trust-list.json"
    service = open_service(made)
    path.write_bytes(service.publisher.current())
    service.close()
    return path


@pytest.fixture
def folder(sealed_pdf: Path, plain_pdf: Path, tmp_path: Path) -> Path:
    """Four verdicts, one of them a folder below; what is hidden counts nowhere."""
    (tmp_path / "below").mkdir()
    content = sealed_pdf.read_bytes()
    at = content.index(b"stream\n") + 20
    (tmp_path / "b 改动.pdf").write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
    (tmp_path / "=c.bin").write_bytes(bytes(range(256)))
    (tmp_path / ".hidden").write_bytes(b"x")
    shutil.copy(sealed_pdf, tmp_path / "a.pdf")
    shutil.copy(plain_pdf, tmp_path / "below" / "d.pdf")
    (tmp_path / "below" / "up").symlink_to(tmp_path)
    return tmp_path


def test_lines_and_counts(yinxin: Any, folder: Path, trust: Path) -> None:
    ran = yinxin("verify", folder, "--trust", trust)
    assert ran.code == 1
    lines = ran.out.splitlines()
    assert [line.split()[1] for line in lines[:3]] == ["unreadable", "TOTAL-PASSED", "TOTAL-FAILED"]
    assert "HASH_FAILURE" in lines[2] or "CONTENT_ALTERED" in lines[2]
    counts = {line.split()[-1] for line in lines[4:] if line.strip()}
    assert counts == {"1", "0", "3"}
    assert "checking" not in ran.err  # no terminal, no bar


def test_below(yinxin: Any, folder: Path, trust: Path) -> None:
    """With --recursive what stands below, but for links that lead back."""
    found = yinxin("verify", folder, "-r", "--trust", trust, "--json").json
    names = [Path(one["file"]).relative_to(folder).as_posix() for one in found]
    assert names == ["=c.bin", "a.pdf", "b 改动.pdf", "below/d.pdf"]
    assert [one["indication"] for one in found] == [None, "TOTAL-PASSED", "TOTAL-FAILED", "INDETERMINATE"]


def test_csv(yinxin: Any, folder: Path, trust: Path) -> None:
    """A heading, a line for each file, and no cell that a spreadsheet would run."""
    ran = yinxin("verify", folder, "--csv", "--trust", trust)
    assert ran.code == 1
    heading, *rows = csv.reader(io.StringIO(ran.out))
    assert heading == ["file", "kind", "indication", "sub_indication", "reason", "signers"]
    assert [row[2] for row in rows] == ["", "TOTAL-PASSED", "TOTAL-FAILED"]
    assert "演示" in rows[1][5]
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)
    assert yinxin("verify", folder, "--csv", "--json", "--trust", trust).code == 64


def test_empty_folder_is_no_pass(yinxin: Any, tmp_path: Path, trust: Path) -> None:
    assert yinxin("verify", tmp_path, "--trust", trust).code == 3


def test_stands_beside_its_file(yinxin: Any, made: Path, tmp_path: Path, trust: Path) -> None:
    """A detached signature is found to be one by its content, and its file by its name."""
    from keys import HashAlgorithm, digest
    from seal import complete_form, prepare_form
    from verify import canonical_json, parse_form

    record: dict[str, Any] = {"a": "样例"}
    service = open_service(made)
    sealing, at = service.certificates.platform_sealing(), service.clock()
    prepared = prepare_form(record, sealing=sealing, at=at)
    signed = service.certificates.platform_signer().sign(prepared.attributes)
    signature = parse_form(complete_form(prepared, signed, sealing=sealing)).signature
    content = canonical_json(record)
    stamp = service.timestamps.stamp("tsa-sm2", digest(HashAlgorithm.SM3, content))
    service.close()
    (tmp_path / "record.txt").write_bytes(content)
    for ending, data in ((".p7s", signature), (".tsr", stamp)):
        path = tmp_path / f"record.txt{ending}"
        path.write_bytes(data)
        (one,) = yinxin("verify", path, "--trust", trust, "--json").json
        assert one["indication"] == "TOTAL-PASSED", one
        (alone,) = yinxin(
            "verify", shutil.copy(path, tmp_path / "elsewhere"), "--trust", trust, "--json"
        ).json
        assert (alone["kind"], alone["indication"]) == (one["kind"], "INDETERMINATE")


def test_limits_are_asked_for(yinxin: Any, tmp_path: Path, trust: Path) -> None:
    """A file that takes longer than it may gets its verdict, and the others theirs."""
    slow = tmp_path / "slow.json"
    slow.write_bytes(b'{"format":"yinxin-trust-list/2","list":[' + b"[]," * 15_000_000 + b"[]]}")
    ran = yinxin("verify", slow, trust, "--seconds", "1", "--trust", trust, "--json")
    assert ran.code == 2
    first, second = ran.json
    assert [reason["code"] for reason in first["reasons"]] == ["RESOURCE_LIMIT"]
    assert second["indication"] == "TOTAL-PASSED"


def test_walk_lists_as_it_goes(tmp_path: Path) -> None:
    """The next folder is not opened before its files are asked for."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "f").write_bytes(b"")
    found = walk([tmp_path], recursive=True)
    assert next(found).parent.name == "a"
    (tmp_path / "b" / "g").write_bytes(b"")
    assert [one.name for one in found] == ["f", "g"]


def test_json_is_one_document(yinxin: Any, folder: Path, trust: Path) -> None:
    ran = yinxin("verify", folder / "a.pdf", folder / "a.pdf", "--trust", trust, "--json")
    assert len(json.loads(ran.out)) == 2
