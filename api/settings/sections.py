# SPDX-License-Identifier: Apache-2.0
"""The table of all settings: section by section, in the order in which a new file has them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import values

MODULES = ("registry", "project", "credit")
"""The relying modules that a new settings file enables."""
TSA_POLICY = "2.25.55529524054075566902372156738353239370"
"""An identifier that nobody had to be asked for (X.667): it says no more than *this software's default*."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One key: how its value is read (given the folder of the file), its default, its words."""

    read: Callable[[Any, Path], Any]
    default: Any  # None: required
    zh: str
    en: str


SECTIONS: Mapping[str, Mapping[str, Setting]] = {
    "service": {
        "public_url": Setting(
            values.public_url,
            None,
            "公众访问本服务的网址;二维码与登录签名都绑定它,启用后不要更改",
            "address that the public uses; QR codes and logins are bound to it, so keep it",
        ),
        "host": Setting(values.host, "127.0.0.1", "监听地址", "address to listen on; put TLS in front"),
        "port": Setting(
            lambda value, _folder: values.whole(value, least=1, most=65535),
            8443,
            "监听端口",
            "port to listen on",
        ),
        "max_upload_mb": Setting(
            lambda value, _folder: values.whole(value, least=1, most=1024),
            60,
            "一次请求的最大字节数(MB);单个 PDF 最大 50 MB",
            "largest request in MB; one PDF may have 50 MB",
        ),
    },
    "database": {
        "url": Setting(
            values.database,
            "sqlite:///yinxin.db",
            "数据库:sqlite:///文件,或 postgresql+psycopg://用户@主机/库?passfile=文件",
            "database: sqlite:///FILE, or postgresql+psycopg://USER@HOST/NAME?passfile=FILE",
        ),
    },
    "vault": {
        "folder": Setting(
            values.path,
            "vault",
            "加密密钥库所在目录,须与数据库分开备份",
            "folder of the encrypted vault; back it up apart",
        ),
        "passphrase_file": Setting(
            values.path,
            "vault.passphrase",
            "存放密钥库口令的文件;正式运行时请移到别处(只读、仅服务账号可读)",
            "file with the vault's passphrase; in service, keep it elsewhere, readable by the service alone",
        ),
        "share_files": Setting(
            values.paths,
            [],
            "用分片打开密钥库:足够份数的分片文件;分片若有口令,放在同名加 .passphrase 的文件里;留空用口令",
            "open the vault with these shares; a share's own passphrase stands in FILE.passphrase beside it",
        ),
        "token_module": Setting(
            values.path_or_none,
            "",
            "PKCS#11 模块(.so);设了它,RSA 和 ECDSA 密钥就在令牌里生成和使用;留空不用令牌",
            "PKCS#11 module (.so): RSA and ECDSA keys are made and used on the token; empty for no token",
        ),
        "token_label": Setting(values.token_label, "", "令牌的标签", "label of the token"),
        "token_pin_file": Setting(
            values.path_or_none,
            "",
            "存放令牌 PIN 的文件,仅服务账号可读",
            "file with the token's PIN, readable by the service alone",
        ),
    },
    "relying": {
        "enabled": Setting(
            values.modules,
            list(MODULES),
            "启用的业务模块,按此顺序显示",
            "relying modules that are switched on, in this order",
        ),
    },
    "authority": {
        "uscc": Setting(
            values.uscc,
            None,
            "运营单位的统一社会信用代码",
            "unified social credit code of the operating authority",
        ),
        "name": Setting(values.name, None, "运营单位名称", "name of the operating authority"),
    },
    "time": {
        "policy": Setting(
            values.policy,
            TSA_POLICY,
            "时间戳策略的对象标识符,请换成本单位的",
            "object identifier of the time-stamp policy; put your own in its place",
        ),
        "accuracy_ms": Setting(
            lambda value, _folder: values.whole(value, least=1001, most=60_000),
            2000,
            "时间戳声明的精度(毫秒):取整一秒,其余是时钟可有的误差",
            "stated accuracy in ms: one second for rounding, the rest is how wrong the clock may be",
        ),
        "require_synchronised": Setting(
            values.switch,
            False,
            "系统内核说时钟未同步时,拒绝签发时间戳",
            "no time stamps while the kernel says that its clock is not synchronised",
        ),
        "max_error_ms": Setting(
            lambda value, _folder: values.whole(value, least=0, most=60_000),
            0,
            "内核所报时钟误差超过此值(毫秒)时,拒绝签发时间戳;0 表示不检查",
            "no time stamps while the kernel's bound of its error is above this many ms; 0: not looked at",
        ),
    },
    "public": {
        "check_seconds": Setting(
            lambda value, _folder: values.whole(value, least=1, most=600),
            5,
            "查验一个文件最多用多少秒处理器时间,超出即停止并说明",
            "seconds of the processor that the check of one file may take before it is stopped",
        ),
        "check_memory_mb": Setting(
            lambda value, _folder: values.whole(value, least=64, most=65_536),
            512,
            "查验一个文件最多用多少内存(MB)",
            "memory in MB that the check of one file may take",
        ),
        "checks_at_once": Setting(
            lambda value, _folder: values.whole(value, least=1, most=256),
            2,
            "同时查验的文件数;每个占用一个独立进程",
            "files that are checked at the same time, each in a process of its own",
        ),
        "checks_per_minute": Setting(
            lambda value, _folder: values.whole(value, least=0, most=100_000),
            60,
            "同一地址每分钟可提交查验的文件数;0 表示不限",
            "files a minute that one address may have checked; 0: no limit",
        ),
        "requests_per_minute": Setting(
            lambda value, _folder: values.whole(value, least=0, most=1_000_000),
            1200,
            "同一地址每分钟可访问公开网页、日志与名单的次数;0 表示不限",
            "requests a minute of one address for public pages, log and lists; 0: no limit",
        ),
    },
    "log": {
        "folder": Setting(
            values.path,
            "public/log",
            "公开日志的静态文件目录,可由任何静态服务器直接提供;请与数据库分开保存,恢复旧备份时靠它发现回退",
            "folder of the log's static files; keep it apart from the database: it tells an old backup",
        ),
        "witnesses": Setting(
            values.witnesses,
            [],
            "见证方的公钥,每行一个,如 yinxin witness init 所打印;只接受它们对检查点的联署",
            "keys of witnesses as yinxin witness init prints them; cosignatures of others are refused",
        ),
        "quorum": Setting(
            lambda value, _folder: values.whole(value, least=0, most=64),
            0,
            "验证方要求的见证方个数,写入信任列表;0 表示不要求",
            "how many witnesses verifiers ask for, as the trust list says; 0: none",
        ),
    },
    "documents": {
        "level": Setting(
            values.level,
            "B-LT",
            "逐件签发的证照(PDF)的级别:B-B 不带时间戳;B-T 带时间戳;B-LT 另带证据;B-LTA 另加归档时间戳",
            "level of PDFs issued one by one: B-B; B-T, stamped; B-LT, with evidence; B-LTA, stamped again",
        ),
        "codes": Setting(
            values.codes,
            "sm2",
            "二维码的签名:sm2;es256;dual 双签,两个签名都须有效,码更大",
            "signature in QR codes: sm2; es256; dual, both of which must be good, in a larger code",
        ),
    },
    "est": {
        "client_certificate_from": Setting(
            values.addresses,
            [],
            "可信反向代理的地址:只有它们送来的 Client-Cert 头(RFC 9440)才作数,且须先删去外来的同名头",
            "proxies whose Client-Cert header (RFC 9440) is believed; they must remove it from what comes in",
        ),
    },
    "acme": {
        "enabled": Setting(
            values.switch, True, "是否开放 ACME(RFC 8555)", "whether ACME (RFC 8555) is offered"
        ),
        "allow_private": Setting(
            values.switch,
            False,
            "验证域名时可否连接内网地址;只在没有公网地址的网络上打开",
            "may validations connect to private addresses; only for networks without public ones",
        ),
        "http_port": Setting(
            lambda value, _folder: values.whole(value, least=1, most=65535),
            80,
            "http-01 验证的端口;除 80 外须 allow_private",
            "port that http-01 asks; other than 80 needs allow_private",
        ),
        "dns_servers": Setting(
            values.servers,
            [],
            "验证用的解析服务器;留空用本机设置",
            "resolvers for validations; empty for those of this machine",
        ),
        "resolve": Setting(
            values.resolve,
            {},
            "不经 DNS 的主机名;须 allow_private",
            "host names that are not looked up in the DNS; needs allow_private",
        ),
        "caa_identity": Setting(
            values.identity,
            "",
            "CAA 记录(RFC 8659)中代表本平台的域名;留空则不查 CAA",
            "name that means us in CAA records (RFC 8659); empty: they are not asked",
        ),
    },
    "kmc": {
        "embedded": Setting(
            values.switch,
            True,
            "由本服务启动密钥管理中心;以另一用户或另一方式运行时设为 false",
            "whether this service starts the key centre; false when it runs under another user",
        ),
        "folder": Setting(
            values.path,
            "kmc",
            "密钥管理中心自己的目录(密钥库、数据库、kmc.toml),须单独备份",
            "the key centre's own folder (vault, database, kmc.toml); back it up apart",
        ),
        "socket": Setting(
            values.path, "kmc/kmc.sock", "密钥管理中心监听的套接字", "socket of the key centre"
        ),
        "key_file": Setting(
            values.path,
            "kmc.spki",
            "密钥管理中心签名公钥(DER);只相信由它签名的应答",
            "public key of the key centre (DER): only answers that it signed are believed",
        ),
    },
}
