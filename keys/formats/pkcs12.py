# SPDX-License-Identifier: Apache-2.0
"""PKCS #12 (RFC 7292): the outer structure, its contents under PBES2, and the MAC over them.

Written as OpenSSL 3 writes it: certificates encrypted, the key shrouded, MAC with SHA-256. The MAC's key
comes from the derivation of appendix B, so its iterations are as many as those of the encryption: a guesser
takes the cheaper of the two. Read: PBES2 alone, DER or BER, a MAC with SHA-1 or SHA-2; PBMAC1 and files
without a MAC are refused by name.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from ..algorithms import split_algorithm
from ..der import (
    BMP,
    INTEGER,
    OCTET_STRING,
    OID,
    SEQUENCE,
    Tlv,
    as_integer,
    as_octets,
    as_oid,
    element,
    expect,
    explicit,
    implicit,
    integer,
    null,
    octets,
    oid,
    read_only,
    sequence,
    set_of,
)
from ..errors import DerMalformed, KeyMalformed, KeyUnsupported, PassphraseWrong
from .ber import definite, joined
from .pbes2 import decrypt, encrypt, passphrase_bytes

LARGEST: Final = 1024 * 1024
MAC_ITERATIONS: Final = 600_000
MOST_ITERATIONS: Final = 2_000_000
"""More is refused, anywhere in a file: a hostile one must not keep the machine busy."""
MOST_PARTS: Final = 4
MOST_BAGS: Final = 64
LONGEST_NAME: Final = 128
_SALT_SIZE = 16
_DATA, _ENCRYPTED_DATA = "1.2.840.113549.1.7.1", "1.2.840.113549.1.7.6"
_BAGS = "1.2.840.113549.1.12.10.1"
_KEY_BAG, _SHROUDED_BAG, _CERTIFICATE_BAG, _CRL_BAG = (f"{_BAGS}.{number}" for number in (1, 2, 3, 4))
_X509 = "1.2.840.113549.1.9.22.1"
_NAME, _LOCAL_KEY = "1.2.840.113549.1.9.20", "1.2.840.113549.1.9.21"
_SHA256 = "2.16.840.1.101.3.4.2.1"
_PBMAC1 = "1.2.840.113549.1.5.14"
_HASHES: Final = {
    "1.3.14.3.2.26": "sha1",  # reading only; HMAC does not need collision resistance
    "2.16.840.1.101.3.4.2.4": "sha224",
    _SHA256: "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}
_CONTEXT_0 = 0xA0
_CONTEXT_0_PRIMITIVE = 0x80
_FOR_MAC = 3


@dataclass(frozen=True, slots=True, repr=False)
class Pkcs12:
    """What a file holds: one PKCS#8 key, plain, and certificates in their order."""

    private_key_info: bytes
    certificates: tuple[bytes, ...]


def encode_pkcs12(
    content: Pkcs12, passphrase: str, *, name: str, key_id: bytes, random: Callable[[int], bytes]
) -> bytes:
    """DER PFX.  The first certificate is bound to the key.  Raises :class:`KeyMalformed` for the name."""
    attributes = _attributes(name, key_id)
    key = _bag(_SHROUDED_BAG, encrypt(content.private_key_info, passphrase, random=random), attributes)
    bags = [
        _bag(_CERTIFICATE_BAG, sequence(oid(_X509), explicit(0, octets(der))), attributes if first else b"")
        for first, der in ((at == 0, der) for at, der in enumerate(content.certificates))
    ]
    parts = [_content(sequence(key))]
    if bags:
        algorithm, encrypted = read_only(encrypt(sequence(*bags), passphrase, random=random)).children()
        inner = sequence(oid(_DATA), algorithm.raw, implicit(0, encrypted.raw))
        parts.insert(0, sequence(oid(_ENCRYPTED_DATA), explicit(0, sequence(integer(0), inner))))
    safe = sequence(*parts)
    salt = random(_SALT_SIZE)
    code = _code(safe, passphrase, "sha256", salt, MAC_ITERATIONS)
    mac = sequence(
        sequence(sequence(oid(_SHA256), null()), octets(code)), octets(salt), integer(MAC_ITERATIONS)
    )
    return sequence(integer(3), _content(safe), mac)


def parse_pkcs12(data: bytes, passphrase: str) -> Pkcs12:
    """Everything inside, after the MAC was found right.

    Raises :class:`PassphraseWrong`; :class:`KeyMalformed` for what is no PKCS #12, and when the MAC is wrong
    although the passphrase opens a part: then the file was changed; :class:`KeyUnsupported`.
    """
    if len(data) > LARGEST:
        raise KeyMalformed(f"a PKCS #12 file is at most {LARGEST} bytes")
    try:
        return _parsed(data, passphrase)
    except DerMalformed as error:
        raise KeyMalformed(f"not a PKCS #12 file: {error}") from error


