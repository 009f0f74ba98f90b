# SPDX-License-Identifier: Apache-2.0
"""The seal status list: what stood when, who may say so, and what is no list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verify import (
    SealChange,
    SealEntry,
    SealStanding,
    SealStatusInvalid,
    SealStatusList,
    SubIndication,
    Trust,
    TrustListBody,
    TrustListInvalid,
    TrustListSignature,
    check_file,
    check_seal_status,
    encode_seal_status,
    load_trust,
    parse_certificate,
    parse_seal_status,
    seal_status_message,
)

from .conftest import AT, FAILED, PASSED, PUBLISHER, UNSURE, codes, signed, verdict

CODE, ESL, NEXT = "51010000000001", "ab" * 32, "cd" * 32
MADE, ACTIVE, SUSPENDED = SealStanding.MADE, SealStanding.ACTIVE, SealStanding.SUSPENDED
REPLACED, CANCELLED = SealStanding.REPLACED, SealStanding.CANCELLED


def day(number: int) -> datetime:
    return AT - timedelta(days=100 - number)


LIFE = (
    SealChange(MADE, day(1), "made"),
    SealChange(ACTIVE, day(2), "activated"),
    SealChange(SUSPENDED, day(10), "not-me"),
    SealChange(ACTIVE, day(12), "resumed"),
    SealChange(REPLACED, day(20), "image", NEXT),
)


def entry(**changes: Any) -> SealEntry:
    known = SealEntry(
        code=CODE,
        seal_id="s1",
        edition=1,
        esl_sha256=ESL,
        esl_sm3="ef" * 32,
        holder="11510100DEM9A0025F",
        holder_name="蜀州市住房和城乡建设局(演示)",
        name="蜀州市住房和城乡建设局样章",
        type="legal-name",
        valid_from=day(1),
        valid_until=day(1) + timedelta(days=900),
        history=LIFE,
    )
    return replace(known, **changes)


def listed(*entries: SealEntry, **changes: Any) -> SealStatusList:
    return SealStatusList(
        **{
            "sequence": 3,
            "issued": AT - timedelta(hours=1),
            "next_update": AT + timedelta(days=1),
            "publisher": PUBLISHER,
            "seals": entries or (entry(), entry(esl_sha256=NEXT, edition=2, history=LIFE[:2])),
            **changes,
        }
    )


def file_of(one: SealStatusList, signers: Sequence[Any], *, context: bytes | None = None) -> bytes:
    message = seal_status_message(one) if context is None else context
    return encode_seal_status(
        one, [TrustListSignature(parse_certificate(by.der), by.key.sign(message)) for by in signers]
    )


@pytest.fixture(scope="module")
def trust(body: TrustListBody) -> Trust:
    return Trust(anchors=body.anchors, intermediates=body.intermediates, crls=body.crls)


@pytest.mark.parametrize(
    ("number", "state", "since"),
    [
        (0, MADE, 1),
        (1, MADE, 1),
        (2, ACTIVE, 2),
        (9, ACTIVE, 2),
        (10, SUSPENDED, 10),
        (11, SUSPENDED, 10),
        (12, ACTIVE, 12),
        (19, ACTIVE, 12),
        (20, REPLACED, 20),
        (90, REPLACED, 20),
    ],
)
def test_state_at(number: int, state: SealStanding, since: int) -> None:
    found = listed().state_at(CODE, ESL, day(number))
    assert found is not None
    assert (found.state, found.since) == (state, day(since))


def test_what_the_list_cannot_say() -> None:
    """Another code, another file, and a time after the list's own."""
    one = listed()
    assert one.state_at("51010000000002", ESL, AT) is None
    assert one.state_at(CODE, "00" * 32, AT) is None
    assert one.state_at(CODE, ESL, one.next_update) is not None
    assert one.state_at(CODE, ESL, one.next_update + timedelta(seconds=1)) is None
    assert [found.edition for found in one.of_code(CODE)] == [1, 2]


def test_passes_and_loads(body: TrustListBody, signers: Any, trust: Trust) -> None:
    data = file_of(listed(), signers)
    report = check_file(data, trust=trust, at=AT)
    assert verdict(report) == (PASSED, None), codes(report)
    assert report.kind == "seal-status"
    assert parse_seal_status(data)[0] == listed()
    loaded = load_trust([("list", signed(body, signers)), ("seals", data)], AT)
    assert loaded.seal_status == listed()
    newer = file_of(listed(sequence=4), signers)
    files = [("list", signed(body, signers)), ("new", newer), ("seals", data)]
    found = load_trust(files, AT).seal_status
    assert found is not None and found.sequence == 4


