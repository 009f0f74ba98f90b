# SPDX-License-Identifier: Apache-2.0
"""Without any one relying module the rest starts and answers: the core knows none of them."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from api.routes import create_app
from api.settings import load_settings
from api.wiring import open_service

from ..founding import data_directory

MODULES = ("registry", "project", "credit")
CORE = Path(__file__).resolve().parents[3] / "api"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("modules") / "data"
    data_directory(folder)
    return folder


@pytest.mark.parametrize("removed", [*MODULES, "all of them"])
def test_the_rest_starts(data: Path, removed: str) -> None:
    """Its forms, documents, records and views are gone; everything else is there."""
    path = data / "yinxin.toml"
    before = path.read_text("utf-8")
    kept = [name for name in MODULES if name != removed and removed in MODULES]
    switched = f"enabled = {kept!r}".replace("'", '"')
    path.write_text(re.sub(r"(?m)^enabled = \[.*$", switched, before), "utf-8")
    try:
        assert list(load_settings(path).relying_enabled) == kept
        service = open_service(data)
        try:
            asyncio.run(_walk(create_app(service), kept))
            assert service.module_names() == ", ".join(kept)
        finally:
            service.close()
    finally:
        path.write_text(before, "utf-8")


async def _walk(app: FastAPI, kept: list[str]) -> None:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8443") as client:
        for public in ("/", "/verify", "/login", "/trust-list.json", "/log/checkpoint", "/healthz"):
            assert (await client.get(public)).status_code == 200, public
        await _views(client, kept)


async def _views(client: httpx.AsyncClient, kept: list[str]) -> None:
    views = {
        "registry": "/relying/registry/enterprise?uscc=91510100DEM001017Y",
        "project": "/relying/project/project?project_no=5101061705080101",
        "credit": "/relying/credit/board?subject=91510100DEM001017Y",
    }
    for module, address in views.items():
        response = await client.get(address, headers={"Accept": "application/json"})
        found = response.status_code == 200 or response.json()["code"] == "no-such-record"
        assert found == (module in kept), (module, response.text[:200])


def test_the_core_names_no_module() -> None:
    """No word of a domain stands in the core's code (the demo is a client, and the data set is data)."""
    words = re.compile(r"permit|credit_sheet|enterprise_view|qualification", re.IGNORECASE)
    found = [
        f"{path.relative_to(CORE)}: {line.strip()}"
        for path in sorted(CORE.rglob("*.py"))
        if "demo" not in path.relative_to(CORE).parts
        for line in path.read_text("utf-8").splitlines()
        if words.search(line) and "permitted" not in line and "permission" not in line.lower()
    ]
    assert found == []
