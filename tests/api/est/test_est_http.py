# SPDX-License-Identifier: Apache-2.0
"""EST as devices speak it: curl and OpenSSL against a running service; a header plays the proxy before it."""

from __future__ import annotations

import asyncio
import base64
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.responses import PlainTextResponse

from api.est import DeviceOrder, Secret
from api.routes import create_app
from api.wiring import Service, open_service
from keys import der
from verify import Indication, Purpose, check_certificate, parse_certificate

from ..founding import data_directory, serving_address

HOLDER, NAME = "91510100DEM001017Y", "四川样例建工集团有限公司"
SUBJECT = f"/C=CN/O={HOLDER}{NAME}/CN={NAME}"
DISTID = "distid:1234567812345678"
OPENSSL, CURL = shutil.which("openssl"), shutil.which("curl")
needs_peers = pytest.mark.skipif(not OPENSSL or not CURL, reason="needs openssl and curl")
MADE = {
    "sm2": (
        ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:SM2"],
        ["-sm3", "-sigopt", DISTID],
    ),
    "rsa": (["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"], ["-sha256"]),
    "p256": (["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"], ["-sha256"]),
}


@dataclass(frozen=True)
class Served:
    """A running service, and where."""

    url: str
    service: Service
    app: Any

    def registered(self, **more: Any) -> Secret:
        order = DeviceOrder("窗口自助机 01", HOLDER, NAME, **more)
        return self.service.est.devices.register(order, by="test")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """As ``yinxin serve`` runs it, with a proxy on this machine that may hand certificates on."""
    data: Path = tmp_path_factory.mktemp("est") / "data"
    url = serving_address()
    made = data_directory(data, url=url)
    text = made.settings.read_text("utf-8")
    trusted = text.replace("client_certificate_from = []", 'client_certificate_from = ["127.0.0.0/8"]')
    assert trusted != text
    made.settings.write_text(trusted, "utf-8")
    service = open_service(data)
    app = create_app(service)
    port = int(url.rsplit(":", 1)[1])
    config = uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None, proxy_headers=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.02)
    yield Served(url, service, app)
    server.should_exit = True
    thread.join(15)
    service.close()


def ran(*command: object, given: bytes = b"") -> bytes:
    done = subprocess.run([str(one) for one in command], capture_output=True, timeout=60, input=given)
    assert done.returncode == 0, (done.stdout + done.stderr).decode("utf-8", "replace")
    return done.stdout


def curl(*arguments: object, given: bytes = b"") -> bytes:
    return ran(CURL, "--noproxy", "*", "-sS", "-f", *arguments, given=given)


def csr(folder: Path, kind: str, name: str = "key", *more: str) -> bytes:
    """A request in Base64, made by OpenSSL alone."""
    make, sign = MADE[kind]
    key = folder / f"{name}.pem"
    if not key.exists():
        ran(OPENSSL, *make, "-out", key)
    asked = ran(
        OPENSSL, "req", "-new", "-key", key, *sign, "-utf8", "-subj", SUBJECT, "-outform", "DER", *more
    )
    return ran(OPENSSL, "base64", given=asked)


def unpacked(answer: bytes, folder: Path, name: str) -> Path:
    """The certificates in an answer, as PEM, taken out by OpenSSL."""
    content = ran(OPENSSL, "base64", "-d", given=answer)
    path = folder / name
    path.write_bytes(ran(OPENSSL, "pkcs7", "-inform", "DER", "-print_certs", given=content))
    return path


def header_of(certificate: Path) -> str:
    """Client-Cert as a proxy writes it (RFC 9440 section 2.1)."""
    encoded = ran(OPENSSL, "x509", "-in", certificate, "-outform", "DER")
    return f"Client-Cert: :{base64.b64encode(encoded).decode('ascii')}:"


