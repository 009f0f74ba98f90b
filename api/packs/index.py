# SPDX-License-Identifier: Apache-2.0
"""The page in a pack that a person reads first: what is in it, what each part proves, how to check it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from html import escape

from keys import HashAlgorithm, digest
from verify import PackPart, PackRole, PackSubject

_CHINA = timezone(timedelta(hours=8))
_WORDS = {
    PackRole.ORIGINAL: ("原件", "original", "加盖电子印章的原文件,可直接打开"),
    PackRole.SIGNATURE: ("签名", "signature", "取自原件的电子签名(签章)值,与原件内逐字节一致"),
    PackRole.TIMESTAMP: ("时间戳", "time stamp", "证明签名在所载时间已经存在"),
    PackRole.CERTIFICATE: ("数字证书", "certificate", "签名者及其上级机构的证书"),
    PackRole.REVOCATION: ("吊销列表", "revocation list", "签名当时已公布的证书吊销列表"),
    PackRole.STATUS: ("证书状态凭证", "status receipt", "证明签名证书在签名当时有效"),
    PackRole.LOG_PROOF: ("公开日志证明", "log proof", "证明该行为已写入公开日志,事后不能增删改"),
    PackRole.RECORD: ("登记记录", "record", "文书所依据的登记内容"),
    PackRole.STATEMENT: ("签发声明", "signed statement", "二维码中经签名的声明"),
    PackRole.TRUST_LIST: ("信任列表", "trust list", "取证当时公布的可信机构与密钥"),
    PackRole.SEAL_STATUS: ("印章状态列表", "seal status list", "取证当时公布的印章状态"),
    PackRole.DOCUMENT_STATUS: ("文书状态列表", "document status list", "取证当时公布的文书状态"),
    PackRole.INDEX: ("目录", "index", "本页"),
}


def index_page(subject: PackSubject, publisher: str, at: datetime, parts: Sequence[PackPart]) -> bytes:
    """A page without scripts and without anything from elsewhere; the same for the same parts."""
    rows = "".join(_row(one) for one in parts)
    made = f"{at.astimezone(_CHINA):%Y年%m月%d日 %H:%M:%S}(北京时间)"
    kind = "文书" if subject.kind == "document" else "申报件"
    return f"""<!DOCTYPE html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>电子证据包 {escape(subject.id)}</title>
<style>
body {{ font: 1rem/1.6 sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem }}
table {{ border-collapse: collapse; width: 100% }}
td, th {{ border: 1px solid #999; padding: .3rem .5rem; text-align: left; vertical-align: top }}
code {{ word-break: break-all }}
</style>
</head>
<body>
<h1>电子证据包 <span lang="en">Evidence pack</span></h1>
<p><strong>{escape(subject.title)}</strong><br>{kind}编号 <code>{escape(subject.id)}</code></p>
<p>取证时间:{made}。出具单位:{escape(publisher)}。</p>
<h2>如何核验 <span lang="en">How to check it</span></h2>
<p>不要解压后重新打包。请用整个压缩包核验,无需联网:
<code>yinxin verify 证据包.zip --trust 信任列表</code>。
信任列表应取自公布机构,不要只用包内的那一份。</p>
<p lang="en">Check the ZIP file as a whole, offline, with a trust list that you have from its publisher.</p>
<h2>包内文件 <span lang="en">What is in it</span></h2>
<p>manifest.json 逐一列出下列文件的摘要;manifest.p7s 是平台对清单的电子签章;manifest.tst 是其时间戳。
任何一个文件被替换、删除或增加,核验都不会通过。</p>
<table>
<thead><tr><th>文件</th><th>内容</th><th>作用</th><th>SHA-256 / SM3</th></tr></thead>
<tbody>
{rows}</tbody>
</table>
</body>
</html>
""".encode()


def _row(part: PackPart) -> str:
    zh, en, proves = _WORDS[part.role]
    sha256 = digest(HashAlgorithm.SHA256, part.content).value.hex()
    sm3 = digest(HashAlgorithm.SM3, part.content).value.hex()
    about = f"<br>关于 {escape('、'.join(part.about))}" if part.about else ""
    return (
        f'<tr><td>{escape(part.name)}</td><td>{zh}<br><span lang="en">{en}</span></td>'
        f"<td>{proves}{about}</td><td><code>{sha256}</code><br><code>{sm3}</code></td></tr>\n"
    )
