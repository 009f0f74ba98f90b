# SPDX-License-Identifier: Apache-2.0
"""``yinxin vault``: what opens the service's vault, and how often its keys were used."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from ..wiring import settings_of
from ..wiring.custody import change_passphrase, kept_keys, make_shares, open_vault
from ..wiring.custody import rotate as rotate_vault
from .output import DEFAULT_DATA, DataOption, JsonOption, plain, plain_errors, print_json, refuse, say

app = typer.Typer(
    help="密钥库 vault: list keys, make shares, rotate the key of keys, change the passphrase.",
    no_args_is_help=True,
)


@app.command("list")
def list_keys(data: DataOption = DEFAULT_DATA, as_json: JsonOption = False) -> None:
    """列出密钥 — every key, where it is and how often it was used.

    Counts are never too low; after a crash they may be too high by up to 1024.
    """
    with plain_errors():
        vault = open_vault(settings_of(data))
        try:
            keys = kept_keys(vault)
        finally:
            vault.close()
    if as_json:
        print_json([asdict(one) for one in keys])
        return
    for one in keys:
        say(f"{plain(one.label):40} {one.kind or '-':8} {one.place:7} {one.uses:>10}")


@app.command()
def shares(
    out: Annotated[Path, typer.Option(help="new folder for the share files")],
    threshold: Annotated[int, typer.Option(help="how many shares open the vault", min=2, max=255)] = 2,
    number: Annotated[int, typer.Option("--shares", help="how many shares are made", min=2, max=255)] = 3,
    passphrase: Annotated[
        list[Path] | None,
        typer.Option(help="file with a holder's passphrase; once for each share", show_default=False),
    ] = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """分片 — make k-of-n shares that open the vault.

    Give each file to another person. Shares that were made before open nothing
    any more. Name the files of enough holders in the settings (section vault,
    share_files) and the service starts with them; yinxin vault passphrase
    --remove ends the passphrase.
    """
    if threshold > number:
        raise refuse(f"{threshold} of {number}: 门限大于份数 the threshold is above the number", "lower it")
    with plain_errors():
        made = make_shares(
            settings_of(data), threshold=threshold, count=number, out=out, passphrases=passphrase
        )
    if as_json:
        print_json({"threshold": threshold, "shares": [str(one) for one in made]})
        return
    say(f"[green]✔[/] {threshold} of {number} 份打开密钥库 open the vault; earlier shares do not any more")
    for one in made:
        say(f"  {plain(one)}")


@app.command()
def rotate(data: DataOption = DEFAULT_DATA, as_json: JsonOption = False) -> None:
    """轮换 — a new wrapping key; every key is wrapped anew.

    Stop the service first. An interrupted rotation leaves a vault that opens;
    running this again finishes it. Passphrase and shares stay as they are.
    """
    with plain_errors():
        done = rotate_vault(settings_of(data))
    if as_json:
        print_json(asdict(done))
        return
    what = "完成了上次中断的轮换 finished the interrupted rotation" if done.resumed else "已轮换 rotated"
    say(f"[green]✔[/] {what}: generation {done.generation}, {done.entries} entries wrapped anew")


@app.command()
def passphrase(
    new: Annotated[
        Path | None, typer.Option(help="file that holds the new passphrase", show_default=False)
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="open with shares alone from now on")] = False,
    data: DataOption = DEFAULT_DATA,
) -> None:
    """口令 — change or remove the vault's passphrase.

    The new one comes from a file, so that it stands in no command line. Put
    that file in the place of passphrase_file (section vault) afterwards.
    """
    if (new is None) != remove:
        raise refuse("只选其一 choose one of the two", "--new FILE, or --remove")
    with plain_errors():
        settings = settings_of(data)
        change_passphrase(settings, new)
    if new is None:
        say("[green]✔[/] 只能用分片打开 the vault opens with shares alone")
    else:
        say(f"[green]✔[/] 已更换 changed; now put {plain(new)} in the place of")
        say(f"  {plain(settings.passphrase_file)}")
