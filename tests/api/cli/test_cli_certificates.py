# SPDX-License-Identifier: Apache-2.0
"""``yinxin cert``: requests made by OpenSSL become certificates, and end for good when they are revoked."""

from __future__ import annotations

import base64
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from api.wiring import open_service
from verify import parse_certificate, parse_crl

E01, E01_NAME = "91510100DEM001017Y", "四川样例建工集团有限公司"
DISTID = ["-sm3", "-sigopt", "distid:1234567812345678"]
KEYS = {
    "sm2": ["genpkey", "-algorithm", "SM2"],
    "rsa": ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
    "p256": ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
}
NEEDS_OPENSSL = pytest.mark.skipif(shutil.which("openssl") is None, reason="install the package openssl")
pytestmark = NEEDS_OPENSSL


def openssl(*arguments: object) -> str:
    command = ["openssl", *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def request(folder: Path, kind: str = "sm2", *, name: str = E01_NAME, form: str = "PEM") -> Path:
    """A new key and a request for it, as the OpenSSL command line makes them."""
    key, csr = folder / f"{kind}.key", folder / f"{kind}.csr"
    openssl(*KEYS[kind], "-out", key)
    digest = DISTID if kind == "sm2" else ["-sha256"]
    openssl(
        "req", "-new", "-key", key, "-utf8", "-subj", f"/CN={name}", "-outform", form, *digest, "-out", csr
    )
    return csr


def order(csr: Path, data: Path, *more: object) -> tuple[object, ...]:
    holder = ("--profile", "enterprise", "--holder", E01, "--holder-name", E01_NAME)
    return ("cert", "issue", csr, *holder, "--data", data, *more)


@pytest.mark.parametrize("kind", KEYS)
@pytest.mark.parametrize("form", ["PEM", "DER"])
def test_issue(yinxin: Any, made: Path, tmp_path: Path, kind: str, form: str) -> None:
    """The certificate holds the key of the request and passes ``yinxin verify``; --json says all of it."""
    out = tmp_path / "out.cer"
    ran = yinxin(*order(request(tmp_path, kind, form=form), made, "--out", out, "--json"))
    assert ran.code == 0, ran.err
    der = out.read_bytes()
    assert base64.b64decode(ran.json["certificate"]) == der
    certificate = parse_certificate(der)
    told = ran.json
    assert told["fingerprint"] == certificate.fingerprint
    assert told["serial"] == f"{certificate.serial:x}"
    assert (told["state"], told["profile"], told["holder"]) == ("issued", "enterprise", E01)
    assert told["issuer"] == ("organisations-sm2" if kind == "sm2" else "organisations-rsa")
    assert certificate.uscc == E01
    assert openssl("pkey", "-in", tmp_path / f"{kind}.key", "-pubout", "-outform", "PEM") == openssl(
        "x509", "-inform", "DER", "-in", out, "-noout", "-pubkey"
    )
    (report,) = yinxin("verify", out, "--data", made, "--json").json
    assert (report["kind"], report["indication"]) == ("certificate", "TOTAL-PASSED")


def test_issue_to_a_person(yinxin: Any, made: Path, tmp_path: Path) -> None:
    """A person's certificate belongs to an account, and to that person's name."""
    service = open_service(made)
    account = service.accounts.add(name="李样一", subject="H01", roles=["applicant"], by="test").account_id
    service.close()
    csr = request(tmp_path, name="李样一")
    holder = ("--holder", "H01", "--holder-name", "李样一", "--data", made)
    assert "account-required" not in yinxin("cert", "issue", csr, *holder, "--account", account).err
    ran = yinxin("cert", "issue", csr, *holder)
    assert (ran.code, "账号" in ran.err) == (1, True)
    other = ("--holder", "H01", "--holder-name", "王样二", "--data", made, "--account", account)
    assert yinxin("cert", "issue", csr, *other).code == 1
    ran = yinxin("cert", "issue", csr, *holder, "--account", "nobody")
    assert (ran.code, "no account" in ran.err) == (1, True)


def test_the_same_order_again(yinxin: Any, made: Path, tmp_path: Path) -> None:
    """A repeated command, after a lost answer, brings the same certificate."""
    command = order(request(tmp_path), made, "--json")
    assert yinxin(*command).json == yinxin(*command).json


def test_show(yinxin: Any, made: Path, tmp_path: Path) -> None:
    """By id, as JSON and for people; --out fetches the certificate later."""
    told = yinxin(*order(request(tmp_path), made, "--json")).json
    shown = yinxin("cert", "show", told["certificate_id"], "--data", made)
    assert shown.code == 0
    for value in (told["certificate_id"], told["serial"], told["fingerprint"], E01, "issued"):
        assert value in shown.out
    out = tmp_path / "later.cer"
    again = yinxin("cert", "show", told["certificate_id"], "--data", made, "--json", "--out", out).json
    assert {**again, "file": None} == told
    assert out.read_bytes() == base64.b64decode(told["certificate"])


def test_valid_until(yinxin: Any, made: Path, tmp_path: Path) -> None:
    """An earlier end is kept to the second; an impossible one is refused in words."""
    csr = request(tmp_path)
    end = (datetime.now() + timedelta(days=9)).replace(microsecond=0)
    ran = yinxin(*order(csr, made, "--valid-until", end.isoformat(), "--json"))
    assert datetime.fromisoformat(ran.json["not_after"]) == end.astimezone(UTC)
    for typed in ("2001-01-01", "2999-01-01", "0001-01-01", "9999-12-31"):
        ran = yinxin(*order(csr, made, "--valid-until", typed))
        assert (ran.code, "→" in ran.err) == (1, True)
    assert yinxin(*order(csr, made, "--valid-until", "tomorrow")).code == 64


def test_revoke(yinxin: Any, made: Path, tmp_path: Path) -> None:
    """When the command returns the new CRL lists the certificate, and every check knows."""
    out = tmp_path / "out.cer"
    told = yinxin(*order(request(tmp_path), made, "--out", out, "--json")).json
    assert yinxin("verify", out, "--data", made).code == 0
    command = (
        "cert",
        "revoke",
        told["certificate_id"],
        "--reason",
        "keyCompromise",
        "--data",
        made,
        "--json",
    )
    ended = yinxin(*command)
    assert ended.code == 0
    assert (ended.json["state"], ended.json["reason"]) == ("revoked", "keyCompromise")
    assert ended.json["revoked_at"]
    service = open_service(made)
    crl = parse_crl(service.certificates.crl_file("organisations-sm2"))
    service.close()
    assert int(told["serial"], 16) in crl.entries
    assert yinxin("verify", out, "--data", made, "--json").json[0]["sub_indication"] == "REVOKED"
    shown = yinxin("cert", "show", told["certificate_id"], "--data", made, "--json").json
    assert shown == ended.json
    assert yinxin(*command).json["revoked_at"] == ended.json["revoked_at"]
    again = yinxin(*order(tmp_path / "sm2.csr", made))
    assert again.code == 1
    assert "keyCompromise" not in again.out
    assert yinxin("log", "check", "--data", made).code == 0


@pytest.mark.parametrize("act", ["show", "revoke"])
def test_no_such_certificate(yinxin: Any, made: Path, act: str) -> None:
    for wrong in ("0" * 32, "", "[/red]", "é", "../../etc"):
        ran = yinxin("cert", act, wrong, "--data", made)
        assert (ran.code, "no such certificate" in ran.err) == (1, True)
        assert "→" in ran.err


def test_no_such_reason(yinxin: Any, made: Path, tmp_path: Path) -> None:
    """Nothing is revoked for a reason that does not exist."""
    told = yinxin(*order(request(tmp_path), made, "--json")).json
    for wrong in ("because", "", "removeFromCRL", "KEYCOMPROMISE"):
        ran = yinxin("cert", "revoke", told["certificate_id"], "--reason", wrong, "--data", made)
        assert (ran.code, "no such reason" in ran.err) == (1, True)
    assert yinxin("cert", "show", told["certificate_id"], "--data", made, "--json").json["state"] == "issued"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--profile", "root"), "cannot be ordered"),
        (("--profile", "nonsense"), "no profile"),
        (("--holder", "91510100DEM001017X"), "credit code"),
        (("--holder", ""), "credit code"),
        (("--holder-name", "别家公司"), "names somebody else"),
        (("--account", "nobody"), "no account"),
    ],
)
def test_refused_order(yinxin: Any, made: Path, tmp_path: Path, more: tuple[str, ...], said: str) -> None:
    out = tmp_path / "out.cer"
    ran = yinxin(*order(request(tmp_path), made, "--out", out), *more)
    assert (ran.code, ran.out, out.exists()) == (1, "", False)
    assert said in ran.err
    assert "\n  → " in ran.err


