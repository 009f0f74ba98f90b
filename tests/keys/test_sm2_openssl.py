# SPDX-License-Identifier: Apache-2.0
"""The OpenSSL command line and we understand each other, with the user id named on both sides."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from keys import KeyKind, SignatureInvalid, generate_key, parse_private_key
from keys.formats import PRIVATE_KEY, encode_pair, encode_pem, parse_pair
from keys.sm2 import N
from keys.sm2.curve import message_digest, user_digest
from keys.sm2.keyinfo import private_key_info, public_key_info
from keys.sm2.provider import Sm2Provider

Run = Callable[..., bytes]
MESSAGE = "电子印章 message".encode()
USER_ID = ("-sigopt", "distid:1234567812345678")
D = 0x5EED


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "message").write_bytes(MESSAGE)
    return tmp_path


def test_openssl_verifies_ours(openssl: Run, folder: Path, provider: Sm2Provider) -> None:
    """Each provider signs, the command line verifies."""
    private = provider.private(D)
    e = message_digest(user_digest(private.point), MESSAGE)
    (folder / "signature").write_bytes(encode_pair(*private.sign(e)))
    (folder / "key").write_bytes(public_key_info(private.point))
    said = openssl(
        "dgst", "-sm3", "-keyform", "DER", "-verify", "key", *USER_ID, "-signature", "signature", "message"
    )
    assert said == b"Verified OK\n"


def test_we_verify_openssl(openssl: Run, folder: Path, provider: Sm2Provider) -> None:
    """The command line signs, each provider verifies; not so the empty user id that it takes unasked."""
    point = provider.private(D).point
    pem = encode_pem([(PRIVATE_KEY, private_key_info(D, point))])
    (folder / "key.pem").write_bytes(pem)
    public, e = provider.public(point), message_digest(user_digest(point), MESSAGE)
    signed = openssl("dgst", "-sm3", "-sign", "key.pem", *USER_ID, "message")
    assert public.verify(e, *parse_pair(signed, N))
    parse_private_key(pem).public_key.verify(signed, MESSAGE)
    empty = openssl("dgst", "-sm3", "-sign", "key.pem", "-sigopt", "distid:", "message")
    assert not public.verify(e, *parse_pair(empty, N))
    with pytest.raises(SignatureInvalid):
        parse_private_key(pem).public_key.verify(empty, MESSAGE)


def test_key_made_by_openssl(openssl: Run) -> None:
    """PKCS#8 as the command line makes it, plain and encrypted."""
    made = openssl("genpkey", "-algorithm", "SM2")
    plain = openssl("pkcs8", "-topk8", "-nocrypt", "-outform", "DER", data=made)
    key = parse_private_key(plain)
    assert key.public_key.kind is KeyKind.SM2
    assert key.pkcs8() == plain
    assert parse_private_key(made).public_key == key.public_key
    encrypted = openssl(
        "pkcs8", "-topk8", "-inform", "DER", "-v2", "aes-256-cbc", "-passout", "pass:x", data=plain
    )
    assert parse_private_key(encrypted, "x").public_key == key.public_key
    assert openssl("pkey", "-inform", "DER", "-pubout", "-outform", "DER", data=plain) == key.public_key.spki


@pytest.mark.parametrize("kind", [KeyKind.RSA2048, KeyKind.P256, KeyKind.P384])
def test_other_families(openssl: Run, folder: Path, kind: KeyKind) -> None:
    """RSA and ECDSA, for completeness."""
    key = generate_key(kind)
    (folder / "signature").write_bytes(key.sign(MESSAGE))
    (folder / "key").write_bytes(key.public_key.spki)
    said = openssl(
        "dgst",
        f"-{key.scheme.hash}",
        "-keyform",
        "DER",
        "-verify",
        "key",
        "-signature",
        "signature",
        "message",
    )
    assert said == b"Verified OK\n"
