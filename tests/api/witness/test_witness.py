# SPDX-License-Identifier: Apache-2.0
"""A witness cosigns what extends what it saw, over files and HTTP; what it refuses it keeps."""

from __future__ import annotations

import hashlib
import json
import shutil
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
import uvicorn
from typer.testing import CliRunner

from api.cli import app
from api.database import Database
from api.demo.serving import free_port
from api.ledger import CosignatureRefused, Ledger, LogPublisher, LogSigners
from api.wiring import witness as wiring
from api.wiring.witness import found_witness, open_witness
from api.witness import (
    HeadRefused,
    WitnessDamaged,
    WitnessFolder,
    WitnessKeys,
    WitnessPlan,
    create_witness_app,
)
from verify import (
    SM3_TREE,
    LogKey,
    NoteSignature,
    WitnessSubmission,
    consistency_from_tiles,
    cosignatures,
    encode_log_key,
    parse_note,
    parse_signature,
    parse_witness_key,
    require_quorum,
)

AT = datetime(2026, 7, 1, 8, 30, tzinfo=UTC)


@pytest.fixture(scope="session")
def founded_witness(tmp_path_factory: pytest.TempPathFactory, log_signers: LogSigners) -> Path:
    """Two keys in a vault: made once, copied for each test."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    folder = tmp_path_factory.mktemp("witness") / "w"
    public = Ed25519PrivateKey.from_private_bytes(log_signers.ed25519).public_key().public_bytes_raw()
    keys = (
        LogKey(log_signers.origin, "ed25519", public),
        LogKey(log_signers.origin, "sm2", log_signers.sm2.public_key.spki),
    )
    lines = found_witness(folder, WitnessPlan("witness.example/audit", keys), scrypt_n=2**14)
    (folder / "keys.txt").write_text("\n".join(lines))
    return folder


@pytest.fixture(scope="session")
def open_keys(founded_witness: Path) -> WitnessKeys:
    return wiring.witness_keys(founded_witness, "witness.example/audit")


@pytest.fixture
def folder(
    founded_witness: Path, tmp_path: Path, open_keys: WitnessKeys, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A copy; its vault, which takes its time on purpose, is opened once for all tests."""
    monkeypatch.setattr(wiring, "witness_keys", lambda _folder, _name: open_keys)
    shutil.copytree(founded_witness, tmp_path / "witness")
    return tmp_path / "witness"


@pytest.fixture
def keys(folder: Path) -> list[LogKey]:
    return [parse_witness_key(line) for line in (folder / "keys.txt").read_text().splitlines()]


@pytest.fixture
def publisher(ledger: Ledger, tmp_path: Path) -> LogPublisher:
    return ledger.publisher(tmp_path / "log")


def grow(ledger: Ledger, publisher: LogPublisher, count: int) -> None:
    with ledger.transaction() as tx:
        for number in range(count):
            tx.append("a.b", {"n": number})
    publisher.publish()


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["witness", *arguments])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.stdout + done.stderr