@needs_peers
@pytest.mark.parametrize(("kind", "label"), [("sm2", "/sm2"), ("rsa", "/rsa"), ("p256", ""), ("sm2", "")])
def test_a_device_with_curl_and_openssl(served: Served, tmp_path: Path, kind: str, label: str) -> None:
    """Authorities, first certificate, renewal with another key; OpenSSL builds the path."""
    est, secret = f"{served.url}/.well-known/est{label}", served.registered()
    authorities = unpacked(curl(f"{est}/cacerts"), tmp_path, "ca.pem")
    answer = curl(
        "-u", f"{secret.device_id}:{secret.secret}", "-H", "Content-Type: application/pkcs10",
        "--data-binary", "@-", f"{est}/simpleenroll", given=csr(tmp_path, kind),
    )  # fmt: skip
    first = unpacked(answer, tmp_path, "first.pem")
    own = ran(OPENSSL, "pkey", "-in", tmp_path / "key.pem", "-pubout")
    assert ran(OPENSSL, "x509", "-in", first, "-pubkey", "-noout") == own
    if kind != "sm2":  # OpenSSL hands the SM2 user id to the first signature of a path only
        ran(OPENSSL, "verify", "-CAfile", authorities, first)
    found = parse_certificate(ran(OPENSSL, "x509", "-in", first, "-outform", "DER"))
    trust = served.service.certificates.trust()
    at = served.service.clock()
    checked = check_certificate(found, trust, at, purpose=Purpose.CERTIFICATE)
    assert checked.indication is Indication.TOTAL_PASSED, checked.reasons
    renewed = curl(
        "-H", header_of(first), "-H", "X-Forwarded-For: 203.0.113.7",
        "-H", "Content-Type: application/pkcs10", "--data-binary", "@-",
        f"{est}/simplereenroll", given=csr(tmp_path, kind, "later"),
    )  # fmt: skip
    second = unpacked(renewed, tmp_path, "second.pem")
    later = ran(OPENSSL, "pkey", "-in", tmp_path / "later.pem", "-pubout")
    assert ran(OPENSSL, "x509", "-in", second, "-pubkey", "-noout") == later
    subject = [ran(OPENSSL, "x509", "-in", one, "-subject", "-noout") for one in (first, second)]
    assert subject[0] == subject[1]


@needs_peers
def test_what_a_request_should_have(served: Served) -> None:
    answer = curl(f"{served.url}/.well-known/est/csrattrs")
    shown = ran(OPENSSL, "asn1parse", "-inform", "DER", given=base64.b64decode(answer))
    assert b"id-ecPublicKey" in shown
    assert b"SM2-with-SM3" in shown


def post(served: Served, path: str, **more: Any) -> httpx.Response:
    return httpx.post(f"{served.url}/.well-known/est/{path}", trust_env=False, **more)


def test_answers_carry_their_types(served: Served) -> None:
    answer = httpx.get(f"{served.url}/.well-known/est/cacerts", trust_env=False)
    assert answer.headers["content-type"] == "application/pkcs7-mime; smime-type=certs-only"
    assert answer.headers["content-transfer-encoding"] == "base64"
    assert der.read_only(base64.b64decode(answer.content)).tag == der.SEQUENCE
    wishes = httpx.get(f"{served.url}/.well-known/est/rsa/csrattrs", trust_env=False)
    assert wishes.headers["content-type"] == "application/csrattrs"


@needs_peers
def test_waiting_for_approval_is_a_202(served: Served, tmp_path: Path) -> None:
    """Registered by a person, so that somebody is there who may not approve it alone."""
    operator = served.service.accounts.list()[0].account_id
    order = DeviceOrder("窗口自助机 02", HOLDER, NAME, approval=True)
    secret = served.service.est.devices.register(order, by=operator)
    auth, body = (secret.device_id, secret.secret), csr(tmp_path, "p256")
    for _ in range(2):
        answer = post(served, "simpleenroll", auth=auth, content=body)
        assert (answer.status_code, answer.content) == (202, b"")
        assert int(answer.headers["retry-after"]) > 0


