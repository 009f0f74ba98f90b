# SPDX-License-Identifier: Apache-2.0
"""Every SM2 provider against the standard's example, against the others, and against real seals."""

from __future__ import annotations

import gc
import json
import os
import platform
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from gmssl.sm2 import CryptSM2
from hypothesis import given, settings
from hypothesis import strategies as st

from keys import (
    HashAlgorithm,
    KeyKind,
    KeyMalformed,
    KeysError,
    SignatureInvalid,
    SigningFailed,
    SigningRefused,
    digest,
    generate_key,
    parse_private_key,
    parse_public_key,
    sm2,
    sm2_provider,
    sm2_providers,
)
from keys.formats import encode_pair, parse_pair
from keys.sm2.curve import USER_ID, N, message_digest, require_point, require_scalar, user_digest
from keys.sm2.libcrypto import Libcrypto, find_libcrypto
from keys.sm2.portable import Portable, UnsafePortable
from keys.sm2.provider import Sm2Private, Sm2Provider, Sm2Public
from keys.sm2.self_test import POINT, D, E, R, S, passes

VECTORS = Path(__file__).parents[1] / "vectors" / "sm2"
SEALS = json.loads((VECTORS / "published_seal.json").read_text("utf-8"))


def test_example_of_the_standard(example: dict[str, Any], provider: Sm2Provider) -> None:
    """GB/T 32918.5-2017: ZA, e, the public key, and the signature (r, s)."""
    key, case = example["key"], example["signature"]
    point = bytes.fromhex("04" + key["x"] + key["y"])
    za = user_digest(point)
    e = message_digest(za, bytes.fromhex(case["message"]))
    assert (za.hex(), e.hex(), USER_ID.hex()) == (case["za"], case["e"], case["user_id"])
    assert provider.private(int(key["d"], 16)).point == point
    assert provider.public(point).verify(e, int(case["r"], 16), int(case["s"], 16))
    sm2.verify(point, encode_pair(int(case["r"], 16), int(case["s"], 16)), bytes.fromhex(case["message"]))


def test_signature_with_the_nonce_of_the_standard(example: dict[str, Any]) -> None:
    """The one provider that takes a nonce gives exactly the printed r and s."""
    case = example["signature"]
    signer = UnsafePortable(lambda size: bytes.fromhex(case["k"])).private(D)
    assert signer.sign(bytes.fromhex(case["e"])) == (int(case["r"], 16), int(case["s"], 16))


def test_encryption_example_belongs_to_the_key(example: dict[str, Any], provider: Sm2Provider) -> None:
    """C1 is the nonce times the generator, and another library decrypts the example."""
    case = example["encryption"]
    assert provider.private(int(case["k"], 16)).point.hex() == case["c1"]
    gmssl = CryptSM2(private_key=f"{D:064x}", public_key="", mode=1)
    assert gmssl.decrypt(bytes.fromhex(case["c1"][2:] + case["c3"] + case["c2"])).hex() == case["message"]


@pytest.mark.parametrize("seal", SEALS, ids=lambda one: one["id"])
def test_published_seal(seal: dict[str, str], provider: Sm2Provider) -> None:
    """Signatures of a seal in public circulation."""
    point, e = bytes.fromhex(seal["key"]), bytes.fromhex(seal["e"])
    r, s = parse_pair(bytes.fromhex(seal["signature"]), N)
    assert user_digest(point).hex() == seal["za"]
    public = provider.public(point)
    assert public.verify(e, r, s)
    assert not public.verify(bytes((e[0] ^ 0x80,)) + e[1:], r, s)
    assert not provider.public(POINT).verify(e, r, s)


def test_providers_agree(provider: Sm2Provider, other_provider: Sm2Provider) -> None:
    """What one signs the other verifies, for fresh keys; keys that begin with 0 and 4 too."""
    for number in (1, 2, N - 2, int.from_bytes(digest(HashAlgorithm.SM3, b"INSECURE").value) % (N - 2) + 1):
        private = provider.private(number)
        assert private.point == other_provider.private(number).point
        public = other_provider.public(private.point)
        for message in (b"", b"message", bytes(range(256))):
            e = message_digest(user_digest(private.point), message)
            r, s = private.sign(e)
            assert public.verify(e, r, s)
            assert not public.verify(e, s, r)
            assert not public.verify(digest(HashAlgorithm.SM3, e).value, r, s)


def test_coordinates_that_begin_with_04(provider: Sm2Provider) -> None:
    """A coordinate whose first digits are 0 or 4 is not mistaken for the prefix of a point."""
    found = 0
    for number in range(1, 400):
        private = UnsafePortable().private(number) if number < 40 else None
        if private is None:
            break
        if private.point[1] >> 4 in (0, 4):
            found += 1
            e = message_digest(user_digest(private.point), b"x")
            assert provider.public(private.point).verify(e, *private.sign(e))
    assert found