def test_old_list_tells_the_past(body: TrustListBody, signers: Any, trust: Trust) -> None:
    late = AT + timedelta(days=30)
    data = file_of(listed(), signers)
    report = check_seal_status(data, trust=trust, at=late)
    assert "SEAL_STATUS_STALE" in codes(report)
    assert report.indication is UNSURE
    loaded = load_trust([("list", signed(body, signers)), ("seals", data)], late)
    assert loaded.seal_status is not None


def test_changes_break_the_signatures(body: TrustListBody, signers: Any, trust: Trust) -> None:
    _, signatures = parse_seal_status(file_of(listed(), signers))
    changes: list[dict[str, Any]] = [
        {"sequence": 9},
        {"publisher": "别人"},
        {"next_update": AT + timedelta(days=2)},
        {"seals": ()},
        {"seals": (entry(history=LIFE[:2]),)},
    ]
    for change in changes:
        data = encode_seal_status(listed(**change), signatures)
        report = check_seal_status(data, trust=trust, at=AT)
        assert verdict(report) == (FAILED, SubIndication.SIG_CRYPTO_FAILURE), change
        with pytest.raises(TrustListInvalid):
            load_trust([("list", signed(body, signers)), ("seals", data)], AT)


def test_who_may_not_sign(
    body: TrustListBody, signers: Any, trust: Trust, sm2_authority: Any, rsa_authority: Any
) -> None:
    """Subscribers, one family alone, a signature for a trust list, and nobody known."""
    one = listed()
    bare = file_of(one, signers, context=seal_status_message(one).replace(b"seal-status", b"trust-list"))
    bad = {
        "subscribers": file_of(one, [sm2_authority.holder(), rsa_authority.holder()]),
        "one family": file_of(one, signers[:1]),
        "another purpose": bare,
    }
    for name, data in bad.items():
        report = check_seal_status(data, trust=trust, at=AT)
        assert report.indication is not PASSED, name
        with pytest.raises(TrustListInvalid):
            load_trust([("list", signed(body, signers)), ("seals", data)], AT)
    assert check_seal_status(file_of(one, signers), trust=Trust(), at=AT).indication is UNSURE


def test_two_publishers(body: TrustListBody, signers: Any) -> None:
    other = listed(publisher="涪川市住房和城乡建设局(演示)")
    files = [
        ("list", signed(body, signers)),
        ("a", file_of(listed(), signers)),
        ("b", file_of(other, signers)),
    ]
    with pytest.raises(TrustListInvalid, match="two publishers"):
        load_trust(files, AT)


@pytest.mark.parametrize(
    "change",
    [
        {"code": "5101000000001"},
        {"code": "５１010000000001"},
        {"esl_sha256": ESL.upper()},
        {"edition": 0},
        {"valid_until": day(1)},
        {"history": ()},
        {"history": LIFE[1:]},
        {"history": (*LIFE, SealChange(ACTIVE, day(30), "again"))},
        {"history": (LIFE[0], replace(LIFE[1], at=day(0)))},
        {"history": (LIFE[0], LIFE[2])},
        {"history": (replace(LIFE[0], reason="Made it"),)},
        {"history": (replace(LIFE[0], replaced_by=NEXT),)},
        {"history": (*LIFE[:4], replace(LIFE[4], replaced_by=None))},
    ],
)
def test_no_such_life(change: dict[str, Any]) -> None:
    with pytest.raises(SealStatusInvalid):
        entry(**change)


def test_no_such_list() -> None:
    with pytest.raises(SealStatusInvalid):
        listed(entry(), entry())
    with pytest.raises(SealStatusInvalid):
        listed(next_update=AT - timedelta(hours=1))
    with pytest.raises(SealStatusInvalid, match="later than issued"):
        listed(entry(history=(SealChange(MADE, AT, "made"),)))


def test_each_byte_counts(signers: Any, trust: Trust) -> None:
    """No flip of a byte passes, and none raises."""
    data = file_of(listed(entry(history=LIFE[:2])), signers)
    step = max(1, len(data) // 400)
    for place in range(0, len(data), step):
        changed = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        assert check_seal_status(changed, trust=trust, at=AT).indication is not PASSED, place


@given(st.binary(max_size=300) | st.sampled_from([b'{"format":"yinxin-seal-status/1"', b"{}", b"[]"]))
@settings(max_examples=60, deadline=None)
def test_any_bytes(data: bytes) -> None:
    report = check_seal_status(data, trust=Trust(), at=AT)
    assert verdict(report) == (FAILED, SubIndication.FORMAT_FAILURE)
    with pytest.raises(SealStatusInvalid):
        parse_seal_status(data)
