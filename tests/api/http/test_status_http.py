# SPDX-License-Identifier: Apache-2.0
"""Status over HTTP as clients ask for it: OpenSSL and cryptography, lists, receipts, and another process."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp as peer
from gmssl.sm2 import CryptSM2
from typer.testing import CliRunner

from api.certificates import IssueOrder
from api.cli.main import app
from ca import SubjectName, make_request
from keys import HashAlgorithm, KeyKind, der, generate_key
from verify import Indication, cert_id, check_file, parse_certificate, parse_crl, parse_ocsp_response

OPENSSL = shutil.which("openssl")
needs_openssl = pytest.mark.skipif(OPENSSL is None, reason="needs openssl: apt-get install openssl")
REVOKING = """
import sys
from pathlib import Path
from api.wiring import open_service
service = open_service(Path(sys.argv[1]))
service.certificates.revoke(sys.argv[2], "keyCompromise", by="test")
print("revoked", flush=True)
service.close()
"""


def issued(site: Any, name: str, kind: KeyKind) -> Any:
    """A certificate for a new person."""
    account = site.service.accounts.add(name=f"样例{name}", subject=name, roles=["applicant"], by="test")
    order = IssueOrder(
        profile="person",
        request=make_request(generate_key(kind), SubjectName(f"样例{name}")),
        holder=name,
        holder_name=f"样例{name}",
        account_id=account.account_id,
    )
    return site.service.certificates.issue(order, by="test")


def request_for(site: Any, one: Any, algorithm: HashAlgorithm | None = None) -> bytes:
    issuer = parse_certificate(site.service.certificates.issuer_file(one.issuer))
    asked = cert_id(issuer, int(one.serial, 16), algorithm).encode()
    return der.sequence(der.sequence(der.sequence(der.sequence(asked))))


def get(site: Any, path: str, **more: Any) -> httpx.Response:
    return httpx.get(f"{site.url}{path}", trust_env=False, **more)


def ask(site: Any, body: bytes) -> httpx.Response:
    headers = {"Content-Type": "application/ocsp-request"}
    return httpx.post(f"{site.url}/ocsp", content=body, headers=headers, trust_env=False)


def pem(encoded: bytes) -> bytes:
    return x509.load_der_x509_certificate(encoded).public_bytes(Encoding.PEM)


@needs_openssl
@pytest.mark.parametrize("kind", [KeyKind.RSA2048, KeyKind.P256], ids=str)
def test_openssl_asks(site: Any, tmp_path: Path, kind: KeyKind) -> None:
    """``openssl ocsp`` with nonce, path and all: good, then revoked without waiting."""
    one = issued(site, f"STO{kind.value.upper()}", kind)
    chain = [pem(encoded) for encoded in site.service.certificates.chain(one.certificate_id)]
    (tmp_path / "leaf.pem").write_bytes(pem(one.der))
    (tmp_path / "issuer.pem").write_bytes(chain[0])
    (tmp_path / "roots.pem").write_bytes(b"".join(chain))
    command = ["openssl", "ocsp", "-issuer", "issuer.pem", "-cert", "leaf.pem", "-CAfile", "roots.pem"]
    command += ["-url", f"{site.url}/ocsp", "-no_cert_checks"]

    def said(*more: str) -> str:
        environment = {"PATH": "/usr/bin:/bin:/usr/local/bin", "no_proxy": "127.0.0.1"}
        done = subprocess.run(
            [*command, *more],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env=environment,
        )
        return done.stdout + done.stderr

    told = said()
    assert "Response verify OK" in told
    assert "leaf.pem: good" in told
    assert "WARNING: no nonce" not in told
    site.service.certificates.suspend(one.certificate_id, by="test")
    told = said("-no_nonce")
    assert "leaf.pem: revoked" in told
    assert "certificateHold" in told
    site.service.certificates.resume(one.certificate_id, by="test")
    assert "leaf.pem: good" in said("-no_nonce")
    site.service.certificates.revoke(one.certificate_id, "superseded", by="test")
    told = said("-no_nonce")
    assert "Response verify OK" in told
    assert "leaf.pem: revoked" in told
    assert "superseded" in told


def test_cryptography_reads_it(site: Any) -> None:
    one = issued(site, "STOCRY", KeyKind.RSA2048)
    issuer = x509.load_der_x509_certificate(site.service.certificates.issuer_file(one.issuer))
    builder = peer.OCSPRequestBuilder().add_certificate(
        x509.load_der_x509_certificate(one.der), issuer, hashes.SHA256()
    )
    answer = ask(site, builder.build().public_bytes(Encoding.DER))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/ocsp-response")
    found = peer.load_der_ocsp_response(answer.content)
    assert found.certificate_status is peer.OCSPCertStatus.GOOD
    assert found.serial_number == int(one.serial, 16)
    found.certificates[0].verify_directly_issued_by(issuer)


def test_sm2_by_a_second_implementation(site: Any) -> None:
    """gmssl verifies answer and list with the default user id."""
    one = issued(site, "STOSM2", KeyKind.SM2)
    found = parse_ocsp_response(ask(site, request_for(site, one, HashAlgorithm.SM3)).content)
    responder = parse_certificate(found.certificates[0])
    crl = parse_crl(get(site, f"/crl/{one.issuer}.crl").content)
    issuer = parse_certificate(site.service.certificates.issuer_file(one.issuer))
    for certificate, signature, tbs in (
        (responder, found.signature, found.tbs),
        (issuer, crl.signature, crl.tbs),
    ):
        key = CryptSM2(private_key="", public_key="", asn1=True)
        key.public_key = certificate.public_key.bits[1:].hex()  # the constructor strips zeros and fours
        assert key.verify_with_sm3(signature.hex(), tbs)


def test_get_is_cached_and_asked_again(site: Any) -> None:
    """RFC 5019: the same answer, with a tag; nobody on the way may keep it longer than a second."""
    one = issued(site, "STOGET", KeyKind.SM2)
    path = "/ocsp/" + quote(base64.b64encode(request_for(site, one)).decode(), safe="")
    first = get(site, path)
    assert first.headers["cache-control"] == "max-age=1, public, no-transform, must-revalidate"
    assert {"etag", "last-modified", "expires"} <= set(first.headers)
    again = get(site, path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    site.service.certificates.revoke(one.certificate_id, "superseded", by="test")
    after = get(site, path, headers={"If-None-Match": first.headers["etag"]})
    assert after.status_code == 200
    assert parse_ocsp_response(after.content).singles[0].standing.value == "revoked"


@pytest.mark.parametrize("body", [b"", b"\x30\x00", b"nonsense", b"\x30" * 8192, b"A" * 9000, b"A" * 200_000])
def test_malformed_is_an_answer(site: Any, body: bytes) -> None:
    answer = ask(site, body)
    assert answer.status_code == 200
    assert parse_ocsp_response(answer.content).status == "malformedRequest"


def test_other_methods_and_paths(site: Any) -> None:
    assert httpx.put(f"{site.url}/ocsp", content=b"", trust_env=False).status_code == 405
    assert parse_ocsp_response(get(site, "/ocsp").content).status == "malformedRequest"
    assert get(site, "/ocspx").status_code == 404


def test_another_process_revokes(site: Any) -> None:
    """Seen within two seconds of its commit; an answer was kept before."""
    one = issued(site, "STOOTHER", KeyKind.SM2)
    body = request_for(site, one)
    assert parse_ocsp_response(ask(site, body).content).singles[0].standing.value == "good"
    data = str(site.stage.data)
    command = [sys.executable, "-c", REVOKING, data, one.certificate_id]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "revoked"
        begun = time.monotonic()
        while parse_ocsp_response(ask(site, body).content).singles[0].standing.value == "good":
            assert time.monotonic() - begun < 2
        assert process.wait(60) == 0


@needs_openssl
def test_lists_as_files(site: Any, tmp_path: Path) -> None:
    """Complete, partition and delta: OpenSSL checks RSA; the address in the certificate has the list."""
    one = issued(site, "STOLIST", KeyKind.RSA2048)
    site.service.certificates.suspend(one.certificate_id, by="test")
    (address,) = parse_certificate(one.der).crl_urls
    path = address.removeprefix(site.url)
    assert path.startswith("/crl/persons-rsa/")
    (tmp_path / "issuer.pem").write_bytes(pem(site.service.certificates.issuer_file(one.issuer)))
    issuer_key: Any = x509.load_pem_x509_certificate((tmp_path / "issuer.pem").read_bytes()).public_key()
    for place in (path, "/crl/persons-rsa.crl", "/crl/persons-rsa-delta.crl"):
        answer = get(site, place)
        assert answer.headers["content-type"] == "application/pkix-crl"
        (tmp_path / "list.crl").write_bytes(answer.content)
        command = [
            "openssl",
            "crl",
            "-inform",
            "DER",
            "-in",
            "list.crl",
            "-CAfile",
            "issuer.pem",
            "-noout",
            "-text",
        ]
        told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
        assert "verify OK" in told.stderr
        assert "Certificate Hold" in told.stdout
        assert x509.load_der_x509_crl(answer.content).is_signature_valid(issuer_key)
        again = get(site, place, headers={"If-None-Match": answer.headers["etag"]})
        assert again.status_code == 304
    delta = parse_crl(get(site, "/crl/persons-rsa-delta.crl").content)
    assert delta.base is not None
    site.service.certificates.resume(one.certificate_id, by="test")
    assert not parse_crl(get(site, path).content).entries.get(int(one.serial, 16))
    for missing in ("/crl/nobody.crl", "/crl/persons-rsa/999.crl", "/crl/root-sm2-delta.crl"):
        assert get(site, missing).status_code == 404


def test_receipt_and_look_up(site: Any) -> None:
    one = issued(site, "STOREC", KeyKind.SM2)
    answer = get(site, f"/status/{one.certificate_id}")
    assert answer.status_code == 200, answer.text
    report = check_file(answer.content, trust=site.service.certificates.trust(), at=site.service.clock())
    assert report.indication is Indication.TOTAL_PASSED, report.to_json()
    assert report.facts["proven_to_exist"]
    uploaded = httpx.post(
        f"{site.url}/api/v1/status/receipt", files={"file": ("a.cer", one.der)}, trust_env=False
    )
    assert uploaded.status_code == 200
    told = get(site, "/api/v1/status", params={"fingerprint": one.fingerprint}).json()
    assert (told["state"], told["certificate_id"]) == ("good", one.certificate_id)
    assert "样例" not in str(told)
    assert get(site, "/api/v1/status", params={"serial": "zz"}).status_code == 422
    assert (
        get(site, f"/status/{one.certificate_id}", params={"at": "2000-01-01T00:00:00Z"}).status_code == 404
    )
    assert (
        get(site, f"/status/{one.certificate_id}", params={"at": "2100-01-01T00:00:00Z"}).status_code == 422
    )
    assert get(site, f"/status/{'0' * 32}").status_code == 404
    verified = httpx.post(
        f"{site.url}/api/v1/verify", files={"file": ("receipt.json", answer.content)}, trust_env=False
    )
    assert verified.json()["indication"] == "TOTAL-PASSED"


def test_probe_from_outside(site: Any, tmp_path: Path) -> None:
    """``yinxin ca probe`` needs a trust list and nothing of the service."""
    trust = tmp_path / "trust.json"
    trust.write_bytes(get(site, "/trust-list.json").content)
    urls = [f"{site.url}/crl/{name}" for name in ("persons-sm2.crl", "persons-sm2/3.crl", "root-rsa.crl")]
    command = ["ca", "probe", "--trust", str(trust), "--json"]

    def probed(*addresses: str, hours: int = 24) -> tuple[int, list[bool]]:
        listed = [part for one in addresses for part in ("--url", one)]
        told = CliRunner().invoke(app, [*command, "--hours", str(hours), *listed])
        return told.exit_code, [one["ok"] for one in json.loads(told.stdout)["lists"]]

    assert probed(*urls) == (0, [True] * 3)
    assert probed(urls[0], hours=24 * 8) == (1, [False])
    missing, moved = f"{site.url}/crl/nobody.crl", f"{site.url}/crl/persons-sm2/3.crl?x=1"
    assert probed(urls[0], missing, moved, "file:///etc/passwd") == (1, [True, False, False, False])
