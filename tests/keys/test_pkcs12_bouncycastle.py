# SPDX-License-Identifier: Apache-2.0
"""PKCS #12 files that BouncyCastle wrote: kept ones (tests/vectors/pkcs12), and the BER that they are in."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from keys import DerMalformed, KeyMalformed, KeysError, KeyUnsupported, PassphraseWrong, read_pkcs12
from keys.formats import ber

VECTORS = Path(__file__).parents[1] / "vectors" / "pkcs12"
PASSPHRASE = "INSECURE-passphrase"


@pytest.mark.parametrize("name", ["sm2", "p384"])
def test_read(name: str) -> None:
    """Key and certificate; the key is the one that BouncyCastle says; it signs."""
    data = (VECTORS / f"INSECURE-bouncycastle-{name}-aes.p12").read_bytes()
    key, certificates = read_pkcs12(data, PASSPHRASE)
    assert key.public_key.spki == (VECTORS / f"bouncycastle-{name}.spki").read_bytes()
    assert len(certificates) == 1
    assert key.public_key.spki in certificates[0]
    key.public_key.verify(key.sign(b"message"), b"message")
    with pytest.raises(PassphraseWrong):
        read_pkcs12(data, "wrong")


@pytest.mark.parametrize("name", ["sm2", "p384"])
def test_old_ciphers_are_refused(name: str) -> None:
    """3DES and 40-bit RC2, BouncyCastle's default: refused by name."""
    with pytest.raises(KeyUnsupported):
        read_pkcs12((VECTORS / f"INSECURE-bouncycastle-{name}-default.p12").read_bytes(), PASSPHRASE)


def test_every_change_is_seen() -> None:
    """One bit in any octet, or any cut: an error of ours, or the very same key."""
    whole = (VECTORS / "INSECURE-bouncycastle-sm2-aes.p12").read_bytes()
    key, _ = read_pkcs12(whole, PASSPHRASE)
    for at in range(0, len(whole), 37):
        for broken in (whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1 :], whole[:at]):
            with contextlib.suppress(KeysError):
                assert read_pkcs12(broken, PASSPHRASE)[0].public_key == key.public_key


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ("3080 0201 05 0000", "3003 0201 05"),
        ("3080 2480 0402 aabb 0401 cc 0000 0000", "3005 0403 aabbcc"),
        ("3080 2407 0402 aabb 0401 cc 0000", "3005 0403 aabbcc"),
        ("3080 a080 3080 0000 0000 0000", "3004 a002 3000"),
        ("3003 0201 05", "3003 0201 05"),
    ],
)
def test_definite(given: str, made: str) -> None:
    """X.690: the end-of-contents octets go, pieces are joined, what is definite stays."""
    assert ber.definite(bytes.fromhex(given)) == bytes.fromhex(made)


@pytest.mark.parametrize(
    "wrong",
    ["3080", "3080 0201", "3080 0480 0000 0000", "3080 0000 00", "3080 2403 020105 0000", "3080 1f00 0000"],
)
def test_no_such_ber(wrong: str) -> None:
    """Cut short, indefinite but primitive, followed by something, pieces of another kind, long tags."""
    with pytest.raises(DerMalformed):
        ber.definite(bytes.fromhex(wrong))


@given(data=st.binary(max_size=80).map(lambda tail: b"\x30\x80" + tail))
@example(data=b"\x30\x80" * 5000)
@settings(max_examples=200, deadline=None)
def test_any_bytes(data: bytes) -> None:
    """No other error than ours; depth is bounded."""
    with contextlib.suppress(DerMalformed):
        ber.definite(data)
    with pytest.raises((KeyMalformed, KeyUnsupported, PassphraseWrong)):
        read_pkcs12(data, PASSPHRASE)
