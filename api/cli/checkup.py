# SPDX-License-Identifier: Apache-2.0
"""``yinxin doctor``: what is missing or unsafe, in words."""

from __future__ import annotations

import os
import platform
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import typer
from sqlalchemy import make_url

from keys import KeysError, Vault, sm2_providers

from ..certificates import TSA_SIGNERS
from ..settings import Settings, SettingsError, load_settings
from ..wiring import SETTINGS_FILE, Service, kernel_clock, open_service
from ..wiring.custody import custody_health
from .output import DEFAULT_DATA, DataOption, JsonOption, explain, plain, print_json, say, words_of

MARKS = {"ok": "[green]✔[/]", "warning": "[yellow]![/]", "problem": "[red]✘[/]"}
SOON = timedelta(days=60)
"""How long before the end of a seal it is spoken of."""
INSTALL = "install a system libcrypto (OpenSSL 3) or Botan 3"


@dataclass(frozen=True, slots=True)
class Note:
    """One finding: ``level`` is ok, warning or problem; ``todo`` says what to do about it."""

    level: str
    what: str
    todo: str = ""


def doctor(data: DataOption = DEFAULT_DATA, as_json: JsonOption = False) -> None:
    """体检 — say what is missing or unsafe.

    Looks at the machine and at the data directory.
    ✔ is fine, ! wants a look before real use, ✘ must be mended (exit code 1).
    """
    notes = [*_machine(), *_directory(data)]
    if as_json:
        print_json([{"level": one.level, "what": one.what, "todo": one.todo} for one in notes])
    else:
        for one in notes:
            say(f"{MARKS[one.level]} {plain(one.what)}")
            if one.todo:
                explain(f"→ {plain(one.todo)}", indent=4)
    raise typer.Exit(1 if any(one.level == "problem" for one in notes) else 0)


def _machine() -> Iterator[Note]:
    yield Note("ok", f"Python {platform.python_version()} on {platform.machine()}")
    try:
        providers = sm2_providers()
    except KeysError as error:
        yield Note("problem", f"没有国密实现 no SM2 provider: {error}", INSTALL)
        return
    for number, one in enumerate(providers):
        passed = f"SM2: {one.name} {one.version}, self-test passed"
        if number == 0:
            yield Note("warning" if one.note else "ok", f"{passed}; 使用中 in use", one.note)
        else:
            yield Note("ok", passed)
    if not providers[0].can_sign:
        yield Note("problem", "SM2 只能验签 can only be verified here, not signed", INSTALL)


def _directory(data: Path) -> Iterator[Note]:
    path = data / SETTINGS_FILE
    if not path.is_file():
        yield Note("problem", f"没有数据目录 no data directory at {data}", f"yinxin init --data {data}")
        return
    try:
        settings = load_settings(path)
    except SettingsError as error:
        yield Note("problem", f"设置 settings: {error}", f"correct {path}: {error.todo}")
        return
    yield Note("ok", f"设置 settings {path}")
    if settings.public_url.startswith("http:") and not _loopback(settings.public_url):
        yield Note(
            "problem", f"public_url {settings.public_url} is not HTTPS", "put TLS in front, use https://"
        )
    yield from _clock(settings)
    yield from _secrets(data, settings)
    yield from _opened(data)


def _clock(settings: Settings) -> Iterator[Note]:
    """Whether time stamps can rely on the clock of this machine, as far as its kernel knows."""
    refusing, limit = settings.time_require_synchronised, settings.time_max_error_ms
    level = "problem" if refusing else "warning"
    todo = "run chronyd or another time service here; without one, compare the clock by hand"
    said = kernel_clock()
    if said is None:
        if refusing or limit:
            yield Note("problem", "系统不报告时钟状态 the kernel says nothing of its clock", todo)
        return
    if not said.synchronised:
        yield Note(
            level,
            "时钟未同步,时间戳依赖它 the clock is not synchronised; time stamps rely on it",
            todo,
        )
    error = round(said.most_error.total_seconds() * 1000)
    if limit and error > limit:
        yield Note("problem", f"时钟误差过大 the clock may be {error} ms off, above the limit", todo)
    elif said.synchronised:
        yield Note("ok", f"时钟已同步 the clock is synchronised, at most {error} ms off")


