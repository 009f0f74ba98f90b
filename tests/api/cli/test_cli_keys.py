# SPDX-License-Identifier: Apache-2.0
"""``yinxin key``: key files, requests, PKCS #12, envelopes and blobs at the console; OpenSSL as the peer."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.cli import app
from ca import parse_request
from keys import (
    CsrResponse,
    KeyKind,
    SoftwareKey,
    envelope_key,
    generate_key,
    parse_enveloped_key,
    parse_sdf_blob,
    parse_skf_blob,
    read_key_file,
    read_pkcs12,
)
from keys.formats import pbes2, pkcs12

PASSPHRASE = "INSECURE 口令"
USCC, ORGANIZATION = "91510100DEM001017Y", "示例建工有限公司"
KINDS = ["sm2", "rsa2048", "p256"]
Openssl = Callable[..., str]


@pytest.fixture
def openssl(tmp_path: Path) -> Openssl:
    """Run ``openssl`` beside the files of the test; what it says on either stream."""
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("no openssl on this machine (Debian: apt install openssl): nothing was cross-checked")

    def run(*arguments: object) -> str:
        command = [program, *map(str, arguments)]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=60, check=False)
        said = (done.stdout + done.stderr).decode("utf-8", "replace")
        assert done.returncode == 0, said
        return said

    return run


@pytest.fixture(autouse=True)
def few_iterations(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Key files that are made here open quickly, but for those of :func:`test_make`: as people get them."""
    if request.function is not test_make:
        monkeypatch.setattr(pbes2, "ITERATIONS", 1000)
        monkeypatch.setattr(pkcs12, "MAC_ITERATIONS", 1000)


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "passphrase"
    path.write_text(PASSPHRASE + "\n", "utf-8")
    return path


@pytest.fixture
def made_key(yinxin: Any, tmp_path: Path, secret: Path) -> Callable[[str], Path]:
    def make(kind: str) -> Path:
        path = tmp_path / f"{kind}.pem"
        ran = yinxin("key", "make", "--kind", kind, "--out", path, "--passphrase-file", secret, "--json")
        assert ran.code == 0, ran.err
        assert ran.json["kind"] == kind
        return path

    return make


@pytest.fixture
def refused(yinxin: Any, tmp_path: Path) -> Callable[..., str]:
    """A command that must end in one sentence with what to do, and without a new file."""

    def run(*arguments: object) -> str:
        before = sorted(tmp_path.iterdir())
        ran = yinxin("key", *arguments)
        assert (ran.code, ran.out) == (1, "")
        assert len(ran.err.splitlines()) == 2
        assert ran.err.splitlines()[1].startswith("  → ")
        assert sorted(tmp_path.iterdir()) == before
        return str(ran.err)

    return run


def opened(path: Path) -> SoftwareKey:
    return read_key_file(path.read_bytes(), PASSPHRASE)[0]


def certified(openssl: Openssl, key: Path, name: str, *more: str) -> bytes:
    """A self-signed certificate of a key file, made by OpenSSL; DER."""
    sm2 = ["-sm3", "-sigopt", "distid:1234567812345678"] if "sm2" in more else []
    command = [
        "req",
        "-x509",
        "-new",
        "-key",
        key,
        "-passin",
        "file:passphrase",
        "-subj",
        f"/CN={name}",
        *sm2,
    ]
    openssl(*command, "-outform", "DER", "-out", f"{name}.der")
    return (key.parent / f"{name}.der").read_bytes()


@pytest.mark.parametrize("kind", list(KeyKind))
def test_make(made_key: Callable[[str], Path], openssl: Openssl, kind: KeyKind) -> None:
    """Every kind; encrypted, for the owner alone, and OpenSSL opens it."""
    path = made_key(kind.value)
    assert path.stat().st_mode & 0o777 == 0o600
    assert b"ENCRYPTED PRIVATE KEY" in path.read_bytes()
    assert opened(path).public_key.kind is kind
    openssl("pkey", "-in", path, "-passin", "file:passphrase", "-noout", "-check")


@pytest.mark.parametrize("kind", KINDS)
def test_request(
    yinxin: Any, made_key: Callable[[str], Path], secret: Path, openssl: Openssl, tmp_path: Path, kind: str
) -> None:
    """OpenSSL verifies it, SM2 with the user id; the name is the one that was given."""
    key, out = made_key(kind), tmp_path / "our.csr"
    who = ("--name", "王样二", "--organization", ORGANIZATION, "--uscc", USCC)
    ran = yinxin("key", "request", key, *who, "--out", out, "--passphrase-file", secret)
    assert ran.code == 0, ran.err
    subject = parse_request(out.read_bytes()).subject
    assert subject is not None
    assert (subject.common_name, subject.organization, subject.uscc) == ("王样二", ORGANIZATION, USCC)
    options = ["-vfyopt", "distid:1234567812345678"] if kind == "sm2" else []
    said = openssl("req", "-inform", "DER", "-in", out, "-verify", "-noout", *options)
    assert "verify OK" in said


