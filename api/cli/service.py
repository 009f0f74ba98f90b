# SPDX-License-Identifier: Apache-2.0
"""``yinxin init`` and ``yinxin serve``."""

from __future__ import annotations

from typing import Annotated

import typer

from ..settings import SettingsError
from ..wiring import WiringError, initialise, open_service
from .output import DEFAULT_DATA, DataOption, JsonOption, console, plain_errors, print_json

DEMO_USCC = "11510000DEM9A0017F"
DEMO_NAME = "省住房和城乡建设厅(演示)"


def init(
    data: DataOption = DEFAULT_DATA,
    url: Annotated[
        str, typer.Option(help="address under which the public reaches the service; QR codes are bound to it")
    ] = "http://127.0.0.1:8443",
    uscc: Annotated[str, typer.Option(help="credit code of the operating authority")] = DEMO_USCC,
    name: Annotated[str, typer.Option(help="name of the operating authority")] = DEMO_NAME,
    as_json: JsonOption = False,
) -> None:
    """初始化 — make a data directory: settings, encrypted vault, database, two hierarchies, an operator."""
    with plain_errors(SettingsError, WiringError):
        made = initialise(data, url=url, uscc=uscc, name=name)
    if as_json:
        print_json(
            {
                "data": str(data),
                "settings": str(made.settings),
                "operator_key": str(made.operator_key),
                "operator_passphrase": str(made.operator_passphrase),
            }
        )
        return
    console.print(f"[green]✔[/] 已建立 {data}")
    console.print(f"  设置 settings            {made.settings}", soft_wrap=True)
    console.print(f"  运营员密钥 operator key   {made.operator_key}", soft_wrap=True)
    console.print(f"  其口令 its passphrase     {made.operator_passphrase}", soft_wrap=True)
    console.print(f"  下一步 next               yinxin serve --data {data}", soft_wrap=True)


def serve(
    data: DataOption = DEFAULT_DATA,
    host: Annotated[
        str | None, typer.Option(help="address to listen on; the settings' own by default")
    ] = None,
    port: Annotated[int | None, typer.Option(help="port to listen on; the settings' own by default")] = None,
) -> None:
    """启动服务 — serve pages and API over a data directory until interrupted."""
    import uvicorn

    from ..logs import configure_logs
    from ..routes import create_app

    with plain_errors(SettingsError, WiringError):
        service = open_service(data, start=True)
    configure_logs()
    try:
        uvicorn.run(
            create_app(service),
            host=host or service.settings.host,
            port=port or service.settings.port,
            log_config=None,
            access_log=False,
            server_header=False,
        )
    finally:
        service.close()
