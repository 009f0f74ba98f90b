# SPDX-License-Identifier: Apache-2.0
"""``yinxin doctor``: what is missing or unsafe, in words."""

from __future__ import annotations

import os
import platform
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import typer
from rich.markup import escape

from keys import KeysError, sm2_providers

from ..settings import SettingsError, load_settings
from ..wiring import SETTINGS_FILE, WiringError, open_service
from .output import DEFAULT_DATA, DataOption, JsonOption, console, print_json

MARKS = {"ok": "[green]✔[/]", "warning": "[yellow]![/]", "problem": "[red]✘[/]"}


@dataclass(frozen=True, slots=True)
class Note:
    """One finding: ``level`` is ok, warning or problem; ``todo`` says what to do about it."""

    level: str
    what: str
    todo: str = ""


def doctor(data: DataOption = DEFAULT_DATA, as_json: JsonOption = False) -> None:
    """体检 — look at the machine and the data directory; exit code 1 when something is missing or unsafe."""
    notes = [*_machine(), *_directory(data)]
    if as_json:
        print_json([{"level": one.level, "what": one.what, "todo": one.todo} for one in notes])
    else:
        for one in notes:
            console.print(f"{MARKS[one.level]} {escape(one.what)}", soft_wrap=True)
            if one.todo:
                console.print(f"    → {escape(one.todo)}", soft_wrap=True)
    raise typer.Exit(1 if any(one.level == "problem" for one in notes) else 0)


def _machine() -> Iterator[Note]:
    yield Note("ok", f"Python {platform.python_version()} on {platform.machine()}")
    try:
        providers = sm2_providers()
    except KeysError as error:
        yield Note(
            "problem", f"no SM2 provider: {error}", "install a system libcrypto (OpenSSL 3) or Botan 3"
        )
        return
    for number, one in enumerate(providers):
        used = " (in use)" if number == 0 else ""
        yield Note("ok", f"SM2 by {one.name} {one.version}, self-test passed{used}")
    first = providers[0]
    if not first.can_sign:
        yield Note(
            "problem",
            "SM2 can only be verified here, not signed",
            "install a system libcrypto (OpenSSL 3) or Botan 3",
        )
    elif platform.machine() in ("aarch64", "arm64") and first.name != "botan":
        yield Note("warning", "SM2 signing by libcrypto on ARM64 may leak through timing", "install Botan 3")


def _directory(data: Path) -> Iterator[Note]:
    path = data / SETTINGS_FILE
    if not path.is_file():
        yield Note("warning", f"no data directory at {data}", f"yinxin init --data {data}")
        return
    try:
        settings = load_settings(path)
    except SettingsError as error:
        yield Note("problem", f"settings: {error}", f"correct {path}")
        return
    yield Note("ok", f"settings {path}")
    if settings.public_url.startswith("http:") and not _loopback(settings.public_url):
        yield Note(
            "problem", f"public_url {settings.public_url} is not HTTPS", "put TLS in front, use https://"
        )
    for secret in (settings.passphrase_file, settings.vault_folder):
        if os.name == "posix" and secret.exists() and secret.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            yield Note("problem", f"{secret} is readable by others", f"chmod go-rwx {secret}")
    if settings.passphrase_file.resolve().is_relative_to(data.resolve()):
        yield Note(
            "warning",
            "the vault's passphrase lies beside the vault",
            "move it to a place of its own and set [vault] passphrase_file",
        )
    if (data / "operator.passphrase").exists():
        yield Note(
            "warning",
            "the operator's passphrase lies beside the key",
            "give both to the operator and delete them here",
        )
    yield from _opened(data)


def _opened(data: Path) -> Iterator[Note]:
    try:
        service = open_service(data)
    except (SettingsError, WiringError, KeysError) as error:
        yield Note("problem", f"the service cannot start: {error}", getattr(error, "todo", ""))
        return
    try:
        yield Note(
            "ok", f"database with {service.ledger.size()} ledger entries; modules: {service.module_names()}"
        )
        for one in service.seals.listed():
            yield Note("ok", f"seal {one.seal_id}: {one.holder_name}, {one.kind.value}")
        stale = service.certificates.stale_crls()
        if stale:
            yield Note("warning", f"CRLs past half of their term: {', '.join(stale)}", "start the service")
    finally:
        service.close()


def _loopback(url: str) -> bool:
    host = url.split("://", 1)[1].split("/", 1)[0].rsplit(":", 1)[0]
    return host in ("127.0.0.1", "localhost", "[::1]")
