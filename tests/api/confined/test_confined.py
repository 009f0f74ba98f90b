# SPDX-License-Identifier: Apache-2.0
"""Files of strangers in a process apart: the same verdicts, real limits, no network, nothing that stays."""

from __future__ import annotations

import ctypes
import faulthandler
import io
import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from PIL import Image

from api.confined import CheckLimits, ChecksBusy, ConfinedChecks, bare_environment
from api.confined.adapters import line, worker
from api.confined.parcels import Order, WireBroken, pack_report, pack_trust, unpack_report
from verify import Indication, Report, Trust, Unreadable, check_file

AT = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)
BARE = Trust()
PATHS = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[3])}


@pytest.fixture(scope="module")
def checks() -> Iterator[ConfinedChecks]:
    made = ConfinedChecks(CheckLimits(seconds=1, memory_mb=64), at_once=1, patience=0.2)
    yield made
    made.close()


def pdf() -> bytes:
    made, out = pikepdf.new(), io.BytesIO()
    made.add_blank_page()
    made.save(out)
    return out.getvalue()


def large_picture() -> bytes:
    """A small PNG that unpacks to 32 million pixels of three octets."""
    head = io.BytesIO()
    Image.new("RGB", (1, 1)).save(head, "PNG")
    width, height = 8000, 4000
    packed = zlib.compress(bytes(height * (1 + 3 * width)), 1)

    def chunk(kind: bytes, content: bytes) -> bytes:
        crc = zlib.crc32(kind + content)
        return len(content).to_bytes(4) + kind + content + crc.to_bytes(4)

    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", width.to_bytes(4) + height.to_bytes(4) + b"\x08\x02\x00\x00\x00")
        + chunk(b"IDAT", packed)
        + chunk(b"IEND", b"")
    )


def codes(report: Report) -> list[str]:
    return [one.code for one in report.reasons]


def test_the_same_verdict(checks: ConfinedChecks, identity: Any) -> None:
    """Report for report and sentence for sentence, with certificates, lists and keys in the trust."""
    trust = identity.certificates.trust()
    at = identity.clock.at
    files = [pdf(), b'{"format":"yinxin-log-proof/1"}', trust.intermediates[0].der, trust.crls[0].der]
    for data in files:
        assert (
            checks.check(data, trust=trust, at=at).to_json() == check_file(data, trust=trust, at=at).to_json()
        )
    assert checks.check(trust.intermediates[0].der, trust=trust, at=at).indication is Indication.TOTAL_PASSED
    assert checks.check(trust.intermediates[0].der, trust=BARE, at=at).indication is Indication.INDETERMINATE
    with pytest.raises(Unreadable, match="“一份文件”"):
        checks.check(b"?", trust=trust, at=at, name="一份文件")


def test_too_much_time(checks: ConfinedChecks) -> None:
    """Stopped, said, and the next file is checked as if nothing had been."""
    long = b'{"format":"yinxin-trust-list/1","list":[' + b"[]," * 15_000_000 + b"[]]}"
    report = checks.check(long, trust=BARE, at=AT)
    assert (report.indication, codes(report)) == (Indication.INDETERMINATE, ["RESOURCE_LIMIT"])
    assert "1 秒" in report.reasons[0].zh
    assert codes(checks.check(pdf(), trust=BARE, at=AT)) == ["NOT_SEALED"]


def test_too_much_memory(checks: ConfinedChecks) -> None:
    report = checks.check(large_picture(), trust=BARE, at=AT)
    assert (report.indication, codes(report)) == (Indication.INDETERMINATE, ["RESOURCE_LIMIT"])
    assert codes(checks.check(pdf(), trust=BARE, at=AT)) == ["NOT_SEALED"]


