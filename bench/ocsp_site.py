# SPDX-License-Identifier: Apache-2.0
"""A server for the row ``ca.ocsp.http``, in a process of its own: ``python -m bench.ocsp_site data|bare``.

``data``: the application, without its chores, over the folder that the first line of its input names.
``bare``: an application that answers whatever that line says, in hexadecimal: what uvicorn can do at most.
Prints its port, and ends with its input.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import threading
from pathlib import Path
from typing import Any

import uvicorn


def bare(body: bytes) -> Any:
    """Reads what is asked and answers the same bytes, with the headers that the door of OCSP sends."""
    headers = [
        (b"content-type", b"application/ocsp-response"),
        (b"x-content-type-options", b"nosniff"),
        (b"cache-control", b"no-store"),
        (b"content-length", str(len(body)).encode("ascii")),
    ]

    async def app(_scope: Any, receive: Any, send: Any) -> None:
        while (await receive()).get("more_body", False):
            continue
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return app


def main(what: str) -> None:
    """Serve on a free port of this machine, with uvloop and httptools."""
    with contextlib.ExitStack() as stack:
        if what == "bare":
            app, lifespan = bare(bytes.fromhex(sys.stdin.readline())), "off"
        else:
            from api.routes import create_app
            from api.wiring import open_service

            # All that is slow to load is there before there is a folder.
            data = Path(sys.stdin.readline().rstrip("\n"))
            service = stack.enter_context(contextlib.closing(open_service(data)))
            app, lifespan = create_app(service), "auto"
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=128))
        config: dict[str, Any] = {"loop": "uvloop", "http": "httptools", "lifespan": lifespan}
        config |= {"log_config": None, "access_log": False, "server_header": False, "proxy_headers": False}
        server = uvicorn.Server(uvicorn.Config(app, **config))

        def follow() -> None:
            while os.read(sys.stdin.fileno(), 4096):
                continue
            server.should_exit = True

        threading.Thread(target=follow, daemon=True).start()
        print(listener.getsockname()[1], flush=True)
        server.run([listener])


if __name__ == "__main__":
    main(sys.argv[1])
