# SPDX-License-Identifier: Apache-2.0
"""How workers learn of work: an event in a process, and on PostgreSQL jobs of procrastinate between machines.

Only the call travels here.  What is to be done, by whom and until when stands in the rows of
``api.batches.claiming``: a call that is lost, doubled or late costs time and nothing else.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import make_url

QUEUE: Final = "yinxin-batches"
TASK: Final = "yinxin.batch"
POLL_SECONDS: Final = 5.0
"""How long work that nobody called for may lie: what a dead worker left, or a call that was lost."""
_log = logging.getLogger("yinxin.batches")


class BatchCall:
    """Calls the worker of this process, and through the queue those of other machines."""

    def __init__(self, database_url: str) -> None:
        self.event = threading.Event()
        self._url = database_url
        self.shared = make_url(database_url).get_backend_name() == "postgresql"
        """Do workers of other processes do the work?"""

    def wake(self, batch_id: str) -> None:
        """Never raises: whoever polls finds the work without a call."""
        self.event.set()
        if not self.shared:
            return
        try:
            queue = queue_app(self._url)
            with queue.open():
                if queue.check_connection():  # no worker has ever run here: nobody to call
                    _defer(queue, batch_id)
        except Exception:
            _log.warning("no worker was called: it will find the batch by itself", exc_info=True)


def queue_app(database_url: str) -> Any:
    """procrastinate over the service's own database."""
    from procrastinate import App, PsycopgConnector

    url = make_url(database_url).set(drivername="postgresql")
    return App(connector=PsycopgConnector(conninfo=url.render_as_string(hide_password=False)))


def run_queue_worker(
    database_url: str,
    work: Callable[[str | None], object],
    is_over: Callable[[str], bool],
    *,
    name: str,
) -> None:
    """Work on what is called for, and now and then on what is not, until a signal ends it.

    A batch that is begun is called out once more before, so that one idle worker after the other joins.
    """
    queue = queue_app(database_url)

    @queue.task(name=TASK, queue=QUEUE)  # type: ignore[untyped-decorator]
    def batch(batch_id: str) -> None:
        if not is_over(batch_id):
            with contextlib.suppress(Exception):
                _defer_again(database_url, batch_id)
            work(batch_id)

    async def main() -> None:
        async with queue.open_async():
            if not await queue.check_connection_async():
                with contextlib.suppress(Exception):  # another worker made the tables this moment
                    await queue.schema_manager.apply_schema_async()
            polling = asyncio.create_task(_poll(work))
            try:
                await queue.run_worker_async(
                    queues=[QUEUE],
                    name=name,
                    concurrency=1,
                    delete_jobs="always",
                    install_signal_handlers=True,
                )
            finally:
                polling.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await polling

    asyncio.run(main())


def run_worker(work: Callable[[str | None], int], *, wait: Callable[[float], object], idle: bool) -> None:
    """The same without a queue: work, and wait when there is none.  ``idle``: end instead of waiting."""
    while True:
        try:
            done = work(None)
        except Exception:
            _log.exception("work on batches stopped and will be tried again")
            done = 0
        if not done:
            if idle:
                return
            wait(POLL_SECONDS)


async def _poll(work: Callable[[str | None], object]) -> None:
    while True:
        try:
            await asyncio.to_thread(work, None)
        except Exception:
            _log.exception("work on batches stopped and will be tried again")
        await asyncio.sleep(POLL_SECONDS)


def _defer_again(database_url: str, batch_id: str) -> None:
    queue = queue_app(database_url)
    with queue.open():
        _defer(queue, batch_id)


def _defer(queue: Any, batch_id: str) -> None:
    """One waiting call for each batch is enough."""
    from procrastinate.exceptions import AlreadyEnqueued

    with contextlib.suppress(AlreadyEnqueued):
        queue.configure_task(TASK, queue=QUEUE, queueing_lock=batch_id).defer(batch_id=batch_id)