def _secrets(data: Path, settings: Settings) -> Iterator[Note]:
    """Who else may read what only the service and its operator should."""
    key, passphrase = data / "operator.pem", data / "operator.passphrase"
    secret = (settings.passphrase_file, settings.vault_folder, *settings.vault_share_files)
    pin = settings.vault_token_pin_file
    for one in (*secret, key, passphrase, *_sqlite(settings), *(() if pin is None else (pin,))):
        if _shared(one):
            yield Note("problem", f"{one} 他人可读 is readable by others", f"chmod go-rwx {one}")
    if settings.passphrase_file.resolve().is_relative_to(data.resolve()):
        yield Note(
            "warning",
            "密钥库口令与密钥库放在一起 the vault's passphrase lies beside the vault",
            "move it to a place of its own and set [vault] passphrase_file",
        )
    if passphrase.exists():
        yield Note(
            "warning",
            "运营员口令与其密钥放在一起 the operator's passphrase lies beside the key",
            "give both to the operator by different ways and delete them here",
        )


def _sqlite(settings: Settings) -> tuple[Path, ...]:
    url = make_url(settings.database_url)
    return (Path(str(url.database)),) if url.drivername == "sqlite" else ()


def _shared(path: Path) -> bool:
    others = stat.S_IRWXG | stat.S_IRWXO
    return os.name == "posix" and path.exists() and bool(path.stat().st_mode & others)


def _opened(data: Path) -> Iterator[Note]:
    try:
        service = open_service(data)
    except Exception as error:
        words = words_of(error)
        if words is None:
            raise
        todo = "" if words[1].startswith("yinxin doctor") else words[1]
        yield Note("problem", f"服务无法启动 the service cannot start: {words[0]}", todo)
        return
    try:
        yield from _custody(service.vault)
        yield Note(
            "ok",
            f"数据库 database: {service.ledger.size()} ledger entries; modules: {service.module_names()}",
        )
        for one in service.seals.listed():
            yield Note("ok", f"印章 seal {one.seal_id}: {one.holder_name}, {one.kind.value}")
        for life, made in service.seal_lives.due_for_remake(service.clock() + SOON):
            what = (
                f"印章 {life.code} 有效期至 {made.valid_until:%Y-%m-%d},须重新制章 must be made anew by then"
            )
            yield Note("warning", what, "its holder asks for a change: certificate")
        for label in TSA_SIGNERS:
            if not service.timestamps.available(label):
                what = f"时间戳机构 {label} 不可用 has no certificate in force"
                yield Note("problem", what, "start the service: it makes one")
        yield from _lists(service)
        if service.second_lint is None:
            yield Note(
                "warning",
                "没有第二检查器 no second lint: RSA and ECDSA certificates pass our own rules alone",
                "pip install 'yinxin[lint]'",
            )
    finally:
        service.close()


def _lists(service: Service) -> Iterator[Note]:
    """Lists that are due: the service signs those of issuing authorities, people those of the roots."""
    roots = {one.name for one in service.certificates.authorities() if one.root}
    stale = service.certificates.stale_crls()
    if issuing := [name for name in stale if name not in roots]:
        yield Note(
            "warning",
            f"吊销列表过半 CRLs past half of their term: {', '.join(issuing)}",
            "start the service: it renews them",
        )
    if offline := [name for name in stale if name in roots]:
        yield Note(
            "warning",
            f"根的吊销列表将到期 CRLs of roots are due: {', '.join(offline)}",
            "bring the roots; yinxin ca ceremony with the same file signs them",
        )


def _custody(vault: Vault) -> Iterator[Note]:
    """Which vault, what opens it, what its keys did, and how the token is."""
    try:
        found = custody_health(vault)
    except KeysError as error:
        yield Note("problem", f"密钥库 vault: {error}", "restore the file from a backup")
        return
    shares = "" if found.vault.shares is None else "{} of {} shares".format(*found.vault.shares)
    ways = " or ".join(one for one in ("passphrase" if found.vault.passphrase else "", shares) if one)
    yield Note(
        "ok",
        f"密钥库 vault {found.vault.vault}: opened by {ways}; generation {found.vault.generation}; "
        f"{found.keys} keys, used at most {found.uses} times",
    )
    if found.vault.rotating:
        yield Note(
            "warning", "轮换未完成 a rotation was interrupted", "stop the service; yinxin vault rotate"
        )
    if found.token:
        level = "ok" if found.token_well else "problem"
        yield Note(level, f"令牌 token: {found.token}", "" if found.token_well else "see [vault] token_…")


def _loopback(url: str) -> bool:
    host = url.split("://", 1)[1].split("/", 1)[0]
    return (host.rsplit(":", 1)[0] if not host.endswith("]") else host) in ("127.0.0.1", "localhost", "[::1]")
