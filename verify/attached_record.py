# SPDX-License-Identifier: Apache-2.0
"""The record that a document of ours carries as an attachment: its digest, and which document it names."""

from __future__ import annotations

import hashlib
from typing import Final

from .canonical import Json, JsonMalformed, parse_json
from .qr import QrMalformed, normalize_document_id

RECORD: Final = "record.json"
"""The attachment in which a document of ours carries the record that it states."""


def record_facts(record: bytes | None) -> dict[str, Json]:
    """Facts for a report: nothing is believed here, and what a record names may be anything well-formed."""
    return {
        "record_digest": None if record is None else hashlib.sha256(record).hexdigest(),
        "record_document_id": None if record is None else _document_id(record),
    }


def _document_id(record: bytes) -> str | None:
    try:
        value = parse_json(record)
        named = value.get("document_id") if isinstance(value, dict) else None
        return normalize_document_id(named) if isinstance(named, str) else None
    except (JsonMalformed, QrMalformed):
        return None
