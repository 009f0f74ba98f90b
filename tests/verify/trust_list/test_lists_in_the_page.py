# SPDX-License-Identifier: Apache-2.0
"""The offline page's own reader of the signed lists (JavaScript, under Node) beside the one of ``verify``."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from verify import (
    TrustListBody,
    TrustListInvalid,
    TrustListSignature,
    check_trust_list,
    document_status_body,
    document_status_message,
    encode_document_status,
    load_trust,
    parse_certificate,
    parse_crl,
)

from .conftest import AT, signed
from .test_document_status import LISTED

SOURCE = Path(__file__).resolve().parents[3] / "api" / "pages" / "static" / "offline"
NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(
    NODE is None, reason="Node is not installed: install the package nodejs to run the page's modules"
)
SCRIPT = """
import * as fs from 'node:fs';
import { openStatusList, openTrustList } from './lists.js';
const GIVEN = JSON.parse(fs.readFileSync(0, 'utf8'));
const out = {};
for (const [name, { text, known, status }] of Object.entries(GIVEN.cases)) {
  try {
    const list = await openTrustList(text, known, GIVEN.at);
    if (status) await openStatusList(status, list, null, GIVEN.at);
    out[name] = 'good';
  } catch (error) {
    out[name] = error.code ?? String(error);
  }
}
console.log(JSON.stringify(out));
"""


def opened(cases: dict[str, dict[str, Any]]) -> dict[str, str]:
    full = {name: {"known": None, "status": None, **one} for name, one in cases.items()}
    done = subprocess.run(
        [str(NODE), "--input-type=module", "-e", SCRIPT],
        input=json.dumps({"at": AT.isoformat(), "cases": full}),
        capture_output=True,
        text=True,
        timeout=120,
        cwd=SOURCE,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, str] = json.loads(done.stdout)
    return found


def test_lists_are_taken_and_refused_for_the_same_reasons(
    body: TrustListBody, signers: Any, sm2_authority: Any, rsa_authority: Any, ecdsa_authority: Any
) -> None:
    """One run of Node over all cases; where ``verify`` would load a list the page takes it, and not else."""
    good = signed(body, signers).decode()
    seen = {"sequence": 7, "issued": "2026-08-01T03:00:00Z", "anchors": json.loads(good)["list"]["anchors"]}
    foreign = json.loads(signed(body, signers))["list"]["anchors"][:1]
    stranger = [ecdsa_authority.list_signer(), signers[0]]
    revoked = replace(body, crls=tuple(_crls(sm2_authority, signers[0], rsa_authority)))
    officer = sm2_authority.holder("不是名单签发人")
    cases: dict[str, dict[str, Any]] = {
        "first visit": {"text": good},
        "again": {"text": good, "known": seen},
        "newer": {"text": signed(replace(body, sequence=8), signers).decode(), "known": seen},
        "older": {"text": signed(replace(body, sequence=6), signers).decode(), "known": seen},
        "older time": {
            "text": signed(replace(body, issued=body.issued - timedelta(hours=2)), signers).decode(),
            "known": seen,
        },
        "one byte": {"text": good.replace("xinyong.example.gov.cn", "xinyong.example.gov.cm", 1)},
        "another spelling": {"text": good.replace('"list":', '"list": ', 1)},
        "one signer": {"text": signed(body, signers[:1]).decode()},
        "one key twice": {"text": signed(body, (signers[0], signers[0])).decode()},
        "a stranger": {"text": signed(body, stranger).decode()},
        "no list signer": {"text": signed(body, (officer, signers[1])).decode()},
        "a signer who is revoked": {"text": signed(revoked, signers).decode()},
        "known roots of others": {
            "text": good,
            "known": {**seen, "anchors": _encoded(ecdsa_authority)},
        },
        "one known root is enough": {"text": good, "known": {**seen, "anchors": foreign}},
        "states": {"text": good, "status": _states(signers)},
        "states by one": {"text": good, "status": _states(signers[:1])},
        "states altered": {"text": good, "status": _states(signers).replace('"size":9', '"size":8')},
        "not a list": {"text": "{}"},
    }
    assert opened(cases) == {
        "first visit": "good",
        "again": "good",
        "newer": "good",
        "older": "LIST_ROLLBACK",
        "older time": "LIST_ROLLBACK",
        "one byte": "LIST_FORGED",
        "another spelling": "LIST_MALFORMED",
        "one signer": "LIST_SIGNERS_TOO_FEW",
        "one key twice": "LIST_SIGNERS_TOO_FEW",
        "a stranger": "LIST_NOT_ANCHORED",
        "no list signer": "LIST_NOT_ANCHORED",
        "a signer who is revoked": "LIST_NOT_ANCHORED",
        "known roots of others": "LIST_NOT_ANCHORED",
        "one known root is enough": "good",
        "states": "good",
        "states by one": "LIST_SIGNERS_TOO_FEW",
        "states altered": "LIST_FORGED",
        "not a list": "LIST_MALFORMED",
    }
    for name in ("one signer", "a stranger", "no list signer", "a signer who is revoked"):
        data = cases[name]["text"].encode()
        with pytest.raises(TrustListInvalid):
            load_trust([(name, data)], AT)
        assert check_trust_list(data, trust=None, at=AT).sub_indication is not None


def _crls(authority: Any, signer: Any, other: Any) -> list[Any]:
    serial = signer.certificate.serial_number
    return [parse_crl(der) for der in (*authority.crls(serial), *other.crls())]


def _encoded(authority: Any) -> list[str]:
    return [base64.b64encode(authority.root.der).decode("ascii")]


def _states(signers: Any) -> str:
    listed = document_status_body(LISTED)
    message = document_status_message(listed)
    signatures = [TrustListSignature(parse_certificate(one.der), one.key.sign(message)) for one in signers]
    return encode_document_status(listed, signatures).decode()
