# SPDX-License-Identifier: Apache-2.0
"""What the service does by itself while it runs: fresh CRLs, expired submissions swept away."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

from starlette.concurrency import run_in_threadpool

from ..wiring import Service

EVERY_SECONDS = 60.0
_log = logging.getLogger("yinxin.chores")


@contextlib.asynccontextmanager
async def chores(service: Service) -> AsyncIterator[None]:
    """Runs the chores beside the application; a chore that fails is logged and tried again."""

    async def forever() -> None:
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            try:
                await run_in_threadpool(service.do_chores)
            except Exception:
                _log.exception("a chore failed and will be tried again")

    task = asyncio.create_task(forever())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
