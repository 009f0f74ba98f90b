# SPDX-License-Identifier: Apache-2.0
"""limbo-gm: path validation over SM2, one deviation per case (``tests/vectors/limbo-gm``).

The second opinion on signatures is the OpenSSL command line, one step at a time: it applies ``distid`` to the
last certificate only (standards.md 4.3).
"""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import sys
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from verify import (
    CertificateMalformed,
    CertificateUnsupported,
    CrlMalformed,
    CrlUnsupported,
    Purpose,
    Trust,
    check_certificate,
    parse_certificate,
    parse_crl,
)

FOLDER = Path(__file__).parents[2] / "vectors" / "limbo-gm"
CASES: list[dict[str, Any]] = json.loads((FOLDER / "limbo-gm.json").read_text("utf-8"))["cases"]
BY_ID = {one["id"]: one for one in CASES}
UNREADABLE = {
    CertificateMalformed: "CERTIFICATE_MALFORMED",
    CertificateUnsupported: "CERTIFICATE_UNSUPPORTED",
    CrlMalformed: "CRL_MALFORMED",
    CrlUnsupported: "CRL_UNSUPPORTED",
}


def decoded(texts: list[str]) -> list[bytes]:
    return [base64.b64decode(text) for text in texts]


def verdict(case: dict[str, Any]) -> tuple[dict[str, Any], str | None]:
    """What the verifier says, in the words of the set, and the credit code it read."""
    try:
        leaf = parse_certificate(base64.b64decode(case["leaf"]))
        chain = tuple(map(parse_certificate, decoded(case["intermediates"])))
        anchors = tuple(map(parse_certificate, decoded(case["anchors"])))
        crls = tuple(map(parse_crl, decoded(case["crls"])))
    except tuple(UNREADABLE) as error:
        code = UNREADABLE[type(error)]  # type: ignore[index]
        return {"indication": "UNREADABLE", "sub_indication": None, "code": code}, None
    at = datetime.fromisoformat(case["time"])
    report = check_certificate(
        leaf, Trust(anchors=anchors), at, purpose=Purpose(case["purpose"]), intermediates=chain, crls=crls
    )
    sub = report.sub_indication
    said = {
        "indication": report.indication.value,
        "sub_indication": None if sub is None else sub.value,
        "code": report.reasons[0].code,
    }
    return said, leaf.uscc


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_case(case: dict[str, Any]) -> None:
    """The kind of verdict is part of the expectation, and that the deviation alone is the reason."""
    said, uscc = verdict(case)
    assert said == case["expected"], case["description"]
    if "uscc" in case:
        assert uscc == case["uscc"]


def test_the_set_is_what_the_generator_writes(tmp_path: Path) -> None:
    """Same bytes: nobody edited the file by hand."""
    command = [sys.executable, "-B", str(FOLDER / "generate.py"), str(tmp_path)]
    subprocess.run(command, check=True, capture_output=True)
    assert (tmp_path / "limbo-gm.json").read_bytes() == (FOLDER / "limbo-gm.json").read_bytes()


def test_the_set_covers_every_namespace() -> None:
    """No case is lost by an edit of the generator."""
    spaces = Counter(one["id"].split("::")[0] for one in CASES)
    least = {"good": 25, "signature": 35, "key": 8, "chain": 20, "form": 12, "time": 7, "usage": 14}
    assert {space: spaces[space] for space, size in least.items() if spaces[space] < size} == {}
    assert spaces["revocation"] >= 35
    assert (spaces["delta"], spaces["partition"], spaces["list-signer"]) >= (25, 10, 8)


OPENSSL = shutil.which("openssl")
STEPS = [one["id"] for one in CASES if one["id"].startswith(("good::", "signature::", "key::"))]
STRICTER = {
    "signature::curve-as-parameters": "OpenSSL ignores the parameters of SM2 with SM3",
    "key::infinity": "OpenSSL does not look at the point of the last certificate",
    "key::compressed": "OpenSSL reads compressed points; GB/T 20518 has none, and one spelling is enough",
}
"""What OpenSSL takes and we refuse."""
KINDER = {
    "good::not-after-is-now": "RFC 5280 4.1.2.5: both ends are inside; OpenSSL leaves the last second out",
}
"""What OpenSSL refuses and we take."""


@pytest.mark.skipif(OPENSSL is None, reason="needs openssl: apt-get install openssl")
@pytest.mark.parametrize("identifier", STEPS)
def test_openssl_agrees_on_the_signature(identifier: str, tmp_path: Path) -> None:
    """One signature, the one with the deviation: ``openssl verify`` with its issuer as the only trust."""
    case = BY_ID[identifier]
    leaf, chain = base64.b64decode(case["leaf"]), decoded(case["intermediates"])
    issuers = [*chain, *decoded(case["anchors"])]
    if identifier.startswith("signature::authority-") or identifier == "signature::p256-named-sm2":
        leaf, issuers = chain[0], decoded(case["anchors"])
    told = any(openssl_verify(leaf, issuer, case["time"], tmp_path) for issuer in issuers)
    ours = case["expected"]["indication"] == "TOTAL-PASSED"
    differs = identifier in STRICTER or identifier in KINDER
    assert ours == (identifier not in STRICTER and (told or identifier in KINDER))
    assert (told != ours) == differs, "declared differences are real ones"


def openssl_verify(certificate: bytes, issuer: bytes, time: str, folder: Path) -> bool:
    for name, der in (("certificate", certificate), ("issuer", issuer)):
        body = base64.encodebytes(der).decode()
        text = f"-----BEGIN CERTIFICATE-----\n{body}-----END CERTIFICATE-----\n"
        (folder / f"{name}.pem").write_text(text)
    at = str(int(datetime.fromisoformat(time).timestamp()))
    command = [
        "openssl",
        "verify",
        "-partial_chain",
        "-ignore_critical",
        "-attime",
        at,
        "-trusted",
        "issuer.pem",
    ]
    command += ["-vfyopt", "distid:1234567812345678", "certificate.pem"]
    told = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return told.returncode == 0 and "certificate.pem: OK" in told.stdout
