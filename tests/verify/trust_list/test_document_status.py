# SPDX-License-Identifier: Apache-2.0
"""The signed list of how documents stand: its form, its signers, its age, and what a hostile one meets."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verify import (
    DocumentChange,
    DocumentStanding,
    DocumentStatusInvalid,
    DocumentStatusList,
    Indication,
    SubIndication,
    Trust,
    TrustListBody,
    TrustListInvalid,
    TrustListSignature,
    canonical_json,
    check_document_status,
    check_file,
    document_status_body,
    document_status_message,
    encode_document_status,
    load_trust,
    parse_certificate,
    parse_document_states,
    parse_document_status,
    parse_json,
    sequences_of,
)

from .conftest import AT, FAILED, PASSED, PUBLISHER, UNSURE, codes, signed, verdict

CHANGES = {
    2: DocumentChange(AT - timedelta(days=3), "data-error"),
    7: DocumentChange(AT - timedelta(days=2), "newer-version", "04HMASW9NF6YY093"),
}
LISTED = DocumentStatusList(
    sequence=3,
    issued=AT - timedelta(hours=1),
    next_update=AT + timedelta(hours=23),
    publisher=PUBLISHER,
    log="xinyong.example.gov.cn/log",
    size=9,
    states=bytes.fromhex("1051001610"),
    changes=CHANGES,
)


def published(some: Sequence[Any], listed: DocumentStatusList = LISTED) -> bytes:
    body = document_status_body(listed)
    message = document_status_message(body)
    return encode_document_status(
        body, [TrustListSignature(parse_certificate(one.der), one.key.sign(message)) for one in some]
    )


def test_states() -> None:
    """Four bits for each entry; what is no document, or newer than the list, has no state."""
    listed = parse_document_states(document_status_body(LISTED))
    assert listed == LISTED
    found = [listed.state_at(index) for index in range(-1, 12)]
    normal, revoked, newer = (
        DocumentStanding.NORMAL,
        DocumentStanding.REVOKED,
        DocumentStanding.SUPERSEDED,
    )
    assert found == [None, normal, None, revoked, normal, None, None, normal, newer, normal, None, None, None]
    assert listed.age(AT) == timedelta(hours=1)
    assert listed.age(AT - timedelta(days=1)) == timedelta()


@given(st.lists(st.sampled_from([0, 1, 1, 1, 5, 15]), max_size=70))
def test_pair(states: list[int]) -> None:
    """What is written is read back, for any array."""
    pairs = [*states, 0] if len(states) % 2 else states
    listed = replace(
        LISTED,
        size=len(states),
        states=bytes(a << 4 | b for a, b in zip(pairs[::2], pairs[1::2], strict=True)),
        changes={index: CHANGES[2] for index, state in enumerate(states) if state > 1},
    )
    assert parse_document_states(document_status_body(listed)) == listed


def packed(data: bytes) -> str:
    return base64.b64encode(gzip.compress(data)).decode()


EDITS: dict[str, Any] = {
    "format": lambda v: v.update(format="yinxin-document-status/2"),
    "member": lambda v: v["list"].update(more=1),
    "no signature": lambda v: v.update(signatures=[]),
    "times in disorder": lambda v: v["list"].update(next_update="2020-01-01T00:00:00Z"),
    "states too short": lambda v: v["list"].update(states=packed(bytes(4))),
    "states too long": lambda v: v["list"].update(states=packed(bytes(6))),
    "states of another format": lambda v: v["list"].update(states=packed(bytes.fromhex("c051001610"))),
    "filling not zero": lambda v: v["list"].update(states=packed(bytes.fromhex("1051001611"))),
    "a change that nobody explains": lambda v: v["list"].update(states=packed(bytes.fromhex("5051001610"))),
    "an explanation without change": lambda v: v["list"].update(states=packed(bytes.fromhex("1011001610"))),
    "states no gzip": lambda v: v["list"].update(states="AAAA"),
    "two gzip members": lambda v: v["list"].update(states=v["list"]["states"] + v["list"]["states"]),
    "size beyond all": lambda v: v["list"].update(size=10**9),
    "gzip bomb": lambda v: v["list"].update(states=packed(bytes(50_000_000))),
    "changes out of order": lambda v: v["list"].update(
        changes=packed(b'[[7,"2026-07-01T00:00:00Z","a",null],[2,"2026-07-01T00:00:00Z","a",null]]')
    ),
    "changes with a second spelling": lambda v: v["list"].update(
        changes=packed(gzip.decompress(base64.b64decode(v["list"]["changes"])) + b" ")
    ),
    "reason": lambda v: v["list"].update(
        changes=packed(b'[[2,"2026-07-01T00:00:00Z","Not A Code",null],[7,"2026-07-01T00:00:00Z","a",null]]')
    ),
    "successor": lambda v: v["list"].update(
        changes=packed(b'[[2,"2026-07-01T00:00:00Z","a","?"],[7,"2026-07-01T00:00:00Z","a",null]]')
    ),
}


@pytest.mark.parametrize("name", EDITS)
def test_malformed(signers: Any, name: str) -> None:
    value: Any = parse_json(published(signers))
    EDITS[name](value)
    data = canonical_json(value)
    with pytest.raises(DocumentStatusInvalid):
        parse_document_status(data)
    report = check_document_status(data, trust=Trust(), at=AT)
    assert verdict(report) == (FAILED, SubIndication.FORMAT_FAILURE)
    assert codes(report) == {"DOCUMENT_STATUS_MALFORMED"}


@pytest.fixture(scope="module")
def trust(body: TrustListBody, signers: Any) -> Trust:
    return load_trust([("trust-list.json", signed(body, signers))], AT)


def test_verdicts(signers: Any, trust: Trust, rsa_authority: Any) -> None:
    """Signed as the trust list is; its age, and a sequence that goes back, keep it from passing."""
    data = published(signers)
    good = check_document_status(data, trust=trust, at=AT)
    assert verdict(good) == (PASSED, None), codes(good)
    assert (good.facts["sequence"], good.facts["size"], good.facts["not_normal"]) == (3, 9, 2)
    assert verdict(check_file(data, trust=trust, at=AT)) == (PASSED, None)
    for options, some, code in (
        ({"at": LISTED.next_update + timedelta(seconds=1)}, signers, "DOCUMENT_STATUS_STALE"),
        ({"at": LISTED.issued - timedelta(seconds=1)}, signers, "DOCUMENT_STATUS_FROM_FUTURE"),
        ({"after": 4}, signers, "DOCUMENT_STATUS_ROLLBACK"),
        ({}, signers[:1], "LIST_SIGNERS_TOO_FEW"),
        ({}, [signers[1], rsa_authority.list_signer("三")], "LIST_SIGNERS_TOO_FEW"),
        ({}, signers[1:], "DOCUMENT_STATUS_NOT_ANCHORED"),
    ):
        report = check_document_status(published(some), trust=trust, **{"at": AT, **options})
        assert report.indication is UNSURE
        assert code in codes(report)
    assert check_document_status(data, trust=trust, at=AT, after=3).indication is PASSED
    stranger = check_document_status(data, trust=Trust(), at=AT)
    assert stranger.indication is UNSURE


def test_loaded_beside_the_trust_list(body: TrustListBody, signers: Any) -> None:
    """The newest of one publisher; an old one is loaded, for it tells the past; a bad one is refused."""
    lists = [("trust-list.json", signed(body, signers))]
    new, old = published(signers), published(signers, replace(LISTED, sequence=2))
    files = [*lists, ("new", new), ("old", old)]
    trust = load_trust(files, AT + timedelta(days=9))
    assert trust.document_status == LISTED
    assert sequences_of(files, trust)[f"document-status/{PUBLISHER}"] == 3
    with pytest.raises(TrustListInvalid, match="lower than 4"):
        load_trust(files, AT, seen={f"document-status/{PUBLISHER}": 4})
    other = published(signers, replace(LISTED, publisher="另一机关"))
    for bad in (published(signers[:1]), new[:-3], new.replace(b'"size":9', b'"size":8'), other):
        with pytest.raises(TrustListInvalid):
            load_trust([*files, ("bad", bad)], AT)
    with pytest.raises(TrustListInvalid, match="publisher"):  # also where it is the only one
        load_trust([*lists, ("other", other)], AT)
    with pytest.raises(TrustListInvalid):
        load_trust([("new", new)], AT)


def test_flip_bytes(signers: Any, trust: Trust) -> None:
    """Whatever byte changes, the list passes no more."""
    data = published(signers)
    for at in range(0, len(data), 13):
        broken = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        report = check_document_status(broken, trust=trust, at=AT)
        assert report.indication is not Indication.TOTAL_PASSED, at
