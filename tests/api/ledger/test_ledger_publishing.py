# SPDX-License-Identifier: Apache-2.0
"""The published folder: what is in it, in which order, and that no restored database gets past it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import insert, select

from api.database import Database
from api.database.tables_log import ledger_cosignatures
from api.ledger import (
    CosignatureRefused,
    Ledger,
    LogBehind,
    LogDamaged,
    LogOtherwise,
    LogPublisher,
    LogSigners,
    NotPublished,
)
from api.ledger.witnessed import witnessed_head
from verify import (
    SHA256_TREE,
    SM3_TREE,
    Checkpoint,
    Indication,
    LogKey,
    TileReader,
    Trust,
    add_cosignatures,
    check_checkpoint,
    check_log_proof,
    consistency_from_tiles,
    cosignature_line,
    cosignature_message,
    entries_from_tiles,
    parse_note,
    require_growth,
)

AT = datetime(2026, 7, 1, 8, 30, tzinfo=UTC)
TREES = (SHA256_TREE, SM3_TREE)
WITNESS = Ed25519PrivateKey.from_private_bytes(b"INSECURE witness of the tests 32")
WITNESS_KEY = LogKey("witness.example/audit", "ed25519", WITNESS.public_key().public_bytes_raw())


def grow(ledger: Ledger, count: int) -> None:
    with ledger.transaction() as tx:
        for number in range(count):
            tx.append("a.b", {"n": number})


@pytest.fixture
def publisher(ledger: Ledger, tmp_path: Path) -> LogPublisher:
    return ledger.publisher(tmp_path / "public" / "log")


def head_of(publisher: LogPublisher, ledger: Ledger) -> Checkpoint:
    note = publisher.files.note()
    assert note is not None
    return check_checkpoint(note, ledger.log_keys(), require=2)


def names(publisher: LogPublisher) -> set[str]:
    folder = publisher.files.folder
    return {str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file() and one.name[0] != "."}


def cosigned(note: bytes, at: int = 1_782_894_600) -> str:
    parsed = parse_note(note)
    signature = WITNESS.sign(cosignature_message(parsed.text, at))
    return add_cosignatures(parsed, [cosignature_line(WITNESS_KEY, at, signature)]).encode()


def test_an_empty_log_has_a_checkpoint(publisher: LogPublisher, ledger: Ledger) -> None:
    assert publisher.publish().size == 0
    head = head_of(publisher, ledger)
    assert (head.size, head.root, head.sm3_root) == (0, SHA256_TREE.empty, SM3_TREE.empty)
    assert publisher.require_continuation() == 0


def test_everything_can_be_read_from_the_files(publisher: LogPublisher, ledger: Ledger) -> None:
    """Sizes around a full tile: both roots, every entry, and that each head extends the one before."""
    kept: Checkpoint | None = None
    for more in (1, 254, 1, 1, 300):
        grow(ledger, more)
        publisher.publish()
        head = head_of(publisher, ledger)
        readers = tuple(TileReader(publisher.files.fetch, head.size, tree) for tree in TREES)
        assert [one.root() for one in readers] == [head.root, head.sm3_root]
        found = list(entries_from_tiles(publisher.files.fetch, 0, head.size, readers))
        assert found == [(index, ledger.entry(index)) for index in range(head.size)]
        if kept is not None:
            paths = [
                consistency_from_tiles(publisher.files.fetch, kept.size, head.size, tree) for tree in TREES
            ]
            require_growth(kept, head, *paths)
        kept = head
    assert names(publisher) == {
        "checkpoint",
        *(
            f"{prefix}tile/{path}"
            for prefix in ("", "sm3/")
            for path in ("0/000", "0/001", "0/002.p/45", "1/000.p/1", "1/000.p/2")
        ),
        "tile/entries/000",
        "tile/entries/001",
        "tile/entries/002.p/45",
    }


def test_nothing_new_writes_nothing(publisher: LogPublisher, ledger: Ledger) -> None:
    grow(ledger, 3)
    assert publisher.publish().files == 4
    before = {name: (publisher.files.folder / name).stat().st_mtime_ns for name in names(publisher)}
    assert publisher.publish().files == 0
    again = ledger.publisher(publisher.files.folder)  # another process
    assert again.publish().files == 0
    assert before == {name: (publisher.files.folder / name).stat().st_mtime_ns for name in names(publisher)}


def test_what_is_no_address_is_not_there(publisher: LogPublisher, ledger: Ledger) -> None:
    grow(ledger, 3)
    publisher.publish()
    assert len(publisher.files.tile("tile/0/000.p/3")) == 96
    for path in ("tile/0/000", "tile/0/000.p/2", "tile/0/000.p/3/x", "../checkpoint", "checkpoint", ""):
        with pytest.raises(NotPublished):
            publisher.files.tile(path)


def test_a_restored_backup_is_not_continued(
    publisher: LogPublisher, ledger: Ledger, sql: Callable[..., int]
) -> None:
    """An older database agrees with itself; the published head knows better, and says what to do."""
    grow(ledger, 2)
    grow(ledger, 1)
    publisher.publish()
    assert publisher.require_continuation() == 3
    sql("DELETE FROM ledger_entries WHERE entry_index = 2")
    sql("DELETE FROM ledger_checkpoints WHERE size = 3")
    sql("DELETE FROM ledger_hashes WHERE level = 0 AND start = 2")
    for refused in (publisher.require_continuation, publisher.publish):
        with pytest.raises(LogBehind) as caught:
            refused()
        assert (caught.value.known, caught.value.size) == (3, 2)
        assert "newer backup" in caught.value.todo
    assert head_of(publisher, ledger).size == 3


def test_another_history_is_not_continued(
    publisher: LogPublisher,
    ledger: Ledger,
    log_signers: LogSigners,
    random: Callable[[int], bytes],
    empty_sqlite: Path,
    tmp_path: Path,
) -> None:
    """A backup that went on by itself has the size, signed by the same keys, and another root."""
    grow(ledger, 3)
    publisher.publish()
    shutil.copyfile(empty_sqlite, tmp_path / "fork.db")
    database = Database(f"sqlite:///{tmp_path / 'fork.db'}")
    fork = Ledger(database, signers=log_signers, clock=lambda: AT, random=random)
    grow(fork, 2)
    other = fork.publisher(publisher.files.folder)
    with pytest.raises(LogBehind):
        other.publish()
    with fork.transaction() as tx:
        tx.append("c.d", {})
        tx.append("c.d", {})
    for refused in (other.require_continuation, other.publish):
        with pytest.raises(LogOtherwise):
            refused()
    database.dispose()
    assert head_of(publisher, ledger).size == 3


def test_a_checkpoint_of_somebody_else_stops(publisher: LogPublisher, ledger: Ledger) -> None:
    grow(ledger, 1)
    publisher.publish()
    path = publisher.files.folder / "checkpoint"
    good = path.read_bytes()
    for wrong in (b"", b"nonsense", good.replace(b"\n1\n", b"\n2\n"), good[:-1], b"\xff" + good):
        path.write_bytes(wrong)
        with pytest.raises(LogDamaged, match="checkpoint of this log"):
            publisher.require_continuation()


def test_a_spoilt_tile_is_written_again_before_the_checkpoint(
    publisher: LogPublisher, ledger: Ledger
) -> None:
    """What this head does not touch is found when it is read, and then nothing new is put out."""
    grow(ledger, 300)
    publisher.publish()
    path = publisher.files.folder / "tile/1/000.p/1"
    path.write_bytes(bytes(32))
    grow(ledger, 1)
    with pytest.raises(LogDamaged, match="another root"):
        publisher.publish()
    assert head_of(publisher, ledger).size == 300
    path.unlink()
    shutil.rmtree(publisher.files.folder)  # whoever lost the folder publishes all of it again
    assert publisher.publish().size == 301


def test_cosignatures_are_kept_with_the_head(
    publisher: LogPublisher, ledger: Ledger, database: Database
) -> None:
    grow(ledger, 2)
    publisher.publish()
    note = publisher.files.note()
    assert note is not None
    ledger.take_cosignatures(cosigned(note), [WITNESS_KEY])
    ledger.take_cosignatures(cosigned(note), [WITNESS_KEY])  # twice is once
    publisher.publish()
    assert publisher.files.note() == publisher.files.note("checkpoint.witnessed") == cosigned(note).encode()
    grow(ledger, 1)
    publisher.publish()
    assert head_of(publisher, ledger).size == 3
    assert publisher.files.note("checkpoint.witnessed") == cosigned(note).encode()
    # Proofs: the newest head, or the newest that is cosigned and covers the entry.
    trust = Trust(log_keys=ledger.log_keys(), witnesses=(WITNESS_KEY,), quorum=1)
    for index, passes in ((0, True), (1, True), (2, False)):
        report = check_log_proof(ledger.prove(index, witnessed=True).encode(), trust=trust, at=AT)
        assert (report.indication is Indication.TOTAL_PASSED) == passes, report.reasons
    assert check_checkpoint(ledger.prove(0).checkpoint, ledger.log_keys()).size == 3


def test_the_newest_word_of_a_witness_counts(
    publisher: LogPublisher, ledger: Ledger, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody can send an older one in its place, and who speaks again and again crowds no other head out."""
    grow(ledger, 2)
    publisher.publish()
    first = publisher.files.note() or b""
    other = LogKey("other.example", "ed25519", WITNESS_KEY.key)
    ledger.take_cosignatures(cosigned(first), [WITNESS_KEY])
    with database.write() as connection:  # another witness, whose word was looked at when it came
        row = connection.execute(select(ledger_cosignatures)).one()._asdict()
        line = str(row["line"]).replace(WITNESS_KEY.name, other.name)
        connection.execute(insert(ledger_cosignatures).values({**row, "line": line, "witness": other.name}))
    grow(ledger, 1)
    publisher.publish()
    note = publisher.files.note() or b""
    for at in (1_782_894_600, 1_782_894_660, 1_782_894_630, 1_782_894_660):
        ledger.take_cosignatures(cosigned(note, at), [WITNESS_KEY])
    publisher.publish()
    assert publisher.files.note() == cosigned(note, 1_782_894_660).encode()
    monkeypatch.setattr("api.ledger.witnessed._LOOKED_AT", 3)
    with database.read() as connection:
        assert len(connection.execute(select(ledger_cosignatures)).all()) == 4
        head = witnessed_head(connection)
    assert head is not None
    assert head.size == 2


