# SPDX-License-Identifier: Apache-2.0
"""Publishing beside the requests: what is in the log is out within seconds, whoever asks for it or not."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

from starlette.concurrency import run_in_threadpool

from ..wiring import Service

EVERY_SECONDS = 2.0
_log = logging.getLogger("yinxin.publishing")


@contextlib.asynccontextmanager
async def log_work(service: Service) -> AsyncIterator[None]:
    """Publishes while the application runs; what fails is logged and tried again."""

    async def forever() -> None:
        failed = False
        while True:
            try:
                await run_in_threadpool(service.log_publisher.publish)
                failed = False
            except Exception:
                if not failed:  # once, not every two seconds
                    _log.exception("the log was not published; it will be tried again")
                failed = True
            await asyncio.sleep(EVERY_SECONDS)

    task = asyncio.create_task(forever())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
