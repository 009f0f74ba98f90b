# SPDX-License-Identifier: Apache-2.0
"""Time stamps as clients get them: curl and OpenSSL against a running service, SM2 checked by two others."""

from __future__ import annotations

import itertools
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from asn1crypto import tsp
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from gmssl.sm2 import CryptSM2

from ca import LARGEST_TIMESTAMP_REQUEST
from keys import HashAlgorithm, der, digest
from verify import Indication, check_timestamp, parse_timestamp

DISTID = "distid:1234567812345678"
QUERY = {"Content-Type": "application/timestamp-query"}
CONTENT = "市政工程施工许可".encode()
OPENSSL, CURL = shutil.which("openssl"), shutil.which("curl")
needs_peers = pytest.mark.skipif(not OPENSSL or not CURL, reason="needs openssl and curl")


def ran(*command: object) -> str:
    done = subprocess.run([str(one) for one in command], capture_output=True, timeout=60)
    assert done.returncode == 0, (done.stdout + done.stderr).decode("utf-8", "replace")
    return (done.stdout + done.stderr).decode("utf-8", "replace")


def sm3_query(nonce: int = 77) -> bytes:
    of = digest(HashAlgorithm.SM3, CONTENT)
    imprint = der.sequence(of.algorithm.algorithm_identifier(), der.octets(of.value))
    return der.sequence(der.integer(1), imprint, der.integer(nonce), der.boolean(True))


@needs_peers
@pytest.mark.parametrize("hash_name", ["sha256", "sha384", "sha512"])
def test_openssl_asks_by_curl_and_verifies(served: Any, tmp_path: Path, hash_name: str) -> None:
    """The whole of RFC 3161 with tools that everybody has; the root alone is known beforehand."""
    data, asked, answer = tmp_path / "data", tmp_path / "q.tsq", tmp_path / "a.tsr"
    data.write_bytes(CONTENT)
    ran(OPENSSL, "ts", "-query", "-data", data, f"-{hash_name}", "-cert", "-out", asked)
    kind = ran(
        CURL, "--noproxy", "*", "-sS", "-f", "-H", "Content-Type: application/timestamp-query",
        "--data-binary", f"@{asked}", "-o", answer, "-w", "%{content_type}", f"{served.url}/tsa/rsa",
    )  # fmt: skip
    assert kind == "application/timestamp-reply"
    root = served.folder / "root-rsa.pem"
    said = ran(OPENSSL, "ts", "-verify", "-queryfile", asked, "-in", answer, "-CAfile", root)
    assert "Verification: OK" in said
    ran(OPENSSL, "ts", "-verify", "-data", data, "-in", answer, "-CAfile", root)
    shown = ran(OPENSSL, "ts", "-reply", "-in", answer, "-text")
    assert "Status: Granted." in shown
    assert "Ordering: no" in shown
    data.write_bytes(CONTENT + b"!")
    wrong = [OPENSSL, "ts", "-verify", "-data", data, "-in", answer, "-CAfile", root]
    assert subprocess.run([str(one) for one in wrong], capture_output=True).returncode != 0


@needs_peers
def test_sm2_by_openssl_gmssl_and_ourselves(served: Any, tmp_path: Path) -> None:
    """``openssl ts`` cannot set the user id, so the signature is checked piece by piece."""
    answer = httpx.post(
        f"{served.url}/tsa/sm2", content=sm3_query(), headers=QUERY, trust_env=False, verify=False
    )
    assert answer.headers["content-type"] == "application/timestamp-reply"
    of = digest(HashAlgorithm.SM3, CONTENT)
    service = served.service
    found = check_timestamp(answer.content, of, service.trust(), service.clock(), nonce=77)
    assert found.indication is Indication.TOTAL_PASSED, found.reasons
    token = parse_timestamp(answer.content)
    attributes = token.signed.signer.attributes
    assert attributes is not None
    own = tsa_certificate(token.signed.certificates)
    key, certificate = tmp_path / "key.pem", tmp_path / "own.pem"
    certificate.write_bytes(own.public_bytes(Encoding.PEM))
    key.write_text(ran(OPENSSL, "x509", "-in", certificate, "-pubkey", "-noout"))
    (tmp_path / "signed").write_bytes(attributes.to_be_signed)
    (tmp_path / "signature").write_bytes(token.signed.signer.signature)
    said = ran(
        OPENSSL, "pkeyutl", "-verify", "-rawin", "-digest", "sm3", "-pkeyopt", DISTID,
        "-pubin", "-inkey", key, "-sigfile", tmp_path / "signature", "-in", tmp_path / "signed",
    )  # fmt: skip
    assert "Verified Successfully" in said
    point = own.public_bytes(Encoding.DER)
    raw = point[point.index(b"\x03\x42\x00\x04") + 4 :][:64]
    r, s = (der.as_integer(one) for one in der.read_only(token.signed.signer.signature).children())
    peer = CryptSM2(private_key="", public_key="", asn1=False)
    peer.public_key = raw.hex()  # the constructor strips zeros and fours
    assert peer.verify_with_sm3(f"{r:064x}{s:064x}", attributes.to_be_signed)
    read = tsp.TimeStampResp.load(answer.content, strict=True)
    info = read["time_stamp_token"]["content"]["encap_content_info"]["content"].parsed
    assert info["message_imprint"]["hashed_message"].native == of.value
    assert HashAlgorithm.SM3.oid == info["message_imprint"]["hash_algorithm"]["algorithm"].dotted


