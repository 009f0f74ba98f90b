# SPDX-License-Identifier: Apache-2.0
"""``yinxin init`` and ``yinxin serve``."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from ..wiring import initialise, open_service, settings_of
from .output import DEFAULT_DATA, DataOption, JsonOption, plain, plain_errors, print_json, refuse, say

DEMO_USCC = "11510000DEM9A0017F"
DEMO_NAME = "省住房和城乡建设厅(演示)"
_WAITING = 512
"""Connections that may wait while all workers are busy."""


def init(
    data: DataOption = DEFAULT_DATA,
    url: Annotated[
        str, typer.Option(help="address under which the public reaches the service; QR codes are bound to it")
    ] = "http://127.0.0.1:8443",
    uscc: Annotated[str, typer.Option(help="credit code of the operating authority")] = DEMO_USCC,
    name: Annotated[str, typer.Option(help="name of the operating authority")] = DEMO_NAME,
    database: Annotated[
        str, typer.Option(help="database, such as postgresql+psycopg://user@host/name; SQLite by default")
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """初始化 — make a data directory.

    Settings, encrypted vault, database, two hierarchies (SM2 and RSA), and
    a key file for the operator.
    """
    with plain_errors():
        made = initialise(data, url=url, uscc=uscc, name=name, database_url=database)
    paths = {
        "data": str(data),
        "settings": str(made.settings),
        "operator_key": str(made.operator_key),
        "operator_passphrase": str(made.operator_passphrase),
    }
    if as_json:
        print_json(paths)
        return
    say(f"[green]✔[/] 已建立 made {plain(data)}")
    say(f"  设置 settings            {plain(made.settings)}")
    say(f"  运营员密钥 operator key  {plain(made.operator_key)}")
    say(f"  其口令 its passphrase    {plain(made.operator_passphrase)}")
    say(f"  下一步 next              yinxin serve --data {plain(data)}")


def serve(
    data: DataOption = DEFAULT_DATA,
    host: Annotated[
        str | None, typer.Option(help="address to listen on; the settings' own by default")
    ] = None,
    port: Annotated[
        int | None, typer.Option(help="port to listen on; the settings' own by default", min=1, max=65535)
    ] = None,
) -> None:
    """启动服务 — serve pages and API until interrupted."""
    import uvicorn

    from ..logs import configure_logs
    from ..routes import create_app

    # The address comes first: a second service that started by mistake ends here, before it takes what the
    # first one is doing for the rest of a crash.
    with plain_errors():
        settings = settings_of(data)
    with _listening(host or settings.host, port or settings.port, data) as sockets:
        with plain_errors():
            service = open_service(data, start=True)
        configure_logs()
        config = uvicorn.Config(
            create_app(service, forwarded_by=os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1")),
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,  # the application does it, after it has seen who the peer is
        )
        try:
            # Ctrl-C was answered by a clean shutdown when it arrives here.
            with contextlib.suppress(KeyboardInterrupt):
                uvicorn.Server(config).run(sockets)
        finally:
            service.close()


@contextlib.contextmanager
def _listening(host: str, port: int, data: Path) -> Iterator[list[socket.socket]]:
    """A socket for each address of the host; refused in words when one cannot be had."""
    with contextlib.ExitStack() as stack:
        sockets: list[socket.socket] = []
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
            for family, address in dict.fromkeys((one[0], one[4]) for one in found):
                listener = socket.create_server(address, family=family, backlog=_WAITING)
                sockets.append(stack.enter_context(listener))
        except (OSError, UnicodeError) as error:
            why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            raise refuse(
                f"无法监听 cannot listen on {host}:{port}: {why}",
                f"stop what listens there, or choose another address: yinxin serve --data {data} --port PORT",
            ) from error
        yield sockets
