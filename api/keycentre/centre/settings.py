# SPDX-License-Identifier: Apache-2.0
"""The centre's own settings, ``kmc.toml``: whom it obeys, which log it believes, who its agents are.

Every key is known and checked.  Secrets are never in it.
"""

from __future__ import annotations

import base64
import binascii
import json
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from keys import KeysError, PublicKey, parse_public_key
from verify import LogKey, NoteNotTrusted, VerifyError, log_key_id, parse_certificate

from ..errors import CentreMisconfigured
from .agents import FEWEST, Agent, Agents
from .log import LogWatch

LARGEST: Final = 256 * 1024
_KNOWN: Final[Mapping[str, frozenset[str]]] = {
    "client": frozenset({"key"}),
    "log": frozenset({"origin", "ed25519", "sm2"}),
    "recovery": frozenset({"needed", "agents"}),
    "store": frozenset({"database", "vault", "passphrase_file"}),
    "socket": frozenset({"path", "group"}),
}


@dataclass(frozen=True, slots=True)
class CentreSettings:
    """What the operator of the centre decided.  Paths are as written: from the folder of the file."""

    client: PublicKey
    log: LogWatch
    agents: Agents
    database: str
    vault: str
    passphrase_file: str
    socket: str
    socket_group: str


def parse_settings(data: bytes, read: Callable[[str], bytes]) -> CentreSettings:
    """``read`` gives the content of a file that the settings name.  Raises :class:`CentreMisconfigured`."""
    if len(data) > LARGEST:
        raise _wrong("", "too large", "restore the file")
    try:
        tables = tomllib.loads(data.decode("utf-8"))
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise _wrong("", f"not TOML: {error}", "correct the file") from error
    for section, table in tables.items():
        if section not in _KNOWN or not isinstance(table, dict):
            raise _wrong(f"[{section}]", "未知小节 unknown section", "remove it")
        for name in table:
            if name not in _KNOWN[section]:
                raise _wrong(f"[{section}] {name}", "未知设置 unknown setting", "remove it")
    text = _Texts(tables)
    origin = text("log", "origin")
    keys = (
        LogKey(origin, "ed25519", text.data("log", "ed25519")),
        LogKey(origin, "sm2", text.data("log", "sm2")),
    )
    try:
        client = parse_public_key(text.data("client", "key"))
        parse_public_key(keys[1].key)
        for key in keys:
            log_key_id(key)
    except (KeysError, VerifyError, NoteNotTrusted) as error:
        raise _wrong("[client], [log]", f"no usable key: {error}", "restore the file") from error
    recovery = tables.get("recovery", {})
    needed, names = recovery.get("needed", FEWEST), recovery.get("agents", [])
    if isinstance(needed, bool) or not isinstance(needed, int):
        raise _wrong("[recovery] needed", "应为整数 a whole number", f"write needed = {FEWEST}")
    if not isinstance(names, list) or not all(isinstance(one, str) for one in names):
        raise _wrong(
            "[recovery] agents", "应为文件名的列表 a list of file names", 'write ["li.cer", "wu.cer"]'
        )
    return CentreSettings(
        client=client,
        log=LogWatch(keys),
        agents=Agents(needed, tuple(_agent(one, read(one)) for one in names)),
        database=text("store", "database"),
        vault=text("store", "vault"),
        passphrase_file=text("store", "passphrase_file"),
        socket=text("socket", "path"),
        socket_group=text("socket", "group", least=0),
    )


def write_settings(*, client: PublicKey, log_keys: tuple[LogKey, ...], database: str) -> str:
    """The text of a new file.  Agents are named by the operator of the centre, not by the service."""
    by_name = {key.algorithm: key for key in log_keys}
    return f"""\
# 密钥管理中心设置。未知的键会被拒绝;相对路径以本文件所在目录为准;密码不写在这里。
# The key centre's settings. Unknown keys are refused; relative paths start at this folder; no secret here.

[client]
# 只接受此公钥(服务的 kmc-client 密钥)签名的请求
# requests are obeyed when this key (kmc-client of the service) signed them
key = {_quoted(client.spki)}

[log]
# 公开日志的名称与两把签名公钥
# name and both keys of the public log
origin = {json.dumps(log_keys[0].name, ensure_ascii=False)}
ed25519 = {_quoted(by_name["ed25519"].key)}
sm2 = {_quoted(by_name["sm2"].key)}

[recovery]
# 恢复一个密钥须有几位恢复专员批准,至少 2;专员证书(或公钥)文件的列表
# how many recovery agents must approve, at least 2; files with their certificates or public keys
needed = {FEWEST}
agents = []

[store]
# 自有数据库(不得与服务共用)、密钥库及其口令文件
# own database (never the service's), vault, and the file with its passphrase
database = {json.dumps(database, ensure_ascii=False)}
vault = "vault"
passphrase_file = "vault.passphrase"

[socket]
# 监听的套接字;group 为空时仅本用户可用(0600),否则该组可用(0660)
# the socket; for its owner alone (0600), or for this group as well (0660)
path = "kmc.sock"
group = ""
"""


def _agent(name: str, content: bytes) -> Agent:
    """A certificate, or a bare public key; the agent's name is the file's."""
    stem = name.replace("\\", "/").rsplit("/", 1)[-1].rsplit(".", 1)[0]
    key = f"[recovery] agents: {name}"
    if not stem or len(stem) > 64 or not stem.isprintable():
        raise _wrong(key, "no name for an agent", "name the file after the agent")
    try:
        certificate = parse_certificate(content)
    except VerifyError:
        try:
            return Agent(stem, parse_public_key(_spki(content)))
        except (KeysError, binascii.Error, ValueError) as error:
            raise _wrong(key, "neither a certificate nor a public key", "give PEM or DER") from error
    return Agent(stem, certificate.public_key, certificate.not_before, certificate.not_after)


def _spki(content: bytes) -> bytes:
    if not content.lstrip().startswith(b"-----BEGIN PUBLIC KEY-----"):
        return content
    lines = content.strip().splitlines()
    return base64.b64decode(b"".join(line.strip() for line in lines[1:-1]), validate=True)


class _Texts:
    """Reads texts out of the tables."""

    def __init__(self, tables: Mapping[str, Any]) -> None:
        self._tables = tables

    def __call__(self, section: str, name: str, *, least: int = 1) -> str:
        value = self._tables.get(section, {}).get(name, None if least else "")
        if not isinstance(value, str) or not least <= len(value) <= 4096 or not value.isprintable():
            raise _wrong(f"[{section}] {name}", "缺少或不是文本 missing, or no text", "restore the file")
        return value

    def data(self, section: str, name: str) -> bytes:
        try:
            return base64.b64decode(self(section, name), validate=True)
        except (binascii.Error, ValueError) as error:
            raise _wrong(f"[{section}] {name}", "not base64", "restore the file") from error


def _quoted(data: bytes) -> str:
    return f'"{base64.b64encode(data).decode("ascii")}"'


def _wrong(key: str, why: str, todo: str) -> CentreMisconfigured:
    return CentreMisconfigured(key, why, todo)
