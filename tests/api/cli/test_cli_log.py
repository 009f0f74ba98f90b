# SPDX-License-Identifier: Apache-2.0
"""``yinxin log``: a clean log is 0, an edited row is 1 and named, a proof convinces ``yinxin verify``."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from api.wiring import open_service
from verify import parse_log_proof


def edit(data: Path, *statements: str) -> None:
    """What somebody with the database file can do."""
    with closing(sqlite3.connect(data / "yinxin.db")) as raw:
        for statement in statements:
            assert raw.execute(statement).rowcount == 1, statement
        raw.commit()


def test_clean(yinxin: Any, made: Path) -> None:
    ran = yinxin("log", "check", "--data", made, "--json")
    assert ran.code == 0
    assert set(ran.json) == {"size", "checkpoints", "rows", "root", "findings"}
    assert ran.json["findings"] == []
    shown = yinxin("log", "check", "--data", made)
    assert shown.code == 0
    assert f"✔ 一致 clean  {ran.json['size']} entries" in shown.out


@pytest.mark.parametrize(
    ("statement", "table", "kind"),
    [
        ("UPDATE seals SET holder_name = '假冒机关' WHERE key_kind = 'sm2'", "seals", "changed"),
        ("UPDATE accounts SET name = '他人' WHERE subject = 'OPERATOR1'", "accounts", "changed"),
        ("UPDATE certificates SET holder = 'H99' WHERE holder = 'OPERATOR1'", "certificates", "changed"),
        ("DELETE FROM seals WHERE key_kind = 'rsa2048'", "seals", "deleted"),
    ],
)
def test_a_row_that_was_edited(yinxin: Any, copied: Path, statement: str, table: str, kind: str) -> None:
    """Exit code 1; table, kind and key are named, values never shown."""
    with closing(sqlite3.connect(copied / "yinxin.db")) as raw:
        where = statement.split(" WHERE ")[1]
        (key,) = raw.execute(f"SELECT id FROM {table} WHERE {where}").fetchone()
    edit(copied, statement)
    ran = yinxin("log", "check", "--data", copied, "--json")
    assert ran.code == 1
    (finding,) = ran.json["findings"]
    assert (finding["table"], finding["key"], finding["kind"]) == (table, key, kind)
    shown = yinxin("log", "check", "--data", copied)
    assert shown.code == 1
    assert table in shown.out
    assert key in shown.out
    assert "✘ 不一致 differs" in shown.out
    assert "假冒" not in ran.out + shown.out


def test_put_back_is_clean(yinxin: Any, copied: Path) -> None:
    edit(copied, "UPDATE seals SET holder_name = holder_name || 'x' WHERE key_kind = 'sm2'")
    assert yinxin("log", "check", "--data", copied).code == 1
    edit(copied, "UPDATE seals SET holder_name = rtrim(holder_name, 'x') WHERE key_kind = 'sm2'")
    assert yinxin("log", "check", "--data", copied).code == 0


def test_everything_gone_is_no_clean_log(yinxin: Any, copied: Path) -> None:
    """A missing database is not an empty one: nothing is made in its place."""
    (copied / "yinxin.db").unlink()
    ran = yinxin("log", "check", "--data", copied)
    assert (ran.code, "is missing" in ran.err) == (1, True)
    assert not (copied / "yinxin.db").exists()


def test_proof_to_a_file(yinxin: Any, made: Path, tmp_path: Path) -> None:
    """First and last entry; the verifier needs nothing but the trust list."""
    size = yinxin("log", "check", "--data", made, "--json").json["size"]
    for entry in (0, size - 1):
        out = tmp_path / f"{entry}.json"
        ran = yinxin("log", "prove", entry, "--out", out, "--data", made, "--json")
        assert ran.json == {"file": str(out), "entry": entry}
        (report,) = yinxin("verify", out, "--data", made, "--json").json
        assert (report["kind"], report["indication"]) == ("log-proof", "TOTAL-PASSED")


def test_proof_to_standard_output(yinxin: Any, made: Path, tmp_path: Path) -> None:
    """Redirected into a file, it is the same proof."""
    ran = yinxin("log", "prove", 5, "--data", made)
    assert parse_log_proof(ran.out.rstrip("\n").encode()).index == 5
    path = tmp_path / "redirected.json"
    path.write_text(ran.out, "utf-8")
    assert yinxin("verify", path, "--data", made).code == 0


def test_altered_proof(yinxin: Any, made: Path, tmp_path: Path) -> None:
    value = json.loads(yinxin("log", "prove", 5, "--data", made).out)
    value["tlog_proof"] = value["tlog_proof"].replace("index 5", "index 6")
    path = tmp_path / "altered.json"
    path.write_text(json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True), "utf-8")
    assert yinxin("verify", path, "--data", made).code == 1


@pytest.mark.parametrize("entry", [10**6, 10**30])
def test_an_entry_that_is_not_there(yinxin: Any, made: Path, entry: int) -> None:
    ran = yinxin("log", "prove", entry, "--data", made)
    assert (ran.code, f"no entry {entry}" in ran.err) == (1, True)


def test_the_entry_is_found_by_document_and_decision(yinxin: Any, copied: Path, tmp_path: Path) -> None:
    """A record with its decision, a sheet that shows it: each proven by what a person holds in hand."""
    body = {
        "key": "B1",
        "subject": "91511300DEM001121R",
        "kind": "bad",
        "code": "LX-FALSE-PERF",
        "text": "申报虚假业绩",
        "authority": "省厅(演示)",
        "decision_no": "演建罚字〔2026〕3号",
        "decided": "2026-05-26",
        "public_until": "2027-05-26",
    }
    service = open_service(copied)
    entry = service.records.enter("credit", "conduct", "B1", body, by="test").ledger_index
    issued = service.sheets.print("credit_sheet", "91511300DEM001121R", {"purpose": "投标"})
    service.close()
    wanted = (
        ("--decision", "演建罚字〔2026〕3号", entry),
        ("--document", issued.document_id, issued.ledger_index),
    )
    for option, value, index in wanted:
        out = tmp_path / f"{option}.json"
        ran = yinxin("log", "prove", option, value, "-o", out, "--data", copied, "--json")
        assert ran.json == {"file": str(out), "entry": index}
        (report,) = yinxin("verify", out, "--data", copied, "--json").json
        assert report["indication"] == "TOTAL-PASSED"
        assert report["facts"]["entry"]["subject"]["code"] == "91511300DEM001121R"
    assert yinxin("log", "prove", "--decision", "no such", "--data", copied).code == 1
    assert yinxin("log", "prove", "1", "--decision", "x", "--data", copied).code == 64
    assert yinxin("log", "prove", "--data", copied).code == 64


def test_proof_never_overwrites(yinxin: Any, made: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.json"
    mine.write_text("mine")
    assert yinxin("log", "prove", 1, "--out", mine, "--data", made).code == 1
    assert mine.read_text() == "mine"


def test_a_rollback_shows_against_a_kept_checkpoint(yinxin: Any, copied: Path, tmp_path: Path) -> None:
    """Put back to yesterday, the database is consistent in itself; a checkpoint of today contradicts it."""
    database, yesterday = copied / "yinxin.db", tmp_path / "yesterday.db"
    with closing(sqlite3.connect(database)) as now, closing(sqlite3.connect(yesterday)) as copy:
        now.backup(copy)
    service = open_service(copied)
    service.accounts.add(name="样例", subject="H77", roles=["applicant"], by="console")
    kept = tmp_path / "checkpoint"
    kept.write_text(service.ledger.checkpoint(), "utf-8")
    service.close()
    assert yinxin("log", "check", "--data", copied, "--checkpoint", kept).code == 0
    with closing(sqlite3.connect(yesterday)) as copy, closing(sqlite3.connect(database)) as now:
        copy.backup(now)
    assert yinxin("log", "check", "--data", copied).code == 0
    ran = yinxin("log", "check", "--data", copied, "--checkpoint", kept, "--json")
    assert ran.code == 1
    assert [one["kind"] for one in ran.json["findings"]] == ["rolled-back"]


def test_a_checkpoint_that_cannot_be_read(yinxin: Any, made: Path, tmp_path: Path) -> None:
    """Said in words, and so is a file that is no checkpoint of this log."""
    assert "→" in yinxin("log", "check", "--data", made, "--checkpoint", tmp_path / "none").err
    other = tmp_path / "other"
    other.write_text("hello\n", "utf-8")
    assert yinxin("log", "check", "--data", made, "--checkpoint", other).code == 1
