# SPDX-License-Identifier: Apache-2.0
"""Settings: one TOML file, read once into a frozen value, every key known and checked.

Secrets are never in it: it names the files that hold them.  Relative paths start at the folder of the file.
"""

from __future__ import annotations

import difflib
import json
import os
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from keys import KeysError, der
from verify import IdentifierInvalid, parse_uscc

LARGEST_FILE = 64 * 1024
MODULES = ("registry", "project", "credit")
"""The relying modules that a new settings file enables."""
TSA_POLICY = "2.25.55529524054075566902372156738353239370"
"""An identifier that nobody had to be asked for (X.667): it says no more than *this software's default*."""


class SettingsError(Exception):
    """The settings cannot be used.  ``key`` is the setting, ``todo`` what to do."""

    def __init__(self, key: str, why: str, todo: str) -> None:
        super().__init__(f"{key}: {why}" if key else why)
        self.key, self.why, self.todo = key, why, todo


@dataclass(frozen=True, slots=True)
class Settings:
    """What the operator decided.  Paths are absolute."""

    public_url: str
    host: str
    port: int
    max_upload_mb: int
    database_url: str
    vault_folder: Path
    passphrase_file: Path
    vault_share_files: tuple[Path, ...]
    vault_token_module: Path | None
    vault_token_label: str
    vault_token_pin_file: Path | None
    relying_enabled: tuple[str, ...]
    authority_uscc: str
    authority_name: str
    time_policy: str
    time_accuracy_ms: int
    time_require_synchronised: bool
    time_max_error_ms: int
    est_client_certificate_from: tuple[str, ...]
    acme_enabled: bool
    acme_allow_private: bool
    acme_http_port: int
    acme_dns_servers: tuple[str, ...]
    acme_resolve: tuple[tuple[str, str], ...]
    acme_caa_identity: str
    kmc_embedded: bool
    kmc_folder: Path
    kmc_socket: Path
    kmc_key_file: Path


class _Wrong(Exception):
    """A value breaks the rule of its setting: why, and what to do.  Stays inside this module."""

    def __init__(self, why: str, todo: str) -> None:
        super().__init__(why)
        self.why, self.todo = why, todo


@dataclass(frozen=True, slots=True)
class _Setting:
    """One key: how its value is read (given the folder of the file), its default, its words."""

    read: Callable[[Any, Path], Any]
    default: Any  # None: required
    zh: str
    en: str


def load_settings(path: Path) -> Settings:
    """Read and check a settings file.  Raises :class:`SettingsError`, whatever the file holds."""
    folder = path.absolute().parent
    values: dict[str, Any] = {}
    given = _tables(path)
    for section in given:
        if section not in _SECTIONS:
            raise _unknown(f"[{section}]", [f"[{name}]" for name in _SECTIONS])
    for section, settings in _SECTIONS.items():
        table = given.get(section, {})
        for name in table:
            if name not in settings:
                raise _unknown(f"[{section}] {name}", [f"[{section}] {one}" for one in settings])
        for name, setting in settings.items():
            key = f"[{section}] {name}"
            value = table.get(name, setting.default)
            if value is None:
                raise SettingsError(key, "缺少此项 it is missing", f"add {name} to the section [{section}]")
            try:
                values[_FIELDS[section, name]] = setting.read(value, folder)
            except _Wrong as wrong:
                raise SettingsError(key, wrong.why, wrong.todo) from None
    if values["vault_token_module"] is not None:
        for name in ("token_label", "token_pin_file"):
            if not values[f"vault_{name}"]:
                raise SettingsError(
                    f"[vault] {name}", "缺少此项 it is missing", "token_module needs it as well"
                )
    if not values["acme_allow_private"] and (values["acme_http_port"] != 80 or values["acme_resolve"]):
        raise SettingsError(
            "[acme] allow_private",
            "http_port 与 resolve 只在 allow_private = true 时可用 they need allow_private = true",
            "set it to true on a network without public addresses, or leave the two at their defaults",
        )
    return Settings(**values)


