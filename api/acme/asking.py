# SPDX-License-Identifier: Apache-2.0
"""Who asks: every check that a signed request passes before anything is done for it (RFC 8555 section 6).

The signature comes before the nonce.  An account's nonce is spent at once; whoever shows a bare key spends
one only when something is done for it (:meth:`Asked.spend`): strangers with keys of their own leave no rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from verify import Json

from .accounts import read_account, require_valid
from .addresses import Addresses
from .errors import AcmeRefused
from .jose import (
    Jwk,
    Signed,
    parse_jwk,
    parse_payload,
    parse_signed,
    require_algorithm,
    stored_jwk,
    verify_signed,
)
from .model import AcmeAccount
from .nonces import check_nonce, spend_nonce
from .ports import AcmePorts


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that is what it says: by an account, or by a bare key."""

    signed: Signed = field(repr=False)
    who: AcmeAccount | Jwk
    nonce: str
    ports: AcmePorts = field(repr=False)

    @property
    def account(self) -> AcmeAccount:
        """The account; raises where the request came by a bare key."""
        if not isinstance(self.who, AcmeAccount):
            raise AcmeRefused("malformed", "this request is signed for an account: kid, not jwk")
        return self.who

    @property
    def jwk(self) -> Jwk:
        """The bare key; raises where the request came by an account."""
        if not isinstance(self.who, Jwk):
            raise AcmeRefused("malformed", "this request is signed by a key: jwk, not kid")
        return self.who

    @property
    def only_looks(self) -> bool:
        """POST-as-GET: an empty payload."""
        return self.signed.payload == b""

    def spend(self) -> None:
        """Before anything is done for a bare key.  An account's nonce was spent when it asked."""
        if isinstance(self.who, Jwk):
            spend_nonce(self.ports, self.nonce)

    def payload(self) -> dict[str, Json]:
        """What the request says; raises for a POST-as-GET."""
        return parse_payload(self.signed)

    def require_look(self) -> None:
        """Nothing can be said here, only looked at."""
        if not self.only_looks:
            raise AcmeRefused("malformed", "this resource takes POST-as-GET: an empty payload")


def read_request(ports: AcmePorts, body: bytes, url: str) -> Asked:
    """The request in a body that was sent to this address.  Raises :class:`AcmeRefused`."""
    signed = parse_signed(body)
    require_algorithm(signed)
    if signed.header["url"] != url:
        raise AcmeRefused("unauthorized", "the signed url is not the one that was asked")
    if ("jwk" in signed.header) == ("kid" in signed.header):
        raise AcmeRefused("malformed", "the protected header has either jwk or kid")
    if "jwk" in signed.header:
        jwk = parse_jwk(signed.header["jwk"])
        verify_signed(signed, jwk)
        return Asked(signed, jwk, check_nonce(ports, signed.header.get("nonce")), ports)
    account = _account(ports, signed.header["kid"])
    verify_signed(signed, stored_jwk(account.jwk))
    nonce = check_nonce(ports, signed.header.get("nonce"))
    spend_nonce(ports, nonce)
    return Asked(signed, require_valid(account), nonce, ports)


def _account(ports: AcmePorts, kid: Json) -> AcmeAccount:
    before = Addresses(ports.base).account("")
    if not isinstance(kid, str) or not kid.startswith(before):
        raise AcmeRefused("malformed", "kid is the address of an account here")
    with ports.database.read() as connection:
        return read_account(connection, kid.removeprefix(before))
