# SPDX-License-Identifier: Apache-2.0
"""Enrolment codes (注册码): how somebody without a certificate, and so without a login, applies.

The office checks the person at the counter and hands out a code for exactly that certificate.  Eighty random
bits, in the letters of document codes that cannot be mistaken for each other; only a digest is kept.
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, timedelta

from ..ledger import Transaction
from . import store
from .errors import CodeExpired, CodeUnknown, CodeUsed
from .model import OVER, CodeOrder, EnrolmentCode

_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_RANDOM_BYTES = 10
_CODE = re.compile(rf"[{_LETTERS}]{{16}}\Z")
_ALIKE = str.maketrans({"O": "0", "I": "1", "L": "1"})


def make(tx: Transaction, order: CodeOrder, *, code_id: str, secret: bytes, at: datetime, by: str) -> str:
    """Keep a new code; returns it as it is handed out, which happens once."""
    number = int.from_bytes(secret[:_RANDOM_BYTES], "big")
    plain = "".join(_LETTERS[number >> (5 * place) & 31] for place in range(15, -1, -1))
    store.add_code(
        tx,
        {
            "id": code_id,
            "code_sha256": digest(plain),
            "profile": order.profile,
            "account_id": order.account_id,
            "holder": order.holder,
            "holder_name": order.holder_name,
            "agency": order.agency,
            "made_at": at,
            "made_by": by,
            "expires_at": at + timedelta(hours=order.hours),
            "enrolment_id": None,
        },
    )
    return "-".join(plain[at : at + 4] for at in range(0, 16, 4))


def digest(typed: str) -> str:
    """What is kept of a code, in whatever spelling it was typed.  Raises :class:`CodeUnknown`."""
    plain = re.sub(r"[\s-]", "", typed).upper().translate(_ALIKE) if len(typed) <= 64 else ""
    if not _CODE.match(plain):
        raise CodeUnknown
    return hashlib.sha256(plain.encode()).hexdigest()


def require_usable(tx: Transaction, found: EnrolmentCode, digest_of_order: str, at: datetime) -> None:
    """The code still lets somebody apply, or repeat the very application that it brought."""
    if found.enrolment_id is not None:
        before = store.read(tx.connection, found.enrolment_id)
        live = store.find_live(tx.connection, digest_of_order)
        if live is not None and live.enrolment_id == before.enrolment_id:
            return
        if before.state not in OVER:
            raise CodeUsed
    if at >= found.expires_at:
        raise CodeExpired
