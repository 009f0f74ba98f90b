# SPDX-License-Identifier: Apache-2.0
"""Attributes beyond level B-B: the statement of authority (signed), the time stamp (unsigned)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from asn1crypto import cms

from keys import KeyKind, digest
from keys.der import octets
from seal.cms import cms_writer
from verify import AUTHORITY_OID, Authority, Indication, Purpose, check_signed_data
from verify.authority import LONGEST

AT = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)
CONTENT = b"content"
STATEMENT = Authority({"format": "yinxin-authority/1", "case": "2026-0001", "use": "seal"}).encode()


def report_on(own: Any, der: bytes) -> Any:
    return check_signed_data(
        der,
        trust=own.trust,
        at=AT,
        purpose=Purpose.SEAL,
        content_digest=lambda algorithm: digest(algorithm, CONTENT),
    )


def signed(own: Any, authority: bytes | None, timestamp: bytes | None = None) -> bytes:
    writer = cms_writer(own.sealing, own.key.scheme)
    attributes = writer.attributes(digest(own.key.scheme.hash, CONTENT), authority=authority)
    return writer.encode(attributes, own.key.sign(attributes), timestamp=timestamp)


@pytest.mark.parametrize("kind", [KeyKind.SM2, KeyKind.P256])
def test_statement_of_authority(authority: Any, kind: KeyKind) -> None:
    own = authority(kind)
    der = signed(own, STATEMENT)
    (signer,) = cms.ContentInfo.load(der, strict=True)["content"]["signer_infos"]
    held = {one["type"].dotted: one["values"] for one in signer["signed_attrs"]}
    assert held[AUTHORITY_OID].contents == octets(STATEMENT)
    report = report_on(own, der)
    assert report.indication is Indication.TOTAL_PASSED
    assert report.facts["authority"] == {"format": "yinxin-authority/1", "case": "2026-0001", "use": "seal"}
    assert "authority" not in report_on(own, signed(own, None)).facts


@pytest.mark.parametrize("statement", [b"", b"{}", STATEMENT + b" ", b"\xff" * 10, bytes(LONGEST + 1)])
def test_statement_that_is_none(authority: Any, statement: bytes) -> None:
    """It is named, and turns no verdict."""
    own = authority(KeyKind.P256)
    report, without = report_on(own, signed(own, statement)), report_on(own, signed(own, None))
    assert "authority" not in report.facts
    assert "AUTHORITY_MALFORMED" in {reason.code for reason in report.reasons}
    assert (report.indication, report.sub_indication) == (without.indication, without.sub_indication)


def test_altered_statement_breaks_the_signature(authority: Any) -> None:
    own = authority(KeyKind.SM2)
    der = signed(own, STATEMENT)
    report = report_on(own, der.replace(b"2026-0001", b"2026-0002"))
    assert report.facts["intact"] is False


@pytest.mark.parametrize("kind", list(KeyKind))
def test_room_for_statement_and_token(authority: Any, kind: KeyKind) -> None:
    own = authority(kind)
    writer = cms_writer(own.sealing, own.key.scheme)
    token = octets(bytes(5_000))
    attributes = writer.attributes(digest(own.key.scheme.hash, CONTENT), authority=STATEMENT)
    value = writer.encode(attributes, own.key.sign(attributes), timestamp=token)
    room = writer.longest(authority=STATEMENT, timestamp=len(token))
    assert len(value) <= room <= len(value) + 12
    (signer,) = cms.ContentInfo.load(value, strict=True)["content"]["signer_infos"]
    (unsigned,) = signer["unsigned_attrs"]
    assert unsigned["type"].native == "signature_time_stamp_token"
    assert unsigned["values"].contents == token
