# SPDX-License-Identifier: Apache-2.0
"""Several workers over PostgreSQL: ``yinxin batch work``, called by procrastinate, one killed three times.

``YINXIN_BATCH_ITEMS`` says how many files: 240, and a thousand in ``.ci/run``.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url, select

from api.batches import BatchKind, BatchOrder, BatchState, Orderer, Upload
from api.database.tables_batches import batch_chunks, batch_items
from api.seals import SealOrder
from api.wiring import Service, open_service
from keys import KeyKind

from ..founding import administer, data_directory
from .conftest import A3, tiny_pdf

COUNT = int(os.environ.get("YINXIN_BATCH_ITEMS", "240"))
WAIT_SECONDS = 120 + COUNT // 2
COMMAND = (sys.executable, "-c", "from api.cli import main; main()", "batch", "work", "--data")
pytestmark = [
    pytest.mark.postgresql,
    pytest.mark.slow,
    pytest.mark.skipif(
        not os.environ.get("YINXIN_TEST_DATABASE_URL"),
        reason="set YINXIN_TEST_DATABASE_URL to a PostgreSQL server to run workers on it",
    ),
]


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """A data directory over a database of its own."""
    server, name = os.environ["YINXIN_TEST_DATABASE_URL"], f"batches_{uuid.uuid4().hex}"
    administer(server, f"CREATE DATABASE {name}")
    url = make_url(server).set(database=name).render_as_string(hide_password=False)
    data_directory(tmp_path / "data", database_url=url)
    yield tmp_path / "data"
    administer(server, f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def worker(data: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [*COMMAND, str(data)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            _, errors = process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            _, errors = process.communicate()
        print(errors.decode()[-2000:])


def ordered(service: Service, by: Orderer, seal_id: str) -> str:
    batch = service.batches.order(BatchOrder(BatchKind.FILES, seal_id, "两个工作进程"), by)
    uploads = [Upload(f"{number}.pdf", tiny_pdf(number)) for number in range(COUNT)]
    service.batches.add_files(batch.batch_id, uploads, by)
    return batch.batch_id


def wait_for(service: Service, batch_id: str, by: Orderer, done: int) -> Any:
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        found = service.batches.get(batch_id, by)
        if found.progress.done >= done or found.state is not BatchState.RUNNING:
            return found
        time.sleep(0.05)
    raise AssertionError(f"only {found.progress.done} of {done}")


@pytest.mark.timeout(1800)
def test_two_workers_and_one_is_killed_three_times(data: Path) -> None:
    service = open_service(data)
    try:
        name = "蜀州市锦北区住房和城乡建设局"
        order = SealOrder(A3, f"{name}(演示)", name, "专用章", "51010600000001", KeyKind.P256)
        seal_id, by = service.seals.make(order, by="test").seal_id, Orderer("officer-1", A3)
        now = service.clock()
        service.grants.give(
            seal_id,
            by.account_id,
            document_types=["file"],
            period=(now, now.replace(year=now.year + 1)),
            by="test",
        )
        batch_id = ordered(service, by, seal_id)
        with ExitStack() as stack:
            victim, _other = (stack.enter_context(worker(data)) for _ in range(2))
            service.batches.start(batch_id, by)
            for quarter in (1, 2, 3):
                wait_for(service, batch_id, by, COUNT * quarter // 4)
                os.killpg(victim.pid, signal.SIGKILL)
                victim = stack.enter_context(worker(data))
            done = wait_for(service, batch_id, by, COUNT)
        assert (done.state, done.progress.done, done.progress.used) == (BatchState.DONE, COUNT, COUNT)
        with service.database.read() as connection:
            rows = connection.execute(select(batch_items).order_by(batch_items.c.number)).all()
            names = set(connection.execute(select(batch_chunks.c.worker)).scalars())
        assert [one.number for one in rows] == list(range(1, COUNT + 1))
        assert len({one.sha256 for one in rows}) == len({one.ledger_index for one in rows}) == COUNT
        assert len(names) >= 2
        assert service.check_ledger().findings == ()
    finally:
        service.close()
