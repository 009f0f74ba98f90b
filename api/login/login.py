# SPDX-License-Identifier: Apache-2.0
"""Log in with a certificate: challenge, answer, session (docs/decisions/0002).

The order of the checks is the point: the challenge is spent before anything of the answer is looked at, the
certificate is judged before its key is used, and the account is looked up only for a proven holder.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace

from keys import KeysError
from verify import Certificate, IdentifierInvalid, VerifyError, parse_certificate, parse_uscc

from ..accounts import (
    Account,
    AccountError,
    Mandate,
    Role,
    mandate_in_force,
    open_account,
    require_account_in_log,
    require_mandate_in_log,
)
from ..certificates import IssuedCertificate, find_by_fingerprint
from ..ledger import Transaction
from . import sessions
from .attempts import Attempts, keys_of
from .challenge import NONCE_BYTES, Challenge, consume, new_challenge, origin_of, store_challenge
from .errors import LoginRefused
from .ports import LoginPorts
from .sessions import Session
from .verdict import require_usable

RECORDED_OF_ONE = 5
RECORDED_OF_ALL = 20
"""How many refusals in a minute go into the log: of one certificate, and of all together."""


class Login:
    """Challenges, logins and sessions.  Safe to share between threads."""

    def __init__(self, ports: LoginPorts, *, attempts: Attempts | None = None) -> None:
        self._ports = ports
        self._origin = origin_of(ports.public_url)
        self._attempts = attempts or Attempts(ports.clock)
        self._recorded = Attempts(ports.clock)

    def challenge(self) -> Challenge:
        """A fresh challenge, good for one answer within two minutes."""
        ports = self._ports
        made = new_challenge(
            self._origin,
            challenge_id=ports.random(16).hex(),
            nonce=ports.random(NONCE_BYTES),
            at=ports.clock(),
        )
        with ports.database.write() as connection:
            store_challenge(connection, made)
        return made

    def login(
        self,
        challenge_id: str,
        certificate: bytes,
        signature: bytes,
        *,
        act_for: str | None = None,
        source: str = "",
    ) -> Session:
        """A session, or :class:`LoginRefused`; ``source`` is the caller's address.

        Both go into the ledger, and neither says whose certificate it was: see :meth:`_record`.
        """
        fingerprint = hashlib.sha256(certificate).hexdigest()
        counted = keys_of(source, fingerprint)
        # Not recorded: what is refused here would fill the public log with noise.
        self._attempts.require_room(*counted)
        try:
            return self._login(challenge_id, certificate, signature, act_for)
        except LoginRefused as refusal:
            self._attempts.failed(*counted)
            self._record(refusal, certificate)
            raise

    def _record(self, refusal: LoginRefused, encoded: bytes) -> None:
        """The trace of a refusal: for certificates issued here only, and so many in a minute.

        Nobody has to be anybody to be refused, and the log is kept for ever: strangers do not write into it.
        """
        fingerprint = _fingerprint(encoded)
        if fingerprint is None:
            return
        with self._ports.database.read() as connection:
            known = find_by_fingerprint(connection, fingerprint) is not None
        if known and self._recorded.admit((fingerprint, RECORDED_OF_ONE), ("", RECORDED_OF_ALL)):
            with self._ports.ledger.transaction() as tx:
                tx.append("login.refused", {"code": refusal.code})

    def session(self, token: str) -> Session:
        """The session in force of this token; raises :class:`NotLoggedIn`."""
        at = self._ports.clock()
        with self._ports.database.read() as connection:
            found, old = sessions.read(connection, token, at, key=self._ports.session_key)
        if old:
            with self._ports.database.write() as connection:
                sessions.touch(connection, token, at)
        return self._named(found)

    def logout(self, token: str) -> None:
        """End the session of this token, if there is one."""
        with self._ports.database.write() as connection:
            sessions.end(connection, token, self._ports.clock())

    def _login(self, challenge_id: str, encoded: bytes, signature: bytes, act_for: str | None) -> Session:
        ports, at = self._ports, self._ports.clock()
        # 1. Spend the challenge, whatever the answer is worth.
        to_be_signed = consume(ports.database, challenge_id, at)
        # 2. A certificate that may log in here, now.
        certificate = _parsed(encoded)
        require_usable(certificate, ports.certificates.trust(), at)
        # 3. The holder of its key, over the bytes that we kept.
        try:
            certificate.public_key.verify(signature, to_be_signed)
        except KeysError as error:
            raise LoginRefused("signature-invalid") from error
        # 4. Account and mandate as of the transaction that starts the session.
        token, csrf = ports.random(sessions.TOKEN_BYTES), ports.random(sessions.TOKEN_BYTES)
        with ports.ledger.transaction() as tx:
            issued, account = _account(tx, certificate)
            mandate = _mandate(tx, account, act_for)
            # Roles and mandates are believed as far as the public log vouches for them.
            require_account_in_log(tx.connection, account)
            if mandate is not None:
                require_mandate_in_log(tx.connection, mandate)
            sessions.start(
                tx.connection,
                key=ports.session_key,
                token=token,
                csrf=csrf,
                account=account,
                certificate=issued,
                mandate=mandate,
                at=at,
            )
            tx.append("login.succeeded", {"commitment": _commitment(certificate, salt=csrf)})
            started, _ = sessions.read(tx.connection, token.hex(), at, key=ports.session_key)
        return self._named(started)

    def _named(self, session: Session) -> Session:
        if session.acts_for is None:
            return session
        return replace(session, acts_for_name=self._ports.name_of(session.acts_for))


def _parsed(encoded: bytes) -> Certificate:
    try:
        return parse_certificate(encoded)
    except (VerifyError, KeysError) as error:
        raise LoginRefused("certificate-malformed") from error


def _fingerprint(encoded: bytes) -> str | None:
    """Of a certificate; of anything else nothing is recorded."""
    try:
        return _parsed(encoded).fingerprint
    except LoginRefused:
        return None


def _commitment(certificate: Certificate, *, salt: bytes) -> str:
    """Whose login it was, for whoever has the session's row; forgotten with it, and told to nobody else."""
    return hmac.new(salt, certificate.fingerprint.encode(), hashlib.sha256).hexdigest()


def _account(tx: Transaction, certificate: Certificate) -> tuple[IssuedCertificate, Account]:
    issued = find_by_fingerprint(tx.connection, certificate.fingerprint)
    if issued is None or issued.account_id is None:
        raise LoginRefused("account-unknown")
    if issued.revoked_at is not None:
        # Revoked between the check and this transaction.
        raise LoginRefused("certificate-revoked")
    if issued.held_at is not None:
        raise LoginRefused("certificate-suspended")
    try:
        return issued, open_account(tx.connection, issued.account_id)
    except AccountError as error:
        raise LoginRefused("account-unknown") from error


def _mandate(tx: Transaction, account: Account, act_for: str | None) -> Mandate | None:
    if act_for is None:
        return None
    try:
        uscc = str(parse_uscc(act_for))
    except IdentifierInvalid as error:
        raise LoginRefused("not-allowed-to-act") from error
    if uscc == account.subject:
        return None  # an enterprise's own account
    mandate = mandate_in_force(tx.connection, account.account_id, uscc)
    if mandate is None or Role.APPLICANT not in account.roles:
        raise LoginRefused("not-allowed-to-act")
    return mandate
