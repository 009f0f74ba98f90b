# SPDX-License-Identifier: Apache-2.0
"""How values are read: each from what TOML gives, with the folder of the file."""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from keys import KeysError, der
from verify import IdentifierInvalid, LogKey, NoteMalformed, parse_uscc, parse_witness_key

from .errors import Wrong


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > 500 or not value.isprintable():
        raise Wrong("应为一行文本 it must be one line of text", "write a text in quotes")
    return value.strip()


def whole(value: Any, *, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise Wrong(
            f"应为 {least} 至 {most} 的整数 it must be a whole number from {least} to {most}",
            "write the number without quotes",
        )
    return value


_URL = re.compile(r"https?://(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:]+\])(?::[0-9]{1,5})?\Z")


def public_url(value: Any, _folder: Path) -> str:
    text = _text(value)
    port = re.search(r":([0-9]{1,5})\Z", text)
    if not _URL.match(text) or (port and not 0 < int(port[1]) < 65536):
        raise Wrong(
            "应为网址,只有协议、小写主机名和端口 it must be scheme, lower-case host and port, nothing else",
            "write it like https://yinxin.example, without a slash at its end",
        )
    return text


def host(value: Any, _folder: Path) -> str:
    text = _text(value)
    if not re.fullmatch(r"[0-9A-Za-z.:_-]{1,253}", text):
        raise Wrong("不是主机名或地址 it is no host name or address", "write 127.0.0.1 or 0.0.0.0 or ::")
    return text


def database(value: Any, folder: Path) -> str:
    text = _text(value)
    todo = "write sqlite:///yinxin.db, or postgresql+psycopg://user@host/name"
    try:
        url = make_url(text)
    except ArgumentError:
        raise Wrong("不是数据库地址 it is no database address", todo) from None
    if url.password:
        raise Wrong(
            "密码不写在设置里 no password is written into the settings",
            "remove it; put it into a file and add ?passfile=/path (the format of .pgpass)",
        )
    if url.drivername == "sqlite":
        if url.database in (None, "", ":memory:"):
            raise Wrong("SQLite 数据库应为文件 an SQLite database is a file", todo)
        return url.set(database=str(folder / str(url.database))).render_as_string(hide_password=False)
    if url.drivername not in ("postgresql", "postgresql+psycopg"):
        raise Wrong("只支持 SQLite 和 PostgreSQL only SQLite and PostgreSQL are supported", todo)
    return text


def path(value: Any, folder: Path) -> Path:
    return folder / _text(value)


def paths(value: Any, folder: Path) -> tuple[Path, ...]:
    if not isinstance(value, list):
        raise Wrong("应为文件的列表 it must be a list of files", 'write ["/media/a/share-1-of-3.json"] or []')
    return tuple(path(one, folder) for one in value)


def path_or_none(value: Any, folder: Path) -> Path | None:
    return None if value == "" else path(value, folder)


def token_label(value: Any, _folder: Path) -> str:
    if value == "":
        return ""
    text = _text(value)
    if len(text.encode("utf-8")) > 32:
        raise Wrong("最多 32 个字节 at most 32 octets, as PKCS#11 has it", "write the label of the token")
    return text


def modules(value: Any, _folder: Path) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(
        isinstance(one, str) and re.fullmatch(r"[a-z][a-z0-9_]{0,49}", one) for one in value
    ):
        raise Wrong("应为模块名的列表 it must be a list of module names", 'write ["registry", "project"]')
    if len(set(value)) < len(value):
        raise Wrong("有模块列了两次 a module is listed twice", "remove one")
    return tuple(value)


def uscc(value: Any, _folder: Path) -> str:
    try:
        return str(parse_uscc(_text(value)))
    except IdentifierInvalid as error:
        raise Wrong(str(error.rule), "compare the 18 characters with the certificate of the body") from None


def name(value: Any, _folder: Path) -> str:
    text = _text(value)
    if len(text) > 100:
        raise Wrong("最多 100 个字 at most 100 characters", "shorten it")
    return text


def switch(value: Any, _folder: Path) -> bool:
    if not isinstance(value, bool):
        raise Wrong("应为 true 或 false it must be true or false", "write it without quotes")
    return value


LEVELS = ("B-B", "B-T", "B-LT", "B-LTA")
"""Of ETSI EN 319 142-1 section 6."""


def level(value: Any, _folder: Path) -> str:
    text = _text(value)
    if text not in LEVELS:
        raise Wrong(f"应为 {' / '.join(LEVELS)} it must be one of these", 'write it like "B-LT"')
    return text


CODES = ("sm2", "es256", "dual")


def codes(value: Any, _folder: Path) -> str:
    text = _text(value)
    if text not in CODES:
        raise Wrong(f"应为 {' / '.join(CODES)} it must be one of these", 'write it like "sm2"')
    return text


def policy(value: Any, _folder: Path) -> str:
    text = _text(value)
    if not re.fullmatch(r"[0-2](\.(0|[1-9][0-9]{0,39})){2,15}", text):
        raise Wrong("不是对象标识符 it is no object identifier", "write it like 1.3.6.1.4.1.99999.1")
    try:
        der.oid(text)
    except KeysError as error:
        raise Wrong(str(error), "write it like 1.3.6.1.4.1.99999.1") from None
    return text


def addresses(value: Any, _folder: Path) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise Wrong("应为地址的列表 it must be a list of addresses", 'write ["127.0.0.1"] or []')
    try:
        return tuple(str(ip_network(one)) for one in value)
    except ValueError as error:
        raise Wrong(
            f"不是 IP 地址或网段 no IP address or network: {error}", 'write ["127.0.0.1", "10.0.0.0/24"]'
        ) from None


def servers(value: Any, _folder: Path) -> tuple[str, ...]:
    todo = 'write ["192.0.2.53"], with a port as "192.0.2.53:5353" or "[2001:db8::53]:53", or []'
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise Wrong("应为地址的列表 it must be a list of addresses", todo)
    for one in value:
        found = re.fullmatch(r"\[([0-9a-f:.]+)\](?::([0-9]{1,5}))?|([0-9.]+)(?::([0-9]{1,5}))?", one)
        port = (found[2] or found[4] or "53") if found else "0"
        try:
            ip_address((found[1] or found[3]) if found else "")
        except ValueError:
            raise Wrong("不是解析服务器的地址 no address of a resolver", todo) from None
        if not 0 < int(port) < 65536:
            raise Wrong("没有这个端口 no such port", todo)
    return tuple(value)


def identity(value: Any, _folder: Path) -> str:
    if value == "":
        return ""
    text = _text(value)
    if not re.fullmatch(r"[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+", text):
        raise Wrong(
            "应为小写域名 it must be a domain in lower case",
            "write it like yinxin.example, or leave it empty",
        )
    return text


def resolve(value: Any, _folder: Path) -> tuple[tuple[str, str], ...]:
    todo = 'write { "host.test" = "127.0.0.1" }, or {}'
    if not isinstance(value, dict) or not all(isinstance(one, str) for one in value.values()):
        raise Wrong("应为主机名到地址的表 it must be a table from host names to addresses", todo)
    try:
        return tuple((name.lower(), str(ip_address(one))) for name, one in value.items())
    except ValueError as error:
        raise Wrong(f"不是 IP 地址 no IP address: {error}", todo) from None


def witnesses(value: Any, _folder: Path) -> tuple[LogKey, ...]:
    todo = 'write ["NAME+ID+BASE64", …] as yinxin witness init printed it'
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise Wrong("应为公钥的列表 it must be a list of keys", todo)
    try:
        return tuple(parse_witness_key(one.strip()) for one in value)
    except NoteMalformed as error:
        raise Wrong(f"不是见证方公钥 it is no key of a witness: {error.rule}", todo) from None
