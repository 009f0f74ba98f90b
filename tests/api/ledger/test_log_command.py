# SPDX-License-Identifier: Apache-2.0
"""``yinxin log check`` answers exactly when the service itself refuses to start."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli import app
from api.wiring import WiringError, open_service
from verify import cosignatures, parse_checkpoint, parse_log_key, parse_log_proof, parse_note

from ..founding import data_directory
from ..witness.word import WITNESS, cosigned


def test_a_damaged_log_is_looked_at(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data_directory(data)
    command = ["log", "check", "--data", str(data), "--json"]
    good = CliRunner().invoke(app, command)
    assert (good.exit_code, json.loads(good.stdout)["findings"]) == (0, [])
    a_restored_backup_is_not_opened(data)
    with closing(sqlite3.connect(data / "yinxin.db")) as raw:
        raw.execute("DROP TRIGGER ledger_hashes_no_delete")
        raw.execute("DELETE FROM ledger_hashes WHERE level = 1 AND start = 0")
        (last,) = raw.execute("SELECT max(entry_index) FROM ledger_entries").fetchone()
        raw.execute("DROP TRIGGER ledger_entries_no_update")
        raw.execute("UPDATE ledger_entries SET leaf = x'7b7d' WHERE entry_index = ?", (last,))
        raw.execute("DROP TRIGGER ledger_checkpoints_no_update")
        raw.execute(
            "UPDATE ledger_checkpoints SET note = replace(note, '8443', '8444') WHERE size = ?", (last + 1,)
        )
        raw.commit()
    with pytest.raises(WiringError, match="cannot be continued"):
        open_service(data)
    bad = CliRunner().invoke(app, command)
    kinds = {one["kind"] for one in json.loads(bad.stdout)["findings"]}
    assert bad.exit_code == 1
    assert kinds >= {"nodes-wrong", "checkpoint-invalid", "entry-changed"}


def test_a_proof_brings_the_word_of_witnesses(tmp_path: Path) -> None:
    """Under the head that they cosigned, although the log has grown since."""
    data, out = tmp_path / "data", tmp_path / "entry.json"
    data_directory(data)
    service = open_service(data)
    size = cosigned(service.ledger, datetime.now(UTC))
    service.close()
    command = ["log", "prove", str(size - 1), "--data", str(data), "--out", str(out)]
    assert CliRunner().invoke(app, command).exit_code == 0
    note = parse_note(parse_log_proof(out.read_bytes()).checkpoint)
    assert parse_checkpoint(note.text).size == size
    assert [one.witness for one in cosignatures(note, [WITNESS])] == [WITNESS.name]


def a_restored_backup_is_not_opened(data: Path) -> None:
    """Published once, then put back as a whole: the service says which backup it needs."""
    publish = ["log", "publish", "--data", str(data), "--json"]
    database, backup = data / "yinxin.db", data / "backup.db"
    with closing(sqlite3.connect(database)) as raw, closing(sqlite3.connect(backup)) as copy:
        raw.backup(copy)
    service = open_service(data)
    with service.ledger.transaction() as tx:
        tx.append("a.b", {})
    size = service.ledger.size()
    service.close()
    told = json.loads(CliRunner().invoke(app, publish).stdout)
    assert (told["size"], told["folder"]) == (size, str(data / "public" / "log"))
    newest = data / "newest.db"
    with closing(sqlite3.connect(database)) as raw, closing(sqlite3.connect(newest)) as copy:
        raw.backup(copy)
    for one, opens in ((backup, False), (newest, True)):
        with closing(sqlite3.connect(one)) as copy, closing(sqlite3.connect(database)) as raw:
            copy.backup(raw)
        if opens:
            open_service(data).close()
            continue
        with pytest.raises(WiringError, match="older backup") as refused:
            open_service(data)
        assert f"at least {size} entries" in refused.value.todo
        assert CliRunner().invoke(app, publish).exit_code == 1
    keys = CliRunner().invoke(app, ["log", "keys", "--data", str(data)]).stdout.split()
    assert [parse_log_key(line).algorithm for line in keys] == ["ed25519", "sm2"]
