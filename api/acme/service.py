# SPDX-License-Identifier: Apache-2.0
"""ACME as routes and commands use it: one verb for each resource of RFC 8555, and the operator's keys."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, select

from verify import Json

from ..database.tables_acme import acme_orders
from ..database.tables_identity import is_id
from . import accounts, binding, finalising, orders, proofs, renewal, revoking
from .addresses import PREFIX, Addresses
from .asking import Asked, read_request
from .encoding import from_base64url
from .errors import AcmeRefused
from .model import AcmeAccount, BindingKey, ChallengeStatus, MadeKey, OrderStatus, ProofStatus
from .nonces import new_nonce, sweep_nonces
from .ports import AcmePorts
from .sweeping import sweep_orders
from .validating import Validations

JSON, PEM = "application/json", "application/pem-certificate-chain"
SOON = 2
"""Seconds after which a client that waits may look again."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a resource answers."""

    body: Json | bytes = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str = JSON


class Acme:
    """The ACME server.  Every verb takes the body and the address that it was sent to, and raises
    :class:`AcmeRefused`.  Safe to share between threads."""

    def __init__(self, ports: AcmePorts) -> None:
        self._ports = ports
        self.addresses = Addresses(ports.base)
        self._validations = Validations(ports)

    # Without a signature

    def directory(self) -> dict[str, Json]:
        """Where everything is (section 7.1.1)."""
        named = {
            "newNonce": "new-nonce",
            "newAccount": "new-account",
            "newOrder": "new-order",
            "revokeCert": "revoke-cert",
            "keyChange": "key-change",
            "renewalInfo": "renewal-info",
        }
        found: dict[str, Json] = {
            name: self.addresses.path(f"{PREFIX}/{path}") for name, path in named.items()
        }
        return {**found, "meta": {"externalAccountRequired": True, "website": self._ports.base}}

    def nonce(self) -> str:
        """A fresh nonce (section 7.2)."""
        return new_nonce(self._ports)

    def renewal_info(self, asked: str) -> Answer:
        """When to renew a certificate (RFC 9773)."""
        headers = {"Retry-After": str(renewal.RETRY_AFTER)}
        return Answer(renewal.renewal_window(self._ports, asked), headers=headers)

    # Accounts

    def new_account(self, body: bytes, url: str) -> Answer:
        """Open or find an account (section 7.3)."""
        asked = read_request(self._ports, body, url)
        account, fresh = accounts.open_account(
            self._ports, asked.jwk, asked.payload(), url=url, spend=asked.spend
        )
        headers = {"Location": self.addresses.account(account.account_id)}
        return Answer(self._account_json(account), 201 if fresh else 200, headers)

    def account(self, account_id: str, body: bytes, url: str) -> Answer:
        """Show, change or deactivate an account (sections 7.3.2, 7.3.6)."""
        asked = self._by_owner(account_id, body, url)
        account = asked.account
        if not asked.only_looks:
            account = accounts.change_account(self._ports, account, asked.payload())
        return Answer(self._account_json(account))

    def account_orders(self, account_id: str, body: bytes, url: str, *, cursor: int) -> Answer:
        """The orders of an account (section 7.1.2.1)."""
        asked = self._by_owner(account_id, body, url)
        asked.require_look()
        with self._ports.database.read() as connection:
            found, more = orders.list_orders(self._ports, connection, account_id, cursor)
        following = self.addresses.orders(account_id, cursor + orders.PAGE)
        return Answer({"orders": found}, headers={"Link": f'<{following}>;rel="next"'} if more else {})

    def key_change(self, body: bytes, url: str) -> Answer:
        """Give an account another key (section 7.3.5)."""
        asked = read_request(self._ports, body, url)
        account = accounts.change_key(self._ports, asked.account, asked.payload(), url=url)
        return Answer(self._account_json(account))

    # Orders and proofs

    def new_order(self, body: bytes, url: str) -> Answer:
        """Ask for a certificate (section 7.4)."""
        asked = read_request(self._ports, body, url)
        order_id = orders.open_order(self._ports, asked.account, asked.payload())
        return self._order(order_id, asked.account, status=201)

    def order(self, order_id: str, body: bytes, url: str) -> Answer:
        """Look at an order."""
        asked = read_request(self._ports, body, url)
        asked.require_look()
        return self._order(order_id, asked.account)

    def finalize(self, order_id: str, body: bytes, url: str) -> Answer:
        """Send the request of a ready order (section 7.4)."""
        asked = read_request(self._ports, body, url)
        account = asked.account
        try:
            request = from_base64url(asked.payload().get("csr"))
        except ValueError:
            raise AcmeRefused("badCSR", "csr is DER in base64url") from None
        finalising.finalise(self._ports, account, order_id, request)
        return self._order(order_id, account)

    def authorization(self, proof_id: str, body: bytes, url: str) -> Answer:
        """Look at an authorization, or give it up (sections 7.5, 7.5.2)."""
        asked = read_request(self._ports, body, url)
        account = asked.account
        proof = self._proof(proof_id, account)
        if not asked.only_looks:
            if asked.payload() != {"status": ProofStatus.DEACTIVATED.value}:
                raise AcmeRefused("malformed", "a client can set the status to deactivated only")
            proofs.deactivate(self._ports, proof)
            proof = self._proof(proof_id, account)
        return self._authorization(proof)

    def challenge(self, challenge_id: str, body: bytes, url: str) -> Answer:
        """Look at a challenge, or say that its proof is ready (section 7.5.1)."""
        asked = read_request(self._ports, body, url)
        account = asked.account
        with self._ports.database.read() as connection:
            found, proof = proofs.get_challenge(connection, challenge_id, account_id=account.account_id)
        if not asked.only_looks:
            asked.payload()
            if proofs.take_up(self._ports, found, proof):
                self._validations.submit(found.id)
            with self._ports.database.read() as connection:
                found, proof = proofs.get_challenge(connection, challenge_id, account_id=account.account_id)
        headers = {"Link": f'<{self.addresses.authorization(proof.id)}>;rel="up"'}
        if found.status == ChallengeStatus.PROCESSING:
            headers["Retry-After"] = str(SOON)
        return Answer(proofs.challenge_json(found, self.addresses.challenge(found.id)), headers=headers)

    # Certificates

    def certificate(self, certificate_id: str, body: bytes, url: str) -> Answer:
        """Certificate and issuers as PEM, without the root (section 7.4.2)."""
        asked = read_request(self._ports, body, url)
        asked.require_look()
        query = select(acme_orders.c.id).where(
            acme_orders.c.certificate_id == certificate_id,
            acme_orders.c.account_id == asked.account.account_id,
        )
        with self._ports.database.read() as connection:
            mine = is_id(certificate_id) and connection.execute(query.limit(1)).first() is not None
        if not mine:
            raise AcmeRefused("malformed", "there is no such certificate", status=404)
        found = self._ports.certificates.get(certificate_id)
        issuers = self._ports.certificates.chain(certificate_id)[:-1]
        return Answer(b"".join(map(_pem, (found.der, *issuers))), media_type=PEM)

    def revoke_cert(self, body: bytes, url: str) -> Answer:
        """Revoke (section 7.6)."""
        asked = read_request(self._ports, body, url)
        revoking.revoke(self._ports, asked.payload(), asked.who, spend=asked.spend)
        return Answer()

    # The operator's keys

    def make_key(
        self,
        *,
        domains: Sequence[str],
        account_id: str | None = None,
        holder: str = "",
        holder_name: str = "",
        by: str,
    ) -> MadeKey:
        """A key for external account binding; its secret is in the answer and nowhere else."""
        return binding.make_key(
            self._ports,
            domains=domains,
            account_id=account_id,
            holder=holder,
            holder_name=holder_name,
            by=by,
        )

    def end_key(self, key_id: str, *, by: str) -> BindingKey:
        """End a key."""
        return binding.end_key(self._ports, key_id, by=by)

    def list_keys(self) -> tuple[BindingKey, ...]:
        """Every key, oldest first."""
        return binding.list_keys(self._ports)

    # Housekeeping

    def do_chores(self) -> None:
        """Finish what was begun, look at what waits, sweep what is over."""
        finalising.resume(self._ports)
        self._validations.resume()
        sweep_orders(self._ports)
        sweep_nonces(self._ports)

    def close(self) -> None:
        """Let running validations end."""
        self._validations.close()

    def _by_owner(self, account_id: str, body: bytes, url: str) -> Asked:
        asked = read_request(self._ports, body, url)
        if asked.account.account_id != account_id:
            raise AcmeRefused("unauthorized", "this is the address of another account")
        return asked

    def _account_json(self, account: AcmeAccount) -> dict[str, Json]:
        return {
            "status": account.status.value,
            "contact": list(account.contacts),
            "orders": self.addresses.orders(account.account_id),
        }

    def _order(self, order_id: str, account: AcmeAccount, *, status: int = 200) -> Answer:
        with self._ports.database.read() as connection:
            order = orders.get_order(connection, order_id, account_id=account.account_id)
            told = orders.order_json(self._ports, connection, order)
        headers = {"Location": self.addresses.order(order_id)}
        if told["status"] == OrderStatus.PROCESSING:
            headers["Retry-After"] = str(SOON)
        return Answer(told, status, headers)

    def _proof(self, proof_id: str, account: AcmeAccount) -> Row[Any]:
        with self._ports.database.read() as connection:
            return proofs.get_proof(connection, proof_id, account_id=account.account_id)

    def _authorization(self, proof: Row[Any]) -> Answer:
        with self._ports.database.read() as connection:
            found = proofs.challenges_of(connection, proof.id)
        status = proofs.standing(proof, self._ports.clock())
        # Only what is open, or what decided, is worth showing (section 7.1.4).
        shown = [one for one in found if status == ProofStatus.PENDING or one.status == status] or list(found)
        told: dict[str, Json] = {
            "identifier": {"type": "dns", "value": proof.name},
            "status": status,
            "expires": proofs.stamp(proof.expires_at),
            "challenges": [proofs.challenge_json(one, self.addresses.challenge(one.id)) for one in shown],
        }
        if proof.wildcard:
            told["wildcard"] = True
        waits = any(one.status == ChallengeStatus.PROCESSING for one in found)
        return Answer(told, headers={"Retry-After": str(SOON)} if waits else {})


def _pem(der: bytes) -> bytes:
    text = re.sub(r"(.{64})", r"\1\n", base64.b64encode(der).decode("ascii")).rstrip("\n")
    return f"-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n".encode("ascii")
