# SPDX-License-Identifier: Apache-2.0
"""``yinxin ca``: ceremonies repeat and leave a transcript; re-issue is rehearsed; offline stays offline."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from api.wiring import open_service
from ca import DEFAULT_CEREMONY

from ..founding import data_directory

A1 = "11510000DEM9A0017F"
MORE = """
  - name: devices2-sm2
    role: issuing
    family: sm2
    purpose: devices
    issuer: root-sm2
    key: sm2
    subject: Yinxin 演示设备签发二 SM2
    years: 10
"""


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory of this file alone: authorities are added to it and revoked."""
    data: Path = tmp_path_factory.mktemp("ca") / "data"
    data_directory(data)
    return data


def transcripts(data: Path) -> list[Path]:
    return sorted((data / "ceremonies").iterdir())


def test_ceremony_again_adds_and_contradicts(yinxin: Any, fresh: Path, tmp_path: Path) -> None:
    (first,) = transcripts(fresh)
    told = json.loads(first.read_bytes())
    file = tmp_path / "default.yaml"
    file.write_bytes(DEFAULT_CEREMONY)
    again = yinxin("ca", "ceremony", file, "--data", fresh, "--json")
    assert (again.code, again.json["transcript"]) == (0, None)
    assert transcripts(fresh) == [first]
    service = open_service(fresh)
    entries = [service.ledger.entry(index) for index in range(service.ledger.size())]
    own = {one.key_label: one.fingerprint for one in service.certificates.listed()}
    service.close()
    # The transcript is the body of an entry of the public log, and says what there is.
    assert sum(first.read_bytes() in one for one in entries) == 1
    assert all(own[one["name"]] == one["fingerprint"] for one in told["authorities"])
    assert {one["crl_number"] for one in told["authorities"]} == {1}
    # Another file adds.
    text = DEFAULT_CEREMONY.decode()
    kept = [part for part in text.split("\n\n") if "devices-sm2" not in part]
    file.write_text("\n\n".join(kept).rstrip() + "\n" + MORE, encoding="utf-8")
    added = yinxin("ca", "ceremony", file, "--data", fresh, "--json")
    assert added.code == 0, added.err
    assert "devices2-sm2" in added.json["authorities"]
    assert len(transcripts(fresh)) == 2
    # Another file contradicts: nothing is made.
    file.write_text(text.replace("partitions: 16", "partitions: 32", 1), encoding="utf-8")
    wrong = yinxin("ca", "ceremony", file, "--data", fresh)
    assert (wrong.code, len(transcripts(fresh))) == (1, 2)
    assert "authorities.persons-sm2.partitions" in wrong.err
    rows = yinxin("ca", "list", "--data", fresh, "--json").json
    assert {one["state"] for one in rows} == {"good"}
    assert len(rows) == 13
    assert yinxin("log", "check", "--data", fresh).code == 0


def test_service_runs_without_the_roots(yinxin: Any, fresh: Path, tmp_path: Path) -> None:
    shutil.move(fresh / "offline", tmp_path / "offline")
    try:
        service = open_service(fresh, start=True)
        assert not any(label.startswith("root-") for label in service.vault.labels())
        service.close()
        refused = yinxin("ca", "revoke-authority", "devices-rsa", "--reason", "cACompromise", "--data", fresh)
        assert (refused.code, "--offline" in refused.err) == (1, True)
        there = ("--offline", tmp_path / "offline")
        ended = yinxin(
            "ca",
            "revoke-authority",
            "devices-rsa",
            "--reason",
            "superseded",
            *there,
            "--data",
            fresh,
            "--json",
        )
        assert (ended.code, ended.json["reason"]) == (0, "superseded"), ended.err
    finally:
        shutil.move(tmp_path / "offline", fresh / "offline")


def test_reissue_is_rehearsed(yinxin: Any, fresh: Path) -> None:
    where = ("--where", "authority=persons-sm2 and profile=person")
    rehearsed = yinxin("ca", "reissue", *where, "--dry-run", "--data", fresh, "--json")
    assert rehearsed.code == 0, rehearsed.err
    assert (rehearsed.json["chosen"], rehearsed.json["renewed"]) == (1, [])
    done = yinxin("ca", "reissue", *where, "--data", fresh, "--json")
    (new,) = done.json["renewed"]
    shown = yinxin("cert", "show", new, "--data", fresh, "--json").json
    assert (shown["state"], shown["holder"]) == ("issued", "OPERATOR1")
    wrong = yinxin("ca", "reissue", "--where", "1=1; DROP TABLE x", "--data", fresh)
    assert (wrong.code, "where" in wrong.err) == (1, True)


def test_suspend_resume_renew_at_the_console(yinxin: Any, fresh: Path) -> None:
    service = open_service(fresh)
    one = next(one for one in service.certificates.listed() if one.profile == "person")
    service.close()
    for verb, state in (("suspend", "suspended"), ("resume", "issued"), ("renew", "issued")):
        ran = yinxin("cert", verb, one.certificate_id, "--data", fresh, "--json")
        assert (ran.code, ran.json["state"]) == (0, state), ran.err
