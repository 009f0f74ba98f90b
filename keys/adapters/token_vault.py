# SPDX-License-Identifier: Apache-2.0
"""Keys on a PKCS#11 token (a card, an HSM), reached through a process of its own.

The digest is made here and signed there; a signature is verified before anybody gets it. Secrets are refused,
and SM2 keys, for which PKCS#11 has no mechanism that vendors agree on: they stay in the file vault.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

from ..algorithms import RSA_PSS_SHA256, KeyFamily, KeyKind, Scheme, allowed, default_scheme
from ..der import integer, null, octets, oid, sequence
from ..digests import digest
from ..errors import (
    KeyUnsupported,
    LabelTaken,
    NoSuchKey,
    SignatureInvalid,
    SigningFailed,
    TokenUnavailable,
    VaultError,
)
from ..public import PublicKey, parse_public_key
from . import token_wire
from .token_link import TokenLink, TokenRefusal


@dataclass(frozen=True, slots=True)
class TokenHealth:
    """What is known of the token now; ``detail`` says what is wrong, or which token it is."""

    well: bool
    detail: str


class TokenSigner:
    """Signs with a key on the token."""

    __slots__ = ("_label", "_link", "_public_key", "_scheme")

    def __init__(self, link: TokenLink, label: str, public_key: PublicKey, scheme: Scheme) -> None:
        self._link, self._label, self._public_key, self._scheme = link, label, public_key, scheme

    @property
    def public_key(self) -> PublicKey:
        return self._public_key

    @property
    def scheme(self) -> Scheme:
        return self._scheme

    def using(self, scheme: Scheme) -> TokenSigner:
        """The same key in another scheme of the allow-list.  Raises :class:`KeyUnsupported`."""
        if not allowed(self._public_key.kind, scheme):
            raise KeyUnsupported(f"{scheme.name} does not go with a key of kind {self._public_key.kind}")
        return TokenSigner(self._link, self._label, self._public_key, scheme)

    def sign(self, message: bytes | memoryview) -> bytes:
        """Raises :class:`TokenUnavailable`, or :class:`TokenOutcomeUnknown`: then the caller decides."""
        value = digest(self._scheme.hash, message).value
        mechanism = "ecdsa" if self._public_key.family is KeyFamily.ECDSA else "rsa"
        if self._scheme == RSA_PSS_SHA256:
            mechanism = "pss-sha256"
        elif mechanism == "rsa":
            # RFC 8017 section 9.2: DigestInfo, whose parameters are NULL.
            value = sequence(sequence(oid(self._scheme.hash.oid), null()), octets(value))
        try:
            answer = self._link.ask(
                "sign", label=self._label, mechanism=mechanism, data=token_wire.text(value)
            )
            signature = token_wire.octets(answer)
        except (TokenRefusal, token_wire.WireBroken) as error:
            raise _translated(error, self._label) from error
        if mechanism == "ecdsa":
            half = len(signature) // 2
            signature = sequence(
                integer(int.from_bytes(signature[:half])), integer(int.from_bytes(signature[half:]))
            )
        try:
            self._public_key.verify(signature, message, self._scheme)
        except SignatureInvalid as error:
            raise SigningFailed("the token's signature does not verify: it was thrown away") from error
        return signature

    def __repr__(self) -> str:
        return f"<TokenSigner {self._label} {self._public_key.kind}>"


class TokenVault:
    """Implements :class:`~keys.Vault` for RSA and ECDSA keys.  Safe to use from several threads."""

    def __init__(self, link: TokenLink) -> None:
        self._link = link
        self._lock = threading.Lock()
        self._signers: dict[str, TokenSigner] = {}

    def create_key(self, label: str, kind: KeyKind) -> PublicKey:
        """Raises :class:`KeyUnsupported` for SM2."""
        if kind.family is KeyFamily.SM2:
            raise KeyUnsupported("PKCS#11 has no SM2: such a key stays in the file vault")
        try:
            return parse_public_key(token_wire.octets(self._link.ask("create", label=label, kind=kind.value)))
        except (TokenRefusal, token_wire.WireBroken) as error:
            raise _translated(error, label) from error

    def signer(self, label: str) -> TokenSigner:
        with self._lock:
            found = self._signers.get(label)
        if found is not None:
            return found
        try:
            public = parse_public_key(token_wire.octets(self._link.ask("public", label=label)))
        except (TokenRefusal, token_wire.WireBroken) as error:
            raise _translated(error, label) from error
        signer = TokenSigner(self._link, label, public, default_scheme(public.kind))
        with self._lock:
            return self._signers.setdefault(label, signer)

    def destroy_key(self, label: str) -> None:
        """Both halves, on the token itself."""
        with self._lock:
            self._signers.pop(label, None)
        try:
            self._link.ask("destroy", label=label)
        except TokenRefusal as error:
            if error.code != "no-such-key":
                raise _translated(error, label) from error

    def labels(self) -> tuple[str, ...]:
        try:
            answer = self._link.ask("labels")
        except TokenRefusal as error:
            raise _translated(error, "") from error
        return tuple(str(one) for one in answer) if isinstance(answer, list) else ()

    def create_secret(self, label: str, size: int) -> bytes:
        """Refused: what leaves a token in the clear is no better off there."""
        raise VaultError(f"secrets stay in the file vault, {label!r} ({size} bytes) as well")

    def secret(self, label: str) -> bytes:
        """None is here."""
        raise NoSuchKey(label)

    def health(self) -> TokenHealth:
        """Asks the token."""
        try:
            answer = self._link.ask("health")
        except (SigningFailed, TokenRefusal) as error:
            return TokenHealth(False, str(error))
        said = answer if isinstance(answer, dict) else {}
        return TokenHealth(
            True, " ".join(str(said.get(one, "")) for one in ("maker", "model", "label", "serial"))
        )

    def close(self) -> None:
        """End the token process."""
        self._link.close()


def _translated(error: Exception, label: str) -> Exception:
    """What callers of a vault know."""
    if not isinstance(error, TokenRefusal):
        return SigningFailed("the token process answered nonsense")
    match error.code:
        case "no-such-key":
            return NoSuchKey(label)
        case "label-taken":
            return LabelTaken(label)
        case "busy":
            return TokenUnavailable(f"{error.detail} for the whole time: nothing was signed")
        case "unsupported":
            return KeyUnsupported(f"the token: {error.detail}")
    return SigningFailed(f"the token: {error.detail or error.code}")
