# SPDX-License-Identifier: Apache-2.0
"""``yinxin timestamp FILE``: an authority (RFC 3161) states when the file existed; only a digest leaves."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import httpx
import typer

from ca import make_timestamp_request
from keys import HashAlgorithm, digest
from verify import TimestampInfo, TimestampMalformed, parse_timestamp

from .files import read_input, require_new, write_new
from .output import JsonOption, explain, plain, print_json, refuse, say

MOST_BYTES = 200 * 1024 * 1024
LARGEST_ANSWER = 256 * 1024
PATIENCE_SECONDS = 30.0
QUERY = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
_CHECK = "check the address; an authority of this service is at /tsa/sm2 or /tsa/rsa"


def timestamp(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="what shall have existed")],
    url: Annotated[str, typer.Option(help="address of the authority, such as https://host/tsa/sm2")],
    out: Annotated[Path | None, typer.Option(help="where the time stamp goes; FILE.tsr by default")] = None,
    algorithm: Annotated[
        HashAlgorithm | None,
        typer.Option("--hash", help="digest; SM3 for an address that ends in sm2, otherwise SHA-256"),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """申请时间戳 — have it stated when a file existed.

    Only the digest of the file is sent.  Check both together:
    yinxin verify FILE.tsr, with FILE beside it.
    """
    target = out or file.with_name(f"{file.name}.tsr")
    require_new(target)
    chosen = algorithm or (HashAlgorithm.SM3 if url.rstrip("/").endswith("sm2") else HashAlgorithm.SHA256)
    stated, nonce = digest(chosen, read_input(file, MOST_BYTES)), secrets.randbits(63) | 1
    answer = _asked(url, make_timestamp_request(stated, nonce=nonce))
    info = _read(answer)
    if info.digest != stated or info.nonce != nonce:
        raise refuse("时间戳答非所问 the answer is about another digest or request", _CHECK)
    write_new(target, answer)
    shown: Mapping[str, str] = {
        "file": str(target),
        "time": info.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "serial": f"{info.serial:x}",
        "policy": info.policy,
        "digest_algorithm": chosen.value,
    }
    if as_json:
        print_json(dict(shown))
        return
    say(f"[green]✔[/] {plain(target)}  {shown['time']}")
    explain("→ 签名尚未验证 its signature is not checked yet: yinxin verify", indent=2)


def _asked(url: str, request: bytes) -> bytes:
    try:
        with httpx.stream("POST", url, content=request, headers=QUERY, timeout=PATIENCE_SECONDS) as answer:
            content = bytearray()
            for part in answer.iter_bytes():
                content += part
                if len(content) > LARGEST_ANSWER:
                    raise refuse("应答过大,不是时间戳 the answer is too large for a time stamp", _CHECK)
            kind = answer.headers.get("content-type", "")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise refuse(f"{url}: 无法连接 cannot be reached: {error}", _CHECK) from error
    if not kind.startswith("application/timestamp-reply"):
        raise refuse(f"{url}: 不是时间戳服务 no time-stamping authority answers there ({kind})", _CHECK)
    return bytes(content)


def _read(answer: bytes) -> TimestampInfo:
    try:
        return parse_timestamp(answer).info
    except TimestampMalformed as error:
        todo = "try again later, or ask whoever runs the authority"
        raise refuse(f"没有得到时间戳 no time stamp: {error.rule}", todo) from error
