# SPDX-License-Identifier: Apache-2.0
"""Checking QR statements: ours against a plain verifier of cbor2 and a library of the algorithm.

The peer does what is usual: digits, key by its id, signature over the same bytes, and the host.  It asks for
no one spelling, no scope, no period, no revocation, no state of the document.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import cycle

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import load_der_public_key

from keys import KeyKind, generate_key
from verify import (
    Indication,
    QrFacts,
    QrKey,
    QrStatement,
    Trust,
    check_qr,
    new_document_id,
    qr_key_id,
    raw_signature,
)

from ..measure import Contest

AT = datetime(2026, 8, 1, 4, tzinfo=UTC)
HOST = "cx.yinxin.example"
DOCUMENTS = 64
CONTEXT = "诚信记录单/QR/v1".encode()
_KINDS = {"SM2": KeyKind.SM2, "ES256": KeyKind.P256}
_BYTES = {3: 1, 5: 2, 8: 3, 10: 4, 13: 5, 15: 6, 17: 7}


def verify_qr_sm2(_quick: bool) -> Contest:
    """T2 statements under SM2; the peer is gmssl."""
    return _contest("SM2", "gmssl + cbor2", _gmssl)


def verify_qr_es256(_quick: bool) -> Contest:
    """T2 statements under ES256; the peer is cryptography."""
    return _contest("ES256", "cryptography + cbor2", _cryptography)


def _contest(algorithm: str, peer: str, usual: Callable[[bytes], Callable[[bytes, bytes], bool]]) -> Contest:
    key = generate_key(_KINDS[algorithm])
    spki = key.public_key.spki
    kid = qr_key_id(spki)
    texts = []
    for number in range(DOCUMENTS):
        made = _statement(number)
        texts.append(made.encode(algorithm, kid, raw_signature(key.sign(made.signed_bytes(algorithm, kid)))))
    listed = QrKey(
        kid=kid,
        algorithm=algorithm,
        public_key=key.public_key,
        authority="住房和城乡建设局(演示)",
        kinds=("credit_sheet",),
        sign_from=AT - timedelta(days=100),
        sign_until=AT + timedelta(days=100),
        revoked_at=None,
        authorities=("11510106DEM9A00331",),
    )
    trust = Trust(qr_keys=(listed,), hosts=(HOST,), issued=AT, next_update=AT + timedelta(days=7))
    verifies = usual(spki)

    def theirs(text: str) -> bool:
        return usual_check(text, kid, verifies)

    for text in texts:
        if check_qr(text, trust=trust, at=AT).indication is not Indication.TOTAL_PASSED or not theirs(text):
            raise AssertionError(f"a statement does not pass: {text}")
    altered = texts[0][:-40] + str((int(texts[0][-40]) + 1) % 10) + texts[0][-39:]
    if check_qr(altered, trust=trust, at=AT).indication is Indication.TOTAL_PASSED or theirs(altered):
        raise AssertionError("a digit was changed, and the statement passes")
    elsewhere = replace(trust, hosts=("other.example",))
    if check_qr(texts[0], trust=elsewhere, at=AT).indication is Indication.TOTAL_PASSED:
        raise AssertionError("another host, and the statement passes")
    mine, others = cycle(texts), cycle(texts)
    return Contest(
        f"verify.qr.{algorithm.lower()}",
        lambda: check_qr(next(mine), trust=trust, at=AT),
        peers={peer: lambda: theirs(next(others))},
        note="ours judges the one spelling, scope, period and revocation of the key; the peer does not",
        processor=True,
    )


def _statement(number: int) -> QrStatement:
    return QrStatement(
        host=HOST,
        id=new_document_id(number.to_bytes(10)),
        kind="credit_sheet",
        digest=bytes([number]) * 32,
        issued=date(2026, 8, 1),
        valid_until=date(2026, 8, 31),
        log_index=123_456 + number,
        facts=QrFacts(
            uscc="91510100DEM001017Y",
            name="四川样例建工集团有限公司",
            class_="A",
            good=12,
            bad=3,
            authority="11510106DEM9A00331",
        ),
    )


def usual_check(text: str, kid: str, verifies: Callable[[bytes, bytes], bool]) -> bool:
    """Digits to bytes, the key by its id, the signature, the payload and its id."""
    address, digits = text.split("#")
    _, _, host, _, document = address.split("/")
    groups = [digits[at : at + 17] for at in range(0, len(digits), 17)]
    envelope = b"".join(int(group).to_bytes(_BYTES[len(group)]) for group in groups)
    head, payload, signature = envelope[:5], envelope[5:-64], envelope[-64:]
    if host.lower() != HOST or head[1:].hex() != kid:
        return False
    if not verifies(signature, CONTEXT + host.lower().encode() + b"\x00" + head + payload):
        return False
    return bool(new_document_id(cbor2.loads(payload)[1]) == document)


def _gmssl(spki: bytes) -> Callable[[bytes, bytes], bool]:
    from gmssl import sm2

    library = sm2.CryptSM2(private_key="", public_key=spki[-64:].hex())
    return lambda signature, message: bool(library.verify_with_sm3(signature.hex(), message))


def _cryptography(spki: bytes) -> Callable[[bytes, bytes], bool]:
    key = load_der_public_key(spki)
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise AssertionError("not an elliptic-curve key")

    def verifies(signature: bytes, message: bytes) -> bool:
        der = encode_dss_signature(int.from_bytes(signature[:32]), int.from_bytes(signature[32:]))
        try:
            key.verify(der, message, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return False
        return True

    return verifies
