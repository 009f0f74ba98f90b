# SPDX-License-Identifier: Apache-2.0
"""The vault in a folder: keys stay, damage is named, crashes lose nothing."""

from __future__ import annotations

import json
import os
import pickle
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keys import (
    KeyKind,
    KeysError,
    LabelMalformed,
    LabelTaken,
    NoSuchKey,
    PassphraseWrong,
    Vault,
    VaultError,
)
from keys.adapters import sealed_files
from keys.adapters.file_vault import SMALLEST_N, VAULT_FILE, FileVault

PASSPHRASE = "一个很长的口令 long passphrase"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "vault"


@pytest.fixture
def vault(folder: Path) -> FileVault:
    return FileVault.create(folder, PASSPHRASE, scrypt_n=SMALLEST_N)


def again(vault: FileVault) -> FileVault:
    """The same vault in another process, without the cost of scrypt."""
    return FileVault(vault._folder, vault._keys)


def flipped(data: bytes) -> Iterator[bytes]:
    for at in range(len(data)):
        broken = bytearray(data)
        broken[at] ^= 1 << at % 7
        yield bytes(broken)


@pytest.mark.parametrize("kind", [KeyKind.SM2, KeyKind.RSA2048, KeyKind.P256, KeyKind.P384])
def test_keys_live_on(vault: FileVault, folder: Path, kind: KeyKind) -> None:
    """Made once, used before and after opening again."""
    port: Vault = vault
    public = port.create_key("issuing-1", kind)
    opened = FileVault.open(folder, PASSPHRASE)
    for one in (vault, opened):
        signer = one.signer("issuing-1")
        assert signer.public_key == public
        public.verify(signer.sign(b"message"), b"message", signer.scheme)
        assert one.labels() == ("issuing-1",)


def test_labels(vault: FileVault) -> None:
    """A label names one key for ever; what is not a label never becomes a path."""
    vault.create_key("b", KeyKind.P256)
    vault.create_key("a", KeyKind.P256)
    before = vault.signer("a").public_key
    with pytest.raises(LabelTaken, match="'a' is taken"):
        vault.create_key("a", KeyKind.P256)
    assert again(vault).signer("a").public_key == before
    assert vault.labels() == ("a", "b")
    for label in ("", "A", "../a", "a/b", "a.json", "ä", "a\n", "a" * 65, "a b"):
        for act in (vault.signer, vault.secret, lambda one: vault.create_key(one, KeyKind.P256)):
            with pytest.raises(LabelMalformed):
                act(label)
    with pytest.raises(NoSuchKey):
        vault.signer("c")


def test_secrets(vault: FileVault) -> None:
    """The same bytes every time; a namespace of their own."""
    first = vault.create_secret("session", 32)
    assert len(first) == 32
    assert vault.create_secret("session", 32) == first == again(vault).secret("session")
    assert vault.create_secret("other", 32) != first
    assert vault.labels() == ()
    for size in (0, 5000, -1, 16):
        with pytest.raises(VaultError):
            vault.create_secret("session", size)
    with pytest.raises(NoSuchKey):
        vault.secret("missing")


def test_keys_do_not_leave(vault: FileVault, folder: Path) -> None:
    """The signer has no verb that shows the key, and the files hold nothing in the clear."""
    vault.create_key("a", KeyKind.SM2)
    secret = vault.create_secret("s", 32)
    signer = vault.signer("a")
    assert {name for name in dir(signer) if not name.startswith("_")} == {
        "public_key",
        "scheme",
        "sign",
        "using",
    }
    assert repr(signer) == "<VaultSigner a sm2>"
    with pytest.raises(TypeError):
        pickle.dumps(signer)
    plain = signer._key.pkcs8()
    for path in folder.iterdir():
        content = path.read_bytes()
        for hidden in (plain[-90:-58], secret, vault._keys[1]):
            for spelled in (hidden, hidden.hex().encode(), sealed_files.to_text(hidden)[:40].encode()):
                assert spelled not in content


def test_destroyed(vault: FileVault, folder: Path) -> None:
    """No file, no signer, no label; again is no error; other keys stay; the label is free."""
    for label in ("a", "b"):
        vault.create_key(label, KeyKind.SM2)
    vault.signer("a")
    vault.destroy_key("a")
    vault.destroy_key("a")
    assert vault.labels() == ("b",)
    for other in (vault, FileVault.open(folder, PASSPHRASE)):
        with pytest.raises(NoSuchKey):
            other.signer("a")
    assert vault.create_key("a", KeyKind.SM2) == vault.signer("a").public_key
    with pytest.raises(LabelMalformed):
        vault.destroy_key("../b")


