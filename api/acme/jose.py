# SPDX-License-Identifier: Apache-2.0
"""JSON Web Signatures as ACME uses them (RFC 8555 section 6.2): flattened JSON, everything protected.

Stricter than JOSE: four algorithms, each bound to its kind of key; no unprotected header, no ``crit``, no
``b64``; base64url with one text for each value; names of members once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey
from joserfc.registry import HeaderParameter

from verify import Json, VerifyError, canonical_json, parse_json

from .encoding import from_base64url
from .errors import AcmeRefused

ALGORITHMS = ("ES256", "ES384", "RS256", "Ed25519")
MAC_ALGORITHM = "HS256"
LARGEST = 64 * 1024
_SMALLEST_RSA, _LARGEST_RSA = 2048, 4096
_MEMBERS = {"EC": ("crv", "kty", "x", "y"), "RSA": ("e", "kty", "n"), "OKP": ("crv", "kty", "x")}
_OURS = {name: HeaderParameter(name, "str") for name in ("url", "nonce", "kid")}


@dataclass(frozen=True, slots=True)
class Jwk:
    """A public key: ``text`` is the canonical JSON of its required members (RFC 7638 section 3)."""

    text: str
    algorithm: str
    thumbprint: str
    spki: bytes = field(repr=False)
    key: ECKey | RSAKey | OKPKey = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Signed:
    """A JWS whose signature nobody checked yet."""

    header: Mapping[str, Json]
    payload: bytes
    compact: str = field(repr=False)

    @property
    def algorithm(self) -> str:
        """``alg``."""
        return str(self.header["alg"])


def parse_signed(body: bytes | Json) -> Signed:
    """Read a flattened JWS: a body, or a JWS inside a payload.  Raises :class:`AcmeRefused`."""
    document = _json(body) if isinstance(body, bytes) else body
    if not isinstance(document, dict) or set(document) != {"protected", "payload", "signature"}:
        raise AcmeRefused("malformed", "a flattened JWS with protected, payload and signature, nothing else")
    try:
        header = _json(from_base64url(document["protected"]))
        payload = from_base64url(document["payload"])
        from_base64url(document["signature"])
    except ValueError as error:
        raise AcmeRefused("malformed", f"protected, payload and signature are base64url: {error}") from None
    if not isinstance(header, dict):
        raise AcmeRefused("malformed", "the protected header must be an object")
    for name in ("crit", "b64"):
        if name in header:
            raise AcmeRefused("malformed", f"the header {name} is not understood")
    for name in ("alg", "url"):
        if not isinstance(header.get(name), str):
            raise AcmeRefused("malformed", f"the protected header needs {name}")
    return Signed(
        header, payload, ".".join(str(document[one]) for one in ("protected", "payload", "signature"))
    )


def parse_payload(signed: Signed) -> dict[str, Json]:
    """The payload of a request that is not POST-as-GET."""
    found = _json(signed.payload)
    if not isinstance(found, dict):
        raise AcmeRefused("malformed", "the payload must be a JSON object")
    return found


def require_algorithm(signed: Signed) -> None:
    """The algorithm of an account's or certificate's key; never ``none``, never a MAC."""
    if signed.algorithm not in ALGORITHMS:
        raise AcmeRefused("badSignatureAlgorithm", algorithms=ALGORITHMS)


def parse_jwk(given: Json) -> Jwk:
    """A public key as a client sends it.  Raises :class:`AcmeRefused` for keys that are not accepted."""
    if not isinstance(given, dict) or not all(isinstance(one, str) for one in given.values()):
        raise AcmeRefused("badPublicKey", "a JWK is an object of texts")
    members = _MEMBERS.get(str(given.get("kty")))
    if members is None or not set(members) <= set(given):
        raise AcmeRefused("badPublicKey", "an EC, RSA or OKP key with its required members")
    if not set(given) <= {*members, "alg", "use", "kid"}:
        raise AcmeRefused("badPublicKey", "a public key alone: no private and no unknown members")
    bare = {name: str(given[name]) for name in members}
    try:
        for name in members:
            if name not in ("crv", "kty"):
                from_base64url(bare[name])
        key = _key(bare)
        algorithm, spki = _measured(key)
        thumbprint = key.thumbprint()
    except AcmeRefused:
        raise
    except Exception as error:  # the library and the one below it raise many kinds for a bad point
        raise AcmeRefused("badPublicKey", f"the key cannot be read ({type(error).__name__})") from error
    return Jwk(canonical_json(dict(bare)).decode("ascii"), algorithm, thumbprint, spki, key)


def stored_jwk(text: str) -> Jwk:
    """A key that :func:`parse_jwk` accepted before."""
    return parse_jwk(parse_json(text.encode("ascii")))


def verify_signed(signed: Signed, jwk: Jwk) -> None:
    """The signature, with the one algorithm that belongs to this key."""
    require_algorithm(signed)
    if signed.algorithm != jwk.algorithm:
        raise AcmeRefused(
            "badSignatureAlgorithm", f"this key signs with {jwk.algorithm}", algorithms=[jwk.algorithm]
        )
    _verify(signed, jwk.key)


def verify_mac(signed: Signed, secret: bytes) -> None:
    """The MAC of an external account binding (RFC 8555 section 7.3.4)."""
    if signed.algorithm != MAC_ALGORITHM:
        raise AcmeRefused(
            "badSignatureAlgorithm", "an external account binding uses HS256", algorithms=[MAC_ALGORITHM]
        )
    _verify(signed, OctKey.import_key(secret))


def _verify(signed: Signed, key: ECKey | RSAKey | OKPKey | OctKey) -> None:
    registry = jws.JWSRegistry(
        header_registry={**_OURS, "jwk": HeaderParameter("jwk", "jwk")},
        algorithms=[signed.algorithm],
        strict_check_header=False,
    )
    registry.max_header_length = registry.max_payload_length = LARGEST
    registry.max_signature_length = LARGEST
    try:
        jws.deserialize_compact(signed.compact, key, algorithms=[signed.algorithm], registry=registry)
    except (JoseError, ValueError, TypeError) as error:
        raise AcmeRefused("malformed", "the signature does not verify") from error


def _key(bare: Mapping[str, str]) -> ECKey | RSAKey | OKPKey:
    given: dict[str, str | list[str]] = dict(bare)
    if bare["kty"] == "EC":
        return ECKey.import_key(given)
    return RSAKey.import_key(given) if bare["kty"] == "RSA" else OKPKey.import_key(given)


def _measured(key: ECKey | RSAKey | OKPKey) -> tuple[str, bytes]:
    """Algorithm and SubjectPublicKeyInfo; refused unless of an accepted kind and size."""
    public = key.public_key
    if isinstance(public, ec.EllipticCurvePublicKey):
        curves = {"secp256r1": "ES256", "secp384r1": "ES384"}
        if public.curve.name not in curves:
            raise AcmeRefused("badPublicKey", "the curve must be P-256 or P-384")
        algorithm = curves[public.curve.name]
    elif isinstance(public, rsa.RSAPublicKey):
        exponent = public.public_numbers().e
        if not _SMALLEST_RSA <= public.key_size <= _LARGEST_RSA or exponent < 3 or exponent % 2 == 0:
            raise AcmeRefused("badPublicKey", f"RSA keys have {_SMALLEST_RSA} to {_LARGEST_RSA} bits")
        algorithm = "RS256"
    elif isinstance(public, ed25519.Ed25519PublicKey):
        algorithm = "Ed25519"
    else:
        raise AcmeRefused("badPublicKey", "the curve must be Ed25519")
    return algorithm, public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _json(content: bytes) -> Json:
    try:
        return parse_json(content, max_bytes=LARGEST)
    except VerifyError as error:
        raise AcmeRefused("malformed", f"not JSON as it is accepted here: {error}") from None
