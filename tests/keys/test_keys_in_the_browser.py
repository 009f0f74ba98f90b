# SPDX-License-Identifier: Apache-2.0
"""The page's scripts open our key files and speak our SM2, run under Node."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from keys import KeyKind, PassphraseWrong, SignatureInvalid, generate_key, parse_public_key, write_key_file
from keys.der import integer, sequence
from keys.formats import parse_pair
from keys.sm2 import N, public_key_info
from keys.sm2.self_test import POINT, D, R, S

Run = Callable[..., bytes]
MESSAGE = "我确认提交 I confirm".encode()

KEY_FILE = """
import { readFileSync } from "node:fs";
import { openKeyFile } from "./static/keyfile.js";
const { file, passphrase, message } = JSON.parse(readFileSync(0, "utf8"));
try {
  const key = await openKeyFile(file, passphrase);
  const signature = await key.sign(new Uint8Array(Buffer.from(message, "base64")));
  console.log(JSON.stringify({
    family: key.family, certificate: key.certificate, signature: Buffer.from(signature).toString("base64"),
  }));
} catch (error) {
  console.log(JSON.stringify({ error: error.en ?? String(error) }));
}
"""
SM2 = """
import { readFileSync } from "node:fs";
import { publicKeyOf, sign, verify } from "./static/sm2.js";
const { d, k, message, r, s } = JSON.parse(readFileSync(0, "utf8"));
const hex = (bytes) => Buffer.from(bytes).toString("hex");
const bytes = new Uint8Array(Buffer.from(message, "base64"));
const key = publicKeyOf(BigInt(d));
const other = Uint8Array.of(...bytes, 0);
console.log(JSON.stringify({
  point: hex(key),
  fresh: hex(sign(BigInt(d), bytes)),
  fixed: k ? hex(sign(BigInt(d), bytes, { nonce: BigInt(k) })) : "",
  ours: verify(key, bytes, BigInt(r), BigInt(s)),
  altered: verify(key, other, BigInt(r), BigInt(s)),
}));
"""


def run_script(node: Run, folder: Path, script: str, request: dict[str, Any]) -> dict[str, Any]:
    (folder / "script.js").write_text(script, "utf-8")
    return json.loads(node("script.js", data=json.dumps(request).encode()))


@pytest.mark.parametrize("kind", [KeyKind.SM2, KeyKind.RSA2048, KeyKind.P256, KeyKind.P384])
def test_key_file_opens_in_the_page(node: Run, tmp_path: Path, kind: KeyKind) -> None:
    """The page signs with it, and we verify; the wrong passphrase is said as such."""
    key = generate_key(kind)
    certificate = sequence(integer(1), key.public_key.spki)
    text = write_key_file(key, [certificate, b"issuer"], "口令 passphrase").decode("ascii")
    request = {"file": text, "passphrase": "口令 passphrase", "message": base64.b64encode(MESSAGE).decode()}
    answer = run_script(node, tmp_path, KEY_FILE, request)
    assert base64.b64decode(answer["certificate"]) == certificate
    assert answer["family"] == key.public_key.family
    signature = base64.b64decode(answer["signature"])
    # The page signs RSA with SHA-256, P-384 with the curve's own digest: the defaults of the allow-list.
    key.public_key.verify(signature, MESSAGE)
    with pytest.raises(SignatureInvalid):
        key.public_key.verify(signature, MESSAGE + b".")
    wrong = run_script(node, tmp_path, KEY_FILE, request | {"passphrase": "Passphrase"})
    assert "passphrase" in wrong["error"].lower()
    with pytest.raises(PassphraseWrong):
        key.encrypted("")


def test_sm2_of_the_page(node: Run, tmp_path: Path, example: dict[str, Any]) -> None:
    """The standard's example with its nonce, and each side verifies the other."""
    case = example["signature"]
    message = bytes.fromhex(case["message"])
    answer = run_script(
        node,
        tmp_path,
        SM2,
        {
            "d": hex(D),
            "k": "0x" + case["k"],
            "message": base64.b64encode(message).decode(),
            "r": hex(R),
            "s": hex(S),
        },
    )
    assert answer["point"] == POINT.hex()
    assert parse_pair(bytes.fromhex(answer["fixed"]), N) == (R, S)
    assert (answer["ours"], answer["altered"]) == (True, False)
    parse_public_key(public_key_info(POINT)).verify(bytes.fromhex(answer["fresh"]), message)


def test_page_verifies_fresh_signatures(node: Run, tmp_path: Path) -> None:
    """A key of the day, signed by the provider in use."""
    key = generate_key(KeyKind.SM2)
    r, s = parse_pair(key.sign(MESSAGE), N)
    d = int.from_bytes(key.pkcs8().split(b"\x02\x01\x01\x04\x20", 1)[1][:32])
    request = {"d": hex(d), "message": base64.b64encode(MESSAGE).decode(), "r": hex(r), "s": hex(s)}
    answer = run_script(node, tmp_path, SM2, request)
    assert answer["point"] == key.public_key.bits.hex()
    assert answer["ours"]
    key.public_key.verify(bytes.fromhex(answer["fresh"]), MESSAGE)
