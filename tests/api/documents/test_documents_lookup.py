# SPDX-License-Identifier: Apache-2.0
"""The public answer: five separate lines, each true for a reason, each turned by a matching edit."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from api.desk import Officer
from api.documents import (
    DocumentIdMalformed,
    DocumentState,
    Issued,
    IssueOrder,
    Library,
    LineState,
    NoSuchDocument,
    PublicAnswer,
)
from relying import Composition, Face, Row
from verify import Indication, Report, check_pdf, group_document_id

A3, E01, E07 = "11510106DEM9A00331", "91510100DEM001017Y", "91510106DEM001076Q"


def states(found: PublicAnswer) -> dict[str, str]:
    return {line.name: line.state.value for line in found.lines}


def test_five_answers(rooms: Any, permit: Issued) -> None:
    """Issued by whom, unaltered, in the log, status, freshness: all yes, each with its detail."""
    found = rooms.library.lookup(permit.document_id)
    assert states(found) == dict.fromkeys(("issued", "unaltered", "logged", "status", "fresh"), "yes")
    assert found.state is DocumentState.VALID
    assert all(line.zh and line.en and line.detail for line in found.lines)
    issued, unaltered, logged, status, fresh = found.lines
    assert "样例市住房和城乡建设局" in issued.detail
    assert found.sha256[:16] in unaltered.detail and "上传" in unaltered.detail
    (announced,) = re.findall(r"签发登记第 ([0-9]+) 条\(announced as entry \1\)", logged.detail)
    assert json.loads(rooms.ledger.entry(int(announced)))["kind"] == "intent.opened"
    assert f"签发完成第 {found.ledger_index} 条(issued as entry {found.ledger_index})" in logged.detail
    assert "有效" in status.detail
    assert "2026-07-01 16:30:00(北京时间)" in fresh.detail
    assert json.loads(rooms.ledger.entry(found.ledger_index))["body"]["document_id"] == found.document_id


def test_facts_to_compare_come_from_the_face(rooms: Any, permit: Issued) -> None:
    """Title, number, holder, every row of the face, issuer and day; no key of the holder, no data beyond."""
    found = rooms.library.lookup(permit.document_id)
    facts = {row.zh: row.value for row in found.facts}
    assert facts["编号"] == "510106201705080101"
    assert facts["建设单位"] == "样例置业发展有限公司"
    assert facts["签发机关"] == "样例市住房和城乡建设局"
    assert "持有人" not in facts  # the face names the owner already
    assert E07 not in [row.value for row in found.facts]
    assert found.changes == ()


def test_sheet_counts_and_changes(rooms: Any, applicant: Any) -> None:
    """The counts of a sheet, and what happened since it was printed."""
    issued = rooms.sheets.print("credit_sheet", E01, {"purpose": "投标"})
    found = rooms.library.lookup(issued.document_id)
    facts = {row.zh: row.value for row in found.facts}
    assert (facts["良好行为记录"], facts["不良行为记录"]) == ("0 条", "0 条")
    english = [row.en for row in found.facts]
    assert {"Good conduct", "Bad conduct"} < set(english) and len(set(english)) == len(english)
    assert found.changes == ()
    rooms.clock.advance(timedelta(days=1))
    body = {
        "key": "B3",
        "subject": E01,
        "kind": "bad",
        "code": "LX-FALSE-PERF",
        "text": "申报虚假业绩",
        "authority": "省厅(演示)",
        "decision_no": "演建罚字〔2026〕3号",
        "decided": "2026-05-26",
        "public_until": "2027-05-26",
    }
    rooms.records.enter("credit", "conduct", "B3", body, by="test")
    found = rooms.library.lookup(issued.document_id)
    assert found.changes == ("+1 条不良行为记录(2026-07-02)",)
    assert found.state is DocumentState.VALID


def test_receipt_has_no_changes_to_tell(rooms: Any, applicant: Any) -> None:
    """No module stands behind a receipt: nobody can say, which is not "nothing changed"."""
    sealed = rooms.filed(applicant)
    found = rooms.library.lookup(sealed.receipt_id)
    assert found.state is DocumentState.VALID
    assert found.changes is None
    assert {row.zh: row.value for row in found.facts}["已签章的文件"] == "3 条"


def test_typed_codes(rooms: Any, permit: Issued) -> None:
    """Any case, hyphens, blanks, O for 0, I and L for 1."""
    document_id = permit.document_id
    grouped = group_document_id(document_id)
    spellings = [
        document_id,
        document_id.lower(),
        grouped,
        grouped.lower().replace("-", " "),
        document_id.replace("0", "O").replace("1", "l"),
    ]
    for typed in spellings:
        assert rooms.library.lookup(typed).document_id == document_id


@pytest.mark.parametrize("typed", ["", "ABCD", "U" * 16, "0" * 17, "0" * 5000, "é" * 16, "\x00" * 16])
def test_malformed_codes(rooms: Any, typed: str) -> None:
    """What cannot be a code is no such document, and says which rule it breaks."""
    with pytest.raises(DocumentIdMalformed) as refused:
        rooms.library.lookup(typed)
    assert refused.value.rule and len(refused.value.document_id) <= 40
    assert isinstance(refused.value, NoSuchDocument)


def test_unknown_code(rooms: Any) -> None:
    """Well-formed, but nobody issued it."""
    with pytest.raises(NoSuchDocument):
        rooms.library.lookup("0123456789ABCDEF")


def test_superseded_document_names_both_neighbours(
    rooms: Any, applicant: Any, officer: Officer, permit: Issued
) -> None:
    """The older one says no to "status" and names its successor; the newer names its predecessor."""
    filed, seal = rooms.filed(applicant), rooms.seal_of()
    newer = rooms.desk.approve(filed.submission_id, seal.seal_id, officer)
    old, new = rooms.library.lookup(permit.document_id), rooms.library.lookup(newer.document_id)
    assert (old.state, old.successor) == (DocumentState.SUPERSEDED, newer.document_id)
    assert (new.state, new.predecessor) == (DocumentState.VALID, permit.document_id)
    assert states(old) == {**states(new), "status": "no"}
    assert old.facts  # genuine, only no longer current
    rooms.edit("UPDATE documents SET superseded_by = NULL WHERE id = ?", permit.document_id)
    assert rooms.library.lookup(permit.document_id).state is DocumentState.SUPERSEDED
    assert [(one.table, one.key) for one in rooms.check().findings] == [("documents", permit.document_id)]


def test_expired_document(rooms: Any, officer: Officer) -> None:
    """Genuine, but over: the statement still proves who issued it.  The last day is included."""
    rooms.granted(rooms.seal_of(), officer)  # the keys sign for agencies whose seals somebody may use
    made = Composition(
        face=Face(title="临时许可", number="L1", rows=(Row("事项", "演示"),)),
        record={"n": 1},
        serial="L1",
        holder=E01,
        holder_name="四川样例建工集团有限公司",
        valid_until=date(2026, 7, 2),
    )
    seal = rooms.seals.open(rooms.seal_of().seal_id)
    issued = rooms.issuing.issue(IssueOrder("receipt", "临时许可", "900", made, seal, rooms.clock()))
    assert rooms.library.lookup(issued.document_id).state is DocumentState.VALID
    rooms.clock.advance(timedelta(hours=31))  # 2 July, 23:30 in China
    assert rooms.library.lookup(issued.document_id).state is DocumentState.VALID
    rooms.clock.advance(timedelta(hours=1))
    found = rooms.library.lookup(issued.document_id)
    assert found.state is DocumentState.EXPIRED
    assert states(found) == {
        "issued": "yes",
        "unaltered": "yes",
        "logged": "yes",
        "status": "no",
        "fresh": "yes",
    }
    assert "2026-07-02" in found.lines[3].detail
    assert {row.zh: row.value for row in found.facts}["持有人"] == "四川样例建工集团有限公司"


Edit = tuple[str, Callable[[Any, str], None], set[str]]


def column(name: str, value: object) -> Callable[[Any, str], None]:
    return lambda rooms, document_id: rooms.edit(
        f"UPDATE documents SET {name} = ? WHERE id = ?", value, document_id
    )


def replaced(name: str, old: str, new: str) -> Callable[[Any, str], None]:
    return lambda rooms, document_id: rooms.edit(
        f"UPDATE documents SET {name} = replace({name}, ?, ?) WHERE id = ?", old, new, document_id
    )


def other_file(rooms: Any, document_id: str) -> None:
    rooms.edit(
        "UPDATE files SET content = ? WHERE id = (SELECT file_id FROM documents WHERE id = ?)",
        b"%PDF-1.7 other",
        document_id,
    )


def shifted(rooms: Any, document_id: str) -> None:
    rooms.edit("UPDATE documents SET ledger_index = ledger_index - 1 WHERE id = ?", document_id)


EDITS: list[Edit] = [
    ("face", replaced("face", "样例花园一期", "样例花园二期"), {"unaltered"}),
    ("face is no JSON", column("face", "{"), {"unaltered"}),
    ("record", replaced("record", "31250.00", "91250.00"), {"unaltered"}),
    ("record is no JSON", column("record", ""), {"unaltered"}),
    ("holder", column("holder_name", "别家公司"), {"unaltered"}),
    ("issuer", column("issuer_name", "别的机关"), {"unaltered"}),
    ("title", column("title", "资质证书"), {"unaltered"}),
    ("day of issue", replaced("issued_at", "2026-07-01", "2026-06-01"), {"unaltered"}),
    ("validity", column("valid_until", "2099-01-01"), {"unaltered"}),
    ("validity is no day", column("valid_until", "never"), {"unaltered"}),
    ("digest", column("sha256", "0" * 64), {"unaltered"}),
    ("other digest", column("sm3", "0" * 64), {"unaltered"}),
    ("file", other_file, {"unaltered"}),
    ("entry of another act", column("ledger_index", 0), {"unaltered", "logged"}),
    ("entry of its own intent", shifted, {"unaltered", "logged"}),
    ("entry that is not there", column("ledger_index", 10**6), {"unaltered", "logged"}),
    ("statement", replaced("qr_text", "0", "1"), {"issued", "unaltered"}),
    ("kind", column("type", "credit_sheet"), {"issued", "unaltered"}),
]


@pytest.mark.parametrize(("edit", "turned"), [one[1:] for one in EDITS], ids=[one[0] for one in EDITS])
def test_each_edit_in_the_database_turns_its_answer(
    rooms: Any, permit: Issued, edit: Callable[[Any, str], None], turned: set[str]
) -> None:
    """Whoever edits a row gets a no on the live page, in the right line, and never a traceback."""
    edit(rooms, permit.document_id)
    assert ("documents", permit.document_id) in [(one.table, one.key) for one in rooms.check().findings]
    found = rooms.library.lookup(permit.document_id)
    said_no = {line.name for line in found.lines if line.state is LineState.NO}
    assert said_no == turned
    assert found.state is DocumentState.DOUBTFUL
    assert found.changes is None  # nobody says "nothing changed" about a record in doubt


@pytest.mark.parametrize(
    ("column_", "value"), [("sha256", "0" * 64), ("size", 1), ("content", b"%PDF-1.7 other")]
)
def test_each_edit_of_the_stored_file_is_found(
    rooms: Any, permit: Issued, column_: str, value: object
) -> None:
    """Columns and bytes alike: both are committed to, by their own values."""
    rooms.edit(
        f"UPDATE files SET {column_} = ? WHERE id = (SELECT file_id FROM documents WHERE id = ?)",
        value,
        permit.document_id,
    )
    assert [(one.table, one.key) for one in rooms.check().findings] == [("documents", permit.document_id)]


def test_numbers_set_back_are_harmless_for_sheets(rooms: Any) -> None:
    """A running number is no protected row: set back or lost, it never makes a number be used twice."""
    first = rooms.sheets.print("credit_sheet", E01, {"purpose": "投标"})
    second = rooms.sheets.print("credit_sheet", E07, {"purpose": "投标"})
    for statement in ("UPDATE sequences SET last = 0", "DELETE FROM sequences"):
        rooms.edit(statement)
        again = rooms.sheets.print("credit_sheet", E07, {"purpose": "投标"})
        assert rooms.library.get(again.document_id).version == 1
    serials = [rooms.library.get(one.document_id).serial for one in (first, second, again)]
    assert len(set(serials)) == 3
    assert rooms.library.lookup(first.document_id).state is DocumentState.VALID
    assert rooms.check().findings == ()


def test_tampered_facts_are_not_shown(rooms: Any, permit: Issued) -> None:
    """Nothing to compare rather than something false to compare with."""
    rooms.edit("UPDATE documents SET face = replace(face, '样例', '别例') WHERE id = ?", permit.document_id)
    found = rooms.library.lookup(permit.document_id)
    assert (found.face, found.facts) == (None, ())


def library_with(rooms: Any, **more: Any) -> Library:
    def trust() -> Any:
        return replace(rooms.ports.trust(), **more)

    return Library(rooms.database, rooms.ledger, modules=rooms.modules, trust=trust, clock=rooms.clock)


@pytest.mark.parametrize(
    ("more", "unknown"),
    [
        ({"log_keys": ()}, {"logged"}),
        ({"qr_keys": ()}, {"issued"}),
        ({"hosts": ("other.example",)}, {"issued"}),
    ],
)
def test_what_cannot_be_checked_is_undecided(
    rooms: Any, permit: Issued, more: dict[str, Any], unknown: set[str]
) -> None:
    """Inability is neither a pass nor an accusation."""
    found = library_with(rooms, **more).lookup(permit.document_id)
    assert {line.name for line in found.lines if line.state is LineState.UNKNOWN} == unknown
    assert found.state is DocumentState.UNDECIDED


def file_check(rooms: Any, document_id: str) -> Report:
    return check_pdf(rooms.library.file(document_id), trust=rooms.ports.trust(), at=rooms.clock())


def test_page_after_the_certificate_of_the_seal_was_revoked(rooms: Any, permit: Issued) -> None:
    """The page is never greener than the check of the file: both say no, for the same reason."""
    certificates = rooms.identity.certificates
    certificates.revoke(rooms.seal_of().certificate_id, "keyCompromise", by="test")
    report = file_check(rooms, permit.document_id)
    assert report.indication is Indication.TOTAL_FAILED
    found = rooms.library.lookup(permit.document_id)
    assert found.state is DocumentState.DOUBTFUL
    assert states(found) == {
        "issued": "no",
        "unaltered": "yes",
        "logged": "yes",
        "status": "unknown",
        "fresh": "yes",
    }
    reasons = {reason.code: reason for one in report.signatures for reason in one.reasons}
    assert reasons["CERTIFICATE_REVOKED"].zh in found.lines[0].detail


def test_page_when_the_seal_cannot_be_judged(rooms: Any, permit: Issued) -> None:
    """Without a fresh revocation list neither the file nor the page passes; the page says what to do."""
    rooms.clock.advance(timedelta(days=8))
    assert file_check(rooms, permit.document_id).indication is Indication.INDETERMINATE
    found = rooms.library.lookup(permit.document_id)
    assert found.state is DocumentState.UNDECIDED
    assert states(found)["issued"] == "unknown"
    assert "请获取最新吊销列表后再验" in found.lines[0].detail
    assert len(found.lines) == 5


def test_page_without_anchors(rooms: Any, permit: Issued) -> None:
    """Trust that does not know the authority behind the seal decides nothing about it."""
    found = library_with(rooms, anchors=(), intermediates=()).lookup(permit.document_id)
    assert (found.state, states(found)["issued"]) == (DocumentState.UNDECIDED, "unknown")


def test_stale_trust_list(rooms: Any, permit: Issued) -> None:
    """A list past its renewal decides nothing, and the last line says so."""
    past = rooms.clock() - timedelta(seconds=1)
    found = library_with(rooms, issued=past, next_update=past).lookup(permit.document_id)
    assert found.state is DocumentState.UNDECIDED
    assert states(found)["fresh"] == "unknown" and "列表已过更新期限" in found.lines[4].detail


def test_lookup_writes_nothing(rooms: Any, permit: Issued) -> None:
    """No counting of scans, no tracking of who asks."""
    before = rooms.state()
    rooms.library.lookup(permit.document_id)
    assert rooms.state() == before
