# SPDX-License-Identifier: Apache-2.0
"""A small authority that writes what it is told, right or wrong.

Shares no code with what it tests: DER by hand, the points by ``gmssl``, P-256 by ``cryptography``. Every key
and every signature follows from a label, so the keys are public and INSECURE, and the same call gives the
same bytes. The defaults are right in everything.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from gmssl import sm2

USER_ID = b"1234567812345678"
TABLE = sm2.default_ecc_table
N, P = int(TABLE["n"], 16), int(TABLE["p"], 16)
N_P256 = int("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551", 16)
CURVE = bytes.fromhex(TABLE["a"] + TABLE["b"] + TABLE["g"])

# ---- DER -------------------------------------------------------------------------------------------------


def tlv(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    size = len(content)
    long = b"" if size < 0x80 else size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([tag, size if size < 0x80 else 0x80 | len(long)]) + long + content


def seq(*parts: bytes) -> bytes:
    return tlv(0x30, *parts)


def integer(value: int) -> bytes:
    return tlv(0x02, value.to_bytes(value.bit_length() // 8 + 1, signed=True))


def oid(dotted: str) -> bytes:
    first, second, *rest = map(int, dotted.split("."))
    content = b""
    for arc in (40 * first + second, *rest):
        septets = [arc & 0x7F]
        while arc := arc >> 7:
            septets.append(0x80 | arc & 0x7F)
        content += bytes(reversed(septets))
    return tlv(0x06, content)


def octets(content: bytes) -> bytes:
    return tlv(0x04, content)


def named_bits(*numbers: int) -> bytes:
    """The shortest BIT STRING in which these bits are set."""
    size = max(numbers) + 1
    value = sum(1 << (size - 1 - number) for number in numbers)
    unused = -size % 8
    return tlv(0x03, bytes([unused]), (value << unused).to_bytes((size + 7) // 8))


def utf8(text: str) -> bytes:
    return tlv(0x0C, text.encode())


def printable(text: str) -> bytes:
    return tlv(0x13, text.encode("ascii"))


def utc(text: str) -> bytes:
    return tlv(0x17, text.encode())


def generalized(text: str) -> bytes:
    return tlv(0x18, text.encode())


NULL, TRUE = b"\x05\x00", b"\x01\x01\xff"
SM2_SM3_OID = "1.2.156.10197.1.501"
SM2_NULL, SM2_ABSENT = seq(oid(SM2_SM3_OID), NULL), seq(oid(SM2_SM3_OID))
ECDSA_SHA256 = seq(oid("1.2.840.10045.4.3.2"))
EC_KEY, SM2_CURVE, P256_CURVE = "1.2.840.10045.2.1", "1.2.156.10197.1.301", "1.2.840.10045.3.1.7"

# ---- keys ------------------------------------------------------------------------------------------------


def number(label: str, order: int = N) -> int:
    return int.from_bytes(hashlib.sha256(b"INSECURE limbo-gm " + label.encode()).digest()) % (order - 1) + 1


def sm3(data: bytes) -> bytes:
    return hashlib.new("sm3", data).digest()


def pair(r: int, s: int) -> bytes:
    return seq(integer(r), integer(s))


@cache
def times_g(scalar: int) -> bytes:
    return bytes.fromhex(sm2.CryptSM2(private_key="", public_key="")._kg(scalar, TABLE["g"]))


class Sm2:
    """An SM2 key made from its label."""

    algorithm = SM2_NULL

    def __init__(self, label: str) -> None:
        self.label, self.d = label, number(label)
        self.point = b"\x04" + times_g(self.d)
        self.spki = seq(seq(oid(EC_KEY), oid(SM2_CURVE)), tlv(0x03, b"\x00", self.point))

    def digest(self, message: bytes, user_id: bytes) -> bytes:
        """e of GB/T 32918.2: SM3(ZA || M)."""
        za = sm3((8 * len(user_id)).to_bytes(2) + user_id + CURVE + self.point[1:])
        return sm3(za + message)

    def numbers(
        self, message: bytes, user_id: bytes = USER_ID, digest: bytes | None = None
    ) -> tuple[int, int]:
        e = int.from_bytes(digest if digest is not None else self.digest(message, user_id))
        k = number(self.label + hashlib.sha256(message).hexdigest())
        r = (e + int.from_bytes(times_g(k)[:32])) % N
        return r, pow(1 + self.d, -1, N) * (k - r * self.d) % N

    def sign(self, message: bytes) -> bytes:
        return pair(*self.numbers(message))


class P256:
    """An ECDSA key made from its label; signs after RFC 6979."""

    algorithm = ECDSA_SHA256

    def __init__(self, label: str) -> None:
        self.key = ec.derive_private_key(number(label, N_P256), ec.SECP256R1())
        self.spki = self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self.point = self.spki[-65:]

    def sign(self, message: bytes) -> bytes:
        return self.key.sign(message, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))


Key = Sm2 | P256
key_of = cache(Sm2)

# ---- certificates and lists ------------------------------------------------------------------------------

KEY_ID, USAGE, BASIC, NAMES, CDP = "2.5.29.14", "2.5.29.15", "2.5.29.19", "2.5.29.30", "2.5.29.31"
ISSUER_ID, POLICIES, EKU, ORGANIZATION_CODE = "2.5.29.35", "2.5.29.36", "2.5.29.37", "1.2.156.10260.4.1.4"
CRL_NUMBER, REASON, DELTA, POINT, CERT_ISSUER = (f"2.5.29.{n}" for n in (20, 21, 27, 28, 29))
STRANGE = "1.2.156.10260.4.9.9"
SIGN, ENCRYPT, AUTHORITY = (0, 1), (2, 3, 4), (5, 6)
START, END = utc("260101000000Z"), utc("290101000000Z")


def extension(identifier: str, value: bytes, *, critical: bool = False) -> bytes:
    return seq(oid(identifier), TRUE if critical else b"", octets(value))


def usage(*numbers: int, critical: bool = True) -> bytes:
    return extension(USAGE, named_bits(*numbers), critical=critical)


def basic(ca: bool, length: int | None = None) -> bytes:
    inside = (TRUE if ca else b"") + (b"" if length is None else integer(length))
    return extension(BASIC, seq(inside), critical=True)


def issuer_id(value: bytes) -> bytes:
    return extension(ISSUER_ID, seq(tlv(0x80, value)))


def name(common_name: str, text: Callable[[str], bytes] = utf8, organization: str = "") -> bytes:
    """C as PrintableString, the rest as the text says."""
    pairs = [("2.5.4.6", printable("CN"))]
    pairs += [("2.5.4.10", text(organization))] if organization else []
    pairs += [("2.5.4.3", text(common_name))]
    return seq(*(tlv(0x31, seq(oid(kind), value)) for kind, value in pairs))


def key_id(key: Key) -> bytes:
    return hashlib.sha1(key.point).digest()


@dataclass(frozen=True)
class Holder:
    key: Key
    name: bytes
    der: bytes
    serial: int


Sign = Callable[[Key, bytes], bytes]


def signed(tbs: bytes, outer: bytes, key: Key, sign: Sign | None, unused: int = 0) -> bytes:
    value = sign(key, tbs) if sign else key.sign(tbs)
    return seq(tbs, outer, tlv(0x03, bytes([unused]), value))


def certify(
    label: str,
    issuer: Holder | None = None,
    *,
    ca: bool = False,
    length: int | None = None,
    key: Key | None = None,
    subject: bytes | None = None,
    issuer_name: bytes | None = None,
    spki: bytes | None = None,
    serial: int | None = None,
    serial_der: bytes | None = None,
    validity: Sequence[bytes] = (START, END),
    version: bytes = b"\xa0\x03\x02\x01\x02",
    algorithm: bytes | None = None,
    outer: bytes | None = None,
    sign: Sign | None = None,
    unused: int = 0,
    more: Sequence[bytes] = (),
    signer: Key | None = None,
    **replaced: bytes | None,
) -> Holder:
    """``replaced``: ``basic``, ``usage``, ``own_id``, ``issuer_id`` by other bytes; ``None``: left out."""
    own = key or key_of(label)
    by = signer or (issuer.key if issuer else own)
    of = subject or name(label)
    number_ = serial if serial is not None else number(label) >> 190
    usual: Mapping[str, bytes | None] = {
        "basic": basic(ca, length),
        "usage": usage(*(AUTHORITY if ca else SIGN)),
        "own_id": extension(KEY_ID, octets(key_id(own))),
        "issuer_id": issuer_id(key_id(issuer.key if issuer else own)),
        **replaced,
    }
    listed = [one for one in usual.values() if one is not None] + list(more)
    inner = algorithm or by.algorithm
    tbs = seq(
        version,
        serial_der or integer(number_),
        inner,
        issuer_name or (issuer.name if issuer else of),
        seq(*validity),
        of,
        spki or own.spki,
        tlv(0xA3, seq(*listed)) if listed else b"",
    )
    return Holder(own, of, signed(tbs, outer or inner, by, sign, unused), number_)


def entry(serial: int, at: str = "260720000000Z", reason: int | None = None, *, more: bytes = b"") -> bytes:
    inside = more + (extension(REASON, tlv(0x0A, bytes([reason]))) if reason is not None else b"")
    return seq(integer(serial), utc(at), seq(inside) if inside else b"")


def crl(
    issuer: Holder,
    *entries: bytes,
    number: int | None = 1,
    this: str = "260731000000Z",
    until: str | None = "260807000000Z",
    key: Key | None = None,
    algorithm: bytes | None = None,
    outer: bytes | None = None,
    sign: Sign | None = None,
    named: bool = True,
    more: Sequence[bytes] = (),
) -> bytes:
    by = key or issuer.key
    inner = algorithm or by.algorithm
    listed = [issuer_id(key_id(issuer.key))] if named else []
    listed += [] if number is None else [extension(CRL_NUMBER, integer(number))]
    listed += more
    tbs = seq(
        integer(1),
        inner,
        issuer.name,
        utc(this),
        utc(until) if until else b"",
        seq(*entries) if entries else b"",
        tlv(0xA0, seq(*listed)),
    )
    return signed(tbs, outer or inner, by, sign)