@needs_peers
@pytest.mark.parametrize("family", ["sm2", "rsa"])
def test_openssl_accepts_the_certificate_for_its_purpose(served: Any, tmp_path: Path, family: str) -> None:
    """Chain and extended key usage by ``openssl verify -purpose timestampsign``."""
    label, files = f"tsa-{family}", []
    own = next(one for one in served.service.certificates.listed() if one.key_label == label)
    for number, encoded in enumerate([own.der, *served.service.certificates.chain(own.certificate_id)[:-1]]):
        path = tmp_path / f"{number}.pem"
        path.write_bytes(x509.load_der_x509_certificate(encoded).public_bytes(Encoding.PEM))
        files.append(path)
    files.append(served.folder / f"root-{family}.pem")
    # Pair by pair: the user id that OpenSSL is told reaches the first signature of a path only.
    more = ["-vfyopt", DISTID] if family == "sm2" else []
    for number, (one, issuer) in enumerate(itertools.pairwise(files)):
        purpose = ["-purpose", "timestampsign"] if number == 0 else []
        said = ran(OPENSSL, "verify", *more, *purpose, "-partial_chain", "-CAfile", issuer, one)
        assert ": OK" in said


def tsa_certificate(encoded: tuple[bytes, ...]) -> x509.Certificate:
    """The one that may stamp, of those that a token carries."""
    for one in map(x509.load_der_x509_certificate, encoded):
        try:
            usage = one.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
        except x509.ExtensionNotFound:
            continue
        assert usage.critical
        assert list(usage.value) == [x509.ObjectIdentifier("1.3.6.1.5.5.7.3.8")]
        return one
    raise AssertionError("no certificate of an authority")


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (sm3_query(), {"Content-Type": "application/octet-stream"}, 415),
        (sm3_query(), {}, 415),
        (b"\x30" * (LARGEST_TIMESTAMP_REQUEST + 1), QUERY, 413),
        (b"", QUERY, 200),
        (b"<html>", QUERY, 200),
    ],
)
@pytest.mark.parametrize("family", ["sm2", "rsa"])
def test_every_refusal_is_a_timestamp_reply(
    served: Any, content: bytes, headers: dict[str, str], status: int, family: str
) -> None:
    answer = httpx.post(
        f"{served.url}/tsa/{family}", content=content, headers=headers, trust_env=False, verify=False
    )
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/timestamp-reply")
    (told,) = der.read_only(answer.content).children()
    assert tsp.PKIStatusInfo.load(told.raw, strict=True)["status"].native == "rejection"


def test_a_body_without_end_is_cut_off(served: Any) -> None:
    """Chunked, without a length: refused as soon as it is too long."""

    def endless() -> Any:
        for _ in range(64):
            yield b"\x30" * 4096

    answer = httpx.post(
        f"{served.url}/tsa/sm2", content=endless(), headers=QUERY, trust_env=False, verify=False
    )
    assert answer.status_code == 413


OTHER_PROCESS = """
import sys
from pathlib import Path
from api.wiring import open_service
from keys import HashAlgorithm, digest
service = open_service(Path(sys.argv[1]))
for number in range(int(sys.argv[2])):
    token = service.timestamps.stamp("tsa-sm2", digest(HashAlgorithm.SM3, b"%d" % number))
    sys.stdout.write(token.hex() + "\\n")
service.close()
"""


@pytest.mark.slow
def test_three_processes_never_repeat_a_serial_number(served: Any) -> None:
    """Two beside the running service, all on one database."""
    command = [sys.executable, "-c", OTHER_PROCESS, str(served.folder / "data"), "12"]
    others = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    asked = [
        httpx.post(
            f"{served.url}/tsa/sm2", content=sm3_query(), headers=QUERY, trust_env=False, verify=False
        ).content
        for _ in range(12)
    ]
    for one in others:
        said, _ = one.communicate(timeout=120)
        assert one.returncode == 0
        asked += [bytes.fromhex(line) for line in said.split()]
    infos = sorted((parse_timestamp(one).info for one in asked), key=lambda info: info.serial)
    assert len({one.serial for one in infos}) == len(asked) == 36
    assert [one.at for one in infos] == sorted(one.at for one in infos)  # no time falls while numbers rise
    assert [one for one in served.service.check_ledger().findings if one.table == "timestamps"] == []


def test_what_was_stamped_is_in_the_log(served: Any) -> None:
    before = served.service.ledger.size()
    httpx.post(f"{served.url}/tsa/sm2", content=sm3_query(), headers=QUERY, trust_env=False, verify=False)
    assert served.service.ledger.size() == before + 1
    found = served.service.check_ledger()
    assert [one for one in found.findings if one.table == "timestamps"] == []
