# SPDX-License-Identifier: Apache-2.0
"""``yinxin acme key add|list|end``: keys that let an ACME client open an account."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ..acme import BindingKey
from ..console import CONSOLE
from .output import DEFAULT_DATA, DataOption, JsonOption, opened, plain, print_json, say

app = typer.Typer(help="ACME: keys for external account binding.", no_args_is_help=True)
key = typer.Typer(help="密钥 keys: add, list, end.", no_args_is_help=True)
app.add_typer(key, name="key")


@key.command()
def add(
    domains: Annotated[list[str], typer.Option(help="name with everything below it; once for each name")],
    account: Annotated[str | None, typer.Option(help="account that the certificates belong to")] = None,
    holder: Annotated[str, typer.Option(help="or: credit code of the organisation")] = "",
    holder_name: Annotated[str, typer.Option(help="name of the organisation")] = "",
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """新建 — make a key.

    Without account and holder it is for the operating authority itself.
    The MAC key is shown once: hand it to whoever runs the client.
    """
    with opened(data) as service:
        made = service.acme.make_key(
            domains=domains, account_id=account, holder=holder, holder_name=holder_name, by=CONSOLE
        )
        facts = {
            **_facts(made.key),
            "mac_key": made.secret,
            "directory": service.acme.addresses.directory,
        }
    _show(facts, as_json)
    if not as_json:
        say(
            "  certbot certonly --server "
            f"{plain(facts['directory'])} --eab-kid {plain(facts['key_id'])} --eab-hmac-key …"
        )


@key.command("list")
def list_keys(data: DataOption = DEFAULT_DATA, as_json: JsonOption = False) -> None:
    """列出 — every key, without its secret."""
    with opened(data) as service:
        found = [_facts(one) for one in service.acme.list_keys()]
    if as_json:
        print_json({"keys": found})
        return
    for facts in found:
        _show(facts, as_json)


@key.command()
def end(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="id of the key")],
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """停用 — end a key: its accounts order nothing any more."""
    with opened(data) as service:
        ended = service.acme.end_key(key_id, by=CONSOLE)
    _show(_facts(ended), as_json)


def _facts(one: BindingKey) -> dict[str, Any]:
    return {
        "key_id": one.key_id,
        "account_id": one.account_id,
        "holder": one.holder,
        "domains": list(one.domains),
        "made_at": one.made_at.isoformat(),
        "ended_at": one.ended_at.isoformat() if one.ended_at else None,
    }


def _show(facts: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(facts)
        return
    for label, value in facts.items():
        if value is not None:
            say(f"{label:<12}{plain(', '.join(value) if isinstance(value, list) else value)}")
