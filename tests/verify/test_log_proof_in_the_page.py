# SPDX-License-Identifier: Apache-2.0
"""The offline page's own reader of log proofs (JavaScript, under Node) beside the one of ``verify``."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from keys import KeyKind, generate_key
from verify import (
    Checkpoint,
    LogKey,
    LogProof,
    QrKey,
    QrStatement,
    SignedNote,
    Trust,
    canonical_json,
    check_log_proof,
    check_qr,
    completed_nodes,
    inclusion_path,
    leaf_hash,
    note_signature,
    qr_key_id,
    raw_signature,
    tree_root,
)

from .test_ledger_proof import (
    AT,
    ED25519,
    ENTRIES,
    GOOD,
    KEYS,
    ORIGIN,
    SM2,
    TRUST,
    WITNESSED,
    changed,
    proof,
    proof_2,
)

SOURCE = Path(__file__).resolve().parents[2] / "api" / "pages" / "static" / "offline"
NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(
    NODE is None, reason="Node is not installed: install the package nodejs to run the page's modules"
)
SCRIPT = """
import * as fs from 'node:fs';
import { checkLogProof } from './log_proof.js';
const { cases, trusts } = JSON.parse(fs.readFileSync(0, 'utf8'));
const out = [];
for (const { data, trust, at } of cases) {
  const { indication, sub_indication, codes } = await checkLogProof(data, trusts[trust], at);
  out.push([indication, sub_indication, ...codes]);
}
console.log(JSON.stringify(out));
"""
TRUSTS = {
    "usual": TRUST,
    "witnessed": WITNESSED,
    "stranger": replace(TRUST, log_keys=(replace(KEYS[0], name="another.example/log"),)),
    "one key": replace(TRUST, log_keys=KEYS[:1]),
    "ended": replace(TRUST, expires=AT - timedelta(days=1)),
}


def run(script: str, given: Any) -> Any:
    """What a script prints, as JSON."""
    done = subprocess.run(
        [str(NODE), "--input-type=module", "-e", script],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        timeout=120,
        cwd=SOURCE,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def as_json(trust: Trust) -> dict[str, Any]:
    def key(one: LogKey) -> dict[str, str]:
        text = base64.b64encode(one.key).decode("ascii")
        return {"name": one.name, "algorithm": one.algorithm, "key": text}

    ends = trust.ends or AT + timedelta(days=1)
    return {
        "log_keys": [key(one) for one in trust.log_keys],
        "witnesses": [key(one) for one in trust.witnesses],
        "quorum": trust.quorum,
        "expires": ends.isoformat(),
    }


def flipped(data: bytes, step: int) -> list[bytes]:
    """Some bytes changed, one at a time, where the file stays text."""
    made = [data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :] for at in range(0, len(data), step)]
    return [one for one in made if one.isascii() or b"\xe2\x80\x94" in one]


def test_the_same_verdict_on_every_proof() -> None:
    """Both versions, every place in the tree, each kind of failure, and flipped bytes all over."""
    both = proof_2().encode()
    cases: list[tuple[bytes, str, datetime]] = [
        *((proof(index).encode(), "usual", AT) for index in (0, 1, 13, 19, 20)),
        *((proof_2(index).encode(), "witnessed", AT) for index in (0, 7, 16, 20)),
        *((GOOD, name, AT) for name in TRUSTS),
        *((both, name, AT) for name in TRUSTS),
        (proof_2(cosigned=False).encode(), "witnessed", AT),
        (proof_2(sm3_root=bytes(32)).encode(), "witnessed", AT),
        (both, "witnessed", AT - timedelta(days=1)),
        (changed(index=12), "usual", AT),
        (changed(index=21), "usual", AT),
        (changed(proof=[]), "usual", AT),
        (changed(checkpoint="nothing"), "usual", AT),
        (b"{}", "usual", AT),
        (b"", "usual", AT),
        *((one, "usual", AT) for one in flipped(GOOD, 9)),
        *((one, "witnessed", AT) for one in flipped(both, 13)),
    ]
    # The page takes files in their one spelling alone; ours are written so.
    texts = [
        (json.dumps(json.loads(data), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode())
        if data.startswith(b"{") and _is_json(data)
        else data
        for data, _, _ in cases
    ]
    given = {
        "trusts": {name: as_json(trust) for name, trust in TRUSTS.items()},
        "cases": [
            {"data": text.decode("utf-8", "replace"), "trust": trust, "at": at.isoformat()}
            for text, (_, trust, at) in zip(texts, cases, strict=True)
        ],
    }
    differ = []
    for text, (_, trust, at), got in zip(texts, cases, run(SCRIPT, given), strict=True):
        report = check_log_proof(text.decode("utf-8", "replace").encode(), trust=TRUSTS[trust], at=at)
        ours = [report.indication.value, report.sub_indication and report.sub_indication.value]
        if got != [*ours, *(one.code for one in report.reasons)]:
            differ.append((text[:60], trust, got, ours))
    assert differ == []


def _is_json(data: bytes) -> bool:
    try:
        json.loads(data)
    except ValueError:
        return False
    return True


QR_SCRIPT = """
import * as fs from 'node:fs';
import { checkQr } from './check_qr.js';
const { text, trust, at, proofs } = JSON.parse(fs.readFileSync(0, 'utf8'));
const out = [];
for (const proof of proofs) {
  const { indication, sub_indication, codes } = await checkQr(text, trust, at, { proof });
  out.push([indication, sub_indication, ...codes]);
}
console.log(JSON.stringify(out));
"""


def announced(entry: bytes, index: int = 5) -> bytes:
    """A log in which this entry stands, and the proof of it."""
    entries = [*ENTRIES[:index], entry, *ENTRIES[index + 1 :]]
    made: dict[tuple[int, int], bytes] = {}
    for at, one in enumerate(entries):
        nodes = completed_nodes(lambda level, place: made[level, place], at, leaf_hash(one))
        for level, place, value in list(nodes):
            made[level, place] = value
    text = Checkpoint(ORIGIN, 21, tree_root(lambda *node: made[node], 21)).text()
    lines = tuple(
        note_signature(key, signer.sign(text.encode()))
        for key, signer in zip(KEYS, (ED25519, SM2), strict=True)
    )
    path = inclusion_path(lambda *node: made[node], index, 21)
    return LogProof(index, entry, path, SignedNote(text, lines).encode()).encode()


def test_a_key_that_was_revoked_later() -> None:
    """The proof of the announcing entry keeps a statement alive, in both programs and for the same reason."""
    key = generate_key(KeyKind.SM2)
    spki, kid = key.public_key.spki, qr_key_id(key.public_key.spki)
    made = QrStatement(
        host="cx.yinxin.example",
        id="04HMASW9NF6YY093",
        kind="house_survey",
        digest=bytes(range(32)),
        issued=(AT - timedelta(days=9)).date(),
        log_index=5,
    )
    text = made.encode("SM2", kid, raw_signature(key.sign(made.signed_bytes("SM2", kid))))
    revoked = AT - timedelta(days=3)
    listed = QrKey(
        kid=kid,
        algorithm="SM2",
        public_key=key.public_key,
        authority="演示",
        kinds=("house_survey",),
        sign_from=AT - timedelta(days=90),
        sign_until=AT + timedelta(days=90),
        revoked_at=revoked,
    )
    trust = replace(TRUST, qr_keys=(listed,), hosts=("cx.yinxin.example",))
    facts = {"document_id": made.id, "record_sha256": bytes(range(32)).hex()}

    def entry(at: datetime, **more: Any) -> bytes:
        body = {"act": "document.issue", "facts": {**facts, **more}}
        return canonical_json({"v": 1, "kind": "intent.opened", "at": at.isoformat(), "body": body})

    before, after = revoked - timedelta(days=1), revoked + timedelta(days=1)
    proofs = (
        announced(entry(before)),
        announced(entry(after)),
        announced(entry(before, document_id="7ZZZZZZZZZZZZZZZ")),
        announced(entry(before, record_sha256="00" * 32)),
        announced(entry(before), index=6),
        announced(entry(before)).replace(b'"index":5', b'"index":4'),
        b"{}",
    )
    given = {
        "text": text,
        "at": AT.isoformat(),
        "proofs": [*(one.decode() for one in proofs), None],
        "trust": {
            **as_json(trust),
            "hosts": list(trust.hosts),
            "qr_keys": [
                {
                    "kid": kid,
                    "algorithm": "SM2",
                    "spki": base64.b64encode(spki).decode("ascii"),
                    "authority": "演示",
                    "authorities": None,
                    "kinds": ["house_survey"],
                    "sign_from": listed.sign_from.isoformat(),
                    "sign_until": listed.sign_until.isoformat(),
                    "revoked_at": revoked.isoformat(),
                    "dual_from": None,
                }
            ],
        },
    }
    reports = [check_qr(text, trust=trust, at=AT, proof=proof) for proof in (*proofs, None)]
    ours = [
        [
            one.indication.value,
            one.sub_indication and one.sub_indication.value,
            *(reason.code for reason in one.reasons),
        ]
        for one in reports
    ]
    assert [one[0] for one in ours] == ["TOTAL-PASSED", *["INDETERMINATE"] * 7]
    assert ours[0][2:] == ["QR_GENUINE", "QR_LOGGED_BEFORE_REVOCATION"]
    assert run(QR_SCRIPT, given) == ours
