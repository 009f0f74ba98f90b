# SPDX-License-Identifier: Apache-2.0
"""The whole way: a service and its centre, a bundle, a message by OpenSSL, a lost key, agents, the log."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from sqlalchemy import func, select
from typer.testing import CliRunner

from api.certificates import BundleOrder, IssuedBundle
from api.cli import app
from api.database.tables_identity import certificates
from api.keycentre import KeyCentreUnavailable, check_history
from api.keycentre.adapters.unix_socket import UnixLink
from api.keycentre.drilling import drill_keys
from api.ledger import RowAltered
from api.routes import create_app
from api.wiring import Service, open_service
from api.wiring.keycentre import certified_key, escrowed_keys, pinned_centre
from ca import SubjectName, make_request
from keys import (
    KeyKind,
    SoftwareKey,
    generate_key,
    open_enveloped_key,
    parse_enveloped_key,
    parse_sm2_cipher,
    read_key_file,
    write_key_file,
)
from verify import parse_certificate

from ..founding import data_directory, serving_address

OPENSSL = shutil.which("openssl")
PLAIN = "只有持有人能读 for the holder alone".encode()


@dataclass
class House:
    """A service as ``yinxin init`` makes it, with two recovery agents in the centre's settings."""

    data: Path
    service: Service
    operator: tuple[SoftwareKey, bytes]
    agents: dict[str, SoftwareKey]
    http: httpx.Client
    holder: SoftwareKey
    account_id: str

    def bundle(self, key: SoftwareKey | None = None) -> IssuedBundle:
        made = key or self.holder
        order = BundleOrder(
            profile="person",
            sign_request=make_request(made, SubjectName("样例一")),
            rsa_request=None,
            account_id=self.account_id,
            holder="H01",
            holder_name="样例一",
            valid_until=None,
        )
        return self.service.certificates.issue_bundle(order, by="test")

    def token(self, key: SoftwareKey, der: bytes) -> dict[str, str]:
        asked = self.service.login.challenge()
        session = self.service.login.login(asked.challenge_id, der, key.sign(asked.to_be_signed))
        return {"Authorization": f"Bearer {session.token}"}

    def issued(self) -> int:
        with self.service.database.read() as connection:
            return int(connection.execute(select(func.count()).select_from(certificates)).scalar_one())


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    data = tmp_path_factory.mktemp("house") / "data"
    url = serving_address()
    made = data_directory(data, url=url)
    agents = {name: generate_key(KeyKind.SM2) for name in ("li", "wang")}
    for name, key in agents.items():
        (data / "kmc" / f"{name}.der").write_bytes(key.public_key.spki)
    settings = data / "kmc" / "kmc.toml"
    text = settings.read_text("utf-8")
    settings.write_text(text.replace("agents = []", 'agents = ["li.der", "wang.der"]'), "utf-8")
    operator, ders = read_key_file(
        made.operator_key.read_bytes(), made.operator_passphrase.read_text("utf-8").strip()
    )
    service = open_service(data)
    account = service.accounts.add(name="样例一", subject="H01", roles=["applicant"], by="test")
    holder = generate_key(KeyKind.SM2)
    with serving(service, url), httpx.Client(base_url=url, trust_env=False, timeout=60) as http:
        yield House(data, service, (operator, ders[0]), agents, http, holder, account.account_id)
    service.close()


