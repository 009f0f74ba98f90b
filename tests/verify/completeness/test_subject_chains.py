# SPDX-License-Identifier: Apache-2.0
"""Histories of subjects inside the leaves: what is hidden, moved or repeated is named."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verify import (
    HistoryStatement,
    Json,
    LogEntry,
    LogEntryMalformed,
    SubjectChains,
    SubjectLink,
    VerifyError,
    canonical_json,
    check_history,
    leaf_hash,
    parse_history,
    parse_log_entry,
)

E01, E12 = "91510100DEM001017Y", "91511300DEM001121R"
AT = "2026-11-23T02:00:00Z"
NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
SHEET = "DOCUMENT00000001"


@dataclass
class Log:
    """Writes leaves as the service does."""

    leaves: list[bytes] = field(default_factory=list)
    heads: dict[str, tuple[int, str]] = field(default_factory=dict)

    def add(self, kind: str, body: dict[str, Json], subject: str = "") -> int:
        entry: dict[str, Json] = {"v": 1, "index": len(self.leaves), "at": AT, "kind": kind, "body": body}
        sequence, previous = self.heads.get(subject, (0, ""))
        if subject:
            entry["subject"] = SubjectLink(subject, sequence + 1, previous).to_json()
        leaf = canonical_json(entry)
        self.leaves.append(leaf)
        if subject:
            self.heads[subject] = (sequence + 1, leaf_hash(leaf).hex())
        return sequence + 1

    def record(self, subject: str, *, until: str = "2027-10-26", replaces: int | None = None) -> int:
        facts: dict[str, Json] = {"from": "2026-10-26", "until": until, "replaces": replaces}
        body: dict[str, Json] = {"module": "credit", "record_kind": "conduct", "version": 1, "facts": facts}
        return self.add("record.entered", body, subject)

    def entries(self) -> list[LogEntry]:
        return [parse_log_entry(leaf, index) for index, leaf in enumerate(self.leaves)]

    def state(self, subject: str, *shown: int) -> HistoryStatement:
        sequence, head = self.heads.get(subject, (0, ""))
        return HistoryStatement(subject, sequence, head, NOW, ("credit/conduct",), shown)

    def issue(self, subject: str = E12) -> None:
        self.add("document.issued", {"document_id": SHEET, "type": "sheet"}, subject)


def codes(log: Log, stated: HistoryStatement, **more: str) -> list[str]:
    return [one.code for one in check_history(stated, log.entries(), document_id=SHEET, **more)]


def test_a_complete_sheet_agrees() -> None:
    """Numbers are those of the subject alone: other entries lie between."""
    log = Log()
    log.add("account.opened", {})
    first, _, second = log.record(E12), log.record(E01), log.record(E12)
    stated = log.state(E12, first, second)
    log.issue()
    log.record(E12)  # entered after the sheet
    assert (first, second, stated.sequence) == (1, 2, 2)
    assert codes(log, stated) == []
    assert parse_history(stated.to_json()) == stated
    chains = SubjectChains()
    assert list(chains.take_all(log.entries())) == []
    assert chains.heads[E12].sequence == 4 and chains.heads[E01].sequence == 1


def test_an_empty_history_is_a_claim_too() -> None:
    """No record before: the sheet is number 1; with a record before it, the claim is wrong."""
    log = Log()
    stated = log.state(E12)
    log.issue()
    assert codes(log, stated) == []
    other = Log()
    other.record(E12)
    other.issue()
    assert codes(other, stated) == ["HISTORY_STALE"]


def test_what_is_left_out_is_named() -> None:
    """A public record that the sheet does not show; one that is over or was replaced is not due."""
    log = Log()
    over = log.record(E12, until="2026-11-22")
    bad = log.record(E12)
    corrected = log.record(E12, replaces=log.record(E12))
    stated = log.state(E12, corrected)
    log.issue()
    (fault,) = check_history(stated, log.entries(), document_id=SHEET)
    assert (fault.code, fault.number) == ("RECORD_OMITTED", bad)
    stated = log.state(E12, over, bad, corrected)
    assert [one.code for one in check_history(stated, log.entries())] == ["RECORD_NOT_PUBLIC"]


def test_a_sheet_of_an_older_head_is_named() -> None:
    """Issued from what was public before the last record."""
    log = Log()
    first = log.record(E12)
    stated = log.state(E12, first)
    log.record(E12)
    log.issue()
    (fault,) = check_history(stated, log.entries(), document_id=SHEET)
    assert (fault.code, fault.number) == ("HISTORY_STALE", 2)


def test_documents_issued_at_the_same_time_are_not_left_out() -> None:
    """Two sheets of one head: neither shows the other, and neither hides a record."""
    log = Log()
    stated = log.state(E12, log.record(E12))
    log.add("document.issued", {"document_id": "ANOTHER000000001"}, E12)
    log.issue()
    assert codes(log, stated) == []


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        ("hide", ["SUBJECT_GAP", "RECORD_NOT_PUBLIC"]),
        ("rewrite", ["SUBJECT_RELINKED", "RECORD_NOT_PUBLIC"]),
        ("repeat", ["SUBJECT_REPEATED", "SUBJECT_GAP", "RECORD_NOT_PUBLIC"]),
        ("cut", ["HISTORY_SHORTER", "DOCUMENT_NOT_IN_HISTORY", "RECORD_NOT_PUBLIC"]),
    ],
)
def test_a_forged_log_is_named(act: str, expected: list[str]) -> None:
    """The bad record is number 2 of 3; whoever serves another log contradicts the entries around it."""
    log = Log()
    shown = [log.record(E12) for _ in range(3)]
    stated = log.state(E12, *shown)
    log.issue()
    forged = Log(list(log.leaves), dict(log.heads))
    if act == "hide":
        forged.leaves[1] = canonical_json({"v": 1, "index": 1, "at": AT, "kind": "login.made", "body": {}})
    elif act == "rewrite":
        forged.leaves[1] = forged.leaves[1].replace(b"2027-10-26", b"2026-10-27")
    elif act == "repeat":
        forged.leaves[1] = forged.leaves[0].replace(b'"index":0', b'"index":1')
    else:
        forged.leaves = forged.leaves[:2]
    assert codes(forged, stated) == expected


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"v": 2}, "v"),
        ({"index": 1}, "index"),
        ({"at": "2026-11-23"}, "at"),
        ({"kind": "Record"}, "kind"),
        ({"body": []}, "body"),
        ({"row": {}}, "row"),
        ({"more": 1}, "(leaf)"),
        ({"subject": {"code": "H01", "sequence": 1, "previous": None}}, "subject.code"),
        ({"subject": {"code": E12, "sequence": 0, "previous": None}}, "subject.sequence"),
        ({"subject": {"code": E12, "sequence": True, "previous": None}}, "subject.sequence"),
        ({"subject": {"code": E12, "sequence": 2, "previous": None}}, "subject.previous"),
        ({"subject": {"code": E12, "sequence": 1, "previous": "0" * 64}}, "subject.previous"),
        ({"subject": {"code": E12, "sequence": 2, "previous": "0"}}, "subject.previous"),
        ({"subject": {"code": E12}}, "subject"),
    ],
)
def test_what_is_no_entry_is_refused_by_field(change: dict[str, Json], field: str) -> None:
    """The format of a leaf, member by member."""
    good: dict[str, Json] = {"v": 1, "index": 0, "at": AT, "kind": "record.entered", "body": {}}
    assert parse_log_entry(canonical_json(good), 0).at == NOW
    with pytest.raises(LogEntryMalformed) as refused:
        parse_log_entry(canonical_json({**good, **change}), 0)
    assert refused.value.field == field


def test_a_leaf_has_one_spelling() -> None:
    """Bytes that say the same in another way are another leaf."""
    with pytest.raises(LogEntryMalformed):
        parse_log_entry(b'{"v": 1, "index": 0}', 0)


@given(
    st.binary(max_size=80) | st.from_regex(rb'\{"at":"[0-9TZ:-]{0,20}","body":\{\}.{0,60}', fullmatch=True)
)
def test_only_typed_errors_escape(data: bytes) -> None:
    """Whatever the bytes are."""
    with suppress(VerifyError):
        parse_log_entry(data, 0)


@given(
    st.recursive(st.none() | st.integers() | st.text(max_size=8), lambda inner: st.lists(inner, max_size=3))
)
def test_statements_refuse_everything_else(value: Json) -> None:
    """And member by member with wrong values."""
    good = HistoryStatement(E12, 0, "", NOW, (), ()).to_json()
    for name in (None, *good):
        with suppress(VerifyError):
            parse_history(value if name is None else {**good, name: value})
