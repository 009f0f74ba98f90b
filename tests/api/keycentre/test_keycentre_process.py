# SPDX-License-Identifier: Apache-2.0
"""The real process behind its socket: killed, hung, taken twice, and gone with its parent."""

from __future__ import annotations

import grp
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from api.keycentre import CentreMisconfigured, KeyCentreDamaged, KeyCentreUnavailable
from api.keycentre.adapters.unix_socket import UnixLink, listening
from api.keycentre.centre import CentreServer
from api.ledger import Ledger
from api.settings import Settings, load_settings, write_settings
from api.wiring.keycentre import (
    KeyCentreClient,
    centre_settings,
    found_centre,
    key_centre_of,
    listed_keys,
    running_centre,
)
from keys import SoftwareKey, open_enveloped_key, parse_enveloped_key, write_key_file
from keys.adapters import stretching
from keys.adapters.file_vault import FileVault

COMMAND = [sys.executable, "-c", "from api.cli import main; main()", "kmc"]


@pytest.fixture
def founded(tmp_path: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> tuple[Settings, FileVault]:
    """As ``yinxin init`` makes it, but its passphrase costs a third: every start pays that."""
    monkeypatch.setattr(stretching, "SCRYPT_P", 1)
    write_settings(
        tmp_path / "yinxin.toml",
        public_url="https://yinxin.example",
        authority_uscc="11510000DEM9A0017F",
        authority_name="省住房和城乡建设厅(演示)",
    )
    settings = load_settings(tmp_path / "yinxin.toml")
    vault = FileVault.create(settings.vault_folder, "INSECURE passphrase", scrypt_n=2**14)
    found_centre(settings, vault, ledger.log_keys())
    return settings, vault


@pytest.fixture
def client(founded: tuple[Settings, FileVault]) -> Iterator[KeyCentreClient]:
    made = key_centre_of(*founded)
    assert made is not None
    yield made
    made.close()


def within(seconds: float, happened: Callable[[], bool]) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if happened():
            return True
        time.sleep(0.02)
    return False


def child(client: KeyCentreClient) -> int:
    assert client.embedded is not None
    assert within(20, lambda: client.embedded is not None and client.embedded.pid is not None)
    pid = client.embedded.pid
    assert pid is not None
    return pid


def test_what_was_founded(founded: tuple[Settings, FileVault]) -> None:
    """Nothing in the centre's folder is for others; nothing in it is the service's."""
    settings, vault = founded
    folder = settings.kmc_folder
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for path in folder.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    found = centre_settings(folder)
    assert found.client == vault.signer("kmc-client").public_key
    assert (found.agents.needed, found.agents.known) == (2, ())
    own = FileVault.open(folder / "vault", (folder / "vault.passphrase").read_text().strip())
    assert "kmc-client" not in own.labels()
    assert "kmc" not in vault.labels()
    assert listed_keys(folder, most=5).total == 0


def test_started_killed_and_back(client: KeyCentreClient, holder: SoftwareKey) -> None:
    made = client.remote.make_key("bundle-1", holder.public_key)
    first = child(client)
    os.kill(first, signal.SIGKILL)
    assert client.remote.make_key("bundle-1", holder.public_key) == made
    assert child(client) != first
    envelope = parse_enveloped_key(client.remote.deliver(made.key_id, holder.public_key))
    assert open_enveloped_key(envelope, holder).public_key.spki == made.spki


def test_hung_and_back(
    founded: tuple[Settings, FileVault], client: KeyCentreClient, holder: SoftwareKey
) -> None:
    """Within the deadline there is a refusal; later it works by itself."""
    client.remote.make_key("bundle-1")
    access = client.remote._access
    hasty = replace(access, link=UnixLink(founded[0].kmc_socket, seconds=0.5))
    pid = child(client)
    os.kill(pid, signal.SIGSTOP)
    try:
        start = time.monotonic()
        client.remote._access = hasty
        with pytest.raises(KeyCentreUnavailable) as refused:
            client.remote.make_key("bundle-2", holder.public_key)
        assert refused.value.code == "key-centre-unavailable"
        assert time.monotonic() - start < 3
    finally:
        os.kill(pid, signal.SIGCONT)
    client.remote._access = access
    assert client.remote.make_key("bundle-2", holder.public_key)
    assert child(client) == pid


def test_the_socket_is_for_its_owner(founded: tuple[Settings, FileVault], client: KeyCentreClient) -> None:
    client.remote.status()
    assert stat.S_IMODE(founded[0].kmc_socket.stat().st_mode) == 0o600


def test_the_socket_is_for_a_group_when_it_says_so(tmp_path: Path) -> None:
    """For a service that runs as another user; an unknown group is refused, not ignored."""
    group = grp.getgrgid(os.getgid()).gr_name
    with listening(tmp_path / "kmc.sock", group=group):
        assert stat.S_IMODE((tmp_path / "kmc.sock").stat().st_mode) == 0o660
    with pytest.raises(CentreMisconfigured), listening(tmp_path / "kmc.sock", group="no-such-group"):
        pass


def test_one_centre_at_a_time(founded: tuple[Settings, FileVault], client: KeyCentreClient) -> None:
    """A second one says so; a service that finds one running uses it."""
    client.remote.status()
    folder = founded[0].kmc_folder
    done = subprocess.run([*COMMAND, "serve", "--folder", str(folder)], capture_output=True, timeout=60)
    assert done.returncode == 75
    assert b"already" in done.stderr
    other = key_centre_of(*founded)
    assert other is not None
    other.start()
    assert other.remote.status().head.size == 0
    other.close()
    assert client.remote.status().head.size == 0


def test_it_ends_with_its_parent(founded: tuple[Settings, FileVault]) -> None:
    """Whoever kills the service leaves no centre behind."""
    folder = founded[0].kmc_folder
    process = subprocess.Popen(
        [*COMMAND, "serve", "--folder", str(folder), "--with-parent"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdin is not None
    try:
        assert within(30, UnixLink(founded[0].kmc_socket).listening)
        process.stdin.close()
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.wait()
    assert not founded[0].kmc_socket.exists()


def test_a_service_without_its_centre(founded: tuple[Settings, FileVault]) -> None:
    settings, vault = founded
    away = key_centre_of(replace(settings, kmc_embedded=False), vault)
    assert away is not None
    away.remote._access = replace(away.remote._access, patience=0.3)
    with pytest.raises(KeyCentreUnavailable):
        away.remote.make_key("bundle-1")
    settings.kmc_key_file.unlink()
    assert key_centre_of(settings, vault) is None


def test_somebody_elses_centre_is_not_believed(
    founded: tuple[Settings, FileVault], holder: SoftwareKey
) -> None:
    settings, vault = founded
    settings.kmc_key_file.write_bytes(holder.public_key.spki)
    client = key_centre_of(settings, vault)
    assert client is not None
    try:
        with pytest.raises(KeyCentreUnavailable, match="not signed by our key centre"):
            client.remote.make_key("bundle-1")
    finally:
        client.close()


@pytest.mark.parametrize("file", ["kmc.db", "vault.passphrase", "kmc.toml", "vault/secret-storage-1.json"])
def test_a_file_that_is_missing(founded: tuple[Settings, FileVault], file: str) -> None:
    folder = founded[0].kmc_folder
    (folder / file).unlink()
    done = subprocess.run([*COMMAND, "serve", "--folder", str(folder)], capture_output=True, timeout=60)
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr
    assert b"\xe2\x86\x92" in done.stderr or b"backup" in done.stderr


def test_a_database_of_another_kind(founded: tuple[Settings, FileVault]) -> None:
    (founded[0].kmc_folder / "kmc.db").write_bytes(b"")
    with pytest.raises(KeyCentreDamaged), running_centre(founded[0].kmc_folder):
        pass


def test_settings_that_name_the_services_database(
    founded: tuple[Settings, FileVault], database_url: str
) -> None:
    """It does not start, and says which key of the settings to change."""
    path = founded[0].kmc_folder / "kmc.toml"
    path.write_text(path.read_text("utf-8").replace("sqlite:///kmc.db", database_url), "utf-8")
    command = [*COMMAND, "serve", "--folder", str(path.parent)]
    done = subprocess.run(command, capture_output=True, timeout=60)
    said = done.stderr.decode("utf-8")
    assert done.returncode == 1
    assert "[store] database: 这是业务平台的数据库" in said
    assert "name a database of the key centre alone" in said


def test_agents_are_read_from_files(
    founded: tuple[Settings, FileVault], agent_keys: dict[str, SoftwareKey]
) -> None:
    folder = founded[0].kmc_folder
    for name, key in agent_keys.items():
        (folder / f"{name}.der").write_bytes(key.public_key.spki)
    path = folder / "kmc.toml"
    text = path.read_text("utf-8")

    def said(line: str) -> Any:
        path.write_text(text.replace("needed = 2\nagents = []", line), "utf-8")
        return centre_settings(folder)

    found = said('needed = 2\nagents = ["li.der", "wang.der", "zhao.der"]').agents
    assert [one.name for one in found.known] == ["li", "wang", "zhao"]
    for wrong in (
        'needed = 1\nagents = ["li.der", "wang.der"]',
        'needed = 2\nagents = ["li.der"]',
        'needed = 2\nagents = ["li.der", "li.der"]',
        'needed = 2\nagents = ["li.der", "nobody.der"]',
        'needed = 2\nagents = ["li.der", "kmc.toml"]',
        "needed = true\nagents = []",
        "needed = 2\nagents = [1]",
        "needed = 2\nagents = []\nforce = true",
    ):
        with pytest.raises(CentreMisconfigured):
            said(wrong)


# The server alone


class Answering:
    """Stands for a centre: says back what it got, slowly when told."""

    def __init__(self) -> None:
        self.slow = 0.0

    def answer(self, payload: bytes) -> bytes:
        time.sleep(self.slow)
        return payload


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Answering, Path]]:
    path, centre = tmp_path / "x" / "kmc.sock", Answering()
    path.parent.mkdir()
    with listening(path) as listener:
        server = CentreServer(centre, listener, seconds=0.5)  # type: ignore[arg-type]
        thread = threading.Thread(target=server.serve)
        thread.start()
        yield centre, path
        server.stop()
        thread.join()


def connected(path: Path) -> socket.socket:
    made = socket.socket(socket.AF_UNIX)
    made.settimeout(5)
    made.connect(str(path))
    return made


def test_who_announces_and_does_not_send(served: tuple[Answering, Path]) -> None:
    """Each slow peer costs its own deadline and nobody else's."""
    path = served[1]
    peers = [connected(path) for _ in range(5)]
    for peer, data in zip(peers, (b"", b"\0", b"\0\0\1\0", b"\xff\xff\xff\xff", b"\0\0\0\0"), strict=True):
        peer.sendall(data)
    assert UnixLink(path, seconds=2).exchange(b"hello") == b"hello"
    for peer in peers:
        with peer:
            assert peer.recv(1) == b""


def test_too_many_at_once(served: tuple[Answering, Path]) -> None:
    path = served[1]
    peers = [connected(path) for _ in range(40)]
    ended = [peer for peer in peers if peer.recv(1) == b""]
    assert len(ended) == 40
    for peer in peers:
        peer.close()
    assert UnixLink(path, seconds=2).exchange(b"hello") == b"hello"


def test_an_answer_that_comes_too_late(served: tuple[Answering, Path]) -> None:
    centre, path = served
    centre.slow = 0.6
    with pytest.raises(KeyCentreUnavailable, match="in time"):
        UnixLink(path, seconds=0.2).exchange(b"hello")


def test_a_path_that_is_too_long_for_a_socket(tmp_path: Path) -> None:
    path = tmp_path / ("a" * 60) / ("b" * 60) / "kmc.sock"
    path.parent.mkdir(parents=True)
    with listening(path) as listener:
        server = CentreServer(Answering(), listener)  # type: ignore[arg-type]
        thread = threading.Thread(target=server.serve)
        thread.start()
        assert UnixLink(path).exchange(b"hello") == b"hello"
        server.stop()
        thread.join()
    assert not path.exists()


def test_the_key_files_of_agents_open(agent_keys: dict[str, SoftwareKey], tmp_path: Path) -> None:
    from api.cli.keycentre import _agents

    (tmp_path / "li.pem").write_bytes(write_key_file(agent_keys["li"], [], "口令 one"))
    (tmp_path / "pass").write_text("口令 one\n", "utf-8")
    found = _agents([tmp_path / "li.pem"], [tmp_path / "pass"])
    assert found["li"].public_key == agent_keys["li"].public_key
