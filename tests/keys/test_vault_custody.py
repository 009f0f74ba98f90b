# SPDX-License-Identifier: Apache-2.0
"""What opens a vault: passphrase and shares, rotation that is killed at each write, and counted uses."""

from __future__ import annotations

import itertools
import json
import logging
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from keys import (
    RSA_PSS_SHA256,
    RSA_SHA512,
    SM2_SM3,
    KeyKind,
    KeyUnsupported,
    PassphraseWrong,
    ShareRefused,
    SharesMissing,
    VaultBusy,
    VaultError,
)
from keys.adapters import sealed_files
from keys.adapters.file_vault import SMALLEST_N, VAULT_FILE, FileVault, state_of
from keys.adapters.stretching import derive, fresh_kdf
from keys.adapters.uses import BLOCK, USES_FILE, UseBook

PASSPHRASE = "一个很长的口令 long passphrase"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "vault"


@pytest.fixture
def vault(folder: Path) -> FileVault:
    made = FileVault.create(folder, PASSPHRASE, scrypt_n=SMALLEST_N)
    made.create_key("a", KeyKind.P256)
    made.create_secret("s", 32)
    return made


def some(files: dict[str, bytes], *indices: int) -> dict[str, bytes]:
    names = list(files)
    return {names[index - 1]: files[names[index - 1]] for index in indices}


def test_any_two_of_three_open(vault: FileVault, folder: Path) -> None:
    """k of n, in any choice; the passphrase opens it as before; the keys are the same."""
    files = vault.make_shares(2, 3)
    assert list(files) == ["share-1-of-3.json", "share-2-of-3.json", "share-3-of-3.json"]
    public, secret = vault.signer("a").public_key, vault.secret("s")
    for chosen in itertools.combinations((1, 2, 3), 2):
        opened = FileVault.open_with_shares(folder, some(files, *chosen))
        assert (opened.signer("a").public_key, opened.secret("s")) == (public, secret)
    assert FileVault.open_with_shares(folder, files).secret("s") == secret
    assert FileVault.open(folder, PASSPHRASE).secret("s") == secret
    state = state_of(folder)
    assert (state.passphrase, state.shares, state.generation, state.rotating) == (True, (2, 3), 1, False)


def test_one_too_few(vault: FileVault, folder: Path) -> None:
    """Says how many are missing; the same share twice is one."""
    files = vault.make_shares(3, 5)
    first = files["share-1-of-5.json"]
    for given, missing in (
        ({}, 3),
        (some(files, 1), 2),
        (some(files, 2, 5), 1),
        ({"x": first, "y": first}, 2),
    ):
        with pytest.raises(SharesMissing, match=f"{missing} more") as caught:
            FileVault.open_with_shares(folder, given)
        assert caught.value.missing == missing


def test_shares_of_elsewhere_are_named(vault: FileVault, folder: Path, tmp_path: Path) -> None:
    """Of another vault, of an earlier occasion, of no kind at all; and of a vault that has none."""
    other = FileVault.create(tmp_path / "other", PASSPHRASE, scrypt_n=SMALLEST_N)
    with pytest.raises(VaultError, match="no shares of it were made"):
        FileVault.open_with_shares(tmp_path / "other", {})
    foreign, old = other.make_shares(2, 3), vault.make_shares(2, 3)
    files = vault.make_shares(2, 3)
    good = some(files, 1)
    for wrong, rule in (
        (foreign["share-2-of-3.json"], "another vault"),
        (old["share-2-of-3.json"], "earlier sharing"),
        (b"{}", "no share"),
        (b"\xff", "no share"),
        (b"[" * 9000, "no share"),
    ):
        with pytest.raises(ShareRefused, match=rule) as caught:
            FileVault.open_with_shares(folder, {**good, "wrong.json": wrong})
        assert caught.value.file == "wrong.json"


def test_every_byte_of_a_share_counts(vault: FileVault, folder: Path) -> None:
    """Damage names the file; a forgery with a right checksum does not open either."""
    files = vault.make_shares(2, 2)
    whole = files["share-2-of-2.json"]
    for at in range(len(whole)):
        broken = bytearray(whole)
        broken[at] ^= 1
        with pytest.raises(ShareRefused, match=r"share-2-of-2\.json"):
            FileVault.open_with_shares(folder, {**files, "share-2-of-2.json": bytes(broken)})
    fields = json.loads(whole)
    fields.pop("check")
    for change in (
        {"share": sealed_files.to_text(bytes(32))},
        {"index": 3},
        {"threshold": 1},
        {"share": "?"},
    ):
        forged = fields | change
        data = sealed_files.encode(forged | {"check": sealed_files.check_of(forged)})
        with pytest.raises(ShareRefused, match=r"share-2-of-2\.json"):
            FileVault.open_with_shares(folder, {**files, "share-2-of-2.json": data})