def write_settings(
    path: Path,
    *,
    public_url: str,
    authority_uscc: str,
    authority_name: str,
    relying_enabled: tuple[str, ...] = MODULES,
    port: int | None = None,
    database_url: str = "",
) -> Settings:
    """Write a new file in which each setting is explained; only its owner may read it.

    The values are checked first: nothing is written that :func:`load_settings` would refuse.
    """
    chosen: dict[tuple[str, str], Any] = {
        ("service", "public_url"): public_url,
        ("relying", "enabled"): list(relying_enabled),
        ("authority", "uscc"): authority_uscc,
        ("authority", "name"): authority_name,
        **({("service", "port"): port} if port is not None else {}),
        **({("database", "url"): database_url} if database_url else {}),
    }
    text = "".join(_lines(chosen))
    part = path.with_name(f".{path.name}.part")
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        settings = load_settings(part)
        part.replace(path)  # the whole file or none of it
    except OSError as error:
        raise SettingsError("", f"cannot write {path}: {error.strerror}", "choose another folder") from error
    finally:
        part.unlink(missing_ok=True)
    return settings


def _tables(path: Path) -> Mapping[str, Mapping[str, Any]]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SettingsError("", f"cannot read {path}: {error.strerror}", "run yinxin init first") from error
    if len(content) > LARGEST_FILE:
        raise SettingsError("", f"{path} is no settings file: too large", "restore the file")
    try:
        read = tomllib.loads(content.decode("utf-8"))
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise SettingsError("", f"{path} is not TOML: {error}", "correct the file") from error
    for name, table in read.items():
        if not isinstance(table, dict):
            raise SettingsError(name, "不在任何小节内 it stands in no section", "move it below a [section]")
    return read


def _unknown(key: str, known: list[str]) -> SettingsError:
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.0)
    return SettingsError(
        key, f"未知设置 unknown setting; nearest: {near[0]}", f"remove it, or write {near[0]}"
    )


def _lines(chosen: Mapping[tuple[str, str], Any]) -> Iterator[str]:
    yield "# 印信 Yinxin 设置。未知的键会被拒绝;相对路径以本文件所在目录为准;密码不写在这里。\n"
    yield "# Unknown keys are refused; relative paths start at this folder; no secret is written here.\n"
    for section, settings in _SECTIONS.items():
        yield f"\n[{section}]\n"
        for name, setting in settings.items():
            value = chosen.get((section, name), setting.default)
            yield f"# {setting.zh}\n# {setting.en}\n{name} = {json.dumps(value, ensure_ascii=False)}\n"


# How values are read


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > 500 or not value.isprintable():
        raise _Wrong("应为一行文本 it must be one line of text", "write a text in quotes")
    return value.strip()