def test_who_is_not_known_is_asked_for_a_secret(served: Served) -> None:
    secret = served.registered()
    for more in (
        {},
        {"auth": (secret.device_id, "wrong")},
        {"headers": {"Authorization": "Basic !!!"}},
        {"headers": {"Authorization": "Bearer abc"}},
        {"headers": {"Authorization": "Basic " + base64.b64encode(b"no colon").decode()}},
    ):
        answer = post(served, "simpleenroll", content=b"MAA=", **more)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Basic ")
        assert answer.headers["content-type"] == "application/problem+json"


def test_refusals_say_what_to_do(served: Served) -> None:
    secret = served.registered()
    auth = (secret.device_id, secret.secret)
    for path, body, status, code in (
        ("simpleenroll", b"%%%", 422, "body-not-base64"),
        ("simpleenroll", b"A" * 40_000, 422, "body-not-base64"),
        ("simpleenroll", b"MAA=", 422, "request-refused"),
        ("none/simpleenroll", b"MAA=", 404, "no-such-family"),
        ("serverkeygen", b"MAA=", 501, "server-keys-not-made"),
        ("simplereenroll", b"MAA=", 401, "client-certificate-missing"),
    ):
        answer = post(served, path, auth=auth, content=body)
        assert (answer.status_code, answer.json()["code"]) == (status, code), path
    assert httpx.get(f"{served.url}/.well-known/est/none/cacerts", trust_env=False).status_code == 404


@needs_peers
def test_a_certificate_that_anybody_could_have_sent(served: Served, tmp_path: Path) -> None:
    """From another address than the proxy's, or beside the proxy's own, the header proves nothing."""
    secret = served.registered()
    body = csr(tmp_path, "p256")
    enrolled = post(served, "simpleenroll", auth=(secret.device_id, secret.secret), content=body)
    header = header_of(unpacked(enrolled.content, tmp_path, "own.pem")).partition(": ")[2]
    forged = {"Client-Cert": header, "X-Forwarded-For": "127.0.0.1"}
    answer = asyncio.run(elsewhere(served, body, forged))
    assert (answer.status_code, answer.json()["code"]) == (403, "proxy-not-trusted")
    twice = [("Client-Cert", header), ("Client-Cert", header)]
    for headers in (twice, {"Client-Cert": header.strip(":")}, {"Client-Cert": ":!!!:"}, {"Client-Cert": ""}):
        answer = post(served, "simplereenroll", content=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "client-certificate-malformed")
    foreign = {"Client-Cert": ":MAA=:"}
    answer = post(served, "simplereenroll", content=body, headers=foreign)
    assert answer.json()["code"] == "client-certificate-refused"
    proxied = {"Client-Cert": header, "X-Forwarded-For": "203.0.113.7"}
    assert post(served, "simplereenroll", content=body, headers=proxied).status_code == 200


async def elsewhere(served: Served, body: bytes, headers: dict[str, str]) -> httpx.Response:
    """The same application, reached from an address that is no proxy."""
    transport = httpx.ASGITransport(served.app, client=("203.0.113.7", 40000))
    async with httpx.AsyncClient(transport=transport, base_url=served.url) as client:
        return await client.post("/.well-known/est/simplereenroll", content=body, headers=headers)


def test_a_proxy_elsewhere_names_the_caller_where_it_is_allowed(served: Served) -> None:
    """The address that failures are counted under, by the setting of ``yinxin serve``."""

    async def source_of(allowed: str) -> str:
        app = create_app(served.service, forwarded_by=allowed)
        app.add_route("/source", lambda request: PlainTextResponse(request.client.host))
        transport = httpx.ASGITransport(app, client=("203.0.113.7", 40000))
        async with httpx.AsyncClient(transport=transport, base_url=served.url) as client:
            return (await client.get("/source", headers={"X-Forwarded-For": "198.51.100.9"})).text

    assert asyncio.run(source_of("127.0.0.1")) == "203.0.113.7"
    assert asyncio.run(source_of("203.0.113.7")) == "198.51.100.9"


def test_everything_is_in_the_log(served: Served) -> None:
    found = served.service.check_ledger()
    assert [one for one in found.findings if one.table.startswith("est_")] == []
