# SPDX-License-Identifier: Apache-2.0
"""Generate the IR1 vectors: ``python tests/vectors/qr/generate.py`` rewrites ``ir1.json``.

Written a second time from the format's description, with other libraries than the code under test: SM2 by
``gmssl``, P-256 by ``cryptography`` (RFC 6979), digits and payloads by hand. All keys follow from the
constants below: they are public and INSECURE. Running it twice gives the same file.
"""

from __future__ import annotations

import base64
import gzip
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
PAIRED_SM2, PAIRED_ES256 = Sm2Key("qr paired sm2"), P256Key("qr paired p256")


class DualKey:
    """Two keys that sign the same bytes: SM2 first, then ES256."""

    algorithm, code = "DUAL", 3

    def __init__(self, first: Sm2Key, second: P256Key) -> None:
        self.first, self.second = first, second
        self.kid = first.kid + second.kid

    def sign(self, message: bytes) -> bytes:
        return self.first.sign(message) + self.second.sign(message)


DUAL = DualKey(SM2, ES256)
Key = Sm2Key | P256Key | DualKey


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


def case(name: str, qr: str, indication: str, sub: str | None, *codes: str, **more: Any) -> Case:
    """One case; ``more``: another time, trust or list of document states than the usual one."""
    return {
        "name": name,
        "text": qr,
        "trust": more.get("trust", "usual"),
        "document_status": more.get("status"),
        "at": more.get("at", AT),
        "expected": {"indication": indication, "sub_indication": sub, "codes": list(codes)},
    }


def good(name: str, qr: str, *also: str, **more: Any) -> Case:
    return case(name, qr, "TOTAL-PASSED", None, "QR_GENUINE", *also, **more)


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
    yield good("T1 dual", text(T1, DUAL))
    yield good("T2 dual", text(T2, DUAL))
    yield good("dual by keys that sign only together", text(T1, DualKey(PAIRED_SM2, PAIRED_ES256)))
    before = [*T1[:3], DAY - 60, *T1[4:]]
    yield good("alone before the day from which both must sign", text(before, PAIRED_SM2))


def malformed(name: str, qr: str) -> Case:
    return case(name, qr, "TOTAL-FAILED", "FORMAT_FAILURE", "QR_MALFORMED")


def forged(name: str, qr: str) -> Case:
    return case(name, qr, "TOTAL-FAILED", "SIG_CRYPTO_FAILURE", "QR_SIGNATURE_INVALID")


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
    yield from forged_dual_cases()


def forged_dual_cases() -> Iterator[Case]:
    yield forged(
        "dual: SM2 half false", text(T1, DUAL, signature=lambda raw: raw[32:64] + raw[:32] + raw[64:])
    )
    yield forged("dual: ES256 half false", text(T1, DUAL, signature=lambda raw: raw[:96] + raw[64:96]))
    yield forged("dual: halves swapped", text(T1, DUAL, signature=lambda raw: raw[64:] + raw[:64]))
    swapped = b"\x03" + bytes.fromhex(ES256.kid + SM2.kid)
    yield forged("dual: key ids swapped", text(T1, DUAL, header=swapped))
    single = b"\x02" + bytes.fromhex(SM2.kid)
    yield forged(
        "dual: stripped to the SM2 half", text(T1, DUAL, header=single, signature=lambda raw: raw[:64])
    )
    single = b"\x01" + bytes.fromhex(ES256.kid)
    yield forged(
        "dual: stripped to the ES256 half", text(T1, DUAL, header=single, signature=lambda raw: raw[64:])
    )
    stranger = DualKey(UNLISTED, ES256)
    yield forged(
        "dual: one key unknown, the other half false",
        text(T1, stranger, signature=lambda raw: raw[:96] + raw[64:96]),
    )


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
    for code in (0, 4, 255):
        yield malformed(f"algorithm {code}", text(T1, header=bytes([code]) + bytes.fromhex(SM2.kid)))
    yield malformed("dual: one signature and one key id", text(T1, header=b"\x03" + bytes.fromhex(SM2.kid)))
    yield malformed("dual: second half zero", text(T1, DUAL, signature=lambda raw: raw[:64] + bytes(64)))
    yield malformed(
        "dual: first half all ones", text(T1, DUAL, signature=lambda raw: b"\xff" * 64 + raw[64:])
    )
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


NO_KEY = ("NO_SIGNING_CERTIFICATE_FOUND", "QR_KEY_UNKNOWN")


