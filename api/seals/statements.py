# SPDX-License-Identifier: Apache-2.0
"""What is signed for each step of a seal's life: ``yinxin/seal-step/v1``, a line feed, canonical JSON.

The statement names the seal, the step, its number in the life, the actor and the time: a signature for one
step is one for no other, and for this one only once.  Nothing is stored between preparing and completing;
the statement comes back and must be the one that would be written now.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from keys import KeysError
from verify import (
    Certificate,
    Indication,
    Json,
    JsonMalformed,
    Purpose,
    Trust,
    VerifyError,
    canonical_json,
    check_certificate,
    parse_certificate,
    parse_json,
)

from .model import Actor, SignedBy
from .ports import SealPorts
from .refusals import SealStepRefused

FORMAT: Final = "yinxin-seal-step/1"
CONTEXT: Final = b"yinxin/seal-step/v1\n"
LARGEST: Final = 16 * 1024
_SEAL_ID: Final = re.compile(r"[0-9a-f]{32}", re.ASCII)
"""Drawn here when an application is prepared; names of keys and rows follow from it."""
TIME_TO_SIGN: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Signed:
    """A statement and the signature under it."""

    statement: bytes
    signed_by: SignedBy
    certificate: bytes
    signature: bytes

    @property
    def sha256(self) -> str:
        """What makes two calls the same one."""
        return hashlib.sha256(self.statement).hexdigest()


def moment_of(at: datetime) -> str:
    """Whole seconds, UTC."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def write_statement(members: dict[str, Json]) -> bytes:
    """The canonical statement."""
    try:
        return canonical_json({"format": FORMAT, **members})
    except JsonMalformed as error:
        raise SealStepRefused("statement-malformed", error.rule) from error


def read_statement(statement: bytes, *, at: datetime) -> dict[str, Json]:
    """The members of a statement that was prepared here not long ago; raises :class:`SealStepRefused`."""
    try:
        value = parse_json(statement, max_bytes=LARGEST)
        if not isinstance(value, dict) or value.get("format") != FORMAT or canonical_json(value) != statement:
            raise SealStepRefused("statement-malformed")
        prepared = datetime.fromisoformat(str(value.get("at")))
        age = at - prepared
    except (JsonMalformed, ValueError, TypeError, OverflowError) as error:
        raise SealStepRefused("statement-malformed") from error
    if moment_of(prepared) != value["at"] or not _SEAL_ID.fullmatch(str(value.get("seal_id"))):
        raise SealStepRefused("statement-malformed")
    if not -timedelta(seconds=1) <= age <= TIME_TO_SIGN:
        raise SealStepRefused("statement-expired")
    return {name: member for name, member in value.items() if name != "format"}


def signed_by_actor(
    statement: bytes,
    encoded: bytes,
    signature: bytes,
    actor: Actor,
    *,
    trust: Trust,
    at: datetime,
    owner: Callable[[Certificate], str | None],
) -> Signed:
    """The statement under the actor's own signature; raises :class:`SealStepRefused`."""
    try:
        certificate = parse_certificate(encoded)
    except (VerifyError, KeysError) as error:
        raise SealStepRefused("signer-unfit", str(error)) from error
    verdict = check_certificate(certificate, trust, at, purpose=Purpose.LOGIN)
    if verdict.indication is not Indication.TOTAL_PASSED:
        raise SealStepRefused("signer-unfit", "; ".join(one.en for one in verdict.reasons))
    own = owner(certificate) == actor.account_id
    body = actor.acts_for is not None and certificate.uscc == actor.acts_for
    if not (own or body):
        raise SealStepRefused("signer-unfit", "issued to somebody else")
    try:
        certificate.public_key.verify(signature, CONTEXT + statement)
    except KeysError as error:
        raise SealStepRefused("signature-invalid") from error
    return Signed(statement, SignedBy.ACTOR, certificate.der, signature)


def signed_by_platform(ports: SealPorts, statement: bytes) -> Signed:
    """The statement, which names the actor, under the platform's seal: where no key of theirs was at hand."""
    certificates = ports.certificates
    return Signed(
        statement,
        SignedBy.PLATFORM,
        certificates.platform_sealing().certificate.der,
        certificates.platform_signer().sign(CONTEXT + statement),
    )
