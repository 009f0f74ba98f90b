# SPDX-License-Identifier: Apache-2.0
"""``yinxin key make|request|pkcs12|open|envelope|blob``: keys and their formats, offline, without a service.

Key files are those of :func:`keys.write_key_file`.  Passphrases come from a file or a hidden prompt, never
from the command line.  Written: PKCS#10 (RFC 2986), PKCS #12 (RFC 7292), SKF and SDF blobs (GM/T 0016,
GM/T 0018); opened: SM2EnvelopedKey (GB/T 35276), alone or in a CSR response (GM/T 0092).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ca import SubjectName, make_request
from keys import (
    CipherMalformed,
    CsrResponse,
    DecryptionFailed,
    KeyKind,
    KeyMalformed,
    KeysError,
    KeyUnsupported,
    PassphraseWrong,
    SigningRefused,
    SM2EnvelopedKey,
    SoftwareKey,
    generate_key,
    open_enveloped_key,
    parse_csr_response,
    parse_enveloped_key,
    parse_private_key,
    read_key_file,
    read_pkcs12,
    write_key_file,
    write_pkcs12,
    write_sdf_blob,
    write_skf_blob,
)
from keys.der import SEQUENCE, SET, expect, read_only
from verify import parse_certificate

from .files import read_input, require_new, write_new
from .output import JsonOption, explain, plain, plain_errors, print_json, refuse, say

app = typer.Typer(
    help="密钥 keys, offline: make, request, pkcs12, open, envelope, blob.", no_args_is_help=True
)
MOST_BYTES = 1024 * 1024
PRIVATE = 0o600
_TODO: tuple[tuple[type[KeysError], str], ...] = (
    (PassphraseWrong, "check the passphrase, or the file that holds it"),
    (KeyMalformed, "take the file again from where it was made; a key file is PEM, PKCS #12 is .p12"),
    (KeyUnsupported, "SM2, RSA of 2048 bits or more, ECDSA P-256 or P-384; PKCS #12 as OpenSSL 3 writes it"),
    (DecryptionFailed, "give with --key the signing key that the request was made with"),
    (CipherMalformed, "fetch it again as it is (DER): the certificate's /envelope or /response"),
    (SigningRefused, "yinxin doctor names the SM2 provider that is missing"),
)


class BlobForm(StrEnum):
    """Which interface takes the key in."""

    SKF = "skf"
    SDF = "sdf"


KeyFileArgument = Annotated[
    Path, typer.Argument(metavar="KEYFILE", help="key file (PEM)", show_default=False)
]
EnvelopeArgument = Annotated[
    Path, typer.Argument(metavar="FILE", help="SM2EnvelopedKey or CSR response (DER)", show_default=False)
]
PassphraseOption = Annotated[
    Path | None,
    typer.Option("--passphrase-file", help="file with the passphrase; asked by default", show_default=False),
]
OutPassphraseOption = Annotated[
    Path | None,
    typer.Option("--out-passphrase-file", help="file with another passphrase for --out", show_default=False),
]


@dataclass(frozen=True, slots=True, repr=False)
class Held:
    """A key file that was opened; no passphrase where it needed none and none was given."""

    key: SoftwareKey
    certificates: tuple[bytes, ...]
    passphrase: str | None


@app.command()
def make(
    kind: Annotated[KeyKind, typer.Option(help="which key", show_default=False)],
    out: Annotated[Path, typer.Option(help="new key file (PEM, encrypted)", show_default=False)],
    passphrase_file: PassphraseOption = None,
    as_json: JsonOption = False,
) -> None:
    """生成密钥 — make a key in an encrypted key file."""
    require_new(out)
    passphrase = _passphrase(passphrase_file, out, new=True)
    with _told(out):
        key = generate_key(kind)
        content = write_key_file(key, (), passphrase)
    write_new(out, content, mode=PRIVATE)
    _done(out, key, as_json, todo=f"yinxin key request {plain(out)} --name …")


@app.command()
def request(
    keyfile: KeyFileArgument,
    name: Annotated[str, typer.Option(help="whom the certificate shall name", show_default=False)],
    out: Annotated[Path, typer.Option(help="new file for the request (PKCS#10, DER)", show_default=False)],
    organization: Annotated[str, typer.Option(help="full name of the organisation")] = "",
    uscc: Annotated[str, typer.Option(help="its unified social credit code")] = "",
    passphrase_file: PassphraseOption = None,
    as_json: JsonOption = False,
) -> None:
    """证书请求 — ask for a certificate of this key."""
    require_new(out)
    with plain_errors():
        subject = SubjectName(name, organization, uscc)
    held = held_key(keyfile, passphrase_file)
    with plain_errors():
        content = make_request(held.key, subject)
    write_new(out, content, mode=PRIVATE)
    _done(out, held.key, as_json)


@app.command()
def pkcs12(
    keyfile: KeyFileArgument,
    out: Annotated[Path, typer.Option(help="new PKCS #12 file (.p12)", show_default=False)],
    name: Annotated[str, typer.Option(help="name of the key inside; keystores show it")] = "",
    passphrase_file: PassphraseOption = None,
    out_passphrase_file: OutPassphraseOption = None,
    as_json: JsonOption = False,
) -> None:
    """导出 — key and certificates as a PKCS #12 file.

    It has the passphrase of the key file, or that of --out-passphrase-file.
    """
    require_new(out)
    held = held_key(keyfile, passphrase_file)
    passphrase = _passphrase_of(out, held.passphrase, out_passphrase_file)
    with _told(keyfile):
        content = write_pkcs12(held.key, held.certificates, passphrase, name)
    write_new(out, content, mode=PRIVATE)
    _done(out, held.key, as_json, certificates=held.certificates)


@app.command("open")
def open_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="PKCS #12 file", show_default=False)],
    out: Annotated[Path, typer.Option(help="new key file (PEM, encrypted)", show_default=False)],
    passphrase_file: PassphraseOption = None,
    out_passphrase_file: OutPassphraseOption = None,
    as_json: JsonOption = False,
) -> None:
    """导入 — a PKCS #12 file as a key file.

    It has the same passphrase, or that of --out-passphrase-file.
    """
    require_new(out)
    content = read_input(file, MOST_BYTES)
    given = _passphrase(passphrase_file, file)
    with _told(file):
        key, certificates = read_pkcs12(content, given)
    passphrase = _passphrase_of(out, given, out_passphrase_file)
    with _told(file):
        written = write_key_file(key, certificates, passphrase)
    write_new(out, written, mode=PRIVATE)
    _done(out, key, as_json, certificates=certificates)


@app.command()
def envelope(
    file: EnvelopeArgument,
    key: Annotated[Path, typer.Option(help="key file of the signing key", show_default=False)],
    out: Annotated[Path, typer.Option(help="new key file of the encryption key", show_default=False)],
    certificate: Annotated[
        Path | None,
        typer.Option(help="its certificate, where FILE is an envelope alone", show_default=False),
    ] = None,
    passphrase_file: PassphraseOption = None,
    out_passphrase_file: OutPassphraseOption = None,
    as_json: JsonOption = False,
) -> None:
    """打开信封 — open the encryption key that the authority sent.

    The new file has the passphrase of --key, or that of --out-passphrase-file.
    """
    require_new(out)
    enveloped, certificates = _delivered(file)
    if certificate is not None:
        certificates = (read_input(certificate, MOST_BYTES),)
    held = held_key(key, passphrase_file)
    with _told(file):
        opened = open_enveloped_key(enveloped, held.key)
    chain = _own_first(opened, certificates, certificate or file)
    passphrase = _passphrase_of(out, held.passphrase, out_passphrase_file)
    with _told(file):
        content = write_key_file(opened, chain, passphrase)
    write_new(out, content, mode=PRIVATE)
    _done(out, opened, as_json, certificates=chain)
    if not chain and not as_json:
        explain("→ 其中没有证书 no certificate is in it: give the response, or --certificate", indent=2)


@app.command()
def blob(
    file: EnvelopeArgument,
    form: Annotated[BlobForm, typer.Option(help="USB key (skf) or device (sdf)", show_default=False)],
    out: Annotated[Path, typer.Option(help="new file for the blob", show_default=False)],
    as_json: JsonOption = False,
) -> None:
    """令牌数据块 — the envelope as tokens and devices take it.

    Nothing is opened: the key inside stays encrypted for the signing key.
    """
    require_new(out)
    enveloped, _ = _delivered(file)
    write_new(out, (write_skf_blob if form is BlobForm.SKF else write_sdf_blob)(enveloped), mode=PRIVATE)
    if as_json:
        print_json({"file": str(out), "form": form.value})
        return
    say(f"[green]✔[/] {plain(out)}  {form.value}")


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """What is wrong with this file, and what to do."""
    with plain_errors():
        try:
            yield
        except KeysError as error:
            for kind, todo in _TODO:
                if isinstance(error, kind):
                    raise refuse(f"{path}: {_ZH[kind]} {error}", todo) from error
            raise


_ZH: dict[type[KeysError], str] = {
    PassphraseWrong: "口令不对",
    KeyMalformed: "密钥无法读取",
    KeyUnsupported: "不支持这种密钥或文件",
    DecryptionFailed: "用这个密钥打不开",
    CipherMalformed: "不是密钥信封",
    SigningRefused: "本机不能使用SM2私钥",
}


def _passphrase(file: Path | None, whose: Path, *, new: bool = False) -> str:
    """From the file, its only line; otherwise asked without showing it, twice for a new one."""
    if file is None:
        try:
            asked = typer.prompt(
                f"{plain(whose)} 口令 passphrase", hide_input=True, confirmation_prompt=new, err=True
            )
        except typer.Abort as error:
            raise refuse(
                "没有口令 no passphrase", "type it, or give a file: --passphrase-file, --out-passphrase-file"
            ) from error
        return str(asked)
    try:
        lines = read_input(file, MOST_BYTES).decode("utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise refuse(f"{file}: 不是文本 it is no text", "write the passphrase in UTF-8") from error
    if len(lines) != 1 or not lines[0]:
        raise refuse(f"{file}: 口令须为一行 a passphrase is one line", "write it alone into this file")
    return lines[0]


def _passphrase_of(out: Path, given: str | None, file: Path | None) -> str:
    """The one for the new file: its own, else that of the file it comes from, else asked."""
    if file is not None or given is None:
        return _passphrase(file, out, new=True)
    return given


def held_key(path: Path, passphrase_file: Path | None) -> Held:
    """Open a key file, or a plain key; asks for the passphrase only where it needs one."""
    content = read_input(path, MOST_BYTES)
    given = None
    with _told(path):
        try:
            parse_private_key(content)
            locked = False
        except PassphraseWrong:
            locked = True
        if locked or passphrase_file is not None:
            given = _passphrase(passphrase_file, path)
        key, certificates = read_key_file(content, given or "")
    return Held(key, certificates, given)


def _delivered(path: Path) -> tuple[SM2EnvelopedKey, Sequence[bytes]]:
    """The envelope, and the encryption certificates that came with it: a response begins with a SET."""
    content = read_input(path, MOST_BYTES)
    with _told(path):
        try:
            parts = expect(read_only(content), SEQUENCE).children()
        except KeysError as error:
            raise CipherMalformed(f"neither SM2EnvelopedKey nor CSR response: {error}") from error
        if not parts or parts[0].tag != SET:
            return parse_enveloped_key(content), ()
        response: CsrResponse = parse_csr_response(content)
    if response.enveloped is None:
        raise refuse(
            f"{path}: 其中没有加密密钥 no encryption key is in this response",
            "only a pair for signing and encryption has one",
        )
    return response.enveloped, response.encryption


def _own_first(key: SoftwareKey, certificates: Sequence[bytes], path: Path) -> tuple[bytes, ...]:
    with plain_errors():
        found = [parse_certificate(one) for one in certificates]
    own = [one.der for one in found if one.public_key == key.public_key]
    if found and not own:
        raise refuse(
            f"{path}: 证书不是这个加密密钥的 no certificate of this encryption key",
            "fetch envelope and certificate of one pair",
        )
    return tuple(own[:1] + [one.der for one in found if one.der not in own[:1]])


def _done(
    out: Path, key: SoftwareKey, as_json: bool, *, certificates: Sequence[bytes] | None = None, todo: str = ""
) -> None:
    kind, key_id = key.public_key.kind.value, key.public_key.key_id.hex()
    if as_json:
        facts: dict[str, object] = {"file": str(out), "kind": kind, "key_id": key_id}
        if certificates is not None:
            facts["certificates"] = len(certificates)
        print_json(facts)
        return
    say(f"[green]✔[/] {plain(out)}  {kind}  {key_id}")
    if todo:
        explain(f"→ {todo}", indent=2)
