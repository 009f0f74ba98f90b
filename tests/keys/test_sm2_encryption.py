# SPDX-License-Identifier: Apache-2.0
"""SM2 encryption: the standard's example, spellings, refusals, OpenSSL and ``gmssl`` as peers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from gmssl.sm2 import CryptSM2
from hypothesis import given, settings
from hypothesis import strategies as st

from keys import (
    CipherMalformed,
    CipherOrder,
    DecryptionFailed,
    KeyKind,
    KeysError,
    KeyUnsupported,
    SigningRefused,
    SM2Cipher,
    SoftwareKey,
    generate_key,
    parse_private_key,
    parse_public_key,
    parse_raw_sm2_cipher,
    parse_sm2_cipher,
    sm2,
)
from keys.formats import PRIVATE_KEY, encode_pem
from keys.sm2 import encryption, private_key_info, public_key_info
from keys.sm2.libcrypto import find_libcrypto
from keys.sm2.portable import PortablePublic, UnsafePortable
from keys.sm2.self_test import POINT, D

Run = Callable[..., bytes]
MESSAGE = "对称密钥 0123".encode()


@pytest.fixture(scope="module")
def key() -> SoftwareKey:
    return parse_private_key(private_key_info(D))


@pytest.fixture(scope="module")
def cipher(key: SoftwareKey) -> SM2Cipher:
    return key.public_key.encrypt(MESSAGE)


def printed(case: dict[str, str]) -> SM2Cipher:
    return SM2Cipher(*(bytes.fromhex(case[part]) for part in ("c1", "c3", "c2")))


def test_example_of_the_standard(example: dict[str, Any], key: SoftwareKey) -> None:
    """GB/T 32918.5-2017: with the printed nonce the printed ciphertext, and every reader opens it."""
    case = example["encryption"]
    message, wanted = bytes.fromhex(case["message"]), printed(case)
    assert PortablePublic(POINT).encrypt(message, lambda size: bytes.fromhex(case["k"])) == wanted
    assert UnsafePortable().private(D).decrypt(wanted) == message  # type: ignore[attr-defined]
    assert key.decrypt(wanted) == message
    assert parse_raw_sm2_cipher(bytes.fromhex(case["c1"] + case["c3"] + case["c2"])) == wanted
    old = bytes.fromhex(case["c1"] + case["c2"] + case["c3"])
    assert parse_raw_sm2_cipher(old, CipherOrder.C1C2C3) == wanted


def test_spellings(cipher: SM2Cipher) -> None:
    """DER and both raw orders, there and back."""
    assert parse_sm2_cipher(cipher.encode()) == cipher
    for order in CipherOrder:
        assert parse_raw_sm2_cipher(cipher.raw(order), order) == cipher
    assert cipher.raw() == cipher.point + cipher.hash + cipher.text


def test_short_coordinates_are_padded(key: SoftwareKey) -> None:
    """A coordinate that begins with zeros is a shorter INTEGER and 32 bytes in the raw form."""
    for k in range(1, 2000):
        point = next(find_libcrypto()).private(k).point
        if point[1] == 0 or point[33] == 0:
            break
    else:
        pytest.fail("none of these points has a short coordinate")
    case = PortablePublic(POINT).encrypt(MESSAGE, lambda size: k.to_bytes(size))
    assert case.point == point
    again = parse_sm2_cipher(case.encode())
    assert again.raw() == case.raw()
    assert key.decrypt(again) == MESSAGE


@settings(max_examples=60, deadline=None)
@given(message=st.binary(min_size=1, max_size=300))
def test_round_trip(message: bytes) -> None:
    """Any message; one byte too, where the mask is zero once in 256."""
    key = parse_private_key(private_key_info(D))
    assert key.decrypt(parse_sm2_cipher(key.public_key.encrypt(message).encode())) == message


def test_one_byte_never_shows(key: SoftwareKey) -> None:
    """Neither path gives out a ciphertext that is its message."""
    for _ in range(600):
        assert key.public_key.encrypt(b"\x55").text != b"\x55"


def test_zero_mask(monkeypatch: pytest.MonkeyPatch, key: SoftwareKey) -> None:
    """Thrown away on the way out, refused on the way in."""
    nonces = iter(range(1, 5000))
    point = bytes.fromhex(
        UnsafePortable().private(1)._key._kg(D, UnsafePortable().private(1).point[1:].hex())
    )
    assert encryption.seal_with(b"\x04" + point, point, b"x") is not None
    monkeypatch.setattr(encryption, "_mask", lambda shared, size: bytes(size))
    assert encryption.seal_with(b"\x04" + point, point, b"x") is None
    with pytest.raises(KeysError, match="random source"):
        PortablePublic(POINT).encrypt(b"x", lambda size: next(nonces).to_bytes(size))
    shown = SM2Cipher(b"\x04" + point, encryption._code(point, b"x"), b"x")
    with pytest.raises(DecryptionFailed, match="masks nothing"):
        encryption.open_with(point, shown)


def test_zero_mask_by_libcrypto(key: SoftwareKey) -> None:
    """A real ciphertext of one byte whose mask is zero: correct C3, and still refused."""
    for k in range(1, 4000):
        c1 = next(find_libcrypto()).private(k).point
        shared = bytes.fromhex(PortablePublic(POINT)._key._kg(k, POINT[1:].hex()))
        if encryption._mask(shared, 1) == b"\x00":
            break
    else:
        pytest.fail("no such nonce")
    shown = SM2Cipher(c1, encryption._code(shared, b"x"), b"x")
    for opened in (key, UnsafePortable().private(D)):
        with pytest.raises(DecryptionFailed):
            opened.decrypt(shown)


def test_each_flipped_byte(cipher: SM2Cipher, key: SoftwareKey) -> None:
    """DER and raw: every change is noticed."""
    for data, parse in ((cipher.encode(), parse_sm2_cipher), (cipher.raw(), parse_raw_sm2_cipher)):
        for at in range(len(data)):
            changed = bytearray(data)
            changed[at] ^= 0x01
            with pytest.raises((CipherMalformed, DecryptionFailed)):
                key.decrypt(parse(bytes(changed)))  # type: ignore[operator]
            with pytest.raises((CipherMalformed, DecryptionFailed)):
                key.decrypt(parse(data[:at]))  # type: ignore[operator]
        with pytest.raises((CipherMalformed, DecryptionFailed)):
            key.decrypt(parse(data + b"\x00"))  # type: ignore[operator]


@settings(max_examples=200, deadline=None)
@given(data=st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    for parse in (parse_sm2_cipher, parse_raw_sm2_cipher):
        with pytest.raises(CipherMalformed):
            parse(data)  # type: ignore[operator]


def test_refused(cipher: SM2Cipher, key: SoftwareKey) -> None:
    """Points off the curve, sizes, other keys, other families."""
    for change in (
        {"point": cipher.point[:-1] + bytes((cipher.point[-1] ^ 1,))},
        {"point": b"\x04" + bytes(64)},
        {"point": b"\x02" + cipher.point[1:33]},
        {"hash": cipher.hash[:-1]},
        {"text": b""},
    ):
        with pytest.raises(CipherMalformed):
            replace(cipher, **change)
    with pytest.raises(CipherMalformed, match="at most"):
        parse_sm2_cipher(bytes(1 << 20))
    for message in (b"", bytes(encryption.LONGEST_MESSAGE + 1)):
        with pytest.raises(CipherMalformed):
            key.public_key.encrypt(message)
    with pytest.raises(DecryptionFailed):
        generate_key(KeyKind.SM2).decrypt(cipher)
    other = generate_key(KeyKind.P256)
    with pytest.raises(KeyUnsupported):
        other.decrypt(cipher)
    with pytest.raises(KeyUnsupported):
        other.public_key.encrypt(MESSAGE)


def test_without_a_native_library(only_portable: None, cipher: SM2Cipher) -> None:
    """Encryption goes on; decryption only where somebody says that a leak does not matter."""
    made = parse_public_key(public_key_info(POINT)).encrypt(MESSAGE)
    unsafe = parse_private_key(private_key_info(D), unsafe_not_constant_time=True)
    assert unsafe.decrypt(made) == unsafe.decrypt(cipher) == MESSAGE
    with pytest.raises(SigningRefused):
        sm2.decrypt(D, made)


def test_openssl(openssl: Run, tmp_path: Path, key: SoftwareKey, cipher: SM2Cipher) -> None:
    """The command line decrypts ours, and we decrypt its; the portable path too."""
    (tmp_path / "key.pem").write_bytes(encode_pem([(PRIVATE_KEY, key.pkcs8())]))
    (tmp_path / "public").write_bytes(key.public_key.spki)
    for one in (cipher, PortablePublic(POINT).encrypt(MESSAGE)):
        assert openssl("pkeyutl", "-decrypt", "-inkey", "key.pem", data=one.encode()) == MESSAGE
    made = openssl("pkeyutl", "-encrypt", "-pubin", "-keyform", "DER", "-inkey", "public", data=MESSAGE)
    parsed = parse_sm2_cipher(made)
    assert parsed.encode() == made
    assert key.decrypt(parsed) == UnsafePortable().private(D).decrypt(parsed) == MESSAGE  # type: ignore[attr-defined]


@pytest.mark.parametrize(("mode", "order"), [(1, CipherOrder.C1C3C2), (0, CipherOrder.C1C2C3)])
def test_gmssl(key: SoftwareKey, cipher: SM2Cipher, mode: int, order: CipherOrder) -> None:
    """Another library in both raw orders; it leaves the 04 out."""
    peer = CryptSM2(private_key=f"{D:064x}", public_key=POINT[1:].hex(), mode=mode)
    assert peer.decrypt(cipher.raw(order)[1:]) == MESSAGE
    assert key.decrypt(parse_raw_sm2_cipher(b"\x04" + peer.encrypt(MESSAGE), order)) == MESSAGE