@pytest.mark.parametrize("kind", KINDS)
def test_pkcs12_and_back(
    yinxin: Any, made_key: Callable[[str], Path], secret: Path, openssl: Openssl, tmp_path: Path, kind: str
) -> None:
    """With its certificate; OpenSSL reads the file, and the way back gives the same key file."""
    key, store, back = made_key(kind), tmp_path / "key.p12", tmp_path / "back.pem"
    certificate = certified(openssl, key, "holder", kind)
    pem = openssl("x509", "-inform", "DER", "-in", "holder.der")
    key.write_bytes(pem.encode() + key.read_bytes())
    given = ("--passphrase-file", secret)
    ran = yinxin("key", "pkcs12", key, "--out", store, "--name", "holder", *given, "--json")
    assert ran.code == 0, ran.err
    assert ran.json["certificates"] == 1
    assert store.stat().st_mode & 0o777 == 0o600
    said = openssl("pkcs12", "-info", "-in", store, "-passin", "file:passphrase", "-nodes")
    assert "PBES2" in said
    assert "friendlyName: holder" in said
    assert "BEGIN CERTIFICATE" in said
    ran = yinxin("key", "open", store, "--out", back, *given)
    assert ran.code == 0, ran.err
    assert back.stat().st_mode & 0o777 == 0o600
    again, certificates = read_key_file(back.read_bytes(), PASSPHRASE)
    assert (again.pkcs8(), certificates) == (opened(key).pkcs8(), (certificate,))


def test_another_passphrase(
    yinxin: Any, made_key: Callable[[str], Path], secret: Path, tmp_path: Path
) -> None:
    key, store, other = made_key("p256"), tmp_path / "key.p12", tmp_path / "other"
    other.write_text("INSECURE another", "utf-8")
    given = ("--passphrase-file", secret, "--out-passphrase-file", other)
    assert yinxin("key", "pkcs12", key, "--out", store, *given).code == 0
    assert read_pkcs12(store.read_bytes(), "INSECURE another")[0].pkcs8() == opened(key).pkcs8()


def test_a_plain_key(yinxin: Any, secret: Path, tmp_path: Path) -> None:
    """A key from elsewhere, unprotected: what is written has the passphrase that is given."""
    key, path, store = generate_key(KeyKind.SM2), tmp_path / "plain.der", tmp_path / "key.p12"
    path.write_bytes(key.pkcs8())
    assert yinxin("key", "pkcs12", path, "--out", store, "--passphrase-file", secret).code == 0
    assert read_pkcs12(store.read_bytes(), PASSPHRASE)[0].pkcs8() == key.pkcs8()
    assert yinxin("key", "request", path, "--name", "x", "--out", tmp_path / "our.csr").code == 0


def test_a_hidden_prompt(tmp_path: Path) -> None:
    """Asked twice, shown nowhere; nothing typed is a refusal in words."""
    out = tmp_path / "key.pem"
    arguments = ["key", "make", "--kind", "p256", "--out", str(out)]
    ran = CliRunner().invoke(app, arguments, input=f"{PASSPHRASE}\n{PASSPHRASE}\n")
    assert ran.exit_code == 0, ran.stderr
    assert PASSPHRASE not in ran.stdout + ran.stderr
    assert opened(out).public_key.kind is KeyKind.P256
    out.unlink()
    ran = CliRunner().invoke(app, arguments, input="")
    assert ran.exit_code == 1
    assert "--passphrase-file" in ran.stderr
    assert not out.exists()


@pytest.mark.parametrize("form", ["envelope", "response"])
def test_envelope(
    yinxin: Any, made_key: Callable[[str], Path], secret: Path, openssl: Openssl, tmp_path: Path, form: str
) -> None:
    """The encryption key with its certificate, from the envelope alone and from the response."""
    signing, sent, out = made_key("sm2"), tmp_path / "sent.der", tmp_path / "encryption.pem"
    certificate = certified(openssl, signing, "signing", "sm2")
    inner_file = tmp_path / "inner.pem"
    given = ("--passphrase-file", secret)
    assert yinxin("key", "make", "--kind", "sm2", "--out", inner_file, *given).code == 0
    inner, encryption = opened(inner_file), certified(openssl, inner_file, "encryption", "sm2")
    enveloped = envelope_key(inner, opened(signing).public_key)
    more: tuple[object, ...] = ("--certificate", tmp_path / "encryption.der")
    if form == "response":
        content, more = CsrResponse([certificate], enveloped, [certificate, encryption]).encode(), ()
    else:
        content = enveloped.encode()
    sent.write_bytes(content)
    ran = yinxin("key", "envelope", sent, "--key", signing, "--out", out, *given, *more, "--json")
    assert ran.code == 0, ran.err
    assert out.stat().st_mode & 0o777 == 0o600
    key, certificates = read_key_file(out.read_bytes(), PASSPHRASE)
    assert key.pkcs8() == inner.pkcs8()
    assert certificates[0] == encryption
    for name, parse in (("skf", parse_skf_blob), ("sdf", parse_sdf_blob)):
        blob = tmp_path / name
        assert yinxin("key", "blob", sent, "--form", name, "--out", blob).code == 0
        assert parse(blob.read_bytes()) == parse_enveloped_key(enveloped.encode())


