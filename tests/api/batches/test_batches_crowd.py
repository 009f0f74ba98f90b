# SPDX-License-Identifier: Apache-2.0
"""``kill -9`` in the middle of many files, three times: every document once, no gap, ledger complete.

The real command over a real data directory; P-256, because what is asked here is not how fast SM2 is.
``YINXIN_BATCH_ITEMS`` says how many files: a thousand, and ten thousand in ``.ci/run``.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from api.seals import SealOrder
from api.wiring import open_service
from keys import KeyKind
from verify import Indication, check_pdf

from ..founding import data_directory
from .conftest import A3, tiny_pdf

COUNT = int(os.environ.get("YINXIN_BATCH_ITEMS", "1000"))
WAIT_SECONDS = 900
COMMAND = (sys.executable, "-c", "from api.cli import main; main()", "batch")


def done_so_far(database: Path) -> int:
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        row = connection.execute("SELECT max(done) FROM batch_progress").fetchone()
        return int(row[0] or 0)
    finally:
        connection.close()


def run(folder: Path, seal: str, data: Path, *, kill_at: int | None) -> int:
    """The command, killed with everything that it started once so many are done."""
    process = subprocess.Popen(
        [*COMMAND, "seal", str(folder), "--seal", seal, "--workers", "2", "--data", str(data)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    deadline = time.monotonic() + WAIT_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        if kill_at is not None and done_so_far(data / "yinxin.db") >= kill_at:
            os.killpg(process.pid, signal.SIGKILL)
            break
        time.sleep(0.05)
    else:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    _, errors = process.communicate()
    assert process.returncode in (0, -signal.SIGKILL), errors.decode()
    return process.returncode


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_many_files_killed_three_times(tmp_path: Path) -> None:
    data, folder = tmp_path / "data", tmp_path / "files"
    data_directory(data)
    service = open_service(data)
    name = "蜀州市锦北区住房和城乡建设局"
    order = SealOrder(A3, f"{name}(演示)", name, "专用章", "51010600000001", KeyKind.P256)
    seal = service.seals.make(order, by="test").seal_id
    service.close()
    folder.mkdir()
    for number in range(COUNT):
        (folder / f"{number:05d}.pdf").write_bytes(tiny_pdf(number))
    for quarter in (1, 2, 3):
        assert run(folder, seal, data, kill_at=COUNT * quarter // 4) == -signal.SIGKILL
        assert COUNT * quarter // 4 <= done_so_far(data / "yinxin.db") < COUNT
    assert run(folder, seal, data, kill_at=None) == 0
    require_once(data)


def require_once(data: Path) -> None:
    """What is in the database, item by item, and what the public log says of it."""
    connection = sqlite3.connect(data / "yinxin.db")
    (batch,) = connection.execute("SELECT id, state, total FROM batches").fetchall()
    assert batch[1:] == ("done", COUNT)
    facts = connection.execute(
        "SELECT count(*), count(DISTINCT number), min(number), max(number), count(DISTINCT sha256),"
        " count(DISTINCT file_id), count(DISTINCT ledger_index), sum(state = 'done') FROM batch_items"
    ).fetchone()
    assert facts == (COUNT, COUNT, 1, COUNT, COUNT, COUNT, COUNT, COUNT)
    assert connection.execute("SELECT count(*) FROM files").fetchone() == (COUNT,)
    assert connection.execute("SELECT count(*) FROM intents WHERE outcome IS NULL").fetchone() == (0,)
    sealed = "SELECT count(*) FROM intents WHERE kind = 'file.seal' AND outcome = 'sealed'"
    assert connection.execute(sealed).fetchone() == (COUNT,)
    lost = "SELECT count(*) FROM intents WHERE kind = 'file.seal' AND outcome = 'abandoned'"
    assert connection.execute(lost).fetchone()[0] <= 3 * 2 * 200
    progress: Any = connection.execute("SELECT received, done, refused, failed, used FROM batch_progress")
    assert progress.fetchone() == (COUNT, COUNT, 0, 0, COUNT)
    query = "SELECT f.content FROM batch_items i JOIN files f ON f.id = i.file_id WHERE i.number % 997 = 1"
    picked = [bytes(one) for (one,) in connection.execute(query)]
    connection.close()
    service = open_service(data)
    try:
        assert service.check_ledger().findings == ()
        for content in picked:
            report = check_pdf(content, trust=service.trust(), at=service.clock())
            assert report.indication is Indication.TOTAL_PASSED
    finally:
        service.close()
