# SPDX-License-Identifier: Apache-2.0
"""Proofs looked at (RFC 8555 sections 8.1, 8.3, 8.4), in a pool of few threads beside the requests.

What does not fit into the pool stays in processing and is taken up by the chores; so is what a crash left.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sqlalchemy import Row, select

from ..database.tables_acme import acme_authorizations as proofs
from ..database.tables_acme import acme_challenges as challenges
from .accounts import read_account
from .addresses import Addresses
from .caa import require_authorized
from .encoding import to_base64url
from .errors import AcmeRefused
from .model import AccountStatus, ChallengeStatus, ChallengeType, ProofStatus
from .ports import AcmePorts, Unproven
from .proofs import conclude, in_processing

WORKERS = 4
WAITING = 64
PAUSES = (1.0, 4.0)
"""Seconds before a second and third look, when the first may have come too early."""
_log = logging.getLogger("yinxin.acme")


class Validations:
    """The pool.  Safe to share between threads."""

    def __init__(self, ports: AcmePorts) -> None:
        self._ports = ports
        self._lock = threading.Lock()
        self._taken: set[str] = set()
        self._pool: ThreadPoolExecutor | None = None

    def submit(self, challenge_id: str) -> bool:
        """Look at a challenge soon; false if there is no room, or it is being looked at."""
        with self._lock:
            if challenge_id in self._taken or len(self._taken) >= WAITING:
                return False
            self._taken.add(challenge_id)
            if self._pool is None:
                self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="acme")
            self._pool.submit(self._run, challenge_id)
        return True

    def resume(self) -> int:
        """Take up whatever is in processing; how many found room."""
        with self._ports.database.read() as connection:
            left = in_processing(connection)
        return sum(self.submit(one) for one in left)

    def close(self) -> None:
        """Let what runs end; what waits is taken up by the next start."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=True, cancel_futures=True)
        with self._lock:
            self._taken.clear()

    def _run(self, challenge_id: str) -> None:
        try:
            validate(self._ports, challenge_id)
        except Exception:
            _log.exception("a proof could not be looked at and will be taken up again")
        finally:
            with self._lock:
                self._taken.discard(challenge_id)


def validate(ports: AcmePorts, challenge_id: str) -> None:
    """Look at one challenge and write down how it went."""
    joined = challenges.join(proofs, proofs.c.id == challenges.c.authorization_id)
    query = select(challenges.c.type, challenges.c.token, proofs).select_from(joined)
    with ports.database.read() as connection:
        row = connection.execute(
            query.where(
                challenges.c.id == challenge_id, challenges.c.status == ChallengeStatus.PROCESSING.value
            )
        ).one_or_none()
        if row is None:
            return
        account = read_account(connection, row.account_id)
    failure: AcmeRefused | None = None
    if account.status is not AccountStatus.VALID:
        failure = AcmeRefused("unauthorized", "the account is deactivated")
    elif row.status == ProofStatus.PENDING:
        expected = f"{row.token}.{account.thumbprint}"
        failure = _looked_at(ports, row, expected, Addresses(ports.base).account(row.account_id))
    conclude(ports, challenge_id, failure)


def _looked_at(ports: AcmePorts, row: Row[Any], expected: str, account_url: str) -> AcmeRefused | None:
    kind, name = ChallengeType(row.type), str(row.name)
    for pause in (*PAUSES, None):
        try:
            if kind is ChallengeType.HTTP:
                _require_page(ports, name, row.token, expected)
            else:
                _require_text(ports, name, expected)
            if ports.caa_identity:
                require_authorized(
                    ports.outside.authorizations(name),
                    us=ports.caa_identity,
                    wildcard=row.wildcard,
                    account_url=account_url,
                    method=kind,
                )
            return None
        except Unproven as error:
            if pause is None or not error.again:
                return AcmeRefused(error.code, error.why, name=name)
            ports.pause(pause)
    raise AssertionError("unreachable")


def _require_page(ports: AcmePorts, name: str, token: str, expected: str) -> None:
    found = ports.outside.page(name, f"/.well-known/acme-challenge/{token}").rstrip()
    if not hmac.compare_digest(found, expected.encode("ascii")):
        raise Unproven("incorrectResponse", "the page is not the key authorization of this challenge")


def _require_text(ports: AcmePorts, name: str, expected: str) -> None:
    wanted = to_base64url(hashlib.sha256(expected.encode("ascii")).digest()).encode("ascii")
    found = ports.outside.texts(f"_acme-challenge.{name}")
    if wanted not in found:
        why = "none of them is the one of this challenge" if found else "there is none"
        raise Unproven(
            "incorrectResponse" if found else "dns", f"TXT records of _acme-challenge: {why}", again=True
        )
