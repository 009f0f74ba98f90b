# SPDX-License-Identifier: Apache-2.0
"""The report on a CMS signature in a file of its own (``.p7s``, ``.p7m``): RFC 5652, GB/T 35275.

Detached, it is checked with the file that it is about.  With its content inside, content and signed
attributes are taken as they stand, and the rest is judged as the detached signature over that content.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final

from keys import Digest, HashAlgorithm, KeysError, digest
from keys.der import OCTET_STRING, OID, SEQUENCE, Tlv, as_oid, expect, explicit, read_only, sequence

from .canonical import Json
from .cms import CmsMalformed, parse_signed_data
from .cms.names import SIGNED_DATA
from .long_term import Situation, check_signature
from .report import Indication, Reason, Report, SubIndication, combine
from .trust import Trust
from .x509 import Purpose

LARGEST_CONTENT: Final = 200 * 1024 * 1024
_EXPLICIT_0: Final = 0xA0
_PEM = re.compile(rb"\s*-----BEGIN (PKCS7|CMS)-----([A-Za-z0-9+/=\s]*)-----END \1-----\s*")
_NOT_GIVEN: Final = Reason(
    "SIGNED_CONTENT_NOT_GIVEN",
    "签名本身真实、有效,但未提供它所签的文件:请将原文件与签名放在一起查验",
    "the signature itself is genuine, but the file that it is about was not given: check them together",
)


def cms_of(data: bytes) -> bytes | None:
    """The DER of a file that is meant as SignedData, DER or PEM; ``None`` for anything else."""
    if data.startswith(b"\x30"):
        return data if _is_signed_data(data) else None
    found = _PEM.fullmatch(data)
    if found is None:
        return None
    try:
        return base64.b64decode(b"".join(found[2].split()), validate=True)
    except (binascii.Error, ValueError):
        return None


def cms_report(
    der: bytes, trust: Trust, at: datetime, content: Callable[[HashAlgorithm], Digest] | None
) -> Report:
    """The verdict; never a yes with nothing to compare.  Never raises for any bytes."""
    detached, enclosed = _detached(der)
    if enclosed is not None:
        report = _judged(detached, trust, at, lambda algorithm: digest(algorithm, enclosed))
        facts: dict[str, Json] = {
            "enclosed": {"size": len(enclosed), "sha256": hashlib.sha256(enclosed).hexdigest()}
        }
        return replace(report, facts=facts)
    if content is not None:
        return _judged(der, trust, at, content)
    alone = _judged(der, trust, at, _stated(der))
    if alone.indication is not Indication.TOTAL_PASSED:
        return alone
    (one,) = alone.signatures
    sub = SubIndication.SIGNED_DATA_NOT_FOUND
    reasons = (_NOT_GIVEN, *one.reasons)
    unsure = replace(one, indication=Indication.INDETERMINATE, sub_indication=sub, reasons=reasons)
    return replace(
        alone, indication=unsure.indication, sub_indication=sub, signatures=(unsure,), reasons=(_NOT_GIVEN,)
    )


def _judged(der: bytes, trust: Trust, at: datetime, content: Callable[[HashAlgorithm], Digest]) -> Report:
    one = check_signature(der, Situation(trust, at), purpose=Purpose.SEAL, content_digest=content)
    indication, sub = combine([one])
    return Report(kind="cms", indication=indication, sub_indication=sub, signatures=(one,))


def _is_signed_data(data: bytes) -> bool:
    try:
        parts = read_only(data).children()
        return len(parts) == 2 and parts[0].tag == OID and as_oid(parts[0]) in SIGNED_DATA
    except KeysError:
        return False


def _detached(der: bytes) -> tuple[bytes, bytes | None]:
    """The same signature without its content, and the content; what is signed keeps every octet."""
    try:
        kind, wrapped = expect(read_only(der), SEQUENCE).children()
        version, algorithms, encapsulated, *rest = expect(_only(wrapped), SEQUENCE).children()
        content_type, *inside = expect(encapsulated, SEQUENCE).children()
        if len(inside) != 1:
            return der, None
        content = expect(_only(inside[0]), OCTET_STRING).content
    except (KeysError, ValueError):
        return der, None  # malformed, or of another kind: the check says so
    bare = sequence(version.raw, algorithms.raw, sequence(content_type.raw), *(one.raw for one in rest))
    return sequence(kind.raw, explicit(0, bare)), content


def _only(tlv: Tlv) -> Tlv:
    """What stands alone under ``[0] EXPLICIT``."""
    (inner,) = expect(tlv, _EXPLICIT_0).children()
    return inner


def _stated(der: bytes) -> Callable[[HashAlgorithm], Digest]:
    """The digest that the signature itself states, where it states one."""
    try:
        attributes = parse_signed_data(der).signer.attributes
    except CmsMalformed:
        attributes = None
    stated = b"" if attributes is None else attributes.message_digest

    def found(algorithm: HashAlgorithm) -> Digest:
        try:
            return Digest(algorithm, stated)
        except KeysError:
            return Digest(algorithm, bytes(algorithm.size))

    return found