def test_the_other_process_hangs_or_dies(checks: ConfinedChecks, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever becomes of it: a verdict, then another process."""
    monkeypatch.setattr(line, "GRACE", -1.9)
    for how in (signal.SIGSTOP, signal.SIGKILL):
        (one,) = checks._all
        one.start()
        assert one._process is not None
        os.kill(one._process.pid, how)
        said = codes(checks.check(pdf(), trust=BARE, at=AT))
        assert said in (["RESOURCE_LIMIT"], ["NOT_SEALED"], ["CHECK_BROKE_OFF"])
    monkeypatch.undo()
    assert codes(checks.check(pdf(), trust=BARE, at=AT)) == ["NOT_SEALED"]


@pytest.mark.parametrize(
    "does",
    [
        "raise SystemExit('does not know this order')",
        "import os, socket; socket.socket(fileno=os.dup(0)).sendall(b'V' + (8).to_bytes(8) + b'[\"new\"]')",
        "import os, socket; socket.socket(fileno=os.dup(0)).sendall(b'X' + bytes(8))",
    ],
)
def test_another_version_on_the_disc(does: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Upgraded beneath a service that runs: not the fault of the file; the operator is told what to do."""
    room = tmp_path / "api" / "confined" / "adapters"
    room.mkdir(parents=True)
    for package in (room, room.parent, room.parent.parent):
        (package / "__init__.py").touch()
    (room / "worker.py").write_text(does)
    monkeypatch.setattr(line, "bare_environment", lambda: {**PATHS, "PYTHONPATH": str(tmp_path)})
    other = ConfinedChecks(at_once=1)
    try:
        report = other.check(pdf(), trust=BARE, at=AT)
    finally:
        other.close()
    assert (report.indication, codes(report)) == (Indication.INDETERMINATE, ["CHECK_BROKE_OFF"])
    assert "重启服务" in report.reasons[0].zh and "try again" in report.reasons[0].en


@pytest.mark.parametrize(("fault", "kind"), [(MemoryError, b"E"), (ValueError, b"B"), (os.abort, b"B")])
def test_only_a_limit_is_called_a_limit(fault: Any, kind: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """A child that crashes was not too slow: whoever asks may ask again."""

    def fails(_data: bytes, **_: object) -> Report:
        faulthandler.disable()  # in the child alone
        raise fault()

    monkeypatch.setattr(worker, "check_file", fails)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(b"file")
        assert not worker._checked(theirs, BARE, Order("", AT, CheckLimits(), 4, None))
        assert ours.recv(1) == kind


def test_others_wait_and_are_told(checks: ConfinedChecks) -> None:
    """With one at a time and nobody patient, the second is told when to come back."""
    taken = checks._lines.get()
    try:
        with pytest.raises(ChecksBusy) as busy:
            checks.check(b"?", trust=BARE, at=AT)
        assert busy.value.retry_after > 0
    finally:
        checks._lines.put(taken)


def test_a_crowd_is_told_at_once() -> None:
    """One is checked, four wait; the sixth does not hold a thread."""
    few = ConfinedChecks(at_once=1, patience=3600)
    for _ in range(5):
        assert few._door.acquire(blocking=False)
    with pytest.raises(ChecksBusy):
        few.check(b"?", trust=BARE, at=AT)


def test_many_threads(checks: ConfinedChecks) -> None:
    """Answers are never mixed up."""
    patient = ConfinedChecks(at_once=1, patience=60)
    patient._lines, patient._all = checks._lines, checks._all
    found: dict[int, str] = {}

    def ask(number: int) -> None:
        try:
            patient.check(b"?", trust=BARE, at=AT, name=str(number))
        except Unreadable as error:
            found[number] = str(error)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(5)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert all(f"“{number}”" in found[number] for number in range(5))


def test_no_network_and_nothing_started(tmp_path: Path) -> None:
    """Neither Python nor native code gets a socket or starts a program once the process is bound."""
    script = (
        "import ctypes, os, socket, subprocess, sys\n"
        "from api.confined.limits import CheckLimits, confine\n"
        "libc = ctypes.CDLL(None, use_errno=True)\n"
        "confine(CheckLimits())\n"
        "for name, act in (('socket', lambda: socket.socket()), ('resolver', lambda: "
        "socket.getaddrinfo('example.com', 80)), ('program', lambda: subprocess.run(['true']))):\n"
        "    try: act()\n"
        "    except OSError as error: print(name, error.errno == 13)\n"
        "if sys.platform == 'linux': print('native', libc.socket(2, 1, 0), ctypes.get_errno())\n"
        "else: print('native -1 13')\n"
        "if sys.platform != 'linux': print('signal False', 'memory False', sep='\\n')\n"
        "else:\n"
        "  for name, act in (('signal', lambda: libc.kill(os.getppid(), 0)), ('memory', lambda: "
        "libc.process_vm_readv(os.getppid(), None, 0, None, 0, 0))):\n"
        "    print(name, act() == 0)\n"
        "try: open('written', 'wb', buffering=0).write(b'1')\n"
        "except OSError: print('nothing written')\n"
        "print('file', len(open('/dev/zero', 'rb').read(3)))\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=tmp_path, env=PATHS
    )
    assert ran.stdout.splitlines() == [
        "socket True",
        "resolver True",
        "program True",
        "native -1 13",
        "signal False",
        "memory False",
        "nothing written",
        "file 3",
    ], ran.stderr


@pytest.mark.skipif(
    sys.platform != "linux", reason="Landlock is a part of Linux: the kernel refuses nothing here"
)
def test_nothing_is_removed_and_nobody_is_reached(tmp_path: Path) -> None:
    """Not a file of the service, nor the memory of the process above."""
    if ctypes.CDLL(None).syscall(444, None, 0, 1) < 1:
        pytest.skip("this kernel has no Landlock: files can be removed by whoever takes a check over")
    (tmp_path / "kept").write_text("1")
    script = (
        "import os\n"
        "from api.confined.limits import CheckLimits, confine\n"
        "confine(CheckLimits())\n"
        "for act in (lambda: os.unlink('kept'), lambda: os.rename('kept', 'x'), lambda: os.mkdir('y'), "
        "lambda: os.truncate('kept', 0), lambda: open(f'/proc/{os.getppid()}/mem', 'r+b', 0)):\n"
        "    try: act(); print('done')\n"
        "    except OSError as error: print('refused')\n"
        "print(open('kept').read())\n"
    )
    command = [sys.executable, "-c", script]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, env=PATHS)
    assert ran.stdout.split() == ["refused"] * 5 + ["1"], ran.stderr


def test_secrets_of_the_environment_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YINXIN_TEST_DATABASE_URL", "postgresql://u:secret@h/db")
    assert "secret" not in str(bare_environment())


class Evil:
    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, ("false",)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"nonsense",
        pickle.dumps(Evil()),
        pickle.dumps({"kind": "pdf"}),
        pickle.dumps(Indication),
        b"\x80\x05.",
    ],
)
def test_a_hostile_answer(answer: bytes) -> None:
    """Whoever takes over the other process says what a verdict can say, and runs nothing here."""
    with pytest.raises(WireBroken):
        unpack_report(answer)


