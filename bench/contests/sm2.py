# SPDX-License-Identifier: Apache-2.0
"""SM2 over a 200-byte message with the standard user id; Z and SM3 included on every side."""

from __future__ import annotations

import re
import secrets
import shutil
import subprocess
from collections.abc import Mapping
from typing import Any

from keys import KeyKind, SignatureInvalid, SoftwareKey, generate_key, sm2_provider
from keys.der import as_integer, as_octets, read_only

from ..measure import Contest

MESSAGE = bytes(range(200))


def sm2_sign(quick: bool) -> Contest:
    """Our port, gmssl in pure Python, and what ``openssl speed`` says of itself."""
    key = generate_key(KeyKind.SM2)
    peer = gmssl_key(key)
    key.public_key.verify(key.sign(MESSAGE), MESSAGE)
    key.public_key.verify(gmssl_der(peer.sign_with_sm3(MESSAGE, secrets.token_hex(32))), MESSAGE)
    return Contest(
        "sm2.sign",
        lambda: key.sign(MESSAGE),
        peers={"gmssl": lambda: peer.sign_with_sm3(MESSAGE, secrets.token_hex(32))},
        printed=openssl_speed(quick, "sign"),
        note=provider(),
    )


def sm2_verify(quick: bool) -> Contest:
    """The same for verification."""
    key = generate_key(KeyKind.SM2)
    peer = gmssl_key(key)
    signature = key.sign(MESSAGE)
    raw = gmssl_raw(signature)
    if not peer.verify_with_sm3(raw, MESSAGE):
        raise AssertionError("gmssl refuses our signature")
    try:
        key.public_key.verify(signature, MESSAGE + b"!")
    except SignatureInvalid:
        pass
    else:
        raise AssertionError("a signature over another message was accepted")
    return Contest(
        "sm2.verify",
        lambda: key.public_key.verify(signature, MESSAGE),
        peers={"gmssl": lambda: peer.verify_with_sm3(raw, MESSAGE)},
        printed=openssl_speed(quick, "verify"),
        note=provider(),
    )


def provider() -> str:
    """Which library did our arithmetic."""
    info = sm2_provider()
    return f"by {info.name} {info.version}"


def gmssl_key(key: SoftwareKey) -> Any:
    """The same key for gmssl."""
    from gmssl import sm2

    inner = read_only(as_octets(read_only(key.pkcs8()).children()[2]))
    private = as_octets(inner.children()[1]).hex()
    return sm2.CryptSM2(private_key=private, public_key=key.public_key.spki[-64:].hex())


def gmssl_raw(der: bytes) -> str:
    """``r || s`` in hexadecimal, as gmssl takes it."""
    return "".join(f"{as_integer(part):064x}" for part in read_only(der).children())


def gmssl_der(raw: str) -> bytes:
    """DER of gmssl's ``r || s``."""
    from keys.der import integer, sequence

    return sequence(integer(int(raw[:64], 16)), integer(int(raw[64:], 16)))


def openssl_speed(quick: bool, act: str) -> Mapping[str, float]:
    """``openssl speed sm2`` on this machine, in this run; empty where the command is missing."""
    if shutil.which("openssl") is None:
        return {}
    seconds = "1" if quick else "2"
    command = ["openssl", "speed", "-seconds", seconds, "sm2"]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    match = re.search(r"\(CurveSM2\)\s+\S+s\s+\S+s\s+([\d.]+)\s+([\d.]+)", told.stdout)
    if match is None:
        return {}
    return {"openssl speed sm2": float(match[1 if act == "sign" else 2])}