@pytest.fixture
def served(publisher: LogPublisher, ledger: Ledger, keys: list[LogKey]) -> Iterator[str]:
    """The published folder behind a plain static server, and the door for cosignatures."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = publisher.files.folder / self.path.removeprefix("/log/")
            found = path.is_file()
            self.send_response(200 if found else 404)
            self.end_headers()
            self.wfile.write(path.read_bytes() if found else b"")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            try:
                ledger.take_cosignatures(body, keys)
                status = 204
            except CosignatureRefused:
                status = 422
            self.send_response(status)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/log"
    server.shutdown()
    server.server_close()


def test_a_log_over_http_is_witnessed(
    served: str, folder: Path, keys: list[LogKey], ledger: Ledger, publisher: LogPublisher
) -> None:
    """Fetch, check, keep, sign, post: the cosignatures stand under the head and in the proofs."""
    for more in (2, 300, 1):
        grow(ledger, publisher, more)
        code, told = run("once", str(folder), "--log", served)
        assert code == 0, told
        publisher.publish()
        note = publisher.files.note()
        assert note is not None
        assert {one.algorithm for one in cosignatures(parse_note(note), keys)} == {"ed25519", "sm2"}
    proof = ledger.prove(5, witnessed=True)
    assert require_quorum(parse_note(proof.checkpoint), keys, 1, at=datetime.now(UTC))
    assert WitnessFolder(folder).kept(ledger.log_keys()[0].name) is not None


def test_the_same_head_again_is_the_same_word(folder: Path, ledger: Ledger, publisher: LogPublisher) -> None:
    grow(ledger, publisher, 3)
    log = str(publisher.files.folder)
    assert run("once", str(folder), "--log", log)[0] == 0
    code, told = run("once", str(folder), "--log", log, "--json")
    assert (code, json.loads(told)["size"]) == (0, 3)


def test_a_rollback_is_refused_and_kept(
    folder: Path, ledger: Ledger, publisher: LogPublisher, tmp_path: Path
) -> None:
    grow(ledger, publisher, 2)
    shutil.copytree(publisher.files.folder, tmp_path / "older")
    grow(ledger, publisher, 2)
    assert run("once", str(folder), "--log", str(publisher.files.folder))[0] == 0
    code, told = run("once", str(folder), "--log", str(tmp_path / "older"))
    assert code == 1
    assert "went back" in told
    (kept,) = (folder / "refused").iterdir()
    assert kept.read_bytes() == (tmp_path / "older" / "checkpoint").read_bytes()
    assert run("once", str(folder), "--log", str(publisher.files.folder))[0] == 0


def test_lines_of_strangers_are_not_kept(folder: Path, ledger: Ledger, publisher: LogPublisher) -> None:
    """Anybody can add lines to a head that the log signed, and send it: neither memory nor evidence grows,
    and there is room for the word of the witness."""
    witness = open_witness(folder, clock=lambda: AT)
    grow(ledger, publisher, 3)
    note = (publisher.files.note() or b"").decode()

    def stuffed(number: int) -> str:
        return note + "".join(
            NoteSignature("stranger.example", bytes([number, one, 0, 0]), b"x").line() for one in range(62)
        )

    seen = witness.answer(WitnessSubmission(0, (), stuffed(0)), None)
    assert len(seen.lines) == 1
    assert "stranger" not in (WitnessFolder(folder).kept(seen.checkpoint.origin) or "stranger")
    grow(ledger, publisher, 4)
    note = (publisher.files.note() or b"").decode()
    for number in range(3):
        with pytest.raises(HeadRefused):
            witness.answer(WitnessSubmission(3, (bytes(32),), stuffed(number)), None)
    (kept,) = (folder / "refused").iterdir()
    assert kept.read_text() == note


@pytest.mark.parametrize("size", [3, 5])
def test_a_fork_is_refused(
    folder: Path,
    ledger: Ledger,
    publisher: LogPublisher,
    log_signers: LogSigners,
    random: Callable[[int], bytes],
    empty_sqlite: Path,
    tmp_path: Path,
    size: int,
) -> None:
    """Two histories signed by the same keys, of the same size and of a larger one."""
    grow(ledger, publisher, 3)
    assert run("once", str(folder), "--log", str(publisher.files.folder))[0] == 0
    shutil.copyfile(empty_sqlite, tmp_path / "fork.db")
    database = Database(f"sqlite:///{tmp_path / 'fork.db'}")
    fork = Ledger(database, signers=log_signers, clock=lambda: AT, random=random)
    with fork.transaction() as tx:
        for _ in range(size):
            tx.append("c.d", {})
    other = fork.publisher(tmp_path / "fork")
    other.publish()
    database.dispose()
    code, told = run("once", str(folder), "--log", str(other.files.folder))
    assert code == 1
    assert "fork" in told
    assert len(list((folder / "refused").iterdir())) == 1


def test_a_spoilt_sm3_tree_is_refused(folder: Path, ledger: Ledger, publisher: LogPublisher) -> None:
    grow(ledger, publisher, 3)
    path = publisher.files.folder / "sm3/tile/0/000.p/3"
    path.write_bytes(bytes(96))
    code, told = run("once", str(folder), "--log", str(publisher.files.folder))
    assert (code, "SM3" in told) == (1, True)


def test_what_cannot_be_read_is_no_accusation(folder: Path, ledger: Ledger, publisher: LogPublisher) -> None:
    grow(ledger, publisher, 3)
    (publisher.files.folder / "tile/0/000.p/3").unlink()
    for log in (str(publisher.files.folder), str(folder / "nowhere"), "http://127.0.0.1:9/log"):
        code, told = run("once", str(folder), "--log", log)
        assert code == 2, told
    assert not (folder / "refused").exists()


def test_a_log_that_does_not_list_the_witness_says_so(
    served: str, folder: Path, keys: list[LogKey], ledger: Ledger, publisher: LogPublisher
) -> None:
    grow(ledger, publisher, 2)
    keys.clear()
    code, told = run("once", str(folder), "--log", served)
    assert code == 2
    assert "did not take" in told
    assert "does not answer" not in told


def test_another_log_is_not_cosigned(folder: Path, ledger: Ledger, publisher: LogPublisher) -> None:
    grow(ledger, publisher, 1)
    path = publisher.files.folder / "checkpoint"
    good = path.read_bytes()
    lines = good.split(b"\n")
    for wrong in (
        b"other" + good,
        good.replace(b"\n1\n", b"\n2\n"),
        b"\n".join([*lines[:5], lines[5], b""]),  # one signature of two
        b"",
    ):
        path.write_bytes(wrong)
        assert run("once", str(folder), "--log", str(publisher.files.folder))[0] == 1
    assert not (folder / "heads").exists()


def test_a_folder_is_founded_by_the_command(tmp_path: Path, ledger: Ledger) -> None:
    lines = [encode_log_key(key) for key in ledger.log_keys()]
    given = [part for line in lines for part in ("--log-key", line)]
    where = str(tmp_path / "made")
    code, told = run("init", where, "--name", "witness.example/two", *given)
    assert code == 0
    made = [parse_witness_key(line) for line in told.split()]
    assert [(key.name, key.algorithm) for key in made] == [
        ("witness.example/two", "ed25519"),
        ("witness.example/two", "sm2"),
    ]
    assert json.loads(run("keys", where, "--json")[1])["keys"] == told.split()
    assert run("init", where, "--name", "x", *given)[0] == 1
    assert run("init", str(tmp_path / "b"), "--name", "x", "--log-key", lines[0][:-2])[0] == 1
    assert (tmp_path / "made" / "vault.passphrase").stat().st_mode & 0o077 == 0


def test_a_damaged_record_stops(folder: Path, ledger: Ledger, publisher: LogPublisher) -> None:
    """A witness that forgot must not start over by itself."""
    grow(ledger, publisher, 1)
    log = str(publisher.files.folder)
    assert run("once", str(folder), "--log", log)[0] == 0
    (path,) = (folder / "heads").iterdir()
    for wrong in (b"", b"nonsense", b"\xff"):
        path.write_bytes(wrong)
        assert run("once", str(folder), "--log", log)[0] == 1
    (folder / "witness.json").write_text("{}")
    with pytest.raises(WitnessDamaged):
        open_witness(folder, clock=lambda: AT)


# C2SP tlog-witness


@pytest.fixture
def witness_server(folder: Path, publisher: LogPublisher, ledger: Ledger) -> Iterator[str]:
    """A real server; it knows where the SM3 tiles of the log are."""
    witness = open_witness(folder, clock=lambda: AT)
    origin = ledger.log_keys()[0].name
    application = create_witness_app(witness, WitnessFolder(folder), sources={origin: publisher.files.fetch})
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(application, port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.01)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(30)


def test_add_checkpoint(
    witness_server: str, ledger: Ledger, publisher: LogPublisher, keys: list[LogKey]
) -> None:
    """Every status of the specification, in the order of a log that meets the witness for the first time."""

    def send(old: int, proof: tuple[bytes, ...], note: str) -> httpx.Response:
        body = WitnessSubmission(old, proof, note).encode()
        return httpx.post(f"{witness_server}/add-checkpoint", content=body.encode())

    def note() -> str:
        return (publisher.files.note() or b"").decode()

    grow(ledger, publisher, 3)
    first = note()
    origin = ledger.log_keys()[0].name
    mark = hashlib.sha256(origin.encode()).hexdigest()
    assert httpx.get(f"{witness_server}/{mark}/checkpoint").status_code == 404
    conflict = send(2, (), first)
    assert (conflict.status_code, conflict.text) == (409, "0\n")
    assert conflict.headers["content-type"] == "text/x.tlog.size"
    assert send(0, (bytes(32),), first).status_code == 422
    given = send(0, (), first)
    assert given.status_code == 200
    lines = [parse_signature(line) for line in given.text.splitlines()]
    assert len(lines) == 2  # Ed25519, and SM2 because the SM3 tiles could be read
    shown = httpx.get(f"{witness_server}/{mark}/checkpoint").text
    assert {one.witness for one in cosignatures(parse_note(shown), keys)} == {"witness.example/audit"}
    grow(ledger, publisher, 4)
    proof = consistency_from_tiles(publisher.files.fetch, 3, 7)
    assert send(3, proof[:-1], note()).status_code == 422
    assert send(8, proof, note()).status_code == 400
    assert send(0, (), note()).text == "3\n"
    assert send(3, proof, note()).status_code == 200
    assert send(7, (), note()).status_code == 200
    assert send(7, (), first).status_code == 400
    assert send(7, (), note().replace("\n7\n", "\n8\n")).status_code == 403
    assert send(7, (), "other" + note()).status_code == 404
    for body in (b"", b"old 1", b"old x\n\nx", b"\xff", bytes(300_000)):
        answer = httpx.post(f"{witness_server}/add-checkpoint", content=body)
        assert answer.status_code in (400, 413)
    # Without the SM3 tiles the SM2 key, which speaks of both trees, stays silent.
    shutil.rmtree(publisher.files.folder / "sm3")
    grow(ledger, publisher, 1)
    shutil.rmtree(publisher.files.folder / "sm3")
    proof = consistency_from_tiles(publisher.files.fetch, 7, 8)
    assert len(send(7, proof, note()).text.splitlines()) == 1
    assert SM3_TREE.prefix == "sm3/"
