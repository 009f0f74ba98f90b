# SPDX-License-Identifier: Apache-2.0
"""Enveloped keys: stored, written and opened, changed, and opened by the OpenSSL command line alone."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given, settings
from hypothesis import strategies as st

from keys import (
    CipherMalformed,
    CsrResponse,
    DecryptionFailed,
    KeyKind,
    KeysError,
    KeyUnsupported,
    SM2EnvelopedKey,
    SoftwareKey,
    envelope_key,
    generate_key,
    open_enveloped_key,
    parse_csr_response,
    parse_enveloped_key,
    parse_private_key,
    parse_sdf_blob,
    parse_skf_blob,
    write_sdf_blob,
    write_skf_blob,
)
from keys.der import bits, explicit, null, oid, sequence
from keys.formats import PRIVATE_KEY, encode_pem
from keys.sm2 import private_key_info

Run = Callable[..., bytes]
VECTOR: dict[str, str] = json.loads(
    (Path(__file__).parents[1] / "vectors" / "sm2" / "INSECURE-enveloped.json").read_text("utf-8")
)
DER, SKF, SDF = (bytes.fromhex(VECTOR[name]) for name in ("der", "skf", "sdf"))
HOLDER = parse_private_key(private_key_info(int(VECTOR["holder"], 16)))
INNER = parse_private_key(private_key_info(int(VECTOR["d"], 16)))
FORMS: dict[str, tuple[bytes, Any, Any]] = {
    "der": (DER, parse_enveloped_key, SM2EnvelopedKey.encode),
    "skf": (SKF, parse_skf_blob, write_skf_blob),
    "sdf": (SDF, parse_sdf_blob, write_sdf_blob),
}


@pytest.mark.parametrize("form", FORMS)
def test_stored(form: str) -> None:
    """Each spelling opens to the same key and is written again byte for byte."""
    data, parse, write = FORMS[form]
    assert write(parse(data)) == data
    opened = open_enveloped_key(parse(data), HOLDER)
    assert opened.pkcs8() == INNER.pkcs8()


def test_layouts() -> None:
    """Where the members stand: the two interfaces differ."""
    enveloped = parse_enveloped_key(DER)
    assert struct.unpack_from("<III", SKF) == (1, 0x401, 256)
    assert SKF[12:76] == bytes(32) + enveloped.private
    assert SKF[76:80] == struct.pack("<I", 256)
    assert SKF[112:144] == enveloped.public[1:33]
    assert (len(SKF), len(SDF)) == (388, 384)
    assert struct.unpack_from("<II", SDF) == (1, 0x401)
    assert SDF[40:72] == enveloped.symmetric_key.point[1:33]
    assert SDF[-64:] == bytes(32) + enveloped.private


@pytest.mark.parametrize("form", FORMS)
def test_round_trip(form: str) -> None:
    _, parse, write = FORMS[form]
    key, holder = generate_key(KeyKind.SM2), generate_key(KeyKind.SM2)
    written = write(envelope_key(key, holder.public_key))
    assert open_enveloped_key(parse(written), holder).pkcs8() == key.pkcs8()
    with pytest.raises(DecryptionFailed):
        open_enveloped_key(parse(written), key)


@pytest.mark.parametrize("form", FORMS)
def test_each_flipped_byte(form: str) -> None:
    """No change leaves a key that is another; the spelling of the algorithm alone may vary."""
    data, parse, _ = FORMS[form]
    for at in range(len(data)):
        for bit in (0x01, 0x80):
            changed = bytearray(data)
            changed[at] ^= bit
            with pytest.raises((CipherMalformed, DecryptionFailed, KeyUnsupported)):
                open_enveloped_key(parse(bytes(changed)), HOLDER)
        with pytest.raises(CipherMalformed):
            parse(data[:at])
    with pytest.raises(CipherMalformed):
        parse(data + b"\x00")


@settings(max_examples=200, deadline=None)
@given(data=st.binary(max_size=500))
def test_any_bytes(data: bytes) -> None:
    for _, parse, _ in FORMS.values():
        with pytest.raises(KeysError):
            parse(data)
    with pytest.raises(KeysError):
        parse_csr_response(data)


def test_spellings_of_others() -> None:
    """SM4 without a mode, parameters absent, ECB with padding; another cipher is refused by name."""
    enveloped = parse_enveloped_key(DER)
    sm4 = bytes.fromhex(VECTOR["sm4"])
    scalar = bytes.fromhex(VECTOR["d"])

    def spelled(algorithm: bytes, private: bytes) -> bytes:
        cipher = enveloped.symmetric_key.encode()
        return sequence(algorithm, cipher, bits(enveloped.public), bits(private))

    padded = Cipher(algorithms.SM4(sm4), modes.ECB()).encryptor().update(scalar + bytes((16,)) * 16)
    for algorithm in (
        sequence(oid("1.2.156.10197.1.104")),
        sequence(oid("1.2.156.10197.1.104"), null()),
        sequence(oid("1.2.156.10197.1.104.1")),
    ):
        for private in (enveloped.private, padded):
            opened = open_enveloped_key(parse_enveloped_key(spelled(algorithm, private)), HOLDER)
            assert opened.public_key == INNER.public_key
    wrong = replace(enveloped, private=padded[:-1] + bytes((padded[-1] ^ 1,)))
    with pytest.raises(DecryptionFailed, match="padding"):
        open_enveloped_key(wrong, HOLDER)
    with pytest.raises(KeyUnsupported, match=r"104\.2"):
        parse_enveloped_key(spelled(sequence(oid("1.2.156.10197.1.104.2")), enveloped.private))
    assert write_skf_blob(replace(enveloped, private=padded)) == SKF


def test_refused() -> None:
    """Other kinds of keys, foreign sizes, points off the curve."""
    other: SoftwareKey = generate_key(KeyKind.P256)
    with pytest.raises(KeyUnsupported):
        envelope_key(other, HOLDER.public_key)
    with pytest.raises(KeyUnsupported):
        envelope_key(INNER, other.public_key)
    with pytest.raises(KeyUnsupported):
        open_enveloped_key(parse_enveloped_key(DER), other)
    enveloped = parse_enveloped_key(DER)
    for change in (
        {"public": b"\x04" + bytes(64)},
        {"private": bytes(31)},
        {"symmetric_key": HOLDER.public_key.encrypt(bytes(17))},
    ):
        with pytest.raises(CipherMalformed):
            replace(enveloped, **change)  # type: ignore[arg-type]
    swapped = replace(enveloped, public=HOLDER.public_key.bits)
    with pytest.raises(DecryptionFailed, match="beside"):
        open_enveloped_key(swapped, HOLDER)


def test_csr_response() -> None:
    """With and without the encryption half; what is not one."""
    enveloped = parse_enveloped_key(DER)
    one, other = sequence(b"\x02\x01\x01"), sequence(b"\x02\x01\x02")
    for response in (
        CsrResponse((one,)),
        CsrResponse((one, other), enveloped, (other,)),
        CsrResponse((one,), enveloped),
    ):
        assert parse_csr_response(response.encode()) == response
    full = CsrResponse((one,), enveloped, (other,)).encode()
    assert full[4:].startswith(b"\x31\x05" + one + b"\xa0")
    for wrong in (sequence(), CsrResponse(()).encode(), sequence(full), full[:-1], explicit(0, one)):
        with pytest.raises(CipherMalformed):
            parse_csr_response(wrong)
    with pytest.raises(CipherMalformed):
        parse_csr_response(CsrResponse((one,) * 17).encode())
    with pytest.raises(CipherMalformed):
        parse_csr_response(bytes(1 << 20))


def test_openssl_opens_it(openssl: Run, tmp_path: Path) -> None:
    """The stored one and a fresh one by the command line alone."""
    (tmp_path / "holder.pem").write_bytes(encode_pem([(PRIVATE_KEY, HOLDER.pkcs8())]))
    for enveloped in (parse_enveloped_key(DER), envelope_key(INNER, HOLDER.public_key)):
        cipher = enveloped.symmetric_key.encode()
        sm4 = openssl("pkeyutl", "-decrypt", "-inkey", "holder.pem", data=cipher)
        plain = openssl("enc", "-d", "-sm4-ecb", "-nopad", "-K", sm4.hex(), data=enveloped.private)
        assert plain.hex() == VECTOR["d"]
