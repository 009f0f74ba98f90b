# SPDX-License-Identifier: Apache-2.0
"""``yinxin qr-keys``: the keys that sign QR codes, and the operator's changes at the console."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

import typer

from verify import QrKey

from ..console import CONSOLE
from .output import DEFAULT_DATA, DataOption, JsonOption, opened, plain, print_json, refuse, say

app = typer.Typer(help="二维码密钥 keys of QR codes: list, rotate, revoke.", no_args_is_help=True)


class Algorithm(StrEnum):
    """Of a code, as in the trust list."""

    SM2 = "SM2"
    ES256 = "ES256"


@app.command("list")
def listed(data: DataOption = DEFAULT_DATA, as_json: JsonOption = False) -> None:
    """列出 — list every key that there ever was, with its period and end."""
    with opened(data) as service:
        found = service.qr_keys.listed()
    if as_json:
        print_json([_json(one) for one in found])
        return
    for one in found:
        _show(one)


@app.command()
def rotate(
    algorithm: Annotated[Algorithm, typer.Argument(metavar="ALGORITHM", help="SM2 or ES256")],
    dual: Annotated[
        bool, typer.Option("--dual", help="the new key signs only together with one of the other algorithm")
    ] = False,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """轮换 — make a new key, which signs from now on.

    The one before may sign for 30 days more, and what it signed stays good.  The trust list says so at once.
    """
    with opened(data) as service:
        made = service.qr_keys.rotate(algorithm.value, dual=dual, by=CONSOLE)
    _told(made, as_json)


@app.command()
def revoke(
    kid: Annotated[str, typer.Argument(metavar="KID", help="id of the key, eight hexadecimal digits")],
    reason: Annotated[str, typer.Option(help="reason code, such as key-compromise; it is published")],
    since: Annotated[
        datetime | None,
        typer.Option("--from", help="since when nothing is believed, in local time; now without it"),
    ] = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """停用 — end a key for good, from a time on; the trust list says so when this returns.

    What the log held before that time stays good.  The key that signs is followed by a new one at once.
    """
    try:
        moment = None if since is None else since.astimezone()
    except (OverflowError, ValueError, OSError) as error:
        raise refuse(f"{since}: 日期不可用 unusable date", "give a date of this century") from error
    with opened(data) as service:
        ended = service.qr_keys.revoke(kid, reason=reason, by=CONSOLE, since=moment)
    _told(ended, as_json)


def _told(one: QrKey, as_json: bool) -> None:
    if as_json:
        print_json(_json(one))
    else:
        _show(one)


def _show(one: QrKey) -> None:
    line = f"{one.kid}  {one.algorithm:<5}  {one.sign_from:%Y-%m-%d} – {one.sign_until:%Y-%m-%d}"
    if one.dual_from is not None:
        line += f"  自 {one.dual_from:%Y-%m-%d} 起仅双签 signs only with another"
    if one.revoked_at is not None:
        line += f"  自 {one.revoked_at:%Y-%m-%d %H:%M:%SZ} 停用 revoked  {plain(one.revocation_reason)}"
    say(line)


def _json(one: QrKey) -> dict[str, Any]:
    ended, dual = one.revoked_at, one.dual_from
    return {
        "kid": one.kid,
        "algorithm": one.algorithm,
        "sign_from": one.sign_from.isoformat(),
        "sign_until": one.sign_until.isoformat(),
        "dual_from": None if dual is None else dual.isoformat(),
        "revoked_at": None if ended is None else ended.isoformat(),
        "revocation_reason": one.revocation_reason,
    }
