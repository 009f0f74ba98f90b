# SPDX-License-Identifier: Apache-2.0
"""The clients in ``clients/`` against the real service: the same walk in Python and in JavaScript."""

from __future__ import annotations

import base64
import importlib.util
import json
import shutil
import subprocess
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from keys import KeyKind, Signer, generate_key
from keys.sm2.curve import message_digest, user_digest

CLIENTS = Path(__file__).resolve().parents[3] / "clients"
DRIVER = Path(__file__).with_name("client_driver.mjs")
NODE = shutil.which("node")


@pytest.fixture(scope="module")
def module() -> ModuleType:
    """The Python client as a program would copy it: by its file."""
    path = CLIENTS / "python" / "yinxin_client.py"
    spec = importlib.util.spec_from_file_location("yinxin_client", path)
    assert spec is not None and spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


@pytest.fixture
def client(site: Any, module: ModuleType) -> Any:
    person = site.holder("H01")
    made = module.Client(site.url, person.certificate, person.signer.sign)
    return made.login(site.stage.facts.uscc("E01"))


def test_a_submission(site: Any, client: Any) -> None:
    """Prepared, kept as JSON, completed by another process, fetched, verified by upload."""
    enterprise = site.holder("E01")
    data = site.stage.facts.permit_application("P1")
    prepared = client.prepare_submission(
        "permit_application", data, site.files(), certificate=enterprise.certificate, key="py-1"
    )
    kept = json.loads(json.dumps(prepared))
    filed = client.complete_submission(kept, enterprise.signer.sign)
    assert filed["state"] == "sealed"
    assert client.complete_submission(kept, enterprise.signer.sign)["number"] == filed["number"]
    item = next(one for one in kept["items"] if one["kind"] == "pdf")
    report = client.verify("a.pdf", client.sealed_item(kept["submission_id"], item["item_id"]))
    assert report["indication"] == "TOTAL-PASSED"
    stated = report["signatures"][0]["facts"]["authority"]
    assert stated["officer"] == site.stage.accounts["H01"]
    assert stated["mandate"]["digest"].keys() == {"sha256", "sm3"}


def test_many_files_in_one_round_trip(site: Any, client: Any, module: ModuleType) -> None:
    enterprise = site.holder("E01")
    files = [(f"{name}.pdf", content) for name, content in site.files().items()]
    prepared = client.prepare_files("年报附件", files, certificate=enterprise.certificate)
    swapped = json.loads(json.dumps(prepared))
    swapped["items"][0]["to_be_signed"] = swapped["items"][1]["to_be_signed"]
    with pytest.raises(module.NotSigned):
        client.complete_files(swapped, enterprise.signer.sign)
    batch = client.complete_files(prepared, enterprise.signer.sign)
    assert batch["batch_id"] == prepared["batch_id"]
    deadline = time.monotonic() + 60
    while client.batch(batch["batch_id"])["state"] == "running" and time.monotonic() < deadline:
        if site.service.batch_call.shared:
            site.service.batches.worker().work_off(batch["batch_id"])
        time.sleep(0.1)
    report = client.verify("b.pdf", client.batch_file(batch["batch_id"], 1))
    assert report["indication"] == "TOTAL-PASSED"


def test_refusals_say_why(client: Any, module: ModuleType) -> None:
    with pytest.raises(module.Refused) as refused:
        client.prepare_submission("unknown", {}, {})
    assert (refused.value.status, refused.value.code) == (404, "no-such-declaration")


def test_the_use_of_a_seal_signed_by_its_asker(site: Any, module: ModuleType) -> None:
    """Policy, request and approval over HTTP; each statement under a key of its actor."""
    officer, seal_id = site.holder("H10"), site.stage.seals["A3-rsa"]
    site.service.grants.give(
        seal_id,
        site.stage.accounts["H10"],
        document_types=["credit_sheet"],
        period=(site.service.clock(), site.service.clock().replace(year=site.service.clock().year + 1)),
        by="test",
    )
    path = f"/api/v1/seals/{seal_id}/use-policy"
    assert site.operator.http.put(path, json={"approvers": 1}).json()["approvers"] == 1
    try:
        asker = module.Client(site.url, officer.certificate, officer.signer.sign).login()
        asked = asker.ask_use(seal_id, "credit_sheet", "样例-2026-009", 2, "样例用印事由")
        assert asked["state"] == "waiting"
        with pytest.raises(module.Refused) as refused:
            asker.decide_use(asked["request_id"], "approve-use")
        assert refused.value.code == "own-request"
        assert asker.decide_use(asked["request_id"], "withdraw-use")["state"] == "withdrawn"
        history = asker.get(f"/api/v1/seal-use-requests/{asked['request_id']}")["history"]
        assert [one["signed_by"] for one in history] == ["actor", "actor"]
        page = site.login("H10").page("/approvals")
        assert "样例-2026-009" in page and "已收回" in page
    finally:
        site.operator.http.put(path, json={"approvers": 0})


@pytest.mark.parametrize("message", [b"1\x03\x02\x01", b"yinxin/login/v2\n{}", b"yinxin/login/v1\n[]"])
def test_nothing_else_is_signed_at_login(module: ModuleType, message: bytes) -> None:
    with pytest.raises((module.NotSigned, ValueError, AttributeError)):
        module.require_login_challenge(message, "https://yinxin.example")


def test_raw_sign_devices(module: ModuleType) -> None:
    """e = SM3(Z_A || DER) as the service's own arithmetic has it."""
    key = generate_key(KeyKind.SM2)
    point = key.public_key.bits
    assert point[0] == 4
    expected = message_digest(user_digest(point), b"1\x00")
    assert module.sm2_digest(b"1\x00", point[1:33], point[33:65]) == expected


@pytest.mark.skipif(
    NODE is None, reason="Node is not installed: install the package nodejs to run the client"
)
def test_in_javascript(site: Any) -> None:
    person, enterprise = site.holder("H01"), site.holder("E01")
    keys: dict[str, Signer] = {"person": person.signer, "enterprise": enterprise.signer}
    order = {
        "url": site.url,
        "certificate": encoded(person.certificate),
        "act_for": site.stage.facts.uscc("E01"),
        "sealing": encoded(enterprise.certificate),
        "form": "permit_application",
        "data": site.stage.facts.permit_application("P1"),
        "files": {name: encoded(content) for name, content in site.files().items()},
    }
    with subprocess.Popen(
        [str(NODE), str(DRIVER), str(CLIENTS / "javascript" / "yinxin_client.mjs")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None and process.stdout is not None

        def send(value: Any) -> None:
            process.stdin.write(json.dumps(value) + "\n")
            process.stdin.flush()

        send(order)
        for line in process.stdout:
            said = json.loads(line)
            if "answer" in said:
                break
            signature = keys[said["sign"]].sign(base64.b64decode(said["bytes"]))
            send({"signature": encoded(signature)})
    answer = said["answer"]
    assert "error" not in answer, answer["error"]
    assert answer["filed"]["state"] == "sealed"
    assert answer["report"]["indication"] == "TOTAL-PASSED"
    assert answer["batch"]["kind"] == "own-key"
    assert (answer["swapped"], answer["refused"]) == (True, "no-such-declaration")


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()