def _parsed(data: bytes, passphrase: str) -> Pkcs12:
    outer = expect(read_only(definite(data)), SEQUENCE).children()
    if not outer or as_integer(expect(outer[0], INTEGER)) != 3:
        raise DerMalformed("the version is 3")
    if len(outer) == 2:
        raise KeyUnsupported("a PKCS #12 file without a MAC; write it anew with one")
    if len(outer) != 3:
        raise DerMalformed("a PFX has version, contents and MAC")
    safe = _data(outer[1])
    right = _mac_is_right(outer[2], safe, passphrase)
    parts = expect(read_only(definite(safe)), SEQUENCE).children()
    if not 1 <= len(parts) <= MOST_PARTS:
        raise DerMalformed(f"1 to {MOST_PARTS} parts")
    if any(len(expect(part, SEQUENCE).children()) != 2 for part in parts):
        raise DerMalformed("a part has a kind and a content")
    if not right:
        if _opens_a_part(parts, passphrase):
            raise KeyMalformed("the PKCS #12 file was changed: its MAC is wrong")
        raise PassphraseWrong("the passphrase does not open this PKCS #12 file")
    try:
        return _collected(bag for part in parts for bag in _bags(part, passphrase))
    except PassphraseWrong:
        # The MAC says that the passphrase is right and nothing was changed since.
        raise KeyUnsupported("parts of this PKCS #12 file have another passphrase") from None


def _collected(bags: Iterable[tuple[str, Tlv, str]]) -> Pkcs12:
    keys: list[bytes] = []
    certificates: list[bytes] = []
    for count, (kind, value, passphrase) in enumerate(bags):
        if count >= MOST_BAGS:
            raise DerMalformed(f"at most {MOST_BAGS} bags")
        if kind in (_KEY_BAG, _SHROUDED_BAG) and keys:
            raise KeyUnsupported("one private key in a PKCS #12 file, not more")
        if kind == _KEY_BAG:
            keys.append(value.raw)
        elif kind == _SHROUDED_BAG:
            keys.append(decrypt(value.raw, passphrase, most_iterations=MOST_ITERATIONS))
        elif kind == _CERTIFICATE_BAG:
            certificates.append(_certificate(value))
        elif kind != _CRL_BAG:
            raise KeyUnsupported(f"PKCS #12 bag {kind}: only keys, certificates and CRLs")
    if not keys:
        raise KeyMalformed("no private key in this PKCS #12 file")
    return Pkcs12(keys[0], tuple(certificates))


def _certificate(value: Tlv) -> bytes:
    parts = expect(value, SEQUENCE).children()
    if len(parts) != 2 or as_oid(expect(parts[0], OID)) != _X509:
        raise DerMalformed("only X.509 certificates", offset=value.start)
    return as_octets(_inside(parts[1]))


def _bags(part: Tlv, passphrase: str) -> Iterable[tuple[str, Tlv, str]]:
    for bag in expect(read_only(definite(_opened(part, passphrase))), SEQUENCE).children():
        fields = expect(bag, SEQUENCE).children()
        if not 2 <= len(fields) <= 3:
            raise DerMalformed("a bag has a kind, a value and attributes", offset=bag.start)
        yield as_oid(fields[0]), _inside(fields[1]), passphrase


def _opened(part: Tlv, passphrase: str) -> bytes:
    """The bags of one part, decrypted if need be."""
    fields = part.children()
    kind = as_oid(fields[0])
    if kind == _DATA:
        return as_octets(_inside(fields[1]))
    if kind != _ENCRYPTED_DATA:
        raise KeyUnsupported(f"PKCS #12 content {kind}: only data and data under a passphrase")
    versioned = expect(_inside(fields[1]), SEQUENCE).children()
    if len(versioned) != 2 or as_integer(versioned[0]) != 0:
        raise DerMalformed("EncryptedData has version 0", offset=part.start)
    inner = expect(versioned[1], SEQUENCE).children()
    if len(inner) != 3 or as_oid(inner[0]) != _DATA:
        raise DerMalformed("EncryptedContentInfo of data", offset=part.start)
    if inner[2].tag == _CONTEXT_0:  # in pieces, as BER has it
        content = joined([piece.raw for piece in inner[2].children()])
    else:
        content = expect(inner[2], _CONTEXT_0_PRIMITIVE).content
    return decrypt(sequence(inner[1].raw, octets(content)), passphrase, most_iterations=MOST_ITERATIONS)