def test_cosignatures_that_are_none(publisher: LogPublisher, ledger: Ledger) -> None:
    grow(ledger, 2)
    publisher.publish()
    note = publisher.files.note()
    assert note is not None
    other = LogKey("witness.example/other", "ed25519", WITNESS_KEY.key)
    for sent, keys, code in (
        (b"", [WITNESS_KEY], "malformed"),
        (note, [WITNESS_KEY], "unknown"),
        (cosigned(note), [], "unknown"),
        (cosigned(note), [other], "unknown"),
        (cosigned(note).replace("\n2\n", "\n3\n", 1), [WITNESS_KEY], "malformed"),
        (cosigned(note.replace(b"\n2\n", b"\n3\n", 1)), [WITNESS_KEY], "no-head"),
        (cosigned(b"other" + note), [WITNESS_KEY], "no-head"),
    ):
        with pytest.raises(CosignatureRefused) as refused:
            ledger.take_cosignatures(sent, keys)
        assert refused.value.code == code, refused.value


DYING = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from api.database import Database
from api.ledger import Ledger, LogSigners
from keys import parse_private_key

url, origin, ed25519, keyfile, folder, *steps = sys.argv[1:]
real = os.fsync
left = 0

def fsync(descriptor):
    global left
    real(descriptor)
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)