def _whole(value: Any, *, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise _Wrong(
            f"应为 {least} 至 {most} 的整数 it must be a whole number from {least} to {most}",
            "write the number without quotes",
        )
    return value


_URL = re.compile(r"https?://(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:]+\])(?::[0-9]{1,5})?\Z")


def _public_url(value: Any, _folder: Path) -> str:
    text = _text(value)
    port = re.search(r":([0-9]{1,5})\Z", text)
    if not _URL.match(text) or (port and not 0 < int(port[1]) < 65536):
        raise _Wrong(
            "应为网址,只有协议、小写主机名和端口 it must be scheme, lower-case host and port, nothing else",
            "write it like https://yinxin.example, without a slash at its end",
        )
    return text


def _host(value: Any, _folder: Path) -> str:
    text = _text(value)
    if not re.fullmatch(r"[0-9A-Za-z.:_-]{1,253}", text):
        raise _Wrong("不是主机名或地址 it is no host name or address", "write 127.0.0.1 or 0.0.0.0 or ::")
    return text


def _database(value: Any, folder: Path) -> str:
    text = _text(value)
    todo = "write sqlite:///yinxin.db, or postgresql+psycopg://user@host/name"
    try:
        url = make_url(text)
    except ArgumentError:
        raise _Wrong("不是数据库地址 it is no database address", todo) from None
    if url.password:
        raise _Wrong(
            "密码不写在设置里 no password is written into the settings",
            "remove it; put it into a file and add ?passfile=/path (the format of .pgpass)",
        )
    if url.drivername == "sqlite":
        if url.database in (None, "", ":memory:"):
            raise _Wrong("SQLite 数据库应为文件 an SQLite database is a file", todo)
        return url.set(database=str(folder / str(url.database))).render_as_string(hide_password=False)
    if url.drivername not in ("postgresql", "postgresql+psycopg"):
        raise _Wrong("只支持 SQLite 和 PostgreSQL only SQLite and PostgreSQL are supported", todo)
    return text


def _path(value: Any, folder: Path) -> Path:
    return folder / _text(value)


def _paths(value: Any, folder: Path) -> tuple[Path, ...]:
    if not isinstance(value, list):
        raise _Wrong(
            "应为文件的列表 it must be a list of files", 'write ["/media/a/share-1-of-3.json"] or []'
        )
    return tuple(_path(one, folder) for one in value)


def _path_or_none(value: Any, folder: Path) -> Path | None:
    return None if value == "" else _path(value, folder)


def _token_label(value: Any, _folder: Path) -> str:
    if value == "":
        return ""
    text = _text(value)
    if len(text.encode("utf-8")) > 32:
        raise _Wrong("最多 32 个字节 at most 32 octets, as PKCS#11 has it", "write the label of the token")
    return text


def _modules(value: Any, _folder: Path) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(
        isinstance(one, str) and re.fullmatch(r"[a-z][a-z0-9_]{0,49}", one) for one in value
    ):
        raise _Wrong("应为模块名的列表 it must be a list of module names", 'write ["registry", "project"]')
    if len(set(value)) < len(value):
        raise _Wrong("有模块列了两次 a module is listed twice", "remove one")
    return tuple(value)


def _uscc(value: Any, _folder: Path) -> str:
    try:
        return str(parse_uscc(_text(value)))
    except IdentifierInvalid as error:
        raise _Wrong(str(error.rule), "compare the 18 characters with the certificate of the body") from None


def _name(value: Any, _folder: Path) -> str:
    text = _text(value)
    if len(text) > 100:
        raise _Wrong("最多 100 个字 at most 100 characters", "shorten it")
    return text


def _switch(value: Any, _folder: Path) -> bool:
    if not isinstance(value, bool):
        raise _Wrong("应为 true 或 false it must be true or false", "write it without quotes")
    return value


def _policy(value: Any, _folder: Path) -> str:
    text = _text(value)
    if not re.fullmatch(r"[0-2](\.(0|[1-9][0-9]{0,39})){2,15}", text):
        raise _Wrong("不是对象标识符 it is no object identifier", "write it like 1.3.6.1.4.1.99999.1")
    try:
        der.oid(text)
    except KeysError as error:
        raise _Wrong(str(error), "write it like 1.3.6.1.4.1.99999.1") from None
    return text


def _addresses(value: Any, _folder: Path) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise _Wrong("应为地址的列表 it must be a list of addresses", 'write ["127.0.0.1"] or []')
    try:
        return tuple(str(ip_network(one)) for one in value)
    except ValueError as error:
        raise _Wrong(
            f"不是 IP 地址或网段 no IP address or network: {error}", 'write ["127.0.0.1", "10.0.0.0/24"]'
        ) from None


def _servers(value: Any, _folder: Path) -> tuple[str, ...]:
    todo = 'write ["192.0.2.53"], with a port as "192.0.2.53:5353" or "[2001:db8::53]:53", or []'
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise _Wrong("应为地址的列表 it must be a list of addresses", todo)
    for one in value:
        found = re.fullmatch(r"\[([0-9a-f:.]+)\](?::([0-9]{1,5}))?|([0-9.]+)(?::([0-9]{1,5}))?", one)
        port = (found[2] or found[4] or "53") if found else "0"
        try:
            ip_address((found[1] or found[3]) if found else "")
        except ValueError:
            raise _Wrong("不是解析服务器的地址 no address of a resolver", todo) from None
        if not 0 < int(port) < 65536:
            raise _Wrong("没有这个端口 no such port", todo)
    return tuple(value)


def _identity(value: Any, _folder: Path) -> str:
    if value == "":
        return ""
    text = _text(value)
    if not re.fullmatch(r"[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+", text):
        raise _Wrong(
            "应为小写域名 it must be a domain in lower case",
            "write it like yinxin.example, or leave it empty",
        )
    return text


def _resolve(value: Any, _folder: Path) -> tuple[tuple[str, str], ...]:
    todo = 'write { "host.test" = "127.0.0.1" }, or {}'
    if not isinstance(value, dict) or not all(isinstance(one, str) for one in value.values()):
        raise _Wrong("应为主机名到地址的表 it must be a table from host names to addresses", todo)
    try:
        return tuple((name.lower(), str(ip_address(one))) for name, one in value.items())
    except ValueError as error:
        raise _Wrong(f"不是 IP 地址 no IP address: {error}", todo) from None


_SECTIONS: Mapping[str, Mapping[str, _Setting]] = {
    "service": {
        "public_url": _Setting(
            _public_url,
            None,
            "公众访问本服务的网址;二维码与登录签名都绑定它,启用后不要更改",
            "address that the public uses; QR codes and logins are bound to it, so keep it",
        ),
        "host": _Setting(_host, "127.0.0.1", "监听地址", "address to listen on; put TLS in front"),
        "port": _Setting(
            lambda value, _folder: _whole(value, least=1, most=65535), 8443, "监听端口", "port to listen on"
        ),
        "max_upload_mb": _Setting(
            lambda value, _folder: _whole(value, least=1, most=1024),
            60,
            "一次请求的最大字节数(MB);单个 PDF 最大 50 MB",
            "largest request in MB; one PDF may have 50 MB",
        ),
    },
    "database": {
        "url": _Setting(
            _database,
            "sqlite:///yinxin.db",
            "数据库:sqlite:///文件,或 postgresql+psycopg://用户@主机/库?passfile=文件",
            "database: sqlite:///FILE, or postgresql+psycopg://USER@HOST/NAME?passfile=FILE",
        ),
    },
    "vault": {
        "folder": _Setting(
            _path,
            "vault",
            "加密密钥库所在目录,须与数据库分开备份",
            "folder of the encrypted vault; back it up apart",
        ),
        "passphrase_file": _Setting(
            _path,
            "vault.passphrase",
            "存放密钥库口令的文件;正式运行时请移到别处(只读、仅服务账号可读)",
            "file with the vault's passphrase; in service, keep it elsewhere, readable by the service alone",
        ),
        "share_files": _Setting(
            _paths,
            [],
            "用分片打开密钥库:足够份数的分片文件;分片若有口令,放在同名加 .passphrase 的文件里;留空用口令",
            "open the vault with these shares; a share's own passphrase stands in FILE.passphrase beside it",
        ),
        "token_module": _Setting(
            _path_or_none,
            "",
            "PKCS#11 模块(.so);设了它,RSA 和 ECDSA 密钥就在令牌里生成和使用;留空不用令牌",
            "PKCS#11 module (.so): RSA and ECDSA keys are made and used on the token; empty for no token",
        ),
        "token_label": _Setting(_token_label, "", "令牌的标签", "label of the token"),
        "token_pin_file": _Setting(
            _path_or_none,
            "",
            "存放令牌 PIN 的文件,仅服务账号可读",
            "file with the token's PIN, readable by the service alone",
        ),
    },
    "relying": {
        "enabled": _Setting(
            _modules,
            list(MODULES),
            "启用的业务模块,按此顺序显示",
            "relying modules that are switched on, in this order",
        ),
    },
    "authority": {
        "uscc": _Setting(
            _uscc, None, "运营单位的统一社会信用代码", "unified social credit code of the operating authority"
        ),
        "name": _Setting(_name, None, "运营单位名称", "name of the operating authority"),
    },
    "time": {
        "policy": _Setting(
            _policy,
            TSA_POLICY,
            "时间戳策略的对象标识符,请换成本单位的",
            "object identifier of the time-stamp policy; put your own in its place",
        ),
        "accuracy_ms": _Setting(
            lambda value, _folder: _whole(value, least=1001, most=60_000),
            2000,
            "时间戳声明的精度(毫秒):取整一秒,其余是时钟可有的误差",
            "stated accuracy in ms: one second for rounding, the rest is how wrong the clock may be",
        ),
        "require_synchronised": _Setting(
            _switch,
            False,
            "系统内核说时钟未同步时,拒绝签发时间戳",
            "no time stamps while the kernel says that its clock is not synchronised",
        ),
        "max_error_ms": _Setting(
            lambda value, _folder: _whole(value, least=0, most=60_000),
            0,
            "内核所报时钟误差超过此值(毫秒)时,拒绝签发时间戳;0 表示不检查",
            "no time stamps while the kernel's bound of its error is above this many ms; 0: not looked at",
        ),
    },
    "est": {
        "client_certificate_from": _Setting(
            _addresses,
            [],
            "可信反向代理的地址:只有它们送来的 Client-Cert 头(RFC 9440)才作数,且须先删去外来的同名头",
            "proxies whose Client-Cert header (RFC 9440) is believed; they must remove it from what comes in",
        ),
    },
    "acme": {
        "enabled": _Setting(_switch, True, "是否开放 ACME(RFC 8555)", "whether ACME (RFC 8555) is offered"),
        "allow_private": _Setting(
            _switch,
            False,
            "验证域名时可否连接内网地址;只在没有公网地址的网络上打开",
            "may validations connect to private addresses; only for networks without public ones",
        ),
        "http_port": _Setting(
            lambda value, _folder: _whole(value, least=1, most=65535),
            80,
            "http-01 验证的端口;除 80 外须 allow_private",
            "port that http-01 asks; other than 80 needs allow_private",
        ),
        "dns_servers": _Setting(
            _servers,
            [],
            "验证用的解析服务器;留空用本机设置",
            "resolvers for validations; empty for those of this machine",
        ),
        "resolve": _Setting(
            _resolve,
            {},
            "不经 DNS 的主机名;须 allow_private",
            "host names that are not looked up in the DNS; needs allow_private",
        ),
        "caa_identity": _Setting(
            _identity,
            "",
            "CAA 记录(RFC 8659)中代表本平台的域名;留空则不查 CAA",
            "name that means us in CAA records (RFC 8659); empty: they are not asked",
        ),
    },
    "kmc": {
        "embedded": _Setting(
            _switch,
            True,
            "由本服务启动密钥管理中心;以另一用户或另一方式运行时设为 false",
            "whether this service starts the key centre; false when it runs under another user",
        ),
        "folder": _Setting(
            _path,
            "kmc",
            "密钥管理中心自己的目录(密钥库、数据库、kmc.toml),须单独备份",
            "the key centre's own folder (vault, database, kmc.toml); back it up apart",
        ),
        "socket": _Setting(_path, "kmc/kmc.sock", "密钥管理中心监听的套接字", "socket of the key centre"),
        "key_file": _Setting(
            _path,
            "kmc.spki",
            "密钥管理中心签名公钥(DER);只相信由它签名的应答",
            "public key of the key centre (DER): only answers that it signed are believed",
        ),
    },
}

_FIELDS: Mapping[tuple[str, str], str] = {
    ("service", "public_url"): "public_url",
    ("service", "host"): "host",
    ("service", "port"): "port",
    ("service", "max_upload_mb"): "max_upload_mb",
    ("database", "url"): "database_url",
    ("vault", "folder"): "vault_folder",
    ("vault", "passphrase_file"): "passphrase_file",
    ("vault", "share_files"): "vault_share_files",
    ("vault", "token_module"): "vault_token_module",
    ("vault", "token_label"): "vault_token_label",
    ("vault", "token_pin_file"): "vault_token_pin_file",
    ("relying", "enabled"): "relying_enabled",
    ("authority", "uscc"): "authority_uscc",
    ("authority", "name"): "authority_name",
    ("time", "policy"): "time_policy",
    ("time", "accuracy_ms"): "time_accuracy_ms",
    ("time", "require_synchronised"): "time_require_synchronised",
    ("time", "max_error_ms"): "time_max_error_ms",
    ("est", "client_certificate_from"): "est_client_certificate_from",
    ("acme", "enabled"): "acme_enabled",
    ("acme", "allow_private"): "acme_allow_private",
    ("acme", "http_port"): "acme_http_port",
    ("acme", "dns_servers"): "acme_dns_servers",
    ("acme", "resolve"): "acme_resolve",
    ("acme", "caa_identity"): "acme_caa_identity",
    ("kmc", "embedded"): "kmc_embedded",
    ("kmc", "folder"): "kmc_folder",
    ("kmc", "socket"): "kmc_socket",
    ("kmc", "key_file"): "kmc_key_file",
}
