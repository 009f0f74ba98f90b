# SPDX-License-Identifier: Apache-2.0
"""The real client: certbot against the real service over HTTP, issued, renewed, revoked; and the protocol."""

from __future__ import annotations

import json
import os
import shutil
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from cryptography import x509
from typer.testing import CliRunner

from api.cli.main import app
from api.demo.serving import free_port
from api.routes import create_app
from api.wiring import Service, open_service
from keys import KeyFamily

from ..founding import data_directory, serving_address

HERE = Path(sys.executable).with_name("certbot")
CERTBOT = str(HERE) if HERE.is_file() else shutil.which("certbot")
HOST, SECOND = "host.corp.test", "www.corp.test"


@dataclass
class Running:
    """A service that listens, and the port that its validations ask."""

    url: str
    service: Service
    data: Path
    http_port: int

    @property
    def directory(self) -> str:
        return f"{self.url}/acme/directory"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    data = tmp_path_factory.mktemp("acme") / "data"
    url, http_port = serving_address(), free_port()
    made = data_directory(data, url=url)
    text = made.settings.read_text("utf-8")
    for before, after in (
        ("allow_private = false", "allow_private = true"),
        ("http_port = 80", f"http_port = {http_port}"),
        ("resolve = {}", f'resolve = {{ "{HOST}" = "127.0.0.1", "{SECOND}" = "127.0.0.1" }}'),
    ):
        assert text.count(before) == 1
        text = text.replace(before, after)
    made.settings.write_text(text, "utf-8")
    service = open_service(data, start=True)
    port = int(url.rsplit(":", 1)[1])
    config = uvicorn.Config(
        create_app(service), host="127.0.0.1", port=port, log_config=None, access_log=False
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.02)
    yield Running(url, service, data, http_port)
    server.should_exit = True
    thread.join(15)
    service.close()


def certbot(running: Running, folder: Path, *arguments: str, fails: bool = False) -> str:
    """Run certbot; what it said."""
    if CERTBOT is None:
        pytest.skip("CERTBOT IS MISSING: pip install certbot, or the real ACME client is not tried")
    folders = [f"--{name}-dir={folder / name}" for name in ("config", "work", "logs")]
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    ran = subprocess.run(
        [CERTBOT, *arguments, "--non-interactive", "--server", running.directory, *folders],
        capture_output=True,
        text=True,
        env={**environment, "NO_PROXY": "127.0.0.1"},
        timeout=120,
    )
    said = ran.stdout + ran.stderr
    assert (ran.returncode != 0) == fails, said
    return said


def asked(running: Running, made: Any, *names: str) -> list[str]:
    """The arguments of a first certificate."""
    return [
        "certonly",
        "--standalone",
        f"--http-01-port={running.http_port}",
        "--http-01-address=127.0.0.1",
        "--agree-tos",
        "-m=ops@corp.test",
        "--no-eff-email",
        f"--eab-kid={made.key.key_id}",
        f"--eab-hmac-key={made.secret}",
        *(f"-d={one}" for one in names),
    ]


def live(folder: Path, name: str = HOST) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates((folder / "config" / "live" / name / "fullchain.pem").read_bytes())


def shake_hands(running: Running, folder: Path) -> None:
    """TLS with what certbot got, by a strict client that trusts our roots and nothing else."""
    where = folder / "config" / "live" / HOST
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(where / "fullchain.pem", where / "privkey.pem")
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for root in running.service.certificates.anchors():
        if root.public_key.family is KeyFamily.RSA:
            trusting.load_verify_locations(cadata=root.der)
    trusting.verify_flags |= ssl.VERIFY_X509_STRICT
    for name, welcome in ((HOST, True), ("other.corp.test", False)):
        wires = [ssl.MemoryBIO() for _ in range(2)]
        ends = (
            trusting.wrap_bio(wires[0], wires[1], server_hostname=name),
            served.wrap_bio(wires[1], wires[0], server_side=True),
        )
        trusted = True
        for _ in range(6):
            for end in ends:
                try:
                    end.do_handshake()
                except ssl.SSLWantReadError:
                    continue
                except ssl.SSLError:
                    trusted = False
        assert trusted == welcome, name


@pytest.mark.slow
@pytest.mark.parametrize("key", ["ecdsa", "rsa"])
def test_certbot_issues_renews_and_revokes(running: Running, tmp_path: Path, key: str) -> None:
    made = running.service.acme.make_key(domains=["corp.test"], by="test")
    certbot(running, tmp_path, *asked(running, made, HOST, SECOND), f"--key-type={key}")
    first = live(tmp_path)
    first[0].verify_directly_issued_by(first[1])
    names = first[0].extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert set(names.get_values_for_type(x509.DNSName)) == {HOST, SECOND}
    shake_hands(running, tmp_path)

    certbot(running, tmp_path, "renew", "--force-renewal", "--no-random-sleep-on-renew")
    second = live(tmp_path)
    assert second[0].serial_number != first[0].serial_number

    where = tmp_path / "config" / "live" / HOST / "cert.pem"
    certbot(
        running, tmp_path, "revoke", f"--cert-path={where}", "--reason=superseded", "--no-delete-after-revoke"
    )
    fingerprint = second[0].fingerprint(second[0].signature_hash_algorithm).hex()  # type: ignore[arg-type]
    found = running.service.certificates.by_fingerprint(fingerprint)
    assert found is not None
    assert (found.revoked_at is not None, found.reason) == (True, "superseded")
    certbot(running, tmp_path, "unregister")


