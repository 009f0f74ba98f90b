# SPDX-License-Identifier: Apache-2.0
"""Read private keys: PKCS#8, plain or encrypted, and plain SEC 1 and PKCS#1; DER or PEM."""

from __future__ import annotations

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_der_private_key

from .. import sm2
from ..algorithms import KeyFamily
from ..der import OCTET_STRING, SEQUENCE, expect, read_only
from ..errors import DerMalformed, KeyMalformed, KeyUnsupported, PassphraseWrong
from ..formats import (
    ENCRYPTED_PRIVATE_KEY,
    PRIVATE_KEY,
    TRADITIONAL_LABELS,
    as_pkcs8,
    decrypt,
    looks_like_pem,
    parse_pem,
    parse_private_key_info,
    parse_sm2_scalar,
    refuse_old_encryption,
)
from .key import NativeSecret, Sm2Secret, SoftwareKey

LARGEST = 64 * 1024


def parse_private_key(
    data: bytes, passphrase: str | None = None, *, unsafe_not_constant_time: bool = False
) -> SoftwareKey:
    """The private key in this file.  A public key that stands beside the private one must belong to it.

    Raises :class:`KeyMalformed`, :class:`KeyUnsupported`, :class:`PassphraseWrong` (none was given, or not
    the right one), :class:`~keys.SigningRefused`.
    """
    if looks_like_pem(data):
        refuse_old_encryption(data)
        found = [(label, der) for label, der in parse_pem(data) if label.endswith(PRIVATE_KEY)]
        if len(found) != 1:
            raise KeyMalformed(f"one private key in a file, not {len(found)}")
        label, data = found[0]
        if label not in (PRIVATE_KEY, ENCRYPTED_PRIVATE_KEY) and label not in TRADITIONAL_LABELS:
            raise KeyUnsupported(f"{label[:80]}: convert it to PKCS#8 first")
    if len(data) > LARGEST:
        raise KeyMalformed(f"a private key is at most {LARGEST} bytes")
    if not _is_encrypted(data):
        return _loaded(as_pkcs8(data), unsafe_not_constant_time)
    if passphrase is None:
        raise PassphraseWrong("this key needs its passphrase")
    plain = decrypt(data, passphrase)
    try:
        expect(read_only(plain), SEQUENCE)
    except DerMalformed:
        # One in 256 wrong passphrases leaves a plausible padding.
        raise PassphraseWrong("the passphrase does not open this key") from None
    return _loaded(plain, unsafe_not_constant_time)


def _is_encrypted(der: bytes) -> bool:
    """EncryptedPrivateKeyInfo is SEQUENCE { SEQUENCE, OCTET STRING }; a plain key begins with its version."""
    try:
        parts = expect(read_only(der), SEQUENCE).children()
    except DerMalformed as error:
        raise KeyMalformed(f"not a private key: {error}") from error
    return len(parts) == 2 and parts[0].tag == SEQUENCE and parts[1].tag == OCTET_STRING


def _loaded(der: bytes, unsafe_not_constant_time: bool) -> SoftwareKey:
    info = parse_private_key_info(der)
    if info.family is KeyFamily.SM2:
        d, points = parse_sm2_scalar(info.key)
        key = SoftwareKey(Sm2Secret(d, unsafe_not_constant_time=unsafe_not_constant_time))
        for point in (*points, *info.public):
            sm2.require_point(point)
            if point != key.public_key.bits:
                raise KeyMalformed("the public key in this file belongs to another private key")
        return key
    try:
        native = load_der_private_key(der, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyMalformed(f"not a private key: {error}") from error
    if not isinstance(native, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise KeyUnsupported("only RSA, ECDSA and SM2 keys")
    return SoftwareKey(NativeSecret(native))