def test_permissions(vault: FileVault, folder: Path) -> None:
    """The owner alone; a vault that others may read is not opened."""
    vault.create_key("a", KeyKind.P256)
    vault.create_secret("s", 32)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert sorted(path.name for path in folder.iterdir()) == ["key-a.json", "secret-s.json", VAULT_FILE]
    for path, mode in ((folder / VAULT_FILE, 0o640), (folder, 0o755)):
        path.chmod(mode)
        with pytest.raises(VaultError, match="chmod"):
            FileVault.open(folder, PASSPHRASE)
        path.chmod(mode & 0o700)


def test_wrong_passphrase(vault: FileVault, folder: Path) -> None:
    """Said as such, and told from damage."""
    for wrong in ("", "x", PASSPHRASE + " "):
        with pytest.raises(PassphraseWrong):
            FileVault.open(folder, wrong)
    with pytest.raises(PassphraseWrong):
        FileVault.create(folder.parent / "other", "", scrypt_n=SMALLEST_N)
    assert not (folder.parent / "other").exists()


def test_change_passphrase(vault: FileVault, folder: Path) -> None:
    """The keys stay as they are; the old passphrase is worth nothing."""
    public = vault.create_key("a", KeyKind.SM2)
    before = (folder / "key-a.json").read_bytes()
    with pytest.raises(PassphraseWrong):
        vault.change_passphrase("wrong", "new")
    with pytest.raises(PassphraseWrong):
        vault.change_passphrase(PASSPHRASE, "", scrypt_n=SMALLEST_N)
    vault.change_passphrase(PASSPHRASE, "new", scrypt_n=SMALLEST_N)
    assert FileVault.open(folder, "new").signer("a").public_key == public
    with pytest.raises(PassphraseWrong):
        FileVault.open(folder, PASSPHRASE)
    assert (folder / "key-a.json").read_bytes() == before
    vault.create_key("b", KeyKind.P256)
    assert FileVault.open(folder, "new").labels() == ("a", "b")


def test_one_vault_in_a_folder(vault: FileVault, folder: Path) -> None:
    """Never overwritten, never invented."""
    before = (folder / VAULT_FILE).read_bytes()
    with pytest.raises(VaultError, match="already"):
        FileVault.create(folder, "other", scrypt_n=SMALLEST_N)
    assert (folder / VAULT_FILE).read_bytes() == before
    with pytest.raises(VaultError, match="no vault"):
        FileVault.open(folder.parent / "missing", PASSPHRASE)
    with pytest.raises(VaultError):
        FileVault.create(folder / VAULT_FILE / "x", "other", scrypt_n=SMALLEST_N)


def test_flipped_vault_file(vault: FileVault, folder: Path) -> None:
    """Every byte of vault.json counts; damage names the file and is not called a wrong passphrase."""
    path = folder / VAULT_FILE
    for broken in flipped(path.read_bytes()):
        path.write_bytes(broken)
        with pytest.raises(VaultError, match=VAULT_FILE) as caught:
            FileVault.open(folder, PASSPHRASE)
        assert caught.value.file == VAULT_FILE


@pytest.mark.parametrize("file", ["key-a.json", "secret-a.json"])
def test_flipped_entries(vault: FileVault, folder: Path, file: str) -> None:
    """Every byte of an entry counts."""
    vault.create_key("a", KeyKind.SM2)
    vault.create_secret("a", 32)
    path = folder / file
    whole = path.read_bytes()
    for broken in (*flipped(whole), b"", whole[:-1], whole + b"\n", b"[]", b"{" * 5000, whole * 200):
        path.write_bytes(broken)
        with pytest.raises(VaultError, match=file) as caught:
            again(vault).signer("a") if file.startswith("key") else again(vault).secret("a")
        assert caught.value.file == file


@given(data=st.binary(max_size=60))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes(vault: FileVault, folder: Path, data: bytes) -> None:
    """Files of another kind."""
    (folder / "key-a.json").write_bytes(data)
    with pytest.raises(VaultError, match=r"key-a\.json"):
        again(vault).signer("a")