def test_shares_with_passphrases(vault: FileVault, folder: Path) -> None:
    """Each under its holder's own; the file alone is worth nothing."""
    files = vault.make_shares(2, 2, passphrases=["甲", "乙"], scrypt_n=SMALLEST_N)
    one, two = files
    assert b'"share":' not in files[one]
    assert FileVault.open_with_shares(folder, files, passphrases={one: "甲", two: "乙"}).labels() == ("a",)
    for wrong in ({one: "甲"}, {one: "甲", two: "甲"}):
        with pytest.raises(PassphraseWrong, match=r"share-2-of-2\.json"):
            FileVault.open_with_shares(folder, files, passphrases=wrong)
    with pytest.raises(VaultError, match="2 passphrases, not 1"):
        vault.make_shares(2, 2, passphrases=["甲"])
    with pytest.raises(VaultError, match="threshold"):
        vault.make_shares(1, 2)


def test_shares_that_were_not_kept_change_nothing(vault: FileVault, folder: Path) -> None:
    """A full disk while the new shares are written: the old ones still open."""
    files = vault.make_shares(2, 2)

    def full(_: object) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        vault.make_shares(2, 3, keep=full)
    assert FileVault.open_with_shares(folder, files).labels() == ("a",)


def test_shares_alone(vault: FileVault, folder: Path) -> None:
    """The passphrase may be taken away once there are shares, and given again by whoever opened it."""
    with pytest.raises(VaultError, match="make shares first"):
        vault.drop_passphrase()
    files = vault.make_shares(2, 2)
    vault.drop_passphrase()
    with pytest.raises(PassphraseWrong, match="shares alone"):
        FileVault.open(folder, PASSPHRASE)
    vault.close()
    opened = FileVault.open_with_shares(folder, files)
    assert opened.rotate().generation == 2
    opened.set_passphrase("new", scrypt_n=SMALLEST_N)
    assert FileVault.open(folder, "new").labels() == ("a",)
    assert FileVault.open_with_shares(folder, files).labels() == ("a",)


def test_rotation(vault: FileVault, folder: Path) -> None:
    """Every entry is wrapped anew, both wrappings go on, and the old key opens nothing."""
    files = vault.make_shares(2, 3)
    public, secret, old = vault.signer("a").public_key, vault.secret("s"), vault._keys[1]
    before = {path.name: path.read_bytes() for path in folder.glob("*.json")}
    (folder / ".key-b.json.0123456789abcdef").write_bytes(b"left by a crash")
    with pytest.raises(VaultError, match="has a passphrase"):
        vault.rotate()
    with pytest.raises(PassphraseWrong):
        vault.rotate("wrong")
    assert {name: (folder / name).read_bytes() for name in before} == before
    done = vault.rotate(PASSPHRASE, scrypt_n=SMALLEST_N)
    assert (done.generation, done.entries, done.resumed) == (2, 2, False)
    assert all((folder / name).read_bytes() != data for name, data in before.items())
    assert not list(folder.glob(".key-*"))
    vault.create_key("b", KeyKind.P256)
    for opened in (
        vault,
        FileVault.open(folder, PASSPHRASE),
        FileVault.open_with_shares(folder, some(files, 1, 3)),
    ):
        assert (opened.secret("s"), opened.labels()) == (secret, ("a", "b"))
        assert opened.signer("a").public_key == public
    with pytest.raises(VaultBusy):
        FileVault(folder, {1: old})
    entry = json.loads((folder / "key-a.json").read_bytes())
    with pytest.raises(VaultError, match="another vault"):
        sealed_files.open_fields(old, entry, file="key-a.json")
    # An entry of before, put back: named.
    (folder / "secret-s.json").write_bytes(before["secret-s.json"])
    with pytest.raises(VaultError, match=r"secret-s\.json.*past"):
        vault.secret("s")


def test_rotation_needs_the_vault_alone(vault: FileVault, folder: Path) -> None:
    """Another process that has it open would go on with the old key."""
    other = FileVault.open(folder, PASSPHRASE)
    with pytest.raises(VaultBusy, match="stop it first"):
        vault.rotate(PASSPHRASE)
    other.close()
    assert vault.rotate(PASSPHRASE, scrypt_n=SMALLEST_N).generation == 2