def test_envelopes_that_do_not_open(
    refused: Any, made_key: Callable[[str], Path], secret: Path, openssl: Openssl, tmp_path: Path
) -> None:
    """Another's key, another kind of key, a changed or foreign file, another pair's certificate."""
    signing, rsa, sent = made_key("sm2"), made_key("p256"), tmp_path / "sent.der"
    certificate = certified(openssl, signing, "signing", "sm2")
    whole = envelope_key(generate_key(KeyKind.SM2), generate_key(KeyKind.SM2).public_key).encode()
    sent.write_bytes(whole)
    out = ("--out", tmp_path / "new.pem", "--passphrase-file", secret)
    assert "signing key that the request was made with" in refused("envelope", sent, "--key", signing, *out)
    assert "only SM2 keys" in refused("envelope", sent, "--key", rsa, *out)
    sent.write_bytes(whole[:-1])
    assert "fetch it again" in refused("envelope", sent, "--key", signing, *out)
    assert "fetch it again" in refused("blob", sent, "--form", "skf", "--out", tmp_path / "blob")
    sent.write_bytes(CsrResponse([certificate]).encode())
    assert "no encryption key" in refused("envelope", sent, "--key", signing, *out)
    sent.write_bytes(envelope_key(generate_key(KeyKind.SM2), opened(signing).public_key).encode())
    another = ("--certificate", tmp_path / "signing.der")
    assert "of one pair" in refused("envelope", sent, "--key", signing, *another, *out)


def test_files_that_do_not_open(
    yinxin: Any, refused: Any, made_key: Callable[[str], Path], secret: Path, tmp_path: Path
) -> None:
    """Wrong passphrase, damaged file, no such file, an output that is there, a bad name."""
    key, store, wrong = made_key("p256"), tmp_path / "key.p12", tmp_path / "wrong"
    wrong.write_text("INSECURE wrong\n", "utf-8")
    given, new = ("--passphrase-file", secret), tmp_path / "new"
    assert yinxin("key", "pkcs12", key, "--out", store, *given).code == 0
    for command in ("pkcs12", "open"):
        source = store if command == "open" else key
        assert "口令不对" in refused(command, source, "--out", new, "--passphrase-file", wrong)
        assert "not overwritten" in refused(command, source, "--out", key, *given)
        assert "no such file" in refused(command, tmp_path / "gone", "--out", new, *given)
    assert "not overwritten" in refused("make", "--kind", "sm2", "--out", key, *given)
    asked = ("request", key, "--out", new, *given)
    assert "uscc" in refused(*asked, "--name", "x", "--organization", ORGANIZATION, "--uscc", "1")
    damaged = bytearray(store.read_bytes())
    damaged[-40] ^= 1
    store.write_bytes(bytes(damaged))
    assert "密钥无法读取" in refused("open", store, "--out", new, *given)
    key.write_bytes(key.read_bytes()[:-60])
    assert "密钥无法读取" in refused("request", key, "--out", new, *given, "--name", "x")
    for content in (b"", b"two\nlines\n", b"\xff"):
        wrong.write_bytes(content)
        assert "passphrase" in refused("make", "--kind", "p256", "--out", new, "--passphrase-file", wrong)


def test_never_in_a_command_line(yinxin: Any) -> None:
    """No option takes a passphrase itself."""
    for command in ("make", "request", "pkcs12", "open", "envelope"):
        ran = yinxin("key", command, "--passphrase", PASSPHRASE)
        assert ran.code == 64
        assert "--passphrase-file" in yinxin("key", command, "--help").out


def test_json(yinxin: Any, made_key: Callable[[str], Path], secret: Path, tmp_path: Path) -> None:
    key, out = made_key("p384"), tmp_path / "our.csr"
    ran = yinxin("key", "request", key, "--name", "x", "--out", out, "--passphrase-file", secret, "--json")
    facts = json.loads(ran.out)
    assert facts == {"file": str(out), "kind": "p384", "key_id": opened(key).public_key.key_id.hex()}