def _opens_a_part(parts: tuple[Tlv, ...], passphrase: str) -> bool:
    """Does the passphrase decrypt anything here to a SEQUENCE?  Then it is right."""
    for part in parts:
        try:
            bags = list(_bags(part, passphrase))
            if as_oid(part.children()[0]) == _ENCRYPTED_DATA and bags:
                return True
            for kind, value, _ in bags[:1]:
                if kind == _SHROUDED_BAG:
                    expect(
                        read_only(decrypt(value.raw, passphrase, most_iterations=MOST_ITERATIONS)), SEQUENCE
                    )
                    return True
        except (DerMalformed, KeyMalformed, KeyUnsupported, PassphraseWrong):
            continue
    return False


def _mac_is_right(mac: Tlv, safe: bytes, passphrase: str) -> bool:
    fields = expect(mac, SEQUENCE).children()
    if not 2 <= len(fields) <= 3:
        raise DerMalformed("MacData has a digest, a salt and a count", offset=mac.start)
    info = expect(fields[0], SEQUENCE).children()
    if len(info) != 2:
        raise DerMalformed("DigestInfo has two parts", offset=mac.start)
    algorithm, parameters = split_algorithm(info[0])
    if algorithm == _PBMAC1 or algorithm not in _HASHES:
        raise KeyUnsupported(f"PKCS #12 MAC {algorithm}: only HMAC with SHA-1 or SHA-2 (RFC 7292)")
    if parameters not in (b"", null()):
        raise DerMalformed("a digest has no parameters", offset=mac.start)
    count = as_integer(expect(fields[2], INTEGER)) if len(fields) == 3 else 1
    if not 1 <= count <= MOST_ITERATIONS:
        raise KeyUnsupported(f"PKCS #12 MAC with 1 to {MOST_ITERATIONS} iterations")
    code = _code(safe, passphrase, _HASHES[algorithm], as_octets(fields[1]), count)
    return hmac.compare_digest(code, as_octets(info[1]))


def _code(safe: bytes, passphrase: str, hash_name: str, salt: bytes, iterations: int) -> bytes:
    passphrase_bytes(passphrase)  # the same refusals as for the encryption
    secret = (passphrase + "\x00").encode("utf-16-be")
    return hmac.digest(derive_mac_key(secret, salt, iterations, hash_name), safe, hash_name)


def derive_mac_key(secret: bytes, salt: bytes, iterations: int, hash_name: str) -> bytes:
    """RFC 7292 appendix B.2 with ID 3, for a key as long as one digest: one block, nothing carried over."""
    block = hashlib.new(hash_name).block_size

    def filled(value: bytes) -> bytes:
        size = -(-len(value) // block) * block
        return (value * (size // len(value) + 1))[:size] if value else b""

    value = bytes((_FOR_MAC,)) * block + filled(salt) + filled(secret)
    for _ in range(iterations):
        value = hashlib.new(hash_name, value, usedforsecurity=False).digest()
    return value


def _content(data: bytes) -> bytes:
    return sequence(oid(_DATA), explicit(0, octets(data)))


def _data(content: Tlv) -> bytes:
    fields = expect(content, SEQUENCE).children()
    if len(fields) != 2 or as_oid(fields[0]) != _DATA:
        raise KeyUnsupported("a PKCS #12 file under a passphrase, not one that is signed")
    return as_octets(expect(_inside(fields[1]), OCTET_STRING))


def _inside(tlv: Tlv) -> Tlv:
    children = expect(tlv, _CONTEXT_0).children()
    if len(children) != 1:
        raise DerMalformed("an explicit tag holds one element", offset=tlv.start)
    return children[0]


def _bag(kind: str, value: bytes, attributes: bytes) -> bytes:
    return sequence(oid(kind), explicit(0, value), attributes)


def _attributes(name: str, key_id: bytes) -> bytes:
    """The name that programs show, and what binds a certificate to its key."""
    if len(name) > LONGEST_NAME or not all("\x20" <= sign <= "\uffff" for sign in name):
        raise KeyMalformed(f"a name has at most {LONGEST_NAME} characters of the basic plane")
    found = [sequence(oid(_LOCAL_KEY), set_of(octets(key_id)))]
    if name:
        try:
            text = name.encode("utf-16-be")
        except UnicodeEncodeError:
            raise KeyMalformed("the name is not Unicode text") from None
        found.append(sequence(oid(_NAME), set_of(element(BMP, text))))
    return set_of(*found)
