# SPDX-License-Identifier: Apache-2.0
"""The statement under whose authority a seal was used: typed, canonical, bounded, shown."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verify import (
    ApprovedUse,
    Authority,
    AuthorityMalformed,
    Evidenced,
    UseAuthority,
    authority_lines,
    canonical_json,
    parse_authority,
)

GRANT = Evidenced.of("grant-1", b"row")
AT = datetime(2026, 7, 1, 8, 30, tzinfo=UTC)
FULL = UseAuthority(
    officer="officer-1",
    agency="11510106DEM9A00331",
    seal="51010600000001",
    document_type="construction_permit",
    case="SB20260701000001",
    channel="desk",
    purpose="建筑工程施工许可证",
    grant=GRANT,
    approvals=(ApprovedUse(Evidenced.of("request-1", b"request"), ("officer-2", "officer-3"), AT),),
    mandate=Evidenced.of("mandate-1", b"sealed file"),
)
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=30)


def test_what_is_stated_is_read() -> None:
    data = FULL.encode()
    assert parse_authority(data).stated() == FULL
    assert Authority(parse_authority(data).members).encode() == data
    assert FULL.grant is not None and FULL.grant.is_over(b"row") and not FULL.grant.is_over(b"roW")


@given(officer=TEXT, case=TEXT, purpose=TEXT, content=st.binary(max_size=40))
def test_any_text_survives(officer: str, case: str, purpose: str, content: bytes) -> None:
    one = UseAuthority(officer=officer, case=case, purpose=purpose, grant=Evidenced.of("g", content))
    assert parse_authority(one.encode()).stated() == one


def test_for_people_chinese_first() -> None:
    lines = authority_lines(parse_authority(FULL.encode()).members)
    assert [zh for zh, _, _ in lines] == [
        "用印经办人",
        "经办人所属单位",
        "印章",
        "文书种类",
        "案号",
        "用途",
        "用印途径",
        "用印审批",
        "用印授权",
        "授权书",
    ]
    approved = next(value for zh, _, value in lines if zh == "用印审批")
    assert approved.startswith("officer-2、officer-3 · 2026-07-01 08:30:00Z · request-1")
    assert authority_lines({"grant": 7}) == ()


def test_members_of_later_versions_stay() -> None:
    """What this version does not know is neither lost nor refused."""
    data = Authority({"case": "样例", "seen_by": ["x"]}).encode()
    assert parse_authority(data).members["seen_by"] == ["x"]


HEX = "0" * 64
GOOD = {"id": "x", "digest": {"sha256": HEX, "sm3": HEX}}


@pytest.mark.parametrize(
    "members",
    [
        {"officer": 7},
        {"case": None},
        {"grant": "x"},
        {"grant": {"id": "x"}},
        {"grant": {"id": "x", "digest": {"sha256": HEX}}},
        {"grant": {"id": "x", "digest": {"sha256": HEX, "sm3": HEX.replace("0", "A")}}},
        {"grant": {"digest": {"sha256": HEX, "sm3": HEX}}},
        {"mandate": []},
        {"approvals": {}},
        {"approvals": [7]},
        {"approvals": [GOOD]},
        {"approvals": [{**GOOD, "approvers": [7], "time": "2026-07-01T08:30:00Z"}]},
        {"approvals": [{**GOOD, "approvers": ["a"], "time": "yesterday"}]},
        {"approvals": [{**GOOD, "approvers": ["a"], "time": "2026-02-30T08:30:00Z"}]},
    ],
)
def test_members_of_another_type(members: dict[str, Any]) -> None:
    with pytest.raises(AuthorityMalformed):
        parse_authority(canonical_json({**members, "format": "yinxin-authority/1"}))


def test_too_long() -> None:
    with pytest.raises(AuthorityMalformed):
        UseAuthority(purpose="长" * 2000).encode()
    with pytest.raises(AuthorityMalformed):
        parse_authority(b" " * 5000)


def test_each_byte_flipped() -> None:
    """Another statement or none, never an exception of another kind."""
    data = FULL.encode()
    for place in range(len(data)):
        changed = bytearray(data)
        changed[place] ^= 1
        try:
            assert parse_authority(bytes(changed)).encode() == bytes(changed)
        except AuthorityMalformed:
            continue


@given(st.binary(max_size=200))
def test_anything(data: bytes) -> None:
    with suppress(AuthorityMalformed):
        parse_authority(data)
