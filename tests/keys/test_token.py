# SPDX-License-Identifier: Apache-2.0
"""Keys on a PKCS#11 token, SoftHSM 2 here: what it signs, and what happens when everything goes wrong."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from keys import (
    RSA_PSS_SHA256,
    SCHEMES,
    KeyFamily,
    KeyKind,
    KeyUnsupported,
    LabelTaken,
    NoSuchKey,
    TokenOutcomeUnknown,
    TokenPinRefused,
    TokenUnavailable,
    Vault,
    VaultError,
)
from keys.adapters import token_process, token_wire
from keys.adapters.file_vault import SMALLEST_N, FileVault
from keys.adapters.routed_vault import RoutedVault
from keys.adapters.token_link import COMMAND, Patience, TokenLink, TokenPlace
from keys.adapters.token_vault import TokenVault

pkcs11 = pytest.importorskip("pkcs11", reason="python-pkcs11 is not installed: THE TOKEN IS NOT TESTED")
MODULES = ("softhsm/libsofthsm2.so", "x86_64-linux-gnu/softhsm/libsofthsm2.so", "pkcs11/libsofthsm2.so")
MODULE = next((path for path in (Path("/usr/lib") / one for one in MODULES) if path.exists()), None)
UTIL = shutil.which("softhsm2-util")
pytestmark = pytest.mark.skipif(
    MODULE is None or UTIL is None,
    reason="SoftHSM 2 is not installed (apt-get install softhsm2): THE TOKEN IS NOT TESTED",
)
PIN = "INSECURE-1234"
QUICK = Patience(request=6.0, start=20.0, check=0.5, idle=600.0, failures=3, rest=0.3)

HOOKED = """
import sys, time
from pathlib import Path
from keys.adapters import token_process as process
control = Path(sys.argv[1])
def note(name, text):
    with (control / name).open("a") as file:
        file.write(text + "\\n")
def pause(name):
    if (control / name).exists():
        note(name + "-reached", "1")
        while (control / name).exists():
            time.sleep(0.01)
signing, sending, finding = process.Token.sign, process.send, process._found
def sign(self, label, mechanism, data, deadline):
    note("asked", data.hex())
    pause("before")
    signature = signing(self, label, mechanism, data, deadline)
    note("signed", data.hex())
    pause("after")
    return signature
def send(connection, message):
    if (control / "lose").exists():
        (control / "lose").unlink()
        connection.shutdown(2)
        return
    sending(connection, message)
def found(session, label, kind):
    pause("hold")
    return finding(session, label, kind)