@contextlib.contextmanager
def serving(service: Service, url: str) -> Iterator[None]:
    port = int(url.rsplit(":", 1)[1])
    server = uvicorn.Server(
        uvicorn.Config(create_app(service), host="127.0.0.1", port=port, log_config=None, access_log=False)
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    end = time.monotonic() + 30
    while not server.started and time.monotonic() < end:
        time.sleep(0.02)
    yield
    server.should_exit = True
    thread.join(15)


@pytest.fixture(scope="module")
def bundle(house: House) -> IssuedBundle:
    return house.bundle()


def encryption_key(bundle: IssuedBundle) -> bytes:
    (der,) = (one.der for one in bundle.members if one.usage == "encrypt")
    return parse_certificate(der).public_key.spki


@pytest.fixture(scope="module")
def sealed(bundle: IssuedBundle, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A message that OpenSSL encrypted to the encryption certificate's public key."""
    if OPENSSL is None:
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("openssl")
    pem = base64.encodebytes(encryption_key(bundle)).decode()
    (folder / "key.pem").write_text(f"-----BEGIN PUBLIC KEY-----\n{pem}-----END PUBLIC KEY-----\n")
    (folder / "in").write_bytes(PLAIN)
    subprocess.run(
        [OPENSSL, "pkeyutl", "-encrypt", "-pubin", "-inkey", "key.pem", "-in", "in", "-out", "out"],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    return (folder / "out").read_bytes()


def test_a_bundles_key_reads_what_openssl_wrote(house: House, bundle: IssuedBundle, sealed: bytes) -> None:
    key = open_enveloped_key(parse_enveloped_key(bundle.envelope or b""), house.holder)
    assert key.public_key.spki == encryption_key(bundle)
    assert key.decrypt(parse_sm2_cipher(sealed)) == PLAIN


def test_a_lost_signing_key(house: House, bundle: IssuedBundle, sealed: bytes) -> None:
    """Over HTTP: the holder asks, two agents sign, an operator completes, the holder reads again."""
    signing = next(one for one in bundle.members if one.usage == "sign")
    holder, operator = house.token(house.holder, signing.der), house.token(*house.operator)
    new = generate_key(KeyKind.SM2)
    body = {
        "key": bundle.bundle_id,
        "recipient": base64.b64encode(new.public_key.spki).decode(),
        "reason": "签名密钥遗失",
    }
    asked = house.http.post("/api/v1/recoveries", json=body, headers=holder)
    assert asked.status_code == 201, asked.text
    address = f"/api/v1/recoveries/{asked.json()['recovery_id']}"
    assert house.http.get("/api/v1/recoveries", headers=holder).status_code == 403
    early = house.http.post(f"{address}/complete", headers=operator)
    assert (early.status_code, early.json()["code"]) == (409, "approvals-insufficient")
    for name, key in house.agents.items():
        signature = key.sign(base64.b64decode(asked.json()["to_be_signed"]))
        given = {"agent": name, "signature": base64.b64encode(signature).decode()}
        assert house.http.post(f"{address}/approvals", json=given, headers=operator).status_code == 201
    (listed,) = house.http.get("/api/v1/recoveries", headers=operator).json()["recoveries"]
    assert (listed["state"], listed["approved_by"]) == ("waiting", ["li", "wang"])
    done = house.http.post(f"{address}/complete", headers=operator)
    assert done.status_code == 200, done.text
    envelope = parse_enveloped_key(base64.b64decode(done.json()["envelope"]))
    assert open_enveloped_key(envelope, new).decrypt(parse_sm2_cipher(sealed)) == PLAIN
    seen = house.http.get("/api/v1/recoveries/mine", headers=holder).json()
    assert {one["happened"] for one in seen["notices"]} == {"requested", "completed"}
    assert [one["state"] for one in seen["recoveries"]] == ["completed"]
    assert "您的加密密钥已被恢复" in house.http.get("/holder", headers=holder).text
    history = house.http.get("/api/v1/recoveries/history", headers=holder).content
    (link,) = check_history(history, pinned_centre(house.service.settings))
    assert link.request_sha256 == asked.json()["request_sha256"]
    assert house.service.check_ledger().findings == ()


def test_a_drill(house: House, bundle: IssuedBundle) -> None:
    (drilled,) = drill_keys(
        house.service.recoveries,
        escrowed_keys(house.service.database),
        house.agents,
        spki_of=lambda key_id: certified_key(house.service.database, key_id),
        sample=10,
        by="console",
    )
    assert (drilled.key_id, drilled.passed) == (bundle.escrow_key_id, True)
    signing = next(one for one in bundle.members if one.usage == "sign")
    holder = house.token(house.holder, signing.der)
    seen = house.http.get("/api/v1/recoveries/mine", headers=holder).json()
    of_drill = {one["recovery_id"] for one in seen["recoveries"] if one["purpose"] == "drill"}
    told = [one for one in seen["notices"] if one["recovery_id"] in of_drill]
    assert [(one["happened"], one["purpose"]) for one in told] == [
        ("completed", "drill"),
        ("requested", "drill"),
    ]
    page = house.http.get("/holder", headers=holder).text
    rows = [row for row in page.split("<tr>") if any(one in row for one in of_drill)]
    assert len(rows) == 2
    assert all("恢复演练" in row and "已被恢复" not in row for row in rows)


def test_the_centre_sees_the_log(house: House, bundle: IssuedBundle) -> None:
    """Every minute, with the other chores."""
    house.service.do_chores()
    assert house.service.recoveries.status().log_size == house.service.ledger.size()


def test_a_centre_that_was_killed(house: House, bundle: IssuedBundle) -> None:
    """The next bundle waits for it and gets its key."""
    client = house.service.key_centre
    assert client is not None
    assert client.embedded is not None
    pid = client.embedded.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    again = house.bundle(generate_key(KeyKind.SM2))
    assert again.escrow_key_id != bundle.escrow_key_id


def test_a_centre_that_hangs(house: House, bundle: IssuedBundle) -> None:
    """A refusal within the deadline, and nothing of the bundle; then it works by itself."""
    client = house.service.key_centre
    assert client is not None
    assert client.embedded is not None
    client.remote.status()
    access = client.remote._access
    client.remote._access = replace(access, link=UnixLink(house.service.settings.kmc_socket, seconds=0.5))
    pid, before, key = client.embedded.pid, house.issued(), generate_key(KeyKind.SM2)
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        with pytest.raises(KeyCentreUnavailable) as refused:
            house.bundle(key)
        assert refused.value.code == "key-centre-unavailable"
        assert house.issued() == before
    finally:
        os.kill(pid, signal.SIGCONT)
        client.remote._access = access
    assert house.bundle(key).envelope
    assert house.issued() == before + 2


def test_an_edited_owner_gets_no_notice(house: House, bundle: IssuedBundle, request: Any) -> None:
    """Who writes into the database cannot send the holder's notice to somebody else."""

    def owned_by(holder: str) -> None:
        with house.service.database.write() as connection:
            connection.exec_driver_sql(
                "UPDATE bundles SET holder = ? WHERE id = ?", (holder, bundle.bundle_id)
            )

    owned_by("H02")
    request.addfinalizer(lambda: owned_by("H01"))
    size = house.service.ledger.size()
    with pytest.raises(RowAltered):
        house.service.recoveries.request(
            bundle.bundle_id, house.holder.public_key, reason="x", by="operator-1"
        )
    assert house.service.ledger.size() == size


# At the console, beside the running service


def run(house: House, *words: str, code: int = 0) -> str:
    """A command; what it says."""
    found = CliRunner().invoke(app, ["kmc", *words, "--data", str(house.data)])
    assert found.exit_code == code, found.output
    return found.output


@pytest.fixture(scope="module")
def agent_files(house: House) -> list[str]:
    """Key files of both agents, as options."""
    options: list[str] = []
    for name, key in house.agents.items():
        file, passphrase = house.data / f"{name}.pem", house.data / f"{name}.passphrase"
        file.write_bytes(write_key_file(key, [], f"口令 {name}"))
        passphrase.write_text(f"口令 {name}\n", "utf-8")
        options += ["--agent", str(file), "--passphrase-file", str(passphrase)]
    return options


def test_recovered_at_the_console(
    house: House, bundle: IssuedBundle, agent_files: list[str], tmp_path: Path, sealed: bytes
) -> None:
    new = generate_key(KeyKind.SM2)
    (tmp_path / "new.der").write_bytes(new.public_key.spki)
    words = ["request", bundle.bundle_id, "--recipient", str(tmp_path / "new.der"), "--reason", "法院调取"]
    asked = json.loads(run(house, "recover", *words, "--json"))
    out = tmp_path / "key.der"
    complete = ["recover", "complete", asked["recovery_id"], "--out", str(out), "--json"]
    assert "批准" in run(house, *complete, code=1)
    assert not out.exists()
    approved = json.loads(run(house, "recover", "approve", asked["recovery_id"], *agent_files, "--json"))
    assert approved["approved_by"] == ["li", "wang"]
    assert json.loads(run(house, *complete))["state"] == "completed"
    key = open_enveloped_key(parse_enveloped_key(out.read_bytes()), new)
    assert key.decrypt(parse_sm2_cipher(sealed)) == PLAIN
    history = tmp_path / "history.json"
    run(house, "recover", "history", "--out", str(history))
    links = check_history(history.read_bytes(), pinned_centre(house.service.settings))
    assert links[-1].request_sha256 == asked["request_sha256"]
    told = json.loads(run(house, "recover", "list", "--json"))
    assert asked["recovery_id"] in {one["recovery_id"] for one in told}
    assert asked["recovery_id"] in run(house, "recover", "list")


def test_a_drill_at_the_console(house: House, bundle: IssuedBundle, agent_files: list[str]) -> None:
    report = json.loads(run(house, "drill", *agent_files, "--sample", "1", "--json"))
    assert report["passed"]
    assert [one["code"] for one in report["keys"]] == ["recovered"]
    alone = run(house, "drill", *agent_files[:4], "--sample", "1", code=1)
    assert "approvals-insufficient" in alone
    assert "✔" in run(house, "drill", *agent_files, "--sample", "1")


def test_what_the_centre_lists(house: House, bundle: IssuedBundle) -> None:
    found = json.loads(run(house, "list", "--json"))
    assert bundle.escrow_key_id in {one["key_id"] for one in found["keys"]}
    assert found["head"]["size"] == len(found["recoveries"])
    assert str(bundle.escrow_key_id) in run(house, "list")


def test_options_that_do_not_fit(house: House, agent_files: list[str], tmp_path: Path) -> None:
    assert "each --agent" in run(house, "drill", *agent_files[:4], "--agent", "x.pem", code=1)
    (tmp_path / "no.der").write_bytes(b"no key")
    words = ("--recipient", str(tmp_path / "no.der"), "--reason", "x")
    run(house, "recover", "request", "0" * 32, *words, code=1)
    (tmp_path / "li.pem").write_bytes(b"no key")
    run(house, "drill", "--agent", str(tmp_path / "li.pem"), code=1)
    run(house, "recover", "approve", "0" * 32, *agent_files, code=1)