def test_an_answer_does_not_change_what_a_verdict_is() -> None:
    """A pickle that names no class but one of verdicts, and sets an attribute of that class for good."""

    def text(value: str) -> bytes:
        return b"\x8c" + bytes([len(value)]) + value.encode("ascii")

    named = text(Indication.__module__) + text("Indication") + b"\x93"
    poison = b"\x80\x05" + named + b"N}" + text("poisoned") + text("TOTAL-PASSED") + b"s\x86b."
    with pytest.raises(WireBroken):
        unpack_report(poison)
    assert not hasattr(Indication.TOTAL_FAILED, "poisoned")


def test_a_file_that_takes_over_says_nothing_about_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """When a file is looked at, its child holds the pipe for its own answer, and no end of the wire."""
    ours, theirs = socket.socketpair()
    out, into = os.pipe()
    ours.sendall(b"seize")
    number = os.fstat(theirs.fileno()).st_ino

    def seized(data: bytes, **_: object) -> Report:
        held = [one for one in range(256) if _number(one) == number]
        raise Unreadable(f"{data!r} {len(held)}")

    monkeypatch.setattr(worker, "check_file", seized)
    if (child := os.fork()) == 0:
        os.dup2(theirs.fileno(), 0)  # as the service starts it
        os._exit(worker._child(theirs, into, BARE, Order("", AT, CheckLimits(), 5, None)))
    os.close(into)
    with os.fdopen(out, "rb") as pipe:
        told = pipe.read()
    assert os.waitpid(child, 0)[1] == 0
    assert told == b"Ub'seize' 0"
    ours.close()
    theirs.close()


def _number(descriptor: int) -> int | None:
    try:
        return os.fstat(descriptor).st_ino
    except OSError:
        return None


def test_parcels(identity: Any) -> None:
    """What is packed comes out as it was."""
    trust = identity.certificates.trust()
    again = pickle.loads(pack_trust(trust))
    assert again == trust
    assert again.qr_keys[0].public_key.spki == trust.qr_keys[0].public_key.spki
    report = check_file(trust.crls[0].der, trust=trust, at=AT)
    assert unpack_report(pack_report(report)) == report