process.Token.sign, process.send, process._found = sign, send, found
note("started", "1")
process.main(sys.argv[2:])
"""


@dataclass
class Rig:
    """A token, the vault on it, and files that steer the process from outside."""

    tokens: Path
    control: Path
    place: TokenPlace

    def link(self, **changes: float) -> TokenLink:
        command = (sys.executable, "-c", HOOKED, str(self.control))
        made = TokenLink(self.place, patience=replace(QUICK, **changes), command=command)  # type: ignore[arg-type]
        self.links.append(made)
        return made

    def __post_init__(self) -> None:
        self.links: list[TokenLink] = []

    def lines(self, name: str) -> list[str]:
        path = self.control / name
        return path.read_text().split() if path.exists() else []

    def set(self, name: str) -> None:
        (self.control / name).touch()

    def clear(self, name: str) -> None:
        (self.control / name).unlink()

    def reached(self, name: str) -> None:
        until(lambda: bool(self.lines(f"{name}-reached")))


def stop(pid: int) -> None:
    os.kill(pid, signal.SIGSTOP)
    until(lambda: Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T")


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def rig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    tokens, control, state = (tmp_path / name for name in ("tokens", "control", "state"))
    for folder in (tokens, control, state):
        folder.mkdir()
    config = tmp_path / "softhsm2.conf"
    config.write_text(f"directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(config))
    assert UTIL is not None
    assert MODULE is not None
    subprocess.run(
        [UTIL, "--init-token", "--free", "--label", "yinxin", "--pin", PIN, "--so-pin", "INSECURE-so"],
        check=True,
        capture_output=True,
    )
    pin_file = tmp_path / "pin"
    pin_file.write_text(PIN + "\n")
    made = Rig(tokens, control, TokenPlace(MODULE, "yinxin", pin_file, state))
    yield made
    for link in made.links:
        link.close()


@pytest.fixture
def vault(rig: Rig) -> TokenVault:
    made = TokenVault(rig.link())
    made.create_key("ca", KeyKind.P256)
    return made


@pytest.mark.parametrize(
    "kind",
    [KeyKind.P256, KeyKind.P384, KeyKind.RSA2048, pytest.param(KeyKind.RSA4096, marks=pytest.mark.slow)],
)
def test_every_kind_and_scheme(rig: Rig, kind: KeyKind) -> None:
    """Made on the token, verified here, in each scheme of the allow-list; found again by the next process."""
    vault = TokenVault(rig.link(request=60.0))
    port: Vault = vault
    public = port.create_key("ca", kind)
    for scheme in SCHEMES:
        if scheme.family is kind.family and not (kind is KeyKind.P256 and "384" in scheme.name):
            signer = vault.signer("ca").using(scheme)
            public.verify(signer.sign(b"message"), b"message", scheme)
    again = TokenVault(TokenLink(rig.place, patience=QUICK, command=COMMAND))
    try:
        assert again.signer("ca").public_key == public
        assert again.labels() == ("ca",)
    finally:
        again.close()
    if kind.family is KeyFamily.ECDSA:
        with pytest.raises(KeyUnsupported):
            vault.signer("ca").using(RSA_PSS_SHA256)


def test_what_it_refuses(vault: TokenVault) -> None:
    """Each with its own error, and the token stays usable."""
    with pytest.raises(KeyUnsupported, match="SM2"):
        vault.create_key("x", KeyKind.SM2)
    with pytest.raises(LabelTaken):
        vault.create_key("ca", KeyKind.P256)
    with pytest.raises(NoSuchKey):
        vault.signer("nothing")
    with pytest.raises(NoSuchKey):
        vault.secret("s")
    with pytest.raises(VaultError, match="file vault"):
        vault.create_secret("s", 32)
    assert vault.health().well
    assert "yinxin" in vault.health().detail


def test_destroyed(vault: TokenVault, rig: Rig) -> None:
    """Gone from the token, for the next process too; again is no error; the label is free."""
    vault.signer("ca")
    vault.destroy_key("ca")
    vault.destroy_key("ca")
    for other in (vault, TokenVault(rig.link())):
        with pytest.raises(NoSuchKey):
            other.signer("ca")
        assert other.labels() == ()
    vault.create_key("ca", KeyKind.P256)


def test_the_key_does_not_leave(vault: TokenVault, rig: Rig) -> None:
    """Sensitive, not extractable, and the PIN is in no argument and no environment of the process."""
    link = rig.links[0]
    assert link.pid is not None
    for name in ("cmdline", "environ"):
        assert PIN.encode() not in Path(f"/proc/{link.pid}/{name}").read_bytes()
    sockets = list(Path("/tmp").glob("yinxin-token-*/token.sock"))
    assert all(one.stat().st_mode & 0o777 == 0o600 for one in sockets)
    script = (
        "import pkcs11, sys\n"
        "from pkcs11 import Attribute, ObjectClass\n"
        "token = pkcs11.lib(sys.argv[1]).get_token(token_label='yinxin')\n"
        "key = token.open(user_pin=sys.argv[2]).get_key(label='ca', object_class=ObjectClass.PRIVATE_KEY)\n"
        "print(key[Attribute.SENSITIVE], key[Attribute.EXTRACTABLE], key[Attribute.DECRYPT])"
    )
    ran = subprocess.run([sys.executable, "-c", script, str(MODULE), PIN], capture_output=True, text=True)
    assert ran.stdout.split() == ["True", "False", "False"], ran.stderr


@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_within_a_request(vault: TokenVault, rig: Rig, moment: str) -> None:
    """Before or after it signed: the caller hears that nobody knows, and it is not asked again."""
    signer, link = vault.signer("ca"), rig.links[0]
    rig.set(moment)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(signer.sign, b"one")
        rig.reached(moment)
        assert link.pid is not None
        os.kill(link.pid, signal.SIGKILL)
        with pytest.raises(TokenOutcomeUnknown, match="nobody knows"):
            answer.result()
    rig.clear(moment)
    signer.public_key.verify(signer.sign(b"two"), b"two", signer.scheme)
    asked = rig.lines("asked")
    assert len(asked) == len(set(asked)) == 2
    assert len(rig.lines("started")) == 2
    assert len(rig.lines("signed")) == (2 if moment == "after" else 1)


def test_hung(rig: Rig, vault: TokenVault) -> None:
    """Stopped: the deadline holds, the process is killed, the next request gets a new one."""
    signer, link = vault.signer("ca"), rig.links[0]
    first = link.pid
    assert first is not None
    link._patience = replace(QUICK, request=1.0)
    stop(first)
    started = time.monotonic()
    with pytest.raises(TokenOutcomeUnknown, match="in time"):
        signer.sign(b"one")
    assert time.monotonic() - started < 4
    link._patience = QUICK
    signer.public_key.verify(signer.sign(b"two"), b"two", signer.scheme)
    assert link.pid != first
    assert not Path(f"/proc/{first}").exists()


def test_hung_while_idle(rig: Rig, vault: TokenVault) -> None:
    """Asked for its health first when nobody needed it for long: no request is lost."""
    signer, link = vault.signer("ca"), rig.links[0]
    first = link.pid
    assert first is not None
    link._patience = replace(QUICK, idle=0.0)
    stop(first)
    signer.public_key.verify(signer.sign(b"one"), b"one", signer.scheme)
    assert link.pid != first
    assert len(rig.lines("signed")) == 1


def test_a_lost_answer_is_fetched(rig: Rig, vault: TokenVault) -> None:
    """The connection broke after the signature: the same process answers from memory, and signs once."""
    signer = vault.signer("ca")
    rig.set("lose")
    signer.public_key.verify(signer.sign(b"one"), b"one", signer.scheme)
    assert (len(rig.lines("signed")), len(rig.lines("started"))) == (1, 1)


def test_wrong_pin(rig: Rig, vault: TokenVault) -> None:
    """Tried once, reported, and not again until the file is another one, not by a new service either."""
    rig.links[0].close()
    rig.place.pin_file.write_text("wrong")
    before = len(rig.lines("started"))
    for _ in range(2):
        other = TokenVault(rig.link())
        for _ in range(2):
            with pytest.raises(TokenPinRefused, match="not tried again"):
                other.labels()
    assert len(rig.lines("started")) == before + 1
    rig.place.pin_file.write_text(PIN)
    assert TokenVault(rig.link()).labels() == ("ca",)


def test_token_pulled(rig: Rig, vault: TokenVault) -> None:
    """Gone: clear errors, a pause after three; back: it works by itself."""
    signer = vault.signer("ca")
    pulled = rig.tokens.with_name("pulled")
    rig.tokens.rename(pulled)
    errors = []
    for _ in range(6):
        try:
            signer.sign(b"one")
        except TokenUnavailable as error:
            errors.append(str(error))
    assert "plugged in" in errors[0]
    assert "3 times in a row" in errors[-1]
    assert not vault.health().well
    pulled.rename(rig.tokens)
    time.sleep(QUICK.rest)
    signer.public_key.verify(signer.sign(b"two"), b"two", signer.scheme)
    assert vault.health().well


def test_the_way_is_closed_for_a_while(rig: Rig) -> None:
    """After three failures nobody waits for a fourth; then one tries for all."""
    shutil.rmtree(rig.tokens)
    vault = TokenVault(rig.link(rest=1.0))
    for _ in range(3):
        with pytest.raises(TokenUnavailable, match="plugged in"):
            vault.labels()
    tried = len(rig.lines("started"))
    with pytest.raises(TokenUnavailable, match="3 times in a row"):
        vault.labels()
    assert len(rig.lines("started")) == tried == 3
    time.sleep(1.0)
    with pytest.raises(TokenUnavailable, match="plugged in"):
        vault.labels()
    assert len(rig.lines("started")) == 4


def test_twenty_at_once(rig: Rig, vault: TokenVault) -> None:
    """More threads than sessions: all are served, each signature is made once."""
    signer = vault.signer("ca")

    def sign(number: int) -> None:
        message = f"message {number}".encode()
        signer.public_key.verify(signer.sign(message), message, signer.scheme)

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(sign, range(100)))
    signed = rig.lines("signed")
    assert len(signed) == len(set(signed)) == 100
    assert len(rig.lines("started")) == 1


def test_killed_among_twenty(rig: Rig, vault: TokenVault) -> None:
    """Some fail clearly, the others have good signatures, no message is signed twice, and it goes on."""
    signer, link = vault.signer("ca"), rig.links[0]

    def sign(number: int) -> bool:
        message = f"message {number}".encode()
        try:
            signature = signer.sign(message)
        except (TokenOutcomeUnknown, TokenUnavailable):
            return False
        signer.public_key.verify(signature, message, signer.scheme)
        return True

    def kill() -> None:
        until(lambda: len(rig.lines("signed")) > 30)
        assert link.pid is not None
        os.kill(link.pid, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    with ThreadPoolExecutor(20) as pool:
        made = list(pool.map(sign, range(200)))
    killer.join()
    asked = rig.lines("asked")
    assert len(asked) == len(set(asked))
    assert sum(made) > 30
    assert len(rig.lines("signed")) >= sum(made)
    time.sleep(QUICK.rest)
    assert sign(1000)


def test_session_limit(rig: Rig, vault: TokenVault) -> None:
    """All sessions in use: waits up to the deadline, then says so; nothing was signed, nothing is killed."""
    vault.close()
    link = TokenLink(
        rig.place, patience=QUICK, sessions=1, command=(sys.executable, "-c", HOOKED, str(rig.control))
    )
    rig.links.append(link)
    narrow = TokenVault(link)
    signer = narrow.signer("ca")
    rig.set("hold")
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(signer.sign, b"one")
        rig.reached("hold")
        link._patience = replace(QUICK, request=0.6)
        with pytest.raises(TokenUnavailable, match=r"all 1 sessions .* in use .* nothing was signed"):
            signer.sign(b"two")
        link._patience = QUICK
        rig.clear("hold")
        signer.public_key.verify(first.result(), b"one", signer.scheme)
    signer.public_key.verify(signer.sign(b"three"), b"three", signer.scheme)
    assert len(rig.lines("signed")) == 2


def test_the_tokens_own_session_limit() -> None:
    """What the token allows counts, not what we hoped for."""

    class Narrow:
        def open(self, *, rw: bool) -> str:
            raise pkcs11.exceptions.SessionCount

    sessions = token_process.Sessions(Narrow(), "first", 8)
    with sessions.one(time.monotonic() + 1) as session:
        assert session == "first"
        with (
            pytest.raises(token_process.Refused, match="all 1 sessions"),
            sessions.one(time.monotonic() + 0.1),
        ):
            pass
    with sessions.one(time.monotonic()) as session:
        assert session == "first"


def test_answers_by_id() -> None:
    """Made once, however often and at the same time it is asked for."""
    made: list[str] = []

    def slow(request: token_wire.Message) -> token_wire.Message:
        time.sleep(0.1)
        made.append(request["id"])
        return {"ok": len(made)}

    answers = token_process.Answers(slow)
    with ThreadPoolExecutor(5) as pool:
        got = list(pool.map(answers.to, [{"id": "a"}] * 5))
    assert got == [{"ok": 1}] * 5
    assert answers.to({"id": "b"}) == {"ok": 2}


def test_routed(rig: Rig, vault: TokenVault, tmp_path: Path) -> None:
    """SM2 and secrets in the folder, the rest on the token; one book counts both."""
    files = FileVault.create(tmp_path / "vault", "INSECURE passphrase", scrypt_n=SMALLEST_N)
    files.create_key("old", KeyKind.P256)
    routed = RoutedVault(files, vault)
    port: Vault = routed
    port.create_key("log", KeyKind.SM2)
    port.create_key("rsa", KeyKind.RSA2048)
    assert port.labels() == ("ca", "log", "old", "rsa")
    assert (files.labels(), vault.labels()) == (("log", "old"), ("ca", "rsa"))
    assert port.create_secret("s", 16) == port.secret("s")
    for label, kind in (
        ("old", KeyKind.RSA2048),
        ("rsa", KeyKind.SM2),
        ("log", KeyKind.SM2),
        ("ca", KeyKind.P256),
    ):
        with pytest.raises(LabelTaken):
            port.create_key(label, kind)
    for label in port.labels():
        signer = port.signer(label)
        signer.public_key.verify(signer.sign(b"x"), b"x", signer.scheme)
        assert routed.uses(label) == 1
    with pytest.raises(NoSuchKey):
        port.signer("nothing")
    rig.tokens.rename(rig.tokens.with_name("pulled"))
    vault.close()
    assert port.labels() == ("ca", "log", "old", "rsa")  # as it said last
    signer = port.signer("log")  # not the token's business
    signer.public_key.verify(signer.sign(b"x"), b"x", signer.scheme)
    with pytest.raises(TokenUnavailable):
        port.signer("rsa").sign(b"x")
    routed.close()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"module": Path("/nonexistent/module.so")}, "token_module"),
        ({"label": "another"}, "plugged in"),
        ({"pin_file": Path("/nonexistent/pin")}, "token_pin_file"),
    ],
)
def test_settings_that_are_wrong(rig: Rig, change: dict[str, object], why: str) -> None:
    """Each is named."""
    rig.place = replace(rig.place, **change)  # type: ignore[arg-type]
    health = TokenVault(rig.link()).health()
    assert (health.well, why in health.detail) == (False, True), health.detail