def test_rotation_stops_at_a_damaged_entry(vault: FileVault, folder: Path) -> None:
    """Names it, keeps both keys, and goes on when it was mended."""
    path = folder / "secret-s.json"
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b'"label": "s"', b'"label": "t"'))
    with pytest.raises(VaultError, match=r"secret-s\.json"):
        vault.rotate(PASSPHRASE, scrypt_n=SMALLEST_N)
    assert state_of(folder).rotating
    with pytest.raises(VaultError, match="finish it first"):
        vault.make_shares(2, 2)
    path.write_bytes(whole)
    opened = FileVault.open(folder, PASSPHRASE)
    vault.close()
    assert opened.signer("a") is not None
    done = opened.rotate()
    assert (done.resumed, done.entries, state_of(folder).rotating) == (True, 1, False)


KILLED = """
import os, sys, shutil
from pathlib import Path
from keys.adapters import sealed_files
from keys.adapters.file_vault import FileVault
folder, other, passphrase = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
names = ("replace", "fsync", "open")
real = {name: getattr(os, name) for name in names}
for number in range(1, 1000):
    shutil.rmtree(other, ignore_errors=True)
    shutil.copytree(folder, other)
    child = os.fork()
    if child == 0:
        left = number
        def counted(name):
            def call(*args, **more):
                global left
                left -= 1
                if left == 0:
                    os._exit(9)
                return real[name](*args, **more)
            return call
        vault = FileVault.open(other, passphrase)
        for name in names:
            setattr(os, name, counted(name))
        vault.rotate(passphrase, scrypt_n=2**14)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    opened = FileVault.open(other, passphrase)
    assert opened.secret("s") == bytes.fromhex(sys.argv[4]), number
    opened.signer("a")
    opened.create_secret("t", 16)
    kept = opened.secret("t")
    rotating = opened.state().rotating
    done = opened.rotate(passphrase, scrypt_n=2**14)
    assert done.resumed == rotating, number
    opened.close()
    again = FileVault.open(other, passphrase)
    assert again.secret("s") == bytes.fromhex(sys.argv[4]) and again.secret("t") == kept, number
    again.signer("a")
    again.close()
    assert not again.state().rotating, number
    print(code, rotating)
    if code == 0:
        break
    assert code == 9, code
"""


@pytest.mark.slow
def test_killed_at_each_write(vault: FileVault, folder: Path, tmp_path: Path) -> None:
    """Whichever file operation is the last one: the vault opens, and the next rotation finishes."""
    arguments = (str(folder), str(tmp_path / "copy"), PASSPHRASE, vault.secret("s").hex())
    ran = subprocess.run(
        [sys.executable, "-c", KILLED, *arguments], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    lines = ran.stdout.splitlines()
    assert lines[-1] == "0 False"
    assert len(lines) > 12
    assert {"9 False", "9 True"} < set(lines)


def test_somebody_elses_public_key(vault: FileVault, folder: Path, tmp_path: Path) -> None:
    """The file is sealed: nobody without the key puts shares of his own there and waits for a rotation."""
    vault.make_shares(2, 2)
    other = FileVault.create(tmp_path / "other", PASSPHRASE, scrypt_n=SMALLEST_N)
    other.make_shares(2, 2)
    mine = json.loads((folder / VAULT_FILE).read_bytes())
    theirs = json.loads((tmp_path / "other" / VAULT_FILE).read_bytes())
    mine["generations"][0]["shares"]["public"] = theirs["generations"][0]["shares"]["public"]
    mine.pop("check")
    data = sealed_files.encode(mine | {"check": sealed_files.check_of(mine)})
    (folder / VAULT_FILE).write_bytes(data)
    with pytest.raises(VaultError, match="does not have its key"):
        FileVault.open(folder, PASSPHRASE)


def test_a_vault_of_the_first_format(tmp_path: Path) -> None:
    """``yinxin-vault/1`` opens; what rewrites it writes the second format."""
    folder, key = tmp_path / "old", bytes(range(32))
    folder.mkdir(mode=0o700)
    kdf = fresh_kdf(SMALLEST_N)
    bound: sealed_files.Fields = {"format": "yinxin-vault/1", "cipher": "AES-256-GCM", "kdf": kdf}
    fields = sealed_files.seal_fields(derive(PASSPHRASE, kdf, file="x"), bound, key)
    sealed_files.write_fields(folder / VAULT_FILE, {**fields, "check": sealed_files.check_of(fields)})
    entry: sealed_files.Fields = {"format": "yinxin-vault-entry/1", "type": "secret", "label": "s"}
    sealed_files.write_fields(folder / "secret-s.json", sealed_files.seal_fields(key, entry, b"kept"))
    opened = FileVault.open(folder, PASSPHRASE)
    assert (opened.secret("s"), state_of(folder).generation) == (b"kept", 1)
    files = opened.make_shares(2, 2)
    assert FileVault.open_with_shares(folder, files).secret("s") == b"kept"
    opened.rotate(PASSPHRASE, scrypt_n=SMALLEST_N)
    assert FileVault.open(folder, PASSPHRASE).secret("s") == b"kept"
    assert FileVault.open_with_shares(folder, files).secret("s") == b"kept"


# Uses


def test_uses_live_on(vault: FileVault, folder: Path) -> None:
    """Counted for all processes; exact once every one of them ended in order."""
    assert (vault.uses("a"), vault.uses("b")) == (0, 0)
    signer = vault.signer("a")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: signer.sign(b"x"), range(20)))
    assert vault.uses("a") == 20
    other = FileVault.open(folder, PASSPHRASE)
    other.signer("a").sign(b"y")
    assert (other.uses("a"), vault.uses("a")) == (BLOCK + 1, 20 + BLOCK)
    vault.close()
    other.close()
    assert FileVault.open(folder, PASSPHRASE).uses("a") == 21
    assert (folder / USES_FILE).stat().st_mode & 0o777 == 0o600


