# SPDX-License-Identifier: Apache-2.0
"""The real service over HTTP, with the demo's data set loaded by the demo's own client."""

from __future__ import annotations

import io
import os
import shutil
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from rich.console import Console
from sqlalchemy import create_engine, make_url

from api.demo.client import Client, Holder
from api.demo.filing import SLOTS, attachment
from api.demo.journal import Journal
from api.demo.opening import load, open_with
from api.demo.serving import free_port
from api.demo.stage import Stage
from api.routes import create_app
from api.wiring import Service, open_service

from ..founding import data_directory

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@dataclass
class Site:
    """A running service and everything that its clients hold."""

    url: str
    service: Service
    stage: Stage
    clients: dict[str, Client] = field(default_factory=dict)

    @property
    def operator(self) -> Client:
        return self.stage.run_by()

    def holder(self, key: str) -> Holder:
        return self.stage.holders[key]

    def login(self, key: str, act_for: str = "") -> Client:
        """A logged-in client; logins are reused, as a browser would."""
        name = f"{key}/{act_for}"
        if name not in self.clients:
            uscc = self.stage.facts.uscc(act_for) if act_for else ""
            self.clients[name] = self.stage.client().login(self.holder(key), act_for=uscc)
        return self.clients[name]

    def files(self) -> dict[str, bytes]:
        return {slot: attachment(zh, "样例花园一期") for slot, zh in SLOTS.items()}


@pytest.fixture(scope="session")
def site_database() -> Iterator[str]:
    """Empty for SQLite; with ``YINXIN_TEST_DATABASE_URL`` a schema of its own on that PostgreSQL server."""
    server = os.environ.get("YINXIN_TEST_DATABASE_URL", "")
    if not server:
        yield ""
        return
    schema = f"site_{uuid.uuid4().hex}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {schema}")
    url = make_url(server).update_query_dict({"options": f"-csearch_path={schema}"})
    yield url.render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"DROP SCHEMA {schema} CASCADE")
    engine.dispose()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Site]:
    """One service for all tests of this folder; each test makes what it needs inside it."""
    data: Path = tmp_path_factory.mktemp("site") / "data"
    url = f"http://127.0.0.1:{free_port()}"
    made = data_directory(data, url=url, database_url=request.getfixturevalue("site_database"))
    service = open_service(data)
    config = uvicorn.Config(
        create_app(service, limited=False),
        host="127.0.0.1",
        port=int(url.rsplit(":", 1)[1]),
        log_config=None,
        access_log=False,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.02)
    assert httpx.get(f"{url}/healthz", trust_env=False).status_code == 200
    journal = Journal(Console(file=io.StringIO()))
    stage = Stage(data=data, out=data.parent / "out", url=url, journal=journal)
    open_with(stage, made.operator_key, made.operator_passphrase.read_text("utf-8").strip())
    load(stage)
    assert journal.passed, [row for row in journal.rows if not row.passed]
    yield Site(url, service, stage)
    server.should_exit = True
    thread.join(15)
    service.close()


@pytest.fixture(scope="session")
def shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where screenshots go: a folder to look at when YINXIN_SHOTS names one."""
    named = os.environ.get("YINXIN_SHOTS")
    folder = Path(named) if named else tmp_path_factory.mktemp("shots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """One browser for one file: its event loop must be gone before other tests start theirs."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed: install the package chromium to run the browser tests")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ],
        )
        yield browser
        browser.close()
