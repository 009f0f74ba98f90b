# SPDX-License-Identifier: Apache-2.0
"""Sign a record as a JSON Web Signature (RFC 7515, flattened JSON), in two steps like a form.

What the key signs is the ASCII text ``protected.payload``; the certificates are in the protected header, so
nobody can put others in their place.  :mod:`verify` says which algorithms have a name.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from keys import KeysError, Scheme, Signer, default_scheme
from verify import JWS_ALGORITHMS, JWS_AUTHORITY, JWS_TYPE, Json, VerifyError, canonical_json, jws_signature

from .certificate import SealingCertificate, usable_scheme
from .errors import SignatureMismatch, StateMalformed
from .form import FormRefused

FORMAT: Final = "yinxin-prepared-jws/1"
_NAMES: Final = {scheme: name for name, scheme in JWS_ALGORITHMS.items()}


@dataclass(frozen=True, slots=True)
class PreparedJws:
    """``to_be_signed`` is exactly what the key signs."""

    protected: str
    payload: str
    algorithm: str

    @property
    def to_be_signed(self) -> bytes:
        return f"{self.protected}.{self.payload}".encode("ascii")

    def state(self) -> dict[str, Json]:
        """Everything, as JSON."""
        return {
            "format": FORMAT,
            "protected": self.protected,
            "payload": self.payload,
            "algorithm": self.algorithm,
        }

    @staticmethod
    def restore(state: Json) -> PreparedJws:
        """The reverse of :meth:`state`.  Raises :class:`StateMalformed`."""
        if not isinstance(state, dict) or state.get("format") != FORMAT:
            raise StateMalformed("format")
        protected, payload, algorithm = (state.get(name) for name in ("protected", "payload", "algorithm"))
        if not isinstance(protected, str) or not protected.isascii():
            raise StateMalformed("protected")
        if not isinstance(payload, str) or not payload.isascii():
            raise StateMalformed("payload")
        if not isinstance(algorithm, str) or algorithm not in JWS_ALGORITHMS:
            raise StateMalformed("algorithm")
        return PreparedJws(protected, payload, algorithm)


def prepare_jws(
    record: Mapping[str, Json],
    *,
    sealing: SealingCertificate,
    at: datetime,
    authority: bytes | None = None,
) -> PreparedJws:
    """Raises :class:`FormRefused` for a record that JSON cannot carry exactly.

    ``authority``: the statement of :class:`verify.Authority`, encoded.
    """
    return _prepare(record, sealing, default_scheme(sealing.certificate.public_key.kind), at, authority)


def complete_jws(prepared: PreparedJws, signature: bytes, *, sealing: SealingCertificate) -> bytes:
    """The file, from a signature as keys give it (DER for SM2 and ECDSA).

    Raises :class:`SignatureMismatch` for a wrong signature or another certificate.
    """
    scheme = JWS_ALGORITHMS[prepared.algorithm]
    try:
        sealing.certificate.public_key.verify(signature, prepared.to_be_signed, scheme)
        value = jws_signature(signature, prepared.algorithm)
    except (KeysError, VerifyError) as error:
        raise SignatureMismatch from error
    header = _protected(prepared.protected)
    if header.get("x5t#S256") != _url(hashlib.sha256(sealing.certificate.der).digest()):
        raise StateMalformed("prepared for another certificate")
    file: dict[str, Json] = {
        "payload": prepared.payload,
        "protected": prepared.protected,
        "signature": _url(value),
    }
    if sealing.crls:
        values: list[Json] = [{"val": base64.b64encode(one.der).decode("ascii")} for one in sealing.crls]
        file["header"] = {"etsiU": [{"rVals": {"crlVals": values}}]}
    return canonical_json(file)


def sign_jws(
    record: Mapping[str, Json],
    signer: Signer,
    *,
    sealing: SealingCertificate,
    at: datetime,
    authority: bytes | None = None,
) -> bytes:
    """Prepare, sign, complete."""
    prepared = _prepare(record, sealing, usable_scheme(signer, sealing), at, authority)
    return complete_jws(prepared, signer.sign(prepared.to_be_signed), sealing=sealing)


def _prepare(
    record: Mapping[str, Json],
    sealing: SealingCertificate,
    scheme: Scheme,
    at: datetime,
    authority: bytes | None,
) -> PreparedJws:
    algorithm = _NAMES.get(scheme)
    if algorithm is None:
        raise FormRefused(f"no JWS algorithm for {scheme.name}")
    chain = [sealing.certificate, *sealing.chain]
    header: dict[str, Json] = {
        "alg": algorithm,
        "typ": JWS_TYPE,
        "x5c": [base64.b64encode(one.der).decode("ascii") for one in dict.fromkeys(chain)],
        "x5t#S256": _url(hashlib.sha256(sealing.certificate.der).digest()),
        "iat": int(at.astimezone(UTC).timestamp()),
    }
    try:
        if authority is not None:
            header[JWS_AUTHORITY] = json.loads(authority)
        return PreparedJws(_url(canonical_json(header)), _url(canonical_json(dict(record))), algorithm)
    except (VerifyError, ValueError) as error:
        raise FormRefused(str(error)) from error


def _protected(text: str) -> dict[str, Json]:
    try:
        value = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError as error:
        raise StateMalformed("protected") from error
    if not isinstance(value, dict):
        raise StateMalformed("protected")
    return value


def _url(data: bytes) -> str:
    """base64url without padding (RFC 7515 section 2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