def test_a_crash_counts_too_much_never_too_little(vault: FileVault, folder: Path) -> None:
    """Killed without a chance: at most the rest of one block."""
    script = (
        "import os, sys; from pathlib import Path; from keys.adapters.uses import UseBook\n"
        "book = UseBook(Path(sys.argv[1]))\n"
        "for _ in range(1100): book.count('a')\n"
        "os._exit(9)"
    )
    assert subprocess.run([sys.executable, "-c", script, str(folder)], check=False).returncode == 9
    assert vault.uses("a") == 2 * BLOCK
    vault.signer("a").sign(b"x")
    assert vault.uses("a") == 2 * BLOCK + 1


def test_processes_share_the_count(folder: Path, vault: FileVault) -> None:
    """Many at once: nothing is lost."""
    script = (
        "import sys; from pathlib import Path; from keys.adapters.uses import UseBook\n"
        "book = UseBook(Path(sys.argv[1]), block=3)\n"
        "for _ in range(20): book.count('a')\n"
        "book.settle()"
    )
    running = [subprocess.Popen([sys.executable, "-c", script, str(folder)]) for _ in range(3)]
    assert [one.wait() for one in running] == [0, 0, 0]
    assert vault.uses("a") == 60


def test_what_cannot_be_counted_is_not_signed(vault: FileVault, folder: Path) -> None:
    """A damaged count stops the key."""
    (folder / USES_FILE).write_bytes(b"not a database, and longer than a header of one" * 40)
    with pytest.raises(VaultError, match=r"uses\.db: uses cannot be counted"):
        vault.signer("a").sign(b"x")
    with pytest.raises(VaultError, match=r"uses\.db"):
        vault.uses("a")


def test_each_use_is_logged(vault: FileVault, caplog: pytest.LogCaptureFixture) -> None:
    """Label, scheme and digest of the message; never the message."""
    with caplog.at_level(logging.INFO, "yinxin.keys"):
        vault.signer("a").sign(b"a very private message")
    (record,) = caplog.records
    said = vars(record)
    assert (said["event"], said["label"], said["scheme"]) == ("key-used", "a", "ECDSA with SHA-256")
    assert said["digest"] == "e7cc3fdcf4a8a9d635cf9b2c26206f85a75691c5beaccdc374a2a8ea80ea3a33"
    assert "private" not in record.getMessage()


def test_other_schemes_are_counted_as_well(vault: FileVault) -> None:
    """PSS with a key of the vault; what does not go together is refused."""
    vault.create_key("rsa", KeyKind.RSA2048)
    signer = vault.signer("rsa")
    for scheme in (RSA_PSS_SHA256, RSA_SHA512):
        signer.public_key.verify(signer.using(scheme).sign(b"x"), b"x", scheme)
    assert vault.uses("rsa") == 2
    with pytest.raises(KeyUnsupported):
        signer.using(SM2_SM3)


def test_counting_is_cheap(folder: Path, vault: FileVault) -> None:
    """Less than 20 microseconds for a use, the durable writes shared out (with room for a busy machine)."""
    book = UseBook(folder)
    book.count("a")
    times = []
    for _ in range(5):
        started = time.perf_counter()
        for _ in range(2 * BLOCK):
            book.count("a")
        times.append((time.perf_counter() - started) / (2 * BLOCK))
    assert min(times) < 100e-6
