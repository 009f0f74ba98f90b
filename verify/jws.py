# SPDX-License-Identifier: Apache-2.0
"""Records under a JSON Web Signature: RFC 7515 in flattened JSON, certificates as its section 4.1.6.

The payload is the canonical record (RFC 8785).  The protected header names the algorithm and the certificates
and binds the first of them by ``x5t#S256``; revocation lists travel beside it as ETSI TS 119 182-1 (JAdES)
section 5.3.5.2 writes them.  No registered algorithm name exists for SM2: ``SM2-SM3`` is this service's own,
with the identifier 1234567812345678 and ``r || s`` of 32 octets each.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from keys import ECDSA_SHA256, ECDSA_SHA384, RSA_PSS_SHA256, RSA_SHA256, SM2_SM3, KeysError, Scheme, allowed
from keys.der import as_integer, integer, read_only, sequence

from .authority import AuthorityMalformed, parse_authority
from .canonical import Json, JsonMalformed, canonical_json, parse_json
from .errors import VerifyError
from .report import Indication, Reason, Report, SignatureReport, SubIndication, combine
from .trust import Trust
from .x509 import Certificate, Crl, Purpose, X509Error, check_certificate, parse_certificate, parse_crl

LARGEST_FILE: Final = 12 * 1024 * 1024
ALGORITHMS: Final[Mapping[str, Scheme]] = {
    "ES256": ECDSA_SHA256,
    "ES384": ECDSA_SHA384,
    "RS256": RSA_SHA256,
    "PS256": RSA_PSS_SHA256,
    "SM2-SM3": SM2_SM3,
}
TYPE: Final = "yinxin-record+jws"
AUTHORITY: Final = "yinxin-authority"
_HALVES: Final = {"ES256": 32, "ES384": 48, "SM2-SM3": 32}
_MEMBERS: Final = frozenset({"payload", "protected", "signature"})
_PROTECTED: Final = frozenset({"alg", "typ", "x5c", "x5t#S256", "iat", AUTHORITY})
_MOST: Final = 16


class JwsMalformed(VerifyError):
    """Not such a signature.  ``field`` is the JSON member, ``rule`` what it broke."""

    def __init__(self, *, field: str, rule: str) -> None:
        super().__init__(f"JSON 签名不合格式 signed record refused: {field}: {rule}")
        self.field, self.rule = field, rule


@dataclass(frozen=True, slots=True)
class SignedRecord:
    """Structure only: nothing is verified by having one.

    ``signed`` is what the signature is over (RFC 7515 section 5.1), ``signature`` as JWS carries it:
    ``r || s`` for ECDSA and SM2.  ``claimed`` is the time that the signer states, seconds since 1970.
    """

    record: Mapping[str, Json]
    algorithm: str
    certificate: Certificate
    chain: tuple[Certificate, ...]
    crls: tuple[Crl, ...]
    signed: bytes
    signature: bytes
    claimed: int
    authority: bytes | None


def is_jws(value: Json) -> bool:
    """Is this JSON meant as one?"""
    return isinstance(value, dict) and set(value) >= _MEMBERS


def parse_jws(data: bytes) -> SignedRecord:
    """Raises :class:`JwsMalformed`."""
    try:
        value = parse_json(data, max_bytes=LARGEST_FILE)
    except JsonMalformed as error:
        raise JwsMalformed(field="(file)", rule=error.rule) from error
    if not isinstance(value, dict) or not _MEMBERS <= set(value) <= _MEMBERS | {"header"}:
        raise JwsMalformed(field="(file)", rule="flattened JSON of RFC 7515: payload, protected, signature")
    protected, payload = _text(value, "protected"), _text(value, "payload")
    header = _object(_decoded(protected, "protected"), "protected")
    if set(header) - _PROTECTED:
        raise JwsMalformed(field="protected", rule="a header parameter that is not understood")
    content = _decoded(payload, "payload")
    record = _object(content, "payload")
    if canonical_json(record) != content:
        raise JwsMalformed(field="payload", rule="not canonical JSON (RFC 8785)")
    algorithm, claimed = header.get("alg"), header.get("iat")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise JwsMalformed(field="alg", rule=f"one of {', '.join(ALGORITHMS)}")
    if header.get("typ") != TYPE:
        raise JwsMalformed(field="typ", rule=f"must be {TYPE}")
    if not isinstance(claimed, int) or isinstance(claimed, bool) or not 0 <= claimed < 1 << 40:
        raise JwsMalformed(field="iat", rule="seconds since 1970")
    certificates = _certificates(header)
    return SignedRecord(
        record=record,
        algorithm=algorithm,
        certificate=certificates[0],
        chain=certificates[1:],
        crls=_crls(value.get("header")),
        signed=f"{protected}.{payload}".encode("ascii"),
        signature=_decoded(_text(value, "signature"), "signature"),
        claimed=claimed,
        authority=_authority(header),
    )


def check_jws(data: bytes, *, trust: Trust, at: datetime) -> Report:
    """Is this record as it was signed, and by whom?  Never raises for any bytes."""
    try:
        signed = parse_jws(data)
    except JwsMalformed as error:
        reason = Reason(
            "JWS_MALFORMED",
            f"JSON 签名不合格式({error.field}):文件被改动或不完整",
            f"not a signed record, or altered: {error.field}: {error.rule}",
        )
        return Report(
            kind="jws",
            indication=Indication.TOTAL_FAILED,
            sub_indication=SubIndication.FORMAT_FAILURE,
            reasons=(reason,),
        )
    one = _signature_report(signed, trust, at)
    indication, sub = combine((one,))
    content = canonical_json(dict(signed.record))
    return Report(
        kind="jws",
        indication=indication,
        sub_indication=sub,
        signatures=(one,),
        facts={"record": dict(signed.record), "record_digest": hashlib.sha256(content).hexdigest()},
    )


def _signature_report(signed: SignedRecord, trust: Trust, at: datetime) -> SignatureReport:
    path = check_certificate(
        signed.certificate, trust, at, purpose=Purpose.SEAL, intermediates=signed.chain, crls=signed.crls
    )
    facts: dict[str, Json] = {
        **path.facts,
        "standard": "RFC 7515",
        "algorithm": ALGORITHMS[signed.algorithm].name,
        "claimed_seconds": signed.claimed,
        "intact": _verifies(signed),
    }
    indication, sub, reasons = path.indication, path.sub_indication, list(path.reasons)
    if signed.authority is not None:
        try:
            facts["authority"] = dict(parse_authority(signed.authority).members)
        except AuthorityMalformed as error:
            reasons.append(Reason("AUTHORITY_MALFORMED", "用印依据不合格式", error.rule))
    if not facts["intact"]:
        indication, sub = Indication.TOTAL_FAILED, SubIndication.SIG_CRYPTO_FAILURE
        reasons.insert(
            0, Reason("SIGNATURE_INVALID", "签名值不正确:内容被改动", "the signature value is wrong")
        )
    return SignatureReport(f"JWS {signed.algorithm}", indication, sub, tuple(reasons), facts)


def _verifies(signed: SignedRecord) -> bool:
    scheme, key = ALGORITHMS[signed.algorithm], signed.certificate.public_key
    if not allowed(key.kind, scheme):
        return False
    value = signed.signature
    if (half := _HALVES.get(signed.algorithm)) is not None:
        if len(value) != 2 * half:
            return False
        value = sequence(integer(int.from_bytes(value[:half])), integer(int.from_bytes(value[half:])))
    try:
        key.verify(value, signed.signed, scheme)
    except KeysError:
        return False
    return True


def jws_signature(der: bytes, algorithm: str) -> bytes:
    """What a key returned, as JWS carries it.  Raises :class:`JwsMalformed`."""
    if (half := _HALVES.get(algorithm)) is None:
        return der
    try:
        r, s = (as_integer(part) for part in read_only(der).children())
        return r.to_bytes(half) + s.to_bytes(half)
    except (KeysError, ValueError, OverflowError) as error:
        raise JwsMalformed(field="signature", rule="not a DER signature of this algorithm") from error


def _certificates(header: Mapping[str, Json]) -> tuple[Certificate, ...]:
    listed = header.get("x5c")
    if not isinstance(listed, list) or not 1 <= len(listed) <= _MOST:
        raise JwsMalformed(field="x5c", rule=f"a list of 1 to {_MOST} certificates")
    try:
        found = tuple(parse_certificate(_plain(one, "x5c")) for one in listed)
    except X509Error as error:
        raise JwsMalformed(field="x5c", rule=str(error)) from error
    if header.get("x5t#S256") != encoded(hashlib.sha256(found[0].der).digest()):
        raise JwsMalformed(field="x5t#S256", rule="the SHA-256 of the first certificate")
    return found


def _crls(header: Json) -> tuple[Crl, ...]:
    """``{"etsiU": [{"rVals": {"crlVals": [{"val": base64}, …]}}]}``; nothing else is looked at."""
    if header is None:
        return ()
    values: list[Json] = []
    parts = header.get("etsiU") if isinstance(header, dict) else None
    for part in parts if isinstance(parts, list) else ():
        vals = part.get("rVals") if isinstance(part, dict) else None
        lists = vals.get("crlVals") if isinstance(vals, dict) else None
        values += lists if isinstance(lists, list) else []
    if len(values) > _MOST:
        raise JwsMalformed(field="crlVals", rule=f"at most {_MOST} lists")
    try:
        return tuple(parse_crl(_plain(one.get("val"), "crlVals")) for one in values if isinstance(one, dict))
    except X509Error as error:
        raise JwsMalformed(field="crlVals", rule=str(error)) from error


def _authority(header: Mapping[str, Json]) -> bytes | None:
    if AUTHORITY not in header:
        return None
    value = header[AUTHORITY]
    if not isinstance(value, dict):
        raise JwsMalformed(field=AUTHORITY, rule="an object")
    return canonical_json(value)


def _object(data: bytes, field: str) -> dict[str, Json]:
    try:
        value = parse_json(data, max_bytes=LARGEST_FILE)
    except JsonMalformed as error:
        raise JwsMalformed(field=field, rule=error.rule) from error
    if not isinstance(value, dict):
        raise JwsMalformed(field=field, rule="an object")
    return value


def _text(value: Mapping[str, Json], field: str) -> str:
    text = value[field]
    if not isinstance(text, str) or not text.isascii():
        raise JwsMalformed(field=field, rule="base64url text")
    return text


def encoded(data: bytes) -> str:
    """base64url without padding (RFC 7515 section 2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _decoded(text: str, field: str) -> bytes:
    """The reverse; one spelling alone."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise JwsMalformed(field=field, rule="not base64url") from None
    if encoded(data) != text:
        raise JwsMalformed(field=field, rule="not in its one base64url spelling")
    return data


def _plain(value: Json, field: str) -> bytes:
    """Ordinary base64, as x5c and JAdES use it."""
    try:
        return base64.b64decode(value.encode("ascii") if isinstance(value, str) else b"!", validate=True)
    except (binascii.Error, ValueError):
        raise JwsMalformed(field=field, rule="not base64") from None
