# SPDX-License-Identifier: Apache-2.0
"""``yinxin batch sign``: one confirmation for many files, where the key is; no service and no network.

What is signed is compared before: the list names each file's bytes to be signed by digest, so whoever
confirms the list confirms exactly these files.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from pathlib import Path
from typing import Annotated, Any

import typer

from verify import JsonMalformed, parse_json

from .files import read_input, require_new, write_new
from .keys import PassphraseOption, held_key
from .output import plain, refuse, say

MOST_BYTES = 64 * 1024 * 1024
FORMAT = "yinxin-batch-list/1"
_SHOWN = 10


def sign(
    file: Annotated[Path, typer.Argument(metavar="LIST", help="answer of /own-batches/ID/list")],
    key: Annotated[Path, typer.Option(help="key file of the applicant")],
    out: Annotated[Path, typer.Option(help="where to write what is sent to /own-batches/ID/signatures")],
    passphrase_file: PassphraseOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="sign without being asked")] = False,
) -> None:
    """清单签名 — look at a list of files, confirm once, sign the list and each file."""
    require_new(out)
    listed, items = _list(read_input(file, MOST_BYTES))
    said = parse_json(listed)
    assert isinstance(said, dict)
    say(f"{plain(said['title'])}  {len(items)} 个文件 files  ({plain(said['batch_id'])})")
    for one in items[:_SHOWN]:
        say(f"    {one['number']:>7}  {plain(one['digest'][:16])}…  {plain(one['name'])}")
    if len(items) > _SHOWN:
        say(f"    …  共 {len(items)} 个 in all")
    if not yes and not typer.confirm("全部签名 sign all of them?"):
        raise typer.Exit(1)
    held = held_key(key, passphrase_file)
    answer = {
        "list_signature": _text(held.key.sign(listed)),
        "signatures": [
            {"number": one["number"], "signature": _text(held.key.sign(one["signed"]))} for one in items
        ],
    }
    write_new(out, json.dumps(answer).encode())
    say(f"[green]✔[/] {len(items)} 个签名 signatures → {plain(out)}")


def _list(content: bytes) -> tuple[bytes, list[dict[str, Any]]]:
    """The exact bytes of the list, and its items: both say the same, or nothing is signed."""
    try:
        answer = json.loads(content)
        listed = base64.b64decode(answer["list"], validate=True)
        said = parse_json(listed)
        items = [
            {
                **{name: one[name] for name in ("number", "name", "digest_algorithm", "digest")},
                "signed": base64.b64decode(one["to_be_signed"], validate=True),
            }
            for one in answer["items"]
        ]
    except (ValueError, KeyError, TypeError, binascii.Error, JsonMalformed) as error:
        raise _refused("不是待签清单 not a list to be signed") from error
    if not isinstance(said, dict) or said.get("format") != FORMAT:
        raise _refused("不是待签清单 not a list to be signed")
    told = [
        {
            **{name: one[name] for name in ("number", "name", "digest_algorithm", "digest")},
            "to_be_signed_sha256": hashlib.sha256(one["signed"]).hexdigest(),
        }
        for one in items
    ]
    if said.get("items") != told or said.get("count") != len(told) or not _texts(said):
        raise _refused("清单与待签内容不一致,没有签名 the list does not name what is to be signed")
    return listed, items


def _texts(said: dict[str, Any]) -> bool:
    return all(isinstance(said.get(name), str) for name in ("title", "batch_id"))


def _refused(message: str) -> typer.Exit:
    return refuse(message, "取得清单后重试 fetch the list again")


def _text(signature: bytes) -> str:
    return base64.b64encode(signature).decode("ascii")