def test_every_provider_passes_its_self_test(provider: Sm2Provider) -> None:
    """Else it would not be admitted."""
    assert passes(provider)


def test_order_of_providers() -> None:
    """Best first; the portable one is always there and never signs."""
    names = [one.name for one in sm2_providers()]
    assert names == [name for name in ("Botan", "libcrypto", "gmssl") if name in names]
    assert names[-1] == "gmssl"
    assert sm2_provider() == sm2_providers()[0]
    assert not sm2_providers()[-1].can_sign
    assert all(one.version for one in sm2_providers())


class _Broken(UnsafePortable):
    """A provider with a switchable fault."""

    def __init__(self, fault: str) -> None:
        super().__init__((lambda size: b"\x07" * size) if fault == "constant nonce" else os.urandom)
        self.fault = fault
        self.info = replace(self.info, can_sign=True)

    def public(self, point: bytes) -> Sm2Public:
        if self.fault == "no SM2":
            raise KeyMalformed("no such curve")
        return _Yes() if self.fault == "accepts everything" else super().public(point)

    def private(self, d: int) -> Any:
        return super().private(d + 1 if self.fault == "another key" else d)


class _Yes:
    def verify(self, e: bytes, r: int, s: int) -> bool:
        return True


@pytest.mark.parametrize("fault", ["no SM2", "accepts everything", "constant nonce", "another key"])
def test_self_test_keeps_out(fault: str) -> None:
    """A provider that is broken is as good as absent."""
    assert not passes(_Broken(fault))
    assert passes(_Broken("none"))


def test_no_provider_at_all(monkeypatch: pytest.MonkeyPatch, only_portable: None) -> None:
    """An error of ours, not a StopIteration."""
    monkeypatch.setattr(sm2, "_candidates", lambda: iter((iter((_Broken("no SM2"),)),)))
    with pytest.raises(KeysError, match="no SM2 provider"):
        sm2_provider()


def test_portable_machine_verifies_and_does_not_sign(only_portable: None) -> None:
    """Signing that is not constant-time needs the word unsafe."""
    assert sm2_provider().name == "gmssl"
    key = generate_key(KeyKind.SM2, unsafe_not_constant_time=True)
    signature = key.sign(b"message")
    key.public_key.verify(signature, b"message")
    with pytest.raises(SignatureInvalid):
        key.public_key.verify(signature, b"other")
    with pytest.raises(SigningRefused):
        generate_key(KeyKind.SM2)
    with pytest.raises(SigningRefused):
        parse_private_key(key.pkcs8())
    assert parse_private_key(key.pkcs8(), unsafe_not_constant_time=True).public_key == key.public_key


def test_arm64_is_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenSSL's SM2 leaks there; the operator is told."""
    found = next(find_libcrypto(), None)
    if found is None:
        pytest.skip("OpenSSL 3 (libssl3) is not installed")
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    info = Libcrypto(found.library).info
    assert not info.constant_time
    assert "ARM64" in info.note
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    assert Libcrypto(found.library).info.note == ""


def test_handles_are_released() -> None:
    """Each EVP_PKEY is freed exactly once, when its key goes."""
    found = next(find_libcrypto(), None)
    if found is None:
        pytest.skip("OpenSSL 3 (libssl3) is not installed")

    class Counting:
        freed = 0

        def __getattr__(self, name: str) -> Any:
            return getattr(found.library, name)

        def EVP_PKEY_free(self, handle: Any) -> None:
            self.freed += 1
            found.library.EVP_PKEY_free(handle)

    counting = Counting()
    found_again = object.__new__(Libcrypto)
    found_again.library = counting  # type: ignore[assignment]
    keys: list[Any] = [found_again.private(number) for number in range(1, 11)]
    keys += [found_again.public(key.point) for key in keys]
    for key in keys[:10]:
        key.sign(E)
    assert counting.freed == 0
    del keys, key
    gc.collect()
    assert counting.freed == 20


def test_loaded_keys_are_shared() -> None:
    """A second parse of the same key does not load it again."""
    key = generate_key(KeyKind.SM2)
    key.public_key.verify(key.sign(b"x"), b"x")
    assert sm2._loaded(key.public_key.bits)[0] is sm2._loaded(key.public_key.bits)[0]
    assert parse_public_key(bytes(bytearray(key.public_key.spki))) is key.public_key


