# SPDX-License-Identifier: Apache-2.0
"""EncryptedPrivateKeyInfo (RFC 5958) with PBES2 (RFC 8018): PBKDF2 and AES-CBC.

Ours, because ``cryptography`` cannot load an SM2 key and therefore cannot encrypt one. We write
PBKDF2-HMAC-SHA-256 with AES-256-CBC, which OpenSSL and the key-file page of the service open; we read
PBKDF2 with HMAC-SHA-1 and SHA-2, and AES-CBC of all sizes. Older schemes (PBES1, 3DES, RC2) are refused.

CBC is not authenticated: whoever reads the result checks it against the public key inside.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from ..algorithms import split_algorithm
from ..der import (
    INTEGER,
    OCTET_STRING,
    SEQUENCE,
    Tlv,
    as_integer,
    as_octets,
    expect,
    integer,
    null,
    octets,
    oid,
    read_only,
    sequence,
)
from ..errors import DerMalformed, KeyMalformed, KeyUnsupported, PassphraseWrong

ITERATIONS: Final = 600_000
MOST_ITERATIONS: Final = 10_000_000
"""More is refused: a hostile file must not keep the machine busy.  The page has the same limit."""
SALT_SIZE: Final = 16
LONGEST_PASSPHRASE: Final = 1024
_BLOCK = 16
_PBES2, _PBKDF2 = "1.2.840.113549.1.5.13", "1.2.840.113549.1.5.12"
_HMAC_SHA1, _HMAC_SHA256 = "1.2.840.113549.2.7", "1.2.840.113549.2.9"
_PRFS: Final[dict[str, hashes.HashAlgorithm]] = {
    _HMAC_SHA1: hashes.SHA1(),  # noqa: S303 - reading only; HMAC does not need collision resistance
    "1.2.840.113549.2.8": hashes.SHA224(),
    _HMAC_SHA256: hashes.SHA256(),
    "1.2.840.113549.2.10": hashes.SHA384(),
    "1.2.840.113549.2.11": hashes.SHA512(),
}
_AES_256_CBC = "2.16.840.1.101.3.4.1.42"
_AES_CBC: Final = {"2.16.840.1.101.3.4.1.2": 16, "2.16.840.1.101.3.4.1.22": 24, _AES_256_CBC: 32}


def encrypt(private_key_info: bytes, passphrase: str, *, random: Callable[[int], bytes]) -> bytes:
    """DER EncryptedPrivateKeyInfo.  Raises :class:`PassphraseWrong` for an empty passphrase."""
    salt, vector = random(SALT_SIZE), random(_BLOCK)
    key = _derive(passphrase, salt, ITERATIONS, hashes.SHA256(), 32)
    padding = _BLOCK - len(private_key_info) % _BLOCK
    encryptor = Cipher(algorithms.AES(key), modes.CBC(vector)).encryptor()
    encrypted = encryptor.update(private_key_info + bytes((padding,)) * padding) + encryptor.finalize()
    prf = sequence(oid(_HMAC_SHA256), null())
    derivation = sequence(oid(_PBKDF2), sequence(octets(salt), integer(ITERATIONS), prf))
    cipher = sequence(oid(_AES_256_CBC), octets(vector))
    return sequence(sequence(oid(_PBES2), sequence(derivation, cipher)), octets(encrypted))


def decrypt(
    encrypted_private_key_info: bytes, passphrase: str, *, most_iterations: int = MOST_ITERATIONS
) -> bytes:
    """What was encrypted.

    Raises :class:`KeyMalformed`, :class:`KeyUnsupported`, or :class:`PassphraseWrong` when the padding does
    not come out right.
    """
    try:
        outer = expect(read_only(encrypted_private_key_info), SEQUENCE).children()
        if len(outer) != 2:
            raise DerMalformed("an EncryptedPrivateKeyInfo has two parts")
        scheme, parameters = split_algorithm(outer[0])
        if scheme != _PBES2:
            raise KeyUnsupported(f"key encryption {scheme}: only PBES2; save the key anew with PBES2 and AES")
        salt, iterations, prf, cipher, vector = _parameters(read_only(parameters), most_iterations)
        data = as_octets(outer[1])
    except DerMalformed as error:
        raise KeyMalformed(f"not an encrypted key: {error}") from error
    if not data or len(data) % _BLOCK or len(vector) != _BLOCK:
        raise KeyMalformed("AES-CBC works on blocks of 16 bytes")
    key = _derive(passphrase, salt, iterations, prf, cipher)
    decryptor = Cipher(algorithms.AES(key), modes.CBC(vector)).decryptor()
    plain = decryptor.update(data) + decryptor.finalize()
    padding = plain[-1]
    if not 1 <= padding <= _BLOCK or plain[-padding:] != bytes((padding,)) * padding:
        raise PassphraseWrong("the passphrase does not open this key")
    return plain[:-padding]


def _parameters(tlv: Tlv, most_iterations: int) -> tuple[bytes, int, hashes.HashAlgorithm, int, bytes]:
    """Salt, iterations, digest of the PRF, size of the AES key, initial vector."""
    parts = expect(tlv, SEQUENCE).children()
    if len(parts) != 2:
        raise DerMalformed("PBES2 parameters have two parts")
    (derivation, derivation_parameters), (cipher, vector) = (split_algorithm(part) for part in parts)
    if derivation != _PBKDF2:
        raise KeyUnsupported(f"key derivation {derivation}: only PBKDF2")
    if cipher not in _AES_CBC:
        raise KeyUnsupported(f"cipher {cipher}: only AES-CBC")
    fields = expect(read_only(derivation_parameters), SEQUENCE).children()
    if len(fields) < 2:
        raise DerMalformed("PBKDF2 parameters have at least salt and iterations")
    salt, count, *rest = fields
    iterations = as_integer(expect(count, INTEGER))
    if not 1 <= iterations <= most_iterations:
        raise KeyUnsupported(f"PBKDF2 with 1 to {most_iterations} iterations")
    if rest and rest[0].tag == INTEGER and as_integer(rest.pop(0)) != _AES_CBC[cipher]:
        raise DerMalformed("the derived key does not fit the cipher")
    prf, prf_parameters = split_algorithm(rest.pop(0)) if rest else (_HMAC_SHA1, b"")
    if rest or prf not in _PRFS or prf_parameters not in (null(), b""):
        raise KeyUnsupported(f"PBKDF2 with {prf}: only HMAC with SHA-1 or SHA-2")
    return (
        as_octets(expect(salt, OCTET_STRING)),
        iterations,
        _PRFS[prf],
        _AES_CBC[cipher],
        as_octets(read_only(vector)),
    )


def _derive(passphrase: str, salt: bytes, iterations: int, prf: hashes.HashAlgorithm, size: int) -> bytes:
    return PBKDF2HMAC(algorithm=prf, length=size, salt=salt, iterations=iterations).derive(
        passphrase_bytes(passphrase)
    )


def passphrase_bytes(passphrase: str) -> bytes:
    """UTF-8 without normalisation, as the page does it.  Raises :class:`PassphraseWrong`."""
    if not passphrase:
        raise PassphraseWrong("the passphrase is empty")
    if len(passphrase) > LONGEST_PASSPHRASE:
        raise PassphraseWrong(f"a passphrase has at most {LONGEST_PASSPHRASE} characters")
    try:
        return passphrase.encode("utf-8")
    except UnicodeEncodeError:
        raise PassphraseWrong("the passphrase is not Unicode text") from None
