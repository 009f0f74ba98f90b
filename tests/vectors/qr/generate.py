# SPDX-License-Identifier: Apache-2.0
"""Generate the IR1 vectors: ``python tests/vectors/qr/generate.py`` rewrites ``ir1.json``.

Written a second time from the format's description, with other libraries than the code under test: SM2 by
``gmssl``, P-256 by ``cryptography`` (RFC 6979), digits and payloads by hand. All keys follow from the
constants below: they are public and INSECURE. Running it twice gives the same file.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from gmssl import sm2

HERE = Path(__file__).parent
CONTEXT = "诚信记录单/QR/v1".encode()
HOST = "cx.yinxin.example"
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
ID = bytes.fromhex("0123456789abcdef0123")
DAY = 20_666  # 2026-08-01
AT = "2026-08-01T04:00:00Z"
N_SM2 = int("FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123", 16)
N_P256 = int("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551", 16)
SM2_HEADER = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d034200")
DIGEST = hashlib.sha256(b"record").digest()
T1 = [1, ID, DIGEST[:16], DAY, DAY + 30, 123_456]


def number(label: str, order: int) -> int:
    return int.from_bytes(hashlib.sha256(b"INSECURE yinxin " + label.encode()).digest()) % (order - 1) + 1


class Sm2Key:
    algorithm, code = "SM2", 2

    def __init__(self, label: str) -> None:
        self.label = label
        private = f"{number(label, N_SM2):064x}"
        probe = sm2.CryptSM2(private_key=private, public_key="")
        self.point = probe._kg(int(private, 16), sm2.default_ecc_table["g"])
        self.crypt = sm2.CryptSM2(private_key=private, public_key=self.point)
        self.spki = SM2_HEADER + b"\x04" + bytes.fromhex(self.point)
        self.kid = hashlib.sha256(self.spki).hexdigest()[:8]

    def sign(self, message: bytes) -> bytes:
        k = number(self.label + hashlib.sha256(message).hexdigest(), N_SM2)
        return bytes.fromhex(self.crypt.sign_with_sm3(message, f"{k:064x}"))


class P256Key:
    algorithm, code = "ES256", 1

    def __init__(self, label: str) -> None:
        self.key = ec.derive_private_key(number(label, N_P256), ec.SECP256R1())
        self.spki = self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self.kid = hashlib.sha256(self.spki).hexdigest()[:8]

    def sign(self, message: bytes) -> bytes:
        r, s = decode_dss_signature(
            self.key.sign(message, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
        )
        return r.to_bytes(32) + s.to_bytes(32)


SM2, ES256, OTHER = Sm2Key("qr sm2"), P256Key("qr p256"), Sm2Key("qr other sm2")
REVOKED, UNLISTED = Sm2Key("qr revoked sm2"), Sm2Key("qr unlisted sm2")
Key = Sm2Key | P256Key


def crockford(raw: bytes) -> str:
    value, text = int.from_bytes(raw), ""
    for _ in range(len(raw) * 8 // 5):
        value, five = divmod(value, 32)
        text = CROCKFORD[five] + text
    return text


def digits(data: bytes) -> str:
    sizes = {1: 3, 2: 5, 3: 8, 4: 10, 5: 13, 6: 15, 7: 17}
    parts = [data[at : at + 7] for at in range(0, len(data), 7)]
    return "".join(str(int.from_bytes(part)).zfill(sizes[len(part)]) for part in parts)


def uscc(code: str) -> bytes:
    """A credit code as the number of its first 17 characters."""
    value = 0
    for character in code[:17]:
        value = value * 31 + USCC_ALPHABET.index(character)
    return value.to_bytes(11)


def text(
    payload: Any,
    key: Key = SM2,
    *,
    host: str = HOST,
    signed_host: str | None = None,
    context: bytes = CONTEXT,
    header: bytes | None = None,
    signature: Callable[[bytes], bytes] = lambda raw: raw,
    sign: Callable[[bytes], bytes] | None = None,
    name: bytes = ID,
) -> str:
    """The QR text; the payload is a list for CBOR, or bytes as they are."""
    body = payload if isinstance(payload, bytes) else cbor2.dumps(payload, canonical=True)
    head = bytes([key.code]) + bytes.fromhex(key.kid)
    message = context + (signed_host or host).encode() + b"\x00" + head + body
    raw = signature((sign or key.sign)(message))
    return f"HTTPS://{host.upper()}/R/{crockford(name)}#{digits((header or head) + body + raw)}"


HOLDER, AUTHORITY = "91510100DEM001017Y", "11510106DEM9A00331"  # fictional: E01, A3
T2_HEAD = [1, ID, DIGEST, DAY, DAY + 30, 123_456]


T2 = [*T2_HEAD, uscc(HOLDER), "四川样例建工集团有限公司", "A", 12, 3, uscc(AUTHORITY)]
Case = dict[str, Any]


def good(name: str, qr: str) -> Case:
    return {
        "id": name,
        "text": qr,
        "indication": "TOTAL-PASSED",
        "sub_indication": None,
        "code": "QR_GENUINE",
    }


def good_cases() -> Iterator[Case]:
    yield good("T1 SM2", text(T1))
    yield good("T1 ES256", text(T1, ES256))
    yield good("T2 SM2", text(T2))
    yield good("T2 ES256", text(T2, ES256))
    yield good("T1 with a whole digest, no end, no log index", text([2, ID, DIGEST, DAY, None, None]))
    yield good("a kind without a number", text(["house_survey", ID, DIGEST[:16], DAY, None, 0]))
    yield good("T2 with an authority that is no credit code", text([*T2[:-1], "A3"]))
    yield good("issued today, valid until today", text([1, ID, DIGEST[:16], DAY, DAY, 7]))
    scheme, fragment = text(T1).split("#")
    yield good("as a browser shows it", f"{scheme.lower()}#{fragment}")
    yield good("loopback with a port", text(T1, host="127.0.0.1:8443"))
    yield good("loopback without TLS", text(T1, host="127.0.0.1:8443").replace("HTTPS", "HTTP"))


def bad(name: str, qr: str, indication: str, sub: str, code: str, **more: str) -> Case:
    return {"id": name, "text": qr, "indication": indication, "sub_indication": sub, "code": code, **more}


def malformed(name: str, qr: str) -> Case:
    return bad(name, qr, "TOTAL-FAILED", "FORMAT_FAILURE", "QR_MALFORMED")


def forged(name: str, qr: str) -> Case:
    return bad(name, qr, "TOTAL-FAILED", "SIG_CRYPTO_FAILURE", "QR_SIGNATURE_INVALID")


def forged_cases() -> Iterator[Case]:
    yield forged("another published host", text(T1, host="127.0.0.1:8443", signed_host=HOST))
    yield forged("host signed in upper case", text(T1, signed_host=HOST.upper()))
    yield forged("signed for another protocol", text(T1, context=b"yinxin/login/v1\n"))
    yield forged("signed without the constant", text(T1, context=b""))
    yield forged("key id of another key", text(T1, header=b"\x02" + bytes.fromhex(OTHER.kid)))
    yield forged("algorithm of another key", text(T1, header=b"\x01" + bytes.fromhex(SM2.kid)))
    yield forged("SM2 with the key id of a P-256 key", text(T1, header=b"\x02" + bytes.fromhex(ES256.kid)))
    yield forged("signed by another key", text(T1, sign=OTHER.sign))
    yield forged("P-256 signed by another key", text(T1, ES256, sign=P256Key("stranger").sign))
    yield forged("r and s swapped", text(T1, signature=lambda raw: raw[32:] + raw[:32]))
    yield forged("r changed", text(T1, signature=lambda raw: bytes([raw[0] ^ 1]) + raw[1:]))
    yield forged(
        "last bit of s changed", text(T1, ES256, signature=lambda raw: raw[:-1] + bytes([raw[-1] ^ 1]))
    )
    fields = ((0, 2), (2, DIGEST[1:17]), (3, DAY - 1), (4, DAY + 31), (4, None), (5, 123_457))
    for place, value in fields:
        changed = [*T1[:place], value, *T1[place + 1 :]]
        yield forged(
            f"item {place} changed to {value!r:.12}", text(changed, sign=lambda _: SM2.sign(signed_t1()))
        )
    renamed = [*T2[:7], T2[7] + "二", *T2[8:]]
    yield forged("name changed", text(renamed, sign=lambda _: SM2.sign(b"anything")))
    yield forged("SM2 with another user id", text(T1, sign=sign_as_alice))


def signed_t1() -> bytes:
    return CONTEXT + HOST.encode() + b"\x00\x02" + bytes.fromhex(SM2.kid) + cbor2.dumps(T1, canonical=True)


def sign_as_alice(message: bytes) -> bytes:
    """SM2 over a Z that was made with another user id."""
    table = sm2.default_ecc_table
    za = "0090" + b"ALICE123@YAHOO.COM".hex() + table["a"] + table["b"] + table["g"] + SM2.point
    e = hashlib.new("sm3", hashlib.new("sm3", bytes.fromhex(za)).digest() + message).digest()
    return bytes.fromhex(SM2.crypt.sign(e, f"{number('alice', N_SM2):064x}"))


def malformed_cases() -> Iterator[Case]:
    address, fragment = text(T1).split("#")
    yield malformed("another id in the address", text(T1, name=bytes(10)))
    yield malformed("id too short in the address", f"{address[:-1]}#{fragment}")
    yield malformed("id with a letter that is not in the alphabet", f"{address[:-1]}U#{fragment}")
    yield malformed("without TLS on a public host", f"{address.replace('HTTPS', 'HTTP')}#{fragment}")
    yield malformed("host that is no host name", f"HTTPS://-CX.EXAMPLE/R/{crockford(ID)}#{fragment}")
    for name, changed in {
        "trailing digit": fragment + "0",
        "three trailing digits": fragment + "000",
        "a whole group more": fragment + "0" * 17,
        "last digit missing": fragment[:-1],
        "last group missing": fragment[:-13],
        "leading zero": "0" + fragment,
        "a group larger than its bytes": "9" * 17 + fragment[17:],
        "a last group larger than its bytes": fragment[:-13] + "9" * 13,
        "space after": fragment + " ",
        "line end after": fragment + "\n",
        "letter": "A" + fragment[1:],
        "sign": "+" + fragment[1:],
        "underscore": fragment[:1] + "_" + fragment[2:],
        "only a few digits": "12345678",
        "a second hash sign": fragment + "#",
    }.items():
        yield malformed(f"digits: {name}", f"{address}#{changed}")
    for code in (0, 3, 255):
        yield malformed(f"algorithm {code}", text(T1, header=bytes([code]) + bytes.fromhex(SM2.kid)))
    plain = cbor2.dumps(T1, canonical=True)
    for name, body in {
        "long form of a small number": b"\x86\x18\x01" + plain[2:],
        "array without a length": b"\x9f" + plain[1:] + b"\xff",
        "array with a long length": b"\x98\x06" + plain[1:],
        "one byte after the array": plain + b"\x00",
        "cut short": plain[:-1],
        "empty": b"",
        "number instead of an array": b"\x01",
        "map": cbor2.dumps({1: 2}),
        "tagged": b"\xc1" + plain,
        "reserved byte": b"\x1c" + plain,
        "nested arrays without end": b"\x81" * 60,
        "number of a whole length": b"\x86\x1b\x00\x00\x00\x00\x00\x00\x00\x01" + plain[2:],
    }.items():
        yield malformed(f"CBOR: {name}", text(body))
    for name, items in {
        "seven items": [*T1, 1],
        "five items": T1[:5],
        "eleven items": T2[:11],
        "registered kind as text": ["credit_sheet", *T1[1:]],
        "unregistered number": [99, *T1[1:]],
        "kind null": [None, *T1[1:]],
        "kind true": [True, *T1[1:]],
        "kind empty": ["", *T1[1:]],
        "id of nine bytes": [1, ID[:9], *T1[2:]],
        "id as text": [1, crockford(ID), *T1[2:]],
        "digest of 20 bytes": [1, ID, DIGEST[:20], *T1[3:]],
        "digest as text": [1, ID, DIGEST[:16].hex(), *T1[3:]],
        "day negative": [*T1[:3], -1, *T1[4:]],
        "day as a fraction": [*T1[:3], 20666.5, *T1[4:]],
        "day beyond the calendar": [*T1[:3], 10**9, *T1[4:]],
        "day true": [*T1[:3], True, *T1[4:]],
        "log index negative": [*T1[:5], -1],
        "log index beyond 53 bits": [*T1[:5], 2**53],
        "credit code as text": [*T2[:6], HOLDER, *T2[7:]],
        "credit code of ten bytes": [*T2[:6], bytes(10), *T2[7:]],
        "credit code too large": [*T2[:6], b"\xff" * 11, *T2[7:]],
        "name with a control character": [*T2[:7], "a\u0000b", *T2[8:]],
        "name with a direction override": [*T2[:7], "a\u202eb", *T2[8:]],
        "name too long": [*T2[:7], "长" * 201, *T2[8:]],
        "name as bytes": [*T2[:7], b"name", *T2[8:]],
        "count negative": [*T2[:9], -1, *T2[10:]],
    }.items():
        yield malformed(f"payload: {name}", text(items))
    for key, order in ((SM2, N_SM2), (ES256, N_P256)):
        for name, r, s in (
            ("r zero", 0, 1),
            ("s zero", 1, 0),
            ("r the order", order, 1),
            ("s the order", 1, order),
        ):
            raw = r.to_bytes(32) + s.to_bytes(32)
            yield malformed(f"{key.algorithm} {name}", text(T1, key, signature=lambda _, raw=raw: raw))
        yield malformed(f"{key.algorithm} all ones", text(T1, key, signature=lambda _: b"\xff" * 64))


def policy_cases() -> Iterator[Case]:
    unsure, failed = "INDETERMINATE", "TOTAL-FAILED"
    limits = "SIG_CONSTRAINTS_FAILURE"
    yield bad("unknown key", text(T1, UNLISTED), unsure, "NO_SIGNING_CERTIFICATE_FOUND", "QR_KEY_UNKNOWN")
    yield bad("host not published", text(T1, host="cx-yinxin.example"), unsure, limits, "QR_HOST")
    yield bad(
        "kind out of scope",
        text([2, ID, DIGEST[:16], DAY - 40, None, 7], OTHER),
        unsure,
        limits,
        "QR_KEY_SCOPE",
    )
    yield bad(
        "signed before the key's period", text([*T1[:3], DAY - 300, *T1[4:]]), unsure, limits, "QR_KEY_PERIOD"
    )
    yield bad("signed after the key's period", text(T1, OTHER), unsure, limits, "QR_KEY_PERIOD")
    yield bad("signed after the key was revoked", text(T1, REVOKED), failed, "REVOKED", "QR_KEY_REVOKED")
    early = [*T1[:3], DAY - 20, *T1[4:]]
    yield bad(
        "signed before the key was revoked", text(early, REVOKED), unsure, "REVOKED_NO_POE", "QR_KEY_REVOKED"
    )
    yield bad("issued tomorrow", text([*T1[:3], DAY + 1, *T1[4:]]), failed, "NOT_YET_VALID", "QR_FROM_FUTURE")
    ended = [*T1[:3], DAY - 9, DAY - 1, 7]
    yield bad("valid until yesterday", text(ended), failed, "EXPIRED", "QR_EXPIRED")
    yield bad(
        "stale trust list", text(T1), unsure, "TRY_LATER", "TRUST_LIST_STALE", at="2026-08-20T00:00:00Z"
    )
    nothing = "SIGNED_DATA_NOT_FOUND"
    address, fragment = text(T1).split("#")
    for name, qr in {
        "address only": address,
        "address with an empty statement": address + "#",
        "another address": "https://www.example.com/",
        "words": "你好",
        "empty": "",
        "another path": f"{address.replace('/R/', '/S/')}#{fragment}",
        "a name before the host": f"{address.replace('//', '//cx.yinxin.example@')}#{fragment}",
        "a query": f"{address}?x=1#{fragment}",
        "backslash": f"{address.replace('/R/', chr(92) + 'R/')}#{fragment}",
        "look-alike letter in the host": f"{address.replace('CX', 'С' + 'X')}#{fragment}",
        "too long": f"{address}#{fragment}" + "0" * 4000,
    }.items():
        yield bad(f"nothing signed: {name}", qr, unsure, nothing, "QR_NOT_SIGNED")


def trust() -> dict[str, Any]:
    both = ["credit_sheet", "construction_permit", "house_survey"]
    rows = (
        (SM2, both, "2026-01-01", "2026-12-31", None),
        (ES256, both, "2026-01-01", "2026-12-31", None),
        (OTHER, ["credit_sheet"], "2026-01-01", "2026-07-10", None),
        (REVOKED, both, "2026-01-01", "2026-12-31", "2026-07-20"),
    )
    return {
        "hosts": [HOST, "127.0.0.1:8443"],
        "next_update": "2026-08-10T00:00:00Z",
        "keys": [
            {
                "kid": key.kid,
                "algorithm": key.algorithm,
                "spki": key.spki.hex(),
                "kinds": kinds,
                "sign_from": f"{first}T00:00:00Z",
                "sign_until": f"{last}T00:00:00Z",
                "revoked_at": revoked and f"{revoked}T00:00:00Z",
            }
            for key, kinds, first, last, revoked in rows
        ],
    }


def vectors() -> dict[str, Any]:
    cases = [*good_cases(), *forged_cases(), *malformed_cases(), *policy_cases()]
    if len({one["id"] for one in cases}) != len(cases):
        raise SystemExit("two cases share an id")
    return {"format": "IR1", "at": AT, "trust": trust(), "cases": cases}


if __name__ == "__main__":
    made = vectors()
    (HERE / "ir1.json").write_text(json.dumps(made, ensure_ascii=False, indent=1) + "\n", "utf-8")
    passed = sum(one["indication"] == "TOTAL-PASSED" for one in made["cases"])
    print(f"ir1.json: {len(made['cases'])} cases, {passed} good")
