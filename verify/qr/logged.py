# SPDX-License-Identifier: Apache-2.0
"""When the log announced the document of a statement: proof that it was there before its key was revoked."""

from __future__ import annotations

from datetime import UTC, datetime

from ..canonical import Json, JsonMalformed, parse_json
from ..ledger import LedgerError, check_log_proof, parse_log_proof
from ..report import Indication
from ..trust import Trust
from .statement import QrStatement

_OPENED, _ISSUE = "intent.opened", "document.issue"


def logged_at(statement: QrStatement, proof: bytes | None, *, trust: Trust, at: datetime) -> datetime | None:
    """The time of the entry that announced this document, if the proof passes and is about it.

    The entry stands at the log index of the statement, and names the same id and the same record.
    """
    if proof is None or statement.log_index is None:
        return None
    if check_log_proof(proof, trust=trust, at=at).indication is not Indication.TOTAL_PASSED:
        return None
    try:
        found = parse_log_proof(proof)
        entry = parse_json(found.entry)
    except (LedgerError, JsonMalformed):
        return None
    if found.index != statement.log_index or not isinstance(entry, dict):
        return None
    return _time(entry.get("at")) if _announces(entry, statement) else None


def _announces(entry: dict[str, Json], statement: QrStatement) -> bool:
    body = entry.get("body")
    facts = body.get("facts") if isinstance(body, dict) else None
    if not isinstance(body, dict) or not isinstance(facts, dict):
        return False
    digest = facts.get("record_sha256")
    return (
        entry.get("kind") == _OPENED
        and body.get("act") == _ISSUE
        and facts.get("document_id") == statement.id
        and isinstance(digest, str)
        and digest[: 2 * len(statement.digest)] == statement.digest.hex()
    )


def _time(value: Json) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo is not None else None
