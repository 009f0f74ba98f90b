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

from verify import LogKey, Trust, check_log_proof

from .test_ledger_proof import AT, GOOD, KEYS, TRUST, WITNESSED, changed, proof, proof_2

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
    done = subprocess.run(
        [str(NODE), "--input-type=module", "-e", SCRIPT],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        timeout=120,
        cwd=SOURCE,
    )
    assert done.returncode == 0, done.stderr
    differ = []
    for text, (_, trust, at), got in zip(texts, cases, json.loads(done.stdout), strict=True):
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