def policy_cases() -> Iterator[Case]:
    unsure, failed = "INDETERMINATE", "TOTAL-FAILED"
    limits = "SIG_CONSTRAINTS_FAILURE"
    yield case("unknown key", text(T1, UNLISTED), unsure, *NO_KEY)
    yield case("host not published", text(T1, host="cx-yinxin.example"), unsure, limits, "QR_HOST")
    yield case(
        "kind out of scope",
        text([2, ID, DIGEST[:16], DAY - 40, None, 7], OTHER),
        unsure,
        limits,
        "QR_KEY_SCOPE",
    )
    yield case(
        "signed before the key's period", text([*T1[:3], DAY - 300, *T1[4:]]), unsure, limits, "QR_KEY_PERIOD"
    )
    yield case("signed after the key's period", text(T1, OTHER), unsure, limits, "QR_KEY_PERIOD")
    yield case("signed after the key was revoked", text(T1, REVOKED), failed, "REVOKED", "QR_KEY_REVOKED")
    early = [*T1[:3], DAY - 20, *T1[4:]]
    yield case(
        "signed before the key was revoked", text(early, REVOKED), unsure, "REVOKED_NO_POE", "QR_KEY_REVOKED"
    )
    yield case(
        "issued tomorrow", text([*T1[:3], DAY + 1, *T1[4:]]), failed, "NOT_YET_VALID", "QR_FROM_FUTURE"
    )
    ended = [*T1[:3], DAY - 9, DAY - 1, 7]
    yield case("valid until yesterday", text(ended), failed, "EXPIRED", "QR_EXPIRED")
    yield case("dual: one key unknown", text(T1, DualKey(UNLISTED, ES256)), unsure, *NO_KEY)
    yield case(
        "dual: kind out of scope of one key",
        text([2, ID, DIGEST[:16], DAY - 40, None, 7], DualKey(OTHER, ES256)),
        unsure,
        limits,
        "QR_KEY_SCOPE",
    )
    yield case("dual demanded, SM2 alone", text(T1, PAIRED_SM2), unsure, limits, "QR_DUAL_REQUIRED")
    yield case("dual demanded, ES256 alone", text(T1, PAIRED_ES256), unsure, limits, "QR_DUAL_REQUIRED")
    elsewhere = [*T2[:-1], "A4"]
    yield case("body out of scope", text(elsewhere), unsure, limits, "QR_KEY_AUTHORITY")
    yield case(
        "out of scope and out of its period",
        text([2, ID, DIGEST[:16], DAY, None, 7], OTHER),
        unsure,
        limits,
        "QR_KEY_SCOPE",
        "QR_KEY_PERIOD",
    )
    yield good("trust list due for renewal", text(T1), "TRUST_LIST_STALE", at="2026-08-20T00:00:00Z")
    ended_list = "2026-09-10T00:00:00Z"
    long = [*T1[:4], DAY + 300, *T1[5:]]
    yield case("trust list ended", text(long), unsure, "TRY_LATER", "TRUST_LIST_EXPIRED", at=ended_list)
    yield good("clock before the trust list", text(T1), "CLOCK_BEHIND", at="2026-07-30T00:00:00Z")
    over = [*T1[:3], DAY - 90, DAY - 40, *T1[5:]]
    yield case(
        "clock set back to revive an expired document",
        text(over),
        failed,
        "EXPIRED",
        "QR_EXPIRED",
        "CLOCK_BEHIND",
        at="2026-05-05T00:00:00Z",
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
        yield case(f"nothing signed: {name}", qr, unsure, nothing, "QR_NOT_SIGNED")


def standing_cases() -> Iterator[Case]:
    """With the list of document states: place and state in :data:`STATES`."""
    unsure, out = "INDETERMINATE", "DOCUMENT_NOT_IN_FORCE"

    def at_place(index: int | None, day: int = DAY - 10) -> str:
        return text([1, ID, DIGEST[:16], day, DAY + 30, index])

    yield good("state normal", at_place(4), status="usual")
    yield good("state normal, upper half of a byte", at_place(6), status="usual")
    yield good("state of another host's list", text(T1, host="127.0.0.1:8443"), status="usual")
    yield good("state unknown: no log index", at_place(None), status="usual")
    yield good("state unknown: issued after the list", at_place(900, DAY), status="usual")
    yield good("state unknown: issued on the day of the list", at_place(5, DAY), status="usual")
    yield good("state unknown: issued on the day before the list", at_place(5, DAY - 1), status="usual")
    for name, place in (("correcting", 11), ("disputed", 12)):
        yield good(f"state {name}", at_place(place), f"DOCUMENT_{name.upper()}", status="usual")
    for name, place in (
        ("suspended", 13),
        ("revoked", 14),
        ("superseded", 15),
        ("withheld", 16),
        ("lapsed", 17),
        ("cancelled", 18),
        ("transferred", 19),
        ("forfeited", 20),
        ("other", 21),
    ):
        yield case(f"state {name}", at_place(place), unsure, out, f"DOCUMENT_{name.upper()}", status="usual")
    missing = ("NO_POE", "DOCUMENT_NOT_REGISTERED")
    yield case("not on record", at_place(5), unsure, *missing, status="usual")
    yield case("not on record, beyond the list", at_place(900), unsure, *missing, status="usual")
    due = "2026-08-03T12:00:00Z"
    yield good("state normal by an old list", at_place(4), "DOCUMENT_STATUS_STALE", status="usual", at=due)
    yield case(
        "state revoked by an old list",
        at_place(14),
        unsure,
        out,
        "DOCUMENT_REVOKED",
        "DOCUMENT_STATUS_STALE",
        status="usual",
        at=due,
    )
    over = [1, ID, DIGEST[:16], DAY - 10, DAY - 1, 14]
    yield case(
        "expired and revoked",
        text(over),
        "TOTAL-FAILED",
        "EXPIRED",
        "QR_EXPIRED",
        "DOCUMENT_REVOKED",
        status="usual",
    )


STATES = {4: 1, 6: 1, 7: 1, **{place: place - 9 for place in range(11, 21)}, 21: 15, 22: 1}
"""Log index and four bits of the state."""
SIZE = 23


def packed(data: bytes) -> str:
    return base64.b64encode(gzip.compress(data, mtime=0)).decode()


def document_status() -> dict[str, Any]:
    """The member ``list`` of a file ``yinxin-document-status/1``."""
    nibbles = [STATES.get(index, 0) for index in range(SIZE + SIZE % 2)]
    array = bytes(high << 4 | low for high, low in zip(nibbles[::2], nibbles[1::2], strict=True))
    changes = [
        [index, "2026-07-28T01:00:00Z", "data-error", "7ZZZZZZZZZZZZZZZ" if state == 6 else None]
        for index, state in sorted(STATES.items())
        if state != 1
    ]
    return {
        "sequence": 41,
        "issued": "2026-08-01T03:30:00Z",
        "next_update": "2026-08-02T03:30:00Z",
        "publisher": "蜀州市住房和城乡建设局(演示)",
        "log": f"{HOST}/log",
        "size": SIZE,
        "states": packed(array),
        "changes": packed(json.dumps(changes, separators=(",", ":")).encode()),
    }


def trust() -> dict[str, Any]:
    """The members of a trust list (``yinxin-trust-list/2``) that a QR check reads."""
    both = ["credit_sheet", "construction_permit", "house_survey"]
    rows: tuple[tuple[Sm2Key | P256Key, list[str], str, str, str | None, str | None], ...] = (
        (SM2, both, "2026-01-01", "2026-12-31", None, None),
        (ES256, both, "2026-01-01", "2026-12-31", None, None),
        (OTHER, ["credit_sheet"], "2026-01-01", "2026-07-10", None, None),
        (REVOKED, both, "2026-01-01", "2026-12-31", "2026-07-20", None),
        (PAIRED_SM2, both, "2026-01-01", "2026-12-31", None, "2026-07-01"),
        (PAIRED_ES256, both, "2026-01-01", "2026-12-31", None, "2026-07-01"),
    )
    return {
        "sequence": 7,
        "issued": "2026-08-01T00:00:00Z",
        "next_update": "2026-08-10T00:00:00Z",
        "expires": "2026-09-01T00:00:00Z",
        "publisher": "蜀州市住房和城乡建设局(演示)",
        "hosts": [HOST, "127.0.0.1:8443"],
        "qr_keys": [
            {
                "kid": key.kid,
                "algorithm": key.algorithm,
                "spki": base64.b64encode(key.spki).decode(),
                "authority": "蜀州市住房和城乡建设局(演示)",
                "authorities": [AUTHORITY, "A3"],
                "kinds": kinds,
                "sign_from": f"{first}T00:00:00Z",
                "sign_until": f"{last}T00:00:00Z",
                "revoked_at": None if revoked is None else f"{revoked}T00:00:00Z",
                "revocation_reason": "" if revoked is None else "key-compromise",
                "dual_from": None if dual is None else f"{dual}T00:00:00Z",
            }
            for key, kinds, first, last, revoked, dual in rows
        ],
    }


def vectors() -> dict[str, Any]:
    cases = [*good_cases(), *forged_cases(), *malformed_cases(), *policy_cases(), *standing_cases()]
    if len({one["name"] for one in cases}) != len(cases):
        raise SystemExit("two cases share a name")
    return {
        "format": "IR1/2",
        "trusts": {"usual": trust()},
        "document_statuses": {"usual": document_status()},
        "cases": cases,
    }


if __name__ == "__main__":
    made = vectors()
    (HERE / "ir1.json").write_text(json.dumps(made, ensure_ascii=False, indent=1) + "\n", "utf-8")
    passed = sum(one["expected"]["indication"] == "TOTAL-PASSED" for one in made["cases"])
    print(f"ir1.json: {len(made['cases'])} cases, {passed} good")
