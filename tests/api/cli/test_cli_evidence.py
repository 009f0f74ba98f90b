# SPDX-License-Identifier: Apache-2.0
"""``yinxin evidence``: documents get a record by one time stamp, it is renewed, anybody checks it offline."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from api.database.tables_renewals import evidence_stamps
from api.renewals import Due, Renewals
from api.wiring import open_service
from keys import KeyKind
from verify import parse_evidence_record

E01 = "91510100DEM001017Y"


@pytest.fixture
def issued(untouched: Path, tmp_path: Path) -> tuple[Path, list[str], list[Path]]:
    """Three documents on record, and their files."""
    service = open_service(untouched)
    ids = [service.sheets.print("credit_sheet", E01, {"purpose": f"投标{n}"}).document_id for n in range(3)]
    files = []
    for one in ids:
        files.append(tmp_path / f"{one}.pdf")
        files[-1].write_bytes(service.library.file(one))
    service.close()
    return untouched, ids, files


def test_made_renewed_and_checked(yinxin: Any, issued: Any) -> None:
    data, ids, files = issued
    assert yinxin("evidence", "due", "--data", data, "--json").json["documents"] == 3
    dry = yinxin("evidence", "renew", "--dry-run", "--data", data, "--json")
    assert dry.json == {"dry_run": True, "documents": 3, "batches": []}
    assert yinxin("evidence", "renew", "--data", data, "--json").json["documents"] == 3
    assert yinxin("evidence", "due", "--data", data, "--json").json == {
        "documents": 0,
        "oldest": None,
        "batches": [],
    }
    # Twelve years before it ends, so now: one more time stamp renews all three.
    again = yinxin("evidence", "renew", "--days", 4000, "--data", data, "--json").json
    assert (again["documents"], len(again["batches"])) == (0, 1)
    for document, file in zip(ids, files, strict=True):
        record = file.with_name(f"{file.name}.ers")
        assert yinxin("evidence", "export", document, "--out", record, "--data", data).code == 0
        (report,) = yinxin("verify", record, "--data", data, "--json").json
        assert (report["kind"], report["indication"]) == ("evidence-record", "TOTAL-PASSED"), report
        assert [one["indication"] for one in report["facts"]["time_stamps"]] == ["TOTAL-PASSED"] * 2
    # The record of one document says nothing about another (but for neighbours in its first list).
    other = files[0].with_name("other.pdf")
    other.write_bytes(files[0].read_bytes() + b"\n")
    record = files[0].with_name(f"{files[0].name}.ers")
    (report,) = yinxin("verify", record, "--content", other, "--data", data, "--json").json
    assert report["indication"] == "TOTAL-FAILED"
    assert yinxin("log", "check", "--data", data, "--json").json["findings"] == []


def test_issued_one_by_one_at_a_level(yinxin: Any, issued: Any, tmp_path: Path) -> None:
    """The service stamps what it issues and adds the evidence: the root alone is enough, and no list."""
    data, _, files = issued
    root = tmp_path / "root"
    root.mkdir()
    service = open_service(data)
    for number, one in enumerate(service.certificates.trust().anchors):
        (root / f"{number}.cer").write_bytes(one.der)
    service.close()
    for report in yinxin("verify", *files, "--trust", root, "--json").json:
        assert report["indication"] == "TOTAL-PASSED", report
        assert report["signatures"][0]["facts"]["level"] == "B-LT"


def test_done_by_itself(issued: Any) -> None:
    """What has waited for a day is covered, looked at once an hour; a batch that ends soon is renewed."""
    data, ids, _ = issued
    service = open_service(data)
    clock = [datetime.now(UTC)]
    renewals = Renewals(replace(service.renewals._ports, clock=lambda: clock[0]))
    renewals.do_chores()
    assert renewals.due().documents == 3
    clock[0] += timedelta(days=1, minutes=1)
    renewals.do_chores()
    assert renewals.due() == Due(0, None, ())
    first = parse_evidence_record(renewals.record(ids[0]))
    assert len(first.chains[0]) == 1
    renewals.renew(renewals.due(ahead=timedelta(days=4000)).batches[0][0])
    again = parse_evidence_record(renewals.record(ids[0]))
    assert [len(chain) for chain in again.chains] == [2]
    assert again.chains[0][0].lists == first.chains[0][0].lists
    service.close()


def test_not_yet(yinxin: Any, issued: Any, tmp_path: Path) -> None:
    data, ids, _ = issued
    ran = yinxin("evidence", "export", ids[0], "--out", tmp_path / "x.ers", "--data", data)
    assert ran.code != 0
    assert not (tmp_path / "x.ers").exists()
    assert "Traceback" not in ran.err


def test_an_edit_is_found(yinxin: Any, issued: Any) -> None:
    """A token that somebody changed in the database is named by the check of the log."""
    data, _, _ = issued
    assert yinxin("evidence", "renew", "--data", data).code == 0
    service = open_service(data)
    with service.database.write() as connection:
        connection.execute(update(evidence_stamps).values(token=b"x"))
    service.close()
    found = yinxin("log", "check", "--data", data, "--json").json["findings"]
    assert [one["table"] for one in found] == ["evidence_stamps"]


@pytest.mark.parametrize("kind", [KeyKind.SM2, KeyKind.RSA2048])
def test_renewed_inside_the_file(
    yinxin: Any, made: Path, seals: dict[KeyKind, str], plain_pdf: Path, tmp_path: Path, kind: KeyKind
) -> None:
    """Due, renewed into a further file, not due any more than a time stamp of today is; no seal is used."""
    stamped, archived = tmp_path / "t.pdf", tmp_path / "lta.pdf"
    for file, level in ((stamped, "t"), (archived, "lta")):
        ran = yinxin(
            "seal", plain_pdf, "--seal", seals[kind], "--out", file, "--level", level, "--data", made
        )
        assert ran.code == 0, ran.err
    found = yinxin("evidence", "due", stamped, archived, plain_pdf, "--data", made, "--json").json["files"]
    assert [one.get("due") for one in found] == [False, False, None]
    assert [one.get("level") for one in found] == ["B-T", "B-LTA", None]
    assert found[2]["refused"] == "file-does-not-pass"
    ahead = ("--days", 9000)
    found = yinxin("evidence", "due", stamped, archived, *ahead, "--data", made, "--json").json["files"]
    assert [one["due"] for one in found] == [False, True]
    said = yinxin("evidence", "due", stamped, archived, plain_pdf, *ahead, "--data", made)
    assert (said.code, said.out.count("B-LTA")) == (0, 1)
    for file, count in ((archived, 2), (stamped, 1)):
        renewed = file.with_name(f"renewed-{file.name}")
        assert yinxin("evidence", "renew-file", file, "--out", renewed, "--data", made).code == 0
        assert renewed.read_bytes().startswith(file.read_bytes())
        (report,) = yinxin("verify", renewed, "--data", made, "--json").json
        assert report["indication"] == "TOTAL-PASSED", report
        assert report["signatures"][0]["facts"]["level"] == "B-LTA"
        assert report["facts"]["time_stamps"] == count
    refused = yinxin("evidence", "renew-file", plain_pdf, "--out", tmp_path / "no.pdf", "--data", made)
    assert refused.code == 1
    assert not (tmp_path / "no.pdf").exists()


def test_pack(yinxin: Any, issued: Any) -> None:
    """One file, made by one command and checked by one, with the trust list that the service publishes."""
    data, ids, files = issued
    made = files[0].with_suffix(".zip")
    assert yinxin("evidence", "pack", ids[0], "-o", made, "--data", data, "--json").json["id"] == ids[0]
    (report,) = yinxin("verify", made, "--data", data, "--json").json
    assert (report["kind"], report["indication"]) == ("evidence-pack", "TOTAL-PASSED"), report["reasons"]
    roles = {one["role"] for one in report["facts"]["parts"]}
    assert {
        "original",
        "signature",
        "timestamp",
        "status",
        "log-proof",
        "trust-list",
        "document-status",
    } <= roles
    assert yinxin("evidence", "pack", ids[0], "-o", made, "--data", data).code == 1  # nothing is overwritten
    assert yinxin("evidence", "pack", "0" * 32, "-o", files[0].with_suffix(".x"), "--data", data).code == 1
