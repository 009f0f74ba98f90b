# SPDX-License-Identifier: Apache-2.0
"""The worker inside the service: one thread, beside the requests.

On PostgreSQL the workers are processes of their own (``yinxin batch work``), on any number of machines.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import AsyncIterator

from starlette.concurrency import run_in_threadpool

from ..wiring import Service

_log = logging.getLogger("yinxin.batches")
_PAUSE_SECONDS = 5.0


@contextlib.asynccontextmanager
async def batch_work(service: Service) -> AsyncIterator[None]:
    """Runs while the application does; ends between two chunks."""
    call = service.batch_call
    if call.shared:
        yield
        return
    ending = threading.Event()

    def forever() -> None:
        worker = service.batches.worker()
        while not ending.is_set():
            call.event.clear()
            try:
                if worker.work_once():
                    continue
            except Exception:
                _log.exception("work on batches stopped and will be tried again")
            call.event.wait(_PAUSE_SECONDS)

    thread = threading.Thread(target=forever, name="batches", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        call.event.set()
        await run_in_threadpool(thread.join)
