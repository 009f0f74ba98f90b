# SPDX-License-Identifier: Apache-2.0
"""``yinxin batch``: a sheet or a folder in, every document once, the same command again goes on."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
from pathlib import Path
from typing import Any

import pytest

from api.wiring import open_service
from keys import KeyKind, generate_key, write_key_file
from verify import Indication, canonical_json, check_pdf

from ..batches.conftest import tiny_pdf

E01, E02 = "91510100DEM001017Y", "91510104DEM001025K"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "合同"
    path.mkdir()
    for number in range(15):
        (path / f"{number:02d}.pdf").write_bytes(tiny_pdf(number))
    return path


def test_a_folder(yinxin: Any, made: Path, seals: dict[KeyKind, str], folder: Path, tmp_path: Path) -> None:
    """Sealed, told, written, verified; once more changes nothing."""
    command = ("batch", "seal", folder, "--seal", seals[KeyKind.SM2], "--data", made, "--json")
    ran = yinxin(*command)
    assert ran.code == 0, ran.err
    told = ran.json
    assert (told["state"], told["received"], told["done"], told["title"]) == ("done", 15, 15, "合同")
    again = yinxin(*command)
    assert again.json == told
    out = tmp_path / "sealed"
    assert yinxin(*command, "--out", out).json == told  # one document, although it wrote files
    assert yinxin("batch", "fetch", told["batch_id"], "--out", out, "--data", made).code == 0
    written = sorted(out.iterdir())
    assert [one.name for one in written][:2] == ["0000001-00.pdf", "0000002-01.pdf"]
    service = open_service(made)
    try:
        for one in written:
            report = check_pdf(one.read_bytes(), trust=service.trust(), at=service.clock())
            assert report.indication is Indication.TOTAL_PASSED
        assert service.check_ledger().findings == ()
    finally:
        service.close()
    shown = yinxin("batch", "show", told["batch_id"], "--data", made)
    assert "15 / 15" in shown.out
    listed = yinxin("batch", "list", "--agency", "11510106DEM9A00331", "--data", made)
    assert told["batch_id"] in listed.out
    sheet = tmp_path / "results.csv"
    assert yinxin("batch", "results", told["batch_id"], "--out", sheet, "--data", made).code == 0
    rows = list(csv.DictReader(io.StringIO(sheet.read_text("utf-8-sig"))))
    assert len({one["sha256"] for one in rows}) == 15
    assert yinxin("batch", "results", told["batch_id"], "--out", sheet, "--data", made).code == 1


def test_rows_with_bad_ones(yinxin: Any, made: Path, seals: dict[KeyKind, str], tmp_path: Path) -> None:
    """Every bad row is told with its line; the good ones go on when told so."""
    sheet = tmp_path / "诚信.csv"
    sheet.write_text(f"holder,purpose\n{E01},投标\n,投标\n{E02},\n", "utf-8")
    command = (
        "batch",
        "issue",
        sheet,
        "--type",
        "credit_sheet",
        "--seal",
        seals[KeyKind.SM2],
        "--data",
        made,
    )
    refused = yinxin(*command)
    assert refused.code == 1
    assert "第 3 行" in refused.err
    assert "第 4 行" in refused.err
    assert "purpose" in refused.err
    assert "--accept-bad" in refused.err
    ran = yinxin(*command, "--accept-bad", "--json")
    assert ran.code == 0, ran.err
    assert (ran.json["done"], ran.json["bad"]) == (1, 2)
    cancelled = yinxin("batch", "cancel", ran.json["batch_id"], "--data", made)
    assert cancelled.code == 1
    assert "done" in cancelled.err


def test_quota_and_resume(yinxin: Any, made: Path, seals: dict[KeyKind, str], folder: Path) -> None:
    seal = seals[KeyKind.RSA2048]
    ran = yinxin("batch", "seal", folder, "--seal", seal, "--quota", 9, "--data", made, "--json")
    assert (ran.code, ran.json["state"], ran.json["done"]) == (1, "stopped", 9)
    told = yinxin("batch", "show", ran.json["batch_id"], "--data", made)
    assert f"yinxin batch resume {ran.json['batch_id']}" in told.out
    done = yinxin("batch", "resume", ran.json["batch_id"], "--quota", 15, "--data", made, "--json")
    assert (done.code, done.json["state"], done.json["done"], done.json["used"]) == (0, "done", 15, 15)
    assert yinxin("batch", "work", "--until-idle", "--data", made).code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("seal", "nowhere", "--seal", "x"),
        ("issue", "nowhere.csv", "--type", "credit_sheet", "--seal", "x"),
        ("show", "nothing"),
        ("cancel", "nothing"),
        ("resume", "nothing"),
        ("fetch", "nothing", "--out", "out"),
    ],
)
def test_refused_in_words(yinxin: Any, made: Path, arguments: tuple[str, ...], tmp_path: Path) -> None:
    ran = yinxin("batch", *arguments, "--data", made)
    assert ran.code == 1
    assert "→" in ran.err


def test_signing_a_list(yinxin: Any, tmp_path: Path) -> None:
    """The key's side: what is signed is what the list names, or nothing is signed."""
    key = generate_key(KeyKind.SM2)
    keyfile, secret = tmp_path / "key", tmp_path / "secret"
    keyfile.write_bytes(write_key_file(key, (), "INSECURE 口令"))
    secret.write_text("INSECURE 口令\n", "utf-8")
    items = [
        {"number": number, "name": f"{number}.pdf", "digest_algorithm": "SM3", "digest": f"{number:064x}"}
        for number in (1, 2)
    ]
    signed = {number: b"attributes %d" % number for number in (1, 2)}
    said: Any = {
        "format": "yinxin-batch-list/1",
        "batch_id": "b1",
        "title": "样例",
        "count": 2,
        "items": [
            {**one, "to_be_signed_sha256": hashlib.sha256(signed[one["number"]]).hexdigest()} for one in items
        ],
    }
    listed = canonical_json(said)
    answer = {
        "list": base64.b64encode(listed).decode(),
        "items": [{**one, "to_be_signed": base64.b64encode(signed[one["number"]]).decode()} for one in items],
    }
    path, out = tmp_path / "list.json", tmp_path / "signatures.json"
    path.write_text(json.dumps(answer))
    given = ("--key", keyfile, "--passphrase-file", secret, "--out", out, "--yes")
    ran = yinxin("batch", "sign", path, *given)
    assert ran.code == 0, ran.err
    made = json.loads(out.read_bytes())
    key.public_key.verify(base64.b64decode(made["list_signature"]), listed)
    for one in made["signatures"]:
        key.public_key.verify(base64.b64decode(one["signature"]), signed[one["number"]])
    answer["items"][0]["to_be_signed"] = base64.b64encode(b"something else").decode()
    path.write_text(json.dumps(answer))
    out.unlink()
    refused = yinxin("batch", "sign", path, *given)
    assert refused.code == 1
    assert not out.exists()
    path.write_text("{}")
    assert yinxin("batch", "sign", path, *given).code == 1