def test_threads(provider: Sm2Provider) -> None:
    """One loaded key serves many threads."""
    rounds = 3 if provider.info.name == "gmssl" else 40
    private, start = provider.private(D), threading.Barrier(6)
    public = provider.public(private.point)

    def work(number: int) -> bool:
        start.wait()
        e = digest(HashAlgorithm.SM3, bytes((number,))).value
        return all(public.verify(e, *private.sign(e)) for _ in range(rounds))

    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(work, range(6)))


@given(st.integers(1, N - 1), st.integers(1, N - 1), st.binary(min_size=32, max_size=32))
@settings(max_examples=40, deadline=None)
def test_no_random_signature_verifies(r: int, s: int, e: bytes) -> None:
    """Nor does one provider see it otherwise than another; r + s = n, where t is 0, included."""
    providers: list[Sm2Provider] = [*sm2.admitted(), Portable()]
    for pair in ((r, s), (r, N - r), (N - 1, 1), (R, s), (r, S)):
        assert not any(one.public(POINT).verify(e, *pair) for one in providers)
    with pytest.raises(SignatureInvalid):
        sm2.verify(POINT, encode_pair(r, N - r), e)


def test_infinity_is_no_signature() -> None:
    """sG + tP is the point at infinity: no provider stumbles (s = -t d, for the example's key)."""
    t = 0x1234567890ABCDEF
    s = -t * D % N
    r = (t - s) % N
    for one in [*sm2.admitted(), Portable()]:
        assert not one.public(POINT).verify(E, r, s)


SECOND_SPELLINGS = {
    "r is zero": (0, S),
    "s is zero": (R, 0),
    "r is n": (N, S),
    "s is n": (R, N),
    "s is above n": (R, S + N),
    "r is negative": (R - N, S),
}


@pytest.mark.parametrize("pair", SECOND_SPELLINGS.values(), ids=SECOND_SPELLINGS)
def test_numbers_out_of_range(pair: tuple[int, int]) -> None:
    """Refused before any provider is asked."""
    with pytest.raises(SignatureInvalid, match="two numbers"):
        sm2.verify(POINT, encode_pair(*pair), b"message digest")


GOOD = encode_pair(R, S)


@pytest.mark.parametrize(
    "signature",
    [
        b"",
        GOOD + b"\x00",
        GOOD[:-1],
        b"\x30\x81" + GOOD[1:],
        b"\x31" + GOOD[1:],
        R.to_bytes(32) + S.to_bytes(32),
        bytes((0x30, GOOD[1] + 1, 0x02, GOOD[3] + 1, 0)) + GOOD[4:],
        bytes((0x30, GOOD[1] + 3)) + GOOD[2:] + b"\x02\x01\x01",
        bytes((0x30, GOOD[1] - 1, 0x02, GOOD[3] - 1)) + GOOD[5:],
    ],
    ids=["empty", "tail", "cut", "long length", "set", "raw", "padded r", "three numbers", "negative r"],
)
def test_spelling_of_a_signature(signature: bytes) -> None:
    """DER has one spelling for it, whatever the provider would take."""
    sm2.verify(POINT, GOOD, b"message digest")
    with pytest.raises(SignatureInvalid):
        sm2.verify(POINT, signature, b"message digest")


@pytest.mark.parametrize("change", [0x01, 0x80, 0xFF])
def test_flipped_signatures(change: int) -> None:
    """Each byte counts."""
    for at in range(len(GOOD)):
        broken = bytearray(GOOD)
        broken[at] ^= change
        with pytest.raises(SignatureInvalid):
            sm2.verify(POINT, bytes(broken), b"message digest")


@pytest.mark.parametrize("d", [0, -1, N - 1, N, N + 1, 2**256])
def test_private_key_out_of_range(d: int) -> None:
    """GB/T 32918.2: [1, n-2]."""
    with pytest.raises(KeyMalformed):
        require_scalar(d)
    with pytest.raises(KeyMalformed):
        sm2.load_private(d)


@pytest.mark.parametrize(
    "point",
    [
        b"",
        b"\x00",
        POINT[:-1],
        POINT + b"\x00",
        b"\x02" + POINT[1:33],
        b"\x06" + POINT[1:],
        POINT[:-1] + bytes((POINT[-1] ^ 1,)),
        b"\x04" + bytes(64),
        b"\x04" + b"\xff" * 64,
    ],
)
def test_points_off_the_curve(point: bytes) -> None:
    """Uncompressed, in range, on the curve."""
    with pytest.raises(KeyMalformed):
        require_point(point)


def test_random_source_that_is_broken() -> None:
    """Endless zeros end in an error, not in a loop."""
    with pytest.raises(SigningFailed):
        generate_key(KeyKind.SM2, random=bytes)
    private: Sm2Private = UnsafePortable(bytes).private(D)
    with pytest.raises(SigningFailed):
        private.sign(E)
