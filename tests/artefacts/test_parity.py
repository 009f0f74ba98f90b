# SPDX-License-Identifier: Apache-2.0
"""One verdict: service, command and offline page answer the same about the same file."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
from collections import Counter
from datetime import datetime, tzinfo
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from typer.testing import CliRunner

from api.cli import app as commands
from api.cli import verification as command
from api.cli.checking_files import checks_of
from api.confined import CheckLimits
from api.routes import verification as route
from verify import Unreadable

from .shelf import EXPECTED, Artefact, shelf
from .world import AT, body, trust_files, trusts

NODE = shutil.which("node")
OFFLINE = Path(__file__).resolve().parents[2] / "api" / "pages" / "static" / "offline"
NAMES = sorted(EXPECTED)
# What the offline page can judge, by the name of the file; everything else it must not claim to judge.
PAGE = {
    ".qr.txt": "qr",
    "log-": "log",
    "trust-list": "list",
    "document-status": "status",
}
PAGE_CANNOT = {
    "pdf": "signatures of documents: it compares digests only",
    "ofd": "signatures of documents",
    "form": "CMS",
    "jws": "certificates of seals",
    "cms": "CMS",
    "ses": "seals",
    "seal": "seals",
    "timestamp": "time stamps",
    "evidence-record": "time stamps",
    "certificate": "paths of seals",
    "crl": "it reads those of the trust list alone",
    "status-receipt": "CMS and time stamps",
    "evidence-pack": "archives",
    "log-notice": "keys of monitors",
    "seal-status": "seals",
    "qr": "pictures need a browser; the text in them is judged",
    None: "nobody can",
}
SCRIPT = """
import * as fs from 'node:fs';
import { checkQr } from './check_qr.js';
import { checkLogProof } from './log_proof.js';
import { openStatusList, openTrustList } from './lists.js';
const { at, known, trust, status, cases } = JSON.parse(fs.readFileSync(0, 'utf8'));
const list = await openTrustList(trust, null, at);
const standing = await openStatusList(status, list, null, at);
const out = {};
const taken = async (work) => {
  try { await work(); return ['taken']; } catch (error) { return [error.code ?? String(error)]; }
};
for (const { name, kind, text, standing: asked } of cases) {
  if (kind === 'list') out[name] = await taken(() => openTrustList(text, known, at));
  else if (kind === 'status') out[name] = await taken(() => openStatusList(text, list, null, at));
  else {
    const got = kind === 'qr' ? await checkQr(text, list, at, { status: asked ? standing : null })
      : await checkLogProof(text, list, at);
    out[name] = [got.indication, got.sub_indication, got.codes];
  }
}
console.log(JSON.stringify(out));
"""


@pytest.fixture(scope="module")
def artefacts() -> dict[str, Artefact]:
    return {one.name: one for one in shelf()}


@pytest.fixture(scope="module")
def told(artefacts: dict[str, Artefact]) -> dict[str, dict[str, Any]]:
    """The report of this process on each, or the refusal."""
    found: dict[str, dict[str, Any]] = {}
    for name, one in artefacts.items():
        try:
            found[name] = one.report().to_json()
        except Unreadable as error:
            found[name] = {"indication": None, "sub_indication": None, "error": str(error)}
    return found


@pytest.fixture(scope="module")
def by_service(artefacts: dict[str, Artefact]) -> dict[str, dict[str, Any]]:
    """What the route of the service answers, with checks that are confined as in the service."""
    checks = checks_of(CheckLimits())  # the processes of the command: two more would only take long
    none = SimpleNamespace(of_record=lambda *_: None)  # no document of the shelf is one of this service
    service = SimpleNamespace(
        checks=checks, clock=lambda: AT, trust=lambda: trusts()["usual"], document_standings=none
    )
    app = FastAPI()
    app.state.service = service
    app.include_router(route.router)

    @app.exception_handler(Unreadable)
    def refused(_request: Request, error: Unreadable) -> Response:
        content = json.dumps({"error": str(error), "indication": None})
        return Response(content, media_type="application/json")

    async def asked() -> dict[str, dict[str, Any]]:
        found = {}
        door = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=door, base_url="http://service.example") as client:
            for name, one in sorted(artefacts.items(), key=lambda pair: pair[1].trust):
                if one.content is not None:
                    continue  # one file is uploaded, and nothing beside it
                service.trust = partial(trusts().__getitem__, one.trust)
                answer = await client.post("/api/v1/verify", files={"file": (name, one.data)})
                found[name] = answer.json()
        return found

    return asyncio.run(asked())


@pytest.fixture(scope="module")
def by_command(
    artefacts: dict[str, Artefact], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, Any]]:
    """What ``yinxin verify FOLDER --json`` says, at the time of the artefacts."""

    class Then(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return AT.astimezone(tz)

    folder = tmp_path_factory.mktemp("artefacts")
    found: dict[str, dict[str, Any]] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(command, "datetime", Then)
        for trust, files in trust_files().items():
            (folder / f"{trust}-trust").mkdir()
            for name, data in files.items():
                (folder / f"{trust}-trust" / name).write_bytes(data)
            given = folder / trust
            given.mkdir()
            for one in artefacts.values():
                if one.trust == trust:
                    (given / one.name).write_bytes(one.data)
                    if one.content is not None:
                        (given / one.name).with_suffix("").write_bytes(one.content)
            ran = CliRunner().invoke(
                commands, ["verify", str(given), "--trust", str(folder / f"{trust}-trust"), "--json"]
            )
            assert ran.exit_code == 1, ran.output
            found |= {Path(one.pop("file")).name: one for one in json.loads(ran.stdout)}
    return found


@pytest.fixture(scope="module")
def by_page(artefacts: dict[str, Artefact]) -> dict[str, list[Any]]:
    """What the modules of the offline page say, under Node, from the very lists of the command."""
    if NODE is None:
        pytest.skip("Node is not installed: install the package nodejs to run the page's modules")
    files = trust_files()["standing"]
    listed = json.loads(files["trust-list.json"])["list"]
    given = {
        "at": AT.isoformat(),
        "known": {"sequence": body().sequence, "issued": listed["issued"], "anchors": listed["anchors"]},
        "trust": files["trust-list.json"].decode(),
        "status": files["document-status.json"].decode(),
        "cases": [
            {
                "name": name,
                "kind": page_kind(name),
                "text": one.data.decode(),
                "standing": one.trust == "standing",
            }
            for name, one in artefacts.items()
            if page_kind(name)
        ],
    }
    done = subprocess.run(
        [NODE, "--input-type=module", "-e", SCRIPT],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        timeout=120,
        cwd=OFFLINE,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, list[Any]] = json.loads(done.stdout)
    return found


def page_kind(name: str) -> str | None:
    return next((kind for mark, kind in PAGE.items() if name.startswith(mark) or name.endswith(mark)), None)


def test_there_are_enough_of_every_kind(told: dict[str, dict[str, Any]]) -> None:
    """The table of verdicts is the shelf, and of each kind there are good ones and bad ones."""
    assert sorted(told) == NAMES
    assert len(NAMES) >= 160
    kinds = Counter((one.get("kind"), one["indication"] == "TOTAL-PASSED") for one in told.values())
    assert {kind for kind, _ in kinds} == {*PAGE_CANNOT, "log-proof", "trust-list", "document-status"}
    assert [kind for kind, _ in kinds if kind and not kinds[kind, True]] == []
    assert [kind for kind, _ in kinds if kind and not kinds[kind, False]] == []


@pytest.mark.parametrize("name", NAMES)
def test_the_verdict(told: dict[str, dict[str, Any]], name: str) -> None:
    assert [told[name]["indication"], told[name]["sub_indication"]] == EXPECTED[name]


def test_the_service_says_the_same(
    told: dict[str, dict[str, Any]], by_service: dict[str, dict[str, Any]], artefacts: dict[str, Artefact]
) -> None:
    """Report for report; what is about a file beside it cannot be asked there."""
    assert set(told) - set(by_service) == {name for name, one in artefacts.items() if one.content is not None}
    answers = {name: {key: one[key] for key in one if key != "file"} for name, one in by_service.items()}
    assert [name for name, one in answers.items() if _said(one) != _said(told[name])] == []


def test_the_command_says_the_same(
    told: dict[str, dict[str, Any]], by_command: dict[str, dict[str, Any]]
) -> None:
    """Report for report, of every artefact."""
    assert set(told) <= set(by_command)
    assert [name for name in told if _said(by_command[name]) != _said(told[name])] == []


def _said(report: dict[str, Any]) -> dict[str, Any]:
    """All of it; of a refusal, that it is one."""
    return report if report["indication"] else {"indication": None}


def test_the_offline_page_says_the_same(
    told: dict[str, dict[str, Any]], by_page: dict[str, list[Any]]
) -> None:
    """Verdict and codes of statements and log proofs; a list is taken exactly when it passes."""
    assert len(by_page) >= 50
    differ = []
    for name, got in by_page.items():
        report = told[name]
        if page_kind(name) in ("list", "status"):
            same = (got == ["taken"]) == (report["indication"] == "TOTAL-PASSED")
        else:
            codes = [reason["code"] for reason in report["reasons"]]
            same = got == [report["indication"], report["sub_indication"], codes]
        if not same:
            differ.append((name, got, report["indication"], report["reasons"]))
    assert differ == []


def test_what_the_offline_page_cannot_judge(
    told: dict[str, dict[str, Any]], by_page: dict[str, list[Any]]
) -> None:
    """Exactly the kinds that are listed, each with why."""
    assert {told[name].get("kind") for name in set(told) - set(by_page)} == set(PAGE_CANNOT)