@pytest.mark.slow
def test_certbot_is_told_why_not(running: Running, tmp_path: Path) -> None:
    """A name outside the binding, and a name that nobody proves."""
    made = running.service.acme.make_key(domains=["corp.test"], by="test")
    said = certbot(running, tmp_path, *asked(running, made, "host.other.test"), fails=True)
    assert "binding of this account does not allow it" in said
    arguments = asked(running, made, HOST)
    arguments[1:3] = ["--manual", "--preferred-challenges=http", f"--manual-auth-hook={shutil.which('true')}"]
    said = certbot(running, tmp_path, *arguments, fails=True)
    assert HOST in said


def test_the_protocol_over_http(running: Running) -> None:
    """Headers of section 6: nonces, the way back to the directory, types, and no GET where POST belongs."""
    with httpx.Client(base_url=running.url, trust_env=False) as http:
        directory = http.get("/acme/directory").json()
        head, get = http.head("/acme/new-nonce"), http.get("/acme/new-nonce")
        assert (head.status_code, get.status_code) == (200, 204)
        for one in (head, get):
            assert one.headers["replay-nonce"]
            assert one.headers["cache-control"] == "no-store"
            assert one.headers["link"] == f'<{running.directory}>;rel="index"'
        assert head.headers["replay-nonce"] != get.headers["replay-nonce"]
        assert http.get(directory["newOrder"]).status_code == 405
        plain = http.post(directory["newOrder"], json={})
        assert (plain.status_code, plain.json()["type"]) == (415, "urn:ietf:params:acme:error:malformed")
        jose = {"Content-Type": "application/jose+json"}
        refused = http.post(directory["newOrder"], content=b"{}", headers=jose)
        assert refused.status_code == 400
        assert refused.headers["content-type"] == "application/problem+json"
        assert refused.headers["replay-nonce"]
        large = http.post(directory["newOrder"], content=b"x" * 70_000, headers=jose)
        assert large.status_code == 413
        unknown = http.get(f"{directory['renewalInfo']}/AAAA.AAAA")
        assert unknown.status_code == 404


def test_switched_off(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of it answers, and nothing of it runs."""
    service = running.service
    monkeypatch.delitem(service.__dict__, "acme", raising=False)
    monkeypatch.setattr(service, "settings", replace(service.settings, acme_enabled=False))
    with httpx.Client(base_url=running.url, trust_env=False) as http:
        for answer in (http.get("/acme/directory"), http.post("/acme/new-order", content=b"{}")):
            assert (answer.status_code, answer.json()["code"]) == (404, "acme-switched-off")
    service.do_chores()
    assert "acme" not in service.__dict__


def test_the_acme_library_asks_what_certbot_would_not(running: Running) -> None:
    """Another implementation signs: its JWS is read, and its mistakes are answered with the RFC's types."""
    acme = pytest.importorskip("acme.client", reason="the package acme is missing: pip install acme")
    from acme import errors, messages
    from cryptography.hazmat.primitives.asymmetric import rsa
    from josepy import JWKRSA

    made = running.service.acme.make_key(domains=["corp.test"], by="test")
    key = JWKRSA(key=rsa.generate_private_key(65537, 2048))
    network = acme.ClientNetwork(key, user_agent="test")
    network.session.trust_env = False
    client = acme.ClientV2(messages.Directory.from_json(network.get(running.directory).json()), network)
    assert client.external_account_required()
    plain = messages.NewRegistration.from_data(email="ops@corp.test", terms_of_service_agreed=True)
    with pytest.raises(messages.Error) as caught:
        client.new_account(plain)
    assert caught.value.code == "externalAccountRequired"
    bound = messages.ExternalAccountBinding.from_data(
        key.public_key(), made.key.key_id, made.secret, client.directory
    )
    account = client.new_account(plain.update(external_account_binding=bound))
    assert account.uri.startswith(f"{running.url}/acme/account/")
    network.account = None
    with pytest.raises(errors.ConflictError) as found:
        client.new_account(plain)
    assert found.value.location == account.uri
    network.account = account
    empty, fresh = messages.NewOrder(identifiers=()), client.directory["newNonce"]
    with pytest.raises(messages.Error) as caught:
        network.post(client.directory["newOrder"], empty, new_nonce_url=fresh)
    assert caught.value.code == "malformed"
    with pytest.raises(messages.Error) as caught:
        network.post(client.directory["revokeCert"], empty, new_nonce_url=fresh)
    assert caught.value.code == "malformed"
    network.session.close()


@pytest.mark.slow
def test_keys_over_the_command(running: Running) -> None:
    def yinxin(*arguments: str) -> Any:
        return CliRunner().invoke(app, ["acme", "key", *arguments, "--data", str(running.data)])

    added = yinxin("add", "--domains", "corp.test", "--json")
    assert added.exit_code == 0, added.output
    facts = json.loads(added.stdout)
    assert len(facts["mac_key"]) == 43
    assert facts["directory"] == running.directory
    listed = json.loads(yinxin("list", "--json").stdout)["keys"]
    assert "mac_key" not in listed[-1]
    assert facts["key_id"] in yinxin("list").stdout
    ended = yinxin("end", facts["key_id"], "--json")
    assert json.loads(ended.stdout)["ended_at"]
    told = yinxin("add", "--domains", "corp.test")
    assert "--eab-kid" in told.stdout
    wrong = yinxin("add", "--domains", "test")
    assert (wrong.exit_code, "domains" in wrong.output) == (1, True)
