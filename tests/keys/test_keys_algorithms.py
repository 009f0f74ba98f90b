# SPDX-License-Identifier: Apache-2.0
"""The allow-list, digests, and identifiers as they occur in real files."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keys import (
    ECDSA_SHA256,
    ECDSA_SHA384,
    RSA_PSS_SHA256,
    RSA_SHA256,
    RSA_SHA512,
    SCHEMES,
    SM2_SM3,
    Digest,
    DigestMalformed,
    HashAlgorithm,
    KeyFamily,
    KeyKind,
    KeyMalformed,
    KeysError,
    KeyUnsupported,
    Scheme,
    allowed,
    default_scheme,
    digest,
    hasher,
    parse_hash,
    parse_scheme,
)
from keys.der import null, oid, sequence


def test_every_kind_has_a_default() -> None:
    """The default is allowed, and of the family of the key."""
    for kind in KeyKind:
        scheme = default_scheme(kind)
        assert allowed(kind, scheme)
        assert scheme.family is kind.family


@pytest.mark.parametrize("kind", KeyKind)
@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda one: one.name)
def test_allow_list(kind: KeyKind, scheme: Scheme) -> None:
    """Nothing crosses a family, SM2 goes with SM3 alone, and parse_scheme obeys the list."""
    may = allowed(kind, scheme)
    assert not may or kind.family is scheme.family
    encoded = scheme.algorithm_identifier()
    if may:
        assert parse_scheme(encoded, kind) is scheme
    else:
        with pytest.raises(KeyUnsupported):
            parse_scheme(encoded, kind)
    assert parse_scheme(encoded) is scheme


@pytest.mark.parametrize(
    ("text", "scheme"),
    [
        ("300c06082a811ccf550183750500", SM2_SM3),
        ("300a06082a811ccf55018375", SM2_SM3),
        ("300d06092a864886f70d01010b0500", RSA_SHA256),
        ("300b06092a864886f70d01010d", RSA_SHA512),
        ("300a06082a8648ce3d040302", ECDSA_SHA256),
        ("300a06082a8648ce3d040303", ECDSA_SHA384),
        (
            "304106092a864886f70d01010a3034a00f300d06096086480165030402010500"
            "a11c301a06092a864886f70d010108300d06096086480165030402010500a203020120",
            RSA_PSS_SHA256,
        ),
    ],
)
def test_identifiers_of_real_certificates(text: str, scheme: Scheme) -> None:
    """NULL or absent for SM2 and RSA, absent for ECDSA, full parameters for PSS."""
    assert parse_scheme(bytes.fromhex(text)) is scheme


def test_identifiers_that_we_write() -> None:
    """SM2 with NULL, as the licensed authorities; SM3 with NULL; SHA-2 without (RFC 5754)."""
    assert SM2_SM3.algorithm_identifier().hex() == "300c06082a811ccf550183750500"
    assert HashAlgorithm.SM3.algorithm_identifier().hex() == "300c06082a811ccf550183110500"
    assert HashAlgorithm.SHA256.algorithm_identifier().hex() == "300b0609608648016503040201"
    for algorithm in HashAlgorithm:
        assert parse_hash(algorithm.algorithm_identifier()) is algorithm
        assert parse_hash(sequence(oid(algorithm.oid), null())) is algorithm
        assert parse_hash(sequence(oid(algorithm.oid))) is algorithm


@pytest.mark.parametrize(
    "text",
    [
        "300d06092a864886f70d0101050500",  # SHA-1 with RSA
        "300d06092a864886f70d0101040500",  # MD5 with RSA
        "300c06082a811ccf550183780500",  # SM3 with RSA
        "300c06082a8648ce3d0403020500",  # ECDSA with NULL
        "300b06092a864886f70d01010a",  # PSS with its defaults: SHA-1
        "300d06092a864886f70d01010a3000",
        "300d06082a811ccf55018375020100",  # SM2 with another parameter
        "300d06092a864886f70d0101010500",  # the key system alone
    ],
)
def test_not_on_the_list(text: str) -> None:
    """Weak, unknown, or with parameters that mean something else."""
    with pytest.raises(KeyUnsupported):
        parse_scheme(bytes.fromhex(text))


def test_signer_infos_name_the_digest_beside() -> None:
    """rsaEncryption and SM2-1 mean something only together with the digest."""
    rsa, sm2_1 = bytes.fromhex("300d06092a864886f70d0101010500"), bytes.fromhex("300b06092a811ccf5501822d01")
    assert parse_scheme(rsa, digest=HashAlgorithm.SHA256) is RSA_SHA256
    assert parse_scheme(rsa, digest=HashAlgorithm.SHA512) is RSA_SHA512
    assert parse_scheme(sm2_1, digest=HashAlgorithm.SM3) is SM2_SM3
    for identifier, algorithm in ((rsa, HashAlgorithm.SM3), (sm2_1, HashAlgorithm.SHA256)):
        with pytest.raises(KeyUnsupported):
            parse_scheme(identifier, digest=algorithm)
    with pytest.raises(KeyUnsupported, match="does not go with a digest"):
        parse_scheme(SM2_SM3.algorithm_identifier(), digest=HashAlgorithm.SHA256)


@given(st.binary(max_size=40))
@settings(max_examples=300, deadline=None)
def test_any_bytes(data: bytes) -> None:
    """A scheme or a KeysError."""
    for parse in (parse_scheme, parse_hash):
        try:
            parse(data)
        except KeysError:
            continue


@pytest.mark.parametrize("text", ["", "3000", "0500", "300c06082a811ccf55018375050000", "3003020101"])
def test_malformed(text: str) -> None:
    """Not an AlgorithmIdentifier."""
    with pytest.raises(KeyMalformed):
        parse_scheme(bytes.fromhex(text))


def test_sm3_vectors(example: dict[str, Any]) -> None:
    """GB/T 32905-2016 annex A, and the empty message."""
    for case in example["digests"]:
        assert digest(HashAlgorithm.SM3, bytes.fromhex(case["message"])).hex == case["sm3"]


@given(st.lists(st.binary(max_size=200), max_size=5), st.sampled_from(HashAlgorithm))
@settings(max_examples=100, deadline=None)
def test_piece_by_piece(pieces: list[bytes], algorithm: HashAlgorithm) -> None:
    """The same digest, and for SHA-2 that of the standard library; more may follow after finish."""
    running = hasher(algorithm)
    for at, piece in enumerate(pieces):
        assert running.finish() == digest(algorithm, b"".join(pieces[:at]))
        running.update(piece)
    whole = digest(algorithm, b"".join(pieces))
    assert running.finish() == whole
    assert len(whole.value) == algorithm.size
    if algorithm is not HashAlgorithm.SM3:
        assert whole.value == hashlib.new(algorithm.value, b"".join(pieces)).digest()


@pytest.mark.parametrize("algorithm", HashAlgorithm)
def test_digest_has_its_length(algorithm: HashAlgorithm) -> None:
    """A value that cannot be wrong."""
    for size in (0, algorithm.size - 1, algorithm.size + 1):
        with pytest.raises(DigestMalformed):
            Digest(algorithm, bytes(size))


def test_families() -> None:
    """Every kind belongs to one."""
    assert {kind.family for kind in KeyKind} == set(KeyFamily)