signers = LogSigners(origin, bytes.fromhex(ed25519), parse_private_key(Path(keyfile).read_bytes()))
clock = lambda: datetime(2026, 7, 1, 8, 30, tzinfo=UTC)
for step in steps:
    if (child := os.fork()) == 0:
        left = int(step)
        os.fsync = fsync
        ledger = Ledger(Database(url), signers=signers, clock=clock, random=os.urandom)
        ledger.publisher(Path(folder) / step).publish()
        os._exit(0)
    print(step, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills a process")
def test_killed_at_any_write(
    publisher: LogPublisher,
    ledger: Ledger,
    database_url: str,
    log_signers: LogSigners,
    tmp_path: Path,
) -> None:
    """Whatever is out after a kill can be read whole, and the next call finishes it."""
    grow(ledger, 255)
    publisher.publish()
    grow(ledger, 3)  # a tile becomes full on the way, so partial ones go
    old = tmp_path / "old"
    shutil.copytree(publisher.files.folder, old)
    keyfile = tmp_path / "INSECURE-log-key.der"
    keyfile.write_bytes(log_signers.sm2.pkcs8())  # type: ignore[attr-defined]  # a software key in tests
    steps = [str(step) for step in (*range(0, 24, 2), 1000)]
    for step in steps:
        shutil.copytree(old, tmp_path / "killed" / step)
    told = subprocess.run(
        [
            *(sys.executable, "-c", DYING, database_url, log_signers.origin),
            *(log_signers.ed25519.hex(), str(keyfile), str(tmp_path / "killed"), *steps),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    ends = dict(line.split() for line in told.stdout.splitlines())
    assert ends["0"] == str(-signal.SIGKILL)
    assert ends["1000"] == "0"
    sizes = []
    for step in steps:
        again = ledger.publisher(tmp_path / "killed" / step)
        head = head_of(again, ledger)
        sizes.append(head.size)
        for tree, root in ((SHA256_TREE, head.root), (SM3_TREE, head.sm3_root)):
            reader = TileReader(again.files.fetch, head.size, tree)
            assert reader.root() == root
            assert len(list(entries_from_tiles(again.files.fetch, 0, head.size, (reader,)))) == head.size
        again.publish()
        assert head_of(again, ledger).size == 258
    assert sizes[0] == 255
    assert sizes[-1] == 258
    assert sizes == sorted(sizes)