@pytest.mark.parametrize(
    "content", [b"", b"noise", b"\x30\x03\x02\x01\x01", b"-----BEGIN CERTIFICATE REQUEST-----\n"]
)
def test_what_is_no_request(yinxin: Any, made: Path, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.csr"
    path.write_bytes(content)
    for csr in (path, tmp_path, tmp_path / "none.csr"):
        ran = yinxin(*order(csr, made))
        assert (ran.code, "→" in ran.err) == (1, True)


def test_request_of_somebody_else(yinxin: Any, made: Path, tmp_path: Path) -> None:
    """An altered request proves nothing about its key."""
    csr = request(tmp_path, form="DER")
    content = bytearray(csr.read_bytes())
    content[-1] ^= 1
    csr.write_bytes(content)
    assert yinxin(*order(csr, made)).code == 1


def test_output_is_never_overwritten(yinxin: Any, made: Path, tmp_path: Path) -> None:
    """Refused before a certificate is issued for nothing."""
    mine = tmp_path / "mine.cer"
    mine.write_bytes(b"mine")
    service = open_service(made)
    before = len(service.certificates.listed())
    service.close()
    assert yinxin(*order(request(tmp_path), made, "--out", mine)).code == 1
    assert mine.read_bytes() == b"mine"
    service = open_service(made)
    assert len(service.certificates.listed()) == before
    service.close()


def test_rekey(yinxin: Any, made: Path, tmp_path: Path) -> None:
    """Another key for the same holder; the old certificate is superseded, and is not re-keyed again."""
    (tmp_path / "new").mkdir()
    told = yinxin(*order(request(tmp_path), made, "--json")).json
    command = ("cert", "rekey", told["certificate_id"], "--data", made, "--json", "--request")
    ran = yinxin(*command, tmp_path / "sm2.csr")
    assert (ran.code, "a re-key needs a new key" in ran.err) == (1, True)
    csr, out = request(tmp_path / "new"), tmp_path / "new.cer"
    ran = yinxin(*command, csr, "--out", out)
    assert ran.code == 0, ran.err
    assert (ran.json["state"], ran.json["holder"], ran.json["not_after"]) == (
        "issued",
        E01,
        told["not_after"],
    )
    before = parse_certificate(base64.b64decode(told["certificate"]))
    after = parse_certificate(out.read_bytes())
    assert (after.subject, after.public_key != before.public_key) == (before.subject, True)
    shown = yinxin("cert", "show", told["certificate_id"], "--data", made, "--json").json
    assert (shown["state"], shown["reason"]) == ("revoked", "superseded")
    assert yinxin(*command, csr).code == 1