def test_swapped_files(vault: FileVault, folder: Path) -> None:
    """A file under another name, or from another vault, does not open."""
    for label in ("a", "b"):
        vault.create_key(label, KeyKind.P256)
    vault.create_secret("s", 32)
    a, b = folder / "key-a.json", folder / "key-b.json"
    b.write_bytes(a.read_bytes())
    with pytest.raises(VaultError, match="another label"):
        again(vault).signer("b")
    renamed = json.loads(a.read_bytes()) | {"label": "b"}
    b.write_bytes(sealed_files.encode(renamed))
    with pytest.raises(VaultError, match=r"key-b\.json: was changed"):
        again(vault).signer("b")
    b.write_bytes((folder / "secret-s.json").read_bytes())
    with pytest.raises(VaultError):
        again(vault).signer("b")
    stranger = FileVault.create(folder.parent / "other", PASSPHRASE, scrypt_n=SMALLEST_N)
    stranger.create_key("b", KeyKind.P256)
    b.write_bytes((folder.parent / "other" / "key-b.json").read_bytes())
    with pytest.raises(VaultError, match="another vault"):
        again(vault).signer("b")


def test_entries_that_were_forged_with_the_key(vault: FileVault, folder: Path) -> None:
    """Sealed rightly, but saying another key than it holds, or holding none."""
    vault.create_key("a", KeyKind.P256)
    path = folder / "key-a.json"
    fields = json.loads(path.read_bytes())
    plain = sealed_files.open_fields(vault._keys[1], fields, file="x")
    bound = {name: value for name, value in fields.items() if name not in ("nonce", "wrapped")}
    for changed, content in ((bound | {"kind": "sm2"}, plain), (bound, b"no key")):
        path.write_bytes(sealed_files.encode(sealed_files.seal_fields(vault._keys[1], changed, content)))
        with pytest.raises(VaultError, match=r"key-a\.json"):
            again(vault).signer("a")


@pytest.mark.parametrize(
    "change",
    [
        {"n": 2**30},
        {"n": 2**14 + 1},
        {"n": 1},
        {"n": "32768"},
        {"p": 0},
        {"p": 10**6},
        {"r": 1},
        {"name": "plain"},
        {"salt": "?"},
        {"salt": None},
    ],
)
def test_hostile_parameters(vault: FileVault, folder: Path, change: dict[str, object]) -> None:
    """Derivation that would take all memory, or none, is refused although the check fits."""
    path = folder / VAULT_FILE
    fields = json.loads(path.read_bytes())
    wrapping = fields["generations"][0]["passphrase"]
    wrapping["kdf"] = wrapping["kdf"] | change
    fields.pop("check")
    path.write_bytes(sealed_files.encode(fields | {"check": sealed_files.check_of(fields)}))
    with pytest.raises(VaultError, match=VAULT_FILE):
        FileVault.open(folder, PASSPHRASE)


@pytest.mark.parametrize("step", ["fsync", "link", "replace"])
def test_crash_while_writing(
    vault: FileVault, folder: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Whichever step fails: the old state stands, nothing half-written is seen, and the next try works."""
    before = (folder / VAULT_FILE).read_bytes()

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    act: Callable[[], object] = lambda: vault.create_key("a", KeyKind.P256)  # noqa: E731
    if step == "replace":
        act = lambda: vault.change_passphrase(PASSPHRASE, "new", scrypt_n=SMALLEST_N)  # noqa: E731
    with monkeypatch.context() as patched:
        patched.setattr(os, step, fail)
        with pytest.raises(VaultError, match="No space left"):
            act()
    assert [path.name for path in folder.iterdir() if path.name != ".vault.lock"] == [VAULT_FILE]
    assert (folder / VAULT_FILE).read_bytes() == before
    act()


def test_leftovers_of_a_crash_are_not_keys(vault: FileVault, folder: Path) -> None:
    """A temporary file, or a stranger's, is no label."""
    (folder / ".key-a.json.0123456789abcdef").write_bytes(b"half")
    (folder / "key-A B.json").write_bytes(b"{}")
    assert vault.labels() == ()
    vault.create_key("a", KeyKind.P256)
    assert vault.labels() == ("a",)


def test_one_key_wins_a_race(vault: FileVault) -> None:
    """Two at once under one label: one key, one refusal; one secret for all."""
    start = threading.Barrier(4)

    def make(number: int) -> bytes | None:
        mine = again(vault)
        start.wait()
        try:
            return mine.create_key("a", KeyKind.P256).spki
        except LabelTaken:
            return None

    def keep(number: int) -> bytes:
        mine = again(vault)
        start.wait()
        return mine.create_secret("s", 32)

    with ThreadPoolExecutor(4) as pool:
        made = [spki for spki in pool.map(make, range(4)) if spki]
        kept = set(pool.map(keep, range(4)))
    assert made == [again(vault).signer("a").public_key.spki]
    assert kept == {again(vault).secret("s")}


def test_everything_is_a_keys_error() -> None:
    """One base for the neighbours to catch."""
    for one in (VaultError, LabelTaken, LabelMalformed, NoSuchKey, PassphraseWrong):
        assert issubclass(one, KeysError)
